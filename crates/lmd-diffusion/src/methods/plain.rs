//! Stable Diffusion as it is (Rombach et al. 2021, arXiv 2112.10752), with
//! classifier-free guidance: the prompt alone, no boxes.

use lmd_layout::convert_spec;

use super::{Drawn, Job, Stage};
use crate::observer::Observer;
use crate::{DiffusionError, Model};

/// Draws the job's prompt, or the layout's overall prompt where there is none.
///
/// # Errors
/// [`DiffusionError`].
pub fn draw(model: &Model, job: &Job<'_>, observer: &mut dyn Observer) -> Result<Drawn, DiffusionError> {
    let stage = Stage::new(model, job)?;
    let prompts = convert_spec(job.layout, job.config.fidelity);
    let prompt = if job.prompt.is_empty() { &prompts.overall.prompt } else { job.prompt };
    stage.single(prompt, Ok, None, observer)
}
