//! How boxes stand to one another as somebody who looks at them would say:
//! what rests on what, and whether a relation holds.

use lmd_layout::BBox;

use super::board::Board;
use super::staging::thing_of;
use crate::RelationKind;
use crate::facts::stands_so;
use crate::lexicon::{Class, Tags, kind_of, noun_tags};

/// What stands beside something shares this part of its height.
const LEVEL: f64 = 0.4;
/// What is above, below or on something shares this part of its width.
const OVER: f64 = 0.3;
/// Widest gap between neighbours.
const BESIDE: f64 = 0.2;
/// Feet this near to an edge are on it.
const TOUCHES: f64 = 0.03;
/// How far above the lower edge of something what is under it may end.
const BENEATH: f64 = 0.13;
/// How far down something the feet of what is behind it are at least.
const PEEKS: f64 = 0.4;
/// How far down its own height things on something may stand.
const TOP: f64 = 0.6;

/// Whether two boxes share a good part of their height.
pub(super) fn level(a: BBox, b: BBox) -> bool {
    a.y_max().min(b.y_max()) - a.y().max(b.y()) > LEVEL * a.h().min(b.h())
}

/// Whether one of two boxes is above, on or below the other, not beside it.
fn over(a: BBox, b: BBox) -> bool {
    a.x_max().min(b.x_max()) - a.x().max(b.x()) >= OVER * a.w().min(b.w())
}

/// Whether a box stands so to others; for `left of`, `above` and the like to
/// all of them, else to one.
pub(crate) fn stands(bbox: BBox, kind: RelationKind, anchors: &[BBox]) -> bool {
    let (x, y) = bbox.center();
    let any = |holds: &dyn Fn(&BBox) -> bool| anchors.iter().any(holds);
    match kind {
        RelationKind::NextTo => any(&|other| {
            let gap = bbox.x().max(other.x()) - bbox.x_max().min(other.x_max());
            level(bbox, *other) && gap < BESIDE
        }),
        RelationKind::On => any(&|other| {
            (other.x()..=other.x_max()).contains(&x)
                && (other.y() - TOUCHES..=other.y_max() + TOUCHES).contains(&bbox.y_max())
        }),
        RelationKind::Under => any(&|other| {
            over(bbox, *other) && y > other.center().1 && bbox.y_max() > other.y_max() - BENEATH * other.h()
        }),
        RelationKind::Inside => any(&|other| bbox.intersection(*other) > 0.4 * bbox.area()),
        RelationKind::HeldBy | RelationKind::HalfIn => any(&|other| bbox.intersection(*other) > 0.0),
        RelationKind::InFrontOf => any(&|other| over(bbox, *other) && bbox.y_max() > other.y_max() - TOUCHES),
        RelationKind::Behind => any(&|other| {
            over(bbox, *other)
                && y < other.center().1 + TOUCHES
                && bbox.y_max() < other.y_max() + TOUCHES
                && bbox.y_max() > other.y() + PEEKS * other.h()
        }),
        RelationKind::Between(_) => {
            let side = |left: bool| anchors.iter().any(|other| (other.center().0 < x) == left);
            side(true) && side(false) && any(&|other| level(bbox, *other))
        }
        RelationKind::Around | RelationKind::HangsFrom => true,
        kind => anchors.iter().all(|other| stands_so(bbox, kind, *other)),
    }
}

/// What a thing rests on: the smallest table, seat or the like under its feet.
pub(super) fn rests_on(board: &Board, index: usize) -> Option<usize> {
    let bbox = board.pieces[index].bbox;
    let carries = |other: &usize| {
        let under = board.pieces[*other].bbox;
        *other != index
            && under.area() > bbox.area()
            && (under.x()..under.x_max()).contains(&bbox.center().0)
            && (under.y() - TOUCHES..under.y() + TOP * under.h()).contains(&bbox.y_max())
            && bbox.y() < under.y() + rise(board, *other) * under.h()
            && is_carrier(board, *other)
    };
    let area = |index: &usize| board.pieces[*index].bbox.area();
    (0..board.pieces.len()).filter(carries).min_by(|a, b| area(a).total_cmp(&area(b)))
}

/// What is moved where these are: what somebody rides goes instead of the rider, who goes along.
pub(super) fn moved_with(board: &Board, some: Vec<usize>) -> Vec<usize> {
    let mount = |index: usize| {
        let ridden = |of: &usize| kind_of(&thing_of(&board.pieces[*of]).noun).class == Class::Mount;
        rests_on(board, index).filter(ridden).unwrap_or(index)
    };
    let mut moved: Vec<usize> = Vec::new();
    for index in some.into_iter().map(mount) {
        if !moved.contains(&index) {
            moved.push(index);
        }
    }
    moved
}

/// Those of several objects that carry none of the others.
pub(super) fn loose(board: &Board, some: Vec<usize>) -> Vec<usize> {
    let beneath: Vec<usize> = some.iter().filter_map(|index| rests_on(board, *index)).collect();
    some.into_iter().filter(|index| !beneath.contains(index)).collect()
}

/// How far down its own height the head of what rests on something may be.
fn rise(board: &Board, index: usize) -> f64 {
    let class = kind_of(&thing_of(&board.pieces[index]).noun).class;
    if matches!(class, Class::Seat | Class::Flat) { 0.4 } else { 0.1 }
}

/// Whether things rest on an object of this kind.
pub(super) fn is_carrier(board: &Board, index: usize) -> bool {
    let noun = thing_of(&board.pieces[index]).noun;
    let class = kind_of(&noun).class;
    matches!(class, Class::Table | Class::Seat | Class::Flat | Class::Mount)
        || noun_tags(&noun).any(Tags::SURFACE)
}

/// What a thing rests on, and what that rests on, and so on.
pub(super) fn carriers(board: &Board, index: usize) -> Vec<usize> {
    let mut found = Vec::new();
    let mut next = rests_on(board, index);
    while let Some(carrier) = next.filter(|carrier| !found.contains(carrier) && *carrier != index) {
        found.push(carrier);
        next = rests_on(board, carrier);
    }
    found
}

/// What rests on or lies in an object.
pub(super) fn contents(board: &Board, of: usize) -> Vec<usize> {
    let outer = board.pieces[of].bbox;
    let within = |index: usize| {
        let bbox = board.pieces[index].bbox;
        bbox.area() < outer.area()
            && bbox.intersection(outer) > 0.7 * bbox.area()
            && bbox.center().1 < outer.y() + TOP * outer.h()
    };
    let flies = |index: &usize| !kind_of(&thing_of(&board.pieces[*index]).noun).class.stands();
    let of_it = |index: &usize| {
        !flies(index) && *index != of && (carriers(board, *index).contains(&of) || within(*index))
    };
    (0..board.pieces.len()).filter(of_it).collect()
}

/// What an object bears, of whatever size: it stands with its feet on the top or in the neck of it, or on what does. None
/// where it bears nothing.
pub(super) fn borne(board: &Board, of: usize) -> Vec<usize> {
    /// How far down its own height something may hold the feet of what is larger.
    const NECK: f64 = 0.35;
    /// What lies flat bears it further down.
    const FLAT: f64 = 0.85;
    /// What is on something reaches so far into its box.
    const INTO: f64 = 0.01;
    /// Nothing bears what is so many times as large.
    const LARGEST: f64 = 3.0;
    let mut found = contents(board, of);
    // A swing in a tree hangs there.
    let outer = board.pieces[of].bbox;
    let hangs = |index: &usize| {
        let bbox = board.pieces[*index].bbox;
        *index != of
            && kind_of(&thing_of(&board.pieces[*index]).noun).class == Class::Hang
            && bbox.intersection(outer) > 0.9 * bbox.area()
            && bbox.area() < outer.area()
    };
    found.extend((0..board.pieces.len()).filter(hangs));
    let mut next = 0;
    let mut under = Some(of);
    while let Some(below) = under {
        let held = board.pieces[below].bbox;
        let support = kind_of(&thing_of(&board.pieces[below]).noun);
        // What stands in a row behind does not reach into it.
        let neck = if support.class == Class::Flat { FLAT } else { NECK };
        let feet = held.y() + INTO..held.y() + neck * held.h();
        let bears = |index: &usize| {
            let bbox = board.pieces[*index].bbox;
            let kind = kind_of(&thing_of(&board.pieces[*index]).noun);
            feet.contains(&bbox.y_max())
                && (held.x()..held.x_max()).contains(&bbox.center().0)
                && kind.class.stands()
                && kind.extent() < LARGEST * support.extent()
        };
        let new: Vec<usize> = (0..board.pieces.len())
            .filter(|index| *index != of && !found.contains(index))
            .filter(bears)
            .collect();
        found.extend(new);
        under = found.get(next).copied();
        next += 1;
    }
    found
}

/// The boxes in the way of some objects: all others but what they rest on and
/// what rests on them.
pub(super) fn obstacles(board: &Board, some: &[usize]) -> Vec<BBox> {
    let mut besides = some.to_vec();
    besides.extend(some.iter().flat_map(|index| carriers(board, *index)));
    let rides = |index: &usize| carriers(board, *index).iter().any(|carrier| some.contains(carrier));
    besides.extend((0..board.pieces.len()).filter(rides));
    board.boxes_besides(&besides)
}
