//! What is new on a table, or beside something on it, is on that table, clear
//! of what is there.

use lmd_layout::BBox;

use super::board::Board;
use super::demand::is_beside;
use super::spot::{SCALES, Wish, spot};
use super::standing::{carriers, contents, is_carrier, rests_on, stands};
use crate::geometry::{mean, overlap};
use crate::{RelationKind, Scene};

/// Smaller sizes, for several things on something small.
const SMALLER: [f64; 3] = [0.6, 0.5, 0.4];

/// Puts new objects (thing of the scene and index on the board) on the table
/// that is meant, of the size that `told` gives for a thing, where there is
/// room. Whether all of them are on a table, clear of everything.
pub(super) fn on_floor(
    board: &mut Board,
    scene: &Scene,
    of_thing: &[(usize, usize)],
    anchors: &[usize],
    told: impl Fn(&Board, usize) -> Option<(f64, f64)>,
) -> bool {
    let mut things: Vec<usize> = of_thing.iter().map(|(thing, _)| *thing).collect();
    things.dedup();
    let mut clear = !things.is_empty();
    for thing in things {
        let new: Vec<usize> =
            of_thing.iter().filter(|(of, _)| *of == thing).map(|(_, index)| *index).collect();
        let relation = scene.relations.iter().find(|relation| relation.subject == thing);
        let kind = relation.map(|relation| relation.kind);
        let floor = kind.and_then(|kind| floor_of(board, kind, *anchors.first()?));
        let (Some(kind), Some(floor)) = (kind, floor) else {
            clear = false;
            continue;
        };
        let size = told(board, thing);
        clear &= settle(board, &new, (kind, anchors), floor, size);
    }
    clear
}

/// The table that something is on which stands so to `anchor`.
fn floor_of(board: &Board, kind: RelationKind, anchor: usize) -> Option<usize> {
    match kind {
        RelationKind::On if is_carrier(board, anchor) => Some(anchor),
        kind if is_beside(kind) => rests_on(board, anchor),
        _ => None,
    }
}

/// Puts some new things of one kind on a table, all of one size; leaves them
/// where they are if they are there already, or there is no room.
fn settle(
    board: &mut Board,
    new: &[usize],
    (kind, anchors): (RelationKind, &[usize]),
    floor: usize,
    size: Option<(f64, f64)>,
) -> bool {
    let under = board.pieces[floor].bbox;
    let places: Vec<BBox> = anchors.iter().map(|anchor| board.pieces[*anchor].bbox).collect();
    let beneath = [new, &[floor], carriers(board, floor).as_slice()].concat();
    let others = board.boxes_besides(&beneath);
    let now: Vec<BBox> = new.iter().map(|index| board.pieces[*index].bbox).collect();
    let (w, h) = size.unwrap_or_else(|| (now[0].w(), now[0].h()));
    let on = |bbox: &BBox| {
        (under.x()..=under.x_max()).contains(&bbox.center().0)
            && (under.y() - 0.03..under.y() + 0.6 * under.h()).contains(&bbox.y_max())
            && (bbox.w() - w).abs() < 0.01
    };
    if now.iter().all(on) && overlap(&now, &others) < 1e-4 {
        return true;
    }
    let there = contents(board, floor).into_iter().filter(|other| !new.contains(other));
    let feet = mean(there.map(|other| (0.0, board.pieces[other].bbox.y_max()))).1;
    let feet = if feet > 0.0 { feet } else { now[0].y_max() };
    for scale in SCALES.iter().chain(&SMALLER) {
        let (w, h) = (scale * w, scale * h);
        let mut taken = others.clone();
        for bbox in &now {
            let x = if kind == RelationKind::On { bbox.center().0 } else { places[0].center().0 };
            let left = (x - w / 2.0).clamp(0.0, (1.0 - w).max(0.0));
            let Some(like) = BBox::clamped(left, (feet - h).max(0.0), w, h) else { break };
            let wish = Wish { like, floor: Some(under), others: &taken, scales: &[1.0], any_depth: true };
            let Some(found) = spot(&wish, |bbox| stands(bbox, kind, &places)) else { break };
            taken.push(found);
        }
        let found = taken.get(others.len()..).unwrap_or_default();
        if found.len() == new.len() {
            new.iter().zip(found).for_each(|(index, bbox)| board.pieces[*index].bbox = *bbox);
            return true;
        }
    }
    false
}

/// Puts something that rests on a table at the left or right of it.
pub(super) fn to_side(board: &mut Board, subject: usize, floor: usize, to_left: bool) -> bool {
    let (bbox, under) = (board.pieces[subject].bbox, board.pieces[floor].bbox);
    let others = board.boxes_besides(&[&[subject, floor], carriers(board, floor).as_slice()].concat());
    let x = if to_left { under.x() + 0.01 } else { under.x_max() - bbox.w() - 0.01 };
    let like = bbox.shifted(x - bbox.x(), 0.0);
    let wish = Wish { like, floor: Some(under), others: &others, scales: &SCALES, any_depth: true };
    let half = |bbox: BBox| (bbox.center().0 < under.center().0) == to_left;
    let found = spot(&wish, half);
    if let Some(found) = found {
        board.pieces[subject].bbox = found;
    }
    found.is_some()
}
