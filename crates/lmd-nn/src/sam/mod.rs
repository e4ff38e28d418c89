//! Segment Anything (Kirillov et al. 2023, arXiv:2304.02643): masks of what a point or a box shows.
//!
//! ```text
//! picture ── ImageEncoder ──► SamImage ──┐
//! points, box, mask ── PromptEncoder ────┴──► MaskDecoder ──► three masks, each with its expected IoU
//! ```
//!
//! A picture is encoded once for any number of prompts. All networks compute in f32.

mod config;
mod decoder;
mod folder;
mod image_encoder;
mod mlp;
mod names;
mod network;
mod picture;
mod prompt;
mod relative_attention;
mod two_way;

pub use config::{SamConfig, SamDecoderConfig, SamPromptConfig, SamVisionConfig};
pub use folder::SamFolder;
pub use network::{Sam, SamImage, SamMasks};
pub use picture::{Preprocessor, ScaledMasks};
pub use prompt::SamPrompt;
