//! Scenes of what is new or moved among what is there.

use super::board::{Board, Piece};
use super::naming::head_noun;
use crate::offline::problem::Given;
use crate::offline::settling;
use crate::offline::stage::{Staged, stage};
use crate::{Relation, RelationKind, Scene, Thing};

/// Adds `anchors` to the scene's things and relates the subjects to them.
pub(super) fn attach(
    board: &Board,
    scene: &mut Scene,
    subjects: &[usize],
    kind: RelationKind,
    anchors: &[usize],
) {
    let first = scene.things.len();
    scene.things.extend(anchors.iter().map(|index| thing_of(&board.pieces[*index])));
    let kind = match kind {
        RelationKind::Between(_) => RelationKind::Between(first + anchors.len().saturating_sub(1).min(1)),
        other => other,
    };
    let every = matches!(
        kind,
        RelationKind::LeftOf | RelationKind::RightOf | RelationKind::Above | RelationKind::Below
    );
    let objects = if every { anchors.len() } else { 1 };
    for &subject in subjects {
        scene.relations.extend((0..objects).map(|object| Relation { subject, kind, object: first + object }));
    }
}

/// What an object rests on: something larger that its feet are on and its head
/// is above.
pub(super) fn carrier(board: &Board, original: usize) -> Option<usize> {
    let bbox = board.pieces[original].bbox;
    let carries = |index: &usize| {
        let other = board.pieces[*index].bbox;
        let (x, feet) = (bbox.center().0, bbox.y_max());
        *index != original
            && other.area() > bbox.area()
            && (other.x()..other.x_max()).contains(&x)
            && (other.y()..other.y_max()).contains(&feet)
            && bbox.y() < other.y()
    };
    (0..board.pieces.len()).find(carries)
}

/// What an object is, as a thing of a scene.
pub(super) fn thing_of(piece: &Piece) -> Thing {
    Thing::new(&head_noun(&piece.caption).unwrap_or_else(|| piece.caption.clone()))
}

/// Stages a scene among everything else on the board, which stays.
pub(super) fn stage_among(board: &Board, scene: &mut Scene, mut given: Vec<Given>, used: &[usize]) -> Staged {
    for (_, piece) in board.pieces.iter().enumerate().filter(|(index, _)| !used.contains(index)) {
        scene.things.push(thing_of(piece));
        given.push(Given::Place(vec![piece.bbox]));
    }
    settling::set_rising(scene);
    settling::set_afloat(scene);
    stage(scene, &given)
}
