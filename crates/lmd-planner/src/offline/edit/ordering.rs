//! Things in an order or at even distances: `order them by size`, `line the boys up from the smallest to the tallest`,
//! `spread the cups out evenly`.

use lmd_layout::BBox;

use super::board::Board;
use super::command::{Command, Line, Order, Side};
use super::lines::in_line;
use super::refer::find;
use super::refusal::Refusal;
use super::standing::{loose, rests_on};
use crate::lexicon::{Section, after};

/// Verbs of ordering, and those that do so only where an order is told.
const VERBS: [&str; 20] = [
    "order ",
    "sort ",
    "rank ",
    "arrange ",
    "line up ",
    "line ",
    "put ",
    "place ",
    "align ",
    "set ",
    "organize ",
    "organise ",
    "reverse ",
    "invert ",
    "spread out ",
    "spread ",
    "distribute ",
    "space out ",
    "space ",
    "make ",
];

/// Who is to be ordered, and how.
pub(super) fn ordering(text: &str) -> Option<Command> {
    let verb = VERBS.iter().find(|verb| text.starts_with(**verb)).copied();
    let text = text.replace(',', "");
    let body = verb.map_or(text.as_str(), |verb| &text[verb.len()..]);
    let (at, order) = told(&format!(" {body} "))?;
    let who = body.get(..at.saturating_sub(1)).unwrap_or_default();
    let tails = [
        " up",
        " out",
        " should be",
        " must be",
        " all",
        " ordered",
        " sorted",
        " arranged",
        " in",
        " the",
        " from",
        " from left to right",
        " in a row",
        " in a line",
        " in one row",
        " in one line",
        " side by side",
        " next to each other",
    ];
    let mut who = who.trim();
    while let Some(shorter) =
        tails.iter().find_map(|tail| who.strip_suffix(tail).or_else(|| (who == tail.trim()).then_some("")))
    {
        who = shorter.trim_end();
    }
    // "the order of the cups", "the row"
    let who = after(Section::OrderOf, who).unwrap_or(who);
    let named = |who: &str| !matches!(who.split(' ').next(), Some("a" | "an" | "some" | "more"));
    named(who).then(|| Command::Order { who: who.to_owned(), order })
}

/// Where the words of an order begin, and the order.
fn told(text: &str) -> Option<(usize, Order)> {
    let found = || {
        Section::Orders.entries().filter_map(|(phrase, order)| {
            let at = text.find(&format!(" {phrase} "))?;
            Some((at, phrase.len(), order))
        })
    };
    let (at, length, order) = found().min_by_key(|(at, length, _)| (*at, usize::MAX - length))?;
    // "by size, biggest first"
    let falling = found().any(|(.., order)| order.ends_with("falling")) || text.contains(" descending ");
    let side = match order.split(' ').next()? {
        "height" => Side::Height,
        "width" => Side::Width,
        "size" => Side::Both,
        "reversed" => return Some((at, Order::Reversed)),
        // "spread the cups evenly on the table": what follows says more than this.
        _ => return text[at + length + 1..].trim().is_empty().then_some((at, Order::Even)),
    };
    Some((at, Order::By { side, falling }))
}

/// Puts objects in their order from left to right.
pub(super) fn order(board: &mut Board, who: &str, order: Order) -> Result<(), Refusal> {
    let all = find(board, if who.is_empty() { "everything" } else { who })?;
    let mut subjects = loose(board, all);
    if subjects.len() < 2 {
        return Err(format!("an order needs several things; there are: {}", board.inventory()));
    }
    let boxes = board.boxes();
    board.left_to_right(&mut subjects);
    match order {
        Order::Even => return evenly(board, subjects),
        Order::Reversed => subjects.reverse(),
        Order::By { side, falling } => {
            let measure = |index: &usize| match side {
                Side::Both => boxes[*index].area(),
                Side::Width => boxes[*index].w(),
                Side::Height => boxes[*index].h(),
            };
            subjects.sort_by(|a, b| measure(a).total_cmp(&measure(b)));
            if falling {
                subjects.reverse();
            }
        }
    }
    in_line(board, &subjects, Line::Row, who)?;
    board.touched = subjects;
    Ok(())
}

/// Leaves equal gaps between objects in their order, over what they all rest on or the picture.
fn evenly(board: &mut Board, subjects: Vec<usize>) -> Result<(), Refusal> {
    let floor = subjects.first().and_then(|first| rests_on(board, *first));
    let shared = floor.filter(|floor| subjects.iter().all(|index| rests_on(board, *index) == Some(*floor)));
    let (low, high) =
        shared.map_or((0.02, 0.98), |floor| (board.pieces[floor].bbox.x(), board.pieces[floor].bbox.x_max()));
    let boxes: Vec<BBox> = subjects.iter().map(|index| board.pieces[*index].bbox).collect();
    let gap = (high - low - boxes.iter().map(|bbox| bbox.w()).sum::<f64>()) / (boxes.len() + 1) as f64;
    if gap < 0.0 {
        return Err("there is no room for them side by side; make something smaller first".to_owned());
    }
    let mut next = low + gap;
    for (index, bbox) in subjects.iter().zip(boxes) {
        board.pieces[*index].bbox = bbox.shifted(next - bbox.x(), 0.0);
        next += bbox.w() + gap;
    }
    board.touched = subjects;
    Ok(())
}
