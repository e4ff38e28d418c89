//! Recognising parts of a plural and comparisons in a row of words.

use std::sync::LazyLock;

use super::links::{place_word, reads};
use super::numbers::{Quantity, quantity};
use super::token::{Token, low};
use crate::Region;
use crate::lexicon::{Phrases, Section, Tags, compares, exact_tags};

/// Which of several is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pick {
    /// `the left one`.
    At(Region),
    /// `the second one`, from 1.
    Nth(u32),
    Last,
}

impl Pick {
    /// Which of several `word` picks.
    pub(super) fn of(word: &str) -> Option<Self> {
        let nth =
            ["first", "second", "third", "fourth", "fifth", "sixth"].iter().position(|nth| *nth == word);
        match (place_word(word), nth, word) {
            (Some(region), ..) => Some(Self::At(region)),
            (_, Some(before), _) => u32::try_from(before + 1).ok().map(Self::Nth),
            (.., "highest") => Some(Self::At(Region::Top)),
            (.., "last" | "final") => Some(Self::Last),
            _ => None,
        }
    }
}

/// `the left one`, `the other top one`, `the second one`: one of several.
pub(super) fn one_of_several(tokens: &[Token], at: usize) -> Option<(Pick, usize)> {
    let word = |i: usize| low(tokens, at + i);
    let first = usize::from(word(0) == "the");
    let pick = Pick::of(word(first))?;
    (word(first + 1) == "one").then_some((pick, first + 2))
}

/// `the rest`, `the rest of them`, but not `the rest area`.
pub(super) fn the_rest(tokens: &[Token], at: usize) -> Option<usize> {
    let length = ["the rest of them", "the rest"].iter().find_map(|phrase| reads(tokens, at, phrase))?;
    let next = low(tokens, at + length);
    let noun = exact_tags(next).any(Tags::NOUN) && !exact_tags(next).any(Tags::COLOUR);
    (!noun && next != "of").then_some(length)
}

/// `between the two`: those two, as no noun follows.
pub(super) fn the_two(tokens: &[Token], at: usize) -> bool {
    let alone = |next: &Token| !next.is_word() || matches!(next.low.as_str(), "and" | "is");
    matches!(low(tokens, at), "the" | "these" | "those")
        && low(tokens, at + 1) == "two"
        && tokens.get(at + 2).is_none_or(alone)
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
    let word = |i: usize| low(tokens, at + i);
    let mut i = usize::from(matches!(word(0), "is" | "are") && word(1) == "not");
    while matches!(
        word(i),
        "not"
            | "quite"
            | "much"
            | "far"
            | "slightly"
            | "way"
            | "even"
            | "twice"
            | "times"
            | "almost"
            | "half"
            | "nearly"
    ) || i == 0 && word(1) == "times"
    {
        i += 1;
    }
    let measures = ["the size of", "the height of", "the length of", "the width of"];
    let measured = measures.iter().find_map(|phrase| reads(tokens, at + i, phrase)).filter(|_| i > 0);
    if let Some(length) = measured.or_else(|| reads(tokens, at + i, "the size of")) {
        return Some((i == 0 || word(i - 1) != "half", i + length));
    }
    if is_alike(tokens, at + i) {
        // "half as tall as", "not as tall as"
        let less = i > 0 && matches!(word(i - 1), "half" | "not" | "quite" | "nearly");
        let larger = matches!(word(i + 1), "big" | "large" | "tall" | "high" | "huge" | "long");
        let smaller = matches!(word(i + 1), "small" | "tiny" | "little" | "short");
        return (larger || smaller).then_some((larger != less, i + 3));
    }
    let larger = match word(i) {
        "bigger" | "larger" | "taller" | "higher" | "longer" | "wider" | "heavier" | "greater" => true,
        "smaller" | "shorter" | "tinier" | "thinner" | "lower" | "littler" => false,
        _ => return None,
    };
    (word(i + 1) == "than").then_some((larger, i + 2))
}

/// `as tall as`: the comparison says that both are alike.
pub(super) fn is_alike(tokens: &[Token], at: usize) -> bool {
    low(tokens, at) == "as" && low(tokens, at + 2) == "as"
}

/// `younger than the girls`: the length of a comparison that says nothing of size.
pub(super) fn graded(tokens: &[Token], at: usize) -> Option<usize> {
    (compares(low(tokens, at)) && low(tokens, at + 1) == "than").then_some(2)
}

static POSTPOSED: LazyLock<Phrases<&str>> =
    LazyLock::new(|| Phrases::new(Section::Postposed, |_, says| Some(says)));

/// The adjective that a phrase at `at` stands for, with its length.
pub(super) fn postposed(tokens: &[Token], at: usize) -> Option<(&'static str, usize)> {
    POSTPOSED.longest(|ahead| low(tokens, at + ahead)).map(|(says, length)| (*says, length))
}
