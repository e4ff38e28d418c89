//! Layouts in the forms of other programs. Reading tells the form apart by its
//! keys ([`crate::parse_answer`] reads all of these); what a form has no place
//! for is lost in it, see `docs/formats.md`.

mod foreign;
mod format;
mod invoke_ai;
mod read;
mod reference;
mod regional;
mod write;
mod yolo;

#[cfg(test)]
mod tests;

pub(crate) use foreign::Foreign;
pub use format::Format;
pub(crate) use read::{foreign_json, foreign_text};
pub(crate) use reference::cached_answer;

use crate::layout::Layout;

/// Writes a layout in the form of another program. `prompt` is the sentence it
/// was made from; where it is empty the background stands for it.
///
/// ```
/// use lmd_layout::{Format, layout_from_json, parse_answer, write_format};
///
/// let layout = layout_from_json(r#"{"objects":[{"caption":"a cat","box":[0.1,0.5,0.3,0.25]}],"background":"a road"}"#)?;
/// let text = write_format(&layout, "a cat on a road", Format::Gligen);
/// assert_eq!(parse_answer(&text).unwrap().draft.objects[0].caption, "a cat");
/// # Ok::<(), lmd_layout::JsonError>(())
/// ```
#[must_use]
pub fn write_format(layout: &Layout, prompt: &str, format: Format) -> String {
    match format {
        Format::Yolo => return yolo::write(layout),
        Format::Regional => return regional::write(layout),
        _ => {}
    }
    let value = write::value(layout, prompt, format);
    // Keys and numbers of our own making are always written.
    let mut text = serde_json::to_string_pretty(&value).unwrap_or_default();
    text.push('\n');
    text
}
