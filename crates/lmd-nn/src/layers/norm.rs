//! Normalisations: over groups of channels (arXiv:1803.08494) and over the last dimension (arXiv:1607.06450).

#[cfg(feature = "flex")]
use std::sync::Arc;

use burn::tensor::activation::silu;
use burn::tensor::{DType, Tensor, module::layer_norm};

#[cfg(feature = "flex")]
use super::values::to_vec_f32;
#[cfg(feature = "flex")]
use crate::cpu::{GroupNormSpec, LayerNormSpec};
use crate::weights::{Weights, WeightsError};

/// Group normalisation of `[B, H, W, C]`, with or without SiLU after it.
#[derive(Clone, Debug)]
pub(crate) struct GroupNorm {
    weight: Tensor<1>,
    bias: Tensor<1>,
    groups: usize,
    epsilon: f64,
    silu: bool,
    #[cfg(feature = "flex")]
    spec: Arc<GroupNormSpec>,
}

impl GroupNorm {
    pub(crate) fn load(
        w: &Weights,
        channels: usize,
        groups: usize,
        epsilon: f64,
    ) -> Result<Self, WeightsError> {
        Self::build(w, channels, groups, epsilon, false)
    }

    /// Followed by SiLU.
    pub(crate) fn with_silu(
        w: &Weights,
        channels: usize,
        groups: usize,
        epsilon: f64,
    ) -> Result<Self, WeightsError> {
        Self::build(w, channels, groups, epsilon, true)
    }

    fn build(
        w: &Weights,
        channels: usize,
        groups: usize,
        epsilon: f64,
        silu: bool,
    ) -> Result<Self, WeightsError> {
        let (weight, bias) = (w.tensor("weight", [channels])?, w.tensor("bias", [channels])?);
        Ok(Self::new(weight, bias, groups, epsilon, silu))
    }

    pub(crate) fn new(weight: Tensor<1>, bias: Tensor<1>, groups: usize, epsilon: f64, silu: bool) -> Self {
        Self {
            #[cfg(feature = "flex")]
            spec: Arc::new(GroupNormSpec {
                weight: constants(&weight),
                bias: constants(&bias),
                groups,
                #[allow(clippy::cast_possible_truncation)]
                epsilon: epsilon as f32,
                silu,
            }),
            weight,
            bias,
            groups,
            epsilon,
            silu,
        }
    }

    #[cfg(feature = "flex")]
    pub(super) fn spec(&self) -> Arc<GroupNormSpec> {
        Arc::clone(&self.spec)
    }

    /// Composed of Burn's operations, `[B, .., C]` → `[B, .., C]`
    pub(super) fn reference<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        let shape = x.dims();
        let (batch, channels) = (shape[0], shape[D - 1]);
        let pixels = shape[1..D - 1].iter().product();
        let dtype = x.dtype();
        // Sums of squares leave the range of 16-bit floats.
        let x = if dtype == DType::F32 { x } else { x.cast(DType::F32) };
        let x = x.reshape([batch, pixels, self.groups, channels / self.groups]);
        let centred = x.clone() - x.mean_dim(3).mean_dim(1);
        let variance = centred.clone().square().mean_dim(3).mean_dim(1);
        let normal = (centred / (variance + self.epsilon).sqrt()).reshape(shape);
        let normal = if dtype == DType::F32 { normal } else { normal.cast(dtype) };
        let y = normal * self.weight.clone().unsqueeze() + self.bias.clone().unsqueeze();
        if self.silu { silu(y) } else { y }
    }
}

/// Layer normalisation of the last dimension.
#[derive(Clone, Debug)]
pub(crate) struct LayerNorm {
    weight: Tensor<1>,
    bias: Tensor<1>,
    epsilon: f64,
    #[cfg(feature = "flex")]
    spec: Arc<LayerNormSpec>,
}

impl LayerNorm {
    pub(crate) fn load(w: &Weights, width: usize, epsilon: f64) -> Result<Self, WeightsError> {
        Ok(Self::new(w.tensor("weight", [width])?, w.tensor("bias", [width])?, epsilon))
    }

    pub(crate) fn new(weight: Tensor<1>, bias: Tensor<1>, epsilon: f64) -> Self {
        Self {
            #[cfg(feature = "flex")]
            spec: Arc::new(LayerNormSpec {
                weight: constants(&weight),
                bias: constants(&bias),
                #[allow(clippy::cast_possible_truncation)]
                epsilon: epsilon as f32,
            }),
            weight,
            bias,
            epsilon,
        }
    }

    #[cfg(feature = "flex")]
    pub(super) fn spec(&self) -> Arc<LayerNormSpec> {
        Arc::clone(&self.spec)
    }

    /// `[.., C]` → `[.., C]`
    pub(crate) fn forward<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        self.reference(x)
    }

    /// Composed of Burn's operations.
    pub(super) fn reference<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        layer_norm(x, self.weight.clone(), Some(self.bias.clone()), self.epsilon)
    }
}

/// Constants of the fused operations; empty in another precision, where these are not used.
#[cfg(feature = "flex")]
fn constants(x: &Tensor<1>) -> Vec<f32> {
    if x.dtype() == DType::F32 { to_vec_f32(x.to_data()) } else { Vec::new() }
}
