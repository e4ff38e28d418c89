//! Layer normalisation of the last dimension (arXiv:1607.06450), forward and backward pass.
//!
//! Reference: `LayerNorm::reference` in `layers/norm.rs`; tests in `layers/tests.rs`.

use std::fmt;

use super::simd::{sum, sum2};

/// Parameters of a layer normalisation.
pub(crate) struct LayerNormSpec {
    pub(crate) weight: Vec<f32>,
    pub(crate) bias: Vec<f32>,
    pub(crate) epsilon: f32,
}

impl fmt::Debug for LayerNormSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LayerNorm({})", self.weight.len())
    }
}

impl LayerNormSpec {
    /// Mean and 1 / σ of a row.
    #[inline(always)]
    fn moments(&self, row: &[f32]) -> [f32; 2] {
        #[allow(clippy::cast_precision_loss)]
        let part = 1.0 / row.len() as f32;
        let mean = part * sum(row, |x| x);
        let variance = part * sum(row, |x| (x - mean) * (x - mean));
        [mean, 1.0 / (variance + self.epsilon).sqrt()]
    }

    #[inline(always)]
    pub(super) fn forward(&self, x: &[f32], out: &mut [f32]) {
        let width = self.weight.len();
        for (x, out) in x.chunks_exact(width).zip(out.chunks_exact_mut(width)) {
            let [mean, inv_std] = self.moments(x);
            for (((out, x), weight), bias) in out.iter_mut().zip(x).zip(&self.weight).zip(&self.bias) {
                *out = (x - mean) * inv_std * weight + bias;
            }
        }
    }

    /// Replaces the gradient of the output by that of x: with x̂ the normalised x and g = γ·grad,
    /// `dx = (g − mean(g) − x̂ · mean(g x̂)) / σ`.
    #[inline(always)]
    pub(super) fn backward(&self, x: &[f32], grad: &mut [f32]) {
        let width = self.weight.len();
        #[allow(clippy::cast_precision_loss)]
        let part = 1.0 / width as f32;
        for (x, grad) in x.chunks_exact(width).zip(grad.chunks_exact_mut(width)) {
            let [mean, inv_std] = self.moments(x);
            for (g, weight) in grad.iter_mut().zip(&self.weight) {
                *g *= weight;
            }
            let mean_g = part * sum(grad, |g| g);
            let mean_gx = part * inv_std * sum2(grad, x, |g, x| g * (x - mean));
            for (g, x) in grad.iter_mut().zip(x) {
                *g = inv_std * (*g - mean_g - (x - mean) * inv_std * mean_gx);
            }
        }
    }
}
