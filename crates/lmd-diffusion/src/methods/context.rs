//! What methods have in common: prompts, noise, runs, recipes of a [`MethodContext`].

use std::sync::Arc;
use std::time::Instant;

use lmd_layout::{Fidelity, OVERALL_NEGATIVE, PER_BOX_NEGATIVE, convert_spec, with_negative};
use lmd_nn::NnError;

use super::gligen::{GligenConfig, set_beta};
use crate::compose::LatentFrames;
use crate::config::{DrawConfig, GuidanceConfig};
use crate::denoise::{Condition, EnergyOf, Guidance, RunSpec, SamplingLoop};
use crate::energy::{AttentionMaps, Energy, GuidedObject};
use crate::latents::host;
use crate::method::{Drawn, Job, MethodContext};
use crate::network::LayerId;
use crate::observer::{Observer, Phase};
use crate::phrase_tokens::PhraseTokens;
use crate::pipeline::Pipeline;
use crate::recipe::{RECIPE_VERSION, Recipe, Timings};
use crate::samplers::{Sampler, SamplerPlan};
use crate::warning::PromptKind;
use crate::{DiffusionError, Latents, Registry, Warning};

/// Negative prompts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Negatives {
    /// Of the whole picture.
    pub overall: String,
    /// Of the pictures of one box.
    pub per_box: String,
}

/// Which token columns of the maps an energy reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Columns {
    /// Those of the objects' phrases.
    Phrases,
    /// All of the prompt.
    All,
}

/// An energy of the attention that some objects get.
pub type ObjectsEnergy<'a> =
    Box<dyn Fn(&AttentionMaps, &[GuidedObject]) -> Result<Energy, DiffusionError> + 'a>;

/// How the picture as a whole is guided.
pub struct OverallGuidance<'a> {
    /// When and how strongly.
    pub schedule: GuidanceConfig,
    /// The guided layers.
    pub layers: Vec<LayerId>,
    /// The token columns the energy reads.
    pub columns: Columns,
    /// The energy.
    pub energy: ObjectsEnergy<'a>,
    /// How long step i of so many is, where it is not [`Sampler::guidance_step_size`].
    pub step_size: Option<Box<dyn Fn(usize, usize) -> f64 + 'a>>,
}

impl std::fmt::Debug for OverallGuidance<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OverallGuidance")
            .field("schedule", &self.schedule)
            .field("layers", &self.layers)
            .field("columns", &self.columns)
            .finish_non_exhaustive()
    }
}

impl<'a> MethodContext<'a> {
    /// Checks a job.
    ///
    /// # Errors
    /// When the settings make no sense, or the method cannot draw with this pipeline.
    pub fn new(
        registry: &'a Registry,
        pipeline: &'a Pipeline,
        job: &'a Job<'a>,
    ) -> Result<Self, DiffusionError> {
        job.config.check_with(registry)?;
        let method = registry.method(&job.config.method)?;
        if method.needs().gligen {
            check_slots(pipeline.denoiser.box_slots(), job.layout.objects().len())?;
        }
        let native = pipeline.native_size();
        let side = |set: Option<usize>| set.unwrap_or(native);
        let size = (side(job.config.width), side(job.config.height));
        let grid = pipeline.latent_size(size.0, size.1)?;
        let sampler_spec = registry.sampler(&job.config.sampler)?;
        let refiner = registry.refiner(&job.config.lmd.mask_refiner)?;
        if method.needs().masks && refiner.needs_sam() && pipeline.sam.is_none() {
            return Err(DiffusionError::NoSam);
        }
        Ok(Self { pipeline, job, method, sampler_spec, refiner, size, grid })
    }

    /// All warnings about this job.
    ///
    /// # Errors
    /// When a prompt cannot be split into tokens.
    pub fn warnings(&self) -> Result<Vec<Warning>, DiffusionError> {
        crate::check::warnings(self)
    }

    /// The sampler with its steps laid out.
    ///
    /// # Errors
    /// When there is none for these settings.
    pub fn sampler(&self) -> Result<Arc<dyn Sampler>, DiffusionError> {
        let plan = SamplerPlan {
            schedule: Arc::clone(&self.pipeline.schedule),
            config: &self.pipeline.scheduler,
            steps: self.job.config.steps,
        };
        Ok((self.sampler_spec.construct)(&plan)?)
    }

    /// The loop that denoises, with this job's settings.
    ///
    /// # Errors
    /// As [`Self::sampler`].
    pub fn sampling_loop(&self) -> Result<SamplingLoop<'a>, DiffusionError> {
        Ok(SamplingLoop {
            pipeline: self.pipeline,
            sampler: self.sampler()?,
            cfg_scale: self.cfg_scale(),
            guidance_strength: self.guidance_strength(),
            reference_step_size: self.job.config.fidelity == Fidelity::Reference,
        })
    }

    /// The classifier-free guidance scale: that of the settings, of the model, or of the method.
    #[must_use]
    pub fn cfg_scale(&self) -> f64 {
        self.job.config.cfg_scale_with(self.pipeline.hints.cfg_scale, self.method)
    }

    /// The factor on every step of guidance: that of the settings, of the model, or 1.
    #[must_use]
    pub fn guidance_strength(&self) -> f64 {
        self.job.config.guidance_strength.or(self.pipeline.hints.guidance_strength).unwrap_or(1.0)
    }

    /// β, the share of the steps in which GLIGEN layers are on (`int(β · steps)`): that of the settings, of the model, or the
    /// paper's.
    ///
    /// # Errors
    /// When the settings of `gligen` cannot be read.
    pub fn gligen_beta(&self) -> Result<f64, DiffusionError> {
        Ok(self.job.config.settings::<GligenConfig>()?.beta_with(self.pipeline.hints.gligen_beta))
    }

    /// The terms of the settings or of the model; `None` where the paper's are meant.
    #[must_use]
    pub fn negative_terms(&self) -> Option<&'a str> {
        let set = self.job.config.negative_prompt.as_deref();
        set.or(self.pipeline.hints.negative_prompt.as_deref())
    }

    /// The layout's own negative prompt, then the terms of the settings, of the
    /// model, or of the paper (B.1).
    #[must_use]
    pub fn negatives(&self) -> Negatives {
        let with =
            |papers: &str| with_negative(self.job.layout.negative(), self.negative_terms().unwrap_or(papers));
        Negatives { overall: with(OVERALL_NEGATIVE), per_box: with(PER_BOX_NEGATIVE) }
    }

    /// The layout's prompt of the whole picture.
    #[must_use]
    pub fn overall_prompt(&self) -> String {
        convert_spec(self.job.layout, self.job.config.fidelity).overall.prompt
    }

    /// The captions of the layout's objects.
    pub fn captions(&self) -> impl Iterator<Item = (PromptKind, String)> + use<'a> {
        let objects = self.job.layout.objects().iter().enumerate();
        objects.map(|(object, of)| (PromptKind::Box { object }, of.caption.as_str().to_owned()))
    }

    /// The prompts of [`Self::draw_guided`].
    ///
    /// # Errors
    /// When a phrase of the layout cannot be found among the tokens of the prompt.
    pub fn overall_prompts(&self) -> Result<Vec<(PromptKind, String)>, DiffusionError> {
        let prompt = self.phrases()?.prompt;
        Ok(vec![(PromptKind::Overall, prompt), (PromptKind::Negative, self.negatives().overall)])
    }

    /// The phrases of the whole prompt.
    fn phrases(&self) -> Result<PhraseTokens, DiffusionError> {
        let (job, tokenizer) = (self.job, self.pipeline.text.tokenizer());
        PhraseTokens::new(job.layout, tokenizer, None, job.config.fidelity)
    }

    /// Unit noise on the latents' grid, from a seed.
    #[must_use]
    pub fn noise(&self, seed: u64) -> Vec<f32> {
        let channels = self.pipeline.denoiser.latent_channels();
        self.job.config.noise.randn(seed, channels * self.grid.0 * self.grid.1)
    }

    /// Fresh noise for samplers that ask for some, from the background's seed.
    pub fn fresh_noise(&self) -> impl FnMut() -> Latents + use<'a, '_> {
        let mut drawn = 0;
        move || {
            drawn += 1;
            let seed = self.job.seeds.background.wrapping_add(drawn * 1_000_003);
            self.tensor(self.noise(seed))
        }
    }

    /// Host values `[1, channels, rows, columns]` of the latents' grid as a tensor.
    #[must_use]
    pub fn tensor(&self, values: Vec<f32>) -> Latents {
        self.pipeline.latents(values, self.grid)
    }

    /// Host values of the latents' grid as a single frame.
    #[must_use]
    pub fn frame(&self, values: Vec<f32>) -> LatentFrames {
        LatentFrames { width: self.grid.0, height: self.grid.1, frames: vec![values] }
    }

    /// The whole prompt, guided by an energy of the objects' attention.
    ///
    /// # Errors
    /// [`DiffusionError`].
    pub fn draw_guided(
        &self,
        guidance: OverallGuidance<'_>,
        observer: &mut dyn Observer,
    ) -> Result<Drawn, DiffusionError> {
        let phrases = self.phrases()?;
        let objects = &phrases.objects;
        let OverallGuidance { schedule, layers, columns, energy, step_size } = guidance;
        let energy: EnergyOf<'_> = Box::new(move |_, maps| energy(maps, objects));
        let guidance = (!objects.is_empty()).then_some(Guidance {
            config: &schedule,
            layers: &layers,
            tokens: match columns {
                Columns::Phrases => objects.iter().flat_map(|object| object.tokens.clone()).collect(),
                Columns::All => (0..self.pipeline.text.tokenizer().length()).collect(),
            },
            energy,
            step_size,
        });
        self.draw_single(&phrases.prompt, Ok, guidance, observer)
    }

    /// One picture of the whole prompt, from plain noise: no boxes drawn alone, nothing composed. `with` adds to what the
    /// network is told.
    ///
    /// # Errors
    /// [`DiffusionError`].
    pub fn draw_single(
        &self,
        prompt: &str,
        with: impl FnOnce(Condition) -> Result<Condition, DiffusionError>,
        guidance: Option<Guidance<'_>>,
        observer: &mut dyn Observer,
    ) -> Result<Drawn, DiffusionError> {
        let negative = self.negatives().overall;
        let mut recipe = self.recipe(prompt, &negative);
        let clock = Instant::now();
        let condition = with(self.condition(prompt, &negative)?)?;
        recipe.timings.text = clock.elapsed().as_secs_f64();

        let clock = Instant::now();
        let sampling = self.sampling_loop()?;
        let start = sampling.start(self.tensor(self.noise(self.job.seeds.background)));
        let run = RunSpec {
            condition,
            start,
            guidance,
            keep: None,
            keep_frames: false,
            keep_inner: false,
            frozen: Vec::new(),
        };
        let trace = sampling.denoise_one(run, Phase::Overall, observer, &mut self.fresh_noise())?;
        recipe.timings.overall = clock.elapsed().as_secs_f64();

        recipe.energies = trace.energies;
        self.finish(trace.latents, recipe)
    }

    /// Decodes and puts the recipe together.
    ///
    /// # Errors
    /// [`DiffusionError::NotFinite`] when a latent or a pixel is NaN or infinite.
    pub fn finish(&self, latents: Latents, mut recipe: Recipe) -> Result<Drawn, DiffusionError> {
        if host(latents.clone()).iter().any(|value| !value.is_finite()) {
            return Err(DiffusionError::NotFinite { what: "a value of the final latents" });
        }
        let clock = Instant::now();
        let picture = self.pipeline.decode(latents.clone())?;
        recipe.timings.decode = clock.elapsed().as_secs_f64();
        Ok(Drawn { picture, latents, recipe, warnings: Vec::new() })
    }

    /// A recipe with nothing measured yet. What the model's own defaults decided stands in it as if it had been set, so
    /// that the picture can be drawn again with another model's.
    #[must_use]
    pub fn recipe(&self, encoded_prompt: &str, encoded_negative: &str) -> Recipe {
        let mut config = DrawConfig {
            cfg_scale: Some(self.cfg_scale()),
            guidance_strength: Some(self.guidance_strength()),
            negative_prompt: self.negative_terms().map(str::to_owned),
            ..self.job.config.clone()
        };
        // Settings that cannot be read were refused before anything was drawn.
        if let (true, Ok(beta)) = (self.method.needs().gligen, self.gligen_beta()) {
            set_beta(&mut config.methods, beta);
        }
        Recipe {
            version: RECIPE_VERSION,
            program: concat!("lmd ", env!("CARGO_PKG_VERSION")).to_owned(),
            model: self.pipeline.name.clone(),
            prediction_type: self.pipeline.prediction_type,
            device: self.pipeline.device_name(),
            planner: None,
            prompt: self.job.prompt.to_owned(),
            layout: self.job.layout.clone(),
            config,
            seeds: self.job.seeds,
            size: self.size,
            encoded_prompt: encoded_prompt.to_owned(),
            encoded_negative: encoded_negative.to_owned(),
            weights: self.pipeline.digests.clone(),
            boxes: Vec::new(),
            energies: Vec::new(),
            timings: Timings::default(),
        }
    }
}

/// Whether GLIGEN layers, which hold `slots` boxes, are there and hold those of so many objects.
fn check_slots(slots: usize, objects: usize) -> Result<(), DiffusionError> {
    match slots {
        0 => Err(DiffusionError::NoGligenLayers),
        _ if objects <= slots => Ok(()),
        _ => Err(DiffusionError::Nn(NnError::too_many_boxes(objects, slots))),
    }
}
