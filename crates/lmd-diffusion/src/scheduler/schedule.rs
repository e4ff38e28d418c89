//! The noise schedule: ᾱ over the training steps, and which of them are used.

use super::config::{BetaSchedule, PredictionType, SchedulerConfig, TimestepSpacing};
use crate::Latents;

/// ᾱ_t for every training step, and the ᾱ behind the last sampling step.
#[derive(Clone, Debug, PartialEq)]
pub struct NoiseSchedule {
    alphas_cumprod: Vec<f64>,
    final_alpha_cumprod: f64,
    prediction: PredictionType,
}

impl NoiseSchedule {
    /// The schedule of a checked configuration. β is laid out in f32, as
    /// PyTorch does, so that ᾱ agrees to the last bit or so.
    #[must_use]
    pub fn new(config: &SchedulerConfig) -> Self {
        let steps = config.num_train_timesteps;
        let betas = match config.beta_schedule {
            BetaSchedule::Linear => linspace(config.beta_start, config.beta_end, steps),
            BetaSchedule::ScaledLinear => linspace(config.beta_start.sqrt(), config.beta_end.sqrt(), steps)
                .into_iter()
                .map(|root| root * root)
                .collect(),
        };
        let mut product = 1.0f64;
        let alphas_cumprod: Vec<f64> = betas
            .into_iter()
            .map(|beta| {
                product *= f64::from(1.0f32 - beta);
                f64::from(product as f32)
            })
            .collect();
        let first = alphas_cumprod.first().copied().unwrap_or(1.0);
        Self {
            alphas_cumprod,
            final_alpha_cumprod: if config.set_alpha_to_one { 1.0 } else { first },
            prediction: config.prediction_type,
        }
    }

    /// What the network predicts.
    #[must_use]
    pub fn prediction(&self) -> PredictionType {
        self.prediction
    }

    /// Training steps `T`.
    #[must_use]
    pub fn len(&self) -> usize {
        self.alphas_cumprod.len()
    }

    /// Whether there are no training steps (never, for a checked configuration).
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.alphas_cumprod.is_empty()
    }

    /// ᾱ at `timestep`; before the first step it is the final ᾱ (B.2).
    /// Timesteps past the end are taken as the last one.
    #[must_use]
    pub fn alpha_cumprod(&self, timestep: f64) -> f64 {
        if timestep < 0.0 {
            return self.final_alpha_cumprod;
        }
        let index = (timestep as usize).min(self.len().saturating_sub(1));
        self.alphas_cumprod.get(index).copied().unwrap_or(self.final_alpha_cumprod)
    }

    /// σ = √((1−ᾱ)/ᾱ) at `timestep`, linear between training steps.
    #[must_use]
    pub fn sigma(&self, timestep: f64) -> f64 {
        let at = |t: f64| {
            let alpha = self.alpha_cumprod(t);
            ((1.0 - alpha) / alpha).sqrt()
        };
        let (low, share) = (timestep.floor(), timestep.fract());
        if share == 0.0 { at(low) } else { at(low) * (1.0 - share) + at(low + 1.0) * share }
    }

    /// x̂₀ from the latents and the network's output at `ᾱ`.
    #[must_use]
    pub fn denoised(&self, latents: Latents, output: Latents, alpha: f64) -> Latents {
        let (signal, noise) = (alpha.sqrt(), (1.0 - alpha).sqrt());
        match self.prediction {
            PredictionType::Epsilon => (latents - output.mul_scalar(noise)).div_scalar(signal),
            PredictionType::Velocity => latents.mul_scalar(signal) - output.mul_scalar(noise),
        }
    }

    /// ε from the latents and the network's output at `ᾱ`.
    #[must_use]
    pub fn epsilon(&self, latents: Latents, output: Latents, alpha: f64) -> Latents {
        match self.prediction {
            PredictionType::Epsilon => output,
            PredictionType::Velocity => {
                output.mul_scalar(alpha.sqrt()) + latents.mul_scalar((1.0 - alpha).sqrt())
            }
        }
    }
}

/// The timesteps of `steps` sampling steps, descending, for the samplers that
/// place `steps` points (DDIM, Euler). `linspace` positions stay fractional.
#[must_use]
pub(super) fn spaced_timesteps(
    total: usize,
    steps: usize,
    spacing: TimestepSpacing,
    offset: usize,
) -> Vec<f64> {
    let (t, n) = (total as f64, steps as f64);
    let mut timesteps: Vec<f64> = match spacing {
        TimestepSpacing::Leading => (0..steps).map(|i| (i * (total / steps) + offset) as f64).collect(),
        TimestepSpacing::Linspace if steps == 1 => vec![0.0],
        TimestepSpacing::Linspace => (0..steps).map(|i| i as f64 * (t - 1.0) / (n - 1.0)).collect(),
        TimestepSpacing::Trailing => {
            (0..steps).rev().map(|i| (t - i as f64 * t / n).round_ties_even() - 1.0).collect()
        }
    };
    timesteps.reverse();
    timesteps
}

/// `torch.linspace` in f32: the upper half is counted back from the end.
fn linspace(start: f64, end: f64, steps: usize) -> Vec<f32> {
    let (start, end) = (start as f32, end as f32);
    let step = (end - start) / (steps.max(2) - 1) as f32;
    (0..steps)
        .map(|i| if i < steps / 2 { start + step * i as f32 } else { end - step * (steps - 1 - i) as f32 })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Golden values of K.2.
    #[test]
    fn stable_diffusion_alphas() {
        let schedule = NoiseSchedule::new(&SchedulerConfig::default());
        for (t, alpha) in [(981.0, 0.005_775_5), (1.0, 0.998_296_0), (0.0, 0.999_15), (-19.0, 0.999_15)] {
            assert!(
                (schedule.alpha_cumprod(t) - alpha).abs() < 5e-8,
                "t = {t}: {}",
                schedule.alpha_cumprod(t)
            );
        }
        let step_size = |t: f64| (1.0 - schedule.alpha_cumprod(t)).sqrt();
        assert!((step_size(981.0) - 0.997_108).abs() < 1e-6 && (step_size(401.0) - 0.759_683).abs() < 1e-6);
    }
}
