//! What is doubtful about a layout, in words a person understands.

use std::fmt;

use thiserror::Error;

use crate::bbox::{BBox, Canvas};
use crate::draft::Draft;
use crate::grid::GridRect;
use crate::layout::Layout;
use crate::words::{head_noun, singular_words};

/// Two boxes share too much when this part of the smaller one is shared.
pub(crate) const HEAVY_OVERLAP: f64 = 0.5;
/// A box is nested when this part of it lies in the other: apples on a table.
const NESTED: f64 = 0.95;
/// Boxes of the same caption with a higher IoU are one object written twice.
const SAME_BOX: f64 = 0.9;
/// More objects than this are more than one picture keeps apart.
const MANY_OBJECTS: usize = 16;

/// An object as a message names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectName {
    /// Counted from 1 in the order of the layout.
    pub number: usize,
    /// Its caption.
    pub caption: String,
}

impl fmt::Display for ObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\" (object {})", self.caption, self.number)
    }
}

/// Something that is likely to spoil the picture.
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum Warning {
    /// The box has no area or no numbers.
    #[error("{0} has no usable box: its width and height must be positive numbers")]
    NoBox(ObjectName),
    /// A part of the box is not on the canvas.
    #[error("{object} leaves the canvas: {} % of its box is outside", percent(*.outside))]
    Outside {
        /// The object.
        object: ObjectName,
        /// Share of the box that is outside, in (0, 1].
        outside: f64,
    },
    /// The box covers no cell of an attention map (B.4).
    #[error("{object} is too small: its box vanishes on the {cells} by {cells} grid that steers the picture")]
    TooSmall {
        /// The object.
        object: ObjectName,
        /// Cells per side of the finest of the grids 8 and 16 that loses it.
        cells: usize,
    },
    /// Two boxes lie on each other and neither is inside the other.
    #[error("{first} and {second} overlap: they share {} % of the smaller box", percent(*.share))]
    Overlap {
        /// The object written first.
        first: ObjectName,
        /// The object written later.
        second: ObjectName,
        /// Share of the smaller box, in (0.5, 0.95).
        share: f64,
    },
    /// The same object in the same place twice.
    #[error("{second} repeats {first}: same caption, nearly the same box")]
    Duplicate {
        /// The object written first.
        first: ObjectName,
        /// Its repetition.
        second: ObjectName,
    },
    /// There is not enough room for all objects, or there are very many.
    #[error("{objects} objects need {} % of the canvas: there is no room to keep them apart", percent(*.area))]
    Crowded {
        /// How many there are.
        objects: usize,
        /// Sum of the areas of all boxes that are not inside another.
        area: f64,
    },
    /// The background asks for an object once more.
    #[error("the background mentions {word:?}, which {object} shows already; it may appear twice")]
    InBackground {
        /// The object.
        object: ObjectName,
        /// The word the background shares with it.
        word: String,
    },
    /// Something left out has a box.
    #[error("{object} is in the picture although {term:?} is to be left out")]
    ExcludedObject {
        /// The object.
        object: ObjectName,
        /// The part of the negative prompt it contradicts.
        term: String,
    },
    /// Something left out is part of the background.
    #[error("the background mentions {term:?}, which is to be left out")]
    ExcludedInBackground {
        /// The part of the negative prompt it contradicts.
        term: String,
    },
}

/// A share as whole percent, never rounded down to nothing.
fn percent(share: f64) -> f64 {
    (share * 100.0).round().max(1.0)
}

/// An object whose box is on the canvas.
struct Placed {
    name: ObjectName,
    bbox: BBox,
}

/// Everything doubtful about `layout`, object by object, then as a whole.
#[must_use]
pub fn check_layout(layout: &Layout) -> Vec<Warning> {
    let numbered = layout.objects().iter().enumerate();
    let placed: Vec<Placed> = numbered
        .map(|(i, object)| Placed { name: name(i, object.caption.as_str()), bbox: object.bbox })
        .collect();
    let captions: Vec<ObjectName> = placed.iter().map(|p| p.name.clone()).collect();
    let mut warnings = geometry(&placed);
    warnings.extend(wording(&captions, layout.background(), layout.negative()));
    warnings
}

/// Everything doubtful about `draft`, with what keeps its boxes from being a
/// layout first.
#[must_use]
pub fn check_draft(draft: &Draft) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let mut placed = Vec::new();
    for (i, object) in draft.objects.iter().enumerate() {
        let name = name(i, &object.caption);
        let [x, y, w, h] = object.xywh;
        if !object.xywh.iter().all(|v| v.is_finite()) || w <= 0.0 || h <= 0.0 {
            warnings.push(Warning::NoBox(name));
            continue;
        }
        let Canvas { width, height } = Canvas::REFERENCE;
        let visible = BBox::clamped(x / width, y / height, w / width, h / height);
        let outside = 1.0 - visible.map_or(0.0, BBox::area) * width * height / (w * h);
        if outside > 1e-9 {
            warnings.push(Warning::Outside { object: name.clone(), outside });
        }
        placed.extend(visible.map(|bbox| Placed { name, bbox }));
    }
    let captions: Vec<ObjectName> =
        draft.objects.iter().enumerate().map(|(i, object)| name(i, &object.caption)).collect();
    warnings.extend(geometry(&placed));
    warnings.extend(wording(&captions, &draft.background, &draft.negative));
    warnings
}

fn name(index: usize, caption: &str) -> ObjectName {
    ObjectName { number: index + 1, caption: caption.to_owned() }
}

/// Whether the smaller of two boxes lies in the larger.
pub(crate) fn is_nested(a: BBox, b: BBox) -> bool {
    shared_part(a, b) >= NESTED
}

/// Which part of the smaller of two boxes is shared.
pub(crate) fn shared_part(a: BBox, b: BBox) -> f64 {
    a.intersection(b) / a.area().min(b.area())
}

/// Whether two boxes overlap more than is good for the picture.
pub(crate) fn overlaps_heavily(a: BBox, b: BBox) -> bool {
    shared_part(a, b) > HEAVY_OVERLAP && !is_nested(a, b)
}

/// Whether two boxes are so alike that, with equal captions, they are one.
pub(crate) fn is_same_box(a: BBox, b: BBox) -> bool {
    a.iou(b) > SAME_BOX
}

fn geometry(placed: &[Placed]) -> Vec<Warning> {
    let mut warnings: Vec<Warning> = placed.iter().filter_map(too_small).collect();
    for (i, first) in placed.iter().enumerate() {
        warnings.extend(placed[i + 1..].iter().filter_map(|second| pair(first, second)));
    }
    let outermost = placed.iter().filter(|p| {
        let holds = |o: &&Placed| o.bbox.area() > p.bbox.area() && is_nested(o.bbox, p.bbox);
        !placed.iter().any(|o| holds(&o))
    });
    let area: f64 = outermost.map(|p| p.bbox.area()).sum();
    if placed.len() > 1 && (area > 1.0 + 1e-9 || placed.len() > MANY_OBJECTS) {
        warnings.push(Warning::Crowded { objects: placed.len(), area });
    }
    warnings
}

fn too_small(placed: &Placed) -> Option<Warning> {
    let cells = [16, 8].into_iter().find(|side| GridRect::of(placed.bbox, *side, *side).is_empty())?;
    Some(Warning::TooSmall { object: placed.name.clone(), cells })
}

fn pair(first: &Placed, second: &Placed) -> Option<Warning> {
    let (a, b) = (first.bbox, second.bbox);
    let (first, second) = (first.name.clone(), second.name.clone());
    if first.caption == second.caption && is_same_box(a, b) {
        Some(Warning::Duplicate { first, second })
    } else if overlaps_heavily(a, b) {
        Some(Warning::Overlap { first, second, share: shared_part(a, b) })
    } else {
        None
    }
}

fn wording(captions: &[ObjectName], background: &str, negative: &str) -> Vec<Warning> {
    let scene = singular_words(background);
    let repeats = |object: &ObjectName| {
        let word = head_noun(&object.caption);
        let repeated = !word.is_empty() && scene.contains(&word);
        repeated.then(|| Warning::InBackground { object: object.clone(), word })
    };
    let mut warnings: Vec<Warning> = captions.iter().filter_map(repeats).collect();
    for term in negative.split([',', ';']).map(str::trim).filter(|term| !term.is_empty()) {
        let words = singular_words(term);
        let says = |text: &[String]| !words.is_empty() && words.iter().all(|word| text.contains(word));
        let shown = captions.iter().filter(|object| says(&singular_words(&object.caption)));
        let term = term.to_owned();
        warnings.extend(shown.map(|o| Warning::ExcludedObject { object: o.clone(), term: term.clone() }));
        if says(&scene) {
            warnings.push(Warning::ExcludedInBackground { term });
        }
    }
    warnings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draft::DraftObject;

    fn messages(objects: &[(&str, [f64; 4])], background: &str, negative: &str) -> Vec<String> {
        let object =
            |(caption, xywh): &(&str, [f64; 4])| DraftObject { caption: (*caption).to_owned(), xywh: *xywh };
        let draft = Draft {
            objects: objects.iter().map(object).collect(),
            background: background.to_owned(),
            negative: negative.to_owned(),
        };
        check_draft(&draft).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_good_layout_raises_nothing() {
        let objects = [
            ("a table", [60., 200., 400., 250.]),
            ("an apple", [100., 250., 80., 80.]),
            ("an apple", [300., 250., 80., 80.]),
        ];
        assert!(messages(&objects, "a kitchen", "dogs, people").is_empty(), "nested boxes are legitimate");
    }

    #[test]
    fn boxes_off_the_canvas_are_named() {
        let got = messages(&[("a cat", [412., 0., 200., 100.]), ("a dog", [9., 9., 0., 5.])], "", "");
        assert_eq!(
            got,
            [
                "\"a cat\" (object 1) leaves the canvas: 50 % of its box is outside",
                "\"a dog\" (object 2) has no usable box: its width and height must be positive numbers",
            ]
        );
        let gone = messages(&[("a cat", [600., 0., 20., 100.])], "", "");
        assert_eq!(gone, ["\"a cat\" (object 1) leaves the canvas: 100 % of its box is outside"]);
    }

    #[test]
    fn what_spoils_the_grid_is_named() {
        let got = messages(&[("a bee", [100., 100., 30., 30.]), ("an ant", [300., 300., 9., 9.])], "", "");
        assert!(
            got[0].contains("\"a bee\" (object 1) is too small: its box vanishes on the 8 by 8 grid"),
            "{got:?}"
        );
        assert!(got[1].contains("16 by 16"), "{got:?}");
    }

    #[test]
    fn overlap_and_duplicates_are_told_apart() {
        let cat = ("a cat", [100., 100., 200., 200.]);
        assert!(
            messages(&[cat, ("a cat", [102., 100., 200., 200.])], "", "")[0]
                .contains("repeats \"a cat\" (object 1)")
        );
        let got = messages(&[cat, ("a dog", [150., 120., 200., 200.])], "", "");
        assert_eq!(
            got,
            ["\"a cat\" (object 1) and \"a dog\" (object 2) overlap: they share 68 % of the smaller box"]
        );
        assert!(messages(&[cat, ("a dog", [220., 100., 200., 200.])], "", "").is_empty());
    }

    #[test]
    fn crowds_are_noticed() {
        let wide = |y| ("a bus", [0., y, 512., 200.]);
        let got = messages(&[wide(0.), wide(150.), wide(300.)], "", "");
        assert_eq!(got, ["3 objects need 117 % of the canvas: there is no room to keep them apart"]);
    }

    #[test]
    fn words_are_compared_by_their_singular() {
        let got = messages(
            &[("a red car", [10., 10., 200., 200.])],
            "a street with parked cars and dogs",
            "dogs, cars",
        );
        assert_eq!(got.len(), 4, "{got:?}");
        assert!(
            got[0].contains("the background mentions \"car\", which \"a red car\" (object 1) shows already")
        );
        assert!(got.contains(&"the background mentions \"dogs\", which is to be left out".to_owned()));
        assert!(got.contains(
            &"\"a red car\" (object 1) is in the picture although \"cars\" is to be left out".to_owned()
        ));
        assert!(messages(&[("a red car", [10., 10., 200., 200.])], "a road", "blue cars").is_empty());
    }
}
