//! [`Foreign`]: what a file of another program holds, and what its readers need.

use serde_json::{Map, Value};

use super::format::Format;
use crate::bbox::Canvas;
use crate::draft::Draft;

/// What a file of another program holds.
pub(crate) struct Foreign {
    pub(crate) draft: Draft,
    pub(crate) format: Format,
    /// Whether something that does not fit a layout was left out: other
    /// pictures of the same file, nodes without a text.
    pub(crate) partial: bool,
    /// Whether the file does not say how its boxes are meant.
    pub(crate) guessed: bool,
}

impl Foreign {
    /// A file that says how its boxes are meant.
    pub(super) fn new(draft: Draft, format: Format, partial: bool) -> Self {
        Self { draft, format, partial, guessed: false }
    }
}

/// A share of a side as it is on the 512 canvas.
pub(super) fn on_512(share: f64) -> f64 {
    share * Canvas::REFERENCE.width
}

/// A text among a file's keys; empty where there is none.
pub(super) fn text_of(map: &Map<String, Value>, key: &str) -> String {
    map.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}
