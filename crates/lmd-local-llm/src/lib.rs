//! Language models from GGUF files, run in the process.
//!
//! [`ENTRY`] is their line in the planner's registry of chat models; the file
//! is named by `llm.model`. Files are read and described ([`Description`])
//! by every build; to run them takes the feature `run`, which brings candle
//! along. Without it [`ENTRY`] says so.

pub mod gguf;

mod describe;
mod entry;
mod settings;
mod shape;

#[cfg(feature = "run")]
mod constraint;
#[cfg(feature = "run")]
mod decoder;
#[cfg(feature = "run")]
mod measure;
#[cfg(feature = "run")]
mod model;
#[cfg(feature = "run")]
mod runner;
#[cfg(feature = "run")]
mod sampler;
#[cfg(feature = "run")]
mod template;
#[cfg(feature = "run")]
mod vocabulary;

pub use describe::Description;
pub use entry::{CAN_RUN, ENTRY, NAME};
#[cfg(feature = "run")]
pub use measure::{Measured, measure};
#[cfg(feature = "run")]
pub use model::GgufModel;
pub use settings::GgufSettings;
pub use shape::{Family, Shape};

// The code in the README is compiled and run with the tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
