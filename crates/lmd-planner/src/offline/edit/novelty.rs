//! What words describe as new, and what of that which is there it is placed against.

use super::board::Board;
use super::moving::{other_side, relation};
use super::owning::{has_part, held_there, whole_of};
use super::refer::{find, is_ambiguous};
use super::refusal::Refusal;
use super::relocate::opposite_side;
use super::staging::{attach, thing_of};
use super::standing::{contents, is_carrier};
use crate::lexicon::{Class, Tags, is_alive, kind_of, known_kind, noun_tags, tags};
use crate::{Relation, RelationKind, Scene, Thing, english};

/// `another cat` and `two more cats` as a sentence would say them.
pub(super) fn as_new(what: &str) -> String {
    // "another two robots" are two.
    let one = |rest: &str| match rest.split_once(' ') {
        Some((number, _)) if lmd_layout::parse_number_word(number).is_some() => rest.to_owned(),
        _ => format!("a {rest}"),
    };
    let what = what.strip_prefix("another ").map_or_else(|| what.to_owned(), one);
    let what = what.strip_prefix("more ").map_or_else(|| what.clone(), |rest| format!("some {rest}"));
    what.replacen(" more ", " ", 1).replacen(" extra ", " ", 1)
}

/// What the words describe as a scene whose last things are those objects of
/// the board that it is placed against.
pub(super) fn described(board: &Board, what: &str) -> Result<(Scene, Vec<usize>), Refusal> {
    if let Some(found) = on_both_sides(board, what) {
        return found;
    }
    // "put a vase on it" where nothing was spoken of: on the one thing that carries others.
    if let Some((new, RelationKind::On, anchor)) = relation(what)
        && matches!(anchor.as_str(), "it" | "that" | "them")
        && board.touched.is_empty()
        && board.pieces.len() > 1
    {
        let carrying: Vec<usize> =
            (0..board.pieces.len()).filter(|index| is_carrier(board, *index)).collect();
        if let [one] = carrying.as_slice() {
            return described(board, &format!("{new} on object {}", one + 1));
        }
    }
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
            let subjects: Vec<usize> =
                nearest.map_or_else(|| (0..scene.things.len()).collect(), |one| vec![one]);
            attach(board, &mut scene, &subjects, kind, &anchors);
            // What is placed against what is there comes first.
            scene.relations.rotate_right(if nearest.is_some() { anchors.len().min(1) } else { 0 });
            return Ok((scene, anchors));
        }
    }
    if let Some((.., anchor)) = relation(what)
        && matches!(anchor.as_str(), "it" | "that" | "them")
    {
        find(board, &anchor)?;
    }
    if let Some((_, _, anchor)) = relation(what)
        && anchor.starts_with("the ")
        && is_ambiguous(board, &anchor)
    {
        find(board, &anchor)?;
    }
    let scene = english::parse(what).map_err(|error| error.to_string())?;
    Ok(with_known(board, what, scene))
}

/// A scene whose things that the words name as known (`the tree`) are those
/// objects of the board, behind the new ones.
fn with_known(board: &Board, what: &str, scene: Scene) -> (Scene, Vec<usize>) {
    let known: Vec<Option<usize>> = scene
        .things
        .iter()
        .map(|thing| {
            let named = format!("the {}", thing.phrase());
            let definite = format!(" {what} ").contains(&format!(" {named} "));
            definite.then(|| find(board, &named).ok()?.first().copied()).flatten()
        })
        .collect();
    if known.iter().all(Option::is_none) || known.iter().all(Option::is_some) {
        return (scene, Vec::new());
    }
    let mut order: Vec<usize> = (0..known.len()).collect();
    order.sort_by_key(|index| known[*index].is_some());
    let place = |old: usize| order.iter().position(|index| *index == old).unwrap_or(old);
    let moved = |relation: &Relation| Relation {
        subject: place(relation.subject),
        kind: match relation.kind {
            RelationKind::Between(other) => RelationKind::Between(place(other)),
            kind => kind,
        },
        object: place(relation.object),
    };
    let relations = scene.relations.iter().map(moved).collect();
    let things = order.iter().map(|index| scene.things[*index].clone()).collect();
    let anchors = order.iter().filter_map(|index| known[*index]).collect();
    (Scene { things, relations, background: None, ..scene }, anchors)
}

/// `two glasses on either side of the bowl`: half of them left, half right.
fn on_both_sides(board: &Board, what: &str) -> Option<Result<(Scene, Vec<usize>), Refusal>> {
    let joints = [" on either side of ", " on both sides of ", " on each side of ", " to both sides of "];
    let (new, anchor) = joints.iter().find_map(|joint| what.split_once(joint))?;
    let anchors = match find(board, anchor) {
        Ok(found) => found,
        Err(refusal) => return Some(Err(refusal)),
    };
    let thing = english::noun_phrases(new).into_iter().next()?;
    let right = (thing.count / 2).max(1);
    let left = thing.count.saturating_sub(right).max(1);
    let things = vec![Thing { count: left, ..thing.clone() }, Thing { count: right, ..thing }];
    let mut scene = Scene { things, ..Scene::default() };
    let first = scene.things.len();
    scene.things.extend(anchors.iter().map(|index| thing_of(&board.pieces[*index])));
    for object in first..scene.things.len() {
        for (subject, kind) in [(0, RelationKind::LeftOf), (1, RelationKind::RightOf)] {
            scene.relations.push(Relation { subject, kind, object });
        }
    }
    Some(Ok((scene, anchors)))
}

/// New words, relation and the words of something that is there already: the
/// first relation to such a thing.
fn placed_against(board: &Board, what: &str) -> Option<(String, RelationKind, String)> {
    if let Some((new, anchor)) = what.split_once(" between ") {
        let anchor = if matches!(anchor, "them" | "these" | "those") { "both" } else { anchor };
        return find(board, anchor)
            .is_ok()
            .then(|| (new.to_owned(), RelationKind::Between(0), anchor.to_owned()));
    }
    let mut before = String::new();
    let mut rest = what.to_owned();
    while let Some((new, kind, anchor)) = relation(&rest) {
        let new = format!("{before}{new}");
        // "on the left" is a part of the picture.
        let part = anchor.strip_prefix("the ").is_some_and(|word| english::place_word(word).is_some());
        if part {
            return None;
        }
        let side = other_side(&anchor);
        let bare = side.as_deref().unwrap_or(&anchor);
        let meant = [Some(bare), whole_of(bare)].into_iter().flatten();
        let kind = held_there(bare).unwrap_or(kind);
        if let Some(known) = meant.into_iter().find(|anchor| find(board, anchor).is_ok()) {
            let anchor = if side.is_some() { anchor.clone() } else { known.to_owned() };
            return Some((new, kind, anchor));
        }
        if let Some((known, more)) = said_after(board, bare) {
            return Some((format!("{new} {more}"), kind, known));
        }
        if let Some(whole) =
            whole_with(board, bare).filter(|_| matches!(kind, RelationKind::On | RelationKind::Above))
        {
            return Some((new, kind, format!("object {}", whole + 1)));
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
    let part = anchor.strip_prefix("the ").is_some_and(|word| english::place_word(word).is_some());
    let known = !part && find(board, anchor).is_ok();
    known.then(|| (new.to_owned(), RelationKind::On, anchor.to_owned()))
}

/// What is known in `them, wearing a black suit` and `the cat, asleep`, and what is said behind it of something new.
fn said_after(board: &Board, anchor: &str) -> Option<(String, String)> {
    let ends = anchor.match_indices(' ').map(|(at, _)| anchor.split_at(at));
    ends.rev().find_map(|(known, more)| {
        let bare = known.trim_end_matches(',');
        let more = more.trim();
        let first = more.split(' ').next().unwrap_or_default();
        let apart = bare != known || matches!(bare, "it" | "them" | "him" | "her");
        let says = first.ends_with("ing") || apart && matches!(first, "in" | "with" | "asleep");
        (says && find(board, bare).is_ok()).then(|| (bare.to_owned(), more.to_owned()))
    })
}

/// What alone may have the part that words name: `the roof` where there is a barn.
fn whole_with(board: &Board, part: &str) -> Option<usize> {
    let noun = part.strip_prefix("the ").filter(|noun| tags(noun).any(Tags::PART))?;
    let has = |index: &usize| {
        let owner = thing_of(&board.pieces[*index]).noun;
        !is_alive(&owner) && has_part(&owner, noun)
    };
    let found: Vec<usize> = (0..board.pieces.len()).filter(has).collect();
    if let [one] = found.as_slice() { Some(*one) } else { None }
}

/// The table that something small is put on where the words do not say where, as long as things stand on it already.
pub(super) fn laid_table(board: &Board, scene: &Scene) -> Option<usize> {
    /// Largest part of the table's area that is put on it unasked.
    const SMALL: f64 = 0.12;
    let free = scene.relations.is_empty() && scene.things.iter().all(|thing| thing.region.is_none());
    let table = |index: &usize| {
        is_carrier(board, *index)
            && kind_of(&thing_of(&board.pieces[*index]).noun).class == Class::Table
            && !contents(board, *index).is_empty()
    };
    // Food goes on the plate with the other food.
    let food = |noun: &str| noun_tags(noun).any(Tags::FOOD);
    let dish = |index: &usize| {
        is_carrier(board, *index)
            && kind_of(&thing_of(&board.pieces[*index]).noun).class == Class::Flat
            && contents(board, *index).iter().any(|on| food(&thing_of(&board.pieces[*on]).noun))
    };
    if free
        && scene.things.iter().all(|thing| food(&thing.noun))
        && let Some(dish) = (0..board.pieces.len()).find(dish)
    {
        return Some(dish);
    }
    let table = (0..board.pieces.len()).find(table).filter(|_| free)?;
    let of_table = kind_of(&thing_of(&board.pieces[table]).noun);
    let most = SMALL * of_table.width * of_table.height;
    let small = |noun: &str| {
        !is_alive(noun)
            && known_kind(noun).is_some_and(|kind| kind.class.stands() && kind.width * kind.height < most)
    };
    scene.things.iter().all(|thing| small(&thing.noun)).then_some(table)
}
