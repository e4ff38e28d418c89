//! The schedule of DDPM and Stable Diffusion: ᾱ over the training steps
//! (Ho et al. 2020, arXiv 2006.11239, equation 4; docs/method.md, B.2).

use super::config::{BetaSchedule, PredictionType, SchedulerConfig};
use super::{Level, NoiseSchedule};
use crate::Latents;

/// `α_t = √ᾱ_t`, `σ_t = √(1 − ᾱ_t)`, with a network that predicts noise or velocity.
#[derive(Clone, Debug, PartialEq)]
pub struct VariancePreserving {
    alphas_cumprod: Vec<f64>,
    /// ᾱ behind the last sampling step.
    final_alpha_cumprod: f64,
    prediction: PredictionType,
}

impl VariancePreserving {
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
        debug_assert!(!alphas_cumprod.is_empty(), "SchedulerConfig::check asks for at least two steps");
        let final_alpha_cumprod = match alphas_cumprod.first() {
            Some(first) if !config.set_alpha_to_one => *first,
            _ => 1.0,
        };
        Self { alphas_cumprod, final_alpha_cumprod, prediction: config.prediction_type }
    }

    /// ᾱ at `timestep`; before the first step it is the final ᾱ (B.2).
    /// Timesteps past the end are taken as the last one.
    #[must_use]
    pub fn alpha_cumprod(&self, timestep: f64) -> f64 {
        if timestep < 0.0 {
            return self.final_alpha_cumprod;
        }
        let last = self.alphas_cumprod.len().saturating_sub(1);
        self.alphas_cumprod[(timestep as usize).min(last)]
    }
}

impl NoiseSchedule for VariancePreserving {
    fn train_steps(&self) -> usize {
        self.alphas_cumprod.len()
    }

    fn level(&self, timestep: f64) -> Level {
        let alpha = self.alpha_cumprod(timestep);
        Level { signal: alpha.sqrt(), noise: (1.0 - alpha).sqrt() }
    }

    fn level_of_ratio(&self, ratio: f64) -> Level {
        let signal = 1.0 / (ratio * ratio + 1.0).sqrt();
        Level { signal, noise: ratio * signal }
    }

    fn denoised(&self, latents: Latents, output: Latents, level: Level) -> Latents {
        match self.prediction {
            PredictionType::Epsilon => (latents - output.mul_scalar(level.noise)).div_scalar(level.signal),
            PredictionType::Velocity => latents.mul_scalar(level.signal) - output.mul_scalar(level.noise),
        }
    }

    fn epsilon(&self, latents: Latents, output: Latents, level: Level) -> Latents {
        match self.prediction {
            PredictionType::Epsilon => output,
            PredictionType::Velocity => output.mul_scalar(level.signal) + latents.mul_scalar(level.noise),
        }
    }

    fn denoised_of_scaled(&self, scaled: Latents, output: Latents, level: Level) -> Latents {
        let ratio = level.ratio();
        match self.prediction {
            PredictionType::Epsilon => scaled - output.mul_scalar(ratio),
            PredictionType::Velocity => {
                scaled.div_scalar(ratio * ratio + 1.0) - output.mul_scalar(ratio / ratio.hypot(1.0))
            }
        }
    }
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
        let schedule = VariancePreserving::new(&SchedulerConfig::default());
        for (t, alpha) in [(981.0, 0.005_775_5), (1.0, 0.998_296_0), (0.0, 0.999_15), (-19.0, 0.999_15)] {
            assert!(
                (schedule.alpha_cumprod(t) - alpha).abs() < 5e-8,
                "t = {t}: {}",
                schedule.alpha_cumprod(t)
            );
        }
        let step_size = |t: f64| schedule.level(t).noise;
        assert!((step_size(981.0) - 0.997_108).abs() < 1e-6 && (step_size(401.0) - 0.759_683).abs() < 1e-6);
    }
}
