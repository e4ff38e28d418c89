//! LLM-grounded Diffusion, stage 2 (Lian et al. 2023, arXiv 2305.13655,
//! section 3.2; B.5 to B.14), and LMD+, which has grounding layers as well.
//!
//! ```text
//! for each box:  draw it alone under guidance          per_box
//!                (LMD+: in its place, by grounding layers)
//!                mask   ← its attention, thresholded   cut_out
//!                align  mask, latents, attention with the layout
//! compose        the masked latents on the background  compose
//! draw           the whole picture: guided by the boxes and by the
//!                transferred attention, composed latents held for the
//!                first half of the steps               overall
//! ```

use std::time::Instant;

use lmd_layout::Mask;
use lmd_nn::AttnKey;

pub use super::cut_out::CutOut;
use super::cut_out::{Placing, cut_out};
use super::{Drawn, Job, Negatives, Stage};
use crate::compose::{Composition, LatentFrames, Piece, compose};
use crate::config::{LmdConfig, Method};
use crate::denoise::{Condition, Guidance, Outcome, Run};
use crate::energy::{AttentionMaps, GuidedObject, top_k_energy, transfer_energy};
use crate::grounding::{BoxGrounding, Grounding};
use crate::model::host;
use crate::observer::{Observer, Phase};
use crate::{DiffusionError, Latents, Model};

/// Draws a layout.
///
/// # Errors
/// [`DiffusionError`]; [`DiffusionError::EmptyMask`] when a box's attention
/// leaves no mask.
pub fn draw(model: &Model, job: &Job<'_>, observer: &mut dyn Observer) -> Result<Drawn, DiffusionError> {
    draw_traced(model, job, observer).map(|traced| traced.drawn)
}

/// Draws a layout and hands out everything between its steps as well.
///
/// # Errors
/// As [`draw`].
pub fn draw_traced(
    model: &Model,
    job: &Job<'_>,
    observer: &mut dyn Observer,
) -> Result<Traced, DiffusionError> {
    let method = Lmd::new(model, job)?;
    let negatives = method.stage.negatives();
    let mut recipe = method.stage.recipe(&method.grounding.prompt, &negatives.overall);

    let start = Instant::now();
    let conditions = method.encode(&negatives)?;
    recipe.timings.text = start.elapsed().as_secs_f64();

    let start = Instant::now();
    let background = method.stage.noise(job.seeds.background);
    let pieces =
        if method.needs_boxes() { method.per_box(&conditions, &background, observer)? } else { Vec::new() };
    let composition = method.compose(&background, &pieces)?;
    recipe.timings.boxes = start.elapsed().as_secs_f64();

    let start = Instant::now();
    let outcome = method.overall(&conditions, &composition, &pieces, observer)?;
    recipe.timings.overall = start.elapsed().as_secs_f64();

    recipe.energies = outcome.energies;
    recipe.boxes = pieces.iter().map(CutOut::trace).collect();
    let drawn = method.stage.finish(outcome.latents, recipe)?;
    Ok(Traced { drawn, boxes: pieces, composition, overall: outcome.frames })
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
    /// The overall run's latents of every step, after the frozen overwrite.
    pub overall: LatentFrames,
}

/// One job of the method.
struct Lmd<'a> {
    stage: Stage<'a>,
    config: &'a LmdConfig,
    /// LMD+.
    plus: bool,
    grounding: Grounding,
    guided_layers: Vec<AttnKey>,
    mask_layer: AttnKey,
    /// The guided layers and the mask's.
    kept_layers: Vec<AttnKey>,
    frozen_steps: usize,
}

/// What the pictures are to show.
struct Conditions {
    boxes: Vec<Condition>,
    overall: Condition,
}

impl<'a> Lmd<'a> {
    fn new(model: &'a Model, job: &'a Job<'a>) -> Result<Self, DiffusionError> {
        let config = &job.config.lmd;
        let plus = job.config.method == Method::LmdPlus;
        let floor = (config.center_boxes && !plus).then_some(config.floor_padding);
        let (guided_layers, mask_layer) = config.layers(&model.unet.attention_keys())?;
        let mask_layer = mask_layer.ok_or(DiffusionError::NoMaskLayer)?;
        let kept_layers = guided_layers.iter().copied().chain([mask_layer]).collect();
        Ok(Self {
            stage: Stage::new(model, job)?,
            config,
            plus,
            grounding: Grounding::new(job.layout, &model.tokenizer, floor, job.config.fidelity)?,
            guided_layers,
            mask_layer,
            kept_layers,
            frozen_steps: config.frozen_steps(job.config.steps),
        })
    }

    fn transfers(&self) -> bool {
        self.config.transfer_weight != 0.0
    }

    /// Without transfer and frozen steps nothing of the boxes' own pictures
    /// would be used (B.13).
    fn needs_boxes(&self) -> bool {
        self.transfers() || self.frozen_steps > 0
    }

    fn encode(&self, negatives: &Negatives) -> Result<Conditions, DiffusionError> {
        let Grounding { boxes, prompt, objects, phrases } = &self.grounding;
        let alone = |b: &BoxGrounding| {
            let condition = self.stage.condition(&b.prompt, &negatives.per_box)?;
            self.with_boxes(condition, &[(&b.phrase, b.place)])
        };
        // Each of several equal things is told the phrase of all of them, as in the reference.
        let places = objects.iter().zip(phrases);
        let places = places.flat_map(|(object, phrase)| object.boxes.iter().map(|at| (phrase.as_str(), *at)));
        let overall = self.stage.condition(prompt, &negatives.overall)?;
        Ok(Conditions {
            boxes: boxes.iter().map(alone).collect::<Result<_, _>>()?,
            overall: self.with_boxes(overall, &places.collect::<Vec<_>>())?,
        })
    }

    /// LMD+ gives boxes to the grounding layers.
    fn with_boxes(
        &self,
        condition: Condition,
        boxes: &[(&str, [f64; 4])],
    ) -> Result<Condition, DiffusionError> {
        if self.plus { self.stage.grounded(condition, boxes) } else { Ok(condition) }
    }

    /// Draws every box alone, `config.batch` of them at a time.
    fn per_box(
        &self,
        conditions: &Conditions,
        background: &[f32],
        observer: &mut dyn Observer,
    ) -> Result<Vec<CutOut>, DiffusionError> {
        let mut denoiser = self.stage.denoiser()?;
        if self.config.fast_schedule {
            denoiser.sampler = denoiser.sampler.with_fast_schedule(self.dense_steps());
        }
        let total = self.grounding.boxes.len();
        let mut pieces = Vec::with_capacity(total);
        while pieces.len() < total {
            let first = pieces.len();
            let count = self.config.batch.clamp(1, total - first);
            let boxes = self.grounding.boxes.iter().zip(&conditions.boxes).enumerate();
            let runs = boxes.skip(first).take(count);
            let runs = runs.map(|(k, (b, condition))| {
                let noise = self.stage.tensor(self.box_noise(k, b, background));
                self.box_run(b, condition, denoiser.start(noise))
            });
            let phase = Phase::Boxes { first, count, total };
            let outcomes =
                denoiser.denoise(runs.collect(), phase, observer, &mut self.stage.fresh_noise())?;
            for outcome in outcomes {
                pieces.push(self.cut_out(pieces.len(), outcome)?);
            }
        }
        Ok(pieces)
    }

    /// Steps that must be drawn one by one under the fast schedule (B.2).
    fn dense_steps(&self) -> usize {
        let guided = if self.transfers() { self.config.overall.max_index_step } else { 0 };
        self.frozen_steps.max(guided)
    }

    /// Unit noise of box k: its own, blended into the background's where it is drawn (B.3).
    fn box_noise(&self, k: usize, b: &BoxGrounding, background: &[f32]) -> Vec<f32> {
        let own = self.stage.noise(self.stage.job.seeds.of_box(k));
        let ratio = self.config.fg_blending_ratio.unwrap_or(if self.plus { 0.1 } else { 0.01 });
        blend(background, &own, &self.grid_mask(&b.guided), ratio)
    }

    /// The run of one box alone, guided to its place, or told it by grounding
    /// layers.
    fn box_run(&'a self, b: &'a BoxGrounding, condition: &Condition, start: Latents) -> Run<'a> {
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
        Run {
            condition: condition.clone(),
            start,
            guidance: (!self.plus).then_some(guidance),
            keep: Some((&self.kept_layers, b.guided.word)),
            frozen: None,
        }
    }

    /// An object's boxes on the latents' grid.
    fn grid_mask(&self, object: &GuidedObject) -> Mask {
        let (width, height) = self.stage.grid;
        let mut mask = Mask::new(width, height);
        for corners in &object.boxes {
            mask.fill(lmd_layout::GridRect::from_xyxy(*corners, width, height));
        }
        mask
    }

    /// Masks what box k drew by its attention and moves it into place
    /// (B.11, B.12); LMD+ drew it there, and what lies outside is not its.
    fn cut_out(&self, k: usize, outcome: Outcome) -> Result<CutOut, DiffusionError> {
        let Some(b) = self.grounding.boxes.get(k) else {
            let expected = self.grounding.boxes.len();
            return Err(DiffusionError::Shape { what: "boxes", expected, got: k });
        };
        let placing = if self.plus {
            Placing::Within(self.grid_mask(&b.guided))
        } else if self.config.align {
            Placing::Moved(b.place)
        } else {
            Placing::AsDrawn
        };
        let seed = self.stage.job.seeds.of_box(k);
        cut_out(outcome, b, seed, self.mask_layer, self.config, &placing)
    }

    /// The latents of the boxes on the background's noise, all in the sampler's scale.
    fn compose(&self, background: &[f32], pieces: &[CutOut]) -> Result<Composition, DiffusionError> {
        let start = self.stage.denoiser()?.start(self.stage.tensor(background.to_vec()));
        let pieces: Vec<Piece<'_>> =
            pieces.iter().map(|piece| Piece { latents: &piece.latents, mask: &piece.mask }).collect();
        compose(&self.stage.frame(host(start)), &pieces)
    }

    /// The whole picture, from the composed start.
    fn overall(
        &self,
        conditions: &Conditions,
        composition: &Composition,
        pieces: &[CutOut],
        observer: &mut dyn Observer,
    ) -> Result<Outcome, DiffusionError> {
        let start = composition.latents.frames.first().cloned().unwrap_or_default();
        let objects = &self.grounding.objects;
        let tokens = objects.iter().flat_map(|o| o.tokens.iter().copied().chain([o.word])).collect();
        let guidance = Guidance {
            config: &self.config.overall,
            layers: &self.guided_layers,
            tokens,
            energy: Box::new(|step, maps| self.overall_energy(step, maps, pieces)),
            step_size: None,
        };
        let run = Run {
            condition: conditions.overall.clone(),
            start: self.stage.tensor(start),
            guidance: (!objects.is_empty()).then_some(guidance),
            keep: None,
            frozen: (!pieces.is_empty()).then_some((composition, self.frozen_steps)),
        };
        let denoiser = self.stage.denoiser()?;
        let outcomes =
            denoiser.denoise(vec![run], Phase::Overall, observer, &mut self.stage.fresh_noise())?;
        outcomes.into_iter().next().ok_or(DiffusionError::Cancelled)
    }

    /// The box energy plus the attention transfer from the same step of the
    /// boxes' own pictures (B.7, B.8).
    fn overall_energy(
        &self,
        step: usize,
        maps: &AttentionMaps,
        pieces: &[CutOut],
    ) -> Result<crate::energy::Energy, DiffusionError> {
        let objects = &self.grounding.objects;
        let energy = top_k_energy(maps, objects, &self.config.overall.energy)?;
        if !self.transfers() || pieces.is_empty() {
            return Ok(energy);
        }
        // The pieces are in the order of the objects' boxes.
        let mut next = pieces.iter().map(|piece| piece.attention.get(step).cloned().unwrap_or_default());
        let references: Vec<Vec<AttentionMaps>> =
            objects.iter().map(|object| next.by_ref().take(object.boxes.len()).collect()).collect();
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
