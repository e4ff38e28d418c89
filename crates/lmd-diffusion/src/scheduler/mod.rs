//! Samplers, each a pure function of its state: `(state, network output) →
//! state`. Configured by `scheduler_config.json`, checked against diffusers.

mod config;
mod ddim;
mod dpm_solver;
mod euler;
mod lcm;
mod pndm;
mod schedule;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

pub use config::{BetaSchedule, PredictionType, SchedulerConfig, TimestepSpacing};
pub use schedule::NoiseSchedule;

use crate::Latents;

/// Why there is no sampler.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SchedulerError {
    /// A setting of `scheduler_config.json` that is not reproduced here.
    #[error(
        "scheduler_config.json says {setting}, which is not supported; remove it or choose another sampler"
    )]
    Unsupported {
        /// Key and value.
        setting: &'static str,
    },
    /// A number of `scheduler_config.json` that makes no sense.
    #[error("{key} in scheduler_config.json must be {expected}")]
    OutOfRange {
        /// The key.
        key: &'static str,
        /// What it may be.
        expected: &'static str,
    },
    /// More or fewer steps than the schedule has room for.
    #[error("{steps} steps were asked for, this schedule takes 1 to {limit}")]
    Steps {
        /// Steps asked for.
        steps: usize,
        /// Most steps possible.
        limit: usize,
    },
}

/// Which sampler steps through the noise levels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SamplerKind {
    /// DDIM with η = 0 (Song et al. 2020), the method's own sampler.
    #[default]
    Ddim,
    /// DPM-Solver++ 2M (Lu et al. 2022).
    #[serde(rename = "dpm++2m")]
    DpmSolverPlusPlus2m,
    /// Euler steps on the probability-flow ODE (Karras et al. 2022).
    Euler,
    /// Pseudo linear multi-step (Liu et al. 2022), Stable Diffusion's default.
    Pndm,
    /// Latent consistency models (Luo et al. 2023).
    Lcm,
}

/// A sampler with its steps laid out.
#[derive(Clone, Debug)]
pub struct Sampler {
    kind: SamplerKind,
    schedule: NoiseSchedule,
    timesteps: Vec<f64>,
    /// ᾱ after step i for DDIM, σ at step i (one more than steps) for Euler
    /// and DPM-Solver++, the timestep stride for PNDM.
    plan: Plan,
    init_noise_sigma: f64,
}

/// What a sampler needs besides its timesteps.
#[derive(Clone, Debug)]
enum Plan {
    Ddim { previous: Vec<f64>, clip: Option<f64> },
    Sigmas(Vec<f64>),
    Pndm { stride: f64 },
    Lcm { scaling: f64 },
}

/// Everything a sampler carries from step to step.
#[derive(Clone, Debug)]
pub struct SamplerState {
    /// The latents, shape `[batch, channels, height, width]`.
    pub latents: Latents,
    /// The next step's index.
    pub index: usize,
    /// Outputs (or x̂₀) of earlier steps, newest last.
    history: Vec<Latents>,
    /// Latents set aside by PNDM's first step.
    held: Option<Latents>,
}

/// A step's result.
#[derive(Clone, Debug)]
pub struct Stepped {
    /// The state after the step.
    pub state: SamplerState,
    /// x̂₀ as this step sees it, for previews.
    pub denoised: Latents,
}

impl Sampler {
    /// A sampler of `kind` with `steps` steps.
    ///
    /// # Errors
    /// [`SchedulerError`] when the configuration is not supported or there is
    /// no room for so many steps.
    pub fn new(kind: SamplerKind, config: &SchedulerConfig, steps: usize) -> Result<Self, SchedulerError> {
        config.check_for(kind)?;
        let limit = match kind {
            SamplerKind::Lcm => config.original_inference_steps,
            _ => config.num_train_timesteps - config.steps_offset - 1,
        };
        if !(1..=limit).contains(&steps) {
            return Err(SchedulerError::Steps { steps, limit });
        }
        let schedule = NoiseSchedule::new(config);
        Ok(match kind {
            SamplerKind::Ddim => ddim::lay_out(schedule, config, steps),
            SamplerKind::DpmSolverPlusPlus2m => dpm_solver::lay_out(schedule, config, steps),
            SamplerKind::Euler => euler::lay_out(schedule, config, steps),
            SamplerKind::Pndm => pndm::lay_out(schedule, config, steps),
            SamplerKind::Lcm => lcm::lay_out(schedule, config, steps),
        })
    }

    /// DDIM on every other timestep behind the first `dense` ones: the
    /// reference's fast schedule (B.2). Other samplers are left as they are.
    #[must_use]
    pub fn with_fast_schedule(self, dense: usize) -> Self {
        ddim::thin_out(self, dense)
    }

    /// Which sampler this is.
    #[must_use]
    pub fn kind(&self) -> SamplerKind {
        self.kind
    }

    /// The noise schedule underneath.
    #[must_use]
    pub fn schedule(&self) -> &NoiseSchedule {
        &self.schedule
    }

    /// The timestep given to the network at each step, descending. PNDM asks
    /// the network once more than it has steps.
    #[must_use]
    pub fn timesteps(&self) -> &[f64] {
        &self.timesteps
    }

    /// The timestep of one step as networks take it; 0 beyond the last.
    #[must_use]
    #[allow(clippy::cast_possible_truncation)]
    pub fn timestep(&self, step: usize) -> f32 {
        self.timesteps.get(step).copied().unwrap_or(0.0) as f32
    }

    /// Noise of unit variance in the scale this sampler steps in: the latents before its first step. To be done once,
    /// before the noise is blended or composed with latents of a run.
    #[must_use]
    pub fn scale_noise(&self, noise: Latents) -> Latents {
        if self.init_noise_sigma == 1.0 { noise } else { noise.mul_scalar(self.init_noise_sigma) }
    }

    /// The latents as the network expects them at step `index`.
    #[must_use]
    pub fn scale_input(&self, index: usize, latents: Latents) -> Latents {
        match self.kind {
            SamplerKind::Euler => euler::scale_input(self, index, latents),
            _ => latents,
        }
    }

    /// Clean latents with unit noise, as they would be before step `index`: `√ᾱ_t x + √(1−ᾱ_t) ε`, for Euler `x + σ ε`.
    #[must_use]
    pub fn noised(&self, index: usize, clean: Latents, noise: Latents) -> Latents {
        let level = self.noise_level(index);
        let kept = (1.0 - level * level).sqrt();
        match self.kind {
            SamplerKind::Euler => clean + noise.mul_scalar(level / kept),
            _ => clean.mul_scalar(kept) + noise.mul_scalar(level),
        }
    }

    /// √(1−ᾱ_t) of step `index`: the guidance step size of section B.9.
    #[must_use]
    pub fn noise_level(&self, index: usize) -> f64 {
        self.timesteps.get(index).map_or(0.0, |t| (1.0 - self.schedule.alpha_cumprod(*t)).sqrt())
    }

    /// The factor on the energy's gradient at step `index` (B.9): √(1−ᾱ_t).
    /// Latents of Euler are √(σ²+1) times larger and their gradients as much
    /// smaller, which is made good. The `reference` takes σ² for every
    /// sampler that has σ.
    #[must_use]
    pub fn guidance_step_size(&self, index: usize, reference: bool) -> f64 {
        match &self.plan {
            Plan::Sigmas(sigmas) if reference => sigmas.get(index).map_or(0.0, |sigma| sigma * sigma),
            Plan::Sigmas(sigmas) if self.kind == SamplerKind::Euler => {
                let sigma = sigmas.get(index).copied().unwrap_or(0.0);
                self.noise_level(index) * (sigma * sigma + 1.0)
            }
            _ => self.noise_level(index),
        }
    }

    /// One step: from the latents and the network's output (both of one
    /// shape) to the next latents. `noise` draws unit noise of that shape
    /// where a sampler needs some (LCM). Past the last step nothing changes.
    #[must_use]
    pub fn step(&self, state: SamplerState, output: Latents, noise: &mut dyn FnMut() -> Latents) -> Stepped {
        let Some(timestep) = self.timesteps.get(state.index).copied() else {
            return Stepped { denoised: state.latents.clone(), state };
        };
        match &self.plan {
            Plan::Ddim { previous, clip } => ddim::step(self, previous, *clip, timestep, state, output),
            Plan::Sigmas(sigmas) if self.kind == SamplerKind::Euler => {
                euler::step(self, sigmas, timestep, state, output)
            }
            Plan::Sigmas(sigmas) => dpm_solver::step(self, sigmas, state, output),
            Plan::Pndm { stride } => pndm::step(self, *stride, timestep, state, output),
            Plan::Lcm { scaling } => lcm::step(self, *scaling, timestep, state, output, noise),
        }
    }
}

impl SamplerState {
    /// The state before the first step, from latents in the sampler's scale
    /// ([`Sampler::scale_noise`]).
    #[must_use]
    pub fn new(latents: Latents) -> Self {
        Self { latents, index: 0, history: Vec::new(), held: None }
    }

    /// The state after a step that needs no history.
    fn advanced(self, latents: Latents) -> Self {
        Self { latents, index: self.index + 1, ..self }
    }
}

#[cfg(test)]
mod tests;
