//! Weights from disk: safetensors files, checked before anything is believed.

mod checkpoint;
mod error;
mod folder;
mod header;
mod lora;
mod mmap;
mod numbers;
mod reader;
mod single_file;
mod source;

pub use checkpoint::{Checkpoint, TensorView};
pub use error::{HeaderError, Mismatch, WeightsError};
pub use folder::ModelFolder;
pub use header::{StoredType, TensorEntry, read_header};
pub use lora::{Adapters, Lora};
pub use reader::{LoadOptions, Weights, load};
pub(crate) use source::Source;
pub use source::StaticFiles;
