//! [`Method`]: what a way to draw a layout is, what it is given and what it gives.

use std::fmt::Debug;

use lmd_layout::Layout;

use crate::config::{DrawConfig, GuidanceConfig, SettingsSpec};
use crate::observer::Observer;
use crate::picture::Rgb;
use crate::recipe::{Recipe, Seeds};
use crate::refiners::MaskRefiner;
use crate::samplers::SamplerSpec;
use crate::warning::PromptKind;
use crate::{DiffusionError, Latents, Pipeline, Warning};

/// A way to draw a layout.
pub trait Method: Debug + Send + Sync {
    /// Its name in settings.
    fn name(&self) -> &'static str;

    /// Other names it is found by.
    fn aliases(&self) -> &'static [&'static str] {
        &[]
    }

    /// One line of help.
    fn summary(&self) -> &'static str;

    /// What it needs of a model and of a job.
    fn needs(&self) -> Needs {
        Needs::default()
    }

    /// Its table of settings, where it has one. Methods may share one.
    fn settings(&self) -> Option<SettingsSpec> {
        None
    }

    /// The classifier-free guidance scale that its paper uses. 7.5 but for MultiDiffusion.
    fn cfg_scale(&self) -> f64 {
        7.5
    }

    /// The work of a picture with so many boxes, at most: guidance may end early. Runs are as long as
    /// [`SamplerSpec::run_steps`] says. Takes bounded time.
    ///
    /// # Errors
    /// When the settings make no sense.
    fn work(&self, config: &DrawConfig, sampler: &SamplerSpec, boxes: usize) -> Result<Work, DiffusionError>;

    /// The prompts it has encoded, so that it can be said of each whether it is read to its end.
    ///
    /// # Errors
    /// When a phrase of the layout cannot be found among the tokens of its prompt.
    fn prompts(&self, context: &MethodContext<'_>) -> Result<Vec<(PromptKind, String)>, DiffusionError>;

    /// Draws the layout of a job.
    ///
    /// # Errors
    /// [`DiffusionError`]; [`DiffusionError::Cancelled`] when the observer says so.
    fn draw(&self, context: &MethodContext<'_>, observer: &mut dyn Observer)
    -> Result<Drawn, DiffusionError>;
}

/// What a method needs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Needs {
    /// GLIGEN layers in the network.
    pub gligen: bool,
    /// Masks of the objects, by the refiner that the settings name.
    pub masks: bool,
}

impl Needs {
    /// GLIGEN layers.
    pub const GLIGEN: Self = Self { gligen: true, masks: false };
}

/// How much there is to do for a picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// Calls of the observer.
    pub observations: u64,
    /// In forward passes of one picture under one prompt; a step of guidance counts three (docs/method.md, L).
    pub passes: u64,
    /// Whether there are passes with gradients.
    pub guided: bool,
    /// Pictures in the largest batch.
    pub batch: usize,
    /// Boxes of which the latents of all steps are kept.
    pub kept_boxes: usize,
}

impl Work {
    /// Of `runs` runs of `steps` steps each under classifier-free guidance, guided or not.
    #[must_use]
    pub fn of_runs(runs: usize, steps: usize, guidance: Option<&GuidanceConfig>) -> Self {
        let iterations = guidance.map_or(0, |guidance| guidance.iterations_in(steps));
        let (runs, steps) = (runs as u64, steps as u64);
        let observations = steps.saturating_add(iterations);
        let passes = steps.saturating_mul(2).saturating_add(iterations.saturating_mul(3));
        Self {
            observations: observations.saturating_mul(runs),
            passes: passes.saturating_mul(runs),
            guided: runs > 0 && iterations > 0,
            batch: 1,
            kept_boxes: 0,
        }
    }

    /// Of the whole picture in one run, guided where there are boxes.
    #[must_use]
    pub fn guided_whole(schedule: &GuidanceConfig, steps: usize, boxes: usize) -> Self {
        Self::of_runs(1, steps, Some(schedule).filter(|_| boxes > 0))
    }

    /// With more work.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            observations: self.observations.saturating_add(other.observations),
            passes: self.passes.saturating_add(other.passes),
            guided: self.guided || other.guided,
            batch: self.batch.max(other.batch),
            kept_boxes: self.kept_boxes.saturating_add(other.kept_boxes),
        }
    }
}

/// A drawn picture with the recipe that made it.
#[derive(Clone, Debug)]
pub struct Drawn {
    /// The picture.
    pub picture: Rgb,
    /// Its final latents, `[1, channels, h, w]`.
    pub latents: Latents,
    /// What made it.
    pub recipe: Recipe,
    /// What is likely to be worse than wanted.
    pub warnings: Vec<Warning>,
}

/// What is to be drawn.
#[derive(Clone, Copy, Debug)]
pub struct Job<'a> {
    /// The layout.
    pub layout: &'a Layout,
    /// The sentence it came from; may be empty. `plain` draws this one where
    /// there is one.
    pub prompt: &'a str,
    /// The noise.
    pub seeds: Seeds,
    /// All settings.
    pub config: &'a DrawConfig,
}

/// A job on a pipeline, checked.
#[derive(Debug)]
pub struct MethodContext<'a> {
    /// The networks.
    pub pipeline: &'a Pipeline,
    /// What is to be drawn.
    pub job: &'a Job<'a>,
    /// The method that the settings name.
    pub method: &'a dyn Method,
    /// The sampler that they name.
    pub sampler_spec: &'a SamplerSpec,
    /// The mask refiner that they name.
    pub refiner: &'a dyn MaskRefiner,
    /// Picture size in pixels, `(width, height)`.
    pub size: (usize, usize),
    /// Latent grid `(columns, rows)`.
    pub grid: (usize, usize),
}
