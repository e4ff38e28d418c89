//! Pseudo linear multi-step sampling (Liu et al. 2022, arXiv 2202.09778,
//! equations 9, 11 and 12), without the Runge–Kutta warm-up.

use std::sync::Arc;

use super::{Sampler, SamplerPlan, SamplerSpec, SamplerState, SchedulerError, Stepped, refuse};
use crate::Latents;
use crate::schedule::{Level, NoiseSchedule, TimestepSpacing, spaced_timesteps};

pub(super) const SPEC: SamplerSpec = SamplerSpec {
    name: "pndm",
    summary: "Pseudo linear multi-step (arXiv 2202.09778), Stable Diffusion's first default; wants 50 steps",
    infotext: "PLMS",
    // Diffusers' scheduler has the same wrong colours below.
    least_steps: 50,
    // The second noise level is visited twice.
    extra_steps: 1,
    construct,
};

#[derive(Debug)]
struct Pndm {
    schedule: Arc<dyn NoiseSchedule>,
    timesteps: Vec<f64>,
    /// Training steps between two sampling steps.
    stride: f64,
}

fn construct(plan: &SamplerPlan<'_>) -> Result<Arc<dyn Sampler>, SchedulerError> {
    refuse(!plan.config.skip_prk_steps, "skip_prk_steps = false")?;
    plan.check_train_steps()?;
    let schedule = Arc::clone(&plan.schedule);
    let total = schedule.train_steps();
    let spacing = plan.spacing(TimestepSpacing::Leading);
    let mut timesteps: Vec<f64> = spaced_timesteps(total, plan.steps, spacing, plan.config.steps_offset)
        .into_iter()
        .map(f64::round_ties_even)
        .collect();
    // The second noise level is visited twice: the first step is Heun's.
    if let Some(second) = timesteps.get(1).copied() {
        timesteps.insert(2, second);
    }
    let stride = (total / plan.steps) as f64;
    Ok(Arc::new(Pndm { schedule, timesteps, stride }))
}

impl Sampler for Pndm {
    fn timesteps(&self) -> &[f64] {
        &self.timesteps
    }

    fn schedule(&self) -> &dyn NoiseSchedule {
        &*self.schedule
    }

    fn step(&self, mut state: SamplerState, output: Latents, _noise: &mut dyn FnMut() -> Latents) -> Stepped {
        let timestep = f64::from(self.timestep(state.index));
        let repeated = state.index == 1;
        let (from, to) =
            if repeated { (timestep + self.stride, timestep) } else { (timestep, timestep - self.stride) };
        let direction = match state.history.last().filter(|_| repeated) {
            Some(first) => (output + first.clone()).div_scalar(2.0),
            None => {
                state.history.push(output.clone());
                let surplus = state.history.len().saturating_sub(4);
                state.history.drain(..surplus);
                multistep(&state.history, output)
            }
        };
        let start = match state.held.take().filter(|_| repeated) {
            Some(held) => held,
            None => state.latents.clone(),
        };
        if state.index == 0 {
            state.held = Some(start.clone());
        }
        let (now, next) = (self.schedule.level(from), self.schedule.level(to));
        let denoised = self.schedule.denoised(start.clone(), direction.clone(), now);
        let epsilon = self.schedule.epsilon(start.clone(), direction, now);
        let latents = transfer(start, epsilon, now, next);
        Stepped { state: state.advanced(latents), denoised }
    }
}

/// Adams–Bashforth weights for one to four outputs, newest last; `newest` is the last of them.
fn multistep(outputs: &[Latents], newest: Latents) -> Latents {
    let weights: &[f64] = match outputs.len() {
        0 | 1 => return newest,
        2 => &[-0.5, 1.5],
        3 => &[5.0 / 12.0, -16.0 / 12.0, 23.0 / 12.0],
        _ => &[-9.0 / 24.0, 37.0 / 24.0, -59.0 / 24.0, 55.0 / 24.0],
    };
    let mut terms = outputs.iter().zip(weights).map(|(output, w)| output.clone().mul_scalar(*w));
    match terms.next() {
        Some(first) => terms.fold(first, |sum, term| sum + term),
        None => newest,
    }
}

/// Equation 11: the transfer of x along ε from one level to the next, `x' = α'/α (x − σ ε) + σ' ε`. With `α² + σ² = 1`
/// the factor on ε is that of the paper, `(ᾱ − ᾱ') / (ᾱ √(1−ᾱ') + √(ᾱ (1−ᾱ) ᾱ'))`; this form holds for every schedule.
fn transfer(x: Latents, epsilon: Latents, now: Level, next: Level) -> Latents {
    let growth = next.signal / now.signal;
    x.mul_scalar(growth) - epsilon.mul_scalar(growth * now.noise - next.noise)
}
