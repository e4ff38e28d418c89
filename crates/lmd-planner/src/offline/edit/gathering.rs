//! Together and apart: objects move along the lines between them.

use lmd_layout::BBox;

use super::board::Board;
use super::refer::find;
use super::refusal::Refusal;
use super::standing::level;
use crate::geometry::{crossings, distance, mean};

/// Gap kept to the edge of the picture.
const EDGE: f64 = 0.02;
/// A smaller share of the way than this is told.
const SMALL: f64 = 0.3;
/// A shift smaller than this is none.
const LEAST_SHIFT: f64 = 0.01;

/// Brings objects together or apart about their common centre, as far as
/// they do not come to overlap.
pub(super) fn gather(board: &mut Board, who: Option<&str>, factor: f64) -> Result<(), Refusal> {
    let subjects = match who {
        Some(who) => find(board, who)?,
        None => (0..board.pieces.len()).collect(),
    };
    if subjects.len() < 2 {
        return Err(format!("that needs at least two objects; there are: {}", board.inventory()));
    }
    let boxes: Vec<BBox> = subjects.iter().map(|index| board.pieces[*index].bbox).collect();
    let centre = mean(boxes.iter().map(|bbox| bbox.center()));
    // What stands in one row stays in it.
    let row = boxes.iter().all(|bbox| boxes.iter().all(|other| level(*bbox, *other)));
    let pull = |bbox: BBox, factor: f64| scaled_about(bbox, centre, factor, row);
    shift_all(board, &subjects, factor, pull)
}

/// Brings objects nearer to another, or away from it.
pub(super) fn approach(board: &mut Board, who: &str, anchor: &str, factor: f64) -> Result<(), Refusal> {
    let subjects = find(board, who)?;
    let anchors: Vec<BBox> = find(board, anchor)?.into_iter().map(|index| board.pieces[index].bbox).collect();
    let centre = mean(anchors.iter().map(|bbox| bbox.center()));
    let row =
        subjects.iter().all(|index| anchors.iter().all(|other| level(board.pieces[*index].bbox, *other)));
    shift_all(board, &subjects, factor, |bbox, factor| scaled_about(bbox, centre, factor, row))
}

/// A box moved so that its centre's distance to a point is multiplied; only
/// sideways in a row.
fn scaled_about(bbox: BBox, centre: (f64, f64), factor: f64, row: bool) -> BBox {
    let (x, y) = bbox.center();
    let down = if row { 0.0 } else { (y - centre.1) * (factor - 1.0) };
    let moved = bbox.shifted((x - centre.0) * (factor - 1.0), down);
    // Not quite to the edge of the picture.
    let (low, high) = (EDGE.min(bbox.x()), (1.0 - EDGE).max(bbox.x_max()) - bbox.w());
    moved.shifted(moved.x().clamp(low, high.max(low)) - moved.x(), 0.0)
}

/// Moves all subjects as far towards the wished factor as causes no overlap
/// that was not there.
fn shift_all(
    board: &mut Board,
    subjects: &[usize],
    factor: f64,
    place: impl Fn(BBox, f64) -> BBox,
) -> Result<(), Refusal> {
    let before = board.boxes();
    let after = |share: f64| -> Vec<BBox> {
        let factor = 1.0 + (factor - 1.0) * share;
        let placed = |(index, bbox): (usize, &BBox)| {
            if subjects.contains(&index) { place(*bbox, factor) } else { *bbox }
        };
        before.iter().enumerate().map(placed).collect()
    };
    let allowed = crossings(&before) + 1e-9;
    let shares = (1..=20).rev().map(|share| f64::from(share) / 20.0);
    let found = shares.map(|share| (share, after(share))).find(|(_, boxes)| {
        let moved = before.iter().zip(boxes).any(|(old, new)| distance(*old, *new) >= LEAST_SHIFT);
        moved && crossings(boxes) <= allowed
    });
    if found.as_ref().is_some_and(|(share, _)| *share < SMALL) {
        board.warnings.push("there is room for a small step only; move something away first".to_owned());
    }
    let found = found
        .map(|(_, boxes)| boxes)
        .ok_or_else(|| "there is no room to move them that way without covering one another".to_owned())?;
    board.place_all(found);
    board.touched = subjects.to_vec();
    Ok(())
}
