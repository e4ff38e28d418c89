//! Things in a row, in a column or in a stack: `line the cups up above each
//! other`, `put the boys side by side`.

use lmd_layout::BBox;

use super::board::Board;
use super::command::{Command, Line, first_word};
use super::refer::find;
use super::refusal::Refusal;
use super::standing::{obstacles, rests_on};
use crate::geometry::{crossings, feet_kept, mean, overlap};

/// Gap between neighbours in a row or a column.
const GAP: f64 = 0.02;
/// The side of the picture that a row or a column may take.
const LONGEST: f64 = 0.94;

/// Ways to say how things stand in line.
const TAILS: [(&str, Line); 27] = [
    (" in a circle", Line::Circle),
    (" in a ring", Line::Circle),
    (" into a circle", Line::Circle),
    (" on top of each other", Line::Stack),
    (" on top of one another", Line::Stack),
    (" one on top of the other", Line::Stack),
    (" onto each other", Line::Stack),
    (" on each other", Line::Stack),
    (" in a stack", Line::Stack),
    (" in a pile", Line::Stack),
    (" above each other", Line::Column),
    (" above one another", Line::Column),
    (" over each other", Line::Column),
    (" below each other", Line::Column),
    (" under each other", Line::Column),
    (" one above the other", Line::Column),
    (" one below the other", Line::Column),
    (" in a column", Line::Column),
    (" in a vertical line", Line::Column),
    (" in a vertical row", Line::Column),
    (" next to each other", Line::Row),
    (" next to one another", Line::Row),
    (" beside each other", Line::Row),
    (" side by side", Line::Row),
    (" in a row", Line::Row),
    (" in a line", Line::Row),
    (" in a horizontal line", Line::Row),
];

/// What is to stand in line, and how.
pub(super) fn line(text: &str) -> Option<Command> {
    let told = [
        "line up ",
        "line ",
        "stack up ",
        "stack ",
        "pile up ",
        "pile ",
        "arrange ",
        "put ",
        "place ",
        "order ",
        "set ",
        "position ",
        "align ",
        "move ",
        "make ",
        "let ",
        "have ",
        "bring ",
        "group ",
    ];
    let verb = told.iter().find(|verb| text.starts_with(**verb)).copied();
    let body = verb.map_or(text, |verb| &text[verb.len()..]);
    let tail = TAILS.iter().find_map(|(words, line)| Some((body.strip_suffix(words)?, *line)));
    let upright = |verb: &str| verb.starts_with("line") || verb.starts_with("arrange");
    let (who, line) = match (tail, verb) {
        (Some(found), _) => found,
        (None, Some("stack up " | "stack " | "pile up " | "pile ")) => (body, Line::Stack),
        (None, Some(verb)) if upright(verb) && body.ends_with(" vertically") => {
            (body.trim_end_matches(" vertically"), Line::Column)
        }
        (None, Some(verb)) if upright(verb) && body.ends_with(" horizontally") => {
            (body.trim_end_matches(" horizontally"), Line::Row)
        }
        _ => return None,
    };
    let state = [" should", " must", " be", " stand", " sit", " lie", " up", " all", " to"];
    let mut who = who.trim();
    while let Some(shorter) = state.iter().find_map(|tail| who.strip_suffix(tail)) {
        who = shorter.trim_end();
    }
    let new = first_word(who).is_none_or(|word| {
        matches!(word, "a" | "an" | "some" | "more" | "add" | "draw" | "want")
            || lmd_layout::parse_number_word(word).is_some()
    });
    (!new).then(|| Command::Arrange { who: who.to_owned(), line })
}

/// Puts objects in a row, a column or a stack, about where they are.
pub(super) fn arrange(board: &mut Board, who: &str, line: Line) -> Result<(), Refusal> {
    let mut subjects = find(board, who)?;
    if subjects.len() < 2 {
        return Err(format!(
            "\"{who}\" is one thing, and a line needs several; there are: {}",
            board.inventory()
        ));
    }
    let key = |index: &usize| {
        let (x, y) = board.pieces[*index].bbox.center();
        // A tie is broken by the other side: what stands left goes on top.
        if line == Line::Row { x + 0.01 * y } else { y + 0.01 * x }
    };
    subjects.sort_by(|a, b| key(a).total_cmp(&key(b)));
    if line == Line::Circle {
        return circle(board, subjects);
    }
    in_line(board, &subjects, line, who)?;
    board.touched = subjects;
    Ok(())
}

/// Puts objects in line in the order that is given, about where they are.
pub(super) fn in_line(board: &mut Board, subjects: &[usize], line: Line, who: &str) -> Result<(), Refusal> {
    let boxes: Vec<BBox> = subjects.iter().map(|index| board.pieces[*index].bbox).collect();
    let others = obstacles(board, subjects);
    let mut best: Option<(f64, Vec<BBox>)> = None;
    // What is stacked on a table does not go through it.
    let lowest = boxes.iter().map(|bbox| bbox.y_max()).fold(0.0, f64::max) + 0.01;
    let carried = line == Line::Stack && subjects.iter().all(|index| rests_on(board, *index).is_some());
    let above = |places: &Vec<BBox>| !carried || places.iter().all(|bbox| bbox.y_max() <= lowest);
    for scale in [1.0, 0.85, 0.7, 0.6, 0.5, 0.4] {
        let placed = placed(&boxes, line, scale, &others).filter(above);
        let Some(places) = placed else { continue };
        let shared = overlap(&places, &others);
        if best.as_ref().is_none_or(|(least, _)| shared + 1e-6 < *least) {
            best = Some((shared, places));
        }
        if shared <= 0.0 {
            break;
        }
    }
    let (shared, places) = best.ok_or_else(|| format!("there is no room for \"{who}\" in one line"))?;
    if shared > overlap(&boxes, &others) + 1e-4 {
        board
            .warnings
            .push(format!("there is not enough room for \"{who}\" in one line: some boxes overlap"));
    }
    for (index, bbox) in subjects.iter().zip(places) {
        board.pieces[*index].bbox = bbox;
    }
    Ok(())
}

/// Puts objects around the middle of the picture, from the left over the top;
/// all get smaller where they would cover one another.
fn circle(board: &mut Board, mut subjects: Vec<usize>) -> Result<(), Refusal> {
    let count = subjects.len();
    let boxes = board.boxes();
    let turn = |index: &usize| {
        let (x, y) = boxes[*index].center();
        (y - 0.5).atan2(x - 0.5)
    };
    subjects.sort_by(|a, b| turn(a).total_cmp(&turn(b)));
    let placed = |scale: f64| -> Vec<BBox> {
        let placed = |(at, index): (usize, &usize)| {
            let small = feet_kept(boxes[*index], scale * boxes[*index].w(), scale * boxes[*index].h());
            let angle = std::f64::consts::PI * (2.0 * at as f64 / count as f64 - 1.0);
            let (reach_x, reach_y) = (0.48 - small.w() / 2.0, 0.48 - small.h() / 2.0);
            let (x, y) = (0.5 + reach_x * angle.cos(), 0.5 + reach_y * angle.sin());
            small.shifted(x - small.center().0, y - small.center().1)
        };
        subjects.iter().enumerate().map(placed).collect()
    };
    let scales = (4..=20).rev().map(|scale| f64::from(scale) / 20.0);
    let found = scales.map(placed).find(|boxes| crossings(boxes) <= 0.0);
    let found = found.ok_or_else(|| "there is no room for all of them in a circle".to_owned())?;
    for (index, bbox) in subjects.iter().zip(found) {
        board.pieces[*index].bbox = bbox;
    }
    board.touched = subjects;
    Ok(())
}

/// Boxes in line, in their order, shifted to where they share least with
/// others; `None` where the line is longer than the picture.
fn placed(boxes: &[BBox], line: Line, scale: f64, others: &[BBox]) -> Option<Vec<BBox>> {
    let row = line == Line::Row;
    let gap = if line == Line::Stack { 0.0 } else { GAP };
    let side = |bbox: &BBox| scale * if row { bbox.w() } else { bbox.h() };
    let length = boxes.iter().map(side).sum::<f64>() + gap * (boxes.len() - 1) as f64;
    if length > LONGEST {
        return None;
    }
    let (x, _) = mean(boxes.iter().map(|bbox| bbox.center()));
    let feet = boxes.iter().map(|bbox| bbox.y_max()).fold(0.0, f64::max);
    let start = if row { x - length / 2.0 } else { (feet - length).max(0.02) };
    let at = |dx: f64, dy: f64| -> Option<Vec<BBox>> {
        let mut next = start + if row { dx } else { dy };
        let mut place = |bbox: &BBox| {
            let small = feet_kept(*bbox, scale * bbox.w(), scale * bbox.h());
            let corner = if row { (next, feet + dy - small.h()) } else { (x + dx - small.w() / 2.0, next) };
            next += side(bbox) + gap;
            let inside = corner.0 >= 0.0
                && corner.1 >= 0.0
                && corner.0 + small.w() <= 1.0
                && corner.1 + small.h() <= 1.0;
            inside.then(|| BBox::new(corner.0, corner.1, small.w(), small.h()).ok()).flatten()
        };
        boxes.iter().map(&mut place).collect()
    };
    let steps = |most: i32| (-most..=most).map(|step| f64::from(step) * 0.02);
    let cost =
        |(dx, dy): (f64, f64), places: &[BBox]| overlap(places, others) * 40.0 + dx.abs() + 2.0 * dy.abs();
    steps(45)
        .flat_map(|dx| steps(15).map(move |dy| (dx, dy)))
        .filter_map(|shift| at(shift.0, shift.1).map(|places| (cost(shift, &places), places)))
        .min_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, places)| places)
}
