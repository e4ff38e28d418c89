//! [`Norm`]: root-mean-square normalisation (arXiv 1910.07467).

use candle_core::{Result, Tensor};
use candle_nn::ops::rms_norm;

/// Root-mean-square normalisation of rows.
#[derive(Debug)]
pub(super) struct Norm {
    weight: Tensor,
    epsilon: f32,
}

impl Norm {
    pub(super) fn new(weight: Tensor, epsilon: f64) -> Self {
        // Any model's is a plain small number.
        Self { weight, epsilon: epsilon as f32 }
    }

    /// The rows of `values` normalised; its last side is the norm's width.
    pub(super) fn apply(&self, values: &Tensor) -> Result<Tensor> {
        rms_norm(&values.contiguous()?, &self.weight, self.epsilon)
    }
}
