//! More of what is there: `another sheep`, `two more cups`, `a third cat`.

use super::arranging::duplicate;
use super::attribute::described;
use super::board::Board;
use super::naming::without_article;
use super::ones::with_noun;
use super::staging::thing_of;
use crate::geometry::{feet_kept, overlap};
use crate::offline::wording;
use crate::{Region, Thing, english};

/// `another sheep`, `two more cups`: beside their like, as large as they are
/// and called as they are, but for what is said of them. `false` where there
/// is nothing like them, or the words say where they go.
pub(super) fn again(board: &mut Board, what: &str) -> bool {
    let what = with_noun(board, what);
    let Some((count, rest)) = more(&what) else { return false };
    let opposite =
        [" on the other side", " on the opposite side"].iter().find_map(|side| rest.strip_suffix(side));
    let (rest, opposite) = (opposite.unwrap_or(rest), opposite.is_some());
    let things = english::noun_phrases(rest);
    let [thing] = things.as_slice() else { return false };
    if let (1, Some(side @ (Region::Left | Region::Right))) = (count, thing.region)
        && beside_its_like(board, thing, side)
    {
        return true;
    }
    let plain = thing.detail.is_none() && thing.region.is_none() && thing.size.is_none();
    // "one more loaf" of loaves of bread
    let like = |index: &usize| {
        let noun = thing_of(&board.pieces[*index]).noun;
        let caption = without_article(&board.pieces[*index].caption);
        // "two more balloons" of hot air balloons
        let sort = noun.ends_with(&format!(" {}", thing.noun));
        noun == thing.noun || sort || caption.starts_with(&format!("{} of ", thing.noun))
    };
    let Some(like) = (0..board.pieces.len()).rev().find(like).filter(|_| plain) else { return false };
    if english::relation_phrase(rest).is_some()
        || rest.split(' ').count() != thing.phrase().split(' ').count()
    {
        return false;
    }
    let mut next = board.clone();
    if duplicate(&mut next, &format!("object {}", like + 1), count).is_err() {
        return false;
    }
    let caption = &board.pieces[like].caption;
    let named = english::noun_phrases(caption).into_iter().next();
    let named =
        named.map_or_else(|| caption.clone(), |named| wording::caption(&Thing { detail: None, ..named }));
    let mirrored = board.pieces[like].bbox.mirrored();
    if opposite && count == 1 && overlap(&[mirrored], &board.boxes()) == 0.0 {
        next.touched.clone().into_iter().for_each(|index| next.pieces[index].bbox = mirrored);
    }
    for index in next.touched.clone() {
        let caption = &mut next.pieces[index].caption;
        *caption = match thing.attributes.is_empty() {
            true => named.clone(),
            false => described(&named, &thing.attributes.join(" ")),
        };
    }
    *board = next;
    true
}

/// `a second pyramid to the left`: beside the first, as large as it is and as far away. `false` where there is no one thing
/// like it, or no room there.
fn beside_its_like(board: &mut Board, thing: &Thing, side: Region) -> bool {
    const GAP: f64 = 0.02;
    let like = |index: &usize| thing_of(&board.pieces[*index]).noun == thing.noun;
    let alike: Vec<usize> = (0..board.pieces.len()).filter(like).collect();
    let [one] = alike.as_slice() else { return false };
    let piece = board.pieces[*one].clone();
    let left = side == Region::Left;
    let room = if left { piece.bbox.x() } else { 1.0 - piece.bbox.x_max() } - 2.0 * GAP;
    let share = (room / piece.bbox.w()).min(1.0);
    if share < 0.6 {
        return false;
    }
    let place = feet_kept(piece.bbox, share * piece.bbox.w(), share * piece.bbox.h());
    let edge = if left { piece.bbox.x() - GAP - place.w() } else { piece.bbox.x_max() + GAP };
    let place = place.shifted(edge - place.x(), 0.0);
    if overlap(&[place], &board.boxes()) > 0.1 * place.area() || overlap(&[place], &[piece.bbox]) > 0.0 {
        return false;
    }
    let caption = match thing.attributes.is_empty() {
        true => piece.caption,
        false => described(&piece.caption, &thing.attributes.join(" ")),
    };
    board.put(caption, place);
    board.touched = vec![board.pieces.len() - 1];
    true
}

/// How many more of what: `another cat`, `two more cats`, `a third cat`.
fn more(what: &str) -> Option<(usize, &str)> {
    if let Some(rest) = what.strip_prefix("another ").or_else(|| what.strip_prefix("one more ")) {
        return Some((1, rest));
    }
    let some =
        [("a few more ", 3), ("several more ", 3), ("a couple more ", 2), ("some more ", 2), ("more ", 2)];
    if let Some(found) = some.iter().find_map(|(words, count)| Some((*count, what.strip_prefix(words)?))) {
        return Some(found);
    }
    let (first, rest) = what.split_once(' ')?;
    let (second, rest) = rest.split_once(' ')?;
    match (first, second) {
        ("a" | "the", "second" | "third" | "fourth" | "fifth" | "further" | "new") => Some((1, rest)),
        (number, "more" | "extra" | "further" | "additional" | "other") => {
            let count = lmd_layout::parse_number_word(number).filter(|count| (1..=20).contains(count))?;
            Some((count as usize, rest))
        }
        _ => None,
    }
}
