//! DPM-Solver++ 2M (Lu et al. 2022, arXiv 2211.01095, algorithm 2), midpoint
//! form, first order at both ends.

use super::{NoiseSchedule, Plan, Sampler, SamplerKind, SamplerState, SchedulerConfig, Stepped};
use super::{TimestepSpacing, schedule::spaced_timesteps};
use crate::Latents;

pub(super) fn lay_out(schedule: NoiseSchedule, config: &SchedulerConfig, steps: usize) -> Sampler {
    let total = schedule.len();
    let spacing = config.timestep_spacing.unwrap_or(TimestepSpacing::Linspace);
    let timesteps: Vec<f64> = match spacing {
        // One point more than steps is laid, and the lowest one left out.
        TimestepSpacing::Leading | TimestepSpacing::Linspace => {
            let offset = if spacing == TimestepSpacing::Leading { config.steps_offset } else { 0 };
            spaced_timesteps(total, steps + 1, spacing, offset)
                .into_iter()
                .take(steps)
                .map(f64::round_ties_even)
                .collect()
        }
        TimestepSpacing::Trailing => spaced_timesteps(total, steps, spacing, 0),
    };
    let sigmas = timesteps.iter().map(|t| schedule.sigma(*t)).chain([0.0]).collect();
    Sampler {
        kind: SamplerKind::DpmSolverPlusPlus2m,
        schedule,
        timesteps,
        plan: Plan::Sigmas(sigmas),
        init_noise_sigma: 1.0,
    }
}

/// A noise level as (α, σ) with α² + σ² = 1, and its log-SNR λ.
struct Level {
    alpha: f64,
    sigma: f64,
    lambda: f64,
}

impl Level {
    /// From σ/α, as the table of noise levels gives it.
    fn from_ratio(ratio: f64) -> Self {
        let alpha = 1.0 / (ratio * ratio + 1.0).sqrt();
        Self { alpha, sigma: ratio * alpha, lambda: -ratio.ln() }
    }
}

pub(super) fn step(sampler: &Sampler, sigmas: &[f64], mut state: SamplerState, output: Latents) -> Stepped {
    let level = |i: usize| Level::from_ratio(sigmas.get(i).copied().unwrap_or(0.0));
    let (now, next) = (level(state.index), level(state.index + 1));
    let denoised = sampler.schedule.denoised(state.latents.clone(), output, now.alpha * now.alpha);
    let h = next.lambda - now.lambda;
    let shrink = (-h).exp() - 1.0;
    let mut latents = state.latents.clone().mul_scalar(next.sigma / now.sigma)
        - denoised.clone().mul_scalar(next.alpha * shrink);
    let last = state.index + 1 == sampler.timesteps.len();
    if let Some(earlier) = state.history.pop().filter(|_| !last) {
        let ratio = (now.lambda - level(state.index - 1).lambda) / h;
        let slope = (denoised.clone() - earlier).div_scalar(ratio);
        latents = latents - slope.mul_scalar(0.5 * next.alpha * shrink);
    }
    state.history = vec![denoised.clone()];
    Stepped { state: state.advanced(latents), denoised }
}
