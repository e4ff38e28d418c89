//! Backward guidance (Chen et al. 2023, arXiv 2304.03373): the whole prompt,
//! guided in the first fifth of the steps by the share of every phrase's
//! attention that lies outside its boxes (section C).

use super::{Drawn, Job, Stage};
use crate::config::GuidanceConfig;
use crate::denoise::Guidance;
use crate::energy::ratio_energy;
use crate::grounding::Grounding;
use crate::observer::Observer;
use crate::{DiffusionError, Model};

/// Draws a layout.
///
/// # Errors
/// [`DiffusionError`].
pub fn draw(model: &Model, job: &Job<'_>, observer: &mut dyn Observer) -> Result<Drawn, DiffusionError> {
    let stage = Stage::new(model, job)?;
    let config = schedule(job.config.steps);
    let (layers, _) = job.config.lmd.layers(&model.unet.attention_keys())?;
    let grounding = Grounding::new(job.layout, &model.tokenizer, None, job.config.fidelity)?;
    let objects = &grounding.objects;
    let guidance = Guidance {
        config: &config,
        layers: &layers,
        tokens: objects.iter().flat_map(|object| object.tokens.iter().copied()).collect(),
        energy: Box::new(|_, maps| ratio_energy(maps, objects)),
        step_size: None,
    };
    let guidance = (!objects.is_empty()).then_some(guidance);
    stage.single(&grounding.prompt, Ok, guidance, observer)
}

/// Five iterations in each of the first 10 of 50 steps, loss scale 30, threshold 0.2.
fn schedule(steps: usize) -> GuidanceConfig {
    GuidanceConfig {
        max_index_step: steps.div_ceil(5),
        max_iter: vec![5],
        loss_scale: 30.0,
        loss_threshold: 0.2,
        ..GuidanceConfig::default()
    }
}
