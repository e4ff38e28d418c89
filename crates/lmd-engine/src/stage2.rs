//! The types of stage 2 that the engine hands on, under the names it uses for them.

pub(crate) use lmd_diffusion::recipe::{RECIPE_VERSION, Timings};
pub use lmd_diffusion::{DrawConfig, Name, PlannedBy, Preset, Recipe, Registry, Rgb, Seeds, StepEnergies};
pub(crate) use lmd_diffusion::{Latents, Pipeline as Model};

/// A sampler's name as AUTOMATIC1111's web UI writes it.
pub(crate) fn infotext_name(sampler: &Name) -> &'static str {
    Registry::shared().sampler(sampler).map_or("unknown", |known| known.infotext)
}
