//! Whether what was placed against something reads so, and what is done where
//! there is no room.

use lmd_layout::BBox;

use super::board::Board;
use super::standing::stands;
use crate::RelationKind;
use crate::geometry::feet_kept;

/// A new box with a shorter side is too small beside what it is placed against.
const SMALLEST: f64 = 0.07;

/// Whether a new box is large enough to be seen and stands to the others as
/// somebody who looks at it would say.
pub(super) fn reads_well(bbox: BBox, kind: RelationKind, anchors: &[BBox]) -> bool {
    let touches = |other: &BBox| bbox.intersection(*other) > 0.0;
    let holds = match kind {
        RelationKind::On | RelationKind::Inside => anchors.iter().any(touches),
        kind => stands(bbox, kind, anchors),
    };
    holds && bbox.w().min(bbox.h()) >= SMALLEST
}

/// Puts an object between two others where there is no room: they go aside as
/// far as they can, else it stands before them.
pub(super) fn into_the_middle(board: &mut Board, one: usize, low: usize, high: usize) {
    let [a, b] = [low, high].map(|index| board.pieces[index].bbox);
    let (middle, feet) = ((a.center().0 + b.center().0) / 2.0, a.y_max().max(b.y_max()));
    let old = board.pieces[one].bbox;
    let small = feet_kept(old, old.w().min(0.25), old.h() * (old.w().min(0.25) / old.w()));
    board.pieces[one].bbox = small.shifted(middle - small.center().0, feet - small.y_max());
    let bbox = board.pieces[one].bbox;
    let (left, right) = if a.center().0 <= b.center().0 { (low, high) } else { (high, low) };
    let aside = [
        (left, (bbox.x() - 0.01 - board.pieces[left].bbox.x_max()).min(0.0)),
        (right, (bbox.x_max() + 0.01 - board.pieces[right].bbox.x()).max(0.0)),
    ];
    for (index, dx) in aside {
        if dx != 0.0 && !board.pieces[index].locked {
            board.pieces[index].bbox = board.pieces[index].bbox.shifted(dx, 0.0);
            let (moved, by) = (board.pieces[index].caption.clone(), board.pieces[one].caption.clone());
            board.warnings.push(format!("{moved} made room for {by}"));
        }
    }
    board.touched = vec![one];
}

/// Whether a relation says which of two comes first.
pub(super) fn is_order(kind: RelationKind) -> bool {
    matches!(kind, RelationKind::LeftOf | RelationKind::RightOf | RelationKind::Above | RelationKind::Below)
}

/// Where there is no room: two things change places, or one comes between two others that step aside. Says whether that was
/// possible.
pub(super) fn step_aside(
    board: &mut Board,
    subjects: &[usize],
    kind: RelationKind,
    anchors: &[usize],
) -> bool {
    match (subjects, anchors, kind) {
        ([one], [other], kind) if is_order(kind) => {
            exchange(board, *one, *other);
            let [who, to] = [*one, *other].map(|index| board.pieces[index].caption.clone());
            board.warnings.push(format!("{to} made room for {who}"));
            true
        }
        ([one], [low, high, ..], RelationKind::Between(_)) => {
            into_the_middle(board, *one, *low, *high);
            true
        }
        _ => false,
    }
}

/// Two objects change places: centres sideways, feet in height.
pub(super) fn exchange(board: &mut Board, one: usize, other: usize) {
    let (a, b) = (board.pieces[one].bbox, board.pieces[other].bbox);
    board.pieces[one].bbox = a.shifted(b.center().0 - a.center().0, b.y_max() - a.y_max());
    board.pieces[other].bbox = b.shifted(a.center().0 - b.center().0, a.y_max() - b.y_max());
    board.touched = vec![one, other];
}
