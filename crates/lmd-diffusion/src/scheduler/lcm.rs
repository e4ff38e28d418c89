//! Multi-step latent consistency sampling (Luo et al. 2023, arXiv 2310.04378,
//! algorithm 3).

use super::{NoiseSchedule, Plan, Sampler, SamplerKind, SamplerState, SchedulerConfig, Stepped};
use crate::Latents;

/// σ_data of the boundary condition (equation 9).
const SIGMA_DATA: f64 = 0.5;

pub(super) fn lay_out(schedule: NoiseSchedule, config: &SchedulerConfig, steps: usize) -> Sampler {
    let points = config.original_inference_steps;
    let stride = schedule.len() / points;
    let descending: Vec<f64> = (1..=points).rev().map(|i| (i * stride - 1) as f64).collect();
    let timesteps = (0..steps).filter_map(|i| descending.get(i * points / steps).copied()).collect();
    Sampler {
        kind: SamplerKind::Lcm,
        schedule,
        timesteps,
        plan: Plan::Lcm { scaling: config.timestep_scaling },
        init_noise_sigma: 1.0,
    }
}

/// The consistency function of x, then noise back to the next level.
pub(super) fn step(
    sampler: &Sampler,
    scaling: f64,
    timestep: f64,
    state: SamplerState,
    output: Latents,
    noise: &mut dyn FnMut() -> Latents,
) -> Stepped {
    let schedule = &sampler.schedule;
    let scaled = timestep * scaling;
    let c_skip = SIGMA_DATA * SIGMA_DATA / (scaled * scaled + SIGMA_DATA * SIGMA_DATA);
    let c_out = scaled / scaled.hypot(SIGMA_DATA);
    let predicted = schedule.denoised(state.latents.clone(), output, schedule.alpha_cumprod(timestep));
    let denoised = predicted.mul_scalar(c_out) + state.latents.clone().mul_scalar(c_skip);
    let latents = match sampler.timesteps.get(state.index + 1) {
        Some(next) => {
            let alpha = schedule.alpha_cumprod(*next);
            denoised.clone().mul_scalar(alpha.sqrt()) + noise().mul_scalar((1.0 - alpha).sqrt())
        }
        None => denoised.clone(),
    };
    Stepped { state: state.advanced(latents), denoised }
}
