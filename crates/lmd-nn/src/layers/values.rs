//! Tensors as plain vectors.

use burn::tensor::{DType, TensorData};

/// The elements of an f32 tensor.
///
/// # Panics
///
/// When the tensor is not f32: the fused operations, which alone read plain vectors, are chosen for f32 only.
pub(super) fn to_vec_f32(data: TensorData) -> Vec<f32> {
    assert_eq!(data.dtype(), DType::F32, "fused operations are for f32 only");
    data.try_into_vec().unwrap_or_else(|error| unreachable!("f32 data cannot be read as f32: {error:?}"))
}
