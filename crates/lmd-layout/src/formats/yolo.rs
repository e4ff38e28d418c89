//! YOLO: names of classes and lines `class x y width height`, centres and
//! sizes as shares of the picture.
//!
//! YOLO keeps the two in files of their own. Here they stand in one text, as
//! `names:` and `labels:`; read are also a list of names (one a line, as in
//! `classes.txt`) with the lines of a label file below it.

use super::foreign::{Foreign, on_512};
use super::format::Format;
use crate::draft::{Draft, DraftObject};
use crate::layout::{Layout, Object};

/// Names and labels of a layout.
pub(super) fn write(layout: &Layout) -> String {
    let mut names: Vec<&str> = Vec::new();
    for object in layout.objects() {
        if !names.contains(&object.caption.as_str()) {
            names.push(object.caption.as_str());
        }
    }
    let class = |object: &Object| names.iter().position(|name| *name == object.caption.as_str());
    let mut text = "names:\n".to_owned();
    for (index, name) in names.iter().enumerate() {
        // A name in double quotes is YAML whatever stands in it.
        let quoted = serde_json::to_string(name).unwrap_or_default();
        text.push_str(&format!("  {index}: {quoted}\n"));
    }
    text.push_str("labels:\n");
    for object in layout.objects() {
        let (bbox, (x, y)) = (object.bbox, object.bbox.center());
        let class = class(object).unwrap_or_default();
        text.push_str(&format!("{class} {x:.6} {y:.6} {:.6} {:.6}\n", bbox.w(), bbox.h()));
    }
    text
}

/// Reads names and labels; `None` where there are no labels or no names.
pub(super) fn read(text: &str) -> Option<Foreign> {
    let lines = || text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let labels: Vec<(usize, [f64; 4])> = lines().filter_map(label).collect();
    let names = names(lines().filter(|line| label(line).is_none()));
    if labels.is_empty() || names.is_empty() {
        return None;
    }
    let object = |(class, [x, y, w, h]): &(usize, [f64; 4])| {
        let caption = names.iter().find(|(index, _)| index == class).map(|(_, name)| name.clone())?;
        Some(DraftObject { caption, xywh: [x - w / 2.0, y - h / 2.0, *w, *h].map(on_512) })
    };
    let objects: Vec<DraftObject> = labels.iter().filter_map(object).collect();
    let partial = objects.len() < labels.len();
    let draft = Draft { objects, background: String::new(), negative: String::new() };
    Some(Foreign::new(draft, Format::Yolo, partial))
}

/// `0 0.5 0.5 0.2 0.3`, with a score at its end or without.
fn label(line: &str) -> Option<(usize, [f64; 4])> {
    let parts: Vec<&str> = line.trim_start_matches("- ").split_whitespace().collect();
    let (class, numbers) = parts.split_first()?;
    let shares: Vec<f64> = numbers.iter().map(|number| number.parse().ok()).collect::<Option<_>>()?;
    let all = shares.iter().all(|share| (0.0..=1.0).contains(share));
    let first: [f64; 4] = shares.get(..4)?.try_into().ok()?;
    (all && shares.len() <= 5).then_some((class.parse().ok()?, first))
}

/// The names with their numbers, in any of the ways they are written.
fn names<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<(usize, String)> {
    let mut names: Vec<(usize, String)> = Vec::new();
    for line in lines {
        let line = match line.strip_prefix("names:").map(str::trim) {
            Some(list) if list.starts_with(['[', '{']) => {
                let inner = list.trim_matches(['[', ']', '{', '}']);
                names.extend(inner.split(',').enumerate().map(|(index, name)| numbered(name, index)));
                continue;
            }
            Some(rest) => rest,
            None => line,
        };
        let key = line.split_once(':').map(|(key, _)| key.trim());
        let setting = key.is_some_and(|key| key.parse::<usize>().is_err());
        if !line.is_empty() && !setting {
            names.push(numbered(line.trim_start_matches("- "), names.len()));
        }
    }
    names
}

/// `3: cat` or `cat`, which is the next.
fn numbered(text: &str, next: usize) -> (usize, String) {
    let numbered = text.split_once(':').and_then(|(number, name)| Some((number.trim().parse().ok()?, name)));
    let (index, name) = numbered.unwrap_or((next, text));
    let name = name.trim();
    let plain = || name.trim_matches(['\'', '"']).to_owned();
    (index, serde_json::from_str(name).unwrap_or_else(|_| plain()))
}
