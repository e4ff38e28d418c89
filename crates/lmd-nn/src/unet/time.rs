//! The timestep as a vector: sinusoids (arXiv:2006.11239, as in arXiv:1706.03762) and two linear maps.

use burn::tensor::activation::silu;
use burn::tensor::{DType, Device, Tensor, TensorData};

use super::config::UNetConfig;
use crate::layers::Conv;
use crate::weights::{Weights, WeightsError};

const LONGEST_PERIOD: f64 = 10_000.0;

#[derive(Clone, Debug)]
pub(super) struct TimeEmbedding {
    linear_1: Conv,
    linear_2: Conv,
    width: usize,
    cosine_first: bool,
    freq_shift: f64,
}

impl TimeEmbedding {
    pub(super) fn load(w: &Weights, config: &UNetConfig) -> Result<Self, WeightsError> {
        let width = config.block_out_channels[0];
        Ok(Self {
            linear_1: Conv::linear(&w.pp("linear_1"), width, 4 * width)?,
            linear_2: Conv::linear(&w.pp("linear_2"), 4 * width, 4 * width)?,
            width,
            cosine_first: config.flip_sin_to_cos,
            freq_shift: config.freq_shift,
        })
    }

    /// `timesteps` → `silu(embedding) [B, 4·width]`, the form in which every residual block takes it.
    pub(super) fn forward(&self, timesteps: &[f32], device: &Device, dtype: DType) -> Tensor<2> {
        let rows: Vec<f32> = timesteps.iter().flat_map(|&t| self.sinusoids(t)).collect();
        let data = TensorData::new(rows, [timesteps.len(), self.width]);
        let waves = Tensor::<2>::from_data(data, device);
        let waves = if dtype == DType::F32 { waves } else { waves.cast(dtype) };
        silu(self.linear_2.forward(silu(self.linear_1.forward(waves))))
    }

    fn sinusoids(&self, timestep: f32) -> Vec<f32> {
        let half = self.width / 2;
        let angles: Vec<f32> = (0..half).map(|i| timestep * self.frequency(i)).collect();
        let sines = angles.iter().map(|a| a.sin());
        let cosines = angles.iter().map(|a| a.cos());
        let mut waves: Vec<f32> =
            if self.cosine_first { cosines.chain(sines).collect() } else { sines.chain(cosines).collect() };
        waves.resize(self.width, 0.0); // an odd width ends with a zero
        waves
    }

    /// `10000^(-i / (half - shift))`
    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation)]
    fn frequency(&self, i: usize) -> f32 {
        let steps = (self.width / 2) as f64 - self.freq_shift;
        let exponent = -(LONGEST_PERIOD.ln() * i as f64) / steps;
        (exponent as f32).exp()
    }
}
