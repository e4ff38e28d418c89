//! [`Trajectory`]: a run that is under way; one item of a batch.

use serde::{Deserialize, Serialize};

use super::spec::{Guidance, RunSpec};
use crate::compose::LatentFrames;
use crate::energy::{AttentionMap, AttentionMaps, Energy};
use crate::latents::host;
use crate::network::LayerId;
use crate::samplers::SamplerState;
use crate::{DiffusionError, Latents, Pipeline};

/// The scaled loss before any was measured (B.9).
const UNMEASURED_LOSS: f64 = 10_000.0;

/// What a run leaves behind.
#[derive(Debug)]
pub struct Trace {
    /// The latents after the last step, `[1, channels, h, w]`.
    pub latents: Latents,
    /// Frame 0 is the start, frame j the latents after step j − 1; all in the sampler's scale. No frames unless
    /// [`RunSpec::keep_frames`] asks for them.
    pub frames: LatentFrames,
    /// The kept attention of every step, one column each.
    pub kept: Vec<AttentionMaps>,
    /// The energies of its guidance.
    pub energies: Vec<StepEnergies>,
    /// What lies between its steps; nothing unless [`RunSpec::keep_inner`] asks for it.
    pub inner: InnerTrace,
}

/// What lies between the steps of a run, each `[channels, h, w]`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct InnerTrace {
    /// The latents that enter the pass of each step: after its guidance.
    pub guided: Vec<Vec<f32>>,
    /// The classifier-free guided prediction of each step.
    pub predictions: Vec<Vec<f32>>,
    /// The gradient of the scaled energy by the latents, in the order of the guidance iterations.
    pub gradients: Vec<Vec<f32>>,
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

/// A run that is under way.
#[derive(Debug)]
pub struct Trajectory<'a> {
    pub(super) run: RunSpec<'a>,
    pub(super) state: SamplerState,
    /// Each frozen mask and its complement, `[1, 1, h, w]`.
    frozen: Vec<(Latents, Latents)>,
    /// The scaled loss that was measured last.
    carried: f64,
    pub(super) trace: Trace,
}

impl<'a> Trajectory<'a> {
    pub(super) fn new(run: RunSpec<'a>, pipeline: &Pipeline) -> Self {
        let state = SamplerState::new(run.start.clone());
        let [_, _, height, width] = state.latents.dims();
        let frames = LatentFrames { width, height, frames: Vec::new() };
        let trace = Trace {
            latents: state.latents.clone(),
            frames,
            kept: Vec::new(),
            energies: Vec::new(),
            inner: InnerTrace::default(),
        };
        let frozen = run.frozen.iter().map(|(composition, _)| {
            let mask = &composition.frozen;
            let tensor = |inside: f32, outside: f32| {
                let values = mask.cells().iter().map(|on| if *on { inside } else { outside }).collect();
                pipeline.latents(values, (mask.width(), mask.height()))
            };
            (tensor(1.0, 0.0), tensor(0.0, 1.0))
        });
        let frozen = frozen.collect();
        let mut begun = Self { run, state, frozen, carried: UNMEASURED_LOSS, trace };
        begun.record();
        begun
    }

    /// The latents now, in the sampler's scale.
    #[must_use]
    pub fn latents(&self) -> Latents {
        self.state.latents.clone()
    }

    /// Replaces the latents; they must be in the sampler's scale.
    pub fn set_latents(&mut self, latents: Latents) {
        self.state.latents = latents;
    }

    pub(super) fn finished(self) -> Trace {
        Trace { latents: self.state.latents, ..self.trace }
    }

    pub(super) fn wants_guidance(&self, step: usize, iteration: usize) -> bool {
        self.run.guidance.as_ref().is_some_and(|guidance| {
            let config = guidance.config;
            iteration < config.iterations(step) && self.carried / config.loss_scale > config.loss_threshold
        })
    }

    /// How this run is guided. Only asked of runs that are.
    pub(super) fn guidance(&self) -> Result<&Guidance<'a>, DiffusionError> {
        let invariant = "only runs with guidance are guided";
        self.run.guidance.as_ref().ok_or(DiffusionError::Internal { invariant })
    }

    pub(super) fn last_energy(&self) -> Option<f64> {
        self.trace.energies.last().and_then(|step| step.energies.last().copied())
    }

    /// Measures and records the energy of the maps.
    pub(super) fn measure(
        &mut self,
        step: usize,
        timestep: f32,
        maps: &AttentionMaps,
    ) -> Result<Energy, DiffusionError> {
        let guidance = self.guidance()?;
        let energy = (guidance.energy)(step, maps)?;
        if !energy.value.is_finite() {
            return Err(DiffusionError::EnergyNotFinite { step });
        }
        self.carried = energy.value * guidance.config.loss_scale;
        match self.trace.energies.last_mut().filter(|last| last.step == step) {
            Some(last) => last.energies.push(energy.value),
            None => {
                let energies = vec![energy.value];
                self.trace.energies.push(StepEnergies { step, timestep: f64::from(timestep), energies });
            }
        }
        Ok(energy)
    }

    /// Keeps the word's column of the wanted maps.
    pub(super) fn keep(&mut self, maps: &AttentionMaps) -> Result<(), DiffusionError> {
        if let Some((_, token)) = self.run.keep {
            let column = |(id, map): (&LayerId, &AttentionMap)| map.token(token).map(|map| (*id, map));
            self.trace.kept.push(maps.iter().map(column).collect::<Result<_, _>>()?);
        }
        Ok(())
    }

    /// Records the latents of the start, or of a step that is done.
    pub(super) fn record(&mut self) {
        if self.run.keep_frames {
            self.trace.frames.frames.push(host(self.state.latents.clone()));
        }
    }

    /// Records the gradient of the scaled energy, before it is followed.
    pub(super) fn note_gradient(&mut self, gradient: &Latents) -> Result<(), DiffusionError> {
        if self.run.keep_inner {
            let scale = self.guidance()?.config.loss_scale;
            self.trace.inner.gradients.push(host(gradient.clone().mul_scalar(scale)));
        }
        Ok(())
    }

    /// Records what enters a step's pass and what it predicts.
    pub(super) fn note_prediction(&mut self, predicted: &Latents) {
        if self.run.keep_inner {
            self.trace.inner.guided.push(host(self.latents()));
            self.trace.inner.predictions.push(host(predicted.clone()));
        }
    }

    /// `z ← composed[i + 1] ⊙ F + z ⊙ (1 − F)` during the frozen steps (B.13).
    pub(super) fn freeze(&mut self, step: usize, pipeline: &Pipeline) {
        for ((composition, steps), (inside, outside)) in self.run.frozen.iter().zip(&self.frozen) {
            let latents = &composition.latents;
            if let Some(frame) = latents.frames.get(step + 1).filter(|_| step < *steps) {
                let held = pipeline.latents(frame.clone(), (latents.width, latents.height));
                self.state.latents = held * inside.clone() + self.state.latents.clone() * outside.clone();
            }
        }
    }
}
