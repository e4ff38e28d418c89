//! Mask refiners: from what a box's own picture shows to the cells that belong to its object (docs/method.md, B.11).
//!
//! A further refiner is one file beside `attention` and one line in `builtin`.

mod attention;
mod refiner;
mod segment_anything;

use std::sync::Arc;

pub use attention::AttentionThreshold;
pub use refiner::{MaskEvidence, MaskRefiner};
pub use segment_anything::SegmentAnything;

/// The refiners of this crate.
pub(crate) fn builtin() -> Vec<Arc<dyn MaskRefiner>> {
    vec![Arc::new(AttentionThreshold), Arc::new(SegmentAnything)]
}
