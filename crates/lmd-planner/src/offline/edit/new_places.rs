//! What is seen to once something new has a place: its part of the picture, both sides of something, and what is told of it.

use lmd_layout::BBox;

use super::board::{Board, Piece};
use super::relocate::{nearest_free, stands_beside};
use super::staging::thing_of;
use super::standing::obstacles;
use crate::geometry::{crossings, feet_kept, overlap};
use crate::lexicon::{Kind, kind_of, known_kind};
use crate::offline::problem::Given;
use crate::{Region, Relation, RelationKind, Scene};

/// Sees to the places of new things; of the warnings from `noted` on those go that are none.
pub(super) fn settle(
    board: &mut Board,
    scene: &Scene,
    of_thing: &[(usize, usize)],
    anchors: &[usize],
    noted: usize,
) {
    let first = board.pieces.len() - of_thing.len();
    if covers_what_it_is_before(board, scene, first, anchors) {
        forget_lack_of_room(board, noted);
    }
    for (thing, index) in of_thing {
        if let Some(region) = scene.things[*thing].region {
            into_part(board, *index, region);
        }
    }
    flanked(board, scene, of_thing, anchors);
    tell_tiny(board, scene, of_thing);
}

/// Of the warnings from `noted` on those go that tell of too little room.
pub(super) fn forget_lack_of_room(board: &mut Board, noted: usize) {
    let late = board.warnings.split_off(noted);
    board.warnings.extend(late.into_iter().filter(|note| !note.contains("not enough room")));
}

/// Whether new things are before or behind others and cover nothing but these, as they must.
fn covers_what_it_is_before(board: &Board, scene: &Scene, first: usize, anchors: &[usize]) -> bool {
    let deep = |relation: &Relation| {
        use RelationKind::{Behind, HeldBy, InFrontOf, Inside, On};
        matches!(relation.kind, Behind | InFrontOf | HeldBy | Inside | On)
    };
    let new: Vec<usize> = (first..board.pieces.len()).collect();
    // What they cover or rest on themselves is no matter.
    let touches = |index: &usize| {
        anchors.iter().any(|anchor| board.pieces[*index].bbox.intersection(board.pieces[*anchor].bbox) > 0.0)
    };
    let beneath: Vec<usize> = (0..first).filter(touches).collect();
    let others = board.boxes_besides(&[new.as_slice(), anchors, beneath.as_slice()].concat());
    !scene.relations.is_empty()
        && scene.relations.iter().all(deep)
        && overlap(&board.boxes()[first..], &others) == 0.0
        && crossings(&board.boxes()[first..]) == 0.0
}

/// Sees to it that something new is in its part of the picture; it is told where that is not possible.
fn into_part(board: &mut Board, index: usize, region: Region) {
    let old = board.pieces[index].bbox;
    if region.holds(old) {
        return;
    }
    let others = obstacles(board, &[index]);
    let tried = [1.0, 0.85, 0.7, 0.55]
        .map(|scale| nearest_free(feet_kept(old, scale * old.w(), scale * old.h()), region, &others));
    let free = |bbox: &&BBox| overlap(&[**bbox], &others) < 0.02 * bbox.area();
    let bbox = *tried.iter().find(free).unwrap_or(&tried[0]);
    let caption = board.pieces[index].caption.clone();
    match (region.holds(bbox), free(&&bbox)) {
        (true, true) => board.pieces[index].bbox = bbox,
        (true, false) => {
            board.pieces[index].bbox = bbox;
            board.warnings.push(format!("{caption} covers other objects there"));
        }
        _ => board.warnings.push(format!("there is no room there for {caption}; it is elsewhere")),
    }
}

/// What found room only where it can hardly be seen is told.
fn tell_tiny(board: &mut Board, scene: &Scene, of_thing: &[(usize, usize)]) {
    const HARDLY: f64 = 0.035;
    let tiny = of_thing.iter().find(|(thing, index)| {
        let bbox = board.pieces[*index].bbox;
        bbox.w().min(bbox.h()) < HARDLY && scene.things[*thing].size.is_none()
    });
    if let Some((_, index)) = tiny {
        let told = format!("there is room for {} only very small", board.pieces[*index].caption);
        board.warnings.push(told);
    }
}

/// What goes to both sides of something and found no place there: at its sides, as large as there is room.
fn flanked(board: &mut Board, scene: &Scene, of_thing: &[(usize, usize)], anchors: &[usize]) {
    /// A narrower place is none.
    const NARROW: f64 = 0.08;
    const GAP: f64 = 0.01;
    let ([anchor], true) = (anchors, on_both(scene)) else { return };
    let middle = board.pieces[*anchor].bbox;
    let side = |kind| -> Vec<usize> {
        let to = |thing: usize| scene.relations.iter().any(|one| one.subject == thing && one.kind == kind);
        of_thing.iter().filter(|(thing, _)| to(*thing)).map(|(_, index)| *index).collect()
    };
    let sides = [(RelationKind::LeftOf, middle.x()), (RelationKind::RightOf, 1.0 - middle.x_max())];
    for (kind, room) in sides {
        let all = side(kind);
        let good = |index: &usize| stands_beside(board.pieces[*index].bbox, kind, &[middle]);
        let width = (room - GAP) / all.len().max(1) as f64 - GAP;
        if all.iter().all(good) || width < NARROW {
            continue;
        }
        for (at, index) in all.iter().enumerate() {
            let noun = thing_of(&board.pieces[*index]).noun;
            let old = board.pieces[*index].bbox;
            let (w, h) = match beside_size(&board.pieces[*anchor], &kind_of(&noun)) {
                Given::Size(w, h) => (w, h),
                _ => (old.w(), old.h()),
            };
            let share = (width / w).min(1.0);
            let (w, h) = (share * w, share * h);
            let step = (w + GAP) * (at + 1) as f64;
            let x = if kind == RelationKind::LeftOf { middle.x() - step } else { middle.x_max() + step - w };
            let bbox = BBox::clamped(x, middle.y_max() - h, w, h);
            board.pieces[*index].bbox = bbox.unwrap_or(old);
        }
    }
}

/// Whether some of the new things go left and others right of something.
pub(super) fn on_both(scene: &Scene) -> bool {
    let has = |kind| scene.relations.iter().any(|relation| relation.kind == kind);
    has(RelationKind::LeftOf) && has(RelationKind::RightOf)
}

/// The usual size of a thing beside something of the size that is given.
pub(super) fn beside_size(anchor: &Piece, kind: &Kind) -> Given {
    let Some(known) = known_kind(&thing_of(anchor).noun) else { return Given::Nothing };
    let unit = anchor.bbox.area().sqrt() / known.extent();
    let side = (unit * kind.extent()).clamp(0.08, 0.6);
    Given::Size(side * kind.aspect().sqrt(), side / kind.aspect().sqrt())
}
