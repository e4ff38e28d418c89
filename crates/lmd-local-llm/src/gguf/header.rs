//! [`Header`]: metadata and the places of tensors.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use super::bytes::Bytes;
use super::error::GgufError;
use super::kind::TensorKind;
use super::value::Value;

/// Most entries of metadata; models have about thirty.
const MAX_ENTRIES: u64 = 4_096;
/// Most tensors; the largest models have a few thousand.
const MAX_TENSORS: u64 = 65_536;
/// Most elements of all lists together; the largest vocabularies have 262,144 tokens and twice as many merges.
const MAX_ELEMENTS: u64 = 1 << 22;
/// Longest list.
const MAX_LIST: u64 = 1 << 21;
/// Most dimensions of a tensor.
const MAX_DIMENSIONS: u32 = 4;
/// Where tensors begin, unless the file says otherwise.
const ALIGNMENT: u64 = 32;

/// What a GGUF file says about itself. Every tensor lies inside of the file
/// and none overlaps another.
#[derive(Debug)]
pub struct Header {
    metadata: BTreeMap<String, Value>,
    tensors: BTreeMap<String, TensorInfo>,
    data_start: u64,
    file_bytes: u64,
}

/// Where a tensor lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TensorInfo {
    /// How its numbers are stored.
    pub kind: TensorKind,
    /// Its sides, the slowest first: rows, columns.
    pub shape: Vec<usize>,
    /// The offset from the file's beginning in bytes.
    pub start: u64,
    /// Its length in bytes.
    pub bytes: u64,
}

impl Header {
    /// Reads the header of a file. The tensors are not touched.
    ///
    /// # Errors
    /// [`GgufError`]: the file cannot be read, is cut off, damaged, or of
    /// another format.
    pub fn open(path: &Path) -> Result<Self, GgufError> {
        let file = File::open(path)?;
        if !file.metadata()?.is_file() {
            return Err(GgufError::Damaged("it is no regular file".to_owned()));
        }
        let length = file.metadata()?.len();
        Self::read(BufReader::new(file), length)
    }

    /// Reads the header of a file of `length` bytes.
    ///
    /// # Errors
    /// As [`Header::open`].
    pub fn read(source: impl Read, length: u64) -> Result<Self, GgufError> {
        let mut bytes = Bytes::new(source, length);
        if bytes.array("the file's first letters").map_err(|_| GgufError::Magic)? != *b"GGUF" {
            return Err(GgufError::Magic);
        }
        let version = bytes.u32("the version")?;
        if !(2..=3).contains(&version) {
            return Err(GgufError::Version { version });
        }
        // A tensor has at least a name's length, a rank, one side, a kind and an offset.
        let tensor_count = bytes.count("the number of tensors", MAX_TENSORS, 32)?;
        let entry_count = bytes.count("the number of entries", MAX_ENTRIES, 13)?;
        let metadata = read_metadata(&mut bytes, entry_count)?;
        let places: Vec<Place> =
            (0..tensor_count).map(|_| Place::read(&mut bytes)).collect::<Result<_, _>>()?;
        let data_start = bytes.position().next_multiple_of(alignment(&metadata)?);
        let tensors = place_all(places, data_start, length)?;
        Ok(Self { metadata, tensors, data_start, file_bytes: length })
    }

    /// All entries.
    #[must_use]
    pub fn metadata(&self) -> &BTreeMap<String, Value> {
        &self.metadata
    }

    /// All tensors by name.
    #[must_use]
    pub fn tensors(&self) -> &BTreeMap<String, TensorInfo> {
        &self.tensors
    }

    /// Where the tensors' bytes begin.
    #[must_use]
    pub fn data_start(&self) -> u64 {
        self.data_start
    }

    /// The file's length in bytes.
    #[must_use]
    pub fn file_bytes(&self) -> u64 {
        self.file_bytes
    }

    /// A text.
    ///
    /// # Errors
    /// [`GgufError::Unusable`] when it is missing or of another type.
    pub fn text(&self, key: &str) -> Result<&str, GgufError> {
        match self.entry(key)? {
            Value::Text(text) => Ok(text),
            other => Err(other_type(key, "a text", other)),
        }
    }

    /// A number of things, in `range`.
    ///
    /// # Errors
    /// [`GgufError::Unusable`] when it is missing, of another type, or outside.
    pub fn number(&self, key: &str, range: std::ops::RangeInclusive<usize>) -> Result<usize, GgufError> {
        let value = self.entry(key)?;
        let Value::Integer(number) = value else { return Err(other_type(key, "an integer", value)) };
        usize::try_from(*number).ok().filter(|number| range.contains(number)).ok_or_else(|| {
            let (from, to) = (range.start(), range.end());
            GgufError::Unusable(format!("`{key}` is {number}, expected {from} to {to}"))
        })
    }

    /// A positive, finite number.
    ///
    /// # Errors
    /// As [`Header::number`].
    pub fn float(&self, key: &str) -> Result<f64, GgufError> {
        let value = self.entry(key)?;
        let Value::Float(number) = value else { return Err(other_type(key, "a float", value)) };
        if number.is_finite() && *number > 0.0 {
            return Ok(*number);
        }
        Err(GgufError::Unusable(format!("`{key}` is {number}, expected a positive number")))
    }

    /// A list of texts.
    ///
    /// # Errors
    /// As [`Header::text`].
    pub fn texts(&self, key: &str) -> Result<&[String], GgufError> {
        match self.entry(key)? {
            Value::Texts(texts) => Ok(texts),
            // An empty list has the type of its writer's choice.
            Value::Integers(none) if none.is_empty() => Ok(&[]),
            other => Err(other_type(key, "a list of texts", other)),
        }
    }

    /// The entry of a key, or nothing where there is none.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.metadata.get(key)
    }

    fn entry(&self, key: &str) -> Result<&Value, GgufError> {
        self.get(key).ok_or_else(|| GgufError::Unusable(format!("it has no `{key}`")))
    }
}

fn other_type(key: &str, expected: &str, found: &Value) -> GgufError {
    GgufError::Unusable(format!("`{key}` is {}, expected {expected}", found.kind()))
}

fn read_metadata<R: Read>(bytes: &mut Bytes<R>, count: usize) -> Result<BTreeMap<String, Value>, GgufError> {
    let mut metadata = BTreeMap::new();
    let mut elements = MAX_ELEMENTS;
    for _ in 0..count {
        let key = bytes.text("an entry's name")?;
        let kind = bytes.u32("an entry's type")?;
        let value = if kind == LIST { read_list(bytes, &mut elements)? } else { read_scalar(bytes, kind)? };
        if metadata.contains_key(&key) {
            return Err(GgufError::Damaged(format!("the entry {} is there twice", quoted(&key))));
        }
        metadata.insert(key, value);
    }
    Ok(metadata)
}

/// The number of lists among the types of values.
const LIST: u32 = 9;

fn read_scalar<R: Read>(bytes: &mut Bytes<R>, kind: u32) -> Result<Value, GgufError> {
    const WHAT: &str = "an entry's value";
    Ok(match kind {
        0 => Value::Integer(i128::from(u8::from_le_bytes(bytes.array(WHAT)?))),
        1 => Value::Integer(i128::from(i8::from_le_bytes(bytes.array(WHAT)?))),
        2 => Value::Integer(i128::from(u16::from_le_bytes(bytes.array(WHAT)?))),
        3 => Value::Integer(i128::from(i16::from_le_bytes(bytes.array(WHAT)?))),
        4 => Value::Integer(i128::from(bytes.u32(WHAT)?)),
        5 => Value::Integer(i128::from(i32::from_le_bytes(bytes.array(WHAT)?))),
        6 => Value::Float(f64::from(f32::from_le_bytes(bytes.array(WHAT)?))),
        7 => match bytes.array(WHAT)? {
            [0] => Value::Bool(false),
            [1] => Value::Bool(true),
            [other] => return Err(GgufError::Damaged(format!("a bool is {other}, expected 0 or 1"))),
        },
        8 => Value::Text(bytes.text(WHAT)?),
        10 => Value::Integer(i128::from(bytes.u64(WHAT)?)),
        11 => Value::Integer(i128::from(i64::from_le_bytes(bytes.array(WHAT)?))),
        12 => Value::Float(f64::from_le_bytes(bytes.array(WHAT)?)),
        other => return Err(GgufError::Damaged(format!("an entry is of the unknown type {other}"))),
    })
}

/// The bytes in a file that a value of a type needs at least.
fn least_bytes(kind: u32) -> Result<u64, GgufError> {
    Ok(match kind {
        0 | 1 | 7 => 1,
        2 | 3 => 2,
        4..=6 => 4,
        8 | 10..=12 => 8,
        LIST => return Err(GgufError::Damaged("a list holds lists, which no model's does".to_owned())),
        other => return Err(GgufError::Damaged(format!("a list holds values of the unknown type {other}"))),
    })
}

fn read_list<R: Read>(bytes: &mut Bytes<R>, elements: &mut u64) -> Result<Value, GgufError> {
    const WHAT: &str = "a list's length";
    let kind = bytes.u32("a list's type")?;
    let count = bytes.count(WHAT, MAX_LIST.min(*elements), least_bytes(kind)?)?;
    *elements -= count as u64;
    let (mut integers, mut floats, mut texts) = (Vec::new(), Vec::new(), Vec::new());
    match kind {
        8 => texts.reserve_exact(count),
        6 | 12 => floats.reserve_exact(count),
        _ => integers.reserve_exact(count),
    }
    for _ in 0..count {
        match read_scalar(bytes, kind)? {
            Value::Integer(number) => integers.push(i64::try_from(number).unwrap_or(i64::MAX)),
            Value::Bool(yes) => integers.push(i64::from(yes)),
            // Scores are 32-bit floats.
            Value::Float(number) => floats.push(number as f32),
            Value::Text(text) => texts.push(text),
            Value::Integers(_) | Value::Floats(_) | Value::Texts(_) => {}
        }
    }
    Ok(match kind {
        8 => Value::Texts(texts),
        6 | 12 => Value::Floats(floats),
        _ => Value::Integers(integers),
    })
}

fn alignment(metadata: &BTreeMap<String, Value>) -> Result<u64, GgufError> {
    match metadata.get("general.alignment") {
        None => Ok(ALIGNMENT),
        Some(Value::Integer(bytes @ 8..=65_536)) if bytes & (bytes - 1) == 0 => Ok(*bytes as u64),
        Some(other) => {
            let found = match other {
                Value::Integer(bytes) => bytes.to_string(),
                other => other.kind().to_owned(),
            };
            let why = format!("`general.alignment` is {found}, expected a power of two from 8 to 65536");
            Err(GgufError::Damaged(why))
        }
    }
}

/// A tensor as the header announces it.
struct Place {
    name: String,
    kind: TensorKind,
    shape: Vec<usize>,
    offset: u64,
    bytes: u64,
}

impl Place {
    fn read<R: Read>(bytes: &mut Bytes<R>) -> Result<Self, GgufError> {
        const WHAT: &str = "a tensor's place";
        let name = bytes.text("a tensor's name")?;
        let wrong = |why: String| GgufError::Damaged(format!("the tensor {} {why}", quoted(&name)));
        let rank = bytes.u32(WHAT)?;
        if !(1..=MAX_DIMENSIONS).contains(&rank) {
            return Err(wrong(format!("has {rank} dimensions, expected 1 to {MAX_DIMENSIONS}")));
        }
        let mut shape = Vec::new();
        let mut numbers = 1_u64;
        for _ in 0..rank {
            let side = bytes.u64(WHAT)?;
            numbers =
                numbers.checked_mul(side).filter(|all| *all > 0 && *all < 1 << 48).ok_or_else(|| {
                    wrong(format!("has a side of {side}, which leaves it empty or larger than any file"))
                })?;
            shape.push(usize::try_from(side).map_err(|_| wrong(format!("has a side of {side}")))?);
        }
        let number = bytes.u32(WHAT)?;
        let kind = TensorKind::from_number(number).ok_or_else(|| {
            GgufError::Unusable(format!(
                "the tensor {} is quantised in a way (number {number}) that is not read; use Q4_K_M, Q8_0 or F16",
                quoted(&name)
            ))
        })?;
        let (block, block_bytes) = kind.block();
        // Blocks run along rows, which come first in the file.
        if shape.first().is_none_or(|row| !(*row as u64).is_multiple_of(block)) {
            return Err(wrong(format!("has rows that are no whole blocks of {block}")));
        }
        shape.reverse();
        let offset = bytes.u64(WHAT)?;
        Ok(Self { name, kind, shape, offset, bytes: numbers / block * block_bytes })
    }
}

/// Every tensor inside of the file, none over another.
fn place_all(
    mut places: Vec<Place>,
    data_start: u64,
    length: u64,
) -> Result<BTreeMap<String, TensorInfo>, GgufError> {
    places.sort_by_key(|place| place.offset);
    let mut tensors = BTreeMap::new();
    let mut free_from = data_start;
    for place in places {
        let wrong = |why: &str| GgufError::Damaged(format!("the tensor {} {why}", quoted(&place.name)));
        let start = data_start.checked_add(place.offset).ok_or_else(|| wrong("lies outside of the file"))?;
        if start < free_from {
            return Err(wrong("lies over another"));
        }
        let left = length.saturating_sub(start);
        if place.bytes > left {
            return Err(GgufError::Short { what: "a tensor", needed: place.bytes, left });
        }
        free_from = start + place.bytes;
        let info = TensorInfo { kind: place.kind, shape: place.shape, start, bytes: place.bytes };
        if tensors.contains_key(&place.name) {
            return Err(GgufError::Damaged(format!("the tensor {} is there twice", quoted(&place.name))));
        }
        tensors.insert(place.name, info);
    }
    Ok(tensors)
}

/// A name from the file, fit for a message.
fn quoted(name: &str) -> String {
    let short: String = name.chars().flat_map(char::escape_default).take(60).collect();
    format!("\"{short}\"")
}
