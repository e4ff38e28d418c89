//! The header of a safetensors file, believed only after every claim in it was checked.
//!
//! Format: 8 bytes little-endian length N, N bytes of JSON, then the data. The
//! JSON maps each name to its number format, shape and byte range. A file is
//! accepted only when the ranges tile the data exactly: no hole, no overlap,
//! nothing beyond the end. All sums are checked, and nothing is allocated in
//! proportion to a number the file merely claims.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};

use super::HeaderError;

const LENGTH_BYTES: usize = 8;
const MAX_HEADER: usize = 100_000_000;
const MAX_TENSORS: usize = 20_000;
const MAX_NAME: usize = 256;
const MAX_DIMENSIONS: usize = 8;

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

/// Reads and checks the header of a safetensors file given as a whole.
///
/// # Errors
///
/// Names the first claim that does not hold.
pub fn read_header(file: &[u8]) -> Result<BTreeMap<String, TensorEntry>, HeaderError> {
    let (json, data_start) = split(file)?;
    let RawHeader(raw) = serde_json::from_slice(json).map_err(|e| HeaderError::Json(e.to_string()))?;
    let mut entries = BTreeMap::new();
    for (name, tensor) in raw {
        let entry = check_tensor(&name, tensor, data_start, file.len())?;
        if entries.insert(name.clone(), entry).is_some() {
            return Err(HeaderError::Twice(name));
        }
    }
    check_tiling(&entries, data_start, file.len())?;
    Ok(entries)
}

/// The JSON bytes and where the data begins.
fn split(file: &[u8]) -> Result<(&[u8], usize), HeaderError> {
    let too_short = || HeaderError::TooShort { bytes: file.len() };
    let (length, rest) = file.split_first_chunk::<LENGTH_BYTES>().ok_or_else(too_short)?;
    let claimed = u64::from_le_bytes(*length);
    let length = usize::try_from(claimed).unwrap_or(usize::MAX);
    if length > MAX_HEADER {
        return Err(HeaderError::HeaderTooLarge { claimed });
    }
    let json = rest.get(..length).ok_or_else(too_short)?;
    Ok((json, LENGTH_BYTES + length))
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
        bad(format!("number format {:?} is not read; {known}", raw.dtype))
    })?;
    if raw.shape.len() > MAX_DIMENSIONS {
        return Err(bad(format!("{} dimensions, at most {MAX_DIMENSIONS}", raw.shape.len())));
    }
    let bytes = (raw.shape.iter())
        .try_fold(dtype.size(), |all, &side| all.checked_mul(side))
        .ok_or_else(|| bad(format!("shape {:?} overflows", raw.shape)))?;
    let [start, end] = raw.data_offsets;
    if end.checked_sub(start) != Some(bytes) {
        let shape = raw.shape;
        return Err(bad(format!("shape {shape:?} takes {bytes} bytes, but offsets are {start}..{end}")));
    }
    let stop = data_start.checked_add(end).filter(|&stop| stop <= file_len);
    let stop = stop.ok_or_else(|| bad(format!("offsets {start}..{end} lie beyond the end of the file")))?;
    Ok(TensorEntry { dtype, shape: raw.shape, range: data_start + start..stop })
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
    shape: Vec<usize>,
    data_offsets: [usize; 2],
}

/// The entries in file order, so that repeated names are seen and not merged.
struct RawHeader(Vec<(String, RawTensor)>);

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
        let mut entries = Vec::new();
        while let Some(name) = map.next_key::<String>()? {
            if name == "__metadata__" {
                map.next_value::<BTreeMap<String, String>>()?;
                continue;
            }
            if entries.len() == MAX_TENSORS {
                let reason = format!("more than {MAX_TENSORS} tensors");
                return Err(serde::de::Error::custom(reason));
            }
            entries.push((name, map.next_value()?));
        }
        Ok(RawHeader(entries))
    }
}
