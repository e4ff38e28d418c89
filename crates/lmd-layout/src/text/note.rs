//! [`Note`]: what a tolerant reading put up with.

use std::fmt;

use crate::formats::Format;

/// Something in an answer that the grammar does not have, and how it was read.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Note {
    /// Reasoning before `</think>` was skipped.
    ReasoningRemoved,
    /// Markdown code fences were skipped.
    CodeFenceRemoved,
    /// Text before the layout was skipped.
    TextBefore,
    /// Text between the parts of the layout was skipped.
    TextBetween,
    /// Text after the layout was skipped.
    TextAfter,
    /// The answer is JSON, not the text grammar.
    Json,
    /// Objects were written as a list with one line each.
    OneObjectPerLine,
    /// Brackets missing at the end were added.
    MissingBrackets,
    /// A comma missing between two items was added.
    MissingComma,
    /// A quotation mark inside a caption was not escaped.
    UnescapedQuote,
    /// A caption had no quotation marks.
    UnquotedCaption,
    /// Numbers were written as text, or with a unit.
    NumbersAsText,
    /// Coordinates are fractions of the canvas.
    Fractions,
    /// Coordinates are percentages of the canvas.
    Percentages,
    /// Boxes are corners `[x0, y0, x1, y1]`.
    Corners,
    /// Coordinates are pixels of another canvas than 512 × 512.
    Canvas {
        /// Its width.
        width: f64,
        /// Its height.
        height: f64,
    },
    /// Nothing said how boxes are written; as sizes on the 512 canvas they
    /// leave it, so they were read in the first way in which they do not.
    Guessed,
    /// An object had an empty list for a box and was left out.
    EmptyBoxDropped,
    /// There was no background prompt.
    BackgroundMissing,
    /// There was no negative prompt.
    NegativeMissing,
    /// The negative prompt said that there is none.
    NegativeIsNone,
    /// The text is a file of another program.
    Foreign(Format),
    /// Such a file does not say how large its picture or its parts are.
    Undeclared,
    /// A part of such a file fits no layout and was left out.
    PartlyRead,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::ReasoningRemoved => "reasoning before the answer ignored",
            Self::CodeFenceRemoved => "code fence removed",
            Self::TextBefore => "text before the layout ignored",
            Self::TextBetween => "text inside the layout ignored",
            Self::TextAfter => "text after the layout ignored",
            Self::Json => "answer read as JSON",
            Self::OneObjectPerLine => "objects read one per line",
            Self::MissingBrackets => "missing brackets added",
            Self::MissingComma => "missing comma added",
            Self::UnescapedQuote => "quotation mark inside a caption taken as part of it",
            Self::UnquotedCaption => "caption without quotation marks accepted",
            Self::NumbersAsText => "numbers written as text or with a unit accepted",
            Self::Fractions => "coordinates read as fractions of the canvas",
            Self::Percentages => "coordinates read as percentages of the canvas",
            Self::Corners => "boxes read as corners [x0, y0, x1, y1]",
            Self::Canvas { width, height } => {
                return write!(f, "coordinates read on a canvas of {width} by {height}");
            }
            Self::Guessed => {
                "the boxes leave the picture as [x, y, width, height] on 512 by 512, so they were read in another way"
            }
            Self::EmptyBoxDropped => "object without a box left out",
            Self::BackgroundMissing => "no background prompt given, left empty",
            Self::NegativeMissing => "no negative prompt given, left empty",
            Self::Foreign(format) => return write!(f, "read as {}", format.summary()),
            Self::Undeclared => {
                "the file does not say how large its picture or its parts are, so the first usual size was taken in which all fits"
            }
            Self::PartlyRead => {
                "the file holds more than one layout can: other pictures, or entries without a text or a box, were left out"
            }
            Self::NegativeIsNone => "negative prompt says that there is none, left empty",
        };
        f.write_str(text)
    }
}

/// Notes in the order they were made, each once.
#[derive(Debug, Default)]
pub(super) struct Notes(Vec<Note>);

impl Notes {
    /// Adds `note` unless it is there already.
    pub(super) fn add(&mut self, note: Note) {
        if !self.0.contains(&note) {
            self.0.push(note);
        }
    }

    /// The notes made.
    pub(super) fn into_vec(self) -> Vec<Note> {
        self.0
    }
}
