//! Pseudo linear multi-step sampling (Liu et al. 2022, arXiv 2202.09778,
//! equations 9, 11 and 12), without the Runge–Kutta warm-up.

use super::{NoiseSchedule, Plan, Sampler, SamplerKind, SamplerState, SchedulerConfig, Stepped};
use super::{TimestepSpacing, schedule::spaced_timesteps};
use crate::Latents;

pub(super) fn lay_out(schedule: NoiseSchedule, config: &SchedulerConfig, steps: usize) -> Sampler {
    let spacing = config.timestep_spacing.unwrap_or(TimestepSpacing::Leading);
    let mut timesteps: Vec<f64> = spaced_timesteps(schedule.len(), steps, spacing, config.steps_offset)
        .into_iter()
        .map(f64::round_ties_even)
        .collect();
    // The second noise level is visited twice: the first step is Heun's.
    if let Some(second) = timesteps.get(1).copied() {
        timesteps.insert(2, second);
    }
    let stride = (schedule.len() / steps) as f64;
    Sampler {
        kind: SamplerKind::Pndm,
        schedule,
        timesteps,
        plan: Plan::Pndm { stride },
        init_noise_sigma: 1.0,
    }
}

pub(super) fn step(
    sampler: &Sampler,
    stride: f64,
    timestep: f64,
    mut state: SamplerState,
    output: Latents,
) -> Stepped {
    let repeated = state.index == 1;
    let (from, to) = if repeated { (timestep + stride, timestep) } else { (timestep, timestep - stride) };
    let direction = if repeated {
        let first = state.history.last().cloned();
        first.map_or(output.clone(), |first| (output + first).div_scalar(2.0))
    } else {
        state.history.push(output);
        let surplus = state.history.len().saturating_sub(4);
        state.history.drain(..surplus);
        multistep(&state.history)
    };
    let start = match state.held.take().filter(|_| repeated) {
        Some(held) => held,
        None => state.latents.clone(),
    };
    if state.index == 0 {
        state.held = Some(start.clone());
    }
    let alpha = sampler.schedule.alpha_cumprod(from);
    let denoised = sampler.schedule.denoised(start.clone(), direction.clone(), alpha);
    let latents = transfer(sampler, start, direction, alpha, sampler.schedule.alpha_cumprod(to));
    Stepped { state: state.advanced(latents), denoised }
}

/// Adams–Bashforth weights for one to four outputs, newest last.
fn multistep(outputs: &[Latents]) -> Latents {
    let weights: &[f64] = match outputs.len() {
        0 | 1 => &[1.0],
        2 => &[-0.5, 1.5],
        3 => &[5.0 / 12.0, -16.0 / 12.0, 23.0 / 12.0],
        _ => &[-9.0 / 24.0, 37.0 / 24.0, -59.0 / 24.0, 55.0 / 24.0],
    };
    let terms = outputs.iter().zip(weights).map(|(output, w)| output.clone().mul_scalar(*w));
    terms.reduce(|sum, term| sum + term).unwrap_or_else(|| outputs[0].clone())
}

/// Equation 11: the noise transfer from ᾱ to ᾱ'.
fn transfer(sampler: &Sampler, x: Latents, output: Latents, alpha: f64, next: f64) -> Latents {
    let epsilon = sampler.schedule.epsilon(x.clone(), output, alpha);
    let denominator = alpha * (1.0 - next).sqrt() + (alpha * (1.0 - alpha) * next).sqrt();
    x.mul_scalar((next / alpha).sqrt()) - epsilon.mul_scalar((next - alpha) / denominator)
}
