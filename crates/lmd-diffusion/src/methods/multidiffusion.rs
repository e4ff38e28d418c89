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

use lmd_layout::{Draft, Fidelity, FilterOptions, Mask, filter_boxes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::conditions::Conditions;
use super::plain_colours::PlainColours;
use super::{Drawn, Method, MethodContext, Work};
use crate::config::{DrawConfig, Settings, SettingsSpec, require, share, within};
use crate::denoise::{RunSpec, SamplingLoop};
use crate::observer::{Observer, Phase};
use crate::samplers::SamplerSpec;
use crate::warning::PromptKind;
use crate::{DiffusionError, Latents};

/// Terms after the overall negative prompt, of every region and of objects alone.
const EVERYWHERE: &str = "headshot, close-up, partial, large, large, huge, gigantic";
const OBJECTS: &str = "cut-out, partial, occluded, weird";
/// The sum over regions needs at least one, which the background is.
const NO_REGION: DiffusionError = DiffusionError::Internal { invariant: "the background is a region" };

/// The method.
#[derive(Clone, Copy, Debug)]
pub struct Multidiffusion;

/// Its settings.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct MultidiffusionConfig {
    /// Share of the steps, from the first, in which a plain colour stands outside a region (bootstrapping), in [0, 1].
    /// Default 0.4, the first 20 of 50.
    pub bootstrapping: f64,
    /// Most regions denoised at once. Default 8.
    pub batch: usize,
}

impl Default for MultidiffusionConfig {
    fn default() -> Self {
        Self { bootstrapping: 0.4, batch: 8 }
    }
}

impl Settings for MultidiffusionConfig {
    const NAME: &'static str = "multidiffusion";

    fn check(&self) -> Result<(), DiffusionError> {
        within("multidiffusion.bootstrapping", self.bootstrapping, 0.0, 1.0, "0 to 1")?;
        require((1..=1024).contains(&self.batch), "multidiffusion.batch", self.batch, "1 to 1024")
    }
}

impl Method for Multidiffusion {
    fn name(&self) -> &'static str {
        "multidiffusion"
    }

    fn summary(&self) -> &'static str {
        "Every box and the background by its own prompt, joined at every step"
    }

    fn settings(&self) -> Option<SettingsSpec> {
        Some(SettingsSpec::of::<MultidiffusionConfig>())
    }

    fn cfg_scale(&self) -> f64 {
        10.0
    }

    fn work(&self, config: &DrawConfig, sampler: &SamplerSpec, boxes: usize) -> Result<Work, DiffusionError> {
        let regions = boxes.saturating_add(1);
        let batch = config.settings::<MultidiffusionConfig>()?.batch.min(regions);
        let steps = sampler.run_steps(config.steps);
        let passes = Work::of_runs(regions, steps, None).passes;
        Ok(Work { passes, batch, ..Work::of_runs(1, steps, None) })
    }

    fn prompts(&self, context: &MethodContext<'_>) -> Result<Vec<(PromptKind, String)>, DiffusionError> {
        let negatives = negatives(context);
        let background = [
            (PromptKind::Background, context.job.layout.background().to_owned()),
            (PromptKind::Negative, negatives.background),
            (PromptKind::BoxNegative, negatives.objects),
        ];
        Ok(background.into_iter().chain(context.captions()).collect())
    }

    fn draw(
        &self,
        context: &MethodContext<'_>,
        observer: &mut dyn Observer,
    ) -> Result<Drawn, DiffusionError> {
        // Prompt and negative prompt of the background, as its region has them.
        let negative = negatives(context).background;
        let mut recipe = context.recipe(context.job.layout.background(), &negative);
        let sampling = context.sampling_loop()?;
        let config = context.job.config.settings()?;

        let clock = Instant::now();
        let regions = regions(context, &sampling)?;
        recipe.timings.text = clock.elapsed().as_secs_f64();

        let clock = Instant::now();
        let latents = Regions { context, sampling, config }.denoise(regions, observer)?;
        recipe.timings.overall = clock.elapsed().as_secs_f64();
        context.finish(latents, recipe)
    }
}

/// The negative prompts of the two kinds of regions.
struct RegionNegatives {
    background: String,
    objects: String,
}

fn negatives(context: &MethodContext<'_>) -> RegionNegatives {
    let negative = context.negatives().overall;
    let more = |terms: &str| match context.negative_terms() {
        None => format!("{negative}, {terms}"),
        Some(_) => negative.clone(), // somebody said what to leave out
    };
    RegionNegatives { background: more(EVERYWHERE), objects: more(&format!("{EVERYWHERE}, {OBJECTS}")) }
}

/// A part of the picture: its run, and the cells that are its alone, `[1, 1, h, w]`.
struct Region<'a> {
    run: RunSpec<'a>,
    cells: Latents,
}

/// The cells of every object. The reference enlarges the layout to fill the picture first, and gives an object the cells
/// whose first pixel is in its box (masks of the picture's size, of which every eighth pixel is taken).
fn masks(context: &MethodContext<'_>) -> Result<Vec<Mask>, DiffusionError> {
    let (layout, (width, height)) = (context.job.layout, context.grid);
    let rasterised =
        || layout.objects().iter().map(|object| Mask::of_boxes(&[object.bbox], width, height)).collect();
    if context.job.config.fidelity != Fidelity::Reference {
        return Ok(rasterised());
    }
    let filling = FilterOptions {
        scale: true,
        fidelity: Fidelity::Reference,
        ignore_background: false,
        ..FilterOptions::default()
    };
    let filled = filter_boxes(&Draft::from(layout), &filling).map_err(|_| DiffusionError::Internal {
        invariant: "captions of a layout are captions of a layout",
    })?;
    if filled.layout.objects().len() != layout.objects().len() {
        // A box of less than a pixel was lost in rounding.
        return Ok(rasterised());
    }
    let size = context.size;
    let cell = |at: usize, cells: usize, pixels: usize| (at * pixels / cells.max(1)) as f64;
    Ok(filled
        .layout
        .objects()
        .iter()
        .map(|object| {
            let bbox = object.bbox;
            let within = |at: f64, from: f64, length: f64, pixels: usize| {
                let (from, length) = (from * pixels as f64, length * pixels as f64);
                at >= from && at < from + length
            };
            Mask::from_fn(width, height, |x, y| {
                within(cell(x, width, size.0), bbox.x(), bbox.w(), size.0)
                    && within(cell(y, height, size.1), bbox.y(), bbox.h(), size.1)
            })
        })
        .collect())
}

/// The background and every object; where boxes overlap, the later one is on top.
fn regions<'a>(
    context: &MethodContext<'_>,
    sampling: &SamplingLoop<'_>,
) -> Result<Vec<Region<'a>>, DiffusionError> {
    let layout = context.job.layout;
    let (width, height) = context.grid;
    let mut owners = vec![0; width * height];
    for (k, mask) in masks(context)?.into_iter().enumerate() {
        owners.iter_mut().zip(mask.cells()).filter(|(_, on)| **on).for_each(|(owner, _)| *owner = k + 1);
    }
    let start = sampling.start(context.tensor(context.noise(context.job.seeds.background)));
    let mut conditions = Conditions::new(context);
    let mut region = |k: usize, prompt: &str, negative: &str| {
        let cells = owners.iter().map(|owner| f32::from(u8::from(*owner == k))).collect();
        let condition = conditions.of(prompt, negative)?;
        let run = RunSpec {
            condition,
            start: start.clone(),
            guidance: None,
            keep: None,
            keep_frames: false,
            keep_inner: false,
            frozen: Vec::new(),
        };
        Ok(Region { run, cells: context.tensor(cells) })
    };
    let negatives = negatives(context);
    let background = region(0, layout.background(), &negatives.background);
    let objects = layout.objects().iter().enumerate();
    [background]
        .into_iter()
        .chain(objects.map(|(k, object)| region(k + 1, object.caption.as_str(), &negatives.objects)))
        .collect()
}

/// The loop over steps and regions.
struct Regions<'a> {
    context: &'a MethodContext<'a>,
    sampling: SamplingLoop<'a>,
    config: MultidiffusionConfig,
}

impl Regions<'_> {
    fn denoise(
        &self,
        regions: Vec<Region<'_>>,
        observer: &mut dyn Observer,
    ) -> Result<Latents, DiffusionError> {
        let sampling = &self.sampling;
        let steps = sampling.sampler.timesteps().len();
        let plain_steps = share(self.config.bootstrapping, steps);
        let (runs, cells): (Vec<_>, Vec<_>) =
            regions.into_iter().map(|region| (region.run, region.cells)).unzip();
        let mut runs: Vec<_> = runs.into_iter().map(|run| sampling.begin(run)).collect();
        let mut fresh = self.context.fresh_noise();
        let mut plain = PlainColours::new(self.context, sampling, plain_steps);
        for step in 0..steps {
            if step < plain_steps {
                for (k, (run, cells)) in runs.iter_mut().zip(&cells).enumerate().skip(1) {
                    let around = plain.around(step, k)?;
                    run.set_latents(run.latents() * cells.clone() + around * (cells.clone() * -1.0 + 1.0));
                }
            }
            let mut denoised = Vec::with_capacity(runs.len());
            for some in runs.chunks_mut(self.config.batch.max(1)) {
                let count = some.len();
                let x0 = sampling.advance(step, some, &mut fresh)?;
                denoised.extend((0..count).map(|i| x0.clone().narrow(0, i, 1)));
            }
            let latents = together(runs.iter().map(|run| run.latents()), &cells)?;
            runs.iter_mut().for_each(|run| run.set_latents(latents.clone()));
            let denoised = together(denoised.into_iter(), &cells)?;
            sampling.tell_step(observer, (Phase::Overall, step), &denoised, &latents)?;
        }
        runs.first().map(|run| run.latents()).ok_or(NO_REGION)
    }
}

/// Every region's cells from its own latents.
fn together(latents: impl Iterator<Item = Latents>, cells: &[Latents]) -> Result<Latents, DiffusionError> {
    let parts = latents.zip(cells).map(|(latents, cells)| latents * cells.clone());
    parts.reduce(|sum, part| sum + part).ok_or(NO_REGION)
}
