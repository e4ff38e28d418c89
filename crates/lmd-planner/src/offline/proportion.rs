//! Sizes beside one another: what is larger in life is no smaller in the picture, where nobody said so.

use super::item::Item;
use super::problem::{Larger, LayoutProblem};
use super::shape::scaled;
use crate::lexicon::Kind;

/// From how many times the size in life on two things keep their order.
const APART: f64 = 1.4;
/// How large the smaller one of such two is at most, as a share of the area of the larger one.
const MOST: f64 = 0.85;
/// How much a thing shrinks for this at most, as a factor of its sides.
const LEAST: f64 = 0.55;
/// The shortest side that anything is shrunk to.
const SHORTEST: f64 = 0.1;

impl LayoutProblem {
    /// Notes what is to stay smaller than what, once it is known who holds what.
    pub(super) fn note_larger(&mut self) {
        let larger = (0..self.items.len()).map(|item| {
            let than = (0..self.items.len()).filter(|big| self.dwarfs(*big, item)).collect();
            let load = self.with_load(item).into_iter().filter(|one| self.items[*one].is_free()).collect();
            Larger { item, load, than }
        });
        self.larger = larger.filter(|larger| !larger.than.is_empty()).collect();
    }

    /// Shrinks what is larger than something that dwarfs it, with all that rests on it: a mouse beside an owl, pencils
    /// beside a lamp, a full basket beside who carries it.
    pub(super) fn keep_order(&self, cells: &mut [(f64, f64)]) {
        let area = |(w, h): (f64, f64)| w * h;
        for Larger { item, load, than } in &self.larger {
            let limit = than.iter().map(|big| MOST * area(cells[*big])).fold(f64::INFINITY, f64::min);
            // Nothing gets too small to be steered.
            let shortest =
                load.iter().map(|one| cells[*one].0.min(cells[*one].1)).fold(f64::INFINITY, f64::min);
            let shrink = (limit / area(cells[*item])).sqrt().max(LEAST).max(SHORTEST / shortest);
            if shrink < 1.0 {
                load.iter().for_each(|one| cells[*one] = scaled(cells[*one], shrink));
            }
        }
    }

    /// An item and all that is on or in it, and on or in that.
    fn with_load(&self, item: usize) -> Vec<usize> {
        let mut load = vec![item];
        let mut next = 0;
        while let Some(holder) = load.get(next).copied() {
            let held = self.holds.iter().filter(|hold| hold.parent == holder).map(|hold| hold.child);
            let new: Vec<usize> = held.filter(|child| !load.contains(child)).collect();
            load.extend(new);
            next += 1;
        }
        load
    }

    /// Whether there is something beside an item, under the sky, that is about as large in life or larger.
    pub(super) fn is_outsized(&self, item: usize) -> bool {
        let one = &self.items[item];
        let others = self.items.iter().enumerate().filter(|(other, _)| *other != item);
        one.in_sky
            || others
                .filter(|(_, other)| !other.in_sky)
                .any(|(_, other)| !is_known(other) || size(other) >= 0.8 * size(one))
    }

    /// Whether one thing is so much larger than another in life that it looks larger wherever the two stand, as far as
    /// the sentence says nothing else; or is said to be large, and the other to be small.
    fn dwarfs(&self, big: usize, small: usize) -> bool {
        let [a, b] = [big, small].map(|item| &self.items[item]);
        let said = a.factor > 1.0 && b.factor < 1.0;
        let known = size(a) >= APART * size(b) && [a, b].into_iter().all(is_usual);
        big != small
            && (said || known)
            && a.is_free()
            && b.is_free()
            && !self.with_load(big).contains(&small)
            && !self.with_load(small).contains(&big)
    }
}

/// The size in life, in metres.
fn size(item: &Item) -> f64 {
    (item.kind.width * item.kind.height).sqrt()
}

fn is_known(item: &Item) -> bool {
    Kind { class: item.kind.class, ..Kind::UNKNOWN } != item.kind
}

/// Whether an item is of a known size, near and not in the sky, and nothing else is said of its size.
fn is_usual(item: &Item) -> bool {
    let unsaid = item.factor == 1.0 && item.distance == 1.0 && item.form == (1.0, 1.0);
    is_known(item) && unsaid && !item.in_sky && item.lone.is_none() && !item.varied && !item.cornered
}
