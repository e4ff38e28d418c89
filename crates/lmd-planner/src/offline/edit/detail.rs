//! What stands in the caption of something else: the hat of `a woman in a red
//! hat`, the tea of `a cup of tea`.

use lmd_layout::{singular, with_article};

use super::attribute::described;
use super::board::Board;
use super::naming::{head_noun, without_owner};
use super::refer::find;
use crate::lexicon::progressive;

/// Words that a part of a caption begins with.
const JOINTS: [&str; 9] = ["with", "in", "wearing", "holding", "of", "and", "on", "carrying", "under"];

/// A part of a caption: from its joint to its end, and where its noun is.
struct Part<'a> {
    words: Vec<&'a str>,
    joint: usize,
    noun: usize,
    end: usize,
}

/// The objects whose captions only mention what the words name, and its noun.
pub(super) fn mentioned(board: &Board, who: &str) -> Option<(Vec<usize>, String)> {
    let noun = singular(without_owner(who).rsplit(' ').next()?);
    let found = find(board, who).ok()?;
    let said: Vec<String> = who.split(' ').map(singular).collect();
    let only = |index: &usize| {
        let caption = &board.pieces[*index].caption;
        let head = head_noun(caption).unwrap_or_default();
        let head = head.split(" of ").next().unwrap_or_default();
        let head = singular(head.rsplit(' ').next().unwrap_or_default());
        !said.contains(&head) && part(caption, &noun).is_some()
    };
    (!found.is_empty() && found.iter().all(only)).then_some((found, noun))
}

fn part<'a>(caption: &'a str, noun: &str) -> Option<Part<'a>> {
    let words: Vec<&str> = caption.split(' ').collect();
    let at = words.iter().rposition(|word| singular(word.trim_matches(',')) == noun)?;
    // "reading a newspaper"
    let joins = |index: &usize| {
        let word = words[*index];
        let pair = word == "of" && index.checked_sub(1).is_some_and(|before| words[before] == "pair");
        !pair && (JOINTS.contains(&word) || word.ends_with("ing") && progressive(word).is_some())
    };
    let joint = (1..at).rev().find(joins)?;
    let end = (at + 1..words.len()).find(joins).unwrap_or(words.len());
    Some(Part { words, joint, noun: at, end })
}

/// A caption without what it says of `noun`.
pub(super) fn without(caption: &str, noun: &str) -> Option<String> {
    let Part { words, joint, end, .. } = part(caption, noun)?;
    // "with a hat and a pipe": the first joint stays for the second part.
    let follows = words.get(end) == Some(&"and");
    let kept = if follows && words[joint] != "and" { joint + 1 } else { joint };
    let rest = if follows && words[joint] != "and" { end + 1 } else { end };
    Some([&words[..kept], &words[rest..]].concat().join(" "))
}

/// A caption with something else in the place of `noun` and its attributes.
pub(super) fn replaced(caption: &str, noun: &str, to: &str) -> Option<String> {
    let Part { words, joint, noun, .. } = part(caption, noun)?;
    let article =
        matches!(words[joint + 1], "a" | "an") && !matches!(to.split(' ').next(), Some("a" | "an" | "the"));
    let to = if article { with_article(to) } else { to.to_owned() };
    Some([&words[..=joint], &[to.as_str()], &words[noun + 1..]].concat().join(" "))
}

/// A caption with an attribute put to `noun`.
pub(super) fn told_of(caption: &str, noun: &str, attribute: &str) -> Option<String> {
    let Part { words, joint, noun, .. } = part(caption, noun)?;
    let phrase = described(&words[joint + 1..=noun].join(" "), attribute);
    Some([&words[..=joint], &[phrase.as_str()], &words[noun + 1..]].concat().join(" "))
}
