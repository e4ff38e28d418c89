//! GGUF files: what their header says, checked before anything is believed.
//!
//! The format is described at
//! <https://github.com/ggml-org/ggml/blob/master/docs/gguf.md>. A file is
//! foreign bytes: every count is held against the bytes that are there before
//! memory is taken for it, and every tensor must lie inside of the file.

mod bytes;
mod error;
mod header;
mod kind;
mod value;

pub use error::GgufError;
pub use header::{Header, TensorInfo};
pub use kind::TensorKind;
pub use value::Value;
