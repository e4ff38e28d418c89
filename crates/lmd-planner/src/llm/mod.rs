//! Planning with a language model behind an OpenAI-compatible server.

use thiserror::Error;

/// Why the language model gave no usable answer.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LlmError {}
