//! The one module that knows how stage 2 is called, so that the rest of the
//! engine does not depend on its types one by one.

use std::ops::ControlFlow;

use lmd_diffusion::{Drawn, Job, ModelShape, Recording, Wants, estimate_memory};
use lmd_layout::Layout;
use lmd_nn::{AttentionType, LoadOptions, ModelFolder, NnError, Precision, UNetConfig};

use crate::error::EngineError;
use crate::stage2::{DiffusionError, DrawConfig, Model, Name, Registry, Seeds, Step};

/// The method that uses no boxes.
const PLAIN: &str = "plain";

/// The same settings for the picture without boxes that stands beside.
pub(crate) fn plain(config: &DrawConfig) -> DrawConfig {
    DrawConfig { method: Name::of(PLAIN), ..config.clone() }
}

/// Whether the method uses no boxes.
pub(crate) fn is_plain(config: &DrawConfig) -> bool {
    config.method == PLAIN
}

/// Whether the method needs grounding layers.
pub(crate) fn uses_gligen(config: &DrawConfig) -> bool {
    Registry::shared().method(&config.method).is_ok_and(|method| method.needs().gligen)
}

/// Whether masks are made by Segment Anything.
pub(crate) fn uses_sam(config: &DrawConfig) -> bool {
    let registry = Registry::shared();
    let makes_masks = registry.method(&config.method).is_ok_and(|method| method.needs().masks);
    makes_masks && registry.refiner(&config.lmd.mask_refiner).is_ok_and(|refiner| refiner.needs_sam())
}

/// Refuses methods that need grounding layers where the model has none, before it is loaded.
pub(crate) fn check_gligen(config: &DrawConfig, folder: &ModelFolder) -> Result<(), EngineError> {
    let has = || {
        Ok::<_, NnError>(
            folder.has_gligen() || folder.unet_config()?.attention_type != AttentionType::Default,
        )
    };
    if uses_gligen(config) && !has()? {
        return Err(EngineError::Draw(DiffusionError::NoGligenLayers));
    }
    Ok(())
}

/// Calls of the observer when guidance never ends early; none for settings that make no sense.
pub(crate) fn work(config: &DrawConfig, boxes: usize) -> u64 {
    Registry::shared().work(config, boxes).map_or(0, |work| work.observations)
}

/// Pixels along a side of a latent cell of Stable Diffusion.
const DOWNSCALE: usize = 8;

/// Bytes that a picture of one box takes at its peak, estimated from the headers of a model's files.
pub(crate) fn memory(
    config: &DrawConfig,
    folder: &ModelFolder,
    weights: u64,
    precision: Precision,
) -> Result<u64, EngineError> {
    let unet = folder.unet_config()?;
    let bytes_per_weight = precision.dtype().size() as u64;
    // The decoder's channels at full size are about half of the network's first ones.
    let decoder = unet.block_out_channels.first().map_or(0, |channels| channels / 2);
    let shape = ModelShape::new(&unet, weights / bytes_per_weight, DOWNSCALE, decoder);
    let shape = ModelShape { bytes_per_weight, ..shape };
    let native = side(&unet);
    let size = (config.width.unwrap_or(native), config.height.unwrap_or(native));
    Ok(estimate_memory(config, &shape, size, 1).map_err(EngineError::Draw)?.total())
}

/// Side in pixels of the pictures that a model was trained on, as its files say.
pub(crate) fn native_size(folder: &ModelFolder) -> Result<usize, EngineError> {
    Ok(side(&folder.unet_config()?))
}

fn side(unet: &UNetConfig) -> usize {
    unet.sample_size.unwrap_or(64) * DOWNSCALE
}

/// Loads a model's networks.
pub(crate) fn load(folder: &ModelFolder, options: &LoadOptions) -> Result<Model, DiffusionError> {
    Model::load(folder, options)
}

/// What is likely to be worse than wanted, known before anything is drawn.
pub(crate) fn doubts(
    model: &Model,
    (layout, prompt): (&Layout, &str),
    seeds: Seeds,
    config: &DrawConfig,
) -> Result<Vec<String>, DiffusionError> {
    let job = Job { layout, prompt, seeds, config };
    Ok(lmd_diffusion::check(model, &job)?.iter().map(ToString::to_string).collect())
}

/// Draws one picture, and records what is wanted of its steps.
pub(crate) fn draw(
    model: &Model,
    (layout, prompt): (&Layout, &str),
    seeds: Seeds,
    (config, wants): (&DrawConfig, Wants),
    observe: &mut dyn FnMut(&Step<'_>) -> ControlFlow<()>,
) -> Result<(Drawn, Recording), DiffusionError> {
    let job = Job { layout, prompt, seeds, config };
    let mut observer = |step: &Step<'_>| observe(step);
    lmd_diffusion::draw_recorded(model, &job, wants, &mut observer)
}
