//! [`Draft`]: a layout as somebody wrote it, before its boxes are checked.

use crate::bbox::Canvas;
use crate::layout::Layout;

/// One captioned box as read from an answer. Nothing is checked yet.
#[derive(Clone, Debug, PartialEq)]
pub struct DraftObject {
    /// The caption as written, trimmed.
    pub caption: String,
    /// `[x, y, w, h]` on the 512 canvas. May be empty, negative or outside.
    pub xywh: [f64; 4],
}

/// A layout as read from a language model's answer or a file. Its boxes are
/// on the reference's 512 × 512 canvas and may be wrong in any way; filtering
/// (section A.5) or checking and repair turn it into a [`crate::Layout`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Draft {
    /// The captioned boxes in the order of the answer.
    pub objects: Vec<DraftObject>,
    /// The background prompt, trimmed.
    pub background: String,
    /// The negative prompt, trimmed; empty when there is none.
    pub negative: String,
}

impl From<&Layout> for Draft {
    fn from(layout: &Layout) -> Self {
        let objects = layout.objects().iter().map(|object| {
            let xywh = object.bbox.to_xywh(Canvas::REFERENCE);
            DraftObject { caption: object.caption.as_str().to_owned(), xywh }
        });
        let (background, negative) = (layout.background().to_owned(), layout.negative().to_owned());
        Self { objects: objects.collect(), background, negative }
    }
}
