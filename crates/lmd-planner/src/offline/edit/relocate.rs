//! Instructions that place objects: add, move, gather, swap.

use lmd_layout::BBox;

use super::board::{Board, Piece};
use super::ground::grounded;
use super::passing::{make_room, pass};
use super::readable::{exchange, is_order, new_boxes, reads_well, step_aside};
use super::refer::{find, find_one, head_noun};
use super::refusal::Refusal;
use crate::geometry::{crossings, feet_kept, mean, overlap};
use crate::lexicon::kind_of;
use crate::offline::problem::Given;
use crate::offline::stage::{Staged, stage};
use crate::offline::wording;
use crate::{Region, Relation, RelationKind, Scene, Thing, english};

/// An ordinary step, as a share of the canvas.
const STEP: f64 = 0.2;
/// A shift smaller than this is none.
const LEAST_SHIFT: f64 = 0.01;

/// Adds what the words describe, in free space.
pub(super) fn add(board: &mut Board, what: &str) -> Result<(), Refusal> {
    let what = as_new(what);
    let (mut scene, anchors) = described(board, &what)?;
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
    let fresh = scene.things.len() - anchors.len();
    let mut given: Vec<Given> = vec![Given::Nothing; fresh];
    given.extend(anchors.iter().map(|index| Given::Place(vec![board.pieces[*index].bbox])));
    let alone = (scene.clone(), given.clone());
    let mut staged = stage_among(board, &mut scene, given, &anchors);
    let places: Vec<BBox> = anchors.iter().map(|index| board.pieces[*index].bbox).collect();
    if let Some(kind) = scene.relations.first().map(|relation| relation.kind)
        && !anchors.is_empty()
        && !new_boxes(&staged, fresh).iter().all(|bbox| reads_well(*bbox, kind, &places))
    {
        // Beside what it is placed against rather than clear of everything.
        let nearer = stage(&alone.0, &alone.1);
        if new_boxes(&nearer, fresh).iter().all(|bbox| reads_well(*bbox, kind, &places)) {
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
    Ok(())
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
        let anchors = find(board, &anchor).unwrap_or_default();
        let mut scene = Scene { things: english::noun_phrases(&new), ..Scene::default() };
        if !scene.things.is_empty() && !anchors.is_empty() {
            let subjects: Vec<usize> = (0..scene.things.len()).collect();
            attach(board, &mut scene, &subjects, kind, &anchors);
            return Ok((scene, anchors));
        }
    }
    let scene = english::parse(what).map_err(|error| error.to_string())?;
    Ok((scene, Vec::new()))
}

/// New words, relation and the words of something that is there already.
fn placed_against(board: &Board, what: &str) -> Option<(String, RelationKind, String)> {
    if let Some((new, anchor)) = what.split_once(" between ") {
        return find(board, anchor)
            .is_ok()
            .then(|| (new.to_owned(), RelationKind::Between(0), anchor.to_owned()));
    }
    if let Some((new, kind, anchor)) = english::relation_phrase(what) {
        let meant = [Some(anchor.as_str()), whole_of(&anchor)].into_iter().flatten();
        if let Some(anchor) = meant.into_iter().find(|anchor| find(board, anchor).is_ok()) {
            return Some((new, kind, anchor.to_owned()));
        }
        // "a second car behind the first one"
        let noun = english::noun_phrases(&new).pop()?.noun;
        let bare = anchor.trim_end_matches(" one").trim_end_matches(noun.as_str()).trim_end();
        let one = matches!(bare, "the first" | "the other" | "the existing" | "the old");
        let anchor = format!("the {noun}");
        if one && find(board, &anchor).is_ok() {
            return Some((new, kind, anchor));
        }
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
    anchor
        .split_once(" of ")
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

/// Puts objects somewhere relative to others.
pub(super) fn relate(board: &mut Board, who: &str, kind: RelationKind, anchor: &str) -> Result<(), Refusal> {
    let subjects = find(board, who)?;
    let (kind, anchor) = match (anchor.strip_prefix("the other side of "), subjects.as_slice()) {
        (Some(anchor), [subject]) => {
            let of = board.pieces[find_one(board, anchor)?].bbox;
            let left = board.pieces[*subject].bbox.center().0 < of.center().0;
            (if left { RelationKind::RightOf } else { RelationKind::LeftOf }, anchor)
        }
        _ => (kind, anchor),
    };
    let anchors: Vec<usize> =
        find(board, anchor)?.into_iter().filter(|index| !subjects.contains(index)).collect();
    if anchors.is_empty() {
        return Err(format!("\"{who}\" cannot be placed against itself; there are: {}", board.inventory()));
    }
    if matches!(kind, RelationKind::Between(_)) && anchors.len() < 2 {
        return Err(
            "\"between\" needs two things, as in \"move the cat between the dog and the tree\"".to_owned()
        );
    }
    let Some(staged) = beside(board, &subjects, kind, &anchors) else {
        if step_aside(board, &subjects, kind, &anchors) {
            return Ok(());
        }
        return Err(format!("there is no room for \"{who}\" there; move or shrink \"{anchor}\" first"));
    };
    for (thing, bbox) in staged.boxes {
        if let Some(&subject) = subjects.get(thing) {
            board.pieces[subject].bbox = bbox;
        }
    }
    board.warnings.extend(staged.warnings);
    board.touched = subjects;
    Ok(())
}

/// A place for objects relative to others, where there is one that reads as it is meant.
fn beside(board: &Board, subjects: &[usize], kind: RelationKind, anchors: &[usize]) -> Option<Staged> {
    let mut best: Option<Staged> = None;
    // Its size stays unless only a smaller one finds room.
    for shrink in [1.0, 0.85, 0.7] {
        let mut scene = Scene::default();
        let mut given = Vec::new();
        for &subject in subjects {
            let bbox = board.pieces[subject].bbox;
            scene.things.push(thing_of(&board.pieces[subject]));
            given.push(Given::Size(bbox.w() * shrink, bbox.h() * shrink));
        }
        let places: Vec<usize> = (0..subjects.len()).collect();
        attach(board, &mut scene, &places, kind, anchors);
        given.extend(anchors.iter().map(|index| Given::Place(vec![board.pieces[*index].bbox])));
        let used: Vec<usize> = subjects.iter().chain(anchors).copied().collect();
        let staged = stage_among(board, &mut scene, given, &used);
        let fits = !staged.crowded && staged.unmet == 0;
        if fits || best.as_ref().is_none_or(|known| staged.unmet < known.unmet) {
            best = Some(staged);
        }
        if fits {
            break;
        }
    }
    best.filter(|staged| {
        let to = |index: usize| staged.boxes.iter().find(|(thing, _)| *thing == index).map(|(_, bbox)| *bbox);
        let boxes = (0..subjects.len()).filter_map(to);
        let places: Vec<BBox> = anchors.iter().map(|index| board.pieces[*index].bbox).collect();
        let order = is_order(kind) || matches!(kind, RelationKind::Between(_));
        staged.unmet == 0 && boxes.into_iter().all(|bbox| !order || reads_well(bbox, kind, &places))
    })
}

/// Moves objects by a step, a little more or less where that avoids others.
pub(super) fn nudge(board: &mut Board, who: &str, dx: f64, dy: f64) -> Result<(), Refusal> {
    let subjects = find(board, who)?;
    // A whole step or more sideways ends on the other side of a neighbour
    // that it would run into.
    if let ([subject], true) = (subjects.as_slice(), dy == 0.0 && dx.abs() >= 1.0)
        && runs_into(board, *subject, dx * STEP)
        && pass(board, *subject, dx < 0.0)
    {
        board.touched = subjects;
        return Ok(());
    }
    let others = board.boxes_besides(&subjects);
    let shifted = |factor: f64| -> Vec<BBox> {
        subjects
            .iter()
            .map(|index| board.pieces[*index].bbox.shifted(dx * STEP * factor, dy * STEP * factor))
            .collect()
    };
    let moved = |boxes: &[BBox]| {
        let far = |(index, bbox): (&usize, &BBox)| distance(board.pieces[*index].bbox, *bbox);
        subjects.iter().zip(boxes).all(|pair| far(pair) >= LEAST_SHIFT)
    };
    let ways = [1.0, 0.85, 1.15, 0.7, 1.3, 1.5, 0.5, 1.8].map(shifted);
    let best = ways
        .into_iter()
        .filter(|boxes| moved(boxes))
        .min_by(|a, b| overlap(a, &others).total_cmp(&overlap(b, &others)))
        .ok_or_else(|| {
            format!("\"{who}\" cannot go further that way; it is at the edge of the picture already")
        })?;
    for (index, bbox) in subjects.iter().zip(best) {
        board.pieces[*index].bbox = bbox;
    }
    warn_overlap(board, &subjects, &others);
    board.touched = subjects;
    Ok(())
}

/// Whether a step sideways leads onto something that is not covered now, or
/// off the picture.
fn runs_into(board: &Board, subject: usize, dx: f64) -> bool {
    let bbox = board.pieces[subject].bbox;
    let others = board.boxes_besides(&[subject]);
    let moved = bbox.shifted(dx, 0.0);
    overlap(&[moved], &others) > overlap(&[bbox], &others) + 1e-4 || distance(bbox, moved) < 0.5 * dx.abs()
}

/// The distance of two boxes' centres.
fn distance(a: BBox, b: BBox) -> f64 {
    let ((x, y), (u, v)) = (a.center(), b.center());
    (x - u).hypot(y - v)
}

fn warn_overlap(board: &mut Board, moved: &[usize], others: &[BBox]) {
    for index in moved {
        let piece = &board.pieces[*index];
        if overlap(&[piece.bbox], others) > 0.3 * piece.bbox.area() {
            board.warnings.push(format!("{} now covers other objects", piece.caption));
        }
    }
}

/// Puts objects into a part of the picture.
pub(super) fn to_region(board: &mut Board, who: &str, region: Region) -> Result<(), Refusal> {
    let subjects = find(board, who)?;
    for (done, index) in subjects.iter().enumerate() {
        let others = board.boxes_besides(&subjects[done..]);
        let old = board.pieces[*index].bbox;
        let place = nearest_free(old, region, &others);
        let sideways = matches!(region, Region::Left | Region::Right);
        let covers = overlap(&[place], &others) > overlap(&[old], &others) + 1e-4;
        let room = sideways && covers && {
            let shared = overlap(&[old], &others);
            make_room(board, *index, target(old, region).0, shared)
        };
        if !room {
            board.pieces[*index].bbox = place;
        }
    }
    let others = board.boxes_besides(&subjects);
    warn_overlap(board, &subjects, &others);
    board.touched = subjects;
    Ok(())
}

/// The place in a region nearest to its heart that overlaps others least.
fn nearest_free(bbox: BBox, region: Region, others: &[BBox]) -> BBox {
    let (target_x, target_y) = target(bbox, region);
    let offsets = || (-5..=5).map(|step| f64::from(step) * 0.03);
    let candidates = offsets().flat_map(|dy| offsets().map(move |dx| (dx, dy)));
    let fits = |place: BBox| in_region(place, region);
    let cost = |place: BBox| {
        let away = (place.x() - target_x).hypot(place.y() - target_y);
        away + 8.0 * overlap(&[place], others) / place.area()
    };
    let home = bbox.shifted(target_x - bbox.x(), target_y - bbox.y());
    candidates
        .map(|(dx, dy)| bbox.shifted(target_x + dx - bbox.x(), target_y + dy - bbox.y()))
        .filter(|place| fits(*place))
        .min_by(|a, b| cost(*a).total_cmp(&cost(*b)))
        .unwrap_or(home)
}

/// The top-left corner a box would best have in a region.
fn target(bbox: BBox, region: Region) -> (f64, f64) {
    const MARGIN: f64 = 0.04;
    let (w, h) = (bbox.w(), bbox.h());
    let (left, right) = (MARGIN.min(1.0 - w), (1.0 - MARGIN - w).max(0.0));
    let (top, bottom) = (MARGIN.min(1.0 - h), (1.0 - MARGIN - h).max(0.0));
    match region {
        Region::Left => (left, bbox.y()),
        Region::Right => (right, bbox.y()),
        Region::Top | Region::Sky | Region::Wall => (bbox.x(), top),
        Region::Bottom | Region::Ground | Region::Foreground => (bbox.x(), bottom),
        Region::Background => (bbox.x(), (0.55 - h).max(0.0)),
        Region::Center => ((1.0 - w) / 2.0, (1.0 - h) / 2.0),
        Region::TopLeft | Region::Corners => (left, top),
        Region::TopRight => (right, top),
        Region::BottomLeft => (left, bottom),
        Region::BottomRight => (right, bottom),
    }
}

/// Whether a box's centre still counts as in the region; boxes too large for
/// that are judged by their best place alone.
fn in_region(bbox: BBox, region: Region) -> bool {
    let (x, y) = bbox.center();
    let (low_x, high_x) = (0.4_f64.max(bbox.w() / 2.0 + 0.05), 0.6_f64.min(0.95 - bbox.w() / 2.0));
    let (low_y, high_y) = (0.4_f64.max(bbox.h() / 2.0 + 0.05), 0.6_f64.min(0.95 - bbox.h() / 2.0));
    match region {
        Region::Left => x <= low_x,
        Region::Right => x >= high_x,
        Region::Top | Region::Sky | Region::Wall | Region::Background => y <= low_y.max(0.45),
        Region::Bottom | Region::Ground | Region::Foreground => y >= high_y,
        Region::Center => (x - 0.5).abs() <= 0.1 && (y - 0.5).abs() <= 0.1,
        Region::TopLeft | Region::Corners => x <= low_x && y <= low_y,
        Region::TopRight => x >= high_x && y <= low_y,
        Region::BottomLeft => x <= low_x && y >= high_y,
        Region::BottomRight => x >= high_x && y >= high_y,
    }
}

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
    let centre = mean(subjects.iter().map(|index| board.pieces[*index].bbox.center()));
    let pull = |bbox: BBox, factor: f64| scaled_about(bbox, centre, factor);
    shift_all(board, &subjects, factor, pull)
}

/// Brings objects nearer to another, or away from it.
pub(super) fn approach(board: &mut Board, who: &str, anchor: &str, factor: f64) -> Result<(), Refusal> {
    let subjects = find(board, who)?;
    let centre = board.pieces[find_one(board, anchor)?].bbox.center();
    shift_all(board, &subjects, factor, |bbox, factor| scaled_about(bbox, centre, factor))
}

/// A box moved so that its centre's distance to a point is multiplied.
fn scaled_about(bbox: BBox, centre: (f64, f64), factor: f64) -> BBox {
    let (x, y) = bbox.center();
    bbox.shifted((x - centre.0) * (factor - 1.0), (y - centre.1) * (factor - 1.0))
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
    let found = (1..=20).rev().map(|share| after(f64::from(share) / 20.0)).find(|boxes| {
        let moved = before.iter().zip(boxes).any(|(old, new)| distance(*old, *new) >= LEAST_SHIFT);
        moved && crossings(boxes) <= allowed
    });
    let found = found
        .ok_or_else(|| "there is no room to move them that way without covering one another".to_owned())?;
    board.place_all(found);
    board.touched = subjects.to_vec();
    Ok(())
}

/// Exchanges the places of two objects: centres sideways, feet in height.
pub(super) fn swap(board: &mut Board, one: &str, other: &str) -> Result<(), Refusal> {
    let (one, other) = match (other, board.pieces.len()) {
        ("", 2) => (0, 1),
        ("", _) => match *find(board, one)?.as_slice() {
            [one, other] => (one, other),
            _ => {
                return Err(format!(
                    "say which two, as in \"swap the cat and the dog\"; there are: {}",
                    board.inventory()
                ));
            }
        },
        _ => (find_one(board, one)?, find_one(board, other)?),
    };
    if one == other {
        return Err(format!("two different objects are needed; there are: {}", board.inventory()));
    }
    exchange(board, one, other);
    Ok(())
}
