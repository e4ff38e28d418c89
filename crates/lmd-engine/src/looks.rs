//! Layouts for a small model: boxes in the shapes and sizes in which it saw its things.
//!
//! A network that never saw a bottle standing draws two lying ones into a tall box. Such a model says how its things look
//! (`looks` in its `lmd.json`), and what the offline planner made is fitted to that as far as every fact of the sentence still
//! holds. Layouts that somebody wrote, be it a language model, stay as they are.

use std::collections::HashSet;
use std::mem::discriminant;

use lmd_layout::{BBox, Canvas, Layout, Object, Warning, check_layout, head_noun};
use lmd_planner::{Plan, checked_facts};

use crate::stage2::{Looks, Words};

/// Boxes that are no further apart than this, as a share of the canvas, belong together (a cat on a car) and stay.
const TOUCHING: f64 = 0.005;
/// Kept between neighbours that are pushed apart, as a share of the canvas: closer ones are drawn into one another.
const SPACE: f64 = 0.05;
/// How often neighbours push one another, at most.
const PUSHES: u32 = 40;
/// Kept from the edge of the canvas.
const MARGIN: f64 = 0.01;
/// The most that a box grows beyond the largest one of its shape inside the old, unless the old one was longer: what is far
/// away or one of many stays smaller.
const GROWTH: f64 = 1.75;
/// How often smaller boxes are tried: at first all of them smaller by [`STEP`] of the model's size each time, so that neighbours
/// stand apart; else less of the way from the largest box of the right shape inside the old one to the model's size.
const TRIES: u32 = 10;
const STEP: f64 = 0.025;

/// The plan with boxes as the model knows its things, where every fact of `prompt` that held still holds.
pub(crate) fn refitted(looks: &Looks, words: &Words, prompt: &str, plan: Plan) -> Plan {
    match fitted(looks, words, &plan.layout) {
        Some(layout) if keeps_facts(prompt, &plan.layout, &layout) => {
            let warnings = doubts_of_the_new(plan.warnings, &plan.layout, &layout);
            Plan { layout, warnings, ..plan }
        }
        _ => plan,
    }
}

/// Whether everything that the sentence says for certain and `old` shows is shown by `new` as well.
fn keeps_facts(prompt: &str, old: &Layout, new: &Layout) -> bool {
    checked_facts(prompt, old)
        .iter()
        .zip(checked_facts(prompt, new))
        .all(|(old, new)| new.holds || !old.holds)
}

/// What was told of a layout, where its boxes have changed since: doubts about the old boxes become those of the same kind
/// about the new ones.
fn doubts_of_the_new(mut told: Vec<String>, old: &Layout, new: &Layout) -> Vec<String> {
    let old: Vec<(Warning, String)> =
        check_layout(old).into_iter().map(|doubt| (doubt.clone(), doubt.to_string())).collect();
    let stale: Vec<&(Warning, String)> = old.iter().filter(|(_, text)| told.contains(text)).collect();
    told.retain(|warning| !stale.iter().any(|(_, text)| text == warning));
    let alike = |doubt: &Warning| stale.iter().any(|(old, _)| discriminant(old) == discriminant(doubt));
    told.extend(check_layout(new).into_iter().filter(alike).map(|doubt| doubt.to_string()));
    told
}

/// The layout with boxes as the model knows its things, if any box changes.
fn fitted(looks: &Looks, words: &Words, layout: &Layout) -> Option<Layout> {
    let known: HashSet<&str> = words.nouns.iter().chain(&words.colours).map(String::as_str).collect();
    let boxes: Vec<Fitting> =
        layout.objects().iter().map(|object| Fitting::new(looks, &known, object)).collect();
    let free = |k: usize| {
        let touches = |other: usize| other != k && gap(boxes[other].old, boxes[k].old) <= TOUCHING;
        boxes[k].shape.is_some() && !(0..boxes.len()).any(touches)
    };
    let free: Vec<bool> = (0..boxes.len()).map(free).collect();
    let side = looks.sides.get(boxes.len().saturating_sub(1)).or(looks.sides.last()).copied();
    let apart = |new: &[BBox], space: f64| {
        pairs(new.len()).all(|(a, b)| !(free[a] || free[b]) || gap(new[a], new[b]) > space - 1e-6)
    };
    let fit = |side: Option<f64>, way: f64, space: f64| {
        let at = |k: usize| if free[k] { boxes[k].at(&boxes, side, way) } else { Some(boxes[k].old) };
        let grown = (0..boxes.len()).map(at).collect::<Option<Vec<BBox>>>()?;
        pushed_apart(&boxes, &free, &grown).filter(|new| apart(new, space))
    };
    let smaller = |k: u32| side.map(|side| side * (1.0 - STEP * f64::from(k)));
    let spaced = (0..=TRIES).find_map(|k| fit(smaller(k), 1.0, SPACE));
    let close = || (0..=TRIES).rev().find_map(|k| fit(side, f64::from(k) / f64::from(TRIES), TOUCHING));
    let new = spaced.or_else(close)?;
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

/// Boxes that grew into one another, moved apart along the axis on which they stood apart, each as far as it may.
fn pushed_apart(boxes: &[Fitting], free: &[bool], grown: &[BBox]) -> Option<Vec<BBox>> {
    let mut new: Vec<[f64; 4]> = grown.iter().map(|bbox| bbox.to_xywh(Canvas::UNIT)).collect();
    for _ in 0..PUSHES {
        let mut pushed = false;
        for (a, b) in pairs(new.len()) {
            let [one, other] = [a, b].map(|k| BBox::from_xywh(new[k], Canvas::UNIT).ok());
            let missing = SPACE - gap(one?, other?);
            if missing < 1e-6 || !(free[a] || free[b]) {
                continue;
            }
            let (axis, sign) = apart_along(boxes[a].old, boxes[b].old);
            let share = if free[a] && free[b] { missing / 2.0 } else { missing };
            for (k, way) in [(a, sign), (b, -sign)] {
                if free[k] {
                    let size = new[k][axis + 2];
                    let to = (new[k][axis] + way * share).min(1.0 - MARGIN - size).max(MARGIN);
                    pushed |= (to - new[k][axis]).abs() > 1e-6;
                    new[k][axis] = to;
                }
            }
        }
        if !pushed {
            break;
        }
    }
    new.into_iter().map(|xywh| BBox::from_xywh(xywh, Canvas::UNIT).ok()).collect()
}

/// The axis (0: x, 1: y) on which two boxes are further apart, and 1 where the first is behind the second on it, else -1.
fn apart_along(a: BBox, b: BBox) -> (usize, f64) {
    let (x, y) = gaps(a, b);
    let sign = |behind: bool| if behind { 1.0 } else { -1.0 };
    if x >= y { (0, sign(a.x() > b.x())) } else { (1, sign(a.y() > b.y())) }
}

/// Each two of so many, once.
fn pairs(count: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..count).flat_map(|a| (0..a).map(move |b| (a, b)))
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
    let (x, y) = gaps(a, b);
    x.max(y)
}

/// The distances of two boxes along x and along y; negative where they overlap there.
fn gaps(a: BBox, b: BBox) -> (f64, f64) {
    let ([ax0, ay0, ax1, ay1], [bx0, by0, bx1, by1]) = (a.to_xyxy(Canvas::UNIT), b.to_xyxy(Canvas::UNIT));
    ((ax0 - bx1).max(bx0 - ax1), (ay0 - by1).max(by0 - ay1))
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
            assert!(pair[0][0] + pair[0][2] + SPACE < pair[1][0] + 1e-6, "in their order, apart: {five:?}");
        }
        assert!(
            five.iter().all(|[x, y, w, h]| *x >= 0.01 - 1e-9 && x + w < 1.0 && *y >= 0.0 && *h > 0.18),
            "{five:?}"
        );
        assert!(five.iter().all(|[_, _, w, h]| (w / h - 0.8).abs() < 1e-9), "{five:?}");
    }

    #[test]
    fn neighbours_push_one_another_along_and_are_smaller_together_where_there_is_no_room() {
        let row = [
            ("a red bus", [0.02, 0.6, 0.31, 0.2]),
            ("a red bus", [0.35, 0.6, 0.31, 0.2]),
            ("a bottle", [0.76, 0.2, 0.22, 0.6]),
        ];
        let got = boxes(&row).unwrap();
        let longer: Vec<f64> = got.iter().map(|[_, _, w, h]| w.max(*h)).collect();
        assert!(
            longer.iter().all(|side| (side - longer[0]).abs() < 1e-9 && (0.28..0.3).contains(side)),
            "{got:?}"
        );
        for pair in got.windows(2) {
            assert!(pair[1][0] - pair[0][0] - pair[0][2] >= SPACE - 1e-6, "{got:?}");
        }
        assert!(
            got.iter().all(|[x, y, w, h]| *x >= 0.009 && x + w <= 0.991 && (y + h - 0.8).abs() < 1e-9),
            "{got:?}"
        );
        // One above the other: they part upwards and downwards.
        let stack = boxes(&[("an owl", [0.4, 0.25, 0.2, 0.25]), ("a chair", [0.4, 0.52, 0.2, 0.4])]).unwrap();
        assert!(stack[1][1] - stack[0][1] - stack[0][3] >= SPACE - 1e-6 && stack[0][3] > 0.35, "{stack:?}");
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

    #[test]
    fn doubts_about_boxes_that_changed_are_about_the_new_ones() {
        let thin = r#"{"objects":[{"caption":"a bottle","box":[0.3,0.1,0.01,0.8]},{"caption":"an owl","box":[0.6,0.1,0.02,0.02]}],"background":"a beach"}"#;
        let wide = thin.replace("0.01,0.8", "0.2,0.2");
        let [old, new] = [thin, &wide].map(|text| lmd_layout::layout_from_json(text).unwrap());
        let doubts = |layout: &Layout| -> Vec<String> {
            check_layout(layout).iter().map(ToString::to_string).collect()
        };
        assert_eq!((doubts(&old).len(), doubts(&new).len()), (2, 1));
        let told = [vec!["not understood: quickly".to_owned()], doubts(&old)].concat();
        let expected = [vec!["not understood: quickly".to_owned()], doubts(&new)].concat();
        assert_eq!(doubts_of_the_new(told, &old, &new), expected);
        // What was not told before is not told now.
        assert_eq!(doubts_of_the_new(Vec::new(), &old, &new), Vec::<String>::new());
    }
}
