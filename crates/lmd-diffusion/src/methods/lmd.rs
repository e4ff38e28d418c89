//! LLM-grounded Diffusion, stage 2 (Lian et al. 2023, arXiv 2305.13655,
//! section 3.2; B.5 to B.13).
//!
//! ```text
//! for each box:  draw it alone under guidance          per_box
//!                mask   ← its attention, thresholded   cut_out
//!                align  mask, latents, attention with the layout
//! compose        the masked latents on the background  compose
//! draw           the whole picture: guided by the boxes and by the
//!                transferred attention, composed latents held for the
//!                first half of the steps               overall
//! ```

use std::time::Instant;

use lmd_layout::Mask;
use lmd_nn::{AttnKey, TextContext};

use super::{Drawn, Job, Negatives, Stage};
use crate::compose::{Composition, LatentFrames, Offset, Piece, compose, shifted_mask};
use crate::config::LmdConfig;
use crate::denoise::{Guidance, Outcome, Run};
use crate::energy::{AttentionMaps, GuidedObject, top_k_energy, transfer_energy};
use crate::grounding::{BoxGrounding, Grounding};
use crate::mask::TokenMap;
use crate::observer::{Observer, Phase};
use crate::recipe::BoxTrace;
use crate::{DiffusionError, Model};

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
    let texts = method.encode(&negatives)?;
    recipe.timings.text = start.elapsed().as_secs_f64();

    let start = Instant::now();
    let background = method.stage.noise(job.seeds.background);
    let pieces =
        if method.needs_boxes() { method.per_box(&texts, &background, observer)? } else { Vec::new() };
    let composition = method.compose(background, &pieces)?;
    recipe.timings.boxes = start.elapsed().as_secs_f64();

    let start = Instant::now();
    let outcome = method.overall(&texts, &composition, &pieces, observer)?;
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
    grounding: Grounding,
    guided_layers: Vec<AttnKey>,
    mask_layer: AttnKey,
    /// The guided layers and the mask's.
    kept_layers: Vec<AttnKey>,
    frozen_steps: usize,
}

/// The prompts as the network reads them, each of batch 1.
struct Texts {
    boxes: Vec<TextContext>,
    box_negative: TextContext,
    overall: TextContext,
    overall_negative: TextContext,
}

/// One box, drawn, masked and moved into place.
#[derive(Clone, Debug)]
pub struct CutOut {
    /// Index into the layout's objects.
    pub object: usize,
    /// The seed of its own noise.
    pub seed: u64,
    /// How far it was moved.
    pub offset: Offset,
    /// Its mask where it was drawn.
    pub drawn_mask: Mask,
    /// Its latents of every step where it was drawn.
    pub drawn: LatentFrames,
    /// Its mask in its place.
    pub mask: Mask,
    /// Its latents of every step in their place.
    pub latents: LatentFrames,
    /// Its word's attention in the kept layers at every step, in place.
    pub attention: Vec<AttentionMaps>,
    /// The energies of its guidance.
    pub energies: Vec<crate::StepEnergies>,
}

impl<'a> Lmd<'a> {
    fn new(model: &'a Model, job: &'a Job<'a>) -> Result<Self, DiffusionError> {
        let config = &job.config.lmd;
        let (guided_layers, mask_layer) = config.layers(&model.unet.attention_keys())?;
        let mask_layer = mask_layer.ok_or(DiffusionError::NoMaskLayer)?;
        let kept_layers = guided_layers.iter().copied().chain([mask_layer]).collect();
        Ok(Self {
            stage: Stage::new(model, job)?,
            config,
            grounding: Grounding::new(job.layout, &model.tokenizer, config, job.config.fidelity)?,
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

    fn encode(&self, negatives: &Negatives) -> Result<Texts, DiffusionError> {
        let (model, grounding) = (self.stage.model, &self.grounding);
        let boxes = grounding.boxes.iter().map(|b| model.text_context(&[&b.prompt]));
        Ok(Texts {
            boxes: boxes.collect::<Result<_, _>>()?,
            box_negative: model.text_context(&[&negatives.per_box])?,
            overall: model.text_context(&[&grounding.prompt])?,
            overall_negative: model.text_context(&[&negatives.overall])?,
        })
    }

    /// Draws every box alone, `config.batch` of them at a time.
    fn per_box(
        &self,
        texts: &Texts,
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
            let boxes = self.grounding.boxes.iter().zip(&texts.boxes).enumerate().skip(first).take(count);
            let runs = boxes.map(|(k, (b, text))| self.box_run(k, b, text, &texts.box_negative, background));
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

    /// Box k alone: its own noise blended into the background's (B.3), guided
    /// to its place.
    fn box_run(
        &'a self,
        k: usize,
        b: &'a BoxGrounding,
        text: &TextContext,
        negative: &TextContext,
        background: &[f32],
    ) -> Run<'a> {
        let own = self.stage.noise(self.stage.job.seeds.of_box(k));
        let noise = blend(background, &own, &self.grid_mask(&b.guided), self.config.fg_blending_ratio);
        let energy = move |_step: usize, maps: &AttentionMaps| {
            top_k_energy(maps, std::slice::from_ref(&b.guided), &self.config.per_box.energy)
        };
        let guidance = Guidance {
            config: &self.config.per_box,
            layers: &self.guided_layers,
            tokens: b.guided.tokens.clone(),
            energy: Box::new(energy),
        };
        Run {
            uncond: negative.clone(),
            cond: text.clone(),
            noise: self.stage.tensor(noise),
            guidance: Some(guidance),
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
    /// (B.11, B.12).
    fn cut_out(&self, k: usize, outcome: Outcome) -> Result<CutOut, DiffusionError> {
        let Some(b) = self.grounding.boxes.get(k) else {
            return Err(DiffusionError::Shape {
                what: "boxes",
                expected: self.grounding.boxes.len(),
                got: k,
            });
        };
        let caption = || b.prompt.clone();
        let start = self.config.mask_start(outcome.kept.len());
        let maps = outcome.kept.iter().skip(start).filter_map(|maps| maps.get(&self.mask_layer));
        let map = TokenMap::mean(maps).ok_or_else(|| DiffusionError::EmptyMask { caption: caption() })?;
        let (width, height) = self.stage.grid;
        let mask = map.smoothed(self.config.mask_sigma).normalised().above(
            self.config.mask_threshold,
            width,
            height,
        );
        let aligned =
            if self.config.align { b.place } else { b.guided.boxes.first().copied().unwrap_or(b.place) };
        let offset = Offset::between(&mask, aligned, self.coarsest_grid(&outcome))
            .ok_or_else(|| DiffusionError::EmptyMask { caption: caption() })?;
        let offset = if self.config.align { offset } else { Offset { x: 0, y: 0, ..offset } };
        let (dx, dy) = offset.on_grid(width, height);
        Ok(CutOut {
            object: b.object,
            seed: self.stage.job.seeds.of_box(k),
            offset,
            mask: shifted_mask(&mask, dx, dy),
            latents: outcome.frames.shifted(dx, dy),
            drawn_mask: mask,
            drawn: outcome.frames,
            attention: outcome.kept.iter().map(|maps| shifted_maps(maps, offset)).collect(),
            energies: outcome.energies,
        })
    }

    /// The smallest grid among the kept maps: 8 × 8 for a square picture.
    fn coarsest_grid(&self, outcome: &Outcome) -> (usize, usize) {
        let maps = outcome.kept.first().into_iter().flat_map(AttentionMaps::values);
        let sizes = maps.map(|map| (map.width(), map.height()));
        sizes.min().unwrap_or(self.stage.grid)
    }

    fn compose(&self, background: Vec<f32>, pieces: &[CutOut]) -> Result<Composition, DiffusionError> {
        let pieces: Vec<Piece<'_>> =
            pieces.iter().map(|piece| Piece { latents: &piece.latents, mask: &piece.mask }).collect();
        compose(&self.stage.frame(background), &pieces)
    }

    /// The whole picture, from the composed start.
    fn overall(
        &self,
        texts: &Texts,
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
        };
        let run = Run {
            uncond: texts.overall_negative.clone(),
            cond: texts.overall.clone(),
            noise: self.stage.tensor(start),
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

impl CutOut {
    fn trace(&self) -> BoxTrace {
        let row = |y| (0..self.mask.width()).map(|x| if self.mask.get(x, y) { '#' } else { '.' }).collect();
        let mask = (0..self.mask.height()).map(row).collect();
        let energies = self.energies.clone();
        BoxTrace { object: self.object, seed: self.seed, offset: self.offset, mask, energies }
    }
}

/// `z_bg` outside the mask, `√(1−r) z_bg + √r z_fg` inside (B.3).
fn blend(background: &[f32], own: &[f32], mask: &Mask, ratio: f64) -> Vec<f32> {
    let (keep, add) = ((1.0 - ratio).sqrt() as f32, ratio.sqrt() as f32);
    let cells = mask.cells().iter().cycle();
    let values = background.iter().zip(own).zip(cells);
    values.map(|((bg, fg), on)| if *on { keep * bg + add * fg } else { *bg }).collect()
}

/// Every map moved by an offset.
fn shifted_maps(maps: &AttentionMaps, offset: Offset) -> AttentionMaps {
    let moved = |map: &crate::energy::AttentionMap| {
        let (dx, dy) = offset.on_grid(map.width(), map.height());
        map.shifted(dx, dy)
    };
    maps.iter().map(|(key, map)| (*key, moved(map))).collect()
}
