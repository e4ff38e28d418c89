//! What pictures are to show, as the network reads it: [`Conditions`], and those of a single picture.

use std::collections::BTreeMap;

use lmd_layout::Fidelity;

use crate::DiffusionError;
use crate::config::share;
use crate::denoise::{Condition, GligenConditioning, Prompts};
use crate::method::MethodContext;
use crate::network::Conditioning;

/// The conditions of a job's pictures. A negative prompt that several of them share is encoded once.
pub(super) struct Conditions<'a> {
    context: &'a MethodContext<'a>,
    negatives: BTreeMap<String, Negative>,
}

/// A negative prompt as the network reads it.
#[derive(Clone)]
struct Negative {
    plain: Conditioning,
    /// With null tokens for the GLIGEN layers, once they are asked for.
    null: Option<Conditioning>,
}

impl<'a> Conditions<'a> {
    pub(super) fn new(context: &'a MethodContext<'a>) -> Self {
        Self { context, negatives: BTreeMap::new() }
    }

    /// A prompt and a negative prompt as the network reads them.
    pub(super) fn of(&mut self, prompt: &str, negative: &str) -> Result<Condition, DiffusionError> {
        let uncond = self.negative(negative)?.plain.clone();
        let cond = self.context.pipeline.encode(&[prompt])?;
        Ok(Condition { prompts: Prompts { uncond, cond }, gligen: None })
    }

    /// The same with phrases in boxes `[x0, y0, x1, y1]` for the GLIGEN layers (B.14).
    pub(super) fn with_boxes(
        &mut self,
        prompt: &str,
        negative: &str,
        boxes: &[(&str, [f64; 4])],
    ) -> Result<Condition, DiffusionError> {
        let condition = self.of(prompt, negative)?;
        let context = self.context;
        let known = self.negative(negative)?;
        let null = match known.null.clone() {
            Some(null) => null,
            None => known.null.insert(null_boxes(context, &known.plain)?).clone(),
        };
        with_boxes(context, condition, boxes, null)
    }

    fn negative(&mut self, text: &str) -> Result<&mut Negative, DiffusionError> {
        if !self.negatives.contains_key(text) {
            let plain = self.context.pipeline.encode(&[text])?;
            self.negatives.insert(text.to_owned(), Negative { plain, null: None });
        }
        let invariant = "a negative prompt is kept once it is encoded";
        self.negatives.get_mut(text).ok_or(DiffusionError::Internal { invariant })
    }
}

impl MethodContext<'_> {
    /// A prompt and a negative prompt as the network reads them.
    ///
    /// # Errors
    /// When one cannot be encoded.
    pub fn condition(&self, prompt: &str, negative: &str) -> Result<Condition, DiffusionError> {
        Conditions::new(self).of(prompt, negative)
    }

    /// The same with phrases in boxes `[x0, y0, x1, y1]` for the GLIGEN layers (B.14).
    ///
    /// # Errors
    /// When the network has no such layers, or more boxes are given than these hold.
    pub fn with_boxes(
        &self,
        condition: Condition,
        boxes: &[(&str, [f64; 4])],
    ) -> Result<Condition, DiffusionError> {
        let null = null_boxes(self, &condition.prompts.uncond)?;
        with_boxes(self, condition, boxes, null)
    }
}

/// A prompt with null tokens alone for the GLIGEN layers.
fn null_boxes(context: &MethodContext<'_>, prompt: &Conditioning) -> Result<Conditioning, DiffusionError> {
    context.pipeline.denoiser.encode_boxes(prompt, &[])
}

/// A condition with boxes, its negative prompt with null tokens being `null`.
fn with_boxes(
    context: &MethodContext<'_>,
    condition: Condition,
    boxes: &[(&str, [f64; 4])],
    null: Conditioning,
) -> Result<Condition, DiffusionError> {
    let (pipeline, config) = (context.pipeline, context.job.config);
    let prompts = condition.prompts;
    let cond = pipeline.denoiser.encode_boxes(&prompts.cond, &pipeline.box_phrases(boxes)?)?;
    let reference = config.fidelity == Fidelity::Reference;
    let guided = if reference { null_boxes(context, &prompts.cond)? } else { cond.clone() };
    let gligen = GligenConditioning {
        prompts: Prompts { uncond: null, cond },
        guided,
        steps: share(context.gligen_beta()?, config.steps),
    };
    Ok(Condition { prompts, gligen: Some(gligen) })
}
