//! The numbers of stored tensors, as f32.

use std::borrow::Cow;

use half::slice::HalfFloatSliceExt;
use half::{bf16, f16};
use rayon::prelude::*;

use super::{StoredType, TensorView, WeightsError};

/// Numbers converted by one task.
const TASK: usize = 1 << 14;

/// A tensor that was found and has one of the shapes accepted.
pub(super) fn checked<'a>(
    name: &str,
    stored: Option<TensorView<'a>>,
    accepted: &[&[usize]],
) -> Result<TensorView<'a>, WeightsError> {
    let stored = stored.ok_or_else(|| unusable(name, "it is missing"))?;
    if !accepted.contains(&stored.shape) {
        let expected = accepted.first().copied().unwrap_or_default();
        return Err(unusable(name, &format!("shape {:?}, expected {expected:?}", stored.shape)));
    }
    Ok(stored)
}

/// The numbers of a stored tensor, widened or narrowed to f32; f32 as they lie in the file, where that is possible.
pub(super) fn floats<'a>(name: &str, stored: TensorView<'a>) -> Result<Cow<'a, [f32]>, WeightsError> {
    let bytes = stored.bytes;
    Ok(match stored.dtype {
        StoredType::F32 => match bytemuck::try_cast_slice(bytes) {
            Ok(numbers) if cfg!(target_endian = "little") => Cow::Borrowed(numbers),
            _ => Cow::Owned(each(bytes, |from, to| copy(from, to, f32::from_le_bytes))),
        },
        StoredType::F16 => Cow::Owned(each(bytes, |from, to| {
            let mut halves = [f16::ZERO; TASK];
            copy(from, &mut halves, f16::from_le_bytes);
            halves[..to.len()].convert_to_f32_slice(to);
        })),
        StoredType::Bf16 => {
            Cow::Owned(each(bytes, |from, to| copy(from, to, |b| bf16::from_le_bytes(b).to_f32())))
        }
        #[allow(clippy::cast_possible_truncation)]
        StoredType::F64 => {
            Cow::Owned(each(bytes, |from, to| copy(from, to, |b| f64::from_le_bytes(b) as f32)))
        }
        StoredType::I64 | StoredType::I32 | StoredType::U8 => {
            return Err(unusable(name, "it holds integers, expected floats"));
        }
    })
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
