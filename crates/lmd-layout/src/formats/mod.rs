//! Layouts in the forms of other programs. Reading tells the form apart by its
//! keys ([`crate::parse_answer`] reads all of these); what a form has no place
//! for is lost in it, see `docs/formats.md`.

mod read;
mod write;

#[cfg(test)]
mod tests;

pub(crate) use read::{Foreign, foreign};

use crate::layout::Layout;

/// A form in which another program keeps captioned boxes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// The JSON captions of Ideogram 4: `[y_min, x_min, y_max, x_max]` in
    /// thousandths.
    Ideogram,
    /// The answers of Qwen-VL: `bbox_2d`, corners in thousandths.
    Qwen,
    /// The answers of Gemini: `box_2d`, corners in thousandths, y first.
    Gemini,
    /// COCO's object detection: pixels, `[x, y, width, height]`.
    Coco,
    /// The arguments of GLIGEN's pipeline in diffusers: corners as fractions.
    Gligen,
    /// A part of a ComfyUI workflow in the API's form: one area for each
    /// object, as fractions.
    ComfyUi,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Ideogram, Self::Qwen, Self::Gemini, Self::Coco, Self::Gligen, Self::ComfyUi];

    /// Its name on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ideogram => "ideogram",
            Self::Qwen => "qwen",
            Self::Gemini => "gemini",
            Self::Coco => "coco",
            Self::Gligen => "gligen",
            Self::ComfyUi => "comfyui",
        }
    }

    /// What it is, in one line.
    #[must_use]
    pub const fn summary(self) -> &'static str {
        match self {
            Self::Ideogram => "JSON captions of Ideogram 4",
            Self::Qwen => "the list that Qwen-VL answers with (bbox_2d)",
            Self::Gemini => "the list that Gemini answers with (box_2d)",
            Self::Coco => "COCO object detection, on 512 by 512 pixels",
            Self::Gligen => "arguments of the GLIGEN pipeline of diffusers",
            Self::ComfyUi => "conditioning areas of a ComfyUI workflow (API form)",
        }
    }

    /// The format of a name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }
}

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
    let value = write::value(layout, prompt, format);
    // Keys and numbers of our own making are always written.
    let mut text = serde_json::to_string_pretty(&value).unwrap_or_default();
    text.push('\n');
    text
}
