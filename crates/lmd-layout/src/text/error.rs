//! Why an answer cannot be read, and where.

use thiserror::Error;

use super::limits::{MAX_ANSWER_BYTES, MAX_NESTING};
use crate::layout::{LayoutError, clean_text};

/// Longest excerpt of the answer quoted in an error, in characters.
const EXCERPT_CHARS: usize = 24;

/// What is wrong with an answer.
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum Problem {
    /// The text is longer than is read.
    #[error("the text has {bytes} bytes, at most {MAX_ANSWER_BYTES} are read; give only the layout")]
    TooLong {
        /// Its length.
        bytes: usize,
    },
    /// There is nothing but blanks.
    #[error("the text is empty, expected a layout that starts with `Objects: [` or with JSON")]
    Empty,
    /// No list of objects and no JSON was found.
    #[error("no layout found in {found}, expected `Objects: [('a car', [x, y, w, h]), …]` or JSON")]
    NoLayout {
        /// How the text starts.
        found: String,
    },
    /// A section the grammar requires is missing.
    #[error("`{label}` is missing, expected it once after the list of objects; add the line")]
    MissingLabel {
        /// The label looked for.
        label: &'static str,
    },
    /// A section occurs twice, so it is not clear which one counts.
    #[error("a second `{label}` was found, expected one; delete the one that does not count")]
    Ambiguous {
        /// The label that occurs twice.
        label: &'static str,
    },
    /// The text ends inside the layout.
    #[error("the text stops in the middle of the layout, expected the rest")]
    CutOff,
    /// Something else than the grammar allows.
    #[error("found {found}, expected {expected}; {help}")]
    Unexpected {
        /// An excerpt of the text.
        found: String,
        /// What may stand there.
        expected: &'static str,
        /// What to do about it.
        help: &'static str,
    },
    /// A quotation mark is never closed.
    #[error("the quotation mark {open} is not closed on its line, expected {open} after the caption; add it")]
    UnclosedQuote {
        /// The mark that opens the text.
        open: char,
    },
    /// Brackets nest deeper than any layout does.
    #[error(
        "brackets nest deeper than {MAX_NESTING}, expected at most a list of objects with boxes; flatten it"
    )]
    TooDeep,
    /// A number is not one, not finite, or absurdly large.
    #[error("found {found}, expected a finite number below a million; write coordinates such as 120 or 0.25")]
    BadNumber {
        /// The number as written.
        found: String,
    },
    /// A box does not have four numbers.
    #[error("a box has {got} numbers, expected 4; write it as [x, y, width, height]")]
    BoxLength {
        /// How many it has.
        got: usize,
    },
    /// The list was shortened.
    #[error("found `…`, expected the complete list; ask for every object to be written out")]
    Ellipsis,
    /// A limit of [`crate::Layout`] is broken.
    #[error(transparent)]
    Limit(#[from] LayoutError),
    /// Two declarations about the coordinates contradict each other.
    #[error("the text declares {first} and {second}, expected one of them; say which one counts")]
    Contradiction {
        /// One declaration.
        first: String,
        /// The other.
        second: String,
    },
}

/// Why an answer was rejected, and where.
#[derive(Clone, Debug, PartialEq, Error)]
#[error("line {line}, column {column}: {problem}")]
pub struct ParseError {
    /// Line, starting at 1.
    pub line: usize,
    /// Column in characters, starting at 1.
    pub column: usize,
    /// Byte offset in the text, starting at 0.
    pub offset: usize,
    /// What is wrong.
    pub problem: Problem,
}

/// A problem at a byte offset, before line and column are worked out.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) at: usize,
    pub(super) problem: Problem,
}

/// A [`Fault`] from its parts.
pub(super) fn fault(at: usize, problem: impl Into<Problem>) -> Fault {
    Fault { at, problem: problem.into() }
}

/// A [`Problem::Unexpected`] about what stands in `text` at `at`.
pub(super) fn unexpected(text: &str, at: usize, expected: &'static str, help: &'static str) -> Fault {
    fault(at, Problem::Unexpected { found: excerpt(text.get(at..).unwrap_or_default()), expected, help })
}

impl Fault {
    /// Works out line and column in `text`.
    pub(super) fn locate(self, text: &str) -> ParseError {
        let before = text.get(..self.at).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        ParseError {
            line: before.matches('\n').count() + 1,
            column: before.get(line_start..).unwrap_or_default().chars().count() + 1,
            offset: self.at,
            problem: self.problem,
        }
    }
}

/// The start of `text`, made safe to print.
pub(super) fn excerpt(text: &str) -> String {
    let line = text.trim_start().lines().next().unwrap_or_default();
    let head: String = line.chars().take(EXCERPT_CHARS).collect();
    let more = if line.len() > head.len() { "…" } else { "" };
    let head = clean_text(&head);
    if head.is_empty() { "the end of the text".to_owned() } else { format!("`{head}{more}`") }
}
