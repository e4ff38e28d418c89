//! What a run is given: prompts, a start, guidance, latents to hold.

use crate::compose::Composition;
use crate::config::GuidanceConfig;
use crate::energy::{AttentionMaps, Energy};
use crate::network::{Conditioning, LayerId};
use crate::{DiffusionError, Latents};

/// An energy of the guided maps at a step.
pub type EnergyOf<'a> = Box<dyn Fn(usize, &AttentionMaps) -> Result<Energy, DiffusionError> + 'a>;

/// How long step i of so many is.
pub type StepSize<'a> = Box<dyn Fn(usize, usize) -> f64 + 'a>;

/// How a run is guided (B.9).
pub struct Guidance<'a> {
    /// When and how strongly.
    pub config: &'a GuidanceConfig,
    /// The guided layers; those of all runs of a batch are the same.
    pub layers: &'a [LayerId],
    /// The token columns the energy reads.
    pub tokens: Vec<usize>,
    /// The energy, without any loss scale.
    pub energy: EnergyOf<'a>,
    /// The length of a step, where it is not the sampler's
    /// [`guidance_step_size`](crate::samplers::Sampler::guidance_step_size).
    pub step_size: Option<StepSize<'a>>,
}

impl std::fmt::Debug for Guidance<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Guidance")
            .field("config", &self.config)
            .field("layers", &self.layers)
            .field("tokens", &self.tokens)
            .finish_non_exhaustive()
    }
}

/// A prompt and a negative prompt as the network reads them, each of batch 1.
#[derive(Clone, Debug)]
pub struct Prompts {
    /// The negative prompt.
    pub uncond: Conditioning,
    /// The prompt.
    pub cond: Conditioning,
}

/// What a picture is to show.
#[derive(Clone, Debug)]
pub struct Condition {
    /// The prompts without boxes.
    pub prompts: Prompts,
    /// The prompts with boxes, where the method uses GLIGEN layers.
    pub gligen: Option<GligenConditioning>,
}

/// The same prompts with boxes for the GLIGEN layers, in the first so many steps (scheduled sampling, GLIGEN,
/// section 3.3; B.14); afterwards these layers are bypassed.
#[derive(Clone, Debug)]
pub struct GligenConditioning {
    /// The negative prompt has null tokens.
    pub prompts: Prompts,
    /// The prompt as passes of guidance see it.
    pub guided: Conditioning,
    /// Steps from the first in which the layers are on.
    pub steps: usize,
}

impl Condition {
    fn gligen(&self, step: usize) -> Option<&GligenConditioning> {
        self.gligen.as_ref().filter(|gligen| step < gligen.steps)
    }

    pub(super) fn prompts(&self, step: usize) -> &Prompts {
        self.gligen(step).map_or(&self.prompts, |gligen| &gligen.prompts)
    }

    pub(super) fn guided(&self, step: usize) -> &Conditioning {
        self.gligen(step).map_or(&self.prompts.cond, |gligen| &gligen.guided)
    }
}

/// One picture's way from noise to latents, before it is begun.
#[derive(Debug)]
pub struct RunSpec<'a> {
    /// What it is to show.
    pub condition: Condition,
    /// Where it starts, `[1, channels, h, w]`, in the sampler's scale ([`SamplingLoop::start`](super::SamplingLoop::start)).
    pub start: Latents,
    /// How it is guided.
    pub guidance: Option<Guidance<'a>>,
    /// Layers and the token whose attention is kept at every step.
    pub keep: Option<(&'a [LayerId], usize)>,
    /// Whether the latents of every step are kept on the host ([`Trace::frames`](super::Trace::frames)).
    pub keep_frames: bool,
    /// Whether what lies between the steps is kept ([`Trace::inner`](super::Trace::inner)): for tests and for research.
    pub keep_inner: bool,
    /// Latents held inside their mask for so many steps; the last of several wins.
    pub frozen: Vec<(&'a Composition, usize)>,
}

impl RunSpec<'_> {
    pub(super) fn guided_tokens(&self) -> impl Iterator<Item = usize> + '_ {
        self.guidance.iter().flat_map(|guidance| guidance.tokens.iter().copied())
    }
}
