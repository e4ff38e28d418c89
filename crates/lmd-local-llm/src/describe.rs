//! [`Description`]: what a GGUF file is, without running it.

use std::path::Path;

use serde::Serialize;

use crate::gguf::{GgufError, Header, Value};
use crate::shape::Shape;

/// What a file is and what it takes to run it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Description {
    /// The name in the file; empty where it has none.
    pub name: String,
    /// Its family and sizes.
    pub shape: Shape,
    /// How many weights there are.
    pub parameters: u64,
    /// The file's length in bytes.
    pub file_bytes: u64,
    /// Whether it says how chats are written.
    pub has_template: bool,
}

impl Description {
    /// Reads the header of a file.
    ///
    /// # Errors
    /// [`GgufError`] when it is no model that could be run.
    pub fn of(path: &Path) -> Result<Self, GgufError> {
        Self::of_header(&Header::open(path)?)
    }

    pub(crate) fn of_header(header: &Header) -> Result<Self, GgufError> {
        let text = |key: &str| match header.get(key) {
            Some(Value::Text(text)) => text.chars().filter(|c| !c.is_control()).take(80).collect(),
            _ => String::new(),
        };
        Ok(Self {
            name: text("general.name"),
            shape: Shape::of(header)?,
            parameters: header
                .tensors()
                .values()
                .map(|tensor| tensor.shape.iter().map(|side| *side as u64).product::<u64>())
                .sum(),
            file_bytes: header.file_bytes(),
            has_template: matches!(header.get("tokenizer.chat_template"), Some(Value::Text(_))),
        })
    }
}
