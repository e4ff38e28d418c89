//! Backward guidance (Chen et al. 2023, arXiv 2304.03373): the whole prompt,
//! guided in the first fifth of the steps by the share of every phrase's
//! attention that lies outside its boxes (section C).

use super::{Columns, Drawn, Job, Stage};
use crate::energy::ratio_energy;
use crate::observer::Observer;
use crate::{DiffusionError, Model};

/// Draws a layout.
///
/// # Errors
/// [`DiffusionError`].
pub fn draw(model: &Model, job: &Job<'_>, observer: &mut dyn Observer) -> Result<Drawn, DiffusionError> {
    let (layers, _) = job.config.lmd.layers(&model.unet.attention_keys())?;
    Stage::new(model, job)?.guided(&layers, Columns::Phrases, ratio_energy, None, observer)
}
