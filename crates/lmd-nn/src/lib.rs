//! The networks of Stable Diffusion in Rust, whose attention can be read by name
//! and steered by gradients to the latents.
//!
//! | module | network | paper |
//! |---|---|---|
//! | [`clip`] | CLIP text encoder and tokenizer | arXiv:2103.00020 |
//! | [`unet`] | U-Net with cross-attention | arXiv:2112.10752 |
//! | [`owl`] | OWL-ViT and OWLv2: detectors of what a text names | arXiv:2205.06230, 2306.09683 |
//! | [`sam`] | Segment Anything: masks | arXiv:2304.02643 |
//! | [`vae`] | autoencoder, and the tiny one for previews | arXiv:2112.10752 |
//! | [`center_net`] | the detector of the bundled world | arXiv:1904.07850 |
//! | [`detect`] | what finds things in pictures, behind one trait | |
//! | [`weights`] | weight files, checked before they are used | |
//! | [`model`] | models as they lie on disk | |
//!
//! Weights are frozen constants. The one thing that may have a gradient is the
//! latents, when the caller says so with `latents.autodiff().require_grad()`.

mod attn_key;
pub mod center_net;
pub mod clip;
mod config_check;
#[cfg(feature = "flex")]
mod cpu;
pub mod detect;
mod detectors;
mod device;
mod error;
#[cfg(feature = "flex")]
#[doc(hidden)]
pub mod inner;
mod layers;
pub mod model;
pub mod owl;
mod prediction;
mod preprocess;
pub mod sam;
pub mod unet;
pub mod vae;
mod warning;
pub mod weights;
mod workers;

pub use burn::tensor::{Bool, Device, Float, Int, Tensor, TensorData};

pub use attn_key::{AttnKey, UNetSection};
pub use center_net::{CenterNet, CenterNetConfig};
pub use clip::{ClipTextConfig, ClipTextEncoder, ClipTextOutput, Encoded, Positions, Tokenizer};
pub use detect::{DetectError, Detection, Detector, RgbView, Selection, Vocabulary};
pub use detectors::{DETECTOR_KINDS, DetectorFolder, DetectorKind};
pub use device::{Accelerator, Precision, device, device_name};
pub use error::NnError;
pub use model::ModelFolder;
pub use owl::Owl;
pub use prediction::PredictionType;
pub use sam::{Sam, SamFolder, SamPrompt};
pub use unet::{
    AttentionType, GligenBox, MAX_GLIGEN_BOXES, TextContext, UNet, UNetConfig, UNetOutput, UNetRequest,
};
pub use vae::{Autoencoder, AutoencoderKl, AutoencoderTiny, Posterior, TinyVaeConfig, VaeConfig};
pub use warning::Warning;
pub use weights::{Adapters, Checkpoint, LoadOptions, Lora, StaticFiles, WeightsError};
pub use workers::with_spinning_pool;

// The code in the README is compiled and run with the tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
