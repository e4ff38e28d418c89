//! What somebody is to do: `let the knight ride the horse`, `the knight should
//! hold a lance`. The sentence's own grammar says how the two then stand.

use lmd_layout::{BBox, with_article};

use super::adding::place_new;
use super::board::Board;
use super::command::first_word;
use super::naming::head_noun;
use super::refer::{find, is_pronoun};
use super::refusal::Refusal;
use super::relocate::{self, relate_pieces};
use super::staging::{attach, thing_of};
use super::standing::{level, rests_on};
use crate::english;
use crate::geometry::{corners, feet_kept};
use crate::lexicon::{Class, Tags, is_alive, kind_of, noun_tags, tags};
use crate::offline::wording;
use crate::{Relation, RelationKind, Scene, Thing};

/// How far apart two centres are that have to do with one another.
const NEAR: f64 = 0.45;
/// What somebody holds is this near.
const HELD: f64 = 0.04;
/// What stands on one ground has its feet within this.
const LEVEL: f64 = 0.25;
/// How high a rider sits, as a share of the mount's height from its top.
const SADDLE: f64 = 0.35;

/// Ways to hold something over one's head.
const RAISED: [&str; 10] = [
    " up in the air",
    " high in the air",
    " in the air",
    " up high",
    " high up",
    " aloft",
    " high",
    " up",
    " over the head",
    " above the head",
];

/// Makes `who` do what the words say (`riding the horse`).
pub(super) fn happen(board: &mut Board, who: &str, doing: &str) -> Result<(), Refusal> {
    if let Some(held) = RAISED.iter().find_map(|way| doing.strip_prefix("holding ")?.strip_suffix(way)) {
        return hold_up(board, who, held);
    }
    let subjects = doers(board, who)?;
    let doing = &told_apart(board, &subjects, doing);
    let caption = subjects.first().map(|index| board.pieces[*index].caption.clone()).unwrap_or_default();
    let noun = head_noun(&caption).unwrap_or_else(|| "thing".to_owned());
    // Which way somebody looks stands in the caption.
    let way = doing.split(' ').next_back().unwrap_or_default();
    let turned = doing.split(' ').count() <= 4
        && matches!(
            way,
            "left" | "right" | "viewer" | "camera" | "up" | "down" | "away" | "forward" | "hands"
        );
    // "howling at the moon" needs no moon.
    let at_sky = doing.split(' ').any(|word| tags(word).any(Tags::SKY)) && !doing.contains(" a ");
    if turned || at_sky {
        for index in &subjects {
            let caption = &mut board.pieces[*index].caption;
            *caption = format!("{caption} {doing}");
        }
        board.touched = subjects;
        return Ok(());
    }
    if let (Some(doing), [one, other]) = (doing.strip_suffix(" each other"), subjects.as_slice()) {
        to_each_other(board, doing, *one, *other);
        board.touched = subjects;
        return Ok(());
    }
    let sentence = format!("a {noun} {doing}");
    let scene = english::parse(&sentence).map_err(|error| error.to_string())?;
    if let Some(words) = scene.not_understood.first() {
        return Err(format!("did not understand \"{words}\" in \"{doing}\""));
    }
    let me = scene
        .things
        .iter()
        .position(|thing| thing.noun == noun)
        .ok_or_else(|| format!("what \"{doing}\" says of {caption} is not clear"))?;
    let others: Vec<usize> = (0..scene.things.len()).filter(|index| *index != me).collect();
    let near = |relation: &Relation| relation.kind == RelationKind::NextTo;
    // "kneeling before the queen" is seen of who kneels, too; what is near is told with the deed.
    if others.is_empty() || !scene.relations.is_empty() && !scene.relations.iter().any(near) {
        let detail = scene.things[me].detail.clone().filter(|_| others.is_empty());
        say_of(board, &subjects, &Thing { detail, ..scene.things[me].clone() });
    }
    for other in others {
        let thing = &scene.things[other];
        let relation = scene.relations.iter().find(|relation| {
            (relation.subject, relation.object) == (me, other)
                || (relation.subject, relation.object) == (other, me)
        });
        let (kind, mine) =
            relation.map_or((RelationKind::NextTo, true), |relation| (relation.kind, relation.subject == me));
        match known(board, thing, doing, &subjects)? {
            Some(there) if mine => act(board, &subjects, kind, &there, doing)?,
            Some(there) => act(board, &there, kind, &subjects, doing)?,
            None => bring(board, &subjects, thing, kind, mine)?,
        }
    }
    board.touched = subjects;
    Ok(())
}

/// Says of each of two what they do to the other.
fn to_each_other(board: &mut Board, doing: &str, one: usize, other: usize) {
    let nouns = [one, other].map(|index| head_noun(&board.pieces[index].caption).unwrap_or_default());
    for (index, noun) in [(other, &nouns[0]), (one, &nouns[1])] {
        let caption = &mut board.pieces[index].caption;
        *caption = format!("{caption} {doing} {}", with_article(noun));
    }
}

/// `eating it` with the name of what is meant: of what there is besides, what was spoken of or the only thing.
fn told_apart(board: &Board, subjects: &[usize], doing: &str) -> String {
    let Some((deed, "it" | "them" | "him" | "her")) = doing.rsplit_once(' ') else { return doing.to_owned() };
    let other = |index: &usize| !subjects.contains(index);
    let all = || (0..board.pieces.len()).filter(other).collect::<Vec<usize>>();
    let spoken: Vec<usize> = board.touched.iter().copied().filter(other).collect();
    let beneath: Vec<usize> = subjects.iter().filter_map(|index| rests_on(board, *index)).collect();
    let free: Vec<usize> = all().into_iter().filter(|index| !beneath.contains(index)).collect();
    let one = [spoken, free, all()].into_iter().find(|found| found.len() == 1);
    let noun = one.and_then(|one| head_noun(&board.pieces[one[0]].caption));
    noun.map_or_else(|| doing.to_owned(), |noun| format!("{deed} the {noun}"))
}

/// Lets somebody hold something over the head.
fn hold_up(board: &mut Board, who: &str, held: &str) -> Result<(), Refusal> {
    let before = board.pieces.len();
    happen(board, who, &format!("holding {held}"))?;
    let subjects = board.touched.clone();
    let known = find(board, held).ok().filter(|found| !found.iter().any(|one| subjects.contains(one)));
    let up: Vec<usize> = if board.pieces.len() > before {
        (before..board.pieces.len()).collect()
    } else {
        known.unwrap_or_default()
    };
    for (one, whose) in up.iter().zip(subjects.iter().cycle()) {
        let (body, old) = (board.pieces[*whose].bbox, board.pieces[*one].bbox);
        let (x, feet) = (body.x() + 0.85 * body.w(), body.y() + 0.15 * body.h());
        board.pieces[*one].bbox = old.shifted(x - old.center().0, feet - old.y_max());
        board.pieces[*whose].caption.push_str(" with a raised arm");
    }
    Ok(())
}

/// Who is to do something: "let them play football" of two boys and a ball means the boys.
fn doers(board: &Board, who: &str) -> Result<Vec<usize>, Refusal> {
    let mut subjects = find(board, who)?;
    let lives = |index: &usize| is_alive(&head_noun(&board.pieces[*index].caption).unwrap_or_default());
    if is_pronoun(who) && subjects.iter().any(lives) {
        subjects.retain(lives);
    }
    Ok(subjects)
}

/// Gives somebody something to hold; what is not alive has it on it.
pub(super) fn give(board: &mut Board, who: &str, what: &str) -> Result<(), Refusal> {
    let subjects = find(board, who)?;
    let things = english::noun_phrases(what);
    if let ([thing], [one]) = (things.as_slice(), subjects.as_slice()) {
        // "give her three balloons" who holds one
        let body = board.pieces[*one].bbox;
        let has = |index: &usize| {
            let piece = &board.pieces[*index];
            index != one && thing_of(piece).noun == thing.noun && piece.bbox.intersection(body) > 0.0
        };
        if thing.exact && thing.count > 1 && (0..board.pieces.len()).any(|index| has(&index)) {
            return super::arranging::want(board, what, super::wearing::add);
        }
    }
    // "give the horse a rider"
    let ridden = |index: &usize| kind_of(&thing_of(&board.pieces[*index]).noun).class == Class::Mount;
    let persons = |thing: &Thing| noun_tags(&thing.noun).any(Tags::PERSON);
    if let ([thing], true) = (things.as_slice(), subjects.iter().all(ridden))
        && persons(thing)
    {
        return super::adding::add(board, &format!("{what} on {who}"));
    }
    if let Some(worn) = super::wearing::given(board, who, what) {
        return worn;
    }
    let alive = |index: &usize| head_noun(&board.pieces[*index].caption).is_some_and(|noun| is_alive(&noun));
    if subjects.iter().all(alive) {
        happen(board, who, &format!("holding {what}"))
    } else {
        super::adding::add(board, &format!("{what} on {who}"))
    }
}

/// Gives one to each of several, to those who live alone where there are such.
pub(super) fn give_each(board: &mut Board, who: &str, what: &str) -> Result<(), Refusal> {
    let mut subjects = find(board, who)?;
    let alive = |index: &usize| head_noun(&board.pieces[*index].caption).is_some_and(|noun| is_alive(&noun));
    if subjects.iter().any(alive) {
        subjects.retain(alive);
    }
    let first = board.pieces.len();
    let name = |index: &usize| format!("object {}", index + 1);
    if subjects.iter().all(alive) {
        // At once, or the second would take what the first was given.
        let all: Vec<String> = subjects.iter().map(|index| (index + 1).to_string()).collect();
        give(board, &format!("objects {}", all.join(" ")), what)?;
    } else {
        subjects.iter().try_for_each(|index| give(board, &name(index), what))?;
    }
    board.touched = (first..board.pieces.len()).collect();
    Ok(())
}

/// Puts attributes and details of a reading into captions.
fn say_of(board: &mut Board, subjects: &[usize], thing: &Thing) {
    for index in subjects {
        let caption = &mut board.pieces[*index].caption;
        if !thing.attributes.is_empty() {
            *caption = super::attribute::described(caption, &thing.attributes.join(" "));
        }
        if let Some(detail) = &thing.detail {
            *caption = format!("{caption} {detail}");
        }
    }
}

/// The objects that the words mean by `thing`; an error where they mean one
/// that is not there.
fn known(
    board: &Board,
    thing: &Thing,
    doing: &str,
    besides: &[usize],
) -> Result<Option<Vec<usize>>, Refusal> {
    let phrase = thing.phrase();
    let noun = if thing.count > 1 { lmd_layout::plural(&phrase) } else { phrase };
    let definite = doing.contains(&format!(" the {noun}"));
    let text = if definite { format!("the {noun}") } else { noun };
    // What somebody else has is not given by "a balloon".
    let apart = |a: BBox, b: BBox| {
        (a.x().max(b.x()) - a.x_max().min(b.x_max())).max(a.y().max(b.y()) - a.y_max().min(b.y_max()))
    };
    let taken = |index: &usize| {
        let mut others = (0..board.pieces.len()).filter(|other| other != index && !besides.contains(other));
        !definite
            && doing.starts_with("holding ")
            && others.any(|other| {
                let near = apart(board.pieces[*index].bbox, board.pieces[other].bbox) < HELD;
                near && head_noun(&board.pieces[other].caption).is_some_and(|noun| is_alive(&noun))
            })
    };
    match find(board, &text) {
        Ok(found) => {
            let free = |index: &usize| !besides.contains(index) && !taken(index);
            let found: Vec<usize> = found.into_iter().filter(free).collect();
            Ok((!found.is_empty()).then_some(found))
        }
        Err(refusal) if definite => Err(refusal),
        Err(_) => Ok(None),
    }
}

/// Two that are there: placed as the verb says. One that says no more than
/// that they are near goes into the caption.
fn act(
    board: &mut Board,
    subjects: &[usize],
    kind: RelationKind,
    anchors: &[usize],
    doing: &str,
) -> Result<(), Refusal> {
    let centre = |index: &usize| board.pieces[*index].bbox.center();
    let near = |one: &usize| {
        anchors.iter().any(|other| {
            let ((x, y), (u, v)) = (centre(one), centre(other));
            (x - u).hypot(y - v) < NEAR
        })
    };
    let stays = kind == RelationKind::NextTo && subjects.iter().all(near);
    // What stands does not rise to what flies.
    let feet = |index: &usize| board.pieces[*index].bbox.y_max();
    let level =
        subjects.iter().any(|one| anchors.iter().any(|other| (feet(one) - feet(other)).abs() < LEVEL));
    if kind == RelationKind::NextTo {
        let words: Vec<&str> = doing.split(' ').collect();
        let said = words.iter().position(|word| matches!(*word, "the" | "a" | "an")).map_or_else(
            || doing.to_owned(),
            |at| format!("{} {}", words[..at].join(" "), with_article(&words[at + 1..].join(" "))),
        );
        for index in subjects {
            let caption = &mut board.pieces[*index].caption;
            *caption = format!("{caption} {said}");
        }
    }
    if stays || (kind == RelationKind::NextTo && !level) {
        return Ok(());
    }
    let [who, to] = [subjects, anchors]
        .map(|list| list.first().map(|index| board.pieces[*index].caption.clone()).unwrap_or_default());
    relate_pieces(board, subjects.to_vec(), kind, anchors.to_vec(), (&who, &to))
}

/// Adds what somebody does something with: in the hands, beside or under.
fn bring(
    board: &mut Board,
    subjects: &[usize],
    thing: &Thing,
    kind: RelationKind,
    mine: bool,
) -> Result<(), Refusal> {
    if mine && kind == RelationKind::On {
        subjects.iter().for_each(|subject| mount(board, *subject, thing));
        return Ok(());
    }
    let first = board.pieces.len();
    // A bare plural is one for everybody.
    let thing = &Thing { count: if thing.exact { thing.count } else { 1 }, ..thing.clone() };
    // Everybody has one of their own.
    for subject in subjects {
        let mut scene = Scene { things: vec![thing.clone()], ..Scene::default() };
        let new_kind = match kind {
            // Who hides behind something new stays, and that comes in front.
            RelationKind::Behind if mine => RelationKind::InFrontOf,
            _ if mine => RelationKind::NextTo,
            kind => kind,
        };
        attach(board, &mut scene, &[0], new_kind, &[*subject]);
        place_new(board, scene, &[*subject])?;
    }
    if mine && !matches!(kind, RelationKind::NextTo | RelationKind::Behind) {
        let new: Vec<usize> = (first..board.pieces.len()).collect();
        for (subject, anchor) in subjects.iter().zip(&new) {
            let names = (board.pieces[*subject].caption.clone(), board.pieces[*anchor].caption.clone());
            relate_pieces(board, vec![*subject], kind, vec![*anchor], (&names.0, &names.1))?;
        }
    }
    Ok(())
}

/// Puts objects somewhere relative to something, which is new where the words
/// say so and it is not there.
pub(super) fn relate(board: &mut Board, who: &str, kind: RelationKind, anchor: &str) -> Result<(), Refusal> {
    // "move it next to the tree" of a bench and a tree: the one that is not the tree; "he beside it": what he is not.
    let [of_who, of_anchor] = [who, anchor].map(|words| find(board, words).unwrap_or_default());
    let rest = |some: &[usize]| {
        let mut others = (0..board.pieces.len()).filter(|index| !some.contains(index));
        others.next().filter(|_| others.next().is_none()).map(|one| format!("object {}", one + 1))
    };
    let [unclear, same] =
        [of_who.is_empty() && !of_anchor.is_empty(), !of_who.is_empty() && of_who == of_anchor];
    if is_pronoun(who)
        && unclear
        && let Some(one) = rest(&of_anchor)
    {
        return relocate::relate(board, &one, kind, anchor);
    }
    if is_pronoun(anchor)
        && who != anchor
        && same
        && let Some(one) = rest(&of_who)
    {
        return relocate::relate(board, who, kind, &one);
    }
    // "the banana in front of the other two": of all but the banana.
    if anchor.starts_with("the other")
        && !anchor.contains(" side")
        && let Ok(found) = find(board, who)
    {
        board.touched = found;
    }
    let whole = matches!(who, "it" | "them" | "everything" | "the scene" | "this" | "all");
    // "put it on the floor" of what stands on a chair: beside the chair.
    if kind == RelationKind::On
        && matches!(anchor, "the floor" | "the ground")
        && find(board, anchor).is_err()
        && let Ok([one]) = find(board, who).as_deref()
        && let Some(under) = rests_on(board, *one)
    {
        return relocate::relate(board, who, RelationKind::NextTo, &format!("object {}", under + 1));
    }
    if whole && matches!(kind, RelationKind::On | RelationKind::Inside) && find(board, anchor).is_err() {
        let named = matches!(first_word(anchor), Some("a" | "an" | "the"));
        let whole_place = named.then(|| english::parse(&format!("a thing in {anchor}")).ok()?.background);
        if let Some(Some(_)) = whole_place {
            return super::scenery::background(board, anchor);
        }
    }
    let new = matches!(first_word(anchor), Some("a" | "an")) && find(board, anchor).is_err();
    if !new {
        return relocate::relate(board, who, kind, anchor);
    }
    let subjects = find(board, who)?;
    against_new(board, subjects, kind, anchor)
}

/// Brings something new that objects are then on, in or beside: `the man should
/// sit on a chair`.
fn against_new(
    board: &mut Board,
    subjects: Vec<usize>,
    kind: RelationKind,
    anchor: &str,
) -> Result<(), Refusal> {
    let things = english::noun_phrases(anchor);
    let ([thing], Some(first)) = (things.as_slice(), subjects.first()) else {
        return Err(format!("\"{anchor}\" is not one thing that could be drawn"));
    };
    let inverse = match kind {
        RelationKind::On => {
            if subjects.len() < 2 {
                mount(board, *first, thing);
            } else if !lay_table(board, &subjects, thing) {
                mount(board, *first, thing);
                let only = board.pieces[*first].caption.clone();
                board.warnings.push(format!("of several only \"{only}\" was put on \"{anchor}\""));
            }
            board.touched = subjects;
            return Ok(());
        }
        RelationKind::Inside if subjects.len() > 1 => {
            super::lines::in_line(board, &subjects, super::command::Line::Row, anchor)?;
            let [left, top, right, bottom] = corners(subjects.iter().map(|index| board.pieces[*index].bbox));
            let (x, y) = ((left - 0.04).max(0.0), f64::midpoint(top, bottom) - 0.2 * (bottom - top));
            let bbox = BBox::clamped(x, y, (right + 0.04).min(1.0) - x, (bottom + 0.05).min(1.0) - y);
            board.put(
                wording::caption(thing),
                bbox.ok_or_else(|| format!("there is no room for \"{anchor}\""))?,
            );
            board.touched = subjects;
            return Ok(());
        }
        RelationKind::Inside => {
            let inner = board.pieces[*first].bbox;
            let bbox = feet_kept(inner, 1.4 * inner.w(), 1.2 * inner.h());
            // What holds something lies behind it.
            board.put(wording::caption(thing), bbox);
            board.touched = subjects;
            return Ok(());
        }
        RelationKind::LeftOf => RelationKind::RightOf,
        RelationKind::RightOf => RelationKind::LeftOf,
        RelationKind::Above => RelationKind::Below,
        RelationKind::Below => RelationKind::Above,
        RelationKind::Behind => RelationKind::InFrontOf,
        RelationKind::InFrontOf => RelationKind::Behind,
        RelationKind::NextTo => RelationKind::NextTo,
        _ => {
            return Err(format!("there is no \"{anchor}\"; add it first. There are: {}", board.inventory()));
        }
    };
    let mut scene = Scene { things: vec![thing.clone()], ..Scene::default() };
    attach(board, &mut scene, &[0], inverse, &[*first]);
    place_new(board, scene, &[*first])
}

/// Puts one new thing under several that stand in one row: `put them on a wooden table`. `false` where they stand in
/// none.
fn lay_table(board: &mut Board, subjects: &[usize], thing: &Thing) -> bool {
    /// Lowest feet that leave room for what is under them.
    const LOWEST: f64 = 0.7;
    let boxes: Vec<BBox> = subjects.iter().map(|index| board.pieces[*index].bbox).collect();
    let row = boxes.iter().all(|bbox| boxes.iter().all(|other| level(*bbox, *other)));
    let edge = |side: fn(BBox) -> f64| boxes.iter().copied().map(side);
    let (left, right) = (edge(BBox::x).fold(1.0, f64::min), edge(BBox::x_max).fold(0.0, f64::max));
    let (top, feet) = (edge(BBox::y).fold(1.0, f64::min), edge(BBox::y_max).fold(0.0, f64::max));
    let lift = (feet - LOWEST).clamp(0.0, top.max(0.0));
    let feet = feet - lift;
    let (x, width) = ((left - 0.03).max(0.0), (right + 0.03).min(1.0) - (left - 0.03).max(0.0));
    let height = (width / kind_of(&thing.noun).aspect()).clamp(0.15, 0.6).min(0.98 - feet);
    let table = BBox::new(x, feet - 0.1 * height, width, 1.1 * height);
    let (true, 1, true, Ok(table)) = (row, thing.count, height > 0.1, table) else { return false };
    for index in subjects {
        let bbox = board.pieces[*index].bbox;
        // All stand on one edge.
        board.pieces[*index].bbox = bbox.shifted(0.0, feet - bbox.y_max());
    }
    board.put(wording::caption(thing), table);
    true
}

/// Puts something new under somebody who rides it, as large as it is beside
/// them.
fn mount(board: &mut Board, subject: usize, thing: &Thing) {
    let rider = board.pieces[subject].bbox;
    let [own, other] = [&head_noun(&board.pieces[subject].caption).unwrap_or_default(), &thing.noun]
        .map(|noun| kind_of(noun));
    let share = other.extent() / own.extent();
    let side = (rider.area().sqrt() * share).clamp(0.15, 0.6);
    let (w, h) = (side * other.aspect().sqrt(), side / other.aspect().sqrt());
    let under = feet_kept(rider, w, h);
    // Somebody who sits is lower than somebody who stands.
    let (w, h) = (0.85 * rider.w(), 0.8 * rider.h());
    let seat = under.y() + SADDLE * under.h();
    let h = h.min(seat - 0.02).max(0.1);
    board.put(wording::caption(thing), under);
    board.pieces[subject].bbox =
        BBox::clamped(under.center().0 - w / 2.0, (seat - h).max(0.0), w, h).unwrap_or(rider);
}
