//! Euler steps on the probability-flow ODE (Karras et al. 2022,
//! arXiv 2206.00364, algorithm 2 without churn).

use super::{NoiseSchedule, Plan, Sampler, SamplerKind, SamplerState, SchedulerConfig, Stepped};
use super::{PredictionType, TimestepSpacing, schedule::spaced_timesteps};
use crate::Latents;

pub(super) fn lay_out(schedule: NoiseSchedule, config: &SchedulerConfig, steps: usize) -> Sampler {
    let spacing = config.timestep_spacing.unwrap_or(TimestepSpacing::Linspace);
    let timesteps = spaced_timesteps(schedule.len(), steps, spacing, config.steps_offset);
    let sigmas: Vec<f64> = timesteps.iter().map(|t| schedule.sigma(*t)).chain([0.0]).collect();
    let largest = sigmas.iter().copied().fold(0.0, f64::max);
    let init_noise_sigma = if spacing == TimestepSpacing::Leading { largest.hypot(1.0) } else { largest };
    Sampler { kind: SamplerKind::Euler, schedule, timesteps, plan: Plan::Sigmas(sigmas), init_noise_sigma }
}

/// `x / √(σ² + 1)`.
pub(super) fn scale_input(sampler: &Sampler, index: usize, latents: Latents) -> Latents {
    let Plan::Sigmas(sigmas) = &sampler.plan else { return latents };
    latents.div_scalar(sigmas.get(index).copied().unwrap_or(0.0).hypot(1.0))
}

/// `x + (x − x̂₀)/σ · (σ' − σ)`.
pub(super) fn step(
    sampler: &Sampler,
    sigmas: &[f64],
    _timestep: f64,
    state: SamplerState,
    output: Latents,
) -> Stepped {
    let at = |i: usize| sigmas.get(i).copied().unwrap_or(0.0);
    let (sigma, next) = (at(state.index), at(state.index + 1));
    let x = state.latents.clone();
    let denoised = match sampler.schedule.prediction() {
        PredictionType::Epsilon => x.clone() - output.mul_scalar(sigma),
        PredictionType::Velocity => {
            x.clone().div_scalar(sigma * sigma + 1.0) - output.mul_scalar(sigma / sigma.hypot(1.0))
        }
    };
    let derivative = (x.clone() - denoised.clone()).div_scalar(sigma);
    let latents = x + derivative.mul_scalar(next - sigma);
    Stepped { state: state.advanced(latents), denoised }
}
