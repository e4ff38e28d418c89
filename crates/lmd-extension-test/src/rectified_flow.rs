//! A noise schedule: the straight path of a rectified flow, `x_t = (1 − t) x₀ + t ε`, whose network predicts the velocity
//! `ε − x₀` (Liu et al. 2022, arXiv 2209.03003).

use lmd_diffusion::Latents;
use lmd_diffusion::schedule::{Level, NoiseSchedule};

/// The path, with times counted in thousandths.
#[derive(Clone, Copy, Debug)]
pub struct RectifiedFlow;

impl NoiseSchedule for RectifiedFlow {
    fn train_steps(&self) -> usize {
        1000
    }

    fn level(&self, timestep: f64) -> Level {
        let t = ((timestep + 1.0) / 1000.0).clamp(0.0, 0.999);
        Level { signal: 1.0 - t, noise: t }
    }

    fn level_of_ratio(&self, ratio: f64) -> Level {
        Level { signal: 1.0 / (1.0 + ratio), noise: ratio / (1.0 + ratio) }
    }

    /// `x₀ = x − t v`.
    fn denoised(&self, latents: Latents, output: Latents, level: Level) -> Latents {
        latents - output.mul_scalar(level.noise)
    }

    /// `ε = x + (1 − t) v`.
    fn epsilon(&self, latents: Latents, output: Latents, level: Level) -> Latents {
        latents + output.mul_scalar(level.signal)
    }
}
