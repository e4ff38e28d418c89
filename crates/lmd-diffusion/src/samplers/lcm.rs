//! Multi-step latent consistency sampling (Luo et al. 2023, arXiv 2310.04378,
//! algorithm 3).

use std::sync::Arc;

use super::{Sampler, SamplerPlan, SamplerSpec, SamplerState, SchedulerError, Stepped};
use crate::Latents;
use crate::schedule::NoiseSchedule;

pub(super) const SPEC: SamplerSpec = SamplerSpec {
    name: "lcm",
    summary: "Latent consistency (arXiv 2310.04378), for models and LoRA distilled for it",
    infotext: "LCM",
    least_steps: 1,
    extra_steps: 0,
    construct,
};

/// σ_data of the boundary condition (equation 9).
const SIGMA_DATA: f64 = 0.5;

#[derive(Debug)]
struct Lcm {
    schedule: Arc<dyn NoiseSchedule>,
    timesteps: Vec<f64>,
    /// Factor on the timestep in the boundary condition.
    scaling: f64,
}

fn construct(plan: &SamplerPlan<'_>) -> Result<Arc<dyn Sampler>, SchedulerError> {
    let points = plan.config.original_inference_steps;
    plan.check_steps(points)?;
    let schedule = Arc::clone(&plan.schedule);
    let stride = schedule.train_steps() / points;
    let descending: Vec<f64> = (1..=points).rev().map(|i| (i * stride - 1) as f64).collect();
    let timesteps =
        (0..plan.steps).filter_map(|i| descending.get(i * points / plan.steps).copied()).collect();
    Ok(Arc::new(Lcm { schedule, timesteps, scaling: plan.config.timestep_scaling }))
}

impl Sampler for Lcm {
    fn timesteps(&self) -> &[f64] {
        &self.timesteps
    }

    fn schedule(&self) -> &dyn NoiseSchedule {
        &*self.schedule
    }

    /// The consistency function of x, then noise back to the next level.
    fn step(&self, state: SamplerState, output: Latents, noise: &mut dyn FnMut() -> Latents) -> Stepped {
        let scaled = f64::from(self.timestep(state.index)) * self.scaling;
        let c_skip = SIGMA_DATA * SIGMA_DATA / (scaled * scaled + SIGMA_DATA * SIGMA_DATA);
        let c_out = scaled / scaled.hypot(SIGMA_DATA);
        let predicted = self.schedule.denoised(state.latents.clone(), output, self.level(state.index));
        let denoised = predicted.mul_scalar(c_out) + state.latents.clone().mul_scalar(c_skip);
        let latents = match self.timesteps.get(state.index + 1) {
            Some(next) => {
                let next = self.schedule.level(*next);
                denoised.clone().mul_scalar(next.signal) + noise().mul_scalar(next.noise)
            }
            None => denoised.clone(),
        };
        Stepped { state: state.advanced(latents), denoised }
    }
}
