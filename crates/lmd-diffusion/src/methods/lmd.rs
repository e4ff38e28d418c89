//! LLM-grounded Diffusion, stage 2 (Lian et al. 2023, arXiv 2305.13655,
//! section 3.2; B.5 to B.14), and LMD+, which has GLIGEN layers as well.
//!
//! ```text
//! for each box:  draw it alone under guidance          per_box
//!                (LMD+: in its place, by GLIGEN layers)
//!                mask   ← its attention, thresholded   cut_out
//!                align  mask, latents, attention with the layout
//! compose        the masked latents on the background  compose
//! draw           the whole picture: guided by the boxes and by the
//!                transferred attention, composed latents held for the
//!                first half of the steps               overall
//! ```

mod held;

use std::ops::Range;
use std::time::Instant;

use lmd_layout::{Mask, with_negative};

use super::conditions::Conditions;
pub use super::cut_out::CutOut;
use super::cut_out::{DrawnBox, Placing, cut_out};
use super::gligen::GligenConfig;
use super::{Drawn, Job, Method, MethodContext, Needs, Negatives, Work};
use crate::compose::{Composition, LatentFrames, Piece, compose};
use crate::config::{DrawConfig, LmdConfig, SettingsSpec};
use crate::denoise::{Condition, Guidance, InnerTrace, RunSpec, SamplingLoop, Trace};
use crate::energy::{AttentionMaps, Energy, GuidedObject, top_k_energy, transfer_energy};
use crate::latents::host;
use crate::mask::TokenMap;
use crate::network::LayerId;
use crate::observer::{Observer, Phase};
use crate::phrase_tokens::{BoxPhraseTokens, PhraseTokens};
use crate::pipeline::Pipeline;
use crate::refiners::{MaskEvidence, MaskRefiner};
use crate::samplers::SamplerSpec;
use crate::warning::PromptKind;
use crate::{DiffusionError, Latents, Registry};

/// LMD, or LMD+ with GLIGEN layers.
#[derive(Clone, Copy, Debug)]
pub struct Lmd {
    plus: bool,
}

/// LLM-grounded Diffusion (arXiv 2305.13655).
pub const LMD: Lmd = Lmd { plus: false };
/// LMD+: boxes are drawn alone by GLIGEN layers instead of guidance, in their places; the whole picture has both.
pub const LMD_PLUS: Lmd = Lmd { plus: true };

impl Method for Lmd {
    fn name(&self) -> &'static str {
        if self.plus { "lmd_plus" } else { "lmd" }
    }

    fn aliases(&self) -> &'static [&'static str] {
        if self.plus { &["lmd+"] } else { &[] }
    }

    fn summary(&self) -> &'static str {
        if self.plus {
            "LMD+: boxes drawn by grounding layers (GLIGEN) instead of guidance"
        } else {
            "Every box drawn alone under guidance, composed, then the whole guided"
        }
    }

    fn needs(&self) -> Needs {
        Needs { gligen: self.plus, masks: true }
    }

    fn settings(&self) -> Option<SettingsSpec> {
        self.plus.then(SettingsSpec::of::<GligenConfig>)
    }

    fn work(&self, config: &DrawConfig, sampler: &SamplerSpec, boxes: usize) -> Result<Work, DiffusionError> {
        let (lmd, steps) = (&config.lmd, sampler.run_steps(config.steps));
        let per_box = lmd.guides_boxes(self.plus).then_some(&lmd.per_box);
        let alone = if needs_boxes(lmd, config.steps) { boxes } else { 0 };
        let batch = lmd.batch.min(alone).max(1);
        let redrawn = if lmd.hold_rest {
            lmd.objects.iter().filter(|o| o.seed.is_some()).count().min(alone)
        } else {
            0
        };
        let kept_boxes = alone + redrawn;
        let alone = Work { batch, kept_boxes, ..Work::of_runs(kept_boxes, steps, per_box) };
        let whole = Work::guided_whole(&lmd.overall, steps, boxes);
        Ok(if redrawn > 0 { alone.and(whole).and(whole) } else { alone.and(whole) })
    }

    fn prompts(&self, context: &MethodContext<'_>) -> Result<Vec<(PromptKind, String)>, DiffusionError> {
        let drawing = Drawing::new(*self, context)?;
        let PhraseTokens { boxes, prompt, .. } = drawing.phrases;
        let negatives = context.negatives();
        let mut prompts = vec![(PromptKind::Overall, prompt), (PromptKind::Negative, negatives.overall)];
        if !boxes.is_empty() {
            prompts.push((PromptKind::BoxNegative, negatives.per_box));
        }
        prompts.extend(boxes.into_iter().map(|b| (PromptKind::Box { object: b.object }, b.prompt)));
        Ok(prompts)
    }

    fn draw(
        &self,
        context: &MethodContext<'_>,
        observer: &mut dyn Observer,
    ) -> Result<Drawn, DiffusionError> {
        Drawing::new(*self, context)?.traced(observer).map(|traced| traced.drawn)
    }
}

/// Draws a layout by LMD, or by LMD+ where the settings name that, and hands out everything between its steps as well.
///
/// # Errors
/// [`DiffusionError`]; [`DiffusionError::EmptyMask`] when a box's attention
/// leaves no mask.
pub fn draw_traced(
    pipeline: &Pipeline,
    job: &Job<'_>,
    observer: &mut dyn Observer,
) -> Result<Traced, DiffusionError> {
    let context = MethodContext::new(Registry::shared(), pipeline, job)?;
    let method = if context.method.name() == LMD_PLUS.name() { LMD_PLUS } else { LMD };
    Drawing { keep_frames: true, keep_inner: true, ..Drawing::new(method, &context)? }.traced(observer)
}

/// Without transfer and frozen steps nothing of the boxes' own pictures
/// would be used (B.13).
fn needs_boxes(config: &LmdConfig, steps: usize) -> bool {
    config.transfer_weight != 0.0 || config.frozen_steps(steps) > 0
}

/// A picture and everything on the way to it.
#[derive(Clone, Debug)]
pub struct Traced {
    /// The picture.
    pub drawn: Drawn,
    /// The boxes, sorted by caption.
    pub boxes: Vec<CutOut>,
    /// What the overall run started from and was held to.
    pub composition: Composition,
    /// The overall run's latents of every step, after the frozen overwrite; [`draw_traced`] keeps them.
    pub overall: LatentFrames,
    /// What lies between the steps of the overall run; [`draw_traced`] keeps it.
    pub inner: InnerTrace,
}

/// One job of the method.
struct Drawing<'a> {
    context: &'a MethodContext<'a>,
    config: &'a LmdConfig,
    /// LMD+.
    plus: bool,
    /// Whether the overall run's latents of every step are handed out.
    keep_frames: bool,
    /// Whether what lies between the steps is handed out.
    keep_inner: bool,
    phrases: PhraseTokens,
    refiner: &'a dyn MaskRefiner,
    guided_layers: Vec<LayerId>,
    mask_layer: LayerId,
    /// The guided layers and the mask's.
    kept_layers: Vec<LayerId>,
    frozen_steps: usize,
}

/// What the pictures are to show.
struct Encoded {
    boxes: Vec<Condition>,
    overall: Condition,
}

impl<'a> Drawing<'a> {
    fn new(method: Lmd, context: &'a MethodContext<'a>) -> Result<Self, DiffusionError> {
        let (job, network) = (context.job, &*context.pipeline.denoiser);
        let (config, plus) = (&job.config.lmd, method.plus);
        let floor = (config.center_boxes && !plus).then_some(config.floor_padding);
        let guided_layers = config.guided_layers(network)?;
        let mask_layer = config.mask_layer(network)?;
        let kept_layers = guided_layers.iter().copied().chain([mask_layer]).collect();
        let tokenizer = context.pipeline.text.tokenizer();
        Ok(Self {
            context,
            config,
            plus,
            keep_frames: false,
            keep_inner: false,
            phrases: PhraseTokens::new(job.layout, tokenizer, floor, job.config.fidelity)?,
            refiner: context.refiner,
            guided_layers,
            mask_layer,
            kept_layers,
            frozen_steps: config.frozen_steps(job.config.steps),
        })
    }

    fn traced(&self, observer: &mut dyn Observer) -> Result<Traced, DiffusionError> {
        let context = self.context;
        let negatives = context.negatives();
        let mut recipe = context.recipe(&self.phrases.prompt, &negatives.overall);

        let clock = Instant::now();
        let conditions = self.encode(&negatives)?;
        recipe.timings.text = clock.elapsed().as_secs_f64();

        let clock = Instant::now();
        let sampling = context.sampling_loop()?;
        let background = context.noise(context.job.seeds.background);
        let count =
            if needs_boxes(self.config, context.job.config.steps) { self.phrases.boxes.len() } else { 0 };
        let pieces = self.per_box(&sampling, &conditions, &background, 0..count, observer)?;
        let composition = self.compose(&sampling, &background, &pieces)?;
        recipe.timings.boxes = clock.elapsed().as_secs_f64();

        let clock = Instant::now();
        let held = self.held(&sampling, &conditions, &background, (&pieces, &composition), observer)?;
        let trace = self.overall(&sampling, &conditions, &composition, &pieces, held.as_ref(), observer)?;
        recipe.timings.overall = clock.elapsed().as_secs_f64();

        recipe.energies = trace.energies;
        recipe.boxes = pieces.iter().map(CutOut::trace).collect();
        let drawn = context.finish(trace.latents, recipe)?;
        Ok(Traced { drawn, boxes: pieces, composition, overall: trace.frames, inner: trace.inner })
    }

    fn transfers(&self) -> bool {
        self.config.transfer_weight != 0.0
    }

    fn encode(&self, negatives: &Negatives) -> Result<Encoded, DiffusionError> {
        let PhraseTokens { boxes, prompt, objects, phrases } = &self.phrases;
        let mut conditions = Conditions::new(self.context);
        // LMD+ gives boxes to the GLIGEN layers.
        let mut condition = |prompt: &str, negative: &str, boxes: &[(&str, [f64; 4])]| {
            if self.plus {
                conditions.with_boxes(prompt, negative, boxes)
            } else {
                conditions.of(prompt, negative)
            }
        };
        // Each of several equal things is told the phrase of all of them, as in the reference.
        let places = objects.iter().zip(phrases);
        let places = places.flat_map(|(object, phrase)| object.boxes.iter().map(|at| (phrase.as_str(), *at)));
        let overall = condition(prompt, &negatives.overall, &places.collect::<Vec<_>>())?;
        let alone = |b: &BoxPhraseTokens| {
            let own = self.config.object(b.object).and_then(|object| object.negative.as_deref());
            let negative = match own {
                Some(own) => with_negative(own, &negatives.per_box),
                None => negatives.per_box.clone(),
            };
            condition(&b.prompt, &negative, &[(&b.phrase, b.place)])
        };
        Ok(Encoded { boxes: boxes.iter().map(alone).collect::<Result<_, _>>()?, overall })
    }

    /// Draws these boxes alone, `config.batch` of them at a time.
    fn per_box(
        &self,
        sampling: &SamplingLoop<'_>,
        conditions: &Encoded,
        background: &[f32],
        wanted: Range<usize>,
        observer: &mut dyn Observer,
    ) -> Result<Vec<CutOut>, DiffusionError> {
        let mut sampling = sampling.clone();
        if let Some(fast) = sampling.sampler.fast(self.dense_steps()).filter(|_| self.config.fast_schedule) {
            sampling.sampler = fast;
        }
        let total = self.phrases.boxes.len();
        let mut pieces = Vec::with_capacity(wanted.len());
        while pieces.len() < wanted.len() {
            let first = wanted.start + pieces.len();
            let count = self.config.batch.clamp(1, wanted.end - first);
            let boxes = self.phrases.boxes.iter().zip(&conditions.boxes).enumerate();
            let runs = boxes.skip(first).take(count);
            let runs = runs.map(|(k, (b, condition))| {
                let noise = self.context.tensor(self.box_noise(k, b, background));
                self.box_run(b, condition, sampling.start(noise))
            });
            let phase = Phase::Boxes { first, count, total };
            let traces =
                sampling.denoise(runs.collect(), phase, observer, &mut self.context.fresh_noise())?;
            for (k, trace) in (first..).zip(traces) {
                pieces.push(self.cut_out(k, trace)?);
            }
        }
        Ok(pieces)
    }

    /// Steps that must be drawn one by one under the fast schedule (B.2).
    fn dense_steps(&self) -> usize {
        let guided = if self.transfers() { self.config.overall.max_index_step } else { 0 };
        self.frozen_steps.max(guided)
    }

    /// The seed of box k's own noise.
    fn box_seed(&self, k: usize, b: &BoxPhraseTokens) -> u64 {
        match self.config.object(b.object).and_then(|object| object.seed) {
            Some(seed) => seed,
            None => self.context.job.seeds.of_box(k),
        }
    }

    /// Unit noise of box k: its own, blended into the background's where it is drawn (B.3). Whoever names an object's
    /// seed wants another object: it starts from its own noise alone.
    fn box_noise(&self, k: usize, b: &BoxPhraseTokens, background: &[f32]) -> Vec<f32> {
        let own = self.context.noise(self.box_seed(k, b));
        let seed_is_named = self.config.names_seed(b.object);
        let ratio = match self.config.fg_blending_ratio {
            Some(ratio) => ratio,
            None if seed_is_named => 1.0,
            None if self.plus => 0.1,
            None => 0.01,
        };
        blend(background, &own, &self.grid_mask(&b.guided.boxes), ratio)
    }

    /// The run of one box alone: LMD guides it by the box energy, LMD+ conditions GLIGEN layers on the box and guides it
    /// where the settings say so.
    fn box_run(&'a self, b: &'a BoxPhraseTokens, condition: &Condition, start: Latents) -> RunSpec<'a> {
        let energy = move |_step: usize, maps: &AttentionMaps| {
            top_k_energy(maps, std::slice::from_ref(&b.guided), &self.config.per_box.energy)
        };
        let guidance = Guidance {
            config: &self.config.per_box,
            layers: &self.guided_layers,
            tokens: b.guided.tokens.clone(),
            energy: Box::new(energy),
            step_size: None,
        };
        RunSpec {
            condition: condition.clone(),
            start,
            guidance: self.config.guides_boxes(self.plus).then_some(guidance),
            keep: Some((&self.kept_layers, b.guided.word)),
            keep_frames: true,
            keep_inner: self.keep_inner,
            frozen: Vec::new(),
        }
    }

    /// Boxes on the latents' grid.
    fn grid_mask(&self, boxes: &[[f64; 4]]) -> Mask {
        let (width, height) = self.context.grid;
        Mask::of_corners(boxes, width, height)
    }

    /// Masks what box k drew and moves it into place (B.11, B.12); LMD+ drew it there, and cells outside of the box do
    /// not belong to it.
    fn cut_out(&self, k: usize, trace: Trace) -> Result<CutOut, DiffusionError> {
        let Some(b) = self.phrases.boxes.get(k) else {
            return Err(DiffusionError::Internal { invariant: "there is one run for every box" });
        };
        let cells = self.grid_mask(&b.guided.boxes);
        let placing = if self.plus {
            Placing::Within
        } else if self.config.align {
            Placing::Moved(b.place)
        } else {
            Placing::AsDrawn
        };
        let picture = match self.refiner.needs_picture() {
            true => Some(self.context.pipeline.decode(trace.latents.clone())?),
            false => None,
        };
        let mask = |attention: &TokenMap| {
            self.refiner.refine(&MaskEvidence {
                prompt: &b.prompt,
                attention,
                drawn_box: &cells,
                picture: picture.as_ref(),
                sam: self.context.pipeline.sam.as_ref(),
                place: self.plus.then_some(b.place),
                fidelity: self.context.job.config.fidelity,
                config: self.config,
            })
        };
        let seed = self.box_seed(k, b);
        let drawn = DrawnBox { trace, phrase: b, seed, cells: &cells, mask_layer: self.mask_layer };
        cut_out(drawn, self.config, &placing, mask)
    }

    /// The latents of the boxes on the background's noise, all in the sampler's scale.
    fn compose(
        &self,
        sampling: &SamplingLoop<'_>,
        background: &[f32],
        pieces: &[CutOut],
    ) -> Result<Composition, DiffusionError> {
        let start = host(sampling.start(self.context.tensor(background.to_vec())));
        let pieces: Vec<Piece<'_>> =
            pieces.iter().map(|piece| Piece { latents: &piece.latents, mask: &piece.mask }).collect();
        compose(&self.context.frame(start), &pieces)
    }

    /// The whole picture, from the composed start; held to `rest` at every step where that is given.
    fn overall(
        &self,
        sampling: &SamplingLoop<'_>,
        conditions: &Encoded,
        composition: &Composition,
        pieces: &[CutOut],
        rest: Option<&Composition>,
        observer: &mut dyn Observer,
    ) -> Result<Trace, DiffusionError> {
        let start = composition.start().to_vec();
        let objects = &self.phrases.objects;
        let tokens = objects.iter().flat_map(|o| o.tokens.iter().copied().chain([o.word])).collect();
        let guidance = Guidance {
            config: &self.config.overall,
            layers: &self.guided_layers,
            tokens,
            energy: Box::new(|step, maps| self.overall_energy(step, maps, pieces)),
            step_size: None,
        };
        let composed = (!pieces.is_empty()).then_some((composition, self.frozen_steps)).into_iter();
        let run = RunSpec {
            condition: conditions.overall.clone(),
            start: self.context.tensor(start),
            guidance: (!objects.is_empty()).then_some(guidance),
            keep: None,
            keep_frames: self.keep_frames,
            keep_inner: self.keep_inner,
            frozen: composed.chain(rest.map(|rest| (rest, usize::MAX))).collect(),
        };
        sampling.denoise_one(run, Phase::Overall, observer, &mut self.context.fresh_noise())
    }

    /// The box energy plus the attention transfer from the same step of the
    /// boxes' own pictures (B.7, B.8).
    fn overall_energy(
        &self,
        step: usize,
        maps: &AttentionMaps,
        pieces: &[CutOut],
    ) -> Result<Energy, DiffusionError> {
        let objects = &self.phrases.objects;
        let energy = top_k_energy(maps, objects, &self.config.overall.energy)?;
        if !self.transfers() || pieces.is_empty() {
            return Ok(energy);
        }
        // The pieces are in the order of the objects' boxes. All guided steps are among `dense_steps`, which the fast
        // schedule keeps.
        let invariant = "every guided step was drawn of every box alone";
        let mut next = pieces
            .iter()
            .map(|piece| piece.attention.get(step).ok_or(DiffusionError::Internal { invariant }));
        let of_object = |object: &GuidedObject| next.by_ref().take(object.boxes.len()).collect();
        let references: Vec<Vec<&AttentionMaps>> =
            objects.iter().map(of_object).collect::<Result<_, DiffusionError>>()?;
        Ok(energy.plus(&transfer_energy(maps, objects, &references, self.config.transfer_weight)?))
    }
}

/// `z_bg` outside the mask, `√(1−r) z_bg + √r z_fg` inside (B.3).
fn blend(background: &[f32], own: &[f32], mask: &Mask, ratio: f64) -> Vec<f32> {
    let (keep, add) = ((1.0 - ratio).sqrt() as f32, ratio.sqrt() as f32);
    let cells = mask.cells().iter().cycle();
    let values = background.iter().zip(own).zip(cells);
    values.map(|((bg, fg), on)| if *on { keep * bg + add * fg } else { *bg }).collect()
}
