//! Denoising diffusion implicit models, η = 0 (Song et al. 2020,
//! arXiv 2010.02502, equation 12; docs/method.md, B.2).

use std::sync::Arc;

use super::{Sampler, SamplerPlan, SamplerSpec, SamplerState, SchedulerError, Stepped};
use crate::Latents;
use crate::schedule::{Level, NoiseSchedule, TimestepSpacing, spaced_timesteps};

pub(super) const SPEC: SamplerSpec = SamplerSpec {
    name: "ddim",
    summary: "DDIM with η = 0 (arXiv 2010.02502), the paper's own",
    infotext: "DDIM",
    least_steps: 1,
    extra_steps: 0,
    construct,
};

#[derive(Clone, Debug)]
struct Ddim {
    schedule: Arc<dyn NoiseSchedule>,
    timesteps: Vec<f64>,
    /// The timestep each step leads to; negative before the first training step.
    previous: Vec<f64>,
    /// Bound of x̂₀, where the model asks for one.
    clip: Option<f64>,
}

fn construct(plan: &SamplerPlan<'_>) -> Result<Arc<dyn Sampler>, SchedulerError> {
    plan.check_train_steps()?;
    let (schedule, config) = (Arc::clone(&plan.schedule), plan.config);
    let total = schedule.train_steps();
    let spacing = plan.spacing(TimestepSpacing::Leading);
    let timesteps: Vec<f64> = spaced_timesteps(total, plan.steps, spacing, config.steps_offset)
        .into_iter()
        .map(f64::round_ties_even)
        .collect();
    let stride = (total / plan.steps) as f64;
    let previous = timesteps.iter().map(|t| t - stride).collect();
    let clip = config.clip_sample.then_some(config.clip_sample_range);
    Ok(Arc::new(Ddim { schedule, timesteps, previous, clip }))
}

impl Sampler for Ddim {
    fn timesteps(&self) -> &[f64] {
        &self.timesteps
    }

    fn schedule(&self) -> &dyn NoiseSchedule {
        &*self.schedule
    }

    /// `x_prev = √ᾱ_p x̂₀ + √(1−ᾱ_p) ε`.
    fn step(&self, state: SamplerState, output: Latents, _noise: &mut dyn FnMut() -> Latents) -> Stepped {
        let now = self.level(state.index);
        let previous = self.previous.get(state.index).map_or(Level::CLEAN, |t| self.schedule.level(*t));
        let denoised = self.schedule.denoised(state.latents.clone(), output.clone(), now);
        let denoised = match self.clip {
            Some(bound) => denoised.clamp(-bound, bound),
            None => denoised,
        };
        let epsilon = self.schedule.epsilon(state.latents.clone(), output, now);
        let latents = denoised.clone().mul_scalar(previous.signal) + epsilon.mul_scalar(previous.noise);
        Stepped { state: state.advanced(latents), denoised }
    }

    /// Keeps `timesteps[..dense]`, then `timesteps[dense + 1..]` two apart; each
    /// step then leads to its successor in the list.
    fn fast(&self, dense: usize) -> Option<Arc<dyn Sampler>> {
        if dense.saturating_add(1) >= self.timesteps.len() {
            return Some(Arc::new(self.clone()));
        }
        let kept = self.timesteps.iter().take(dense);
        let timesteps: Vec<f64> =
            kept.chain(self.timesteps.iter().skip(dense + 1).step_by(2)).copied().collect();
        let previous = timesteps.iter().skip(1).copied().chain([-1.0]).collect();
        Some(Arc::new(Self { timesteps, previous, ..self.clone() }))
    }
}
