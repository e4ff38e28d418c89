//! MultiDiffusion (Bar-Tal et al. 2023, arXiv 2302.08113, section 4.2): every
//! region is denoised by its own prompt, the results are put together after every
//! step (section C).
//!
//! ```text
//! for each step:
//!   for each region:  z_r ← z; in the first 20 of 50 steps a noised plain
//!                     colour outside the region
//!                     z_r ← a step by the region's prompt
//!   z ← Σ z_r where region r is on top
//! ```

use std::time::Instant;

use burn::tensor::Tensor;
use lmd_layout::Mask;

use super::{Drawn, Job, Stage};
use crate::denoise::{Denoiser, Run};
use crate::model::host;
use crate::observer::{Observer, Phase};
use crate::{DiffusionError, Latents, Model};

/// Terms after the overall negative prompt, of every region and of things alone.
const EVERYWHERE: &str = "headshot, close-up, partial, large, large, huge, gigantic";
const THINGS: &str = "cut-out, partial, occluded, weird";
/// Regions denoised at once.
const AT_ONCE: usize = 8;

/// Draws a layout.
///
/// # Errors
/// [`DiffusionError`].
pub fn draw(model: &Model, job: &Job<'_>, observer: &mut dyn Observer) -> Result<Drawn, DiffusionError> {
    let stage = Stage::new(model, job)?;
    let negative = stage.negatives().overall;
    let mut recipe = stage.recipe(job.layout.background(), &negative);
    let denoiser = stage.denoiser()?;

    let start = Instant::now();
    let regions = regions(&stage, &denoiser, &negative)?;
    recipe.timings.text = start.elapsed().as_secs_f64();

    let start = Instant::now();
    let latents = denoise(&stage, &denoiser, regions, observer)?;
    recipe.timings.overall = start.elapsed().as_secs_f64();
    stage.finish(latents, recipe)
}

/// A part of the picture: its run, and the cells that are its alone, `[1, 1, h, w]`.
struct Region<'a> {
    run: Run<'a>,
    cells: Latents,
}

/// The background and every object; where boxes overlap, the later one is on top.
fn regions<'a>(
    stage: &Stage<'a>,
    denoiser: &Denoiser<'_>,
    negative: &str,
) -> Result<Vec<Region<'a>>, DiffusionError> {
    let layout = stage.job.layout;
    let more = |terms: &str| match (&stage.job.config.negative_prompt, &stage.model.hints.negative_prompt) {
        (None, None) => format!("{negative}, {terms}"),
        _ => negative.to_owned(), // somebody said what to leave out
    };
    let (width, height) = stage.grid;
    let mut owners = vec![0; width * height];
    for (k, object) in layout.objects().iter().enumerate() {
        let mask = Mask::of_boxes(&[object.bbox], width, height);
        owners.iter_mut().zip(mask.cells()).filter(|(_, on)| **on).for_each(|(owner, _)| *owner = k + 1);
    }
    let start = denoiser.start(stage.tensor(stage.noise(stage.job.seeds.background)));
    let region = |k: usize, prompt: &str, negative: &str| {
        let cells = owners.iter().map(|owner| f32::from(u8::from(*owner == k))).collect();
        let condition = stage.condition(prompt, negative)?;
        let run = Run { condition, start: start.clone(), guidance: None, keep: None, frozen: None };
        Ok(Region { run, cells: stage.tensor(cells) })
    };
    let background = region(0, layout.background(), &more(EVERYWHERE));
    let negative = more(&format!("{EVERYWHERE}, {THINGS}"));
    let things = layout.objects().iter().enumerate();
    [background]
        .into_iter()
        .chain(things.map(|(k, object)| region(k + 1, object.caption.as_str(), &negative)))
        .collect()
}

fn denoise(
    stage: &Stage<'_>,
    denoiser: &Denoiser<'_>,
    regions: Vec<Region<'_>>,
    observer: &mut dyn Observer,
) -> Result<Latents, DiffusionError> {
    let steps = denoiser.sampler.timesteps().len();
    let plain_steps = 2 * steps / 5;
    let (runs, cells): (Vec<_>, Vec<_>) =
        regions.into_iter().map(|region| (region.run, region.cells)).unzip();
    let mut lanes: Vec<_> = runs.into_iter().map(|run| denoiser.lane(run)).collect();
    let mut fresh = stage.fresh_noise();
    for step in 0..steps {
        if step < plain_steps {
            for (k, (lane, cells)) in lanes.iter_mut().zip(&cells).enumerate().skip(1) {
                let around = plain(stage, denoiser, step, k)?;
                lane.set_latents(lane.latents() * cells.clone() + around * (cells.clone() * -1.0 + 1.0));
            }
        }
        let mut denoised = Vec::with_capacity(lanes.len());
        for some in lanes.chunks_mut(AT_ONCE) {
            let count = some.len();
            let seen = denoiser.advance(step, some, &mut fresh)?;
            denoised.extend((0..count).map(|i| seen.clone().narrow(0, i, 1)));
        }
        let latents = together(lanes.iter().map(|lane| lane.latents()), &cells)?;
        lanes.iter_mut().for_each(|lane| lane.set_latents(latents.clone()));
        let denoised = together(denoised.into_iter(), &cells)?;
        denoiser.tell_step(observer, (Phase::Overall, step), &denoised, None)?;
    }
    lanes.first().map(|lane| lane.latents()).ok_or(DiffusionError::Cancelled)
}

/// Every region's cells from its own latents.
fn together(latents: impl Iterator<Item = Latents>, cells: &[Latents]) -> Result<Latents, DiffusionError> {
    let parts = latents.zip(cells).map(|(latents, cells)| latents * cells.clone());
    parts.reduce(|sum, part| sum + part).ok_or(DiffusionError::Cancelled)
}

/// A picture of one colour as the network would see it at `step`: which colour, and with which noise, depends on the seed,
/// the step and the region.
fn plain(
    stage: &Stage<'_>,
    denoiser: &Denoiser<'_>,
    step: usize,
    region: usize,
) -> Result<Latents, DiffusionError> {
    let seed = stage.job.seeds.background.wrapping_add(7_000_003 * (1 + step as u64) + 11 * region as u64);
    let model = stage.model;
    // Nearly uniform in 0 to 1: the logistic function is close to the normal distribution's.
    let noise = stage.job.config.noise.randn(seed, 16);
    let colour = [0, 1, 2].map(|i| 2.0 / (1.0 + (-1.702 * noise[i]).exp()) - 1.0);
    let side = 8 * model.vae.downscale();
    let pixels = colour.iter().flat_map(|value| vec![*value; side * side]).collect();
    let code = model.vae.encode(model.latents(pixels, (side, side)))?.mul_scalar(model.vae.scaling_factor());
    // The middle of the code of a small picture: one colour is coded alike everywhere but at the edges.
    let middle = host(code.slice([0..1, 0..model.vae.latent_channels(), 4..5, 4..5]));
    let (width, height) = stage.grid;
    let clean = stage.tensor(middle.iter().flat_map(|value| vec![*value; width * height]).collect());
    let noise: Tensor<4> = stage.tensor(stage.noise(seed));
    Ok(denoiser.sampler.noised(step, clean, noise))
}
