//! What is new on a table, or beside something on it, is on that table, clear
//! of what is there.

use lmd_layout::BBox;

use super::board::Board;
use super::spot::{Wish, spot};
use super::standing::{carriers, contents, is_carrier, rests_on, stands};
use crate::geometry::{mean, overlap};
use crate::{RelationKind, Scene};

/// Puts new objects (thing of the scene and index on the board) on the table
/// that is meant, of the size that `told` gives for a thing, where there is room.
pub(super) fn on_floor(
    board: &mut Board,
    scene: &Scene,
    of_thing: &[(usize, usize)],
    anchors: &[usize],
    told: impl Fn(&Board, usize) -> Option<(f64, f64)>,
) {
    let Some(anchor) = anchors.first() else { return };
    let places: Vec<BBox> = anchors.iter().map(|anchor| board.pieces[*anchor].bbox).collect();
    for (thing, index) in of_thing {
        let relation = scene.relations.iter().find(|relation| relation.subject == *thing);
        let Some(kind) = relation.map(|relation| relation.kind) else { continue };
        let rests = kind == RelationKind::On && is_carrier(board, *anchor);
        let beside = matches!(kind, RelationKind::NextTo | RelationKind::LeftOf | RelationKind::RightOf);
        let floor = if rests { Some(*anchor) } else { rests_on(board, *anchor).filter(|_| beside) };
        let Some(floor) = floor else { continue };
        let (bbox, under) = (board.pieces[*index].bbox, board.pieces[floor].bbox);
        let others = board.boxes_besides(&[&[*index, floor], carriers(board, floor).as_slice()].concat());
        let (w, h) = told(board, *thing).unwrap_or((bbox.w(), bbox.h()));
        let on = (under.x()..=under.x_max()).contains(&bbox.center().0)
            && (under.y() - 0.03..under.y() + 0.6 * under.h()).contains(&bbox.y_max());
        if on && (bbox.w() - w).abs() < 0.01 && overlap(&[bbox], &others) < 1e-4 {
            continue;
        }
        let there = contents(board, floor).into_iter().filter(|other| other != index);
        let feet = mean(there.map(|other| (0.0, board.pieces[other].bbox.y_max()))).1;
        let feet = if feet > 0.0 { feet } else { bbox.y_max() };
        let x = if rests { bbox.center().0 } else { board.pieces[*anchor].bbox.center().0 };
        let left = (x - w / 2.0).clamp(0.0, (1.0 - w).max(0.0));
        let Some(like) = BBox::clamped(left, (feet - h).max(0.0), w, h) else { continue };
        let wish = Wish { like, floor: Some(under), others: &others, any_depth: true };
        if let Some(found) = spot(&wish, |bbox| stands(bbox, kind, &places)) {
            board.pieces[*index].bbox = found;
        }
    }
}
