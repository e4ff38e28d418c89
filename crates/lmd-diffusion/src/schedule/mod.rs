//! Noise schedules: how much signal and how much noise latents hold at a time.
//!
//! Every schedule here is a Gaussian path `x_t = α_t x₀ + σ_t ε`. Stable Diffusion's
//! ([`VariancePreserving`]) has `α² + σ² = 1`; a rectified flow has `α = 1 − t`,
//! `σ = t`. Samplers are written for any of them.

mod config;
mod timesteps;
mod variance_preserving;

use std::fmt::Debug;

pub use config::{BetaSchedule, PredictionType, SchedulerConfig, TimestepSpacing};
pub use timesteps::spaced_timesteps;
pub use variance_preserving::VariancePreserving;

use crate::Latents;

/// How much of latents is signal and how much is noise: `x = signal · x₀ + noise · ε`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Level {
    /// α_t, the factor on x₀; above 0 except at pure noise.
    pub signal: f64,
    /// σ_t, the factor on unit noise; 0 in a finished picture.
    pub noise: f64,
}

impl Level {
    /// A finished picture.
    pub const CLEAN: Self = Self { signal: 1.0, noise: 0.0 };

    /// `σ_t / α_t`, what Karras et al. 2022 call σ.
    #[must_use]
    pub fn ratio(self) -> f64 {
        self.noise / self.signal
    }
}

/// A Gaussian path from pictures to noise, and what a network that was trained on it predicts.
pub trait NoiseSchedule: Debug + Send + Sync {
    /// Training steps `T`: timesteps lie in `0..T`.
    fn train_steps(&self) -> usize;

    /// The level at `timestep`. Before 0 it is the level that the last sampling step leads to; past the end it is that
    /// of the last training step.
    fn level(&self, timestep: f64) -> Level;

    /// The level whose noise is `ratio` times its signal.
    fn level_of_ratio(&self, ratio: f64) -> Level;

    /// x̂₀ from the latents and the network's output, of one shape, at `level`.
    fn denoised(&self, latents: Latents, output: Latents, level: Level) -> Latents;

    /// ε̂ from the latents and the network's output, of one shape, at `level`.
    fn epsilon(&self, latents: Latents, output: Latents, level: Level) -> Latents;

    /// `σ_t / α_t` at `timestep`, linear between training steps.
    fn ratio(&self, timestep: f64) -> f64 {
        let (low, share) = (timestep.floor(), timestep.fract());
        let at = |t: f64| self.level(t).ratio();
        if share == 0.0 { at(low) } else { at(low) * (1.0 - share) + at(low + 1.0) * share }
    }

    /// x̂₀ from latents that were divided by `signal`, `x₀ + ratio · ε`, as Euler steps keep them.
    fn denoised_of_scaled(&self, scaled: Latents, output: Latents, level: Level) -> Latents {
        self.denoised(scaled.mul_scalar(level.signal), output, level)
    }
}
