//! How much memory a picture will take, before anything is loaded.
//!
//! The factors were measured with the bundled model as the peak of the resident set (the tests of this file have the
//! table), rounded up: an estimate is to be above the truth, by no more than half.

use lmd_nn::UNetConfig;

use crate::config::DrawConfig;
use crate::{DiffusionError, Registry};

/// The program itself, with its threads and the allocator's reserves.
const PROGRAM: u64 = 100 << 20;
/// Filters of small networks are kept transformed as well, once for each direction: up to so many times the weights, and
/// up to so many bytes. Those of large ones are transformed where they are multiplied.
const TRANSFORMED: (u64, u64) = (2, 250 << 20);
/// Numbers alive at once in a forward pass of one picture under two prompts, per latent cell and channel of the first
/// level.
const PASS: u64 = 150;
/// The same kept for the backward pass of one picture's guidance.
const GUIDED_PASS: u64 = 240;
/// Planes of the autoencoder's widest full-size layer that are alive at once while it decodes.
const DECODER_PLANES: u64 = 4;
/// Bytes per cell of a step that is kept of a box: its latents three times, and its word's attention twice.
const KEPT_PER_CELL: u64 = 80;
const F32: u64 = 4;

/// The sizes of a model that decide how much memory it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ModelShape {
    /// Numbers in all weight files.
    pub weights: u64,
    /// Bytes of a number where the networks run: 4 on a processor.
    pub bytes_per_weight: u64,
    /// Channels of the denoising network's first level.
    pub channels: usize,
    /// Pixels per latent cell along one side.
    pub downscale: usize,
    /// Channels of the autoencoder's decoder at full size.
    pub decoder_channels: usize,
}

impl ModelShape {
    /// Of a Stable Diffusion with so many weights and f32 numbers.
    #[must_use]
    pub fn new(unet: &UNetConfig, weights: u64, downscale: usize, decoder_channels: usize) -> Self {
        let channels = unet.block_out_channels.first().copied().unwrap_or(0);
        Self { weights, bytes_per_weight: F32, channels, downscale, decoder_channels }
    }
}

/// Memory in bytes, by what it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryEstimate {
    /// The program and the weights, and what is computed from these once.
    pub model: u64,
    /// The largest of what a pass, a guided pass and the decoder need at a time.
    pub activations: u64,
    /// What is kept of boxes drawn alone.
    pub kept: u64,
}

impl MemoryEstimate {
    /// All of it.
    #[must_use]
    pub fn total(self) -> u64 {
        self.model.saturating_add(self.activations).saturating_add(self.kept)
    }
}

/// The memory that a picture of `size` (width and height in pixels) with so many boxes will take at its peak. Takes
/// bounded time.
///
/// ```
/// use lmd_diffusion::{DrawConfig, ModelShape, estimate_memory};
///
/// let sd15 = ModelShape {
///     weights: 1_066_000_000,
///     bytes_per_weight: 4,
///     channels: 320,
///     downscale: 8,
///     decoder_channels: 256,
/// };
/// let estimate = estimate_memory(&DrawConfig::default(), &sd15, (512, 512), 3)?;
/// assert!((5 << 30..8 << 30).contains(&estimate.total()));
/// # Ok::<(), lmd_diffusion::DiffusionError>(())
/// ```
///
/// # Errors
/// When the settings make no sense.
pub fn estimate_memory(
    config: &DrawConfig,
    model: &ModelShape,
    (width, height): (usize, usize),
    boxes: usize,
) -> Result<MemoryEstimate, DiffusionError> {
    let work = Registry::shared().work(config, boxes)?;
    let weights = model.weights.saturating_mul(model.bytes_per_weight);
    let transformed = weights.saturating_mul(TRANSFORMED.0).min(TRANSFORMED.1);
    let directions = if work.guided { 2 } else { 1 };

    let factor = model.downscale.max(1);
    let cells = (width.div_ceil(factor) as u64).saturating_mul(height.div_ceil(factor) as u64);
    let plane =
        cells.saturating_mul(model.channels as u64).saturating_mul(F32).saturating_mul(work.batch as u64);
    let pass = plane.saturating_mul(if work.guided { GUIDED_PASS } else { PASS });
    let pixels = (width as u64).saturating_mul(height as u64);
    let decoder = pixels.saturating_mul(model.decoder_channels as u64 * F32 * DECODER_PLANES);

    let frames = (work.kept_boxes as u64).saturating_mul(config.steps as u64);
    let kept = cells.saturating_mul(KEPT_PER_CELL).saturating_mul(frames);
    Ok(MemoryEstimate {
        model: PROGRAM.saturating_add(weights).saturating_add(transformed.saturating_mul(directions)),
        activations: pass.max(decoder),
        kept,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The bundled model; peaks of the resident set in MiB, as `getrusage` told them of version 0.1.0 with one box and
    /// `--preset fast` (one step for `plain` and `multidiffusion`, two for the others).
    const MEASURED: [(&str, usize, u64); 8] = [
        ("plain", 256, 317),
        ("plain", 512, 438),
        ("plain", 1024, 725),
        ("lmd", 256, 489),
        ("lmd", 512, 641),
        ("lmd", 768, 977),
        ("boxdiff", 512, 607),
        ("multidiffusion", 512, 534),
    ];

    #[test]
    fn estimates_are_above_what_was_measured_by_no_more_than_half() {
        let bundled = ModelShape {
            weights: 19_400_000,
            bytes_per_weight: 4,
            channels: 64,
            downscale: 8,
            decoder_channels: 32,
        };
        for (method, side, measured) in MEASURED {
            let config = DrawConfig { method: method.into(), steps: 2, ..DrawConfig::default() };
            let estimate = estimate_memory(&config, &bundled, (side, side), 1).unwrap().total() >> 20;
            let bounds = measured..=measured * 3 / 2;
            assert!(bounds.contains(&estimate), "{method}, {side}: {estimate} MiB, measured {measured}");
        }
    }

    #[test]
    fn batches_and_sizes_cost() {
        let shape = ModelShape::new(&UNetConfig::default(), 1 << 30, 8, 256);
        let total =
            |config: &DrawConfig, side| estimate_memory(config, &shape, (side, side), 4).unwrap().total();
        let mut config = DrawConfig::default();
        let small = total(&config, 512);
        assert!(total(&config, 1024) > small + (2 << 30));
        config.lmd.batch = 4;
        assert!(total(&config, 512) > small + (2 << 30));
        config.lmd.batch = usize::MAX;
        assert!(estimate_memory(&config, &shape, (512, 512), 4).is_err());
    }
}
