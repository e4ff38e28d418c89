//! The loop all methods share: guide, predict, step (docs/method.md, B.9, B.10).
//!
//! Scale of latents: inside a run, and wherever the latents of a run are kept,
//! composed, held or recorded, they are in the scale of the sampler's steps.
//! Unit noise becomes such latents in one place, [`SamplingLoop::start`], before
//! anything else is done with it; nothing after it scales them again.

mod spec;
mod trajectory;

use std::ops::ControlFlow;
use std::sync::Arc;

use burn::tensor::Tensor;

pub use spec::{Condition, EnergyOf, GligenConditioning, Guidance, Prompts, RunSpec, StepSize};
pub use trajectory::{InnerTrace, StepEnergies, Trace, Trajectory};

use crate::energy::AttentionMaps;
use crate::guidance::{GuidedPass, split_maps};
use crate::network::{Conditioning, MapRequest, guided_layers, mask_layer};
use crate::observer::{Observer, Phase, Progress};
use crate::samplers::Sampler;
use crate::{DiffusionError, Latents, Pipeline};

/// A pipeline with the sampler and the strength it is run with.
#[derive(Clone, Debug)]
pub struct SamplingLoop<'a> {
    /// The networks.
    pub pipeline: &'a Pipeline,
    /// The sampler, with its steps laid out.
    pub sampler: Arc<dyn Sampler>,
    /// Classifier-free guidance scale; 1 is none.
    pub cfg_scale: f64,
    /// Factor on every step of guidance.
    pub guidance_strength: f64,
    /// Whether samplers take the reference's length of a guidance step.
    pub reference_step_size: bool,
}

impl SamplingLoop<'_> {
    /// Unit noise in the sampler's scale: what a run starts from.
    #[must_use]
    pub fn start(&self, noise: Latents) -> Latents {
        self.sampler.scale_noise(noise)
    }

    /// A run before its first step, for methods that step themselves.
    #[must_use]
    pub fn begin<'a>(&self, run: RunSpec<'a>) -> Trajectory<'a> {
        Trajectory::new(run, self.pipeline)
    }

    /// Runs all of `runs` in step, from their starts to latents. `noise` draws fresh unit noise for samplers that need it.
    ///
    /// # Errors
    /// [`DiffusionError`]; [`DiffusionError::Cancelled`] when the observer says so.
    pub fn denoise(
        &self,
        runs: Vec<RunSpec<'_>>,
        phase: Phase,
        observer: &mut dyn Observer,
        noise: &mut dyn FnMut() -> Latents,
    ) -> Result<Vec<Trace>, DiffusionError> {
        let mut batch: Vec<Trajectory<'_>> = runs.into_iter().map(|run| self.begin(run)).collect();
        for step in 0..self.sampler.timesteps().len() {
            self.guide(step, &mut batch, phase, observer)?;
            let wants = observer.wants();
            let attention = if wants.attention { Some(self.attention(step, &batch)?) } else { None };
            let denoised = self.advance(step, &mut batch, noise)?;
            let latents =
                wants.latents.then(|| Tensor::cat(batch.iter().map(Trajectory::latents).collect(), 0));
            let energy = batch.iter().rev().find_map(Trajectory::last_energy);
            let shown = Progress {
                denoised: Some(&denoised),
                latents: latents.as_ref(),
                attention: attention.as_deref(),
                energy,
                ..self.progress(phase, step)
            };
            tell(observer, shown)?;
        }
        Ok(batch.into_iter().map(Trajectory::finished).collect())
    }

    /// [`Self::denoise`] for a single run.
    ///
    /// # Errors
    /// As there.
    pub fn denoise_one(
        &self,
        run: RunSpec<'_>,
        phase: Phase,
        observer: &mut dyn Observer,
        noise: &mut dyn FnMut() -> Latents,
    ) -> Result<Trace, DiffusionError> {
        let traces = self.denoise(vec![run], phase, observer, noise)?;
        traces.into_iter().next().ok_or(DiffusionError::Internal { invariant: "every run leaves a trace" })
    }

    /// Guidance of one step (B.9). The carried loss is the one measured
    /// *before* the last update, persists from step to step, and once it is
    /// at or below the threshold it is never measured again.
    fn guide(
        &self,
        step: usize,
        batch: &mut [Trajectory<'_>],
        phase: Phase,
        observer: &mut dyn Observer,
    ) -> Result<(), DiffusionError> {
        for iteration in 0.. {
            let active: Vec<&mut Trajectory<'_>> =
                batch.iter_mut().filter(|run| run.wants_guidance(step, iteration)).collect();
            let Some(last) = active.last() else { break };
            let (iteration, energy) = (Some(iteration), last.last_energy());
            tell(observer, Progress { iteration, energy, ..self.progress(phase, step) })?;
            self.descend(step, active)?;
        }
        Ok(())
    }

    /// One gradient step of the energy for every given run, of which there is at least one:
    /// `z ← z − strength · √(1−ᾱ_t) · ∇_z (loss_scale · energy)`.
    fn descend(&self, step: usize, mut runs: Vec<&mut Trajectory<'_>>) -> Result<(), DiffusionError> {
        let first = runs.first().ok_or(DiffusionError::Internal { invariant: "some run is guided" })?;
        let layers = first.guidance()?.layers;
        let prompts: Vec<&Conditioning> = runs.iter().map(|run| run.run.condition.guided(step)).collect();
        let prompts = self.pipeline.denoiser.join(&prompts)?;
        let columns = union(runs.iter().flat_map(|run| run.run.guided_tokens()));
        let pass = GuidedPass {
            network: &*self.pipeline.denoiser,
            sampler: &*self.sampler,
            step,
            prompts: &prompts,
            layers,
            tokens: &columns,
        };
        let latents = runs.iter().map(|run| run.latents()).collect();
        let gradient = pass.gradient(&Tensor::cat(latents, 0), |i, maps| {
            let invariant = "there are as many pictures as runs";
            let run = runs.get_mut(i).ok_or(DiffusionError::Internal { invariant })?;
            run.measure(step, self.sampler.timestep(step), maps)
        })?;
        let Some(gradient) = gradient else { return Ok(()) };
        for (i, run) in runs.into_iter().enumerate() {
            let guidance = run.guidance()?;
            let length = guidance.config.loss_scale * self.step_size(step, guidance);
            let gradient = gradient.clone().narrow(0, i, 1);
            run.note_gradient(&gradient)?;
            run.set_latents(run.latents() - gradient.mul_scalar(length));
        }
        Ok(())
    }

    /// The classifier-free guided prediction, the sampler's step and the
    /// frozen overwrite. Returns x̂₀ of all runs, `[runs, channels, h, w]`.
    ///
    /// # Errors
    /// When a prompt, a layer or a column does not fit the network.
    pub fn advance(
        &self,
        step: usize,
        batch: &mut [Trajectory<'_>],
        noise: &mut dyn FnMut() -> Latents,
    ) -> Result<Latents, DiffusionError> {
        let count = batch.len();
        let prompts = || batch.iter().map(|run| run.run.condition.prompts(step));
        let prompts: Vec<&Conditioning> =
            prompts().map(|p| &p.uncond).chain(prompts().map(|p| &p.cond)).collect();
        let prompts = self.pipeline.denoiser.join(&prompts)?;
        let latents = batch.iter().map(Trajectory::latents).collect();
        let latents = self.sampler.scale_input(step, Tensor::cat(latents, 0));
        let columns = union(batch.iter().filter_map(|run| run.run.keep.map(|(_, token)| token)));
        let layers = batch.iter().find_map(|run| run.run.keep).map_or(&[] as &[_], |(layers, _)| layers);
        let request = MapRequest { layers, columns: &columns, maps_only: false };
        let timestep = self.sampler.timestep(step);
        let prediction = self.pipeline.denoiser.forward(latents.clone(), timestep, &prompts, request)?;
        let invariant = "a whole pass of the network gives a prediction";
        let both = prediction.output.ok_or(DiffusionError::Internal { invariant })?;
        let (uncond, cond) = (both.clone().narrow(0, 0, count), both.narrow(0, count, count));
        let predicted = uncond.clone() + (cond - uncond).mul_scalar(self.cfg_scale);

        let conditional =
            prediction.maps.into_iter().map(|(id, map)| (id, map.narrow(0, count, count))).collect();
        let maps = split_maps(&*self.pipeline.denoiser, &conditional, &columns, &latents)?;
        let mut denoised = Vec::with_capacity(count);
        for (i, (run, maps)) in batch.iter_mut().zip(maps).enumerate() {
            run.keep(&maps)?;
            let output = predicted.clone().narrow(0, i, 1);
            run.note_prediction(&output);
            let stepped = self.sampler.advance(run.state.clone(), output, noise);
            run.state = stepped.state;
            run.freeze(step, self.pipeline);
            run.record();
            denoised.push(stepped.denoised);
        }
        Ok(Tensor::cat(denoised, 0))
    }

    /// The attention of every run's prompt as it is before a step: all tokens, in the guided layers and the mask's.
    fn attention(&self, step: usize, batch: &[Trajectory<'_>]) -> Result<Vec<AttentionMaps>, DiffusionError> {
        let network = &*self.pipeline.denoiser;
        let mut layers = guided_layers(network.layers());
        layers.extend(mask_layer(network.layers()).filter(|layer| !layers.contains(layer)));
        let columns: Vec<usize> = (0..self.pipeline.text.tokenizer().length()).collect();
        let prompts: Vec<&Conditioning> =
            batch.iter().map(|run| &run.run.condition.prompts(step).cond).collect();
        let prompts = network.join(&prompts)?;
        let latents = Tensor::cat(batch.iter().map(Trajectory::latents).collect(), 0);
        let latents = self.sampler.scale_input(step, latents);
        let request = MapRequest { layers: &layers, columns: &columns, maps_only: true };
        let maps = network.forward(latents.clone(), self.sampler.timestep(step), &prompts, request)?.maps;
        split_maps(network, &maps, &columns, &latents)
    }

    /// σ_t, or what the reference takes for other samplers (B.9), or what the method says.
    fn step_size(&self, step: usize, guidance: &Guidance<'_>) -> f64 {
        self.guidance_strength
            * match &guidance.step_size {
                Some(size) => size(step, self.sampler.timesteps().len()),
                None => self.sampler.guidance_step_size(step, self.reference_step_size),
            }
    }

    /// Tells an observer that a step is done.
    ///
    /// # Errors
    /// [`DiffusionError::Cancelled`] when it says so.
    pub fn tell_step(
        &self,
        observer: &mut dyn Observer,
        (phase, step): (Phase, usize),
        denoised: &Latents,
        latents: &Latents,
    ) -> Result<(), DiffusionError> {
        let latents = observer.wants().latents.then_some(latents);
        tell(observer, Progress { denoised: Some(denoised), latents, ..self.progress(phase, step) })
    }

    fn progress(&self, phase: Phase, step: usize) -> Progress<'static> {
        let steps = self.sampler.timesteps().len();
        Progress {
            phase,
            step,
            steps,
            iteration: None,
            energy: None,
            denoised: None,
            latents: None,
            attention: None,
        }
    }
}

fn tell(observer: &mut dyn Observer, progress: Progress<'_>) -> Result<(), DiffusionError> {
    match observer.observe(&progress) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(DiffusionError::Cancelled),
    }
}

/// Sorted, each once.
fn union(tokens: impl Iterator<Item = usize>) -> Vec<usize> {
    tokens.collect::<std::collections::BTreeSet<_>>().into_iter().collect()
}
