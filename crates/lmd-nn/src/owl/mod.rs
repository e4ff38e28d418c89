//! OWL-ViT (Minderer et al. 2022, arXiv:2205.06230) and OWLv2 (2023, arXiv:2306.09683): detectors of whatever a text names.
//!
//! ```text
//! picture ── vision tower ──► one feature per patch ──► box head: a box near the patch
//! queries ── text tower ────► one vector per query ───► class head: how well the patch fits each query
//! ```
//!
//! Both towers are CLIP's. OWLv2 takes its picture squared and says of every box whether it holds a thing at all.

mod config;
mod heads;
mod network;
mod picture;
mod vision;

pub use config::{OwlConfig, OwlVersion, OwlVisionConfig};
pub use network::{Owl, OwlOutput};
