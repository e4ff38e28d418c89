//! The loop all methods share: guide, predict, step (B.9, B.10).
//!
//! Scale of latents: inside a run, and wherever the latents of a run are kept,
//! composed, held or recorded, they are in the scale of the sampler's steps.
//! Unit noise becomes such latents in one place, [`Denoiser::start`], before
//! anything else is done with it; nothing after it scales them again.

use std::ops::ControlFlow;

use burn::tensor::Tensor;
use lmd_nn::{AttnKey, TextContext, UNetRequest};
use serde::{Deserialize, Serialize};

use crate::compose::{Composition, LatentFrames};
use crate::config::GuidanceConfig;
use crate::energy::{AttentionMap, AttentionMaps, Energy};
use crate::guidance::{GuidedPass, split_maps};
use crate::model::host;
use crate::observer::{Observer, Phase, Progress};
use crate::scheduler::{Sampler, SamplerState};
use crate::{DiffusionError, Latents, Model};

/// The scaled loss before any was measured (B.9).
const UNMEASURED_LOSS: f64 = 10_000.0;

/// A model with the sampler and the strength it is run with.
#[derive(Debug)]
pub(crate) struct Denoiser<'a> {
    pub(crate) model: &'a Model,
    pub(crate) sampler: Sampler,
    pub(crate) cfg_scale: f64,
    /// Factor on every step of guidance, from the model's hints.
    pub(crate) guidance_strength: f64,
    pub(crate) reference_step_size: bool,
}

/// An energy of the guided maps at a step.
pub(crate) type EnergyOf<'a> = Box<dyn Fn(usize, &AttentionMaps) -> Result<Energy, DiffusionError> + 'a>;

/// How a run is guided.
pub(crate) struct Guidance<'a> {
    pub(crate) config: &'a GuidanceConfig,
    pub(crate) layers: &'a [AttnKey],
    /// The token columns the energy reads.
    pub(crate) tokens: Vec<usize>,
    pub(crate) energy: EnergyOf<'a>,
    /// How long step i of so many is, where it is not √(1−ᾱ_t).
    pub(crate) step_size: Option<fn(usize, usize) -> f64>,
}

/// A prompt and a negative prompt as the network reads them, each of batch 1.
#[derive(Clone, Debug)]
pub(crate) struct Prompts {
    /// The negative prompt.
    pub(crate) uncond: TextContext,
    /// The prompt.
    pub(crate) cond: TextContext,
}

/// What a picture is to show.
#[derive(Clone, Debug)]
pub(crate) struct Condition {
    pub(crate) prompts: Prompts,
    pub(crate) grounded: Option<Grounded>,
}

/// The same prompts with boxes for grounding layers, in the first so many steps (scheduled sampling, GLIGEN, section 3.3;
/// B.14); afterwards these layers are passed by.
#[derive(Clone, Debug)]
pub(crate) struct Grounded {
    /// The negative prompt has null tokens.
    pub(crate) prompts: Prompts,
    /// The prompt as passes of guidance see it.
    pub(crate) guided: TextContext,
    pub(crate) steps: usize,
}

impl Condition {
    fn grounded(&self, step: usize) -> Option<&Grounded> {
        self.grounded.as_ref().filter(|grounded| step < grounded.steps)
    }

    fn prompts(&self, step: usize) -> &Prompts {
        self.grounded(step).map_or(&self.prompts, |grounded| &grounded.prompts)
    }

    fn guided(&self, step: usize) -> &TextContext {
        self.grounded(step).map_or(&self.prompts.cond, |grounded| &grounded.guided)
    }
}

/// One picture's way from noise to latents.
pub(crate) struct Run<'a> {
    pub(crate) condition: Condition,
    /// Where it starts, in the sampler's scale ([`Denoiser::start`]).
    pub(crate) start: Latents,
    pub(crate) guidance: Option<Guidance<'a>>,
    /// Layers and the token whose attention is kept at every step.
    pub(crate) keep: Option<(&'a [AttnKey], usize)>,
    /// Latents held inside their mask for so many steps.
    pub(crate) frozen: Option<(&'a Composition, usize)>,
}

/// What a run leaves behind.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) latents: Latents,
    /// Frame 0 is the input, frame j the latents after step j − 1.
    pub(crate) frames: LatentFrames,
    /// The kept attention of every step, one column each.
    pub(crate) kept: Vec<AttentionMaps>,
    pub(crate) energies: Vec<StepEnergies>,
}

/// The energies measured at one step, before each update.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StepEnergies {
    /// The step, from 0.
    pub step: usize,
    /// The timestep given to the network.
    pub timestep: f64,
    /// One energy per guidance iteration, without the loss scale.
    pub energies: Vec<f64>,
}

/// A run on its way.
pub(crate) struct Lane<'a> {
    run: Run<'a>,
    state: SamplerState,
    frozen: Option<(Latents, Latents)>,
    carried: f64,
    outcome: Outcome,
}

impl Denoiser<'_> {
    /// Runs all of `runs` in step, from noise to latents.
    pub(crate) fn denoise(
        &self,
        runs: Vec<Run<'_>>,
        phase: Phase,
        observer: &mut dyn Observer,
        noise: &mut dyn FnMut() -> Latents,
    ) -> Result<Vec<Outcome>, DiffusionError> {
        let mut lanes: Vec<Lane<'_>> = runs.into_iter().map(|run| self.lane(run)).collect();
        for step in 0..self.sampler.timesteps().len() {
            self.guide(step, &mut lanes, phase, observer)?;
            let denoised = self.advance(step, &mut lanes, noise)?;
            let energy = lanes.iter().rev().find_map(Lane::last_energy);
            self.tell_step(observer, (phase, step), &denoised, energy)?;
        }
        Ok(lanes.into_iter().map(|lane| Outcome { latents: lane.state.latents, ..lane.outcome }).collect())
    }

    /// Unit noise in the sampler's scale: what a run starts from.
    pub(crate) fn start(&self, noise: Latents) -> Latents {
        self.sampler.scale_noise(noise)
    }

    pub(crate) fn lane<'a>(&self, run: Run<'a>) -> Lane<'a> {
        let state = SamplerState::new(run.start.clone());
        let [_, _, height, width] = state.latents.dims();
        let frames = LatentFrames { width, height, frames: vec![host(state.latents.clone())] };
        let outcome =
            Outcome { latents: state.latents.clone(), frames, kept: Vec::new(), energies: Vec::new() };
        let frozen = run.frozen.map(|(composition, _)| self.frozen_mask(composition));
        Lane { run, state, frozen, carried: UNMEASURED_LOSS, outcome }
    }

    /// The frozen mask and its complement as tensors `[1, 1, h, w]`.
    fn frozen_mask(&self, composition: &Composition) -> (Latents, Latents) {
        let mask = &composition.frozen;
        let tensor = |inside: f32, outside: f32| {
            let values = mask.cells().iter().map(|on| if *on { inside } else { outside }).collect();
            self.model.latents(values, (mask.width(), mask.height()))
        };
        (tensor(1.0, 0.0), tensor(0.0, 1.0))
    }

    /// Guidance of one step (B.9). The carried loss is the one measured
    /// *before* the last update, persists from step to step, and once it is
    /// at or below the threshold it is never measured again.
    fn guide(
        &self,
        step: usize,
        lanes: &mut [Lane<'_>],
        phase: Phase,
        observer: &mut dyn Observer,
    ) -> Result<(), DiffusionError> {
        for iteration in 0.. {
            let active: Vec<&mut Lane<'_>> =
                lanes.iter_mut().filter(|lane| lane.wants_guidance(step, iteration)).collect();
            if active.is_empty() {
                break;
            }
            let energy = active.last().and_then(|lane| lane.last_energy());
            let iteration = Some(iteration);
            self.tell(observer, Progress { iteration, energy, ..self.progress(phase, step) })?;
            self.descend(step, active)?;
        }
        Ok(())
    }

    /// One gradient step of the energy for every given run:
    /// `z ← z − strength · √(1−ᾱ_t) · ∇_z (loss_scale · energy)`.
    fn descend(&self, step: usize, lanes: Vec<&mut Lane<'_>>) -> Result<(), DiffusionError> {
        let Some(guidance) = lanes.first().and_then(|lane| lane.run.guidance.as_ref()) else {
            return Ok(());
        };
        let contexts: Vec<&TextContext> = lanes.iter().map(|lane| lane.run.condition.guided(step)).collect();
        let text = join(&contexts)?;
        let columns = union(lanes.iter().flat_map(|lane| lane.run.guided_tokens()));
        let pass = GuidedPass {
            unet: &self.model.unet,
            sampler: &self.sampler,
            step,
            text: &text,
            layers: guidance.layers,
            tokens: &columns,
        };
        let latents = lanes.iter().map(|lane| lane.state.latents.clone()).collect();
        let mut lanes = lanes;
        let gradient = pass.gradient(&Tensor::cat(latents, 0), |i, maps| {
            lanes.get_mut(i).map_or_else(
                || Ok(Energy::default()),
                |lane| lane.measure(step, self.sampler.timestep(step), maps),
            )
        })?;
        let Some(gradient) = gradient else { return Ok(()) };
        for (i, lane) in lanes.into_iter().enumerate() {
            let Some(guidance) = &lane.run.guidance else { continue };
            let length = guidance.config.loss_scale * self.step_size(step, guidance);
            let update = gradient.clone().narrow(0, i, 1).mul_scalar(length);
            lane.state.latents = lane.state.latents.clone() - update;
        }
        Ok(())
    }

    /// The classifier-free guided prediction, the sampler's step and the
    /// frozen overwrite. Returns x̂₀ of all runs.
    pub(crate) fn advance(
        &self,
        step: usize,
        lanes: &mut [Lane<'_>],
        noise: &mut dyn FnMut() -> Latents,
    ) -> Result<Latents, DiffusionError> {
        let count = lanes.len();
        let prompts = || lanes.iter().map(|lane| lane.run.condition.prompts(step));
        let contexts: Vec<&TextContext> =
            prompts().map(|p| &p.uncond).chain(prompts().map(|p| &p.cond)).collect();
        let latents = lanes.iter().map(|lane| lane.state.latents.clone()).collect();
        let latents = self.sampler.scale_input(step, Tensor::cat(latents, 0));
        let columns = union(lanes.iter().filter_map(|lane| lane.run.keep.map(|(_, token)| token)));
        let layers = lanes.iter().find_map(|lane| lane.run.keep).map_or(&[] as &[_], |(layers, _)| layers);
        let request = UNetRequest::with_maps(layers).columns(&columns);
        let timestep = [self.sampler.timestep(step)];
        let output = self.model.unet.forward(latents.clone(), &timestep, &join(&contexts)?, &request)?;
        let both =
            output.noise.ok_or(DiffusionError::Shape { what: "noise prediction", expected: 1, got: 0 })?;
        let (uncond, cond) = (both.clone().narrow(0, 0, count), both.narrow(0, count, count));
        let predicted = uncond.clone() + (cond - uncond).mul_scalar(self.cfg_scale);

        let conditional =
            output.maps.into_iter().map(|(key, map)| (key, map.narrow(0, count, count))).collect();
        let maps = split_maps(&conditional, &columns, &latents)?;
        let mut denoised = Vec::with_capacity(count);
        for (i, (lane, maps)) in lanes.iter_mut().zip(maps).enumerate() {
            lane.keep(&maps)?;
            let stepped = self.sampler.step(lane.state.clone(), predicted.clone().narrow(0, i, 1), noise);
            lane.state = stepped.state;
            lane.freeze(step, self.model);
            lane.outcome.frames.frames.push(host(lane.state.latents.clone()));
            denoised.push(stepped.denoised);
        }
        Ok(Tensor::cat(denoised, 0))
    }

    /// √(1−ᾱ_t), or what the reference takes for other samplers (B.9), or what the method says.
    fn step_size(&self, step: usize, guidance: &Guidance<'_>) -> f64 {
        let own = guidance.step_size.map(|size| size(step, self.sampler.timesteps().len()));
        let usual = || self.sampler.guidance_step_size(step, self.reference_step_size);
        self.guidance_strength * own.unwrap_or_else(usual)
    }

    /// Tells that a step is done.
    pub(crate) fn tell_step(
        &self,
        observer: &mut dyn Observer,
        (phase, step): (Phase, usize),
        denoised: &Latents,
        energy: Option<f64>,
    ) -> Result<(), DiffusionError> {
        let denoised = Some(denoised);
        self.tell(observer, Progress { denoised, energy, ..self.progress(phase, step) })
    }

    fn progress(&self, phase: Phase, step: usize) -> Progress<'static> {
        let steps = self.sampler.timesteps().len();
        Progress { phase, step, steps, iteration: None, energy: None, denoised: None }
    }

    #[allow(clippy::unused_self)]
    fn tell(&self, observer: &mut dyn Observer, progress: Progress<'_>) -> Result<(), DiffusionError> {
        match observer.observe(&progress) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(DiffusionError::Cancelled),
        }
    }
}

impl Run<'_> {
    fn guided_tokens(&self) -> impl Iterator<Item = usize> + '_ {
        self.guidance.iter().flat_map(|guidance| guidance.tokens.iter().copied())
    }
}

impl Lane<'_> {
    pub(crate) fn latents(&self) -> Latents {
        self.state.latents.clone()
    }

    pub(crate) fn set_latents(&mut self, latents: Latents) {
        self.state.latents = latents;
    }

    fn wants_guidance(&self, step: usize, iteration: usize) -> bool {
        self.run.guidance.as_ref().is_some_and(|guidance| {
            let config = guidance.config;
            iteration < config.iterations(step) && self.carried / config.loss_scale > config.loss_threshold
        })
    }

    fn last_energy(&self) -> Option<f64> {
        self.outcome.energies.last().and_then(|step| step.energies.last().copied())
    }

    /// Measures and notes the energy of the maps.
    fn measure(
        &mut self,
        step: usize,
        timestep: f32,
        maps: &AttentionMaps,
    ) -> Result<Energy, DiffusionError> {
        let Some(guidance) = &self.run.guidance else { return Ok(Energy::default()) };
        let energy = (guidance.energy)(step, maps)?;
        if !energy.value.is_finite() {
            return Err(DiffusionError::NotFinite { step });
        }
        self.carried = energy.value * guidance.config.loss_scale;
        let energies = &mut self.outcome.energies;
        if energies.last().is_none_or(|last| last.step != step) {
            energies.push(StepEnergies { step, timestep: f64::from(timestep), energies: Vec::new() });
        }
        if let Some(last) = energies.last_mut() {
            last.energies.push(energy.value);
        }
        Ok(energy)
    }

    /// Keeps the word's column of the wanted maps.
    fn keep(&mut self, maps: &AttentionMaps) -> Result<(), DiffusionError> {
        if let Some((_, token)) = self.run.keep {
            let column = |(key, map): (&AttnKey, &AttentionMap)| map.token(token).map(|map| (*key, map));
            self.outcome.kept.push(maps.iter().map(column).collect::<Result<_, _>>()?);
        }
        Ok(())
    }

    /// `z ← composed[i + 1] ⊙ F + z ⊙ (1 − F)` during the frozen steps (B.13).
    fn freeze(&mut self, step: usize, model: &Model) {
        let (Some((composition, steps)), Some((inside, outside))) = (self.run.frozen, &self.frozen) else {
            return;
        };
        let latents = &composition.latents;
        if let Some(frame) = latents.frames.get(step + 1).filter(|_| step < steps) {
            let held = model.latents(frame.clone(), (latents.width, latents.height));
            self.state.latents = held * inside.clone() + self.state.latents.clone() * outside.clone();
        }
    }
}

/// Contexts of several prompts as one batch.
fn join(contexts: &[&TextContext]) -> Result<TextContext, DiffusionError> {
    let tokens = contexts.len();
    TextContext::join(contexts).ok_or(DiffusionError::Shape {
        what: "text context",
        expected: tokens,
        got: 0,
    })
}

/// Sorted, each once.
fn union(tokens: impl Iterator<Item = usize>) -> Vec<usize> {
    tokens.collect::<std::collections::BTreeSet<_>>().into_iter().collect()
}
