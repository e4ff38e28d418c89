//! A sampler: Euler steps in the network's own scale, each corrected by the mean of its own and the last direction
//! (Adams–Bashforth 2 of the probability-flow ODE).

use std::sync::Arc;

use lmd_diffusion::Latents;
use lmd_diffusion::samplers::{Sampler, SamplerPlan, SamplerSpec, SamplerState, SchedulerError, Stepped};
use lmd_diffusion::schedule::{Level, NoiseSchedule, TimestepSpacing, spaced_timesteps};

/// Its entry.
pub const ADAMS_BASHFORTH: SamplerSpec = SamplerSpec {
    name: "ab2",
    summary: "Adams–Bashforth 2, a sampler from outside",
    infotext: "AB2",
    least_steps: 2,
    extra_steps: 0,
    construct,
};

#[derive(Debug)]
struct AdamsBashforth {
    schedule: Arc<dyn NoiseSchedule>,
    timesteps: Vec<f64>,
}

fn construct(plan: &SamplerPlan<'_>) -> Result<Arc<dyn Sampler>, SchedulerError> {
    let schedule = Arc::clone(&plan.schedule);
    plan.check_steps(schedule.train_steps() / 2)?;
    let timesteps = spaced_timesteps(schedule.train_steps(), plan.steps, TimestepSpacing::Trailing, 0);
    Ok(Arc::new(AdamsBashforth { schedule, timesteps }))
}

impl Sampler for AdamsBashforth {
    fn timesteps(&self) -> &[f64] {
        &self.timesteps
    }

    fn schedule(&self) -> &dyn NoiseSchedule {
        &*self.schedule
    }

    /// `x' = α' (x̂₀ + σ'/α' ε̄)`, ε̄ extrapolated from this step's and the last one's.
    fn step(&self, mut state: SamplerState, output: Latents, _noise: &mut dyn FnMut() -> Latents) -> Stepped {
        let now = self.level(state.index);
        let next = self.timesteps.get(state.index + 1).map_or(Level::CLEAN, |t| self.schedule.level(*t));
        let denoised = self.schedule.denoised(state.latents.clone(), output.clone(), now);
        let epsilon = self.schedule.epsilon(state.latents.clone(), output, now);
        let direction = match state.history.pop() {
            Some(last) if next != Level::CLEAN => epsilon.clone().mul_scalar(1.5) - last.mul_scalar(0.5),
            _ => epsilon.clone(),
        };
        state.history = vec![epsilon];
        // Along the direction in x/α, back to x.
        let scaled = state.latents.clone().div_scalar(now.signal);
        let latents = (scaled + direction.mul_scalar(next.ratio() - now.ratio())).mul_scalar(next.signal);
        Stepped { state: state.advanced(latents), denoised }
    }
}
