//! From the device to the host.

use burn::tensor::Tensor;

/// A tensor's values on the host, in f32.
pub(crate) fn host<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().iter::<f32>().collect()
}
