//! The background and negative prompts of an answer in the text grammar.

use super::error::{Fault, Problem, fault};
use super::labels::{Label, Section};
use super::note::{Note, Notes};

/// The prompts, and the text after them that was skipped.
#[derive(Debug, Default)]
pub(super) struct Prompts<'a> {
    pub(super) background: String,
    pub(super) negative: String,
    /// Skipped text and where it stands.
    pub(super) skipped: Vec<(usize, &'a str)>,
}

/// The value of one label.
struct Value<'a> {
    text: &'a str,
    /// Where what was skipped after it starts.
    rest_at: usize,
    /// Whether the value stands below its label.
    below: bool,
}

/// Reads the prompts whose labels stand after the list of objects, which ends
/// at `list_end`, or failing that before it.
pub(super) fn read<'a>(
    text: &'a str,
    labels: &[Label],
    list_end: usize,
    notes: &mut Notes,
) -> Result<Prompts<'a>, Fault> {
    let split = labels.partition_point(|label| label.word < list_end);
    let (before, after) = labels.split_at_checked(split).unwrap_or((labels, &[]));
    // A model without a stop sequence goes on with the next example.
    let is_next_example = |label: &Label| matches!(label.section, Section::Objects | Section::Caption);
    let after = after.split(is_next_example).next().unwrap_or(&[]);
    let background = match only(after, Section::Background)? {
        None => only(before, Section::Background)?,
        found => found,
    };
    let background =
        background.ok_or_else(|| fault(list_end, Problem::MissingLabel { label: "Background prompt:" }))?;
    let negative = match only(after, Section::Negative)? {
        None => only(before, Section::Negative)?,
        found => found,
    };
    let mut skipped = Vec::new();
    let background = value(text, labels, background, false, &mut skipped);
    let negative = negative.map(|label| value(text, labels, label, background.below, &mut skipped));
    Ok(Prompts {
        background: background.text.to_owned(),
        negative: negative_prompt(negative.map(|value| value.text), notes),
        skipped,
    })
}

/// A negative prompt as it is meant: saying `None` means that there is none.
pub(super) fn negative_prompt(text: Option<&str>, notes: &mut Notes) -> String {
    let Some(text) = text.map(str::trim) else {
        notes.add(Note::NegativeMissing);
        return String::new();
    };
    let word = text.trim_matches(|c: char| matches!(c, '.' | '(' | ')' | '"' | '\''));
    if ["none", "n/a", "null"].iter().any(|none| word.eq_ignore_ascii_case(none)) {
        notes.add(Note::NegativeIsNone);
        return String::new();
    }
    text.to_owned()
}

/// The one label of `section`; two are ambiguous.
fn only(labels: &[Label], section: Section) -> Result<Option<&Label>, Fault> {
    let mut found = labels.iter().filter(|label| label.section == section);
    let first = found.next();
    let label = if section == Section::Background { "Background prompt:" } else { "Negative prompt:" };
    match found.next() {
        Some(second) => Err(fault(second.word, Problem::Ambiguous { label })),
        None => Ok(first),
    }
}

/// The text that belongs to `label`. Up to another prompt's label it is a
/// paragraph, as in the reference; at the end of the answer it is one line, so
/// that prose after it is not taken for a prompt.
fn value<'a>(
    text: &'a str,
    labels: &[Label],
    label: &Label,
    may_be_below: bool,
    skipped: &mut Vec<(usize, &'a str)>,
) -> Value<'a> {
    let next = labels.iter().find(|other| other.word >= label.end);
    let limit = next.map_or(text.len(), |next| next.from);
    let is_last = next.is_none_or(|next| matches!(next.section, Section::Objects | Section::Caption));
    let whole = text.get(label.end..limit).unwrap_or_default();
    let (raw, _) = whole.split_once("```").unwrap_or((whole, ""));
    let mut value = if is_last { last_value(raw, may_be_below) } else { paragraph(raw) };
    if let Some(rest) = whole.get(value.rest_at..) {
        skipped.push((label.end + value.rest_at, rest));
    }
    if label.from < label.word {
        value.text = value.text.trim_matches(|c: char| matches!(c, '*' | '_') || c.is_whitespace());
    }
    value
}

/// The first paragraph of `raw`.
fn paragraph(raw: &str) -> Value<'_> {
    let start = raw.len() - raw.trim_start().len();
    let body = raw.get(start..).unwrap_or_default();
    let mut end = 0;
    for line in body.split_inclusive('\n').take_while(|line| !line.trim().is_empty()) {
        end += line.len();
    }
    Value {
        text: body.get(..end).unwrap_or_default().trim(),
        rest_at: start + end,
        below: raw.get(..start).is_some_and(|blank| blank.contains('\n')),
    }
}

/// The line after the label, the line below it, or, where the background
/// stands below its label, the first paragraph.
fn last_value(raw: &str, may_be_below: bool) -> Value<'_> {
    let mut lines = raw.split_inclusive('\n');
    let first = lines.next().unwrap_or_default();
    if !first.trim().is_empty() {
        let end = first.len() + continuation_len(first, lines);
        return Value { text: raw.get(..end).unwrap_or_default().trim(), rest_at: end, below: false };
    }
    let second = lines.next().unwrap_or_default();
    if second.trim().is_empty() {
        return if may_be_below { paragraph(raw) } else { Value { text: "", rest_at: 0, below: true } };
    }
    Value { text: second.trim(), rest_at: first.len() + second.len(), below: true }
}

/// Length of the lines that continue one ending in a comma.
fn continuation_len<'a>(first: &'a str, lines: impl Iterator<Item = &'a str>) -> usize {
    let mut previous = first;
    let mut len = 0;
    for line in lines {
        if !previous.trim_end().ends_with(',') || line.trim().is_empty() {
            break;
        }
        len += line.len();
        previous = line;
    }
    len
}
