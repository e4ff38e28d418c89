//! What is told about a job before it is drawn.

use crate::method::MethodContext;
use crate::text::cut_text;
use crate::{DiffusionError, Warning};

/// Sides outside of these multiples of the trained side are told; the widest pictures that Stable Diffusion is commonly
/// asked for have sides of three quarters and one and a half of it.
const USUAL_SIDES: std::ops::RangeInclusive<f64> = 0.75..=1.5;

/// All warnings about a job.
pub(crate) fn warnings(context: &MethodContext<'_>) -> Result<Vec<Warning>, DiffusionError> {
    let mut warnings: Vec<Warning> = size(context).into_iter().chain(few_steps(context)).collect();
    warnings.extend(cut_prompts(context)?);
    // Refuses steps that the schedule has no room for.
    context.sampler()?;
    Ok(warnings)
}

fn size(context: &MethodContext<'_>) -> Option<Warning> {
    let (width, height) = context.size;
    let trained = context.pipeline.native_size();
    let usual = |side: usize| USUAL_SIDES.contains(&(side as f64 / trained.max(1) as f64));
    (!usual(width) || !usual(height)).then_some(Warning::Size { width, height, trained })
}

fn few_steps(context: &MethodContext<'_>) -> Option<Warning> {
    let (steps, sampler) = (context.job.config.steps, context.sampler_spec);
    let least = sampler.least_steps;
    (steps < least).then_some(Warning::FewSteps { sampler: sampler.name, steps, least })
}

fn cut_prompts(context: &MethodContext<'_>) -> Result<Vec<Warning>, DiffusionError> {
    let tokenizer = context.pipeline.text.tokenizer();
    let mut warnings = Vec::new();
    for (prompt, text) in context.method.prompts(context)? {
        if let Some(cut) = cut_text(tokenizer, &text)? {
            let (tokens, limit) = (tokenizer.encode(&text)?.tokens, tokenizer.length());
            warnings.push(Warning::PromptCut { prompt, tokens, limit, cut: cut.to_owned() });
        }
    }
    Ok(warnings)
}
