//! Recognising parts of a plural and comparisons in a row of words.

use super::lexicon::{Tags, exact_tags};
use super::links::reads;
use super::numbers::{Quantity, quantity};
use super::token::Token;
use crate::Region;

/// `the left one`, `the other top one`, `the second one`: one of several.
pub(super) fn one_of_several(tokens: &[Token], at: usize) -> Option<(Option<Region>, usize)> {
    let word = |i: usize| tokens.get(at + i).map_or("", |token| token.low.as_str());
    let first = usize::from(word(0) == "the");
    let region = match word(first) {
        "left" | "leftmost" => Some(Region::Left),
        "right" | "rightmost" => Some(Region::Right),
        "top" | "upper" | "topmost" | "uppermost" | "highest" => Some(Region::Top),
        "bottom" | "lower" | "lowest" | "bottommost" => Some(Region::Bottom),
        "middle" | "center" | "centre" | "central" => Some(Region::Center),
        "first" | "second" | "third" | "fourth" | "last" => None,
        _ => return None,
    };
    (word(first + 1) == "one").then_some((region, first + 2))
}

/// `the rest`, `the rest of them`, but not `the rest area`.
pub(super) fn the_rest(tokens: &[Token], at: usize) -> Option<usize> {
    let length = ["the rest of them", "the rest"].iter().find_map(|phrase| reads(tokens, at, phrase))?;
    let next = tokens.get(at + length).map_or("", |token| token.low.as_str());
    let noun = exact_tags(next).any(Tags::NOUN) && !exact_tags(next).any(Tags::COLOR);
    (!noun && next != "of").then_some(length)
}

/// `five of them`, `two of which`.
pub(super) fn so_many_of_them(tokens: &[Token], at: usize) -> Option<(Quantity, usize)> {
    let whole = matches!(tokens.get(at)?.low.as_str(), "both" | "all");
    let (quantity, length) = quantity(tokens, at).filter(|_| !whole)?;
    let end = ["of them", "of these", "of which"].iter().find_map(|of| reads(tokens, at + length, of))?;
    Some((quantity, length + end))
}

/// `much bigger than`, `twice the size of`, `as tall as`: whether it says
/// larger rather than smaller.
pub(super) fn comparison(tokens: &[Token], at: usize) -> Option<(bool, usize)> {
    let word = |i: usize| tokens.get(at + i).map_or("", |token| token.low.as_str());
    let mut i = 0;
    while matches!(
        word(i),
        "much" | "far" | "slightly" | "way" | "even" | "twice" | "times" | "almost" | "half" | "nearly"
    ) || i == 0 && word(1) == "times"
    {
        i += 1;
    }
    if let Some(length) = reads(tokens, at + i, "the size of") {
        return Some((i == 0 || word(i - 1) != "half", i + length));
    }
    if word(i) == "as" && word(i + 2) == "as" {
        let larger = matches!(word(i + 1), "big" | "large" | "tall" | "high" | "huge" | "long");
        let smaller = matches!(word(i + 1), "small" | "tiny" | "little" | "short");
        return (larger || smaller).then_some((larger, i + 3));
    }
    let larger = match word(i) {
        "bigger" | "larger" | "taller" | "higher" | "longer" | "wider" | "heavier" | "greater" => true,
        "smaller" | "shorter" | "tinier" | "thinner" | "lower" | "littler" => false,
        _ => return None,
    };
    (word(i + 1) == "than").then_some((larger, i + 2))
}

/// What is said of the noun before it in words that name no place: phrase and
/// adjective.
const POSTPOSED: [(&str, &str); 19] = [
    ("in bloom", "blooming"),
    ("in full bloom", "blooming"),
    ("in blossom", "blossoming"),
    ("in flower", "flowering"),
    ("in flight", "flying"),
    ("in mid-flight", "flying"),
    ("in motion", "moving"),
    ("in flames", "burning"),
    ("on fire", "burning"),
    ("in ruins", "ruined"),
    ("cut in half", "halved"),
    ("sliced in half", "halved"),
    ("split in half", "halved"),
    ("cut in two", "halved"),
    ("cut open", "open"),
    ("in pieces", "broken"),
    ("in disguise", "disguised"),
    ("at rest", "resting"),
    ("under construction", "unfinished"),
];

/// The adjective that a phrase at `at` stands for, with its length.
pub(super) fn postposed(tokens: &[Token], at: usize) -> Option<(&'static str, usize)> {
    let read = POSTPOSED.iter().filter_map(|(phrase, says)| Some((*says, reads(tokens, at, phrase)?)));
    read.max_by_key(|(_, length)| *length)
}
