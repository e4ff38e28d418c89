//! Layouts for a small model: boxes in the shapes and sizes in which it saw its things.
//!
//! A network that never saw a bottle standing draws two lying ones into a tall box. Such a model says how its things look
//! (`looks` in its `lmd.json`), and what the offline planner made is fitted to that as far as every fact of the sentence still
//! holds. Layouts that somebody wrote, be it a language model, stay as they are.

use std::collections::HashSet;

use lmd_layout::{BBox, Canvas, Layout, Object, head_noun};

use crate::stage2::{Looks, Words};

/// Boxes that are no further apart than this, as a share of the canvas, belong together (a cat on a car) and stay.
const TOUCHING: f64 = 0.005;
/// Kept from the edge of the canvas.
const MARGIN: f64 = 0.01;
/// The most that a box grows beyond the largest one of its shape inside the old, unless the old one was longer: what is far
/// away or one of many stays smaller.
const GROWTH: f64 = 1.75;
/// How much of the way from the largest box of the right shape inside the old one to the model's own size is tried.
const TRIES: u32 = 10;

/// The layout with boxes as the model knows its things, if any box changes.
pub(crate) fn fitted(looks: &Looks, words: &Words, layout: &Layout) -> Option<Layout> {
    let known: HashSet<&str> = words.nouns.iter().chain(&words.colours).map(String::as_str).collect();
    let boxes: Vec<Fitting> =
        layout.objects().iter().map(|object| Fitting::new(looks, &known, object)).collect();
    let free = |k: usize| {
        let touches = |other: usize| other != k && gap(boxes[other].old, boxes[k].old) <= TOUCHING;
        boxes[k].shape.is_some() && !(0..boxes.len()).any(touches)
    };
    let free: Vec<bool> = (0..boxes.len()).map(free).collect();
    let side = looks.sides.get(boxes.len().saturating_sub(1)).or(looks.sides.last()).copied();
    let apart = |new: &[BBox]| {
        let mut pairs = (0..new.len()).flat_map(|a| (0..a).map(move |b| (a, b)));
        pairs.all(|(a, b)| !(free[a] || free[b]) || gap(new[a], new[b]) >= TOUCHING)
    };
    let new = (0..=TRIES).rev().find_map(|way| {
        let at = |k: usize| {
            if free[k] {
                boxes[k].at(&boxes, side, f64::from(way) / f64::from(TRIES))
            } else {
                Some(boxes[k].old)
            }
        };
        (0..boxes.len()).map(at).collect::<Option<Vec<BBox>>>().filter(|new| apart(new))
    })?;
    let moved = layout.objects().iter().zip(new).map(|(object, bbox)| Object { bbox, ..object.clone() });
    Layout::new(moved.collect(), layout.background(), layout.negative()).ok().filter(|new| new != layout)
}

/// One box to be fitted.
struct Fitting {
    old: BBox,
    caption: String,
    /// Width and height where the longer side is 1; `None` for what the model does not know.
    shape: Option<(f64, f64)>,
    /// Whether the caption says no more than what it is and its colour: what is tiny stays so.
    is_plain: bool,
}

impl Fitting {
    fn new(looks: &Looks, known: &HashSet<&str>, object: &Object) -> Self {
        let caption = object.caption.as_str().to_lowercase();
        let aspect = looks.shapes.get(&head_noun(&caption)).copied();
        let plain = |word: &str| known.contains(word) || matches!(word, "a" | "an" | "the");
        Self {
            old: object.bbox,
            shape: aspect.map(|aspect| (aspect.min(1.0), (1.0 / aspect).min(1.0))),
            is_plain: caption.split_whitespace().all(plain),
            caption,
        }
    }

    /// The longer side of the largest box of the right shape inside the old one.
    fn inside(&self, shape: (f64, f64)) -> f64 {
        let [_, _, w, h] = self.old.to_xywh(Canvas::UNIT);
        (w / shape.0).min(h / shape.1)
    }

    /// The box `way` of the way to `side`: on the ground of the old one, and apart from its equals as these grow.
    fn at(&self, all: &[Self], side: Option<f64>, way: f64) -> Option<BBox> {
        let Some(shape) = self.shape else { return Some(self.old) };
        let inside = self.inside(shape);
        let [_, _, old_w, old_h] = self.old.to_xywh(Canvas::UNIT);
        let most = (GROWTH * inside).max(old_w).max(old_h);
        let goal = match side.filter(|_| self.is_plain).map(|side| side.min(most)) {
            Some(side) if side > inside => inside + (side - inside) * way,
            Some(side) => side,
            None => inside,
        };
        let (w, h) = (shape.0 * goal, shape.1 * goal);
        let equals = all.iter().filter(|other| other.caption == self.caption);
        let (xs, ys): (Vec<f64>, Vec<f64>) = equals.map(|other| other.old.center()).unzip();
        let (x, y) = self.old.center();
        let growth = (goal / inside).max(1.0);
        let (dx, dy) = (spread(&xs, x, w, growth), spread(&ys, y, h, growth));
        let within = |at: f64, size: f64| at.min(1.0 - MARGIN - size).max(MARGIN);
        BBox::new(within(x + dx - w / 2.0, w), within(self.old.y_max() + dy - h, h), w, h).ok()
    }
}

/// How far a thing at `at` moves along one axis when the distances of it and its equals grow by `growth`, as far as all
/// of them, `size` long, stay on the canvas.
fn spread(equals: &[f64], at: f64, size: f64, growth: f64) -> f64 {
    let low = equals.iter().copied().fold(f64::INFINITY, f64::min);
    let high = equals.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let length = high - low;
    if length < 1e-6 {
        return 0.0;
    }
    let room = 1.0 - 2.0 * MARGIN - size;
    let growth = growth.min(room / length).max(1.0);
    let middle = (low + high) / 2.0;
    let half = length * growth / 2.0;
    // The group as a whole comes back onto the canvas.
    let least = MARGIN + size / 2.0 + half;
    let centre = middle.min(1.0 - least).max(least.min(0.5));
    centre - middle + (at - middle) * (growth - 1.0)
}

/// The distance of two boxes along the axis on which they are further apart; negative where they overlap.
fn gap(a: BBox, b: BBox) -> f64 {
    let ([ax0, ay0, ax1, ay1], [bx0, by0, bx1, by1]) = (a.to_xyxy(Canvas::UNIT), b.to_xyxy(Canvas::UNIT));
    (ax0 - bx1).max(bx0 - ax1).max(ay0 - by1).max(by0 - ay1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn looks() -> (Looks, Words) {
        let shapes = [("bottle", 1.0), ("chair", 0.7), ("owl", 0.8), ("bus", 1.27), ("cat", 1.04)];
        let shapes = shapes.map(|(noun, shape)| (noun.to_owned(), shape)).into_iter().collect();
        let words = |list: &str| list.split(' ').map(str::to_owned).collect();
        let known = Words {
            nouns: words("bottle chair owl bus cat"),
            colours: words("red green"),
            ..Words::default()
        };
        (Looks { shapes, sides: vec![0.6, 0.4, 0.3, 0.25] }, known)
    }

    fn layout(objects: &[(&str, [f64; 4])]) -> Layout {
        let object = |(caption, xywh): &(&str, [f64; 4])| {
            Object::new(caption, BBox::from_xywh(*xywh, Canvas::UNIT).unwrap()).unwrap()
        };
        Layout::new(objects.iter().map(object).collect(), "a beach", "people").unwrap()
    }

    fn boxes(objects: &[(&str, [f64; 4])]) -> Option<Vec<[f64; 4]>> {
        let (looks, words) = looks();
        let fitted = fitted(&looks, &words, &layout(objects))?;
        assert_eq!((fitted.background(), fitted.negative()), ("a beach", "people"));
        Some(fitted.objects().iter().map(|object| object.bbox.to_xywh(Canvas::UNIT)).collect())
    }

    #[track_caller]
    fn near(got: [f64; 4], wanted: [f64; 4]) {
        assert!(got.iter().zip(wanted).all(|(a, b)| (a - b).abs() < 1e-9), "{got:?}, not {wanted:?}");
    }

    #[test]
    fn a_tall_box_becomes_one_of_the_models_shape_on_the_same_ground() {
        near(boxes(&[("a green bottle", [0.33, 0.13, 0.33, 0.79])]).unwrap()[0], [0.195, 0.32, 0.6, 0.6]);
        let two = boxes(&[("a red chair", [0.1, 0.3, 0.2, 0.5]), ("a bus", [0.5, 0.5, 0.45, 0.3])]).unwrap();
        near(two[0], [0.06, 0.4, 0.28, 0.4]);
        near(two[1], [0.525, 0.8 - 0.4 / 1.27, 0.4, 0.4 / 1.27]);
    }

    #[test]
    fn small_equals_grow_and_move_apart_as_far_as_there_is_room() {
        let row = |k: usize| ("an owl", [0.13 + 0.15 * k as f64, 0.2, 0.13, 0.15]);
        let five = boxes(&(0..5).map(row).collect::<Vec<_>>()).unwrap();
        for pair in five.windows(2) {
            assert!(pair[0][0] + pair[0][2] < pair[1][0], "in their order, apart: {five:?}");
        }
        assert!(
            five.iter().all(|[x, y, w, h]| *x >= 0.01 - 1e-9 && x + w < 1.0 && *y >= 0.0 && *h > 0.2),
            "{five:?}"
        );
        assert!(five.iter().all(|[_, _, w, h]| (w / h - 0.8).abs() < 1e-9), "{five:?}");
    }

    #[test]
    fn what_touches_what_is_unknown_and_stated_sizes_stay() {
        // A cat on a bus.
        assert_eq!(boxes(&[("a cat", [0.4, 0.2, 0.2, 0.2]), ("a bus", [0.3, 0.4, 0.4, 0.4])]), None);
        assert_eq!(boxes(&[("a dragon", [0.1, 0.1, 0.3, 0.8])]), None);
        // Its shape changes, within its box; its size is what was said.
        near(boxes(&[("a tiny bottle", [0.4, 0.3, 0.1, 0.3])]).unwrap()[0], [0.4, 0.5, 0.1, 0.1]);
        // What is far away grows by no more than that.
        near(
            boxes(&[("a cat", [0.4, 0.3, 0.104, 0.1])]).unwrap()[0],
            [0.452 - 0.091, 0.4 - 0.175, 0.182, 0.175],
        );
        let (_, words) = looks();
        assert_eq!(fitted(&Looks::default(), &words, &layout(&[("a cat", [0.1, 0.1, 0.2, 0.7])])), None);
    }
}
