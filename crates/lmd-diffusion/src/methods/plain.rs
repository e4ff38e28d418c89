//! Stable Diffusion as it is (Rombach et al. 2021, arXiv 2112.10752), with
//! classifier-free guidance: the prompt alone, no boxes.

use super::{Drawn, Method, MethodContext, Work};
use crate::DiffusionError;
use crate::config::DrawConfig;
use crate::observer::Observer;
use crate::samplers::SamplerSpec;
use crate::warning::PromptKind;

/// Draws the job's prompt, or the layout's overall prompt where there is none.
#[derive(Clone, Copy, Debug)]
pub struct Plain;

impl Plain {
    fn prompt(context: &MethodContext<'_>) -> String {
        let job = context.job;
        if job.prompt.is_empty() { context.overall_prompt() } else { job.prompt.to_owned() }
    }
}

impl Method for Plain {
    fn name(&self) -> &'static str {
        "plain"
    }

    fn summary(&self) -> &'static str {
        "Stable Diffusion from the prompt alone; the boxes are not used"
    }

    fn work(
        &self,
        config: &DrawConfig,
        sampler: &SamplerSpec,
        _boxes: usize,
    ) -> Result<Work, DiffusionError> {
        Ok(Work::of_runs(1, sampler.run_steps(config.steps), None))
    }

    fn prompts(&self, context: &MethodContext<'_>) -> Result<Vec<(PromptKind, String)>, DiffusionError> {
        let negative = context.negatives().overall;
        Ok(vec![(PromptKind::Overall, Self::prompt(context)), (PromptKind::Negative, negative)])
    }

    fn draw(
        &self,
        context: &MethodContext<'_>,
        observer: &mut dyn Observer,
    ) -> Result<Drawn, DiffusionError> {
        context.draw_single(&Self::prompt(context), Ok, None, observer)
    }
}
