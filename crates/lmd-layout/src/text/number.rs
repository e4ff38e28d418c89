//! Numbers as answers write them: `120`, `-3.5`, `1e2`, `1_000`, `40px`, `25 %`.

use super::error::{Fault, Problem, excerpt, fault};

/// Largest magnitude that is taken for a coordinate.
const MAX_MAGNITUDE: f64 = 1e6;

/// A number and how it was written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Number {
    pub(super) value: f64,
    /// Followed by `%`.
    pub(super) percent: bool,
    /// Followed by a unit, or written as text.
    pub(super) dressed: bool,
}

/// The number at the start of `text` and its length in bytes. `at` is where
/// `text` stands in the answer.
pub(super) fn read_number(text: &str, at: usize) -> Result<(Number, usize), Fault> {
    let bare_len = number_len(text);
    let bare = text.get(..bare_len).unwrap_or_default();
    let digits: String = bare.chars().filter(|c| *c != '_').map(ascii_sign).collect();
    let value = digits.parse::<f64>().ok().filter(|v| v.abs() <= MAX_MAGNITUDE);
    let Some(value) = value else { return Err(bad_number(text, at)) };
    let (percent, unit_len) = unit(text.get(bare_len..).unwrap_or_default());
    let number = Number { value, percent, dressed: unit_len > 0 };
    Ok((number, bare_len + unit_len))
}

/// The number that is the whole of `text`, which stood in quotation marks.
pub(super) fn number_from_text(text: &str, at: usize) -> Result<Number, Fault> {
    let text = text.trim();
    let (number, len) = read_number(text, at)?;
    if len == text.len() { Ok(Number { dressed: true, ..number }) } else { Err(bad_number(text, at)) }
}

/// Whether a value that starts with `c` can only be a number.
pub(super) fn starts_number(c: char) -> bool {
    c.is_ascii_digit() || matches!(c, '+' | '-' | '.' | '−')
}

fn bad_number(text: &str, at: usize) -> Fault {
    fault(at, Problem::BadNumber { found: excerpt(text) })
}

fn ascii_sign(c: char) -> char {
    if c == '−' { '-' } else { c }
}

/// Length of sign, digits, fraction and exponent.
fn number_len(text: &str) -> usize {
    let mut previous = 'e';
    text.find(|c: char| {
        let sign = matches!(c, '+' | '-' | '−') && matches!(previous, 'e' | 'E');
        let exponent = matches!(c, 'e' | 'E') && previous.is_ascii_digit();
        previous = c;
        !(sign || exponent || c.is_ascii_digit() || matches!(c, '.' | '_'))
    })
    .unwrap_or(text.len())
}

/// Whether a unit is `%`, and its length with the blanks before it.
fn unit(rest: &str) -> (bool, usize) {
    let blanks = rest.bytes().take(2).take_while(|b| *b == b' ').count();
    let unit = rest.get(blanks..).unwrap_or_default();
    for (name, percent) in [("%", true), ("％", true), ("pixels", false), ("px", false)] {
        if unit.starts_with(name) {
            return (percent, blanks + name.len());
        }
    }
    (false, 0)
}
