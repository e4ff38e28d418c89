//! Instructions about several objects or the whole layout: copies, equal
//! sizes, mirroring, what alone is to stay, another arrangement.

use lmd_layout::{BBox, MAX_OBJECTS};

use super::board::{Board, Piece};
use super::command::{Edge, Line, first_word};
use super::ground::grounded;
use super::lines::in_line;
use super::naming::head_noun;
use super::ones::with_noun;
use super::refer::find;
use super::refusal::Refusal;
use super::spot::{SCALES, Wish, spot};
use super::staging::{attach, carrier, stage_among, thing_of};
use super::standing::{borne, obstacles, rests_on};
use super::stepping::{STEPS, step_back};
use crate::geometry::{corners, crossings, overlap};
use crate::lexicon::{Class, Tags, is_alive, kind_of, noun_tags};
use crate::offline::problem::Given;
use crate::{RelationKind, Scene, Thing, english};

/// What stands on the ground has its feet within this of it.
const ON_GROUND: f64 = 0.12;

/// Adds what words describe.
type Add = fn(&mut Board, &str) -> Result<(), Refusal>;

/// Sees to it that there is what the words describe: of a kind that is there
/// with a number, copies come or the last go; anything else is added.
pub(super) fn want(board: &mut Board, what: &str, add: Add) -> Result<(), Refusal> {
    if let Some(number) = what.strip_suffix(" of them").or_else(|| what.strip_suffix(" of those")) {
        // Where nothing was spoken of, of what there is several times.
        let one = find(board, if board.touched.is_empty() { "all ones" } else { "them" })?;
        // "a puppy in a basket, with three of them": of what is spoken of.
        let named = |index: &usize| head_noun(&board.pieces[*index].caption);
        let alike = one.windows(2).all(|pair| named(&pair[0]) == named(&pair[1]));
        let one = if alike { one } else { find(board, "it")? };
        let noun = one.first().and_then(|index| head_noun(&board.pieces[*index].caption)).unwrap_or_default();
        return want(board, &format!("{number} {}", lmd_layout::plural(&noun)), add);
    }
    let what = with_noun(board, what);
    let what = what.as_str();
    let counted = first_word(what).is_some_and(|word| lmd_layout::parse_number_word(word).is_some());
    let things = english::noun_phrases(what);
    let ([thing], true) = (things.as_slice(), counted) else { return add(board, what) };
    let plain = what.split(' ').count() == thing.phrase().split(' ').count() + 1;
    let kind = Thing { detail: None, ..thing.clone() }.phrase();
    let there = find(board, &format!("all {kind}")).unwrap_or_default();
    match thing.count as usize {
        wanted if plain && !there.is_empty() && wanted > there.len() => {
            duplicate(board, &format!("one of the {kind}"), wanted - there.len())
        }
        wanted if plain && wanted > 0 && wanted < there.len() => {
            board.remove(there.get(wanted..).unwrap_or_default());
            Ok(())
        }
        wanted if plain && wanted == there.len() && wanted > 0 => {
            Err(format!("there are {wanted} already: {}", board.inventory()))
        }
        _ => add(board, what),
    }
}

/// Twice as many of what the words name.
pub(super) fn double(board: &mut Board, who: &str) -> Result<(), Refusal> {
    let there = find(board, who)?;
    duplicate(board, who, there.len())
}

/// Adds copies of an object of its size, beside it where there is room.
pub(super) fn duplicate(board: &mut Board, who: &str, count: usize) -> Result<(), Refusal> {
    let mut originals = find(board, who)?;
    let noun = |index: &usize| head_noun(&board.pieces[*index].caption);
    let alike = |index: &usize| originals.iter().filter(|other| noun(other) == noun(index)).count();
    if who.is_empty() && originals.len() > 1 {
        // "one more": of what there are several already, where that is one kind alone.
        let several: Vec<usize> = originals.iter().copied().filter(|index| alike(index) > 1).collect();
        originals = if several.is_empty() { originals } else { several };
    }
    let one_kind = originals.windows(2).all(|pair| noun(&pair[0]) == noun(&pair[1]));
    if !one_kind && (count > 1 || who.is_empty()) {
        return Err(format!("say of what, as in \"two more cats\"; there are: {}", board.inventory()));
    }
    if one_kind && (count > 1 || who.is_empty()) {
        originals.drain(..originals.len() - 1);
    }
    let first = board.pieces.len();
    if first + originals.len() * count > MAX_OBJECTS {
        return Err(format!("a layout holds at most {MAX_OBJECTS} objects, there are {first}"));
    }
    for original in originals {
        let inside = holder(board, original).map(|index| board.pieces[index].clone());
        for made in 0..count {
            // Of one size with the others where all can be, if need be smaller.
            if !copy(board, original, 0.85) {
                // What bears nothing and stands alone closes up with its like.
                let mut closed = board.clone();
                let alone = borne(board, original).is_empty()
                    && close_up(&mut closed, original, count - made).is_ok();
                let feet = |board: &Board| board.pieces[original].bbox.y_max();
                if alone && feet(&closed) > feet(board) - ON_GROUND {
                    *board = closed;
                    break;
                }
                let smaller = |share| {
                    let mut next = board.clone();
                    (step_back(&mut next, share) && copy(&mut next, original, 0.85)).then_some(next)
                };
                if let (None, Some(next)) = (&inside, STEPS.into_iter().find_map(smaller)) {
                    *board = next;
                    continue;
                }
                let done = close_up(board, original, count - made);
                if done.is_err() && copy(board, original, 0.0) {
                    let caption = &board.pieces[original].caption;
                    let note = format!("there was no room for another \"{caption}\" as large as the first");
                    board.warnings.push(note);
                    continue;
                }
                done?;
                break;
            }
        }
        let out =
            |piece: &Piece, holder: &Piece| piece.bbox.intersection(holder.bbox) < 0.5 * piece.bbox.area();
        if let Some(holder) =
            inside.filter(|holder| board.pieces[first..].iter().any(|piece| out(piece, holder)))
        {
            let caption = &board.pieces[original].caption;
            board.warnings.push(format!("there is no room in {} for all of \"{caption}\"", holder.caption));
        }
    }
    board.touched = (first..board.pieces.len()).collect();
    Ok(())
}

/// Makes room for more of a kind: all of it gets smaller.
fn close_up(board: &mut Board, original: usize, more: usize) -> Result<(), Refusal> {
    let piece = board.pieces[original].clone();
    let of_kind =
        |index: &usize| board.pieces[*index].caption == piece.caption && !board.pieces[*index].locked;
    let mut kind: Vec<usize> = (0..board.pieces.len()).filter(of_kind).collect();
    let all = kind.len() + more;
    let mut scene = Scene { things: vec![thing_of(&piece)], ..Scene::default() };
    scene.things[0].count = u32::try_from(all).unwrap_or(1);
    let mut given = vec![Given::Nothing];
    let mut used = kind.clone();
    let holder = holder(board, original);
    let inside = holder.filter(|index| !is_dish(board, *index));
    if let Some(carrier) = inside.or_else(|| carrier(board, original)).or(holder) {
        let kind = if inside.is_some() { RelationKind::Inside } else { RelationKind::On };
        attach(board, &mut scene, &[0], kind, &[carrier]);
        given.push(Given::Place(vec![board.pieces[carrier].bbox]));
        used.push(carrier);
    }
    let staged = stage_among(board, &mut scene, given, &used);
    let places: Vec<BBox> =
        staged.boxes.iter().filter(|(thing, _)| *thing == 0).map(|(_, bbox)| *bbox).collect();
    if staged.crowded || places.len() != all {
        return Err(format!(
            "there is no room for more of \"{}\"; make something smaller first",
            piece.caption
        ));
    }
    kind.extend(board.pieces.len()..board.pieces.len() + more);
    (0..more).for_each(|_| board.put(piece.caption.clone(), piece.bbox));
    for (index, bbox) in kind.into_iter().zip(places) {
        board.pieces[index].bbox = bbox;
    }
    board.warnings.push(format!("the others of \"{}\" made room", piece.caption));
    Ok(())
}

/// Adds one copy where there is room for it at that share of the size at least.
fn copy(board: &mut Board, original: usize, least: f64) -> bool {
    let piece = board.pieces[original].clone();
    if let Some(bbox) = in_same_hands(board, original) {
        board.put(piece.caption, bbox);
        return true;
    }
    let floor = rests_on(board, original).or_else(|| carrier(board, original));
    let floor = floor.map(|floor| board.pieces[floor].bbox);
    let above = |bbox: &BBox| Some(*bbox) != floor;
    let others: Vec<BBox> =
        obstacles(board, &[original]).into_iter().filter(above).chain([piece.bbox]).collect();
    let any_depth = kind_of(&thing_of(&piece).noun).class.stands();
    let scales: Vec<f64> = SCALES.into_iter().filter(|scale| *scale >= least).collect();
    let wish = Wish { like: piece.bbox, floor, others: &others, scales: &scales, any_depth };
    let loose = holder(board, original).is_none();
    if let Some(bbox) = spot(&wish, |_| true).filter(|_| loose) {
        board.put(piece.caption, bbox);
        return true;
    }
    if let Some(bbox) = within(board, original) {
        board.put(piece.caption, bbox);
        return true;
    }
    if least > 0.0 && holder(board, original).is_some_and(|index| is_dish(board, index)) {
        return false;
    }
    let carrier = carrier(board, original);
    let tries = [(1.0, true), (1.0, false), (0.85, true), (0.85, false), (0.7, true), (0.7, false)];
    for (shrink, beside) in tries.into_iter().filter(|(shrink, _)| *shrink >= least) {
        let mut scene = Scene { things: vec![thing_of(&piece)], ..Scene::default() };
        let mut given = vec![Given::Size(piece.bbox.w() * shrink, piece.bbox.h() * shrink)];
        let mut used = Vec::new();
        if let Some(carrier) = carrier {
            attach(board, &mut scene, &[0], RelationKind::On, &[carrier]);
            given.push(Given::Place(vec![board.pieces[carrier].bbox]));
            used.push(carrier);
        } else if beside {
            attach(board, &mut scene, &[0], RelationKind::NextTo, &[original]);
            given.push(Given::Place(vec![piece.bbox]));
            used.push(original);
        }
        let staged = stage_among(board, &mut scene, given, &used);
        let place = staged.boxes.iter().find(|(thing, _)| *thing == 0).map(|(_, bbox)| *bbox);
        if let (Some(bbox), false, 0) = (place, staged.crowded, staged.unmet) {
            // What stands on the ground has copies there.
            let bbox = match carrier {
                None if kind_of(&thing_of(&piece).noun).class.stands() && piece.bbox.y_max() > 0.5 => {
                    match grounded(bbox, &board.boxes(), &[piece.bbox.y_max()]) {
                        // Smaller than that is no copy.
                        Some(found) if least == 0.0 || found.area() > 0.8 * bbox.area() => found,
                        _ => continue,
                    }
                }
                _ => bbox,
            };
            board.put(piece.caption, bbox);
            return true;
        }
    }
    false
}

/// A place beside something that somebody holds, who holds the copy, too.
fn in_same_hands(board: &Board, original: usize) -> Option<BBox> {
    let alive = |index: usize| is_alive(&thing_of(&board.pieces[index]).noun);
    let bbox = board.pieces[original].bbox;
    let reach = |index: &usize| {
        let body = board.pieces[*index].bbox;
        alive(*index)
            && body.intersection(bbox) > 0.0
            && body.area() > bbox.area()
            && bbox.y() < body.center().1
    };
    let holder = (0..board.pieces.len()).find(reach).filter(|_| !alive(original))?;
    let others = board.boxes_besides(&[holder]);
    let aside = [-1.0, 1.0, -2.0, 2.0, -3.0, 3.0, -4.0, 4.0].map(|steps| bbox.shifted(steps * bbox.w(), 0.0));
    aside.into_iter().find(|place| overlap(&[*place], &others) < 1e-6)
}

/// What an object lies in.
fn holder(board: &Board, original: usize) -> Option<usize> {
    let bbox = board.pieces[original].bbox;
    let holds = |index: &usize| {
        let other = board.pieces[*index].bbox;
        *index != original
            && (noun_tags(&thing_of(&board.pieces[*index]).noun).any(Tags::CONTAINER)
                || is_dish(board, *index))
            && other.intersection(bbox) > 0.9 * bbox.area()
            && other.area() > bbox.area()
    };
    (0..board.pieces.len()).find(holds)
}

/// Whether something flat bears what lies on it within its outline: a plate, a tray.
fn is_dish(board: &Board, index: usize) -> bool {
    let noun = thing_of(&board.pieces[index]).noun;
    kind_of(&noun).class == Class::Flat && noun_tags(&noun).any(Tags::SURFACE)
}

/// A free place for a copy of something in what that lies in.
fn within(board: &Board, original: usize) -> Option<BBox> {
    let holder = holder(board, original)?;
    let (bbox, outer) = (board.pieces[original].bbox, board.pieces[holder].bbox);
    let others =
        board.boxes_besides(&[&[holder], super::standing::carriers(board, holder).as_slice()].concat());
    let steps = |room: f64| (0..=(room.max(0.0) / 0.02) as i32).map(|step| f64::from(step) * 0.02);
    [1.0, 0.85, 0.7, 0.6].into_iter().find_map(|scale| {
        let (w, h) = (scale * bbox.w(), scale * bbox.h());
        steps(outer.h() - h)
            .flat_map(|y| steps(outer.w() - w).map(move |x| (x, y)))
            .filter_map(|(x, y)| BBox::clamped(outer.x() + x, outer.y() + y, w, h))
            .find(|place| overlap(&[*place], &others) == 0.0)
    })
}

/// Puts objects in line: their lower edges at one height, or another edge.
pub(super) fn align(board: &mut Board, who: &str, edge: Edge) -> Result<(), Refusal> {
    let before = board.boxes();
    let subjects = find(board, who)?;
    let [left, top, right, bottom] = corners(subjects.iter().map(|index| board.pieces[*index].bbox));
    for index in &subjects {
        let bbox = board.pieces[*index].bbox;
        let (dx, dy) = match edge {
            Edge::Left => (left - bbox.x(), 0.0),
            Edge::Right => (right - bbox.x_max(), 0.0),
            Edge::Top => (0.0, top - bbox.y()),
            Edge::Bottom => (0.0, bottom - bbox.y_max()),
        };
        board.pieces[*index].bbox = bbox.shifted(dx, dy);
    }
    // "line them up": what would cover one another stands in a row.
    if edge == Edge::Bottom && crossings(&board.boxes()) > crossings(&before) + 1e-4 {
        board.place_all(before);
        in_line(board, &subjects, Line::Row, who)?;
    }
    board.touched = subjects;
    Ok(())
}

/// Turns the layout round: what was on the left is on the right. One object
/// by itself goes to the mirrored place.
pub(super) fn mirror(board: &mut Board, who: Option<&str>, upright: bool) -> Result<(), Refusal> {
    let subjects = find(board, who.unwrap_or("everything"))?;
    let turned = |bbox: BBox| {
        if upright { bbox.shifted(0.0, 1.0 - bbox.y_max() - bbox.y()) } else { bbox.mirrored() }
    };
    for index in &subjects {
        board.pieces[*index].bbox = turned(board.pieces[*index].bbox);
    }
    board.touched = subjects;
    Ok(())
}

/// Moves objects as a group so that their middle is that of the picture.
pub(super) fn centre(board: &mut Board, who: &str) -> Result<(), Refusal> {
    let subjects = find(board, who)?;
    let [left, top, right, bottom] = corners(subjects.iter().map(|index| board.pieces[*index].bbox));
    let (dx, dy) = (0.5 - f64::midpoint(left, right), 0.5 - f64::midpoint(top, bottom));
    for index in &subjects {
        board.pieces[*index].bbox = board.pieces[*index].bbox.shifted(dx, dy);
    }
    board.touched = subjects;
    Ok(())
}

/// Removes everything but these objects.
pub(super) fn keep_only(board: &mut Board, who: &str) -> Result<(), Refusal> {
    let kept = find(board, who)?;
    // "all but one bat": of the bats alone.
    let kind = who.strip_prefix("one ").filter(|kind| !kind.starts_with("of "));
    let of_kind = kind.and_then(|kind| find(board, &format!("all {kind}")).ok());
    let meant = |index: &usize| of_kind.as_ref().is_none_or(|kind| kind.contains(index));
    let kept = if of_kind.is_some() { kept.into_iter().take(1).collect() } else { kept };
    let gone: Vec<usize> =
        (0..board.pieces.len()).filter(|index| !kept.contains(index) && meant(index)).collect();
    if gone.is_empty() {
        return Err(format!("there is nothing besides \"{who}\""));
    }
    board.remove(&gone);
    Ok(())
}
