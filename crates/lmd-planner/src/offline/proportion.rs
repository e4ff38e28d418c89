//! Sizes beside one another: what is larger in life is no smaller in the picture, where nobody said so.

use super::constraint::Constraint;
use super::item::Item;
use super::problem::{Hold, Larger, LayoutProblem, STICKING};
use super::shape::scaled;
use super::usual;
use crate::RelationKind;
use crate::lexicon::{Class, Kind, Tags, noun_tags};

/// From how many times the size in life on two things keep their order.
const APART: f64 = 1.4;
/// How large the smaller one of such two is at most, as a share of the area of the larger one.
const MOST: f64 = 0.85;
/// How much a thing shrinks for this at most, as a factor of its sides.
const LEAST: f64 = 0.55;
/// Up to how many times the size in life of the whole a part of it comes out of it whole.
const ABOUT: f64 = 1.2;
/// How wide many flowers are side by side.
const MANY: f64 = 0.6;
/// How wide a vessel gets at most for what rises out of it.
const WIDEST_VESSEL: f64 = 0.34;
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

    /// Whether something rises out of the vessel in which it is: a straw.
    pub(super) fn sticks_out(&self, (child, vessel): (usize, usize)) -> bool {
        usual::sticks_out(&self.items[child].noun, &self.items[vessel].noun)
    }

    /// What rises out of a vessel may cover whatever else is at its rim: a straw and a slice of lemon.
    pub(super) fn crossing_in_vessels(&self) -> Vec<Constraint> {
        let rises =
            |hold: &&Hold| hold.kind == RelationKind::HalfIn && self.sticks_out((hold.child, hold.parent));
        let beside = |hold: &Hold| {
            let others =
                self.holds.iter().filter(|other| other.parent == hold.parent && other.child != hold.child);
            let child = hold.child;
            others
                .map(move |other| Constraint::new(1, vec![Vec::new()]).overlapping(child, other.child))
                .collect::<Vec<_>>()
        };
        self.holds.iter().filter(rises).flat_map(beside).collect()
    }

    /// What comes out of something or hangs from it without being larger in life is smaller than that: a worm in an
    /// apple, cheese from a slice, steam from a cup, flowers in a vase. `true` where it is so.
    pub(super) fn fit_part(&self, hold: Hold, cells: &mut [(f64, f64)]) -> bool {
        let (child, parent) = (&self.items[hold.child], &self.items[hold.parent]);
        let tags = noun_tags(&child.noun);
        let rises = child.kind.class == Class::Air && tags.any(Tags::STUFF);
        let small = child.kind.height < 0.3 && child.kind != Kind::UNKNOWN;
        let shapeless = child.kind == Kind::UNKNOWN || tags.any(Tags::STUFF);
        let whole = size(child) < ABOUT * size(parent);
        let pours = |other: &&Hold| other.child == hold.child && other.kind == RelationKind::HangsFrom;
        let (most_w, most_h) = match hold.kind {
            RelationKind::HalfIn if self.sticks_out((hold.child, hold.parent)) => {
                self.fit_sticking(hold, cells);
                return true;
            }
            RelationKind::HalfIn if rises => (1.0, 1.2),
            RelationKind::HalfIn if whole && usual::looks_out(&child.noun, &parent.noun) => {
                (0.8, (child.kind.height / parent.kind.height).clamp(1.0, 1.6))
            }
            RelationKind::HalfIn if child.kind == Kind::UNKNOWN => (0.6, f64::INFINITY),
            // What is poured from one vessel into another reaches from that to this.
            RelationKind::HalfIn if self.holds.iter().any(|other| pours(&other)) => return false,
            RelationKind::HalfIn if whole => (0.6, 0.6),
            // Small boxes on a large one.
            RelationKind::On if child.factor < 1.0 && parent.factor > 1.0 => (0.5, 0.7),
            // A strawberry on the rim of a glass.
            RelationKind::On
                if parent.kind.class == Class::Container && small && whole && child.count == 1 =>
            {
                (0.6, 0.4)
            }
            RelationKind::HangsFrom if shapeless && usual::is_food(&parent.noun) => (0.6, 0.7),
            _ => return false,
        };
        let (w, h) = cells[hold.child];
        let least = (SHORTEST / w.min(h)).min(1.0);
        let shrink_w = (most_w * cells[hold.parent].0 / self.row_of(hold, cells)).clamp(least, 1.0);
        let shrink_h = (most_h * cells[hold.parent].1 / h).clamp(least, 1.0);
        if child.is_free() {
            let shrink = if most_h.is_infinite() {
                (shrink_w, 1.0)
            } else {
                (shrink_w.min(shrink_h), shrink_w.min(shrink_h))
            };
            cells[hold.child] = (w * shrink.0, h * shrink.1);
        }
        true
    }

    /// The width of all that is so to one thing, side by side.
    fn row_of(&self, hold: Hold, cells: &[(f64, f64)]) -> f64 {
        let others = self.holds.iter().filter(|other| other.parent == hold.parent && other.kind == hold.kind);
        others.map(|other| self.items[other.child].row_width(cells[other.child])).sum()
    }

    /// A vessel grows before what rises out of it gets too small to be seen.
    fn fit_sticking(&self, hold: Hold, cells: &mut [(f64, f64)]) {
        let row = self.row_of(hold, cells);
        let widest = if row > MANY { 1.5 * WIDEST_VESSEL } else { WIDEST_VESSEL };
        let grow = (row / STICKING).min(widest) / cells[hold.parent].0;
        if grow > 1.0 && self.items[hold.parent].is_free() {
            cells[hold.parent] = (grow * cells[hold.parent].0, grow.min(1.4) * cells[hold.parent].1);
        }
        let (w, h) = cells[hold.child];
        let shrink = (STICKING * cells[hold.parent].0 / row).min(cells[hold.parent].1 / h).min(1.0);
        if self.items[hold.child].is_free() {
            cells[hold.child] = scaled((w, h), shrink.max((SHORTEST / w.min(h)).min(1.0)));
        }
    }

    /// How wide what is so high gets for what is on it: a small thing that is no table keeps its shape.
    pub(super) fn widest(&self, hold: Hold, height: f64) -> f64 {
        let kind = self.items[hold.parent].kind;
        let own = self.items[hold.child].kind;
        let upright = kind.width < 0.5 && kind.width < 1.2 * kind.height;
        let shaped = matches!(kind.class, Class::Stand | Class::Container) && upright;
        let small = own.width * own.height < 2.0 * kind.width * kind.height;
        if hold.kind == RelationKind::On && shaped && small {
            1.35 * kind.aspect() * height
        } else {
            f64::INFINITY
        }
    }

    /// Whether something hangs from what is smaller: a hook, a nail.
    pub(super) fn is_on_hook(&self, hold: Hold) -> bool {
        let (child, parent) = (self.items[hold.child].kind, self.items[hold.parent].kind);
        hold.kind == RelationKind::HangsFrom
            && parent.width < child.width.min(0.2)
            && !usual::is_food(&self.items[hold.parent].noun)
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
