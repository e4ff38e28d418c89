//! Instructions that place objects: add, move, gather, swap.

use lmd_layout::{BBox, singular};

use super::board::Board;
use super::demand::{self, nearest_standing};
use super::moving::other_side;
use super::naming::head_noun;
use super::owning::{held_there, whole_of};
use super::passing::{change_sides, in_between, make_room, pass};
use super::readable::{exchange, is_order, reads_well, step_aside};
use super::refer::{find, find_one};
use super::refusal::Refusal;
use super::staging::{attach, stage_among, thing_of};
use super::standing::{carriers, loose, moved_with, obstacles, rests_on};
use super::tabletop::to_side;
use crate::geometry::{corners, distance, feet_kept, mean, overlap};
use crate::lexicon::{is_alive, kind_of};
use crate::offline::{problem::Given, stage::Staged};
use crate::{Region, RelationKind, Scene};

/// An ordinary step, as a share of the canvas.
const STEP: f64 = 0.2;
/// Gap kept to a neighbour and to the edge of the picture.
const EDGE: f64 = 0.02;
/// Feet within this stand on one ground.
const LEVEL_FEET: f64 = 0.2;
/// A shift smaller than this is none.
const LEAST_SHIFT: f64 = 0.01;

/// Puts objects somewhere relative to others.
pub(super) fn relate(board: &mut Board, who: &str, kind: RelationKind, anchor: &str) -> Result<(), Refusal> {
    let subjects = find(board, who)?;
    let (kind, anchor) = match other_side(anchor) {
        Some(anchor) => (opposite_side(board, &subjects, None, &anchor)?, anchor),
        None => (kind, anchor.replace(" 's ", "'s ")),
    };
    // "on the woman's lap"
    let (kind, anchor) = match whole_of(&anchor).filter(|_| find(board, &anchor).is_err()) {
        Some(whole) => (held_there(&anchor).unwrap_or(kind), whole.to_owned()),
        None => (kind, anchor),
    };
    let mut anchors = find(board, &anchor)?;
    // "between them" is between the two who are alive.
    if matches!(kind, RelationKind::Between(_)) && anchors.len() > 2 {
        let alive =
            |index: &usize| !subjects.contains(index) && is_alive(&thing_of(&board.pieces[*index]).noun);
        let living: Vec<usize> = anchors.iter().copied().filter(alive).collect();
        anchors = if living.len() == 2 { living } else { anchors };
    }
    let mounted = moved_with(board, subjects.clone());
    let subjects = if mounted.iter().any(|index| anchors.contains(index)) { subjects } else { mounted };
    relate_pieces(board, subjects, kind, anchors, (who, &anchor))
}

/// As [`relate`]; `names` are the words for both, for messages.
pub(super) fn relate_pieces(
    board: &mut Board,
    subjects: Vec<usize>,
    kind: RelationKind,
    mut anchors: Vec<usize>,
    (who, anchor): (&str, &str),
) -> Result<(), Refusal> {
    anchors.retain(|index| !subjects.contains(index));
    if anchors.is_empty() {
        return Err(format!("\"{who}\" cannot be placed against itself; there are: {}", board.inventory()));
    }
    if matches!(kind, RelationKind::Between(_)) && anchors.len() < 2 {
        return Err(
            "\"between\" needs two things, as in \"move the cat between the dog and the tree\"".to_owned()
        );
    }
    subjects.iter().for_each(|subject| demand::note(board, *subject, kind, &anchors));
    if let [subject] = subjects.as_slice()
        && (in_between(board, *subject, kind, &anchors) || on_table(board, *subject, kind, &anchors))
    {
        board.touched = subjects;
        return Ok(());
    }
    let staged = beside(board, &subjects, kind, &anchors);
    // Left and right of something is in its row, at its full size, where the others can go aside.
    if let ([subject], RelationKind::LeftOf | RelationKind::RightOf) = (subjects.as_slice(), kind) {
        let places: Vec<BBox> = anchors.iter().map(|index| board.pieces[*index].bbox).collect();
        let old = board.pieces[*subject].bbox;
        let good = staged
            .as_ref()
            .and_then(|staged| staged.boxes.iter().find(|(thing, _)| *thing == 0))
            .is_some_and(|(_, bbox)| {
                stands_beside(*bbox, kind, &places) && (bbox.area() - old.area()).abs() < 1e-6
            });
        let on_ground = kind_of(&thing_of(&board.pieces[*subject]).noun).class.stands();
        if !good && on_ground && beside_in_row(board, *subject, kind, &anchors) {
            board.touched = subjects;
            return Ok(());
        }
    }
    let Some(staged) = staged else {
        if step_aside(board, &subjects, kind, &anchors) {
            return Ok(());
        }
        if let [subject] = subjects.as_slice()
            && let Some(bbox) = nearest_standing(board, *subject, kind, &anchors)
        {
            board.pieces[*subject].bbox = bbox;
            board.touched = subjects;
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

/// Whether a box is clear beside others, as large as the object is.
fn is_good(board: &Board, subject: usize, bbox: BBox, kind: RelationKind, anchors: &[usize]) -> bool {
    let old = board.pieces[subject].bbox;
    stands_beside(bbox, kind, &places(board, anchors)) && (bbox.area() - old.area()).abs() < 1e-6
}

/// The boxes of some objects.
fn places(board: &Board, some: &[usize]) -> Vec<BBox> {
    some.iter().map(|index| board.pieces[*index].bbox).collect()
}

/// Places something that is on a table with what it is placed against, or that
/// is to be at a side of the table; on a table things stay on it.
fn on_table(board: &mut Board, subject: usize, kind: RelationKind, anchors: &[usize]) -> bool {
    let sideways = matches!(kind, RelationKind::LeftOf | RelationKind::RightOf);
    if let [floor] = anchors
        && sideways
        && rests_on(board, subject) == Some(*floor)
        && to_side(board, subject, *floor, kind == RelationKind::LeftOf)
    {
        board.demands.clear();
        return true;
    }
    if !on_one_floor(board, subject, anchors) || matches!(kind, RelationKind::Inside | RelationKind::HeldBy) {
        return false;
    }
    if let ([anchor], true) = (anchors, sideways)
        && change_sides(board, subject, kind, *anchor)
    {
        return true;
    }
    let Some(bbox) = nearest_standing(board, subject, kind, anchors) else { return false };
    let in_way = obstacles(board, &[&[subject], anchors].concat());
    let good = !sideways || is_good(board, subject, bbox, kind, anchors);
    let clear = overlap(&[bbox], &in_way) < 1e-4;
    if good && clear {
        board.pieces[subject].bbox = bbox;
    }
    good && clear
}

/// Whether something and what it is placed against rest on one table.
fn on_one_floor(board: &Board, subject: usize, anchors: &[usize]) -> bool {
    let floor = rests_on(board, subject);
    floor.is_some() && anchors.iter().all(|anchor| rests_on(board, *anchor) == floor)
}

/// Whether a box stands clear of others on that side of all of them, about at
/// their height.
pub(super) fn stands_beside(bbox: BBox, kind: RelationKind, anchors: &[BBox]) -> bool {
    let clear = |other: &BBox| match kind {
        RelationKind::LeftOf => bbox.x_max() <= other.x() + 0.02,
        _ => bbox.x() >= other.x_max() - 0.02,
    };
    let level = |other: &BBox| {
        bbox.y_max().min(other.y_max()) - bbox.y().max(other.y()) > 0.4 * bbox.h().min(other.h())
    };
    anchors.iter().all(clear) && anchors.iter().any(level)
}

/// Puts an object left or right of others in their row; they and what else
/// stands there make room. `false` and nothing is changed where that is not
/// possible.
pub(super) fn beside_in_row(
    board: &mut Board,
    subject: usize,
    kind: RelationKind,
    anchors: &[usize],
) -> bool {
    let old = board.pieces[subject].bbox;
    let places: Vec<BBox> = anchors.iter().map(|index| board.pieces[*index].bbox).collect();
    let [left, _, right, _] = corners(places.iter().copied());
    let level = |bbox: &BBox| (old.y_max() - bbox.y_max()).abs() < LEVEL_FEET;
    let ground = mean(places.iter().map(|bbox| (0.0, bbox.y_max()))).1;
    let down = if places.iter().any(level) { 0.0 } else { ground - old.y_max() };
    let to_left = kind == RelationKind::LeftOf;
    let floor =
        anchors.first().and_then(|anchor| rests_on(board, *anchor)).map(|floor| board.pieces[floor].bbox);
    let (low, high) = floor.map_or((EDGE, 1.0 - EDGE), |floor| (floor.x(), floor.x_max()));
    for scale in [1.0, 0.85, 0.7] {
        let small = feet_kept(old, scale * old.w(), scale * old.h());
        let bbox = if scale < 1.0 { small } else { old };
        // From the far side, so that the others go aside the other way.
        let start = bbox.shifted(if to_left { 1.0 - bbox.x_max() } else { -bbox.x() }, down);
        let x = if to_left { left - EDGE - bbox.w() } else { right + EDGE };
        board.pieces[subject].bbox = start;
        let warnings = board.warnings.len();
        let before = board.boxes();
        if make_room(board, subject, x.clamp(low, (high - bbox.w()).max(low)), 0.0) {
            let now: Vec<BBox> = anchors.iter().map(|index| board.pieces[*index].bbox).collect();
            if stands_beside(board.pieces[subject].bbox, kind, &now) {
                return true;
            }
        }
        board.warnings.truncate(warnings);
        board.place_all(before);
    }
    board.pieces[subject].bbox = old;
    false
}

/// The side of `anchor` that is opposite to the subjects; for new things of
/// the words `new`, opposite to others of their kind, else where more room is.
pub(super) fn opposite_side(
    board: &Board,
    subjects: &[usize],
    new: Option<&str>,
    anchor: &str,
) -> Result<RelationKind, Refusal> {
    let of = find_one(board, anchor)?;
    let bbox = board.pieces[of].bbox;
    let kin = new
        .and_then(|new| head_noun(&singular(new)))
        .map(|noun| find(board, &format!("all {noun}")).unwrap_or_default());
    let mut known: Vec<usize> = kin.unwrap_or_else(|| subjects.to_vec());
    known.retain(|index| *index != of);
    if known.is_empty() {
        known = board.touched.iter().copied().filter(|index| *index != of).collect();
    }
    let x = match known.as_slice() {
        [] => {
            let others = board.boxes_besides(&[of]);
            let (right, left): (Vec<BBox>, Vec<BBox>) =
                others.iter().partition(|other| other.center().0 > bbox.center().0);
            if left.len() >= right.len() { 0.0 } else { 1.0 }
        }
        known => mean(known.iter().map(|index| board.pieces[*index].bbox.center())).0,
    };
    Ok(if x < bbox.center().0 { RelationKind::RightOf } else { RelationKind::LeftOf })
}

/// Puts objects at the very left or right; what stands there makes room.
pub(super) fn to_edge(board: &mut Board, who: &str, to_left: bool) -> Result<(), Refusal> {
    let subjects = moved_with(board, find(board, who)?);
    let before = board.boxes();
    for (done, index) in subjects.iter().enumerate() {
        let old = board.pieces[*index].bbox;
        let region = if to_left { Region::Left } else { Region::Right };
        let x = target(old, region).0;
        let others = obstacles(board, &subjects[done..]);
        let place = old.shifted(x - old.x(), 0.0);
        let shared = overlap(&[old], &others);
        if overlap(&[place], &others) <= shared + 1e-4 {
            board.pieces[*index].bbox = place;
        } else if !make_room(board, *index, x, shared) {
            board.pieces[*index].bbox = nearest_free(old, region, &others);
        }
    }
    let others = obstacles(board, &subjects);
    warn_overlap(board, &subjects, &others, &before);
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
        let mut used: Vec<usize> = subjects.iter().chain(anchors).copied().collect();
        used.extend(anchors.iter().flat_map(|index| carriers(board, *index)));
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
    let subjects = moved_with(board, find(board, who)?);
    let before = board.boxes();
    // A whole step or more sideways ends on the other side of a neighbour
    // that it would run into.
    if let ([subject], true) = (subjects.as_slice(), dy == 0.0 && dx.abs() >= 1.0)
        && runs_into(board, *subject, dx * STEP)
        && pass(board, *subject, dx < 0.0, dx.abs() * STEP)
    {
        board.touched = subjects;
        return Ok(());
    }
    let others = obstacles(board, &subjects);
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
    warn_overlap(board, &subjects, &others, &before);
    board.touched = subjects;
    Ok(())
}

/// Moves objects by just these shares of the picture, as far as it reaches.
pub(super) fn shift(board: &mut Board, who: &str, dx: f64, dy: f64) -> Result<(), Refusal> {
    let subjects = moved_with(board, find(board, who)?);
    let before = board.boxes();
    for index in &subjects {
        let old = board.pieces[*index].bbox;
        board.pieces[*index].bbox = old.shifted(dx, dy);
        if (distance(old, board.pieces[*index].bbox) - dx.hypot(dy)).abs() > LEAST_SHIFT {
            let caption = &board.pieces[*index].caption;
            board.warnings.push(format!("{caption} went as far as the edge of the picture only"));
        }
    }
    let others = obstacles(board, &subjects);
    warn_overlap(board, &subjects, &others, &before);
    board.touched = subjects;
    Ok(())
}

/// Whether a step sideways leads onto something that is not covered now, or
/// off the picture.
fn runs_into(board: &Board, subject: usize, dx: f64) -> bool {
    let bbox = board.pieces[subject].bbox;
    let others = obstacles(board, &[subject]);
    let moved = bbox.shifted(dx, 0.0);
    overlap(&[moved], &others) > overlap(&[bbox], &others) + 1e-4 || distance(bbox, moved) < 0.5 * dx.abs()
}

/// Tells what covers more than it did at its place `before`.
fn warn_overlap(board: &mut Board, moved: &[usize], others: &[BBox], before: &[BBox]) {
    for index in moved {
        let piece = &board.pieces[*index];
        let was = before.get(*index).map_or(0.0, |old| overlap(&[*old], others));
        let covers = overlap(&[piece.bbox], others);
        if covers > 0.3 * piece.bbox.area() && covers > was + 0.05 * piece.bbox.area() {
            board.warnings.push(format!("{} now covers other objects", piece.caption));
        }
    }
}

/// Puts objects into a part of the picture.
pub(super) fn to_region(board: &mut Board, who: &str, region: Region) -> Result<(), Refusal> {
    let subjects = moved_with(board, find(board, who)?);
    let before = board.boxes();
    if subjects.len() > 1 && subjects.len() == board.pieces.len() {
        // Everything goes as one.
        let [left, top, right, bottom] = corners(places(board, &subjects).into_iter());
        let all = BBox::new(left, top, right - left, bottom - top).map_err(|error| error.to_string())?;
        let (x, y) = target(all, region);
        for index in &subjects {
            board.pieces[*index].bbox = board.pieces[*index].bbox.shifted(x - left, y - top);
        }
        board.touched = subjects;
        return Ok(());
    }
    for (done, index) in subjects.iter().enumerate() {
        let others = obstacles(board, &subjects[done..]);
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
    let others = obstacles(board, &subjects);
    warn_overlap(board, &subjects, &others, &before);
    board.touched = subjects;
    Ok(())
}

/// The place in a region nearest to its heart that overlaps others least.
pub(super) fn nearest_free(bbox: BBox, region: Region, others: &[BBox]) -> BBox {
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

/// Exchanges the places of two objects: centres sideways, feet in height.
pub(super) fn swap(board: &mut Board, one: &str, other: &str) -> Result<(), Refusal> {
    let (one, other) = match (other, board.pieces.len()) {
        ("", 2) => (0, 1),
        ("", _) => match *loose(board, find(board, if one == "them" { "both" } else { one })?).as_slice() {
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
