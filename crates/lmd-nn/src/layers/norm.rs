//! Normalisations: over groups of channels (arXiv:1803.08494) and over the last dimension (arXiv:1607.06450).

use burn::tensor::activation::silu;
use burn::tensor::{DType, Tensor, module::layer_norm};

use crate::weights::{Weights, WeightsError};

/// Group normalisation of `[B, C, H, W]`.
#[derive(Clone, Debug)]
pub(crate) struct GroupNorm {
    weight: Tensor<4>,
    bias: Tensor<4>,
    groups: usize,
    epsilon: f64,
}

impl GroupNorm {
    pub(crate) fn load(
        w: &Weights,
        channels: usize,
        groups: usize,
        epsilon: f64,
    ) -> Result<Self, WeightsError> {
        let per_channel = |name| -> Result<Tensor<4>, WeightsError> {
            Ok(w.tensor(name, [channels])?.reshape([1, channels, 1, 1]))
        };
        Ok(Self { weight: per_channel("weight")?, bias: per_channel("bias")?, groups, epsilon })
    }

    /// `[B, C, H, W]` → `[B, C, H, W]`
    pub(crate) fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let shape = x.dims();
        let [batch, channels, height, width] = shape;
        let dtype = x.dtype();
        // Sums of squares leave the range of 16-bit floats.
        let x = if dtype == DType::F32 { x } else { x.cast(DType::F32) };
        let x = x.reshape([batch, self.groups, channels / self.groups * height * width]);
        let centred = x.clone() - x.mean_dim(2);
        let variance = centred.clone().square().mean_dim(2);
        let normal = (centred / (variance + self.epsilon).sqrt()).reshape(shape);
        let normal = if dtype == DType::F32 { normal } else { normal.cast(dtype) };
        normal * self.weight.clone() + self.bias.clone()
    }

    /// Normalisation followed by SiLU, the pair in front of every convolution.
    pub(crate) fn forward_silu(&self, x: Tensor<4>) -> Tensor<4> {
        silu(self.forward(x))
    }
}

/// Layer normalisation of the last dimension.
#[derive(Clone, Debug)]
pub(crate) struct LayerNorm {
    weight: Tensor<1>,
    bias: Tensor<1>,
    epsilon: f64,
}

impl LayerNorm {
    pub(crate) fn load(w: &Weights, width: usize, epsilon: f64) -> Result<Self, WeightsError> {
        Ok(Self { weight: w.tensor("weight", [width])?, bias: w.tensor("bias", [width])?, epsilon })
    }

    /// `[B, N, C]` → `[B, N, C]`
    pub(crate) fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        layer_norm(x, self.weight.clone(), Some(self.bias.clone()), self.epsilon)
    }
}
