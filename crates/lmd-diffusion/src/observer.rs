//! [`Observer`]: progress, previews and cancellation through one door.

use std::ops::ControlFlow;

use serde::{Deserialize, Serialize};

use crate::Latents;
use crate::energy::AttentionMaps;

/// Which part of the work is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// The pictures of single boxes, `first..first + count` of `total`.
    Boxes {
        /// First box of this batch.
        first: usize,
        /// Boxes in this batch.
        count: usize,
        /// Boxes in all.
        total: usize,
    },
    /// The picture as a whole.
    Overall,
}

/// What an observer is told.
#[derive(Clone, Copy, Debug)]
pub struct Progress<'a> {
    /// Which part of the work.
    pub phase: Phase,
    /// The step under way, from 0.
    pub step: usize,
    /// Steps of this part.
    pub steps: usize,
    /// The guidance iteration about to run; `None` when the step is done.
    pub iteration: Option<usize>,
    /// The last energy measured, without the loss scale.
    pub energy: Option<f64>,
    /// x̂₀ after a step, shape `[batch, channels, height, width]`.
    pub denoised: Option<&'a Latents>,
    /// The latents after a step in the sampler's scale, of the same shape, for who [wants](Observer::wants) them.
    pub latents: Option<&'a Latents>,
    /// The attention of the prompts in a step before its update, one for every picture of the batch: all tokens in the
    /// guided layers and the one masks are read from. For who [wants](Observer::wants) it.
    pub attention: Option<&'a [AttentionMaps]>,
}

/// What an observer is shown beside the progress. It costs time and memory, and changes no bit of the picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wants {
    /// The latents of every step.
    pub latents: bool,
    /// The attention of every step, by a further pass of the network.
    pub attention: bool,
}

/// Told before every guidance iteration and after every denoising step.
/// Answering [`ControlFlow::Break`] ends the work with
/// [`crate::DiffusionError::Cancelled`].
pub trait Observer {
    /// Takes note, and says whether to go on.
    fn observe(&mut self, progress: &Progress<'_>) -> ControlFlow<()>;

    /// What it is to be shown besides. Nothing by default.
    fn wants(&self) -> Wants {
        Wants::default()
    }
}

/// Any closure of the right shape is an observer.
impl<F: FnMut(&Progress<'_>) -> ControlFlow<()>> Observer for F {
    fn observe(&mut self, progress: &Progress<'_>) -> ControlFlow<()> {
        self(progress)
    }
}

/// Tells an observer how far the work is, and asks it whether to go on, of a picture that is drawn only for another one:
/// nothing of it is kept.
pub(crate) struct Unwatched<'a>(pub(crate) &'a mut dyn Observer);

impl Observer for Unwatched<'_> {
    fn observe(&mut self, progress: &Progress<'_>) -> ControlFlow<()> {
        self.0.observe(progress)
    }
}

/// Looks on and says nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Observer for Silent {
    fn observe(&mut self, _progress: &Progress<'_>) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}
