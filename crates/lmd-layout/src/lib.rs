//! Layouts of LLM-grounded diffusion (LMD, arXiv 2305.13655): captioned boxes
//! on a background, and what to leave out.
//!
//! This is the ground floor: no tensors, no network. Sections cited as `A.3`
//! or `B.4` are those of the method's description in `docs/method.md`.

mod bbox;
mod check;
mod draft;
mod draw;
mod fidelity;
mod filter;
mod formats;
mod grid;
mod json;
mod layout;
mod prompt;
mod repair;
mod schema;
mod text;
mod words;

pub use bbox::{BBox, BoxError, Canvas};
pub use check::{ObjectName, Warning, check_draft, check_layout};
pub use draft::{Draft, DraftObject};
#[cfg(feature = "png")]
pub use draw::{DrawError, draw_png, overlay_rgba};
pub use draw::{DrawOptions, Mark, draw_svg, overlay_svg};
pub use fidelity::Fidelity;
pub use filter::{DropReason, Dropped, FilterOptions, Filtered, filter_boxes};
pub use formats::{Format, write_format};
pub use grid::{GridRect, Mask};
pub use json::{JsonError, MAX_JSON_BYTES, layout_from_json};
pub use layout::{
    Caption, Layout, LayoutError, MAX_CAPTION_CHARS, MAX_OBJECTS, MAX_PROMPT_CHARS, Object, clean_text,
    is_invisible,
};
pub use prompt::{
    BoxPrompt, OVERALL_NEGATIVE, OverallPrompt, PER_BOX_NEGATIVE, Phrase, ScenePrompts, convert_spec,
    with_negative,
};
pub use repair::{Change, Repaired, repair_draft, repair_layout};
pub use schema::{layout_schema, layout_schema_strict};
pub use text::{
    MAX_ANSWER_BYTES, MAX_NESTING, Note, ParseError, Parsed, Problem, parse_answer, without_reasoning,
    write_cache_text, write_text,
};
pub use words::{head_noun, is_plural, number_in_words, parse_number_word, plural, singular, with_article};

// The code in the README is compiled and run with the tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
