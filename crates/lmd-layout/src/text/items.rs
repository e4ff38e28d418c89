//! From values to captioned boxes, in the shapes that models write them.

use super::declared::{Convention, Order};
use super::error::{Fault, Problem, fault, unexpected};
use super::note::{Note, Notes};
use super::number::{Number, number_from_text};
use super::value::{Kind, Value};

/// A captioned box with its numbers as written.
#[derive(Debug)]
pub(super) struct RawObject {
    pub(super) at: usize,
    pub(super) caption: String,
    pub(super) numbers: [Number; 4],
    /// What the keys said of the numbers.
    pub(super) convention: Convention,
}

/// Four numbers and what their keys say about them.
type RawBox = ([Number; 4], Convention);

/// Keys under which a caption stands, in plain form (see [`plain`]).
const CAPTION_KEYS: [&str; 7] = ["caption", "name", "label", "phrase", "object", "description", "desc"];
/// Keys under which a box stands.
const BOX_KEYS: [&str; 5] = ["box", "bbox", "boundingbox", "coordinates", "position"];
/// Keys of vision models, in thousandths: Qwen's corners, and Gemini's with
/// the vertical coordinate first.
const GROUNDING_KEYS: [(&str, Order); 2] = [("bbox2d", Order::Corners), ("box2d", Order::CornersYx)];
/// Keys of single coordinates, and whether they are corners.
const COORDINATE_KEYS: [([&str; 4], bool); 8] = [
    (["x", "y", "w", "h"], false),
    (["x", "y", "width", "height"], false),
    (["left", "top", "width", "height"], false),
    (["xleft", "ytop", "width", "height"], false),
    (["x1", "y1", "x2", "y2"], true),
    (["x0", "y0", "x1", "y1"], true),
    (["xmin", "ymin", "xmax", "ymax"], true),
    (["left", "top", "right", "bottom"], true),
];

/// A key in lower case without punctuation: `Bounding_Box` is `boundingbox`.
pub(super) fn plain(key: &str) -> String {
    key.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The value under the first of `keys` that `entries` has.
pub(super) fn lookup<'v>(entries: &'v [(String, Value)], keys: &[&str]) -> Option<&'v Value> {
    entries.iter().find(|(key, _)| keys.contains(&plain(key).as_str())).map(|(_, value)| value)
}

/// The objects that `value` lists.
pub(super) fn objects(value: &Value, text: &str, notes: &mut Notes) -> Result<Vec<RawObject>, Fault> {
    let mut reader = Items { text, notes };
    let found: Result<Vec<_>, Fault> = match &value.kind {
        Kind::Nothing => Ok(Vec::new()),
        Kind::List { items, .. } if is_item(items) => reader.item(value).map(|item| vec![item]),
        Kind::List { items, .. } => items.iter().map(|item| reader.item(item)).collect(),
        Kind::Dict(entries) if lookup(entries, &CAPTION_KEYS).is_some() => {
            reader.item(value).map(|item| vec![item])
        }
        Kind::Dict(entries) => entries.iter().map(|(name, bbox)| reader.pair(name, bbox, bbox.at)).collect(),
        _ => Err(unexpected(text, value.at, "a list of objects", HELP)),
    };
    Ok(found?.into_iter().flatten().collect())
}

const HELP: &str = "write each object as ('a car', [x, y, w, h])";

/// Whether a list is one object, not a list of them.
fn is_item(items: &[Value]) -> bool {
    matches!(items, [first, second, ..]
        if is_caption(first) && matches!(second.kind, Kind::List { .. } | Kind::Number(_)))
}

fn is_caption(value: &Value) -> bool {
    matches!(value.kind, Kind::Text(_) | Kind::Word(_))
}

struct Items<'a> {
    text: &'a str,
    notes: &'a mut Notes,
}

impl Items<'_> {
    /// One object; `None` if its box is an empty list.
    fn item(&mut self, value: &Value) -> Result<Option<RawObject>, Fault> {
        match &value.kind {
            Kind::List { items, .. } => self.listed(items, value.at),
            Kind::Dict(entries) => self.keyed(entries, value.at),
            _ => Err(unexpected(self.text, value.at, "an object with a caption and a box", HELP)),
        }
    }

    /// `('a car', [x, y, w, h])` or `('a car', x, y, w, h)`.
    fn listed(&mut self, items: &[Value], at: usize) -> Result<Option<RawObject>, Fault> {
        let Some((name, rest)) = items.split_first() else {
            return Err(unexpected(self.text, at, "an object with a caption and a box", HELP));
        };
        let caption = self.caption(name)?;
        match rest {
            [only] if !matches!(only.kind, Kind::Number(_)) => self.pair(&caption, only, at),
            numbers => {
                self.object(caption, at, |items| items.four(numbers, at).map(|n| (n, Convention::default())))
            }
        }
    }

    /// `{"caption": "a car", "box": …}`, `{"caption": …, "x": …, …}` or
    /// `{"a car": …}`.
    fn keyed(&mut self, entries: &[(String, Value)], at: usize) -> Result<Option<RawObject>, Fault> {
        let Some(name) = lookup(entries, &CAPTION_KEYS) else {
            return match entries {
                [(name, bbox)] => self.pair(name, bbox, at),
                _ => Err(unexpected(self.text, at, "a \"caption\" and a \"box\"", HELP)),
            };
        };
        let caption = self.caption(name)?;
        for (key, order) in GROUNDING_KEYS {
            if let Some(bbox) = lookup(entries, &[key]) {
                let convention = Convention { order: Some(order), thousandths: true };
                return self.object(caption, at, |items| {
                    items.bounds(bbox).map(|(numbers, _)| (numbers, convention))
                });
            }
        }
        match lookup(entries, &BOX_KEYS) {
            Some(bbox) => self.pair(&caption, bbox, at),
            None => self.object(caption, at, |items| items.coordinates(entries, at)),
        }
    }

    fn pair(&mut self, caption: &str, bbox: &Value, at: usize) -> Result<Option<RawObject>, Fault> {
        if matches!(&bbox.kind, Kind::List { items, .. } if items.is_empty()) {
            self.notes.add(Note::EmptyBoxDropped);
            return Ok(None);
        }
        self.object(caption.trim().to_owned(), at, |items| items.bounds(bbox))
    }

    fn object(
        &mut self,
        caption: String,
        at: usize,
        bounds: impl FnOnce(&mut Self) -> Result<RawBox, Fault>,
    ) -> Result<Option<RawObject>, Fault> {
        let (numbers, convention) = bounds(self)?;
        Ok(Some(RawObject { at, caption, numbers, convention }))
    }

    fn caption(&mut self, value: &Value) -> Result<String, Fault> {
        match &value.kind {
            Kind::Text(text) => Ok(text.trim().to_owned()),
            Kind::Word(text) => {
                self.notes.add(Note::UnquotedCaption);
                Ok(text.trim().to_owned())
            }
            _ => Err(unexpected(self.text, value.at, "a caption in quotation marks", HELP)),
        }
    }

    fn bounds(&mut self, value: &Value) -> Result<RawBox, Fault> {
        match &value.kind {
            Kind::List { items, .. } => {
                self.four(items, value.at).map(|numbers| (numbers, Convention::default()))
            }
            Kind::Dict(entries) => self.coordinates(entries, value.at),
            _ => Err(unexpected(self.text, value.at, "a box of four numbers", HELP)),
        }
    }

    fn four(&mut self, values: &[Value], at: usize) -> Result<[Number; 4], Fault> {
        let [x, y, w, h] = values else { return Err(fault(at, Problem::BoxLength { got: values.len() })) };
        Ok([self.number(x)?, self.number(y)?, self.number(w)?, self.number(h)?])
    }

    fn coordinates(&mut self, entries: &[(String, Value)], at: usize) -> Result<RawBox, Fault> {
        for (keys, corners) in &COORDINATE_KEYS {
            let [Some(a), Some(b), Some(c), Some(d)] = keys.map(|key| lookup(entries, &[key])) else {
                continue;
            };
            let numbers = [self.number(a)?, self.number(b)?, self.number(c)?, self.number(d)?];
            let order = if *corners { Order::Corners } else { Order::Size };
            return Ok((numbers, Convention { order: Some(order), thousandths: false }));
        }
        Err(unexpected(self.text, at, "a box with the keys x, y, width and height", HELP))
    }

    fn number(&mut self, value: &Value) -> Result<Number, Fault> {
        let number = match &value.kind {
            Kind::Number(number) => *number,
            Kind::Text(text) | Kind::Word(text) => number_from_text(text, value.at)?,
            _ => return Err(unexpected(self.text, value.at, "a number", HELP)),
        };
        if number.dressed {
            self.notes.add(Note::NumbersAsText);
        }
        Ok(number)
    }
}
