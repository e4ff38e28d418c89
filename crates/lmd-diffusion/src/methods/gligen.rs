//! GLIGEN (Li et al. 2023, arXiv 2301.07093): the whole prompt, and grounding
//! layers that are told every object's own caption and box in the first β of the
//! steps (section C). Nothing is guided and nothing composed.

use lmd_layout::convert_spec;

use super::{Drawn, Job, Stage};
use crate::grounding::corners;
use crate::observer::Observer;
use crate::{DiffusionError, Model};

/// Draws a layout.
///
/// # Errors
/// [`DiffusionError`]; one of them when the model has no grounding layers, or the
/// layout more boxes than these can hold.
pub fn draw(model: &Model, job: &Job<'_>, observer: &mut dyn Observer) -> Result<Drawn, DiffusionError> {
    let stage = Stage::new(model, job)?;
    let prompt = convert_spec(job.layout, job.config.fidelity).overall.prompt;
    let objects = job.layout.objects().iter();
    let boxes: Vec<_> = objects.map(|object| (object.caption.as_str(), corners(object.bbox))).collect();
    stage.single(&prompt, |condition| stage.grounded(condition, &boxes), None, observer)
}
