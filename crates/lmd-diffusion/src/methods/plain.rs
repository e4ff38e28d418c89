//! Stable Diffusion as it is (Rombach et al. 2021, arXiv 2112.10752), with
//! classifier-free guidance: the prompt alone, no boxes.

use std::time::Instant;

use lmd_layout::convert_spec;

use super::{Drawn, Job, Stage};
use crate::denoise::Run;
use crate::observer::{Observer, Phase};
use crate::{DiffusionError, Model};

/// Draws the job's prompt, or the layout's overall prompt where there is none.
///
/// # Errors
/// [`DiffusionError`].
pub fn draw(model: &Model, job: &Job<'_>, observer: &mut dyn Observer) -> Result<Drawn, DiffusionError> {
    let stage = Stage::new(model, job)?;
    let prompts = convert_spec(job.layout, job.config.fidelity);
    let prompt = if job.prompt.is_empty() { &prompts.overall.prompt } else { job.prompt };
    let negative = stage.negatives().overall;
    let mut recipe = stage.recipe(prompt, &negative);

    let start = Instant::now();
    let (uncond, cond) = (model.text_context(&[&negative])?, model.text_context(&[prompt])?);
    recipe.timings.text = start.elapsed().as_secs_f64();

    let start = Instant::now();
    let noise = stage.tensor(stage.noise(job.seeds.background));
    let run = Run { uncond, cond, noise, guidance: None, keep: None, frozen: None };
    let outcomes =
        stage.denoiser()?.denoise(vec![run], Phase::Overall, observer, &mut stage.fresh_noise())?;
    recipe.timings.overall = start.elapsed().as_secs_f64();

    let latents = outcomes.into_iter().next().map(|outcome| outcome.latents);
    stage.finish(latents.ok_or(DiffusionError::Cancelled)?, recipe)
}
