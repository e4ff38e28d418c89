//! [`Layout`]: what stage 1 hands to stage 2, valid by construction.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::bbox::BBox;

/// Most objects a layout may hold.
pub const MAX_OBJECTS: usize = 32;
/// Longest caption, in characters.
pub const MAX_CAPTION_CHARS: usize = 200;
/// Longest background or negative prompt, in characters.
pub const MAX_PROMPT_CHARS: usize = 2_000;

/// Why parts do not make a [`Layout`].
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum LayoutError {
    /// A caption is empty once control characters and blanks are gone.
    #[error("an object's caption is empty; every box needs a few words that say what is in it")]
    EmptyCaption,
    /// A text is longer than its limit.
    #[error("the {what} has {chars} characters, at most {limit} are allowed; shorten it")]
    TooLong {
        /// Which text: `caption`, `background` or `negative prompt`.
        what: &'static str,
        /// Its length in characters.
        chars: usize,
        /// The limit in characters.
        limit: usize,
    },
    /// There are more objects than [`MAX_OBJECTS`].
    #[error("a layout holds at most {MAX_OBJECTS} objects, got {0}; ask for fewer")]
    TooManyObjects(usize),
}

/// What is in a box: 1 to 200 characters on one line, without control or
/// bidirectional-override characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Caption(String);

impl Caption {
    /// Cleans `text` (see [`clean_text`]) and takes it as a caption.
    ///
    /// # Errors
    /// [`LayoutError::EmptyCaption`] or [`LayoutError::TooLong`].
    pub fn new(text: &str) -> Result<Self, LayoutError> {
        let text = bounded(text, "caption", MAX_CAPTION_CHARS)?;
        if text.is_empty() { Err(LayoutError::EmptyCaption) } else { Ok(Self(text)) }
    }

    /// The caption's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Caption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Caption {
    type Error = LayoutError;

    fn try_from(text: String) -> Result<Self, LayoutError> {
        Self::new(&text)
    }
}

impl From<Caption> for String {
    fn from(caption: Caption) -> Self {
        caption.0
    }
}

/// One captioned box.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "an object with `caption` and `box`")]
pub struct Object {
    /// What is in the box, for instance `a green car`.
    pub caption: Caption,
    /// Where it is: `[x, y, w, h]` in [0, 1], origin at the top left.
    #[serde(rename = "box")]
    pub bbox: BBox,
}

impl Object {
    /// An object from a caption's text and its box.
    ///
    /// # Errors
    /// As [`Caption::new`].
    pub fn new(caption: &str, bbox: BBox) -> Result<Self, LayoutError> {
        Ok(Self { caption: Caption::new(caption)?, bbox })
    }
}

/// Captioned boxes on a background, and what to leave out.
///
/// ```
/// use lmd_layout::{BBox, Layout, Object};
///
/// let car = Object::new("a green car", BBox::new(0.1, 0.5, 0.3, 0.25)?)?;
/// let layout = Layout::new(vec![car], "a road", "people")?;
/// assert_eq!(layout.objects()[0].caption.as_str(), "a green car");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "Parts")]
#[schemars(with = "Parts")]
pub struct Layout {
    objects: Vec<Object>,
    background: String,
    negative: String,
}

/// The wire form of a [`Layout`], before its limits are checked.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a layout with `objects`, `background` and `negative`")]
#[schemars(rename = "Layout")]
struct Parts {
    /// The things in the picture, at most 32, back to front.
    #[schemars(length(max = MAX_OBJECTS))]
    objects: Vec<Object>,
    /// What the scene around them is, for instance `a beach`.
    #[serde(default)]
    #[schemars(length(max = MAX_PROMPT_CHARS))]
    background: String,
    /// What must not be in the picture; empty when nothing is excluded.
    #[serde(default)]
    #[schemars(length(max = MAX_PROMPT_CHARS))]
    negative: String,
}

impl Layout {
    /// A layout from its parts. Prompts are cleaned (see [`clean_text`]).
    ///
    /// # Errors
    /// [`LayoutError::TooManyObjects`] or [`LayoutError::TooLong`].
    pub fn new(objects: Vec<Object>, background: &str, negative: &str) -> Result<Self, LayoutError> {
        if objects.len() > MAX_OBJECTS {
            return Err(LayoutError::TooManyObjects(objects.len()));
        }
        Ok(Self {
            objects,
            background: bounded(background, "background", MAX_PROMPT_CHARS)?,
            negative: bounded(negative, "negative prompt", MAX_PROMPT_CHARS)?,
        })
    }

    /// The captioned boxes, in the order they were written.
    #[must_use]
    pub fn objects(&self) -> &[Object] {
        &self.objects
    }

    /// What the scene around the objects is; may be empty.
    #[must_use]
    pub fn background(&self) -> &str {
        &self.background
    }

    /// What must not be in the picture; may be empty.
    #[must_use]
    pub fn negative(&self) -> &str {
        &self.negative
    }
}

impl TryFrom<Parts> for Layout {
    type Error = LayoutError;

    fn try_from(parts: Parts) -> Result<Self, LayoutError> {
        Self::new(parts.objects, &parts.background, &parts.negative)
    }
}

/// Text from outside made safe to print and to tokenise: control characters
/// and line breaks become blanks, bidirectional overrides and other invisible
/// format characters go, runs of blanks become one, and the ends are trimmed.
#[must_use]
pub fn clean_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars().filter(|c| !is_invisible(*c)) {
        let c = if c.is_control() || c.is_whitespace() { ' ' } else { c };
        if c != ' ' || !(out.is_empty() || out.ends_with(' ')) {
            out.push(c);
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// Zero-width, bidirectional, byte-order, tag, annotation and filler
/// characters: they change how text is shown, or carry hidden text, without
/// being seen. (Joiners stay, since some scripts are spelt with them, and so
/// does the emoji's variation selector.)
#[must_use]
pub fn is_invisible(c: char) -> bool {
    matches!(c, '\u{00ad}' | '\u{034f}' | '\u{061c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0e}' | '\u{feff}'
        | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}')
}

/// Cleans `text` and checks its length.
fn bounded(text: &str, what: &'static str, limit: usize) -> Result<String, LayoutError> {
    let text = clean_text(text);
    let chars = text.chars().count();
    if chars > limit { Err(LayoutError::TooLong { what, chars, limit }) } else { Ok(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn captions_are_cleaned_and_bounded() {
        assert_eq!(Caption::new(" a\u{202e} red\n\tcar\u{7} ").unwrap().as_str(), "a red car");
        let hidden = "a\u{e0069}\u{e0067}\u{fff9}\u{fffb} c\u{ad}at\u{e0101}\u{2800}\u{3164}";
        assert_eq!(Caption::new(hidden).unwrap().as_str(), "a cat");
        assert_eq!(clean_text("❤\u{fe0f} क्\u{200d}ष"), "❤\u{fe0f} क्\u{200d}ष", "spelling stays");
        assert_eq!(Caption::new("\u{200b}\n"), Err(LayoutError::EmptyCaption));
        assert!(matches!(Caption::new(&"x".repeat(201)), Err(LayoutError::TooLong { chars: 201, .. })));
    }

    #[test]
    fn objects_are_bounded() {
        let one = Object::new("a cat", BBox::FULL).unwrap();
        assert!(Layout::new(vec![one.clone(); MAX_OBJECTS], "", "").is_ok());
        assert_eq!(Layout::new(vec![one; 33], "", ""), Err(LayoutError::TooManyObjects(33)));
    }

    #[test]
    fn json_is_checked_on_the_way_in() {
        let good = r#"{"objects":[{"caption":"a green car","box":[0.1,0.2,0.3,0.4]}],"background":"a road"}"#;
        let layout: Layout = serde_json::from_str(good).unwrap();
        assert_eq!(layout.objects()[0].bbox.w(), 0.3);
        assert_eq!(serde_json::from_str::<Layout>(&serde_json::to_string(&layout).unwrap()).unwrap(), layout);
        let bad = r#"{"objects":[{"caption":"a green car","box":[0.9,0.2,0.3,0.4]}]}"#;
        assert!(serde_json::from_str::<Layout>(bad).unwrap_err().to_string().contains("leaves the canvas"));
    }
}
