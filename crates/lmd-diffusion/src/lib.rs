//! Stage 2 of LLM-grounded diffusion (LMD, arXiv 2305.13655): noise, samplers,
//! energies, guidance, masks, composition, and the methods.
//!
//! ```text
//! Registry ── Method ── MethodContext ── SamplingLoop ── DenoisingNetwork
//!    │          │         noise, prompts,     guide, predict,   forward with
//!    │          │         recipe              step              attention maps
//!    ├── SamplerSpec ── Sampler ── NoiseSchedule
//!    └── MaskRefiner
//! ```
//!
//! Methods, samplers and mask refiners are entries of a [`Registry`], to which others can be added from outside.

pub mod compose;
pub mod config;
pub mod denoise;
pub mod energy;
pub mod mask;
pub mod methods;
pub mod network;
pub mod observer;
pub mod phrase_tokens;
pub mod recipe;
pub mod refiners;
pub mod samplers;
pub mod schedule;
pub mod text;

mod builtin;
mod check;
mod drawing;
mod error;
mod guidance;
mod hints;
mod latents;
mod memory;
mod method;
mod model;
mod noise;
mod picture;
mod pipeline;
mod preset;
mod preview;
mod record;
mod registry;
mod settings;
mod shift;
mod size;
mod warning;

pub use config::{DrawConfig, GuidanceConfig, LmdConfig, Name, ObjectSettings};
pub use denoise::{InnerTrace, StepEnergies};
pub use drawing::{check, draw, draw_recorded};
pub use error::DiffusionError;
pub use guidance::GuidedPass;
pub use hints::{Hints, Looks, Words};
pub use latents::Latents;
pub use memory::{MemoryEstimate, ModelShape, estimate_memory};
pub use method::{Drawn, Job, Method, Work};
pub use network::DenoisingNetwork;
pub use noise::{MtNormal, NoiseSource, philox_randn};
pub use observer::{Observer, Phase, Progress, Silent, Wants};
pub use picture::Rgb;
pub use pipeline::{Pipeline, SAM_FILES};
pub use preset::Preset;
pub use recipe::{PlannedBy, Recipe, Seeds};
pub use record::{Recorded, RecordedPhrase, Recording};
pub use registry::Registry;
pub use warning::{PromptKind, Warning};

// The code in the README is compiled and run with the tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
