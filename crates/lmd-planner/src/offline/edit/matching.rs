//! Sizes told by another thing or by the picture: `as tall as the house`,
//! `half the size of the dog`.

use lmd_layout::BBox;

use super::board::Board;
use super::command::{Command, Side};
use super::refer::{find, find_one};
use super::refusal::Refusal;
use super::vocabulary::comparative;
use crate::geometry::{crossings, feet_kept, overlap};

/// Ways to say that it is the whole picture.
const PICTURE: [&str; 10] = [
    "the picture",
    "the image",
    "the canvas",
    "the frame",
    "the whole picture",
    "the scene",
    "the screen",
    "the layout",
    "the whole image",
    "the entire picture",
];
/// Factors before `as big as` and `the size of`.
const FACTORS: [(&str, f64); 7] = [
    (" twice", 2.0),
    (" double", 2.0),
    (" two times", 2.0),
    (" three times", 3.0),
    (" half", 0.5),
    (" a third", 1.0 / 3.0),
    (" a quarter", 0.25),
];

/// What is to be as large as what.
pub(super) fn as_large(text: &str) -> Option<Command> {
    let text = ["make ", "give ", "let "].iter().find_map(|verb| text.strip_prefix(verb)).unwrap_or(text);
    let filled = PICTURE.iter().find_map(|picture| text.strip_suffix(&format!(" fill {picture}")));
    if let Some(who) = filled {
        let who = who.trim_end_matches(" should").trim_end_matches(" must").to_owned();
        return Some(Command::Match { who, side: Side::Both, factor: 1.0, like: PICTURE[0].to_owned() });
    }
    if ["double the", "halve the", "triple the"].iter().any(|verb| text.starts_with(verb)) {
        return None;
    }
    let (left, side, like) = measured(text)?;
    if like == "possible" || like.is_empty() {
        return None;
    }
    let factor = FACTORS.iter().find_map(|(words, factor)| Some((left.strip_suffix(words)?, *factor)));
    let (who, factor) = factor.unwrap_or((left, 1.0));
    let who = [
        " should be",
        " must be",
        " to be",
        " is",
        " has to be",
        " needs to be",
        " should have",
        " have",
        " be",
        " just",
        " exactly",
    ]
    .iter()
    .fold(who, |who, tail| who.strip_suffix(tail).unwrap_or(who));
    if matches!(like, "each other" | "one another") {
        return Some(Command::SameSize { who: who.to_owned(), side });
    }
    (!who.is_empty()).then(|| Command::Match { who: who.to_owned(), side, factor, like: like.to_owned() })
}

/// The words before a measure, the measure, and what it is that of.
fn measured(text: &str) -> Option<(&str, Side, &str)> {
    const PHRASES: [(&str, Side); 9] = [
        (" the same size as ", Side::Both),
        (" the size of ", Side::Both),
        (" the same height as ", Side::Height),
        (" the height of ", Side::Height),
        (" the same width as ", Side::Width),
        (" the width of ", Side::Width),
        (" the same length as ", Side::Width),
        (" of the same size as ", Side::Both),
        (" equal in size to ", Side::Both),
    ];
    if let Some((phrase, side)) = PHRASES.iter().find(|(phrase, _)| text.contains(phrase)) {
        let (left, like) = text.split_once(phrase)?;
        return Some((left, *side, like));
    }
    let (left, rest) = text.split_once(" as ")?;
    let (how, like) = rest.split_once(" as ")?;
    let side = match how {
        "big" | "large" | "small" => Side::Both,
        "tall" | "high" | "short" => Side::Height,
        "wide" | "long" | "broad" | "narrow" => Side::Width,
        _ => return None,
    };
    Some((left, side, like))
}

/// Gives objects a size, or one side of it, by that of another thing.
pub(super) fn match_size(
    board: &mut Board,
    who: &str,
    side: Side,
    factor: f64,
    like: &str,
) -> Result<(), Refusal> {
    let subjects = find(board, who)?;
    let (w, h) = if PICTURE.contains(&like) {
        (1.0, 1.0)
    } else {
        // Of several that are equal any one tells the size.
        let found = find(board, like)?;
        let first = board.pieces[found[0]].bbox;
        let equal = |index: &usize| {
            let bbox = board.pieces[*index].bbox;
            (bbox.w() - first.w()).abs() + (bbox.h() - first.h()).abs() < 0.01
        };
        let like = if found.iter().all(equal) { found[0] } else { find_one(board, like)? };
        let bbox = board.pieces[like].bbox;
        (bbox.w(), bbox.h())
    };
    let before = board.boxes();
    for index in &subjects {
        let old = board.pieces[*index].bbox;
        // "Twice as big" is twice the area, as in "make it twice as big".
        let (w, h) = match side {
            Side::Both => (w * factor.sqrt(), h * factor.sqrt()),
            Side::Height => (old.w(), h * factor),
            Side::Width => (w * factor, old.h()),
        };
        board.pieces[*index].bbox = sized(old, w, h);
    }
    let others = board.boxes_besides(&subjects);
    let covers = |index: &usize| {
        let bbox = board.pieces[*index].bbox;
        let was = overlap(&[before[*index]], &others);
        overlap(&[bbox], &others) > was.max(0.3 * bbox.area()) + 0.02 * bbox.area()
    };
    let covering: Vec<String> = subjects
        .iter()
        .filter(|index| covers(index))
        .map(|index| board.pieces[*index].caption.clone())
        .collect();
    board.warnings.extend(covering.into_iter().map(|caption| format!("{caption} now covers other objects")));
    board.touched = subjects;
    Ok(())
}

/// A box of a size; one as high or wide as the picture reaches from edge to
/// edge.
fn sized(old: BBox, w: f64, h: f64) -> BBox {
    let bbox = feet_kept(old, w, h);
    let (x, w) = if w >= 0.98 { (0.0, 1.0) } else { (bbox.x(), bbox.w()) };
    let (y, h) = if h >= 0.98 { (0.0, 1.0) } else { (bbox.y(), bbox.h()) };
    BBox::new(x, y, w, h).unwrap_or(bbox)
}

/// Gives objects one size, or one side of it, the middle of their own.
pub(super) fn same_size(board: &mut Board, who: &str, side: Side) -> Result<(), Refusal> {
    let subjects = find(board, who)?;
    if subjects.len() < 2 {
        return Err(format!("that needs at least two objects; there are: {}", board.inventory()));
    }
    let middle = |side: fn(BBox) -> f64| {
        let sum: f64 = subjects.iter().map(|index| side(board.pieces[*index].bbox).ln()).sum();
        f64::exp(sum / subjects.len() as f64)
    };
    let (w, h) = (middle(BBox::w), middle(BBox::h));
    let before = board.boxes();
    // What rests on a table sinks into it a little as it grows.
    let allowed = crossings(&before) * if side == Side::Both { 1.0 } else { 1.2 } + 1e-6;
    let sized = |share: f64| -> Vec<BBox> {
        let mut boxes = before.clone();
        for index in &subjects {
            let old = before[*index];
            let w = if side == Side::Height { old.w() } else { w * share };
            let h = if side == Side::Width { old.h() } else { h * share };
            boxes[*index] = feet_kept(old, w, h);
        }
        boxes
    };
    // It is as large as there is room.
    let found = (8..=20).rev().map(|share| sized(f64::from(share) / 20.0)).find(|b| crossings(b) <= allowed);
    let boxes = match found {
        Some(boxes) => boxes,
        None => {
            board.warnings.push("there is not enough room for that size: some boxes overlap".to_owned());
            sized(1.0)
        }
    };
    board.place_all(boxes);
    board.touched = subjects;
    Ok(())
}

/// Makes objects clearly larger or smaller than another one in the way that
/// the comparative says.
pub(super) fn exceed(board: &mut Board, who: &str, how: &str, anchor: &str) -> Result<(), Refusal> {
    let subjects = find(board, who)?;
    // "bigger than the others": than those that it is one of.
    let spoken = std::mem::replace(&mut board.touched, subjects.clone());
    let anchors = find(board, anchor);
    board.touched = spoken;
    let anchors = anchors?;
    if anchors.len() > 1 {
        // Larger than all of them: so against each, which changes what changed already no more than it must.
        let names: Vec<String> = subjects.iter().map(|index| (index + 1).to_string()).collect();
        let who = format!("objects {}", names.join(" "));
        return anchors
            .iter()
            .filter(|index| !subjects.contains(index))
            .try_for_each(|index| exceed(board, &who, how, &format!("object {}", index + 1)));
    }
    let than = board.pieces[anchors[0]].bbox;
    let (w, h) = comparative(how).ok_or_else(|| format!("\"{how}\" is no size"))?;
    // Beside another a smaller difference is seen.
    let (w, h) = (w.powf(0.7), h.powf(0.7));
    for index in &subjects {
        let bbox = board.pieces[*index].bbox;
        // Both sides share what a comparison of areas asks for.
        let (fw, fh) = match (w == 1.0, h == 1.0) {
            (false, false) => {
                let factor = w * (than.area() / bbox.area()).sqrt();
                (factor, factor)
            }
            (true, _) => (1.0, h * than.h() / bbox.h()),
            (_, true) => (w * than.w() / bbox.w(), 1.0),
        };
        let grows = w.max(h) > 1.0;
        let holds = if grows { fw.max(fh) <= 1.0 } else { fw.min(fh) >= 1.0 };
        if holds {
            continue;
        }
        super::adjust::resize(board, &format!("object {}", index + 1), fw, fh)?;
    }
    board.touched = subjects;
    Ok(())
}

/// Makes objects larger or smaller than everything else in the way that the
/// comparative says.
pub(super) fn outdo(board: &mut Board, who: &str, how: &str) -> Result<(), Refusal> {
    let subjects = find(board, who)?;
    let others: Vec<usize> = (0..board.pieces.len()).filter(|index| !subjects.contains(index)).collect();
    if others.is_empty() {
        return Err(format!("there is nothing besides \"{who}\""));
    }
    let names: Vec<String> = subjects.iter().map(|index| (index + 1).to_string()).collect();
    for other in others {
        exceed(board, &format!("objects {}", names.join(" ")), how, &format!("object {}", other + 1))?;
    }
    board.touched = subjects;
    Ok(())
}
