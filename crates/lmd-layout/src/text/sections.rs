//! Which part of an answer is what: finding the list of objects or the JSON,
//! and putting the parts together.

use super::bullets;
use super::coords::place;
use super::declared::Declared;
use super::error::{Fault, Problem, excerpt, fault, unexpected};
use super::items::objects;
use super::labels::{Label, Section, find_labels};
use super::marks::{fold, is_quote};
use super::note::{Note, Notes};
use super::object;
use super::prompts;
use super::value::{Kind, Reader, Value};
use crate::draft::Draft;
use crate::layout::Layout;

/// A value read from the answer and the text around it.
struct Found {
    value: Value,
    start: usize,
    end: usize,
    /// Whether the text ended while brackets were open.
    cut_off: bool,
}

/// Reads a whole answer.
pub(super) fn read(text: &str, notes: &mut Notes) -> Result<Draft, Fault> {
    if text.trim().is_empty() {
        return Err(fault(0, Problem::Empty));
    }
    if text.contains("```") {
        notes.add(Note::CodeFenceRemoved);
    }
    let labels = find_labels(text);
    let mut found = find_list(text, &labels, notes)?;
    found.value = unwrapped(found.value);
    let has_background = labels.iter().any(|label| label.section == Section::Background);
    let is_dict = matches!(found.value.kind, Kind::Dict(_));
    if object::is_layout(&found.value) || (is_dict && !has_background) {
        return from_dict(text, &found, notes);
    }
    if !has_background && is_json_list(&found) {
        notes.add(Note::Json);
        notes.add(Note::BackgroundMissing);
        notes.add(Note::NegativeMissing);
        return assemble(text, &found, Declared::default(), (String::new(), String::new()), notes);
    }
    from_sections(text, &labels, &found, notes)
}

/// The layout in a list around nothing else.
fn unwrapped(value: Value) -> Value {
    match value.kind {
        Kind::List { mut items, round } => match items.pop() {
            Some(only) if items.is_empty() && object::is_layout(&only) => only,
            last => {
                items.extend(last);
                Value { at: value.at, kind: Kind::List { items, round } }
            }
        },
        _ => value,
    }
}

/// The text grammar.
fn from_sections(text: &str, labels: &[Label], found: &Found, notes: &mut Notes) -> Result<Draft, Fault> {
    let prompts = prompts::read(text, labels, found.end, notes)?;
    let mut declared = Declared::default();
    for (at, skipped) in &prompts.skipped {
        if has_words(skipped) {
            notes.add(Note::TextAfter);
            declared.read(skipped, *at)?;
        }
    }
    let next = labels.iter().find(|label| label.word >= found.end).map_or(text.len(), |label| label.from);
    let between = text.get(found.end..next).unwrap_or_default();
    if has_words(between) {
        notes.add(Note::TextBetween);
        declared.read(between, found.end)?;
    }
    assemble(text, found, declared, (prompts.background, prompts.negative), notes)
}

/// A layout that is one dictionary.
fn from_dict(text: &str, found: &Found, notes: &mut Notes) -> Result<Draft, Fault> {
    notes.add(Note::Json);
    let fields = object::fields(&found.value, text, notes)?;
    if found.cut_off && fields.background.is_none() {
        return Err(fault(found.end, Problem::CutOff));
    }
    let mut declared = fields.declared;
    let after = text.get(found.end..).unwrap_or_default();
    if has_words(after) {
        notes.add(Note::TextAfter);
        declared.read(after, found.end)?;
    }
    let list = Found { value: fields.objects.clone(), ..*found };
    assemble(text, &list, declared, (fields.background.unwrap_or_default(), fields.negative), notes)
}

/// Puts the parts together and checks the limits.
fn assemble(
    text: &str,
    found: &Found,
    mut declared: Declared,
    (background, negative): (String, String),
    notes: &mut Notes,
) -> Result<Draft, Fault> {
    for line in text.get(..found.start).unwrap_or_default().lines() {
        let is_caption = find_labels(line).iter().any(|label| label.section == Section::Caption);
        if !is_caption && has_words(line) {
            declared.read(line, 0)?;
        }
    }
    Layout::new(Vec::new(), &background, &negative).map_err(|error| fault(found.end, error))?;
    let objects = place(objects(&found.value, text, notes)?, declared, notes)?;
    Ok(Draft { objects, background, negative })
}

/// Whether text that is skipped says anything.
fn has_words(text: &str) -> bool {
    let text = text.replace("```json", "").replace("```python", "");
    text.chars().any(char::is_alphanumeric)
}

/// A bare list without any tuple, as JSON has it.
fn is_json_list(found: &Found) -> bool {
    let Kind::List { items, round: false } = &found.value.kind else { return false };
    !found.cut_off && items.iter().all(|item| !matches!(item.kind, Kind::List { round: true, .. }))
}

/// Finds and reads the list of objects, or the dictionary that holds it.
fn find_list(text: &str, labels: &[Label], notes: &mut Notes) -> Result<Found, Fault> {
    if let Some(index) = objects_label(text, labels) {
        let label = &labels[index];
        if let Some(brace) = brace_before(text, label) {
            return read_at(text, brace, &[], notes);
        }
        if has_words(text.get(..label.from).unwrap_or_default()) {
            notes.add(Note::TextBefore);
        }
        return section_list(text, (label.end, section_end(text, labels, index)), labels, notes);
    }
    let background = labels.iter().find(|label| label.section == Section::Background);
    let limit = background.map_or(text.len(), |label| label.from);
    let before = text.get(..limit).unwrap_or_default();
    match value_start(text, 0) {
        Some(at) if at < limit || background.is_none() => {
            if has_words(before.get(..at).unwrap_or_default()) {
                notes.add(Note::TextBefore);
            }
            let boundaries =
                if text.get(at..).is_some_and(|rest| rest.starts_with('{')) { &[] } else { labels };
            read_at(text, at, boundaries, notes)
        }
        _ if background.is_some() && says_none(before) => Ok(empty_list(limit)),
        _ => Err(fault(0, Problem::NoLayout { found: excerpt(text) })),
    }
}

/// The label whose section is the list: the first that is followed by one, as
/// reasoning before the answer may speak of objects, too.
fn objects_label(text: &str, labels: &[Label]) -> Option<usize> {
    let section = |index: usize| {
        let from = labels.get(index)?.end;
        text.get(from..section_end(text, labels, index))
    };
    let is_objects = |index: &usize| labels[*index].section == Section::Objects;
    let candidates = || (0..labels.len()).filter(is_objects);
    let starts_list = |index: &usize| {
        section(*index).is_some_and(|s| says_none(s) || value_start(s, 0) == Some(significant(s)))
    };
    let has_list = |index: &usize| section(*index).is_some_and(|s| s.contains(['[', '［']));
    candidates().find(starts_list).or_else(|| candidates().find(has_list)).or_else(|| candidates().next())
}

fn section_end(text: &str, labels: &[Label], index: usize) -> usize {
    labels.get(index + 1).map_or(text.len(), |next| next.from)
}

/// The brace that makes a label an unquoted key: `{objects: […]}`.
fn brace_before(text: &str, label: &Label) -> Option<usize> {
    let before = text.get(..label.word)?.trim_end();
    before.ends_with('{').then(|| before.len() - 1)
}

/// The list in the section `from..to`.
fn section_list(
    text: &str,
    (from, to): (usize, usize),
    labels: &[Label],
    notes: &mut Notes,
) -> Result<Found, Fault> {
    let section = text.get(from..to).unwrap_or_default();
    let start = significant(section);
    if value_start(section, 0) == Some(start) {
        return read_at(text, from + start, labels, notes);
    }
    if says_none(section) {
        return Ok(empty_list(to));
    }
    match bullets::read(text, (from, to), labels, notes)? {
        Some((value, end)) => {
            notes.add(Note::OneObjectPerLine);
            Ok(Found { value, start: from, end, cut_off: false })
        }
        None => Err(unexpected(
            text,
            from + start,
            "a list that starts with `[`",
            "write [] if there are no objects",
        )),
    }
}

fn empty_list(at: usize) -> Found {
    Found { value: Value { at, kind: Kind::Nothing }, start: at, end: at, cut_off: false }
}

/// Whether a section says that there are no objects.
fn says_none(section: &str) -> bool {
    let plain =
        section.trim_matches(|c: char| c.is_whitespace() || matches!(c, '`' | '*' | '.' | '-' | '(' | ')'));
    plain.is_empty()
        || plain.eq_ignore_ascii_case("none")
        || (section.to_ascii_lowercase().contains("no objects") && !section.contains('['))
}

/// Where the first character of `section` stands that is not blank, emphasis
/// or a code fence with its language.
fn significant(section: &str) -> usize {
    let mark = |c: char| c.is_whitespace() || matches!(c, '*' | '_' | '`');
    let rest = section.trim_start_matches(mark);
    let skipped = section.len() - rest.len();
    let fenced = section.get(..skipped).is_some_and(|s| s.contains("```"));
    let language = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
    if !fenced || language == 0 {
        return skipped;
    }
    let body = rest.get(language..).unwrap_or_default();
    section.len() - body.trim_start().len()
}

/// The first place at or after `from` that looks like a list or a dictionary,
/// not like brackets in a sentence.
fn value_start(text: &str, from: usize) -> Option<usize> {
    let body = text.get(from..)?;
    body.char_indices().find_map(|(at, c)| {
        let after = body.get(at + c.len_utf8()..)?;
        let next = || after.trim_start().chars().next();
        let fits = match fold(c) {
            '[' => next().is_none_or(|n| is_quote(n) || matches!(fold(n), '[' | '(' | '{' | ']')),
            '(' => next().is_some_and(is_quote),
            '{' => next().is_some_and(|n| is_quote(n) || n.is_alphabetic() || n == '}'),
            _ => false,
        };
        fits.then_some(from + at)
    })
}

/// Reads the value at `at`, and what follows it after a comma where the
/// brackets around the whole list are missing.
fn read_at(text: &str, at: usize, labels: &[Label], notes: &mut Notes) -> Result<Found, Fault> {
    let mut reader = Reader::new(text, at, labels, notes);
    let mut items = vec![reader.value()?];
    loop {
        let end = reader.pos;
        reader.skip_blank();
        if reader.next_mark() != Some(',') {
            reader.pos = end;
            break;
        }
        reader.bump();
        reader.skip_blank();
        match reader.next_mark() {
            Some('(' | '[' | '{') => items.push(reader.value()?),
            _ => break,
        }
    }
    let (end, cut_off) = (reader.pos, reader.cut_off);
    let value = match items.pop() {
        Some(only) if items.is_empty() => only,
        last => {
            Value { at, kind: Kind::List { items: items.into_iter().chain(last).collect(), round: true } }
        }
    };
    Ok(Found { value, start: at, end, cut_off })
}
