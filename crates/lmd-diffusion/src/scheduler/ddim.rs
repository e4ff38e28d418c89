//! Denoising diffusion implicit models, η = 0 (Song et al. 2020,
//! arXiv 2010.02502, equation 12; section B.2).

use super::{NoiseSchedule, Plan, Sampler, SamplerKind, SamplerState, SchedulerConfig, Stepped};
use super::{TimestepSpacing, schedule::spaced_timesteps};
use crate::Latents;

pub(super) fn lay_out(schedule: NoiseSchedule, config: &SchedulerConfig, steps: usize) -> Sampler {
    let spacing = config.timestep_spacing.unwrap_or(TimestepSpacing::Leading);
    let timesteps: Vec<f64> = spaced_timesteps(schedule.len(), steps, spacing, config.steps_offset)
        .into_iter()
        .map(f64::round_ties_even)
        .collect();
    let stride = (schedule.len() / steps) as f64;
    let previous = timesteps.iter().map(|t| t - stride).collect();
    let clip = config.clip_sample.then_some(config.clip_sample_range);
    Sampler {
        kind: SamplerKind::Ddim,
        schedule,
        timesteps,
        plan: Plan::Ddim { previous, clip },
        init_noise_sigma: 1.0,
    }
}

/// Keeps `timesteps[..dense]`, then `timesteps[dense + 1..]` two apart; each
/// step then leads to its successor in the list.
pub(super) fn thin_out(sampler: Sampler, dense: usize) -> Sampler {
    let Plan::Ddim { clip, .. } = sampler.plan else { return sampler };
    if dense + 1 >= sampler.timesteps.len() {
        return sampler;
    }
    let kept = sampler.timesteps.iter().take(dense);
    let timesteps: Vec<f64> =
        kept.chain(sampler.timesteps.iter().skip(dense + 1).step_by(2)).copied().collect();
    let previous = timesteps.iter().skip(1).copied().chain([-1.0]).collect();
    Sampler { timesteps, plan: Plan::Ddim { previous, clip }, ..sampler }
}

/// `x_prev = √ᾱ_p x̂₀ + √(1−ᾱ_p) ε`.
pub(super) fn step(
    sampler: &Sampler,
    previous: &[f64],
    clip: Option<f64>,
    timestep: f64,
    state: SamplerState,
    output: Latents,
) -> Stepped {
    let schedule = &sampler.schedule;
    let alpha = schedule.alpha_cumprod(timestep);
    let alpha_previous = schedule.alpha_cumprod(previous.get(state.index).copied().unwrap_or(-1.0));
    let denoised = schedule.denoised(state.latents.clone(), output.clone(), alpha);
    let denoised = match clip {
        Some(bound) => denoised.clamp(-bound, bound),
        None => denoised,
    };
    let epsilon = schedule.epsilon(state.latents.clone(), output, alpha);
    let latents = denoised.clone().mul_scalar(alpha_previous.sqrt())
        + epsilon.mul_scalar((1.0 - alpha_previous).sqrt());
    Stepped { state: state.advanced(latents), denoised }
}
