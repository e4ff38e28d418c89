//! What came of a command, held against what it asked for: what rests on
//! something goes with it and stays on it, nothing else changes unless that is
//! told, and what was asked for and is not so is told.

use lmd_layout::BBox;

use super::board::{Board, Piece};
use super::command::{Command, Side};
use super::demand;
use super::naming::head_noun;
use super::refer::find_one;
use super::standing::{borne, carriers, is_carrier, rests_on};
use super::vocabulary::comparative;
use crate::Region;
use crate::geometry::feet_kept;

/// Boxes that differ by less than this are where they were.
const STILL: f64 = 0.005;
/// Sizes that differ by less than this share are equal.
const EQUAL: f64 = 0.04;

/// Sees to what `command` asked for, and tells what did not come of it.
pub(super) fn see_to(board: &mut Board, before: &Board, command: &Command, words: &str) {
    let places = matches!(
        command,
        Command::Nudge { .. }
            | Command::Shift { .. }
            | Command::Region { .. }
            | Command::Edge { .. }
            | Command::Relate { .. }
            | Command::Approach { .. }
            | Command::Gather { .. }
            | Command::Centre(_)
            | Command::Swap(..)
            | Command::Put { .. }
            | Command::Resize { .. }
    );
    demand::meet(board);
    if matches!(
        command,
        Command::Relate { .. }
            | Command::Region { .. }
            | Command::Edge { .. }
            | Command::Put { .. }
            | Command::Swap(..)
    ) {
        forget_place(board, before);
    }
    if places {
        stay_on(board, before);
    }
    carry_along(board, before, &against(before, command));
    tell_disturbed(board, before, words);
    if places && !matches!(command, Command::Resize { .. }) {
        tell_resized(board, before);
    }
    tell_doubled(board, before);
    if places {
        tell_covered(board, before, command, words);
        tell_whole(board, words);
    }
    if let Some(missed) = missed(board, before, command).or_else(|| not_turned(board, command, words)) {
        board.warnings.push(missed);
    }
}

/// `flip the dragon`: its box is at the mirrored place, it may look the same way as before.
fn not_turned(board: &Board, command: &Command, words: &str) -> Option<String> {
    let turned = ["flip", "mirror", "reflect"].iter().any(|verb| words.starts_with(verb));
    let (Command::Mirror { who: Some(_), .. }, [one], true) = (command, board.touched.as_slice(), turned)
    else {
        return None;
    };
    let caption = &board.pieces.get(*one)?.caption;
    Some(format!("{caption} went to the mirrored place; a layout does not say which way it faces"))
}

/// A caption no longer says where something was: `a parrot on his shoulder`.
fn forget_place(board: &mut Board, before: &Board) {
    for index in board.touched.clone() {
        let Some(piece) = board.pieces.get_mut(index) else { continue };
        let moved = before.with_id(piece.id).is_some_and(|old| old.bbox != piece.bbox);
        let place = ["his", "her", "its", "their"]
            .iter()
            .filter_map(|owner| piece.caption.find(&format!(" on {owner} ")))
            .min()
            .filter(|at| moved && !piece.caption[..*at].contains(" with "));
        if let Some(at) = place {
            piece.caption.truncate(at);
        }
    }
}

/// The box an object had.
fn old_box(before: &Board, piece: &Piece) -> Option<BBox> {
    before.with_id(piece.id).map(|piece| piece.bbox)
}

/// What moved sideways on a table does not leave it.
fn stay_on(board: &mut Board, before: &Board) {
    for index in board.touched.clone() {
        let Some(old) = board.pieces.get(index).and_then(|piece| old_box(before, piece)) else { continue };
        let bbox = board.pieces[index].bbox;
        let Some(was) = before.index_of(board.pieces[index].id) else { continue };
        let floor = rests_on(before, was).map(|floor| before.pieces[floor].id);
        let same = |id: &usize| before.with_id(*id).map(|p| p.bbox) == board.with_id(*id).map(|p| p.bbox);
        let floor = floor.filter(same).and_then(|id| board.with_id(id)).map(|floor| floor.bbox);
        if let Some(floor) = floor
            && (bbox.y_max() - old.y_max()).abs() < STILL
            && bbox.w() < floor.w()
        {
            let x = bbox.x().clamp(floor.x(), floor.x_max() - bbox.w());
            board.pieces[index].bbox = bbox.shifted(x - bbox.x(), 0.0);
        }
    }
}

/// The ids of what a command puts something against: that does not go along.
fn against(before: &Board, command: &Command) -> Vec<usize> {
    let Command::Relate { anchor, .. } = command else { return Vec::new() };
    let found = super::refer::find(before, anchor).unwrap_or_default();
    found.into_iter().map(|index| before.pieces[index].id).collect()
}

/// What rests on something that moved, whatever moved it, goes with it.
fn carry_along(board: &mut Board, before: &Board, but: &[usize]) {
    let changed = |index: &usize| {
        let piece = &board.pieces[*index];
        old_box(before, piece).is_some_and(|old| old != piece.bbox)
    };
    let moved: Vec<usize> = (0..board.pieces.len()).filter(changed).collect();
    for index in moved {
        let Some(was) = before.index_of(board.pieces[index].id) else { continue };
        let (old, new) = (before.pieces[was].bbox, board.pieces[index].bbox);
        for rider in borne(before, was) {
            let Piece { id, bbox, locked, .. } = before.pieces[rider];
            let Some(at) = board.index_of(id) else { continue };
            if locked || but.contains(&id) || board.touched.contains(&at) || board.pieces[at].bbox != bbox {
                continue;
            }
            let x = new.x() + (bbox.center().0 - old.x()) / old.w() * new.w();
            let feet = new.y() + (bbox.y_max() - old.y()) / old.h() * new.h();
            // There is less room over what grew.
            let room = (feet / bbox.h()).clamp(0.2, 1.0);
            let bbox = feet_kept(bbox, room * bbox.w(), room * bbox.h());
            board.pieces[at].bbox = bbox.shifted(x - bbox.center().0, feet - bbox.y_max());
            if room < 0.9 {
                board.warnings.push(format!("{} is smaller now to fit there", board.pieces[at].caption));
            }
            board.carried.push(id);
        }
    }
}

/// Tells what changed although nobody spoke of it.
fn tell_disturbed(board: &mut Board, before: &Board, words: &str) {
    let spoken: Vec<String> = words.split([' ', ',']).map(lmd_layout::singular).collect();
    let told = board.warnings.get(before.warnings.len()..).unwrap_or_default().to_vec();
    let carried = std::mem::take(&mut board.carried);
    let still = |a: BBox, b: BBox| {
        let sides = [a.x() - b.x(), a.y() - b.y(), a.w() - b.w(), a.h() - b.h()];
        sides.iter().all(|side| side.abs() < STILL)
    };
    let mut notes = Vec::new();
    for (index, piece) in board.pieces.iter().enumerate() {
        let Some(old) = before.with_id(piece.id) else { continue };
        let named = head_noun(&old.caption).is_some_and(|noun| spoken.contains(&noun));
        let meant = named || board.touched.contains(&index) || carried.contains(&piece.id);
        let floor = before
            .index_of(piece.id)
            .and_then(|was| rests_on(before, was))
            .map(|floor| &before.pieces[floor]);
        let rode =
            floor.is_some_and(|floor| board.with_id(floor.id).is_some_and(|now| now.bbox != floor.bbox));
        let known = rode || told.iter().any(|told: &String| told.contains(&old.caption));
        let stepped = told.iter().any(|told: &String| told.starts_with("everything else"));
        let known = known || stepped && piece.caption == old.caption;
        let same = still(piece.bbox, old.bbox) && piece.caption == old.caption;
        if !(meant || known || same) {
            notes.push(format!("{} changed, too", old.caption));
        }
    }
    board.warnings.extend(notes);
}

/// Tells what is of another size although only its place was asked for.
fn tell_resized(board: &mut Board, before: &Board) {
    /// Sides that change by less than this share are as they were.
    const SEEN: f64 = 0.1;
    let mut notes: Vec<String> = Vec::new();
    for piece in board.touched.iter().filter_map(|index| board.pieces.get(*index)) {
        let Some(old) = old_box(before, piece) else { continue };
        let (w, h) = (piece.bbox.w() / old.w(), piece.bbox.h() / old.h());
        if (w - 1.0).abs().max((h - 1.0).abs()) > SEEN {
            let how = if w * h < 1.0 { "smaller" } else { "larger" };
            let told = format!("{} is {how} now to fit there", piece.caption);
            if !notes.contains(&told) {
                notes.push(told);
            }
        }
    }
    board.warnings.extend(notes);
}

/// Tells what lies on its like so that only one of them is seen.
fn tell_doubled(board: &mut Board, before: &Board) {
    const SAME: f64 = 0.8;
    let hidden = |a: &Piece, b: &Piece| {
        let shared = a.bbox.intersection(b.bbox);
        a.caption == b.caption && shared > SAME * a.bbox.area().max(b.bbox.area())
    };
    let pair = |pieces: &[Piece]| {
        let later = |at: usize| pieces[at + 1..].iter().any(|other| hidden(&pieces[at], other));
        (0..pieces.len()).find(|at| later(*at)).map(|at| pieces[at].caption.clone())
    };
    if let (Some(caption), None) = (pair(&board.pieces), pair(&before.pieces)) {
        board.warnings.push(format!("there is no room: one \"{caption}\" covers another"));
    }
}

/// Tells where something was moved or changed as a whole of which only a part was named: bread of "a table with bread".
fn tell_whole(board: &mut Board, words: &str) {
    let named = |noun: &str| words.split([' ', ',', '\'']).any(|word| lmd_layout::singular(word) == noun);
    let mut notes: Vec<String> = Vec::new();
    for piece in board.touched.iter().filter_map(|index| board.pieces.get(*index)) {
        let (Some(head), Some((_, part))) = (head_noun(&piece.caption), piece.caption.split_once(" with "))
        else {
            continue;
        };
        let part = part.split(' ').map(lmd_layout::singular).find(|word| word.len() > 2 && named(word));
        if let Some(part) = part.filter(|_| !head.split(' ').any(named)) {
            notes.push(format!("\"{part}\" has no box of its own: {} changed as a whole", piece.caption));
        }
    }
    board.warnings.extend(notes);
}

/// Tells what is new, moved or grown and covers a good part of something of which nobody spoke.
fn tell_covered(board: &mut Board, before: &Board, command: &Command, words: &str) {
    /// A smaller part more than before is no matter.
    const COVERS: f64 = 0.35;
    if board.warnings[before.warnings.len()..].iter().any(|told| told.contains("cover")) {
        return;
    }
    let words = words.replace("'s ", " ");
    let spoken: Vec<String> = words.split([' ', ',']).map(lmd_layout::singular).collect();
    let anchors = against(before, command);
    let points =
        spoken.iter().any(|word| matches!(word.as_str(), "it" | "them" | "him" | "her" | "that" | "one"));
    let meant: Vec<usize> =
        before.touched.iter().filter_map(|index| before.pieces.get(*index)).map(|p| p.id).collect();
    let share = |a: BBox, b: BBox| a.intersection(b) / a.area().min(b.area());
    let mut notes: Vec<String> = Vec::new();
    for index in board.touched.iter().filter(|index| **index < board.pieces.len()) {
        let piece = &board.pieces[*index];
        let beneath = carriers(board, *index);
        for (at, other) in board.pieces.iter().enumerate() {
            let named = head_noun(&other.caption).is_some_and(|noun| spoken.contains(&noun));
            let known = named || points && meant.contains(&other.id) || board.touched.contains(&at);
            let known =
                known || anchors.contains(&other.id) || is_carrier(board, at) || is_carrier(board, *index);
            if known || beneath.contains(&at) {
                continue;
            }
            let was = old_box(before, piece).zip(old_box(before, other)).map_or(0.0, |(a, b)| share(a, b));
            if share(piece.bbox, other.bbox) > was + COVERS {
                notes.push(format!("{} and {} cover one another now", piece.caption, other.caption));
            }
        }
    }
    notes.dedup();
    board.warnings.extend(notes);
}

/// What was asked for and is not so.
fn missed(board: &Board, before: &Board, command: &Command) -> Option<String> {
    let touched: Vec<&Piece> = board.touched.iter().filter_map(|index| board.pieces.get(*index)).collect();
    let first = touched.first()?;
    match command {
        Command::Region { region, .. } if is_side(*region) => {
            let off = touched.iter().find(|piece| !region.holds(piece.bbox))?;
            Some(format!("{} is too large to be there alone", off.caption))
        }
        Command::SameSize { side, .. } => {
            let differs = |piece: &&&Piece| !alike(piece.bbox, first.bbox, *side);
            let other = touched.iter().find(differs)?;
            Some(format!(
                "{} and {} do not have the same size: there is no room",
                first.caption, other.caption
            ))
        }
        Command::Exceed { how, anchor, .. } => {
            let than = board.pieces[find_one(board, anchor).ok()?].bbox;
            let (w, h) = comparative(how)?;
            let more = |bbox: BBox| match (w == 1.0, h == 1.0) {
                (false, false) => bbox.area() / than.area(),
                (true, _) => bbox.h() / than.h(),
                (_, true) => bbox.w() / than.w(),
            };
            let holds = |piece: &&&Piece| (more(piece.bbox) > 1.0) == (w.max(h) > 1.0);
            let short = touched.iter().find(|piece| !holds(piece))?;
            Some(format!("{} is not {how} than {anchor}: there is no room", short.caption))
        }
        Command::Nudge { dx, dy, .. } => {
            let far = |piece: &&&Piece| {
                let old = old_box(before, piece).map_or((0.0, 0.0), BBox::center);
                let new = piece.bbox.center();
                (new.0 - old.0) * dx.signum() * f64::from(u8::from(*dx != 0.0))
                    + (new.1 - old.1) * dy.signum() * f64::from(u8::from(*dy != 0.0))
                    > STILL
            };
            let stuck = touched.iter().find(|piece| !far(piece))?;
            Some(format!("{} did not move that way: there is no room", stuck.caption))
        }
        _ => None,
    }
}

/// Whether a part of the picture is one that boxes prove.
fn is_side(region: Region) -> bool {
    matches!(
        region,
        Region::Left
            | Region::Right
            | Region::Top
            | Region::Bottom
            | Region::TopLeft
            | Region::TopRight
            | Region::BottomLeft
            | Region::BottomRight
    )
}

fn alike(a: BBox, b: BBox, side: Side) -> bool {
    let near = |a: f64, b: f64| (a / b - 1.0).abs() < EQUAL;
    (side == Side::Height || near(a.w(), b.w())) && (side == Side::Width || near(a.h(), b.h()))
}
