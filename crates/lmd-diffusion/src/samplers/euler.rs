//! Euler steps on the probability-flow ODE (Karras et al. 2022,
//! arXiv 2206.00364, algorithm 2 without churn).
//!
//! Its latents are `x̃ = x_t / α_t = x₀ + σ ε` with `σ = σ_t / α_t`, from the start
//! to the end of a run.

use std::sync::Arc;

use super::{Sampler, SamplerPlan, SamplerSpec, SamplerState, SchedulerError, Stepped};
use crate::Latents;
use crate::schedule::{NoiseSchedule, TimestepSpacing, spaced_timesteps};

pub(super) const SPEC: SamplerSpec = SamplerSpec {
    name: "euler",
    summary: "Euler steps on the probability-flow ODE (arXiv 2206.00364)",
    infotext: "Euler",
    least_steps: 1,
    extra_steps: 0,
    construct,
};

#[derive(Debug)]
struct Euler {
    schedule: Arc<dyn NoiseSchedule>,
    timesteps: Vec<f64>,
    /// σ at every step and behind the last, where it is 0.
    sigmas: Vec<f64>,
    init_noise_sigma: f64,
}

fn construct(plan: &SamplerPlan<'_>) -> Result<Arc<dyn Sampler>, SchedulerError> {
    plan.check_sigmas()?;
    plan.check_train_steps()?;
    let schedule = Arc::clone(&plan.schedule);
    let spacing = plan.spacing(TimestepSpacing::Linspace);
    let timesteps = spaced_timesteps(schedule.train_steps(), plan.steps, spacing, plan.config.steps_offset);
    let sigmas: Vec<f64> = timesteps.iter().map(|t| schedule.ratio(*t)).chain([0.0]).collect();
    let largest = sigmas.iter().copied().fold(0.0, f64::max);
    // diffusers starts a `leading` schedule at the whole variance, x₀ included.
    let init_noise_sigma = if spacing == TimestepSpacing::Leading { largest.hypot(1.0) } else { largest };
    Ok(Arc::new(Euler { schedule, timesteps, sigmas, init_noise_sigma }))
}

impl Euler {
    /// σ of step `index`; 0 behind the last.
    fn sigma(&self, index: usize) -> f64 {
        self.sigmas.get(index).copied().unwrap_or(0.0)
    }

    /// `1 / α_t` of step `index`: how much larger these latents are than the network's.
    fn scale(&self, index: usize) -> f64 {
        1.0 / self.schedule.level_of_ratio(self.sigma(index)).signal
    }
}

impl Sampler for Euler {
    fn timesteps(&self) -> &[f64] {
        &self.timesteps
    }

    fn schedule(&self) -> &dyn NoiseSchedule {
        &*self.schedule
    }

    fn scale_noise(&self, noise: Latents) -> Latents {
        noise.mul_scalar(self.init_noise_sigma)
    }

    fn scale_input(&self, index: usize, latents: Latents) -> Latents {
        latents.div_scalar(self.scale(index))
    }

    /// `x + σ ε`.
    fn noised(&self, index: usize, clean: Latents, noise: Latents) -> Latents {
        clean + noise.mul_scalar(self.sigma(index))
    }

    /// These latents are `1/α_t` times the network's and their gradients as much smaller: a step of length σ_t on the
    /// network's latents is one of `σ_t / α_t²` on these.
    fn guidance_step_size(&self, index: usize, reference: bool) -> f64 {
        let sigma = self.sigma(index);
        if reference {
            return sigma * sigma;
        }
        let scale = self.scale(index);
        self.level(index).noise * (scale * scale)
    }

    /// `x + (x − x̂₀)/σ · (σ' − σ)`.
    fn step(&self, state: SamplerState, output: Latents, _noise: &mut dyn FnMut() -> Latents) -> Stepped {
        let (sigma, next) = (self.sigma(state.index), self.sigma(state.index + 1));
        let x = state.latents.clone();
        let level = self.schedule.level_of_ratio(sigma);
        let denoised = self.schedule.denoised_of_scaled(x.clone(), output, level);
        let derivative = (x.clone() - denoised.clone()).div_scalar(sigma);
        let latents = x + derivative.mul_scalar(next - sigma);
        Stepped { state: state.advanced(latents), denoised }
    }
}
