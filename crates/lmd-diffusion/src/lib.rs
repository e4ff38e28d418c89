//! Stage 2 of LLM-grounded diffusion (LMD, arXiv 2305.13655): noise,
//! schedulers, energies, guidance, masks, composition, and the methods.

pub mod compose;
pub mod config;
pub mod energy;
pub mod grounding;
pub mod mask;
pub mod methods;
pub mod observer;
pub mod recipe;
pub mod scheduler;

mod config_check;
mod denoise;
mod error;
mod guidance;
mod model;
mod noise;
mod preset;
mod preview;

use burn::tensor::Tensor;

pub use config::{DrawConfig, GuidanceConfig, LmdConfig, Method};
pub use denoise::StepEnergies;
pub use error::DiffusionError;
pub use guidance::GuidedPass;
pub use methods::{Drawn, Job, draw};
pub use model::{Hints, Model, Rgb};
pub use noise::{MtNormal, NoiseSource, philox_randn};
pub use observer::{Observer, Phase, Progress, Silent};
pub use preset::Preset;
pub use recipe::{PlannedBy, Recipe, Seeds};

/// Latents or network output, shape `[batch, channels, height, width]`.
pub type Latents = Tensor<4>;

// The code in the README is compiled and run with the tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
