//! [`Observer`]: progress, previews and cancellation of a drawing.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::Serialize;

use crate::stage2::{Latents, Model, Rgb};

/// The part of a drawing that is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "part", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Part {
    /// Boxes `first..first + count` of `total`, drawn alone.
    Boxes {
        /// The first box, from 0.
        first: usize,
        /// Boxes drawn at once.
        count: usize,
        /// Boxes in all.
        total: usize,
    },
    /// The picture as a whole.
    Whole,
}

/// How far a drawing is.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Progress<'a> {
    /// The part that is under way.
    pub part: Part,
    /// The step of it, from 0.
    pub step: usize,
    /// Steps of it.
    pub steps: usize,
    /// The guidance iteration that is about to run; `None` after a step.
    pub iteration: Option<usize>,
    /// The last energy that was measured.
    pub energy: Option<f64>,
    /// Work done in all parts of this picture, in units of `total`.
    pub done: u64,
    /// All work of this picture: an upper bound, because guidance may end early.
    pub total: u64,
    pub(crate) preview: Option<(&'a Model, &'a Latents)>,
}

impl Progress<'_> {
    /// The picture as it is foreseen now, where there is one: after a step.
    /// Making it takes time.
    #[must_use]
    pub fn preview(&self) -> Option<Rgb> {
        let (model, denoised) = self.preview?;
        // A preview that fails is none; the picture itself will say why.
        model.preview(denoised).ok()
    }
}

/// Told before every guidance iteration and after every denoising step.
/// [`ControlFlow::Break`] ends the work with [`crate::EngineError::Cancelled`].
pub trait Observer {
    /// Takes note, and says whether to go on.
    fn observe(&mut self, progress: &Progress<'_>) -> ControlFlow<()>;

    /// Whether to go on, asked while files are copied and models loaded.
    fn goes_on(&mut self) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

/// Looks on and says nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Observer for Silent {
    fn observe(&mut self, _: &Progress<'_>) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

/// A switch that cancels, and an observer that obeys it. Copies share it.
#[derive(Clone, Debug, Default)]
pub struct CancelToken(Arc<AtomicBool>);

impl CancelToken {
    /// Cancels whatever obeys this switch.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether it was cancelled.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Whether to go on, as observers say it.
    pub fn flow(&self) -> ControlFlow<()> {
        if self.is_cancelled() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

impl Observer for CancelToken {
    fn observe(&mut self, _: &Progress<'_>) -> ControlFlow<()> {
        self.flow()
    }

    fn goes_on(&mut self) -> ControlFlow<()> {
        self.flow()
    }
}
