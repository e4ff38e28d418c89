//! Instructions that change what is there: remove, describe, turn into,
//! resize, absence.

use lmd_layout::{BBox, singular, with_article};

use super::arranging::duplicate;
use super::attribute::described;
use super::board::Board;
use super::denying;
use super::detail::{self, mentioned};
use super::naming::{head_noun, is_everything, without_article};
use super::refer::{find, is_pronoun};
use super::refusal::Refusal;
use super::scenery;
use super::standing::contents;
use super::vocabulary::{comparative, names_style};
use crate::geometry::{crossings, feet_kept, mean};
use crate::lexicon::{
    Section, Tags, belongs_to_wearer, comparative as comparative_of, is_adjective, is_alive, kind_of,
    names_colour, noun_tags, tags,
};
use crate::offline::wording;
use crate::{Scene, Thing, english};

/// Takes objects out.
pub(super) fn remove(board: &mut Board, who: &str) -> Result<(), Refusal> {
    if let Some((owners, noun)) = mentioned(board, who) {
        rewrite(board, &owners, |caption| detail::without(caption, &noun));
        board.touched = owners;
        return Ok(());
    }
    let gone = match find(board, who) {
        Err(_) if scenery::remove_style(board, who)? => return Ok(()),
        Err(_) if scenery::names_place(board, who) => {
            scenery::remove_place(board);
            return Ok(());
        }
        found => found?,
    };
    board.remove(&gone);
    Ok(())
}

/// Gives objects other captions, where there is one.
fn rewrite(board: &mut Board, which: &[usize], new: impl Fn(&str) -> Option<String>) {
    for index in which {
        let caption = &mut board.pieces[*index].caption;
        *caption = new(caption).unwrap_or_else(|| caption.clone());
    }
}

/// Takes out what is on or in something, or what its caption says of that;
/// something that holds nothing is called empty.
pub(super) fn clear(board: &mut Board, what: &str) -> Result<(), Refusal> {
    if is_everything(what) {
        return remove(board, what);
    }
    let which = find(board, what)?;
    let gone: Vec<usize> = which.iter().flat_map(|index| contents(board, *index)).collect();
    if !gone.is_empty() {
        board.remove(&gone);
        return Ok(());
    }
    for index in &which {
        let caption = &mut board.pieces[*index].caption;
        let bare = [" of ", " with ", " full "].iter().find_map(|joint| caption.split_once(joint));
        *caption = described(bare.map_or(caption.as_str(), |(bare, _)| bare), "empty");
    }
    board.touched = which;
    Ok(())
}

/// Gives objects an attribute; a colour takes the place of a colour.
pub(super) fn describe(board: &mut Board, who: &str, words: &str) -> Result<(), Refusal> {
    if let Some(like) = words.strip_prefix("colored like ") {
        let colour = colour_of(board, like)?;
        return describe(board, who, &colour);
    }
    // An older barn is old.
    let (front, tail) = words.find(" with ").map_or((words, ""), |at| words.split_at(at));
    let plain = comparative_of(front).map(|plain| format!("{plain}{tail}"));
    let words = plain.as_deref().unwrap_or(words);
    let subjects = match find(board, who) {
        Err(_) if scenery::switched(board, who, words)? => return Ok(()),
        Err(_) if scenery::names_place(board, who) => {
            scenery::describe_place(board, who, words);
            return Ok(());
        }
        Err(_) if scenery::describe_part(board, who, words) => return Ok(()),
        Err(refusal) => return describe_own(board, who, words).ok_or(refusal),
        found => found?,
    };
    // An attribute is taken on trust, and that is told.
    let state = |word: &str| Section::States.entries().any(|(_, state)| state == word);
    let known = |word: &str| word.is_empty() || english::knows(word) || state(word);
    let unknown = words.split([' ', ',']).filter(|word| !known(word));
    for word in unknown {
        board.warnings.push(format!("took \"{word}\" for what is said of {who}, which may be wrong"));
    }
    let place = ["in the ", "at the ", "on the ", "by the ", "near ", "to ", "from "];
    if place.iter().any(|lead| words.starts_with(lead)) {
        board.warnings.push(format!("\"{words}\" is only said of {who}, which stays where it is"));
    }
    let noun = mentioned(board, who).map(|(_, noun)| noun).or_else(|| worn_by(board, who, &subjects));
    // Another coat takes the place of the coat.
    let worn = ["wear ", "wearing ", "with ", "in "].iter().find_map(|verb| words.strip_prefix(verb));
    rewrite(board, &subjects, |caption| {
        let part = match (&noun, worn) {
            (Some(noun), _) => detail::told_of(caption, noun, words),
            (None, Some(worn)) => {
                let noun = singular(worn.rsplit(' ').next().unwrap_or(worn));
                detail::replaced(caption, &noun, worn)
            }
            (None, None) => None,
        };
        Some(part.unwrap_or_else(|| described(caption, words)))
    });
    board.touched = subjects;
    Ok(())
}

/// `them` of one who has sunglasses: those.
fn worn_by(board: &Board, who: &str, subjects: &[usize]) -> Option<String> {
    let ([one], "them" | "they" | "those" | "these") = (subjects, who) else { return None };
    let last = board.pieces[*one].caption.rsplit(' ').next()?;
    let own = head_noun(&board.pieces[*one].caption).is_some_and(|noun| noun.ends_with(&singular(last)));
    (lmd_layout::is_plural(last) && !own).then(|| singular(last))
}

/// The colour that the caption of something tells.
fn colour_of(board: &Board, what: &str) -> Result<String, Refusal> {
    let found = find(board, what)?;
    let caption = found.first().map_or("", |index| board.pieces[*index].caption.as_str());
    let colours: Vec<&str> = caption.split(' ').filter(|word| names_colour(word)).collect();
    if colours.is_empty() {
        return Err(format!("no colour is said of {caption}"));
    }
    Ok(colours.join(" "))
}

/// Says something of a part or the clothes of what is there: `the woman's dress`, `the sails`.
fn describe_own(board: &mut Board, who: &str, words: &str) -> Option<()> {
    let part_of = |(_, part): &(&str, &str)| noun_tags(&singular(part)).any(Tags::PART);
    let owned = who
        .split_once("'s ")
        .or_else(|| who.split_once("' "))
        .or_else(|| who.strip_prefix("her ").map(|part| ("her", part)))
        .or_else(|| who.strip_prefix("his ").map(|part| ("him", part)))
        .or_else(|| who.strip_prefix("its ").map(|part| ("it", part)))
        .or_else(|| who.rsplit_once(' ').filter(|(whole, _)| *whole != "the").filter(part_of));
    let (owners, part) = match owned {
        Some((whole, part)) => (find(board, whole).ok()?, part),
        None => {
            // The sails are those of the sailboat.
            let part = who.strip_prefix("the ").filter(|part| !part.contains(' '))?;
            let stem = singular(part);
            let of = |index: &usize| {
                let noun = head_noun(&board.pieces[*index].caption).unwrap_or_default();
                noun.len() > stem.len() && noun.starts_with(stem.as_str())
            };
            let alone = board.pieces.len() == 1 && belongs_to_wearer(&stem);
            ((0..board.pieces.len()).filter(|index| alone || of(index)).collect::<Vec<usize>>(), part)
        }
    };
    let one = owners.len() > 1 && !noun_tags(&singular(part)).any(Tags::PART);
    let part = if one { singular(part) } else { part.to_owned() };
    // The witch's wand may have a box of its own.
    let own = |index: &usize| {
        let piece = &board.pieces[*index];
        let near = |owner: &usize| board.pieces[*owner].bbox.intersection(piece.bbox) > 0.0;
        head_noun(&piece.caption).is_some_and(|noun| noun == singular(&part)) && owners.iter().any(near)
    };
    let held: Vec<String> =
        (0..board.pieces.len()).filter(own).map(|index| (index + 1).to_string()).collect();
    if !held.is_empty() {
        return describe(board, &format!("objects {}", held.join(" ")), words).ok();
    }
    let told = format!("{words} {part}");
    let told = if lmd_layout::is_plural(&part) { told } else { with_article(&told) };
    let says = |word: &str| word == "and" || is_adjective(word) || names_colour(word);
    let known = !owners.is_empty() && (!words.contains(' ') || words.split(' ').all(says));
    rewrite(board, if known { &owners } else { &[] }, |caption| {
        Some(
            detail::replaced(caption, &singular(&part), &told)
                .unwrap_or_else(|| format!("{caption} with {told}")),
        )
    });
    board.touched = owners;
    known.then_some(())
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
    board.left_to_right(&mut subjects);
    for (index, colour) in subjects.iter().zip(colours) {
        let caption = &mut board.pieces[*index].caption;
        *caption = described(caption, colour);
    }
    board.touched = subjects;
    Ok(())
}

/// The first of some objects; the others go.
fn first_alone(board: &mut Board, some: Vec<usize>) -> Vec<usize> {
    let Some((first, rest)) = some.split_first().filter(|(_, rest)| !rest.is_empty()) else { return some };
    board.remove(rest);
    vec![first - rest.iter().filter(|index| *index < first).count()]
}

/// Turns objects into something else in the same place.
pub(super) fn rename(board: &mut Board, who: &str, to: &str) -> Result<(), Refusal> {
    if let Some((owners, noun)) = mentioned(board, who) {
        rewrite(board, &owners, |caption| detail::replaced(caption, &noun, to));
        board.touched = owners;
        return Ok(());
    }
    // "a black one", "a bigger one"
    if let Some(said) = without_article(to).strip_suffix(" one") {
        return match comparative(said) {
            Some((w, h)) => resize(board, who, w, h),
            None => describe(board, who, said),
        };
    }
    let subjects = match find(board, who) {
        Err(_) if scenery::names_place(board, who) => return scenery::replace_place(board, who, to),
        found => found?,
    };
    let things = english::noun_phrases(to);
    if let [thing] = things.as_slice()
        && let Some(told) = retold(board, who, (to, thing), &subjects)
    {
        return told;
    }
    let whole = !to.contains(" and ") && !to.contains(',');
    if let ([_, second, ..], false) = (things.as_slice(), whole) {
        return Err(format!(
            "\"{to}\" names several things; say which one is to stand there, and add {} in a second instruction",
            with_article(&second.phrase())
        ));
    }
    let parts = things.len();
    let Some(thing) = things.into_iter().next() else {
        // "turn the hill into a meadow"
        if let Some(place) = english::parse(to).ok().and_then(|scene| scene.background) {
            board.remove(&subjects);
            return scenery::background(board, &place);
        }
        return Err(format!(
            "\"{to}\" names nothing that could be drawn; try \"replace the cat with a dog\""
        ));
    };
    // "a vase with flowers" is one thing in one box.
    let caption = if parts > 1 { with_article(to) } else { wording::caption(&thing) };
    for index in &subjects {
        let piece = &mut board.pieces[*index];
        // A man reading a newspaper turns into a woman reading it.
        let old = head_noun(&piece.caption).filter(|noun| is_alive(noun) && is_alive(&thing.noun));
        let tail = old.and_then(|noun| Some(piece.caption.split_once(noun.as_str())?.1.to_owned()));
        let tail = tail.filter(|tail| tail.starts_with(' ') && thing.detail.is_none());
        piece.caption = format!("{caption}{}", tail.unwrap_or_default());
        piece.bbox = shaped_like(piece.bbox, &thing.noun);
    }
    // "replace them with a computer": with one.
    let one = thing.exact && thing.count == 1 && is_pronoun(who);
    let subjects = if one { first_alone(board, subjects) } else { subjects };
    let (have, want) = (subjects.len(), thing.count as usize);
    let last = subjects.last().copied();
    board.touched = subjects;
    match last {
        Some(last) if thing.exact && want > have && want > 1 => {
            duplicate(board, &format!("object {}", last + 1), want - have)
        }
        _ => Ok(()),
    }
}

/// What becomes of objects that are told anew rather than replaced: `make it a brick house` of a house, `turn it into tea`
/// of a cup of coffee.
fn retold(
    board: &mut Board,
    who: &str,
    (to, thing): (&str, &Thing),
    subjects: &[usize],
) -> Option<Result<(), Refusal>> {
    // Of the house, whatever was spoken of last.
    let of_name = |index: &usize| head_noun(&board.pieces[*index].caption).as_ref() == Some(&thing.noun);
    let same: Vec<usize> = (0..board.pieces.len()).filter(of_name).collect();
    let plain = is_pronoun(who) && thing.detail.is_none() && !thing.attributes.is_empty();
    if let ([one], true) = (same.as_slice(), plain) {
        return Some(describe(board, &format!("object {}", one + 1), &thing.attributes.join(" ")));
    }
    let stuff = tags(&thing.noun).any(Tags::STUFF) && without_article(to) == to;
    if !stuff || !subjects.iter().all(|index| board.pieces[*index].caption.contains(" of ")) {
        return None;
    }
    rewrite(board, subjects, |caption| {
        Some(format!("{} of {}", caption.split_once(" of ")?.0, thing.phrase()))
    });
    board.touched = subjects.to_vec();
    Some(Ok(()))
}

/// Gives objects another name and leaves their boxes alone.
pub(super) fn relabel(board: &mut Board, who: &str, to: &str) -> Result<(), Refusal> {
    let subjects = find(board, who)?;
    let caption = with_article(without_article(to));
    for index in &subjects {
        board.pieces[*index].caption.clone_from(&caption);
    }
    board.touched = subjects;
    Ok(())
}

/// A box for something of this noun where another thing stood.
pub(super) fn shaped_like(bbox: BBox, noun: &str) -> BBox {
    reshaped(bbox, kind_of(noun).aspect())
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

/// The share of a growth that passes for it.
const ENOUGH: f64 = 0.5;

/// Scales objects; all of them only as far as they do not come to overlap.
pub(super) fn resize(board: &mut Board, who: &str, w: f64, h: f64) -> Result<(), Refusal> {
    let subjects = match find(board, who) {
        // What is all around has no box: a wider road is called wide.
        Err(_) if scenery::names_place(board, who) => {
            let words = match (w > 1.01, h > 1.01) {
                (true, true) => "large",
                (true, false) if h > 0.99 => "wide",
                (false, true) => "high",
                _ if w < 0.99 && h < 0.99 => "small",
                _ if w < 0.99 => "narrow",
                _ => "low",
            };
            scenery::describe_place(board, who, words);
            return Ok(());
        }
        found => found?,
    };
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
    let found =
        shares.map(|share| (share, sized(share))).find(|(_, boxes)| !limited || crossings(boxes) <= allowed);
    if found.as_ref().is_some_and(|(share, _)| *share < ENOUGH) {
        board.warnings.push(format!("there is no room to change the size of \"{who}\" as much as that"));
    }
    let found = found.map(|(_, boxes)| boxes);
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

/// What goes where a name is excluded, and whether others of its kind stay: `the left cup`.
fn named(board: &Board, part: &str) -> (Vec<usize>, bool) {
    let known = part.starts_with("the ") && find(board, part).is_ok();
    let words = if known { part.to_owned() } else { format!("all {part}") };
    let found = find(board, &words).unwrap_or_default();
    let noun = |index: &usize| head_noun(&board.pieces[*index].caption);
    let of_kind = |index: &usize| found.iter().any(|one| noun(one) == noun(index));
    let others = (0..board.pieces.len()).any(|index| of_kind(&index) && !found.contains(&index));
    (found, known && others)
}

/// Whether a word stands in a sentence rather than in the name of a thing.
fn is_of_sentence(word: &str) -> bool {
    matches!(
        word,
        "would" | "should" | "could" | "is" | "are" | "be" | "which" | "because" | "so" | "if" | "when"
    )
}

/// The objects whose captions say a word of how they look, not of what they are.
fn of_look(board: &Board, word: &str) -> Vec<usize> {
    let says = |index: &usize| {
        let caption = &board.pieces[*index].caption;
        let named = head_noun(caption).is_some_and(|noun| noun.rsplit(' ').next() == Some(word));
        !named && caption.split(' ').any(|said| said == word)
    };
    (0..board.pieces.len()).filter(says).collect()
}

/// Excludes things: they go into the negative prompt, and out of the layout.
pub(super) fn exclude(board: &mut Board, what: &str) -> Result<(), Refusal> {
    let what = what.strip_prefix("any ").unwrap_or(what);
    if scenery::remove_style(board, what)? && of_look(board, what).is_empty() {
        return Ok(());
    }
    let parts = what.split(" and ").flat_map(|part| part.split(" or ")).flat_map(|part| part.split(", "));
    let (mut gone, mut absent, mut told) = (Vec::new(), Vec::new(), Vec::new());
    for part in parts.map(|part| part.trim_start_matches("no ").trim()).filter(|part| !part.is_empty()) {
        if part.split(' ').any(is_of_sentence) {
            return Err(format!("\"{part}\" is no name of a thing to be left out"));
        }
        if is_pronoun(part) {
            let meant = find(board, part)?;
            let nouns = meant.iter().filter_map(|index| head_noun(&board.pieces[*index].caption));
            absent.extend(nouns);
            gone.extend(meant);
        } else {
            match mentioned(board, part) {
                Some((owners, noun)) => {
                    rewrite(board, &owners, |caption| detail::without(caption, &noun));
                    told.extend(owners);
                }
                None if part.starts_with("the ") && scenery::names_place(board, part) => {
                    scenery::remove_place(board);
                }
                // "no anime" of an anime girl: she stays.
                None if names_style(part) && !of_look(board, part).is_empty() => {
                    let found = of_look(board, part);
                    rewrite(board, &found, |caption| Some(denying::without(caption, part)));
                    told.extend(found);
                    board.forbid(part.to_owned());
                    continue;
                }
                None => {
                    let (found, others) = named(board, part);
                    gone.extend(found);
                    if others {
                        continue;
                    }
                }
            }
            scenery::end_weather(board, part);
            absent.push(singular(without_article(part)));
        }
    }
    for noun in absent {
        board.forbid(wording::negative(&Scene { absent: vec![noun], ..Scene::default() }));
    }
    if gone.is_empty() {
        board.touched = told;
    } else {
        board.remove(&gone);
    }
    Ok(())
}
