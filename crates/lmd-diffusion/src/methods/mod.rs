//! The methods that draw a layout.

pub mod backward_guidance;
pub mod boxdiff;
mod cut_out;
pub mod gligen;
pub mod lmd;
pub mod multidiffusion;
pub mod plain;

use std::time::Instant;

use lmd_layout::{Fidelity, Layout, OVERALL_NEGATIVE, PER_BOX_NEGATIVE, with_negative};
use lmd_nn::AttnKey;

use crate::compose::LatentFrames;
use crate::config::{DrawConfig, Method};
use crate::denoise::{Condition, Denoiser, Grounded, Guidance, Prompts, Run};
use crate::energy::{AttentionMaps, Energy, GuidedObject};
use crate::grounding::Grounding;
use crate::model::Rgb;
use crate::observer::{Observer, Phase};
use crate::recipe::{Recipe, Seeds};
use crate::scheduler::Sampler;
use crate::{DiffusionError, Latents, Model};

/// A drawn picture with the recipe that made it.
#[derive(Clone, Debug)]
pub struct Drawn {
    /// The picture.
    pub picture: Rgb,
    /// Its final latents, `[1, channels, h, w]`.
    pub latents: Latents,
    /// What made it.
    pub recipe: Recipe,
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

/// Draws a layout by the method its settings name.
///
/// # Errors
/// [`DiffusionError`]; [`DiffusionError::Cancelled`] when the observer says so.
pub fn draw(model: &Model, job: &Job<'_>, observer: &mut dyn Observer) -> Result<Drawn, DiffusionError> {
    match job.config.method {
        Method::Lmd | Method::LmdPlus => lmd::draw(model, job, observer),
        Method::Gligen => gligen::draw(model, job, observer),
        Method::Multidiffusion => multidiffusion::draw(model, job, observer),
        Method::Boxdiff => boxdiff::draw(model, job, observer),
        Method::BackwardGuidance => backward_guidance::draw(model, job, observer),
        Method::Plain => plain::draw(model, job, observer),
    }
}

/// What is to be left out.
pub(crate) struct Negatives {
    /// Of the whole picture.
    pub(crate) overall: String,
    /// Of the pictures of one box.
    pub(crate) per_box: String,
}

/// Which token columns of the maps an energy reads.
#[derive(Clone, Copy)]
pub(crate) enum Columns {
    Phrases,
    All,
}

/// An energy of objects' attention.
pub(crate) type ObjectsEnergy = fn(&AttentionMaps, &[GuidedObject]) -> Result<Energy, DiffusionError>;

/// A job's sizes and noise on a model.
pub(crate) struct Stage<'a> {
    pub(crate) model: &'a Model,
    pub(crate) job: &'a Job<'a>,
    /// Picture size in pixels.
    pub(crate) size: (usize, usize),
    /// Latent grid `(columns, rows)`.
    pub(crate) grid: (usize, usize),
}

impl<'a> Stage<'a> {
    pub(crate) fn new(model: &'a Model, job: &'a Job<'a>) -> Result<Self, DiffusionError> {
        job.config.check()?;
        let native = model.native_size();
        let size = (job.config.width.unwrap_or(native), job.config.height.unwrap_or(native));
        let grid = model.latent_size(size.0, size.1)?;
        Ok(Self { model, job, size, grid })
    }

    pub(crate) fn denoiser(&self) -> Result<Denoiser<'a>, DiffusionError> {
        let config = self.job.config;
        Ok(Denoiser {
            model: self.model,
            sampler: Sampler::new(config.sampler, &self.model.scheduler, config.steps)?,
            cfg_scale: self.cfg_scale(),
            guidance_strength: self.model.hints.guidance_strength.unwrap_or(1.0),
            reference_step_size: config.fidelity == Fidelity::Reference,
        })
    }

    fn cfg_scale(&self) -> f64 {
        self.job.config.cfg_scale_with(self.model.hints.cfg_scale)
    }

    /// A prompt and a negative prompt as the network reads them.
    pub(crate) fn condition(&self, prompt: &str, negative: &str) -> Result<Condition, DiffusionError> {
        let [uncond, cond] = [negative, prompt].map(|text| self.model.text_context(&[text]));
        Ok(Condition { prompts: Prompts { uncond: uncond?, cond: cond? }, grounded: None })
    }

    /// The same with phrases in boxes `[x0, y0, x1, y1]` for the grounding layers (B.14).
    pub(crate) fn grounded(
        &self,
        condition: Condition,
        boxes: &[(&str, [f64; 4])],
    ) -> Result<Condition, DiffusionError> {
        let (unet, config) = (&self.model.unet, self.job.config);
        let prompts = condition.prompts;
        let with_null = |text| unet.with_gligen_boxes(text, &[]);
        let cond = unet.with_gligen_boxes(&prompts.cond, &self.model.grounded_phrases(boxes)?)?;
        let guided =
            if config.fidelity == Fidelity::Reference { with_null(&prompts.cond)? } else { cond.clone() };
        let grounded = Grounded {
            prompts: Prompts { uncond: with_null(&prompts.uncond)?, cond },
            guided,
            steps: config.grounded_steps(),
        };
        Ok(Condition { prompts, grounded: Some(grounded) })
    }

    /// Unit noise on the latents' grid.
    pub(crate) fn noise(&self, seed: u64) -> Vec<f32> {
        let channels = self.model.vae.latent_channels();
        self.job.config.noise.randn(seed, channels * self.grid.0 * self.grid.1)
    }

    /// Fresh noise for samplers that ask for some, from the background's seed.
    pub(crate) fn fresh_noise(&self) -> impl FnMut() -> Latents + use<'a, '_> {
        let mut drawn = 0;
        move || {
            drawn += 1;
            let seed = self.job.seeds.background.wrapping_add(drawn * 1_000_003);
            self.model.latents(self.noise(seed), self.grid)
        }
    }

    pub(crate) fn tensor(&self, values: Vec<f32>) -> Latents {
        self.model.latents(values, self.grid)
    }

    pub(crate) fn frame(&self, values: Vec<f32>) -> LatentFrames {
        LatentFrames { width: self.grid.0, height: self.grid.1, frames: vec![values] }
    }

    /// The layout's own negative prompt, then the terms of the settings, of the
    /// model, or of the paper (B.1).
    pub(crate) fn negatives(&self) -> Negatives {
        let set = self.job.config.negative_prompt.as_ref().or(self.model.hints.negative_prompt.as_ref());
        let with = |papers: &str| with_negative(self.job.layout.negative(), set.map_or(papers, |own| own));
        Negatives { overall: with(OVERALL_NEGATIVE), per_box: with(PER_BOX_NEGATIVE) }
    }

    /// The whole prompt, guided by an energy of the objects' attention in `layers`, all columns of the prompt or those of
    /// the phrases.
    pub(crate) fn guided(
        &self,
        layers: &[AttnKey],
        columns: Columns,
        energy: ObjectsEnergy,
        step_size: Option<fn(usize, usize) -> f64>,
        observer: &mut dyn Observer,
    ) -> Result<Drawn, DiffusionError> {
        let (config, tokenizer) = (self.job.config, &self.model.tokenizer);
        let grounding = Grounding::new(self.job.layout, tokenizer, None, config.fidelity)?;
        let objects = &grounding.objects;
        let schedule = config.overall_guidance().filter(|_| !objects.is_empty());
        let guidance = schedule.as_ref().map(|config| Guidance {
            config,
            layers,
            tokens: match columns {
                Columns::Phrases => objects.iter().flat_map(|object| object.tokens.clone()).collect(),
                Columns::All => (0..tokenizer.length()).collect(),
            },
            energy: Box::new(move |_, maps| energy(maps, objects)),
            step_size,
        });
        self.single(&grounding.prompt, Ok, guidance, observer)
    }

    /// One picture of the whole prompt, from plain noise: no boxes drawn alone, nothing composed. `with` adds to what the
    /// network is told.
    pub(crate) fn single(
        &self,
        prompt: &str,
        with: impl FnOnce(Condition) -> Result<Condition, DiffusionError>,
        guidance: Option<Guidance<'_>>,
        observer: &mut dyn Observer,
    ) -> Result<Drawn, DiffusionError> {
        let negative = self.negatives().overall;
        let mut recipe = self.recipe(prompt, &negative);
        let start = Instant::now();
        let condition = with(self.condition(prompt, &negative)?)?;
        recipe.timings.text = start.elapsed().as_secs_f64();

        let begun = Instant::now();
        let denoiser = self.denoiser()?;
        let start = denoiser.start(self.tensor(self.noise(self.job.seeds.background)));
        let run = Run { condition, start, guidance, keep: None, frozen: None };
        let outcomes = denoiser.denoise(vec![run], Phase::Overall, observer, &mut self.fresh_noise())?;
        recipe.timings.overall = begun.elapsed().as_secs_f64();

        let outcome = outcomes.into_iter().next().ok_or(DiffusionError::Cancelled)?;
        recipe.energies = outcome.energies;
        self.finish(outcome.latents, recipe)
    }

    /// Decodes and puts the recipe together.
    pub(crate) fn finish(&self, latents: Latents, mut recipe: Recipe) -> Result<Drawn, DiffusionError> {
        let start = Instant::now();
        let picture = self.model.decode(latents.clone())?;
        recipe.timings.decode = start.elapsed().as_secs_f64();
        Ok(Drawn { picture, latents, recipe })
    }

    /// A recipe with nothing measured yet.
    pub(crate) fn recipe(&self, encoded_prompt: &str, encoded_negative: &str) -> Recipe {
        Recipe {
            version: crate::recipe::RECIPE_VERSION,
            program: concat!("lmd ", env!("CARGO_PKG_VERSION")).to_owned(),
            model: self.model.name.clone(),
            device: self.model.device_name(),
            planner: None,
            prompt: self.job.prompt.to_owned(),
            layout: self.job.layout.clone(),
            config: DrawConfig { cfg_scale: Some(self.cfg_scale()), ..self.job.config.clone() },
            seeds: self.job.seeds,
            size: self.size,
            encoded_prompt: encoded_prompt.to_owned(),
            encoded_negative: encoded_negative.to_owned(),
            weights: self.model.digests.clone(),
            boxes: Vec::new(),
            energies: Vec::new(),
            timings: crate::recipe::Timings::default(),
        }
    }
}
