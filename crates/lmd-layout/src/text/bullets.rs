//! Objects written one per line: `- a car: [x, y, w, h]`.

use super::error::Fault;
use super::labels::Label;
use super::marks::{fold, is_opener, is_quote};
use super::note::Notes;
use super::value::{Kind, Reader, Value};

/// Reads the objects on the lines of `text` from `from` to `to` as one list.
/// Returns it with where it ends, or `None` if no line is an object.
pub(super) fn read(
    text: &str,
    (from, to): (usize, usize),
    labels: &[Label],
    notes: &mut Notes,
) -> Result<Option<(Value, usize)>, Fault> {
    let mut items = Vec::new();
    let mut end = from;
    let mut at = from;
    for line in text.get(from..to).unwrap_or_default().split_inclusive('\n') {
        // A value may span lines; those are not read again.
        if let Some((caption, start)) = split_line(line).filter(|(_, start)| at + start >= end) {
            let mut reader = Reader::new(text, at + start, labels, notes);
            let value = reader.value()?;
            end = reader.pos;
            items.push(if caption.is_empty() { value } else { pair(caption, at, value) });
        }
        at += line.len();
    }
    let list = Value { at: from, kind: Kind::List { items, round: false } };
    Ok(matches!(&list.kind, Kind::List { items, .. } if !items.is_empty()).then_some((list, end)))
}

fn pair(caption: &str, at: usize, bbox: Value) -> Value {
    let caption = Value { at, kind: Kind::Text(caption.to_owned()) };
    Value { at, kind: Kind::List { items: vec![caption, bbox], round: true } }
}

/// The caption of a line, empty where the value has it, and where the value
/// starts.
fn split_line(line: &str) -> Option<(&str, usize)> {
    let body = line.trim_start_matches(|c: char| {
        c.is_whitespace() || c.is_ascii_digit() || matches!(c, '-' | '*' | '•' | '–' | '.')
    });
    // `1)` is numbering, `(` is not.
    let body = body.strip_prefix(')').unwrap_or(body).trim_start();
    let start = line.len() - body.len();
    if body.chars().next().map(fold).is_some_and(is_opener) {
        return Some(("", start));
    }
    let bracket = body.rfind(['[', '［']).or_else(|| body.rfind(['(', '（', '{']))?;
    let blank = |c: char| {
        c.is_whitespace()
            || is_quote(c)
            || matches!(c, ':' | '：' | '-' | '–' | '—' | '=' | '>' | ',' | '*' | '”' | '」')
    };
    let caption = body.get(..bracket)?.trim_matches(blank);
    (!caption.is_empty()).then_some((caption, start + bracket))
}
