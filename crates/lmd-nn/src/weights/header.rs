//! The header of a safetensors file, which is used only after every claim in it was checked.
//!
//! Format: 8 bytes little-endian length N, N bytes of JSON, then the data. The
//! JSON maps each name to its number format, shape and byte range. A file is
//! accepted only when the ranges tile the data exactly: no hole, no overlap,
//! nothing beyond the end. All sums are checked, nothing is allocated in
//! proportion to a number the file merely claims, and lists inside the header
//! are cut off while they are read, so that the header costs little more memory
//! than its own bytes.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::HeaderError;

/// Bytes of the header's length at the beginning of a file.
pub(super) const LENGTH_BYTES: usize = 8;
const MAX_HEADER: usize = 100_000_000;
const MAX_TENSORS: usize = 20_000;
const MAX_NAME: usize = 256;
const MAX_DIMENSIONS: usize = 8;
const MAX_METADATA: usize = 10_000;
/// The entries of `__metadata__` that are kept: what a file says of its model (the modelspec standard), and how
/// diffusers scales a LoRA.
const KEPT_METADATA: [&str; 2] = ["modelspec.", LORA_METADATA];
/// The entry of `__metadata__` in which diffusers says how a LoRA is scaled.
pub(super) const LORA_METADATA: &str = "lora_adapter_metadata";
/// Characters of a foreign text that an error repeats.
const SHOWN: usize = 40;

/// A number format that may occur in a weight file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoredType {
    /// 64-bit floats.
    F64,
    /// 32-bit floats.
    F32,
    /// 16-bit floats.
    F16,
    /// Brain floats.
    Bf16,
    /// 64-bit integers; only ever seen in tensors that carry no weights.
    I64,
    /// 32-bit integers; only ever seen in tensors that carry no weights.
    I32,
    /// Bytes; only ever seen in tensors that carry no weights.
    U8,
}

impl StoredType {
    fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "F64" => Self::F64,
            "F32" => Self::F32,
            "F16" => Self::F16,
            "BF16" => Self::Bf16,
            "I64" => Self::I64,
            "I32" => Self::I32,
            "U8" => Self::U8,
            _ => return None,
        })
    }

    /// Bytes of one number.
    #[must_use]
    pub fn size(self) -> usize {
        match self {
            Self::F64 | Self::I64 => 8,
            Self::F32 | Self::I32 => 4,
            Self::F16 | Self::Bf16 => 2,
            Self::U8 => 1,
        }
    }
}

/// What a header says about one tensor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TensorEntry {
    /// Number format.
    pub dtype: StoredType,
    /// Lengths of the dimensions.
    pub shape: Vec<usize>,
    /// Place in the file, in bytes from its beginning.
    pub range: Range<usize>,
}

/// All that a header says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Header {
    /// Every tensor by its name.
    pub(super) tensors: BTreeMap<String, TensorEntry>,
    /// The entries of `__metadata__` that are of use.
    pub(super) metadata: BTreeMap<String, String>,
}

/// Reads and checks the header of a safetensors file given as a whole.
///
/// # Errors
///
/// Names the first claim that does not hold.
pub fn read_header(file: &[u8]) -> Result<BTreeMap<String, TensorEntry>, HeaderError> {
    Ok(whole_header(file)?.tensors)
}

/// The header of a file given as a whole, with its metadata.
pub(super) fn whole_header(file: &[u8]) -> Result<Header, HeaderError> {
    let json = json_range(file, file.len())?;
    parse_header(&file[json], file.len())
}

/// Where the JSON lies in a file of `file_len` bytes that begins with `start` (a few dozen bytes or more).
pub(super) fn json_range(start: &[u8], file_len: usize) -> Result<Range<usize>, HeaderError> {
    if let Some(what) = other_format(start) {
        return Err(HeaderError::OtherFormat(what));
    }
    let too_short = || HeaderError::TooShort { bytes: file_len };
    let (length, _) = start.split_first_chunk::<LENGTH_BYTES>().ok_or_else(too_short)?;
    let claimed = u64::from_le_bytes(*length);
    let length = usize::try_from(claimed).unwrap_or(usize::MAX);
    if length > MAX_HEADER {
        return Err(HeaderError::HeaderTooLarge { claimed });
    }
    let end = LENGTH_BYTES + length;
    if end > file_len { Err(too_short()) } else { Ok(LENGTH_BYTES..end) }
}

/// What a file is whose first bytes are those of another format. None of them could be the length of a header that is
/// accepted.
fn other_format(start: &[u8]) -> Option<&'static str> {
    const PICKLE: &str = "a PyTorch file (pickle) under another name; give it its own ending (.ckpt, .pt or .bin) and \
                          open it again to see how it is converted";
    const HTML: &str = "an HTML page, which a web site sent in place of the file (often to ask for a login); download it again";
    let formats: [(&[u8], &str); 7] = [
        (b"PK\x03\x04", PICKLE),
        (b"\x80\x02", PICKLE),
        (b"version https://git-lfs", "a Git LFS pointer, not the file itself; run `git lfs pull`"),
        (b"<!DOCTYPE", HTML),
        (b"<!doctype", HTML),
        (b"<html", HTML),
        (b"GGUF", "a GGUF file, which is not read; take the model's .safetensors file"),
    ];
    let (_, what) = formats.into_iter().find(|(magic, _)| start.starts_with(magic))?;
    // A header of exactly so many bytes is possible where the magic is short.
    let length = start.split_first_chunk::<LENGTH_BYTES>().map(|(length, _)| u64::from_le_bytes(*length));
    (length.is_none_or(|length| length > MAX_HEADER as u64)).then_some(what)
}

/// Reads and checks the JSON of a file of `file_len` bytes.
pub(super) fn parse_header(json: &[u8], file_len: usize) -> Result<Header, HeaderError> {
    let data_start = LENGTH_BYTES + json.len();
    let raw: RawHeader =
        serde_json::from_slice(json).map_err(|e| HeaderError::Json(shown(&e.to_string())))?;
    let mut header = Header { metadata: raw.metadata, ..Header::default() };
    for (name, tensor) in raw.tensors {
        let entry = check_tensor(&name, tensor, data_start, file_len)?;
        if header.tensors.insert(name.clone(), entry).is_some() {
            return Err(HeaderError::Twice(name));
        }
    }
    check_tiling(&header.tensors, data_start, file_len)?;
    Ok(header)
}

/// The beginning of a foreign text.
fn shown(text: &str) -> String {
    let mut first: String = text.chars().take(SHOWN * 4).collect();
    if first.len() < text.len() {
        first.push_str("...");
    }
    first
}

fn check_tensor(
    name: &str,
    raw: RawTensor,
    data_start: usize,
    file_len: usize,
) -> Result<TensorEntry, HeaderError> {
    if !plain_name(name) {
        return Err(HeaderError::Name(name.chars().take(80).collect()));
    }
    let bad = |reason: String| HeaderError::Tensor { name: name.to_owned(), reason };
    let dtype = StoredType::from_name(&raw.dtype).ok_or_else(|| {
        let known = "expected F64, F32, F16, BF16, I64, I32 or U8";
        let dtype: String = raw.dtype.chars().take(SHOWN).collect();
        bad(format!("number format {dtype:?} is not read; {known}"))
    })?;
    let Shape { sides: shape, dimensions } = raw.shape;
    if dimensions > MAX_DIMENSIONS {
        return Err(bad(format!("{dimensions} dimensions, at most {MAX_DIMENSIONS}")));
    }
    let bytes = (shape.iter())
        .try_fold(dtype.size(), |all, &side| all.checked_mul(side))
        .ok_or_else(|| bad(format!("shape {shape:?} overflows")))?;
    let [start, end] = raw.data_offsets;
    if end.checked_sub(start) != Some(bytes) {
        return Err(bad(format!("shape {shape:?} takes {bytes} bytes, but offsets are {start}..{end}")));
    }
    let stop = data_start.checked_add(end).filter(|&stop| stop <= file_len);
    let stop = stop.ok_or_else(|| bad(format!("offsets {start}..{end} lie beyond the end of the file")))?;
    Ok(TensorEntry { dtype, shape, range: data_start + start..stop })
}

fn plain_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    !name.is_empty() && name.len() <= MAX_NAME && name.chars().all(plain)
}

/// Tensors must follow each other without hole or overlap and end with the file.
fn check_tiling(
    entries: &BTreeMap<String, TensorEntry>,
    data_start: usize,
    file_len: usize,
) -> Result<(), HeaderError> {
    let mut ranges: Vec<_> = entries.iter().map(|(name, e)| (e.range.start, e.range.end, name)).collect();
    ranges.sort_unstable();
    let mut expected = data_start;
    for (start, end, name) in ranges {
        if start != expected {
            let reason = if start < expected { "overlaps another tensor" } else { "leaves a hole before it" };
            return Err(HeaderError::Tensor { name: name.clone(), reason: reason.to_owned() });
        }
        expected = end;
    }
    if expected == file_len { Ok(()) } else { Err(HeaderError::Size { expected, found: file_len }) }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTensor {
    dtype: String,
    shape: Shape,
    data_offsets: [usize; 2],
}

/// The first few lengths of a shape, and how many there are.
struct Shape {
    sides: Vec<usize>,
    dimensions: usize,
}

impl<'de> Deserialize<'de> for Shape {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(ShapeVisitor)
    }
}

struct ShapeVisitor;

impl<'de> Visitor<'de> for ShapeVisitor {
    type Value = Shape;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a list of lengths")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Shape, A::Error> {
        let mut sides = Vec::new();
        while sides.len() < MAX_DIMENSIONS {
            match list.next_element()? {
                Some(side) => sides.push(side),
                None => return Ok(Shape { dimensions: sides.len(), sides }),
            }
        }
        let mut dimensions = sides.len();
        while list.next_element::<IgnoredAny>()?.is_some() {
            dimensions += 1;
        }
        Ok(Shape { sides, dimensions })
    }
}

/// The tensors in file order, so that repeated names are seen and not merged.
struct RawHeader {
    tensors: Vec<(String, RawTensor)>,
    metadata: BTreeMap<String, String>,
}

/// The kept entries of `__metadata__`, which maps texts to texts.
struct Metadata(BTreeMap<String, String>);

impl<'de> Deserialize<'de> for Metadata {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MetadataVisitor)
    }
}

struct MetadataVisitor;

impl<'de> Visitor<'de> for MetadataVisitor {
    type Value = Metadata;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a map from texts to texts")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Metadata, A::Error> {
        let (mut kept, mut count) = (BTreeMap::new(), 0);
        while let Some((key, value)) = map.next_entry::<String, String>()? {
            count += 1;
            if count > MAX_METADATA {
                return Err(serde::de::Error::custom(format!(
                    "more than {MAX_METADATA} entries of metadata"
                )));
            }
            if KEPT_METADATA.iter().any(|start| key.starts_with(start)) {
                kept.insert(key, value);
            }
        }
        Ok(Metadata(kept))
    }
}

impl<'de> Deserialize<'de> for RawHeader {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(HeaderVisitor)
    }
}

struct HeaderVisitor;

impl<'de> Visitor<'de> for HeaderVisitor {
    type Value = RawHeader;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a map from tensor names to their formats")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<RawHeader, A::Error> {
        let (mut entries, mut metadata) = (Vec::new(), BTreeMap::new());
        while let Some(name) = map.next_key::<String>()? {
            if name == "__metadata__" {
                metadata = map.next_value::<Metadata>()?.0;
                continue;
            }
            if entries.len() == MAX_TENSORS {
                let reason = format!("more than {MAX_TENSORS} tensors");
                return Err(serde::de::Error::custom(reason));
            }
            entries.push((name, map.next_value()?));
        }
        Ok(RawHeader { tensors: entries, metadata })
    }
}
