//! The types of stage 2 that the engine hands on, under the names it uses for them.

pub use lmd_diffusion::ObjectSettings;
pub(crate) use lmd_diffusion::config::{MethodSettings, SettingsSpec};
pub use lmd_diffusion::recipe::BoxTrace;
pub(crate) use lmd_diffusion::recipe::{RECIPE_VERSION, Timings};
pub(crate) use lmd_diffusion::{
    DiffusionError, Hints, Latents, Looks, Name, Phase, Pipeline as Model, Progress as Step, SAM_FILES,
};
pub use lmd_diffusion::{
    DrawConfig, PlannedBy, Preset, Recipe, Recorded, RecordedPhrase, Recording, Registry, Rgb, Seeds, Wants,
    Words,
};

/// A sampler's name as AUTOMATIC1111's web UI writes it.
pub(crate) fn infotext_name(sampler: &Name) -> &'static str {
    Registry::shared().sampler(sampler).map_or("unknown", |known| known.infotext)
}
