//! What OWL says of every patch: a box near it, how well it fits each query, and, in OWLv2, whether there is a thing.

use burn::tensor::activation::gelu;
use burn::tensor::{Device, Tensor, TensorData};

use crate::layers::Conv;
use crate::weights::{Weights, WeightsError};

/// Keeps divisors from zero.
const TINY: f64 = 1e-6;

/// Three linear layers with GELU between them, `[1, N, C]` → `[1, N, outputs]`.
#[derive(Clone, Debug)]
pub(super) struct PatchHead {
    layers: [Conv; 3],
}

impl PatchHead {
    pub(super) fn load(w: &Weights, width: usize, outputs: usize) -> Result<Self, WeightsError> {
        let layer = |i: usize, outputs| Conv::linear(&w.pp(format!("dense{i}")), width, outputs);
        Ok(Self { layers: [layer(0, width)?, layer(1, width)?, layer(2, outputs)?] })
    }

    pub(super) fn forward(&self, features: Tensor<3>) -> Tensor<3> {
        let [first, second, last] = &self.layers;
        last.forward(gelu(second.forward(gelu(first.forward(features)))))
    }
}

/// How well patches fit queries.
#[derive(Clone, Debug)]
pub(super) struct ClassHead {
    dense0: Conv,
    logit_shift: Conv,
    logit_scale: Conv,
}

impl ClassHead {
    pub(super) fn load(w: &Weights, width: usize, outputs: usize) -> Result<Self, WeightsError> {
        Ok(Self {
            dense0: Conv::linear(&w.pp("dense0"), width, outputs)?,
            logit_shift: Conv::linear(&w.pp("logit_shift"), width, 1)?,
            logit_scale: Conv::linear(&w.pp("logit_scale"), width, 1)?,
        })
    }

    /// Logits: `features [1, N, C]`, `queries [Q, D]` → `[N, Q]`
    pub(super) fn forward(&self, features: &Tensor<3>, queries: Tensor<2>) -> Tensor<2> {
        let vectors: Tensor<2> = self.dense0.forward(features.clone()).squeeze_dim(0);
        let alike = unit(vectors).matmul(unit(queries).transpose());
        let column = |layer: &Conv| -> Tensor<2> { layer.forward(features.clone()).squeeze_dim(0) };
        let scale = column(&self.logit_scale);
        // ELU, plus one.
        let scale = scale.clone().clamp_min(0.0) + scale.clamp_max(0.0).exp();
        (alike + column(&self.logit_shift)) * scale
    }
}

/// Rows of length 1.
pub(super) fn unit(x: Tensor<2>) -> Tensor<2> {
    let lengths = x.clone().square().sum_dim(1).sqrt();
    x / (lengths + TINY)
}

/// What is added to a patch's box before the sigmoid, so that an untrained head names the patch itself: `[1, grid², 4]`.
#[allow(clippy::cast_precision_loss)]
pub(super) fn box_bias(grid: usize, device: &Device) -> Tensor<3> {
    let logit = |share: f32| (share + 1e-4).ln() - (1e-4 - share).ln_1p();
    let size = logit(1.0 / grid as f32);
    // The reference counts patches from one: the bias is their lower right corners.
    let corner = |i: usize| logit((i + 1) as f32 / grid as f32);
    let patches = (0..grid).flat_map(|y| (0..grid).map(move |x| (x, y)));
    let values: Vec<f32> = patches.flat_map(|(x, y)| [corner(x), corner(y), size, size]).collect();
    Tensor::from_data(TensorData::new(values, [1, grid * grid, 4]), device)
}
