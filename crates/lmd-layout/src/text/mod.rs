//! Layouts as text: the reference's answer grammar (section A.3) and what
//! language models write instead of it.
//!
//! Whatever the reference implementation accepts is read as it reads it, with
//! one difference: a prompt that ends the answer is one line, so that prose
//! after it does not become part of the negative prompt. Everything else that
//! is accepted leaves a [`Note`]; everything rejected says where and why.
//! Reading takes time linear in the text and never panics.

mod bullets;
mod coords;
mod declared;
mod error;
mod items;
mod labels;
mod limits;
mod marks;
mod note;
mod number;
mod object;
mod prompts;
#[cfg(test)]
mod properties;
mod quotes;
mod reasoning;
mod sections;
#[cfg(test)]
mod tests;
mod value;
mod write;

pub use error::{ParseError, Problem};
pub use limits::{MAX_ANSWER_BYTES, MAX_NESTING};
pub use note::Note;
pub use reasoning::without_reasoning;
pub use write::{write_cache_text, write_text};

use crate::draft::Draft;
use crate::formats::{Foreign, Format, cached_answer, foreign_json, foreign_text};
use crate::layout::{Caption, LayoutError, MAX_OBJECTS};
use error::{Fault, fault};
use note::Notes;

/// What [`parse_answer`] found.
#[derive(Clone, Debug, PartialEq)]
pub struct Parsed {
    /// The layout as written, on the 512 × 512 canvas.
    pub draft: Draft,
    /// What was tolerated on the way, in the order it was met.
    pub notes: Vec<Note>,
}

/// Reads a language model's answer: the reference grammar, JSON in several
/// shapes, or something close to either (section A.3).
///
/// ```
/// let answer = "Objects: [('a car', [10, 200, 150, 100])]\nBackground prompt: a road\nNegative prompt:";
/// let parsed = lmd_layout::parse_answer(answer)?;
/// assert_eq!(parsed.draft.objects[0].xywh, [10.0, 200.0, 150.0, 100.0]);
/// # Ok::<(), lmd_layout::ParseError>(())
/// ```
///
/// # Errors
/// [`ParseError`] with line, column, what was found, what was expected and
/// what to do.
pub fn parse_answer(text: &str) -> Result<Parsed, ParseError> {
    if text.len() > MAX_ANSWER_BYTES {
        return Err(fault(0, Problem::TooLong { bytes: text.len() }).locate(""));
    }
    // A text with the reference's labels may speak of anything in its prompts.
    let own = || labels::find_labels(text).iter().any(|label| label.section.is_the_references());
    if let Some(read) = foreign_json(text).or_else(|| foreign_text(text).filter(|_| !own())) {
        return of_program(read);
    }
    if let Some((answer, more)) = cached_answer(text)
        && let Ok(parsed) = parse_answer(&answer)
    {
        let partial = more.then_some(Note::PartlyRead);
        let notes = std::iter::once(Note::Foreign(Format::Reference)).chain(partial).collect();
        return Ok(Parsed { draft: parsed.draft, notes });
    }
    let mut notes = Notes::default();
    let start = skip_reasoning(text, &mut notes);
    let body = text.get(start..).unwrap_or_default();
    match sections::read(body, &mut notes) {
        Ok(draft) => Ok(Parsed { draft, notes: notes.into_vec() }),
        Err(Fault { at, problem }) => Err(fault(start + at, problem).locate(text)),
    }
}

/// A file of another program as an answer.
fn of_program(read: Foreign) -> Result<Parsed, ParseError> {
    let count = read.draft.objects.len();
    if count > MAX_OBJECTS {
        return Err(fault(0, LayoutError::TooManyObjects(count)).locate(""));
    }
    let captions = read.draft.objects.iter().map(|object| Caption::new(&object.caption));
    captions.collect::<Result<Vec<_>, _>>().map_err(|error| fault(0, error).locate(""))?;
    let mut notes = Notes::default();
    notes.add(Note::Foreign(read.format));
    if read.partial {
        notes.add(Note::PartlyRead);
    }
    if read.guessed {
        notes.add(Note::Undeclared);
    }
    Ok(Parsed { draft: read.draft, notes: notes.into_vec() })
}

/// Where the answer proper starts: after a byte-order mark and after the
/// thoughts that some models print before it.
fn skip_reasoning(text: &str, notes: &mut Notes) -> usize {
    let bom = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let end = reasoning::reasoning_end(text);
    if end.is_some() {
        notes.add(Note::ReasoningRemoved);
    }
    end.unwrap_or(bom)
}
