//! Affine maps of the last dimension.

use burn::tensor::{Tensor, module::linear};

use crate::weights::{Weights, WeightsError};

/// `y = x Wᵀ + b`, with W stored as upstream, `[out, in]`.
#[derive(Clone, Debug)]
pub(crate) struct Linear {
    /// A transposed view `[in, out]` of the stored weight; matrix products read it as it lies.
    weight: Tensor<2>,
    bias: Option<Tensor<1>>,
}

impl Linear {
    pub(crate) fn load(w: &Weights, inputs: usize, outputs: usize) -> Result<Self, WeightsError> {
        Ok(Self { bias: Some(w.tensor("bias", [outputs])?), ..Self::load_no_bias(w, inputs, outputs)? })
    }

    pub(crate) fn load_no_bias(w: &Weights, inputs: usize, outputs: usize) -> Result<Self, WeightsError> {
        Ok(Self { weight: w.matrix("weight", [outputs, inputs])?.transpose(), bias: None })
    }

    /// `[.., in]` → `[.., out]`
    pub(crate) fn forward<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        linear(x, self.weight.clone(), self.bias.clone())
    }
}
