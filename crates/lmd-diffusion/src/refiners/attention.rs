//! The attention threshold: the reference's coarse mask (B.11).

use lmd_layout::Mask;

use super::{MaskEvidence, MaskRefiner};
use crate::DiffusionError;

/// The cells whose smoothed, normalised attention is above `mask_threshold`.
#[derive(Clone, Copy, Debug)]
pub struct AttentionThreshold;

impl MaskRefiner for AttentionThreshold {
    fn name(&self) -> &'static str {
        "attention"
    }

    fn summary(&self) -> &'static str {
        "Where the word's smoothed attention is above a threshold"
    }

    fn refine(&self, evidence: &MaskEvidence<'_>) -> Result<Mask, DiffusionError> {
        let (config, grid) = (evidence.config, evidence.drawn_box);
        let map = evidence.attention.smoothed(config.mask_sigma).normalised();
        Ok(map.above(config.mask_threshold, grid.width(), grid.height()))
    }
}
