//! From text to embeddings: CLIP's tokenizer and text encoder (arXiv:2103.00020).

mod config;
mod encoder;
mod layer;
mod phrase;
mod tokenizer;
mod vocabulary;

pub use config::ClipTextConfig;
pub use encoder::{ClipTextEncoder, ClipTextOutput};
pub use layer::HiddenAct;
pub(crate) use layer::{LayerShape, TransformerLayer};
pub use phrase::Positions;
pub use tokenizer::{Encoded, Tokenizer};
