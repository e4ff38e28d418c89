//! [`Latents`], and a tensor's way to the host.

use burn::tensor::Tensor;

/// Latents or network output, shape `[batch, channels, height, width]`.
pub type Latents = Tensor<4>;

/// A tensor's values on the host, in f32.
pub(crate) fn host<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().iter::<f32>().collect()
}
