//! Weights from disk: safetensors files, every claim of which is checked before it is used.

mod checkpoint;
mod error;
mod header;
mod lora;
mod numbers;
mod pickle;
mod reader;
mod source;
mod stored;

pub use checkpoint::{Checkpoint, TensorView};
pub use error::{HeaderError, Mismatch, WeightsError};
pub use header::{StoredType, TensorEntry, read_header};
pub use lora::{Adapters, Lora};
pub(crate) use numbers::whole_number;
pub use reader::{LoadOptions, Weights, load};
pub(crate) use reader::{check, count_numbers};
pub use source::StaticFiles;
pub(crate) use source::{Source, unreadable};
