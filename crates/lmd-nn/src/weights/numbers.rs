//! The numbers of stored tensors, as f32, each looked at once: a weight that is NaN or infinite is refused.

use std::borrow::Cow;

use half::slice::HalfFloatSliceExt;
use half::{bf16, f16};
use rayon::prelude::*;

use super::{Checkpoint, StoredType, TensorView, WeightsError};

/// Numbers converted by one task.
const TASK: usize = 1 << 14;
/// The exponent of an f32, which is all ones in NaN and infinity only.
const EXPONENT: u32 = 0x7f80_0000;

/// The numbers of a tensor that must have one of these shapes, widened or narrowed to f32; f32 as they lie in memory,
/// where that is possible.
///
/// # Errors
/// When it is missing, has another shape, holds integers, NaN or infinity, or its file cannot be read any more.
pub(super) fn floats<'a>(
    checkpoint: &'a Checkpoint,
    name: &str,
    accepted: &[&[usize]],
) -> Result<Cow<'a, [f32]>, WeightsError> {
    let entry = checkpoint.entry(name).ok_or_else(|| unusable(name, "it is missing"))?;
    if !accepted.contains(&entry.shape.as_slice()) {
        let expected = accepted.first().copied().unwrap_or_default();
        return Err(unusable(name, &format!("shape {:?}, expected {expected:?}", entry.shape)));
    }
    all_floats(checkpoint, name)
}

/// As [`floats`], of any shape.
pub(super) fn all_floats<'a>(checkpoint: &'a Checkpoint, name: &str) -> Result<Cow<'a, [f32]>, WeightsError> {
    let entry = checkpoint.entry(name).ok_or_else(|| unusable(name, "it is missing"))?;
    let direct = cfg!(target_endian = "little") && entry.dtype == StoredType::F32;
    let numbers = if direct && !checkpoint.in_memory(name) {
        let mut numbers = vec![0.0; entry.range.len() / size_of::<f32>()];
        checkpoint.read_into(name, bytemuck::cast_slice_mut(&mut numbers))?;
        Cow::Owned(numbers)
    } else {
        converted(name, checkpoint.read(name)?)?
    };
    require_finite(name, &numbers)?;
    Ok(numbers)
}

/// The one number of a tensor of one, which may be an integer as well.
///
/// # Errors
/// When it is missing, holds more than one number, NaN or infinity.
#[allow(clippy::cast_precision_loss)]
pub(super) fn number(checkpoint: &Checkpoint, name: &str) -> Result<f32, WeightsError> {
    if let Some(integer) = integer(checkpoint, name)? {
        return Ok(integer as f32);
    }
    match &*all_floats(checkpoint, name)? {
        [number] => Ok(*number),
        several => Err(unusable(name, &format!("{} numbers, expected one", several.len()))),
    }
}

/// The one whole number of a tensor of one.
///
/// # Errors
/// As for [`number`], and when it is no whole number.
#[allow(clippy::cast_possible_truncation)]
pub(crate) fn whole_number(checkpoint: &Checkpoint, name: &str) -> Result<i64, WeightsError> {
    if let Some(integer) = integer(checkpoint, name)? {
        return Ok(integer);
    }
    let number = number(checkpoint, name)?;
    // Every f32 that has no fraction and this size is an i64.
    let whole = number.fract() == 0.0 && number.abs() < 1e18;
    if whole {
        Ok(number as i64)
    } else {
        Err(unusable(name, &format!("it is {number}, expected a whole number")))
    }
}

/// The one integer of a tensor, where it holds integers.
fn integer(checkpoint: &Checkpoint, name: &str) -> Result<Option<i64>, WeightsError> {
    let view = checkpoint.read(name)?;
    let one = match (view.dtype, &*view.bytes) {
        (StoredType::U8, &[byte]) => Some(i64::from(byte)),
        (StoredType::I32, bytes) => bytes.try_into().ok().map(|b| i64::from(i32::from_le_bytes(b))),
        (StoredType::I64, bytes) => bytes.try_into().ok().map(i64::from_le_bytes),
        _ => return Ok(None),
    };
    one.map(Some).ok_or_else(|| unusable(name, &format!("shape {:?}, expected one number", view.shape)))
}

fn converted<'a>(name: &str, stored: TensorView<'a>) -> Result<Cow<'a, [f32]>, WeightsError> {
    let bytes = stored.bytes;
    if let Cow::Borrowed(bytes) = bytes
        && stored.dtype == StoredType::F32
        && cfg!(target_endian = "little")
        && let Ok(numbers) = bytemuck::try_cast_slice(bytes)
    {
        return Ok(Cow::Borrowed(numbers));
    }
    Ok(Cow::Owned(match stored.dtype {
        StoredType::F32 => each(&bytes, |from, to| copy(from, to, f32::from_le_bytes)),
        StoredType::F16 => each(&bytes, |from, to| {
            let mut halves = [f16::ZERO; TASK];
            copy(from, &mut halves, f16::from_le_bytes);
            halves[..to.len()].convert_to_f32_slice(to);
        }),
        StoredType::Bf16 => each(&bytes, |from, to| copy(from, to, |b| bf16::from_le_bytes(b).to_f32())),
        #[allow(clippy::cast_possible_truncation)]
        StoredType::F64 => each(&bytes, |from, to| copy(from, to, |b| f64::from_le_bytes(b) as f32)),
        StoredType::I64 | StoredType::I32 | StoredType::U8 => {
            return Err(unusable(name, "it holds integers, expected floats"));
        }
    }))
}

/// Fails when any number is NaN or infinite, which every number computed from it would be as well.
///
/// # Errors
/// Counts them.
pub(super) fn require_finite(name: &str, numbers: &[f32]) -> Result<(), WeightsError> {
    let count =
        |part: &[f32]| part.iter().map(|x| u32::from(x.to_bits() & EXPONENT == EXPONENT)).sum::<u32>();
    let bad: u64 = numbers.par_chunks(TASK).map(|part| u64::from(count(part))).sum();
    if bad == 0 {
        return Ok(());
    }
    let all = numbers.len();
    Err(unusable(name, &format!("{bad} of its {all} numbers are NaN or infinite; the file is damaged")))
}

fn unusable(name: &str, reason: &str) -> WeightsError {
    WeightsError::Tensor { name: name.to_owned(), reason: reason.to_owned() }
}

/// Numbers of `N` bytes each, a piece at a time by all cores.
fn each<const N: usize>(bytes: &[u8], convert: impl Fn(&[[u8; N]], &mut [f32]) + Sync) -> Vec<f32> {
    let (whole, _) = bytes.as_chunks::<N>();
    let mut numbers = vec![0.0; whole.len()];
    numbers.par_chunks_mut(TASK).zip(whole.par_chunks(TASK)).for_each(|(to, from)| convert(from, to));
    numbers
}

fn copy<const N: usize, T>(from: &[[u8; N]], to: &mut [T], convert: impl Fn([u8; N]) -> T) {
    to.iter_mut().zip(from).for_each(|(to, from)| *to = convert(*from));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file with one tensor of this format.
    fn one(dtype: &str, shape: &[usize], bytes: &[u8]) -> Checkpoint {
        let entry = serde_json::json!({"dtype": dtype, "shape": shape, "data_offsets": [0, bytes.len()]});
        let header = serde_json::json!({"w": entry}).to_string();
        let length = (header.len() as u64).to_le_bytes();
        Checkpoint::from_bytes("one", [&length, header.as_bytes(), bytes].concat()).unwrap()
    }

    #[test]
    fn one_bad_number_anywhere_is_found_in_every_format() {
        for at in [0, 1, 16_383, 16_384, 49_999] {
            for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, -f32::NAN] {
                let mut numbers = vec![1.5_f32; 50_000];
                numbers[at] = bad;
                let files = [
                    ("F32", numbers.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<u8>>()),
                    ("F16", numbers.iter().flat_map(|x| f16::from_f32(*x).to_le_bytes()).collect()),
                    ("BF16", numbers.iter().flat_map(|x| bf16::from_f32(*x).to_le_bytes()).collect()),
                    ("F64", numbers.iter().flat_map(|x| f64::from(*x).to_le_bytes()).collect()),
                ];
                for (dtype, bytes) in files {
                    let error = floats(&one(dtype, &[50_000], &bytes), "w", &[&[50_000]]).unwrap_err();
                    assert!(
                        error.to_string().contains("1 of its 50000 numbers are NaN"),
                        "{dtype} {at}: {error}"
                    );
                }
            }
        }
        let largest = f32::MAX.to_le_bytes();
        assert_eq!(*floats(&one("F32", &[1], &largest), "w", &[&[1]]).unwrap(), [f32::MAX]);
        let too_large = 1e300_f64.to_le_bytes();
        assert!(floats(&one("F64", &[1], &too_large), "w", &[&[1]]).is_err());
    }

    #[test]
    fn a_single_number_may_be_an_integer() {
        let four: [(&str, Vec<u8>); 5] = [
            ("F32", 4.0_f32.to_le_bytes().to_vec()),
            ("F16", f16::from_f32(4.0).to_le_bytes().to_vec()),
            ("I64", 4_i64.to_le_bytes().to_vec()),
            ("I32", 4_i32.to_le_bytes().to_vec()),
            ("U8", vec![4]),
        ];
        for (dtype, bytes) in four {
            for shape in [&[][..], &[1]] {
                assert_eq!(number(&one(dtype, shape, &bytes), "w").unwrap(), 4.0, "{dtype}");
            }
        }
        assert!(number(&one("I64", &[2], &[0; 16]), "w").is_err());
        assert!(number(&one("F32", &[2], &[0; 8]), "w").is_err());
    }
}
