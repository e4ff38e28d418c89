//! The model that is part of the program, where it was built with one.

use lmd_nn::weights::StaticFiles;

/// The model's files: its networks, its detector and its Segment Anything.
#[cfg(feature = "demo-model")]
pub(crate) fn files() -> Option<StaticFiles> {
    Some(lmd_demo_model::FILES)
}

/// The model's files: none.
#[cfg(not(feature = "demo-model"))]
pub(crate) fn files() -> Option<StaticFiles> {
    None
}
