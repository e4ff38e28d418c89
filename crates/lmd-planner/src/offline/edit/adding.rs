//! New things: `add two birds in the sky`, `put a hat on the dog`.

use lmd_layout::{BBox, MAX_OBJECTS};

use super::board::{Board, Piece};
use super::ground::grounded;
use super::moving::{other_side, relation};
use super::readable::reads_well;
use super::refer::{find, head_noun};
use super::refusal::Refusal;
use super::relocate::{beside_in_row, opposite_side, stands_beside};
use crate::geometry::feet_kept;
use crate::offline::problem::Given;
use crate::offline::sizes::{is_known, kind_of};
use crate::offline::stage::{Staged, stage};
use crate::offline::wording;
use crate::{Relation, RelationKind, Scene, Thing, english};

/// Adds what the words describe, in free space.
pub(super) fn add(board: &mut Board, what: &str) -> Result<(), Refusal> {
    let what = as_new(what);
    let (mut scene, anchors) = described(board, &what)?;
    let lost = std::mem::take(&mut scene.not_understood);
    if scene.things.is_empty() {
        return match scene.background.take() {
            Some(place) => match place.strip_prefix("a scene ") {
                // "mountains in the background" come to what is there.
                Some(more) if more.starts_with("with ") && !board.background.is_empty() => {
                    board.background = format!("{} {more}", board.background);
                    Ok(())
                }
                _ => super::scenery::background(board, &place),
            },
            None => {
                Err(format!("\"{what}\" names nothing that could be drawn; try \"add two birds in the sky\""))
            }
        };
    }
    if !lost.is_empty() {
        board.warnings.push(format!("did not understand: \"{}\" of \"{what}\"", lost.join("\", \"")));
    }
    place_new(board, scene, &anchors)
}

/// Places a scene's things but its last, which are the objects `anchors`.
pub(super) fn place_new(board: &mut Board, mut scene: Scene, anchors: &[usize]) -> Result<(), Refusal> {
    let fresh = scene.things.len() - anchors.len();
    if board.pieces.len() + scene.things[..fresh].iter().map(|thing| thing.count as usize).sum::<usize>() > MAX_OBJECTS {
        return Err(format!("a layout holds at most {MAX_OBJECTS} objects, there are {}", board.pieces.len()));
    }
    let mut given: Vec<Given> = (0..fresh).map(|thing| size_of_part(board, &scene, thing, anchors)).collect();
    given.extend(anchors.iter().map(|index| Given::Place(vec![board.pieces[*index].bbox])));
    let alone = (scene.clone(), given.clone());
    let mut staged = stage_among(board, &mut scene, given, anchors);
    let places: Vec<BBox> = anchors.iter().map(|index| board.pieces[*index].bbox).collect();
    // "three biscuits on a plate in front of the cups": the plate must read so, not the biscuits.
    let related: Vec<usize> =
        scene.relations.iter().filter(|relation| relation.object >= fresh).map(|relation| relation.subject).collect();
    let read = |staged: &Staged, kind: RelationKind| {
        let placed = staged.boxes.iter().filter(|(thing, _)| *thing < fresh && related.contains(thing));
        placed.map(|(_, bbox)| *bbox).all(|bbox| reads_well(bbox, kind, &places))
    };
    if let Some(kind) = scene.relations.first().map(|relation| relation.kind)
        && !anchors.is_empty()
        && !read(&staged, kind)
    {
        // Beside what it is placed against rather than clear of everything.
        let nearer = stage(&alone.0, &alone.1);
        if read(&nearer, kind) {
            staged = nearer;
        } else if let (RelationKind::Between(_), [one, other, ..]) = (kind, places.as_slice()) {
            let middle = (one.center().0 + other.center().0) / 2.0;
            let feet = one.y_max().max(other.y_max());
            for (_, bbox) in staged.boxes.iter_mut().filter(|(thing, _)| *thing < fresh) {
                let small = feet_kept(*bbox, 0.7 * bbox.w(), 0.7 * bbox.h());
                *bbox = small.shifted(middle - small.center().0, feet - small.y_max());
            }
        }
    }
    let first = board.pieces.len();
    let feet = standing_feet(board);
    for (thing, bbox) in staged.boxes.into_iter().filter(|(thing, _)| *thing < fresh) {
        let caption = wording::caption(&scene.things[thing]);
        let others = board.boxes();
        let bbox = match stands_freely(&scene, thing) {
            true => grounded(bbox, &others, &feet).unwrap_or_else(|| {
                board.warnings.push(format!("there is no room on the ground for {caption}"));
                bbox
            }),
            false => bbox,
        };
        board.pieces.push(Piece { caption, bbox, locked: false });
    }
    board.touched = (first..board.pieces.len()).collect();
    board.warnings.extend(staged.warnings);
    in_row(board, &scene, first, anchors);
    Ok(())
}

/// What is to be left or right of something stands in its row, where the
/// others can make room for it.
fn in_row(board: &mut Board, scene: &Scene, first: usize, anchors: &[usize]) {
    let kind = scene.relations.first().map(|relation| relation.kind);
    let (Some(kind @ (RelationKind::LeftOf | RelationKind::RightOf)), true) = (kind, board.pieces.len() == first + 1) else {
        return;
    };
    let places: Vec<BBox> = anchors.iter().map(|index| board.pieces[*index].bbox).collect();
    if kind_of(&scene.things[0].noun).class.stands() && !stands_beside(board.pieces[first].bbox, kind, &places) {
        beside_in_row(board, first, kind, anchors);
    }
}

/// A size for what is fixed to or lies on something that is there, where
/// nothing is known of the thing itself.
fn size_of_part(board: &Board, scene: &Scene, thing: usize, anchors: &[usize]) -> Given {
    let [anchor] = anchors else { return Given::Nothing };
    let noun = &scene.things[thing].noun;
    let on = scene.relations.iter().any(|relation| {
        relation.subject == thing && relation.object + 1 == scene.things.len() && matches!(relation.kind, RelationKind::On | RelationKind::Inside)
    });
    let bbox = board.pieces[*anchor].bbox;
    if !on || scene.things[thing].count != 1 {
        return Given::Nothing;
    }
    if english::belongs_to_wearer(noun) {
        return Given::Size(0.5 * bbox.w(), 0.28 * bbox.h());
    }
    // Of an unknown thing all that is known is that it rests there.
    if !is_known(noun) {
        return Given::Size(0.45 * bbox.w(), 0.4 * bbox.h());
    }
    Given::Nothing
}

/// The lower edges of what stands on the ground.
fn standing_feet(board: &Board) -> Vec<f64> {
    let stands = |piece: &&Piece| kind_of(&thing_of(piece).noun).class.stands();
    board.pieces.iter().filter(stands).map(|piece| piece.bbox.y_max()).filter(|feet| *feet > 0.5).collect()
}

/// Whether a new thing stands, and the words leave open where.
fn stands_freely(scene: &Scene, thing: usize) -> bool {
    let related = scene.relations.iter().any(|relation| relation.subject == thing);
    let what = &scene.things[thing];
    what.region.is_none() && !related && kind_of(&what.noun).class.stands()
}

/// `another cat` and `two more cats` as a sentence would say them.
fn as_new(what: &str) -> String {
    let what = what.strip_prefix("another ").map_or_else(|| what.to_owned(), |rest| format!("a {rest}"));
    let what = what.strip_prefix("more ").map_or_else(|| what.clone(), |rest| format!("some {rest}"));
    what.replacen(" more ", " ", 1).replacen(" extra ", " ", 1)
}

/// What the words describe as a scene whose last things are those objects of
/// the board that it is placed against.
fn described(board: &Board, what: &str) -> Result<(Scene, Vec<usize>), Refusal> {
    if let Some((new, kind, anchor)) = placed_against(board, what) {
        let (kind, anchor) = match other_side(&anchor) {
            Some(anchor) => (opposite_side(board, &[], Some(&new), &anchor)?, anchor),
            None => (kind, anchor),
        };
        let anchors = find(board, &anchor).unwrap_or_default();
        let mut scene = english::parse(&new).map_err(|error| error.to_string())?;
        scene.background = None;
        if !scene.things.is_empty() && !anchors.is_empty() {
            // "three biscuits on a plate in front of the cups": the plate is.
            let nearest = scene.relations.last().map(|relation| relation.object);
            let subjects: Vec<usize> = nearest.map_or_else(|| (0..scene.things.len()).collect(), |one| vec![one]);
            attach(board, &mut scene, &subjects, kind, &anchors);
            // What is placed against what is there comes first.
            scene.relations.rotate_right(if nearest.is_some() { anchors.len().min(1) } else { 0 });
            return Ok((scene, anchors));
        }
    }
    let scene = english::parse(what).map_err(|error| error.to_string())?;
    Ok((scene, Vec::new()))
}

/// New words, relation and the words of something that is there already: the
/// first relation to such a thing.
fn placed_against(board: &Board, what: &str) -> Option<(String, RelationKind, String)> {
    if let Some((new, anchor)) = what.split_once(" between ") {
        return find(board, anchor)
            .is_ok()
            .then(|| (new.to_owned(), RelationKind::Between(0), anchor.to_owned()));
    }
    let mut before = String::new();
    let mut rest = what.to_owned();
    while let Some((new, kind, anchor)) = relation(&rest) {
        let new = format!("{before}{new}");
        let side = other_side(&anchor);
        let bare = side.as_deref().unwrap_or(&anchor);
        let meant = [Some(bare), whole_of(bare)].into_iter().flatten();
        if let Some(known) = meant.into_iter().find(|anchor| find(board, anchor).is_ok()) {
            let anchor = if side.is_some() { anchor.clone() } else { known.to_owned() };
            return Some((new, kind, anchor));
        }
        // "a second car behind the first one"
        let noun = english::noun_phrases(&new).pop()?.noun;
        let bare = anchor.trim_end_matches(" one").trim_end_matches(noun.as_str()).trim_end();
        let one = matches!(bare, "the first" | "the other" | "the existing" | "the old");
        let known = format!("the {noun}");
        if one && find(board, &known).is_ok() {
            return Some((new, kind, known));
        }
        let words = rest.get(..rest.len().checked_sub(anchor.len())?)?.to_owned();
        before.push_str(&words);
        rest = anchor;
    }
    let (new, anchor) = what.rsplit_once(" to ").or_else(|| what.rsplit_once(" on "))?;
    find(board, anchor).is_ok().then(|| (new.to_owned(), RelationKind::On, anchor.to_owned()))
}

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

/// What a part belongs to: `the house` of `the roof of the house`, `the dog` of
/// `the dog's head`.
fn whole_of(anchor: &str) -> Option<&str> {
    // A part has one noun; "a plate in front of the cups" is none of the cups.
    let part = |part: &&str| part.split(' ').count() <= 2;
    anchor
        .split_once(" of ")
        .filter(|(before, _)| part(before))
        .map(|(_, whole)| whole)
        .or_else(|| anchor.split_once("'s ").map(|(whole, _)| whole))
}

pub(super) fn thing_of(piece: &Piece) -> Thing {
    Thing::new(&head_noun(&piece.caption).unwrap_or_else(|| piece.caption.clone()))
}

/// Stages a scene among everything else on the board, which stays.
pub(super) fn stage_among(board: &Board, scene: &mut Scene, mut given: Vec<Given>, used: &[usize]) -> Staged {
    for (_, piece) in board.pieces.iter().enumerate().filter(|(index, _)| !used.contains(index)) {
        scene.things.push(thing_of(piece));
        given.push(Given::Place(vec![piece.bbox]));
    }
    stage(scene, &given)
}

