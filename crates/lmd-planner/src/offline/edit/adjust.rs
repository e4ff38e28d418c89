//! Instructions that change what is there: remove, describe, turn into,
//! resize, absence.

use lmd_layout::{BBox, plural, singular, with_article};

use super::board::Board;
use super::refer::{find, head_noun, is_everything, is_pronoun, without_article};
use super::refusal::Refusal;
use super::relocate;
use crate::geometry::{crossings, feet_kept, mean};
use crate::lexicon::{kind_of, names_colour};
use crate::offline::wording;
use crate::{Scene, english};

/// Takes objects out.
pub(super) fn remove(board: &mut Board, who: &str) -> Result<(), Refusal> {
    let gone = find(board, who)?;
    board.remove(&gone);
    Ok(())
}

/// Gives objects an attribute; a colour takes the place of a colour.
pub(super) fn describe(board: &mut Board, who: &str, words: &str) -> Result<(), Refusal> {
    let subjects = find(board, who)?;
    for index in &subjects {
        let caption = &mut board.pieces[*index].caption;
        *caption = described(caption, words);
    }
    board.touched = subjects;
    Ok(())
}

/// Gives each of several objects, from left to right, a colour.
pub(super) fn colours(board: &mut Board, who: &str, colours: &[String]) -> Result<(), Refusal> {
    let mut subjects = find(board, who)?;
    if subjects.len() != colours.len() {
        return Err(format!(
            "\"{who}\" are {}, and there are {} colours; there are: {}",
            subjects.len(),
            colours.len(),
            board.inventory()
        ));
    }
    subjects.sort_by(|a, b| board.pieces[*a].bbox.center().0.total_cmp(&board.pieces[*b].bbox.center().0));
    for (index, colour) in subjects.iter().zip(colours) {
        let caption = &mut board.pieces[*index].caption;
        *caption = described(caption, colour);
    }
    board.touched = subjects;
    Ok(())
}

/// A caption with an attribute put in.
pub(crate) fn described(caption: &str, words: &str) -> String {
    let details = [
        ("wear ", "wearing "),
        ("wearing ", "wearing "),
        ("hold ", "holding "),
        ("with ", "with "),
        ("made of ", "made of "),
        ("made out of ", "made of "),
        ("covered ", "covered "),
        ("full of ", "full of "),
        ("filled with ", "filled with "),
        ("looking ", "looking "),
    ];
    for (verb, detail) in details {
        if let Some(rest) = words.strip_prefix(verb) {
            return format!("{caption} {detail}{rest}");
        }
    }
    let bare = without_article(caption);
    let had_article = bare.len() < caption.len();
    let is_new_colour = words.split_whitespace().any(names_colour);
    let mut kept: Vec<&str> = bare.split_whitespace().collect();
    if is_new_colour {
        let noun = kept.len().saturating_sub(1);
        // "red and white" goes as a whole; an orange (the fruit) stays.
        let first = kept.iter().take(noun).position(|word| names_colour(word));
        if let Some(first) = first {
            let is_part = |at: usize| {
                names_colour(kept[at])
                    || (kept[at] == "and" && kept.get(at + 1).is_some_and(|word| names_colour(word)))
            };
            let end = (first..noun).find(|at| !is_part(*at)).unwrap_or(noun);
            kept.splice(first..end, [words]);
            return article_for(&kept.join(" "), had_article);
        }
    }
    let text = format!("{words} {}", kept.join(" "));
    article_for(&text, had_article)
}

fn article_for(phrase: &str, had_article: bool) -> String {
    if had_article { with_article(phrase) } else { phrase.to_owned() }
}

/// Turns objects into something else in the same place.
pub(super) fn rename(board: &mut Board, who: &str, to: &str) -> Result<(), Refusal> {
    let subjects = find(board, who)?;
    let Some(thing) = english::noun_phrases(to).into_iter().next() else {
        return Err(format!(
            "\"{to}\" names nothing that could be drawn; try \"replace the cat with a dog\""
        ));
    };
    let caption = wording::caption(&thing);
    let aspect = kind_of(&thing.noun).aspect();
    for index in &subjects {
        let piece = &mut board.pieces[*index];
        piece.caption.clone_from(&caption);
        piece.bbox = reshaped(piece.bbox, aspect);
    }
    let (have, want) = (subjects.len(), thing.count as usize);
    board.touched = subjects;
    if thing.exact && want > have && want > 1 {
        let more = format!("{} {}", want - have, plural(&thing.phrase()));
        return relocate::add(board, &more);
    }
    Ok(())
}

/// A box of another aspect ratio with the same area, on the same spot and not
/// wider or higher than before by more than it must.
fn reshaped(bbox: BBox, aspect: f64) -> BBox {
    let old = bbox.w() / bbox.h();
    // Only a clear difference in shape is worth changing the box for.
    if (0.6..=1.6).contains(&(aspect / old)) {
        return bbox;
    }
    let side = bbox.area().sqrt() * 0.9;
    let (w, h) =
        ((side * aspect.sqrt()).min(bbox.w().max(0.2)), (side / aspect.sqrt()).min(bbox.h().max(0.2)));
    feet_kept(bbox, w, h)
}

/// Scales objects; all of them only as far as they do not come to overlap.
pub(super) fn resize(board: &mut Board, who: &str, w: f64, h: f64) -> Result<(), Refusal> {
    let subjects = find(board, who)?;
    let before = board.boxes();
    let limited = is_everything(who) || subjects.len() > 1;
    // Several grow about their common middle, so that their gaps grow too.
    let centre = mean(subjects.iter().map(|index| before[*index].center()));
    let sized = |share: f64| -> Vec<BBox> {
        let (w, h) = (1.0 + (w - 1.0) * share, 1.0 + (h - 1.0) * share);
        let grown = |bbox: BBox| {
            let (x, y) = bbox.center();
            resized(bbox, w, h).shifted((x - centre.0) * (w - 1.0), (y - centre.1) * (h - 1.0))
        };
        let change = |(index, bbox): (usize, &BBox)| match (subjects.contains(&index), limited) {
            (false, _) => *bbox,
            (true, true) => grown(*bbox),
            (true, false) => resized(*bbox, w, h),
        };
        before.iter().enumerate().map(change).collect()
    };
    let allowed = crossings(&before) * w.max(1.0) * h.max(1.0) + 1e-9;
    let shares = (1..=20).rev().map(|share| f64::from(share) / 20.0);
    let found = shares.map(sized).find(|boxes| !limited || crossings(boxes) <= allowed);
    let changed = |boxes: &Vec<BBox>| {
        subjects.iter().any(|index| (boxes[*index].area() - before[*index].area()).abs() > 1e-4)
    };
    let found = found.filter(changed).ok_or_else(|| {
        let way = if w.max(h) > 1.0 { "bigger" } else { "smaller" };
        format!("there is no room to make \"{who}\" {way}; move something away first")
    })?;
    board.place_all(found);
    board.touched = subjects;
    Ok(())
}

/// Grown or shrunk: from its feet if it stands low, else about its centre.
fn resized(bbox: BBox, w: f64, h: f64) -> BBox {
    let (new_w, new_h) = (bbox.w() * w, bbox.h() * h);
    if bbox.y_max() > 0.55 {
        return feet_kept(bbox, new_w, new_h);
    }
    let (new_w, new_h) = (new_w.clamp(0.02, 0.98), new_h.clamp(0.02, 0.98));
    let (x, y) = bbox.center();
    let x = (x - new_w / 2.0).clamp(0.0, 1.0 - new_w);
    let y = (y - new_h / 2.0).clamp(0.0, 1.0 - new_h);
    BBox::clamped(x, y, new_w, new_h).unwrap_or(bbox)
}

/// Excludes things: they go into the negative prompt, and out of the layout.
pub(super) fn exclude(board: &mut Board, what: &str) -> Result<(), Refusal> {
    let what = what.strip_prefix("any ").unwrap_or(what);
    let parts = what.split(" and ").flat_map(|part| part.split(" or ")).flat_map(|part| part.split(", "));
    let (mut gone, mut absent) = (Vec::new(), Vec::new());
    for part in parts.map(|part| part.trim_start_matches("no ").trim()).filter(|part| !part.is_empty()) {
        if is_pronoun(part) {
            let meant = find(board, part)?;
            let nouns = meant.iter().filter_map(|index| head_noun(&board.pieces[*index].caption));
            absent.extend(nouns);
            gone.extend(meant);
        } else {
            gone.extend(find(board, &format!("all {part}")).unwrap_or_default());
            absent.push(singular(without_article(part)));
        }
    }
    for noun in absent {
        let word = wording::negative(&Scene { absent: vec![noun], ..Scene::default() });
        if board.negative.split(", ").any(|known| known == word) {
            continue;
        }
        board.negative = if board.negative.is_empty() { word } else { format!("{}, {word}", board.negative) };
    }
    board.remove(&gone);
    Ok(())
}
