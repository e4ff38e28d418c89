//! The one module that knows how stage 2 is called, so that the rest of the
//! engine does not depend on its types one by one.

use std::ops::ControlFlow;

use lmd_diffusion::{DiffusionError, Drawn, Job, Phase, draw as draw_job};
use lmd_layout::Layout;
use lmd_nn::{LoadOptions, ModelFolder};

pub(crate) use lmd_diffusion::recipe::{RECIPE_VERSION, Timings};
pub(crate) use lmd_diffusion::{Latents, Pipeline as Model};
pub use lmd_diffusion::{DrawConfig, Method, Name, PlannedBy, Preset, Recipe, Registry, Rgb, Seeds, StepEnergies};

use crate::observer::Part;

/// Why settings of a drawing cannot be meant.
pub(crate) enum Wrong {
    /// The size of the picture.
    Size,
    /// One setting.
    Setting {
        /// Its key below `draw`.
        setting: String,
        /// What it is.
        value: String,
        /// What it may be.
        allowed: &'static str,
    },
    /// Something else.
    Other(String),
}

/// Whether the settings of a drawing can be meant.
pub(crate) fn check(config: &DrawConfig) -> Result<(), Wrong> {
    config.check().map_err(|error| match error {
        DiffusionError::PictureSize { .. } | DiffusionError::PictureSide { .. } => Wrong::Size,
        DiffusionError::Setting { setting, value, allowed } => Wrong::Setting { setting, value, allowed },
        other => Wrong::Other(other.to_string()),
    })
}

/// The same settings for the picture without boxes that stands beside.
pub(crate) fn plain(config: &DrawConfig) -> DrawConfig {
    DrawConfig { method: "plain".into(), ..config.clone() }
}

/// Whether the method uses no boxes.
pub(crate) fn is_plain(config: &DrawConfig) -> bool {
    config.method == "plain"
}

/// Whether the method goes backward through the network, which keeps more in memory.
pub(crate) fn is_guided(config: &DrawConfig) -> bool {
    Registry::shared().method(&config.method).and_then(|method| method.work(config, 1)).is_ok_and(|work| work.guided)
}

/// Whether the method needs GLIGEN layers.
pub(crate) fn uses_gligen(config: &DrawConfig) -> bool {
    Registry::shared().method(&config.method).is_ok_and(|method| method.needs().gligen)
}

/// Loads a model's networks.
pub(crate) fn load(folder: &ModelFolder, options: &LoadOptions) -> Result<Model, DiffusionError> {
    Model::load(folder, options)
}

/// How far a drawing is, as the engine's observers are told.
pub(crate) struct Step<'a> {
    pub(crate) part: Part,
    pub(crate) step: usize,
    pub(crate) steps: usize,
    pub(crate) iteration: Option<usize>,
    pub(crate) energy: Option<f64>,
    pub(crate) denoised: Option<&'a Latents>,
}

/// Draws one picture.
pub(crate) fn draw(
    model: &Model,
    (layout, prompt): (&Layout, &str),
    seeds: Seeds,
    config: &DrawConfig,
    observe: &mut dyn FnMut(&Step<'_>) -> ControlFlow<()>,
) -> Result<Drawn, DiffusionError> {
    let job = Job { layout, prompt, seeds, config };
    let mut observer = |progress: &lmd_diffusion::Progress<'_>| {
        let part = match progress.phase {
            Phase::Boxes { first, count, total } => Part::Boxes { first, count, total },
            Phase::Overall => Part::Whole,
        };
        observe(&Step {
            part,
            step: progress.step,
            steps: progress.steps,
            iteration: progress.iteration,
            energy: progress.energy,
            denoised: progress.denoised,
        })
    };
    draw_job(model, &job, &mut observer)
}

/// Warnings of a drawing.
pub(crate) fn warnings(drawn: &Drawn) -> Vec<String> {
    drawn.warnings.iter().map(ToString::to_string).collect()
}

/// A sampler's name as AUTOMATIC1111's web UI writes it.
pub(crate) fn infotext_name(sampler: &Name) -> &'static str {
    Registry::shared().sampler(sampler).map_or("unknown", |known| known.infotext)
}
