//! One picture being drawn, and what observers are told of it.

use crate::error::EngineError;
use crate::job::Subject;
use crate::notice::Notice;
use crate::observer::{Observer, Part, Progress};
use crate::stable;
use crate::stage2::{DrawConfig, Model, Phase, Recipe, Recording, Rgb, Seeds, Step, Wants};

/// One picture being drawn.
pub(crate) struct Brush<'a, 'o> {
    model: &'a Model,
    subject: &'a Subject,
    seeds: Seeds,
    observer: &'o mut dyn Observer,
    done: u64,
    total: u64,
}

/// A picture as it was drawn.
pub(crate) struct Painted {
    pub(crate) pixels: Rgb,
    /// What made it.
    pub(crate) recipe: Recipe,
    /// What is doubtful about it.
    pub(crate) notices: Vec<Notice>,
    /// What was wanted of its steps.
    pub(crate) recording: Recording,
}

impl<'a, 'o> Brush<'a, 'o> {
    /// A picture whose work is `total`.
    pub(crate) fn new(
        model: &'a Model,
        subject: &'a Subject,
        seeds: Seeds,
        observer: &'o mut dyn Observer,
        total: u64,
    ) -> Self {
        Self { model, subject, seeds, observer, done: 0, total }
    }

    /// Draws by these settings, and records what is wanted of the steps.
    pub(crate) fn draw(&mut self, config: &DrawConfig, wants: Wants) -> Result<Painted, EngineError> {
        let (model, subject, total) = (self.model, self.subject, self.total);
        let (observer, done) = (&mut *self.observer, &mut self.done);
        let mut observe = |step: &Step<'_>| {
            let (part, copies) = match step.phase {
                Phase::Boxes { first, count, total } => (Part::Boxes { first, count, total }, count as u64),
                Phase::Overall => (Part::Whole, 1),
            };
            // The estimate of the work is an upper bound: guidance may end early.
            *done = done.saturating_add(copies).min(total);
            observer.observe(&Progress {
                part,
                step: step.step,
                steps: step.steps,
                iteration: step.iteration,
                energy: step.energy,
                done: *done,
                total,
                preview: step.denoised.map(|denoised| (model, denoised)),
            })
        };
        let about = (&subject.layout, subject.prompt.as_str());
        let drawn = stable::draw(model, about, self.seeds, (config, wants), &mut observe);
        let (drawn, recording) = drawn.map_err(EngineError::Draw)?;
        let notices = drawn.warnings.iter().map(|warning| Notice::Drawing { warning: warning.to_string() });
        let notices = notices.collect();
        Ok(Painted { pixels: drawn.picture, recipe: drawn.recipe, notices, recording })
    }
}
