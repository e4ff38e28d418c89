//! Writing layouts in the reference's text grammar (section A.3).

use super::labels::{Label, find_labels};
use super::reasoning::marks;
use crate::bbox::{BBox, Canvas};
use crate::layout::Layout;

/// What opens and closes code in Markdown: the answer goes on only before and after it.
const FENCE: &str = "```";

/// A layout as a worked example or an answer of the reference: `Objects:`,
/// `Background prompt:` and `Negative prompt:`, boxes in whole pixels of 512.
#[must_use]
pub fn write_text(layout: &Layout) -> String {
    format!("Objects: {}", write_cache_text(layout))
}

/// As [`write_text`] without the first label: the form of the reference's
/// cache files (section A.4).
#[must_use]
pub fn write_cache_text(layout: &Layout) -> String {
    let objects: Vec<String> = layout
        .objects()
        .iter()
        .map(|object| {
            let [x, y, w, h] = whole_pixels(object.bbox);
            format!("({}, [{x}, {y}, {w}, {h}])", quoted(object.caption.as_str()))
        })
        .collect();
    format!(
        "[{}]\nBackground prompt: {}\nNegative prompt: {}",
        objects.join(", "),
        without_labels(layout.background()),
        without_labels(layout.negative())
    )
}

/// `[x, y, w, h]` rounded half to even (section A.5), at least one pixel in
/// size and inside the canvas.
fn whole_pixels(bbox: BBox) -> [u32; 4] {
    let side = Canvas::REFERENCE.width;
    let [x, y, w, h] = bbox.to_xywh(Canvas::REFERENCE).map(f64::round_ties_even);
    let (w, h) = (w.max(1.0), h.max(1.0));
    let (x, y) = (x.min(side - w), y.min(side - h));
    // Exact: all four are whole numbers from 0 to 512.
    [x, y, w, h].map(|v| v as u32)
}

/// A caption in quotation marks, chosen and escaped as Python does. The colon
/// of a label inside it is written `\u003a`, so that it reads as text, and so are
/// the first sign of a mark of thoughts and that of a code fence.
fn quoted(caption: &str) -> String {
    let quote = if caption.contains('\'') && !caption.contains('"') { '"' } else { '\'' };
    let (labels, mut marks) = (find_labels(caption), marks(caption));
    marks.extend(caption.match_indices(FENCE).map(|(at, _)| at));
    let in_label = |at: usize| labels.iter().any(|label| (label.word..label.end).contains(&at));
    let mut out = String::from(quote);
    for (at, c) in caption.char_indices() {
        match c {
            ':' if in_label(at) => out.push_str("\\u003a"),
            '：' if in_label(at) => out.push_str("\\uff1a"),
            _ if marks.contains(&at) => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            _ => {
                if c == '\\' || c == quote {
                    out.push('\\');
                }
                out.push(c);
            }
        }
    }
    out.push(quote);
    out
}

/// A prompt without what would end it or belong to the answer around it: the
/// colons that would make words in it labels, which nobody could tell from the
/// real ones, marks of thoughts and code fences.
fn without_labels(prompt: &str) -> String {
    let mut text = prompt.to_owned();
    // Behind a colon that goes another may wait (`Objects: :`), and backticks
    // around one become a fence; every pass takes at least one sign away.
    loop {
        let (labels, marks) = (find_labels(&text), marks(&text));
        text = if text.contains(FENCE) {
            text.replace(FENCE, "``")
        } else if !marks.is_empty() {
            without_marks(&text, &marks)
        } else if !labels.is_empty() {
            without_colons(&text, &labels)
        } else {
            return text;
        };
    }
}

/// `text` without the first signs of these marks.
fn without_marks(text: &str, marks: &[usize]) -> String {
    text.char_indices().filter(|(at, _)| !marks.contains(at)).map(|(_, c)| c).collect()
}

/// `text` without the colons of these labels.
fn without_colons(text: &str, labels: &[Label]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for label in labels {
        let words = text.get(from..label.word).unwrap_or_default();
        out.push_str(words);
        let label_text = text.get(label.word..label.end).unwrap_or_default();
        out.extend(label_text.chars().filter(|c| !matches!(c, ':' | '：')));
        from = label.end;
    }
    out.push_str(text.get(from..).unwrap_or_default());
    out
}
