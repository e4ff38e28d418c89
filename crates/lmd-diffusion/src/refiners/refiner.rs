//! [`MaskRefiner`]: what mask refiners do, and what they see.

use std::fmt::Debug;

use lmd_layout::{Fidelity, Mask};
use lmd_nn::Sam;

use crate::DiffusionError;
use crate::config::LmdConfig;
use crate::mask::TokenMap;
use crate::picture::Rgb;

/// What there is to see of a box that was drawn alone.
#[derive(Debug)]
pub struct MaskEvidence<'a> {
    /// Its prompt.
    pub prompt: &'a str,
    /// The attention its word received in the mask's layer, averaged over heads and the steps from
    /// [`LmdConfig::mask_start`] on.
    pub attention: &'a TokenMap,
    /// The box it was drawn in, on the latents' grid.
    pub drawn_box: &'a Mask,
    /// Its picture, where the refiner [`needs_picture`](MaskRefiner::needs_picture).
    pub picture: Option<&'a Rgb>,
    /// Segment Anything, where the pipeline has it.
    pub sam: Option<&'a Sam>,
    /// The box as `[x0, y0, x1, y1]`, each in 0 to 1, where the thing was drawn in its place and is asked for by its box
    /// (LMD+); else its attention shows where it is.
    pub place: Option<[f64; 4]>,
    /// Whether the reference's quirks are reproduced.
    pub fidelity: Fidelity,
    /// The settings, of which masks have a few.
    pub config: &'a LmdConfig,
}

/// Finds an object's mask.
pub trait MaskRefiner: Debug + Send + Sync {
    /// Its name in settings.
    fn name(&self) -> &'static str;

    /// One line of help.
    fn summary(&self) -> &'static str;

    /// Whether a box's picture has to be decoded for it.
    fn needs_picture(&self) -> bool {
        false
    }

    /// Whether it needs Segment Anything.
    fn needs_sam(&self) -> bool {
        false
    }

    /// The object's cells on the grid of `evidence.drawn_box`, which is the latents'; an empty mask where there is none.
    ///
    /// # Errors
    /// When it cannot look.
    fn refine(&self, evidence: &MaskEvidence<'_>) -> Result<Mask, DiffusionError>;
}
