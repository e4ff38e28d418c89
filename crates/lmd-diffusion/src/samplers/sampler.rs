//! [`Sampler`]: what samplers do, and what they are laid out for.

use std::fmt::Debug;
use std::sync::Arc;

use super::SchedulerError;
use crate::Latents;
use crate::schedule::{Level, NoiseSchedule, SchedulerConfig, TimestepSpacing, VariancePreserving};

/// What the registry knows of a sampler.
#[derive(Clone, Copy, Debug)]
pub struct SamplerSpec {
    /// Its name in settings, for instance `dpm++2m`.
    pub name: &'static str,
    /// One line of help, with the paper.
    pub summary: &'static str,
    /// Its name in infotexts, as other programs write it.
    pub infotext: &'static str,
    /// With fewer steps its pictures are known to be wrong or poor, and a warning says so.
    pub least_steps: usize,
    /// How often it asks the network beyond the steps asked for, where these are two or more.
    pub extra_steps: usize,
    /// Lays out its steps.
    pub construct: SamplerConstructor,
}

/// Lays out a sampler's steps; a number of steps that the schedule has no room for is a [`SchedulerError::Steps`].
pub type SamplerConstructor = fn(&SamplerPlan<'_>) -> Result<Arc<dyn Sampler>, SchedulerError>;

/// What a sampler is laid out for.
#[derive(Clone, Debug)]
pub struct SamplerPlan<'a> {
    /// The model's noise schedule.
    pub schedule: Arc<dyn NoiseSchedule>,
    /// The model's `scheduler_config.json`: spacing, offset and the like.
    pub config: &'a SchedulerConfig,
    /// Denoising steps, at least 1.
    pub steps: usize,
}

impl SamplerPlan<'_> {
    /// The spacing that the model asks for, or the sampler's own.
    #[must_use]
    pub fn spacing(&self, own: TimestepSpacing) -> TimestepSpacing {
        match self.config.timestep_spacing {
            Some(spacing) => spacing,
            None => own,
        }
    }

    /// Refuses more steps than `limit`.
    ///
    /// # Errors
    /// [`SchedulerError::Steps`].
    pub fn check_steps(&self, limit: usize) -> Result<(), SchedulerError> {
        if (1..=limit).contains(&self.steps) {
            Ok(())
        } else {
            Err(SchedulerError::Steps { steps: self.steps, limit })
        }
    }

    /// Refuses σ spacings that a sampler with a table of σ does not reproduce.
    pub(super) fn check_sigmas(&self) -> Result<(), SchedulerError> {
        refuse(self.config.use_karras_sigmas, "use_karras_sigmas = true")
    }

    /// Refuses more steps than training steps behind the offset.
    pub(super) fn check_train_steps(&self) -> Result<(), SchedulerError> {
        self.check_steps(self.schedule.train_steps().saturating_sub(self.config.steps_offset + 1))
    }
}

/// An error when `found`, naming the key and value of `scheduler_config.json` that the sampler does not reproduce.
pub(super) fn refuse(found: bool, setting: &'static str) -> Result<(), SchedulerError> {
    if found { Err(SchedulerError::UnsupportedBySampler { setting }) } else { Ok(()) }
}

/// A sampler with its steps laid out.
pub trait Sampler: Debug + Send + Sync {
    /// The timestep given to the network at each step, descending. PNDM asks
    /// the network once more than it has steps.
    fn timesteps(&self) -> &[f64];

    /// The noise schedule underneath.
    fn schedule(&self) -> &dyn NoiseSchedule;

    /// One step: from the latents and the network's output (both of one
    /// shape) to the next latents. `noise` draws unit noise of that shape
    /// where a sampler needs some (LCM). Called by [`Self::advance`], for
    /// steps there are.
    fn step(&self, state: SamplerState, output: Latents, noise: &mut dyn FnMut() -> Latents) -> Stepped;

    /// [`Self::step`], but past the last step nothing changes.
    fn advance(&self, state: SamplerState, output: Latents, noise: &mut dyn FnMut() -> Latents) -> Stepped {
        if state.index < self.timesteps().len() {
            self.step(state, output, noise)
        } else {
            Stepped { denoised: state.latents.clone(), state }
        }
    }

    /// Noise of unit variance in the scale this sampler steps in: the latents
    /// before its first step. To be done once, before the noise is blended or
    /// composed with latents of a run.
    fn scale_noise(&self, noise: Latents) -> Latents {
        noise
    }

    /// The latents as the network expects them at step `index`.
    fn scale_input(&self, _index: usize, latents: Latents) -> Latents {
        latents
    }

    /// Clean latents with unit noise, in this sampler's scale, as they would be before step `index`: `α_t x + σ_t ε`.
    fn noised(&self, index: usize, clean: Latents, noise: Latents) -> Latents {
        let Level { signal, noise: share } = self.level(index);
        clean.mul_scalar(signal) + noise.mul_scalar(share)
    }

    /// The factor on the energy's gradient by this sampler's latents at step `index` (B.9): σ_t, which is √(1−ᾱ_t) in
    /// Stable Diffusion. The `reference` takes `(σ_t/α_t)²` for every sampler that has a table of them.
    fn guidance_step_size(&self, index: usize, _reference: bool) -> f64 {
        self.level(index).noise
    }

    /// The same sampler on every other timestep behind the first `dense` ones, the reference's fast schedule (B.2);
    /// `None` where the sampler has none.
    fn fast(&self, _dense: usize) -> Option<Arc<dyn Sampler>> {
        None
    }

    /// The level at step `index`; a finished picture beyond the last.
    fn level(&self, index: usize) -> Level {
        self.timesteps().get(index).map_or(Level::CLEAN, |t| self.schedule().level(*t))
    }

    /// The timestep of one step as networks take it; 0 beyond the last.
    #[allow(clippy::cast_possible_truncation)]
    fn timestep(&self, index: usize) -> f32 {
        self.timesteps().get(index).map_or(0.0, |t| *t as f32)
    }
}

/// Everything a sampler carries from step to step.
#[derive(Clone, Debug)]
pub struct SamplerState {
    /// The latents, shape `[batch, channels, height, width]`, in the sampler's scale.
    pub latents: Latents,
    /// The next step's index.
    pub index: usize,
    /// Outputs (or x̂₀) of earlier steps, newest last; for the sampler alone.
    pub history: Vec<Latents>,
    /// Latents that PNDM's first step sets aside.
    pub held: Option<Latents>,
}

impl SamplerState {
    /// The state before the first step, from latents in the sampler's scale ([`Sampler::scale_noise`]).
    #[must_use]
    pub fn new(latents: Latents) -> Self {
        Self { latents, index: 0, history: Vec::new(), held: None }
    }

    /// The state after a step that needs no history.
    #[must_use]
    pub fn advanced(self, latents: Latents) -> Self {
        Self { latents, index: self.index + 1, ..self }
    }
}

/// A step's result.
#[derive(Clone, Debug)]
pub struct Stepped {
    /// The state after the step.
    pub state: SamplerState,
    /// x̂₀ as this step sees it, for previews.
    pub denoised: Latents,
}

impl SamplerSpec {
    /// How often a run of so many steps asks the network under each prompt: the length of [`Sampler::timesteps`].
    #[must_use]
    pub fn run_steps(&self, steps: usize) -> usize {
        if steps > 1 { steps.saturating_add(self.extra_steps) } else { steps }
    }

    /// The sampler for a Stable Diffusion's `scheduler_config.json`.
    ///
    /// # Errors
    /// [`SchedulerError`] when the configuration is not supported or there is no room for so many steps.
    pub fn for_config(
        &self,
        config: &SchedulerConfig,
        steps: usize,
    ) -> Result<Arc<dyn Sampler>, SchedulerError> {
        config.check()?;
        let schedule = Arc::new(VariancePreserving::new(config));
        (self.construct)(&SamplerPlan { schedule, config, steps })
    }
}

/// The entry of a table with an entry for every step.
pub(super) fn at_step<T: Copy>(table: &[T], index: usize) -> Option<T> {
    debug_assert!(index < table.len(), "step {index} of {} was laid out", table.len());
    table.get(index).copied()
}
