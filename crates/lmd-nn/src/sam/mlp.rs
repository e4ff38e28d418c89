//! The small networks at the ends of the mask decoder: linear layers with ReLU between them.

use burn::tensor::Tensor;

use crate::layers::{Conv, ConvArgs, Prologue};
use crate::weights::{Weights, WeightsError};

/// Linear layers with ReLU between them.
#[derive(Clone, Debug)]
pub(super) struct Mlp {
    layers: Vec<Conv>,
}

impl Mlp {
    /// Of at least two layers from `sizes.0` over `sizes.1` to `sizes.2`.
    pub(super) fn load(
        w: &Weights,
        [input, inner, output]: [usize; 3],
        depth: usize,
    ) -> Result<Self, WeightsError> {
        let mut layers = vec![Conv::linear(&w.pp("proj_in"), input, inner)?];
        for i in 0..depth.saturating_sub(2) {
            layers.push(Conv::linear(&w.pp("layers").pp(i), inner, inner)?);
        }
        layers.push(Conv::linear(&w.pp("proj_out"), inner, output)?);
        Ok(Self { layers })
    }

    /// `[B, N, input]` → `[B, N, output]`
    pub(super) fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let last = self.layers.len() - 1;
        self.layers.iter().enumerate().fold(x, |x, (i, layer)| {
            layer.apply(x, ConvArgs { relu: i < last, ..ConvArgs::after(Prologue::Identity) })
        })
    }
}
