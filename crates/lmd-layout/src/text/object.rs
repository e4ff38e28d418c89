//! A whole layout as one dictionary: our own JSON form and its relatives.

use super::declared::{Declared, Order, canvas, dimensions};
use super::error::{Fault, Problem, fault, unexpected};
use super::items::{lookup, plain};
use super::note::{Note, Notes};
use super::prompts::negative_prompt;
use super::value::{Kind, Value};
use crate::bbox::Canvas;

/// Keys under which the objects stand, in plain form.
const OBJECT_KEYS: [&str; 6] = ["objects", "boxes", "boundingboxes", "items", "layout", "elements"];
const BACKGROUND_KEYS: [&str; 4] = ["background", "backgroundprompt", "bg", "bgprompt"];
const NEGATIVE_KEYS: [&str; 2] = ["negative", "negativeprompt"];
/// Keys under which the canvas stands.
const CANVAS_KEYS: [&str; 5] = ["canvas", "canvassize", "imagesize", "resolution", "size"];
/// Keys whose text says how boxes are written.
const FORMAT_KEYS: [&str; 7] =
    ["format", "boxformat", "bboxformat", "coordinateformat", "coordinates", "coordinatesystem", "units"];

/// The key of an Ideogram 4 caption under which its elements stand. Their
/// `bbox` is `[y0, x0, y1, x1]` in thousandths.
const IDEOGRAM_KEYS: [&str; 1] = ["compositionaldeconstruction"];
/// The canvas of coordinates in thousandths.
pub(super) const THOUSANDTHS: Canvas = Canvas::new(1000.0, 1000.0);

/// The parts of a layout under their keys.
#[derive(Debug)]
pub(super) struct Fields<'v> {
    pub(super) objects: &'v Value,
    /// `None` where there is no such key.
    pub(super) background: Option<String>,
    pub(super) negative: String,
    pub(super) declared: Declared,
}

/// Whether `value` is a dictionary with a key for objects.
pub(super) fn is_layout(value: &Value) -> bool {
    let Kind::Dict(entries) = &value.kind else { return false };
    lookup(entries, &OBJECT_KEYS).or_else(|| lookup(entries, &IDEOGRAM_KEYS)).is_some()
}

/// The fields of a layout written as a dictionary.
pub(super) fn fields<'v>(value: &'v Value, text: &str, notes: &mut Notes) -> Result<Fields<'v>, Fault> {
    let missing = || {
        unexpected(text, value.at, "the key \"objects\"", "write {\"objects\": […], \"background\": \"…\"}")
    };
    let Kind::Dict(entries) = &value.kind else { return Err(missing()) };
    if let Some(caption) = lookup(entries, &IDEOGRAM_KEYS) {
        let mut fields = fields(caption, text, notes)?;
        fields.declared.order = Some(Order::CornersYx);
        fields.declared.canvas = Some(THOUSANDTHS);
        return Ok(fields);
    }
    let objects = lookup(entries, &OBJECT_KEYS).ok_or_else(missing)?;
    if is_layout(objects) {
        return fields(objects, text, notes);
    }
    let background = match once(entries, &BACKGROUND_KEYS, "background")? {
        Some(value) => Some(prompt(value, text)?),
        None => None,
    };
    let negative = match once(entries, &NEGATIVE_KEYS, "negative")? {
        Some(value) => Some(prompt(value, text)?),
        None => None,
    };
    if background.is_none() {
        notes.add(Note::BackgroundMissing);
    }
    let negative = negative_prompt(negative.as_deref(), notes);
    Ok(Fields { objects, background, negative, declared: declarations(entries)? })
}

/// The one value under any of `keys`; two are ambiguous.
fn once<'v>(
    entries: &'v [(String, Value)],
    keys: &[&str],
    label: &'static str,
) -> Result<Option<&'v Value>, Fault> {
    let mut found = entries.iter().filter(|(key, _)| keys.contains(&plain(key).as_str()));
    let first = found.next();
    match found.next() {
        Some((_, second)) => Err(fault(second.at, Problem::Ambiguous { label })),
        None => Ok(first.map(|(_, value)| value)),
    }
}

/// A prompt: text, nothing, or a list of texts.
fn prompt(value: &Value, text: &str) -> Result<String, Fault> {
    let one = |value: &Value| match &value.kind {
        Kind::Text(text) | Kind::Word(text) => Ok(text.trim().to_owned()),
        Kind::Nothing => Ok(String::new()),
        _ => Err(unexpected(text, value.at, "a text in quotation marks", "write the prompt as one text")),
    };
    match &value.kind {
        Kind::List { items, .. } => Ok(items.iter().map(one).collect::<Result<Vec<_>, _>>()?.join(", ")),
        _ => one(value),
    }
}

/// What the keys beside the objects say about coordinates.
fn declarations(entries: &[(String, Value)]) -> Result<Declared, Fault> {
    let mut declared = Declared::default();
    for (key, value) in entries {
        let key = plain(key);
        match &value.kind {
            Kind::Text(text) | Kind::Word(text) if FORMAT_KEYS.contains(&key.as_str()) => {
                declared.read(text, value.at)?;
            }
            Kind::Truth(yes) if matches!(key.as_str(), "normalized" | "normalised") => {
                declared.fractions = *yes;
            }
            _ if CANVAS_KEYS.contains(&key.as_str()) => {
                if let Some(canvas) = canvas_of(value) {
                    declared.set_canvas(canvas, value.at)?;
                }
            }
            _ => {}
        }
    }
    let sides = (lookup(entries, &["width"]), lookup(entries, &["height"]));
    if let (Some(width), Some(height)) = sides
        && let Some(canvas) = from_sides(width, height)
    {
        declared.set_canvas(canvas, width.at)?;
    }
    Ok(declared)
}

/// A canvas written as `[w, h]`, `"WxH"` or `{"width": w, "height": h}`.
fn canvas_of(value: &Value) -> Option<Canvas> {
    match &value.kind {
        Kind::Text(text) | Kind::Word(text) => dimensions(text),
        Kind::List { items, .. } => match items.as_slice() {
            [width, height] => from_sides(width, height),
            _ => None,
        },
        Kind::Dict(entries) => {
            from_sides(lookup(entries, &["width", "w"])?, lookup(entries, &["height", "h"])?)
        }
        _ => None,
    }
}

fn from_sides(width: &Value, height: &Value) -> Option<Canvas> {
    match (&width.kind, &height.kind) {
        (Kind::Number(width), Kind::Number(height)) => canvas(width.value, height.value),
        _ => None,
    }
}
