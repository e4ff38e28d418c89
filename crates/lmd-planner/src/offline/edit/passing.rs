//! Moving sideways past what stands there: "move the cat to the left" ends
//! left of the dog beside it, not on top of it.

use lmd_layout::BBox;

use super::board::Board;
use super::command::Line;
use super::lines::in_line;
use super::standing::{borne, carriers, obstacles};
use crate::RelationKind;
use crate::geometry::overlap;

/// Gap kept to what stands beside.
const GAP: f64 = 0.02;
/// Boxes that share this part of the lower of them stand in one row.
const ROW: f64 = 0.3;
/// What rests on or in something shares this part of itself with it.
const RESTS: f64 = 0.4;
/// Share of the smaller of two that a step may cover.
const MOST_COVERED: f64 = 0.6;
/// Two centres count as left and right of one another from here on.
const CLEAR: f64 = 0.01;

/// Moves `subject` to the other side of its nearest neighbour on the left
/// (`to_left`) or the right, if it has one. `false` if it has none, or there
/// is no room for that; nothing is changed then.
pub(super) fn pass(board: &mut Board, subject: usize, to_left: bool, step: f64) -> bool {
    let bbox = board.pieces[subject].bbox;
    let Some(neighbour) = neighbour(board, subject, to_left) else { return false };
    let beyond = board.pieces[neighbour].bbox;
    let others = obstacles(board, &[subject]);
    let before = overlap(&[bbox], &others);
    if let Some(place) = free_place(bbox, beyond, &others, to_left) {
        board.pieces[subject].bbox = place;
        return true;
    }
    // The neighbour takes the place that becomes free, unless a step covers little of it.
    let stepped = bbox.shifted(if to_left { -step } else { step }, 0.0);
    let covers = |other: &BBox| stepped.intersection(*other) > MOST_COVERED * bbox.area().min(other.area());
    if stepped != bbox && in_row(board, subject).count() > 1 && !others.iter().any(covers) {
        return false;
    }
    let edge = if to_left { beyond.x() } else { beyond.x_max() - bbox.w() };
    make_room(board, subject, edge, before)
}

/// Puts `subject` at the left edge `x`, at its height; what stands in its row
/// there goes aside and is told. `false` and nothing is changed where the row
/// is too full, or what would have to go aside is locked.
pub(super) fn make_room(board: &mut Board, subject: usize, x: f64, shared_before: f64) -> bool {
    let old = board.pieces[subject].bbox;
    let target = old.shifted(x - old.x(), 0.0);
    let mut boxes = board.boxes();
    boxes[subject] = target;
    let forward = target.center().0 <= old.center().0;
    let mut edge = if forward { target.x_max() } else { target.x() };
    let mut order: Vec<usize> = in_row(board, subject).collect();
    // What rests on something goes with it.
    let row = order.clone();
    let beneath = carriers(board, subject);
    let area = |index: usize| board.pieces[index].bbox.area();
    order.retain(|index| {
        let rests = carriers(board, *index);
        let goes_with = |other: &usize| {
            rests.contains(other)
                || borne(board, *other).contains(index)
                || (area(*index) < area(*other) && riders(board, *other, subject).contains(index))
        };
        !beneath.contains(index) && !row.iter().any(|other| !beneath.contains(other) && goes_with(other))
    });
    order.sort_by(|a, b| board.pieces[*a].bbox.x().total_cmp(&board.pieces[*b].bbox.x()));
    if !forward {
        order.reverse();
    }
    let mut aside = Vec::new();
    for index in order {
        let bbox = boxes[index];
        let wished = if forward { edge + GAP - bbox.x() } else { edge - GAP - bbox.x_max() };
        // What stands on the far side already has nothing to make room for.
        let behind = if forward { bbox.x_max() <= target.x() } else { bbox.x() >= target.x_max() };
        if behind || (if forward { wished <= 0.0 } else { wished >= 0.0 }) {
            continue;
        }
        let free = if forward { 1.0 - bbox.x_max() } else { -bbox.x() };
        let dx = if forward { wished.min(free) } else { wished.max(free) };
        for rider in riders(board, index, subject) {
            if board.pieces[rider].locked {
                return false;
            }
            boxes[rider] = board.pieces[rider].bbox.shifted(dx, 0.0);
        }
        edge = if forward { boxes[index].x_max() } else { boxes[index].x() };
        aside.push(index);
    }
    let in_way = |(index, _): &(usize, &BBox)| *index != subject && !beneath.contains(index);
    let others: Vec<BBox> = boxes.iter().enumerate().filter(in_way).map(|(_, bbox)| *bbox).collect();
    if overlap(&[target], &others) > shared_before + 1e-4 {
        return false;
    }
    board.place_all(boxes);
    let name = board.pieces[subject].caption.clone();
    for index in aside {
        let moved = &board.pieces[index].caption;
        board.warnings.push(format!("{moved} made room for {name}"));
    }
    true
}

/// The nearest thing in the same row on that side.
fn neighbour(board: &Board, subject: usize, to_left: bool) -> Option<usize> {
    let x = |index: usize| board.pieces[index].bbox.center().0;
    let away = |index: usize| if to_left { x(subject) - x(index) } else { x(index) - x(subject) };
    in_row(board, subject).filter(|index| away(*index) > CLEAR).min_by(|a, b| away(*a).total_cmp(&away(*b)))
}

/// What stands beside `subject`, neither resting on it nor carrying it.
fn in_row(board: &Board, subject: usize) -> impl Iterator<Item = usize> {
    let bbox = board.pieces[subject].bbox;
    (0..board.pieces.len()).filter(move |index| {
        let other = board.pieces[*index].bbox;
        let level = bbox.y_max().min(other.y_max()) - bbox.y().max(other.y());
        let together = bbox.intersection(other) > RESTS * bbox.area().min(other.area());
        *index != subject && !together && level > ROW * bbox.h().min(other.h())
    })
}

/// A thing and what rests on or in it.
fn riders(board: &Board, carrier: usize, besides: usize) -> Vec<usize> {
    let bbox = board.pieces[carrier].bbox;
    let on_it = borne(board, carrier);
    let rides = |index: &usize| {
        let other = board.pieces[*index].bbox;
        on_it.contains(index)
            || other.area() <= bbox.area() && other.intersection(bbox) > RESTS * other.area()
    };
    (0..board.pieces.len()).filter(|index| *index == carrier || (*index != besides && rides(index))).collect()
}

/// The nearest place beyond a neighbour that is free.
fn free_place(bbox: BBox, beyond: BBox, others: &[BBox], to_left: bool) -> Option<BBox> {
    let room = if to_left { beyond.x() - GAP - bbox.w() } else { 1.0 - beyond.x_max() - GAP - bbox.w() };
    let steps = (room / 0.01).floor();
    if steps < 0.0 {
        return None;
    }
    let place = |step: i32| {
        let gap = GAP + f64::from(step) * 0.01;
        let x = if to_left { beyond.x() - gap - bbox.w() } else { beyond.x_max() + gap };
        bbox.shifted(x - bbox.x(), 0.0)
    };
    (0..=steps as i32).map(place).find(|place| overlap(&[*place], others) == 0.0)
}

/// Puts something between two neighbours on its ground that leave it no room: all three stand in a row then.
pub(super) fn in_between(board: &mut Board, subject: usize, kind: RelationKind, anchors: &[usize]) -> bool {
    /// Feet within this stand on one ground.
    const LEVEL: f64 = 0.2;
    let (RelationKind::Between(_), [one, other]) = (kind, anchors) else { return false };
    let [bbox, a, b] = [subject, *one, *other].map(|index| board.pieces[index].bbox);
    let level = |other: BBox| (bbox.y_max() - other.y_max()).abs() < LEVEL;
    let gap = a.x().max(b.x()) - a.x_max().min(b.x_max());
    let mut row = anchors.to_vec();
    board.left_to_right(&mut row);
    row.insert(1, subject);
    level(a) && level(b) && gap < bbox.w() && gap > -0.02 && in_line(board, &row, Line::Row, "them").is_ok()
}

/// Two side by side change sides, each at its full size, in the room that both take. `false` where they stand otherwise.
pub(super) fn change_sides(board: &mut Board, subject: usize, kind: RelationKind, anchor: usize) -> bool {
    let [one, other] = [subject, anchor].map(|index| board.pieces[index].bbox);
    let wrong = match kind {
        RelationKind::LeftOf => other.x_max() <= one.x() + 1e-6,
        _ => one.x_max() <= other.x() + 1e-6,
    };
    let (low, high) = (one.x().min(other.x()), one.x_max().max(other.x_max()));
    let (to, back) = match kind {
        RelationKind::LeftOf => (low - one.x(), high - other.x_max()),
        _ => (high - one.x_max(), low - other.x()),
    };
    let places = [one.shifted(to, 0.0), other.shifted(back, 0.0)];
    if !wrong || overlap(&places, &obstacles(board, &[subject, anchor])) > 1e-4 {
        return false;
    }
    board.pieces[subject].bbox = places[0];
    board.pieces[anchor].bbox = places[1];
    let names = [subject, anchor].map(|index| board.pieces[index].caption.clone());
    board.warnings.push(format!("{} made room for {}", names[1], names[0]));
    true
}
