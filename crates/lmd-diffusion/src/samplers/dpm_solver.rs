//! DPM-Solver++ 2M (Lu et al. 2022, arXiv 2211.01095, algorithm 2), midpoint
//! form, first order at both ends.

use std::sync::Arc;

use super::{Sampler, SamplerPlan, SamplerSpec, SamplerState, SchedulerError, Stepped, at_step};
use crate::Latents;
use crate::schedule::{Level, NoiseSchedule, TimestepSpacing, spaced_timesteps};

pub(super) const SPEC: SamplerSpec = SamplerSpec {
    name: "dpm++2m",
    summary: "DPM-Solver++ 2M (arXiv 2211.01095), good in few steps",
    infotext: "DPM++ 2M",
    least_steps: 1,
    extra_steps: 0,
    construct,
};

#[derive(Debug)]
struct DpmSolver {
    schedule: Arc<dyn NoiseSchedule>,
    timesteps: Vec<f64>,
    /// σ_t/α_t at every step and behind the last, where it is 0.
    ratios: Vec<f64>,
}

fn construct(plan: &SamplerPlan<'_>) -> Result<Arc<dyn Sampler>, SchedulerError> {
    plan.check_sigmas()?;
    plan.check_train_steps()?;
    let (schedule, steps) = (Arc::clone(&plan.schedule), plan.steps);
    let total = schedule.train_steps();
    let spacing = plan.spacing(TimestepSpacing::Linspace);
    let timesteps: Vec<f64> = match spacing {
        // One point more than steps is laid, and the lowest one left out.
        TimestepSpacing::Leading | TimestepSpacing::Linspace => {
            let offset = if spacing == TimestepSpacing::Leading { plan.config.steps_offset } else { 0 };
            spaced_timesteps(total, steps + 1, spacing, offset)
                .into_iter()
                .take(steps)
                .map(f64::round_ties_even)
                .collect()
        }
        TimestepSpacing::Trailing => spaced_timesteps(total, steps, spacing, 0),
    };
    let ratios = timesteps.iter().map(|t| schedule.ratio(*t)).chain([0.0]).collect();
    Ok(Arc::new(DpmSolver { schedule, timesteps, ratios }))
}

impl DpmSolver {
    /// λ = ln(α/σ) at a step; infinite behind the last.
    fn half_log_snr(&self, index: usize) -> f64 {
        at_step(&self.ratios, index).map_or(f64::INFINITY, |ratio| -ratio.ln())
    }
}

impl Sampler for DpmSolver {
    fn timesteps(&self) -> &[f64] {
        &self.timesteps
    }

    fn schedule(&self) -> &dyn NoiseSchedule {
        &*self.schedule
    }

    fn step(&self, mut state: SamplerState, output: Latents, _noise: &mut dyn FnMut() -> Latents) -> Stepped {
        let level =
            |i: usize| at_step(&self.ratios, i).map_or(Level::CLEAN, |r| self.schedule.level_of_ratio(r));
        let (now, next) = (level(state.index), level(state.index + 1));
        let denoised = self.schedule.denoised(state.latents.clone(), output, now);
        let h = self.half_log_snr(state.index + 1) - self.half_log_snr(state.index);
        let shrink = (-h).exp() - 1.0;
        let mut latents = state.latents.clone().mul_scalar(next.noise / now.noise)
            - denoised.clone().mul_scalar(next.signal * shrink);
        let last = state.index + 1 == self.timesteps.len();
        if let Some(earlier) = state.history.pop().filter(|_| !last) {
            let ratio = (self.half_log_snr(state.index) - self.half_log_snr(state.index - 1)) / h;
            let slope = (denoised.clone() - earlier).div_scalar(ratio);
            latents = latents - slope.mul_scalar(0.5 * next.signal * shrink);
        }
        state.history = vec![denoised.clone()];
        Stepped { state: state.advanced(latents), denoised }
    }

    fn guidance_step_size(&self, index: usize, reference: bool) -> f64 {
        match self.ratios.get(index) {
            Some(ratio) if reference => ratio * ratio,
            _ => self.level(index).noise,
        }
    }
}
