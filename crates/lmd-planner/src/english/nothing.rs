//! Nothing and none: words about what is not there that name nothing to be forbidden.

use super::chunk::Chunk;
use super::links::link;
use super::noun_phrase::noun_phrase;
use super::token::{Token, low};
use super::who::Who;
use crate::lexicon::{List, VerbForm, verb};

/// The length of such words at `at`, `joined` where they stand behind a joint: `nothing else`, `and nothing in between`,
/// `but none on its head`.
pub(super) fn said(tokens: &[Token], at: usize, joined: bool) -> Option<usize> {
    let word = low(tokens, at);
    if matches!(word, "nothing" | "nobody") && low(tokens, at + 1) == "else" {
        // "nothing else around", "nothing else in the picture"
        let more = link(tokens, at + 2).map_or(0, |(_, length)| {
            let end = at + 2 + length;
            let frame = noun_phrase(tokens, end).filter(|(phrase, _)| List::Frame.has(&phrase.noun));
            let end = frame.map_or(end, |(_, end)| end);
            if tokens.get(end).is_none_or(|next| !next.is_word()) { end - at - 2 } else { 0 }
        });
        return Some(2 + more);
    }
    if !matches!(word, "nothing" | "none") {
        return None;
    }
    let (_, length) = link(tokens, at + 1)?;
    let after = at + 1 + length;
    if word == "none" {
        return noun_phrase(tokens, after).filter(|_| joined).map(|(_, end)| end - at);
    }
    let it = usize::from(Who::of(low(tokens, after)).is_some());
    let end = after + it;
    tokens.get(end).is_none_or(|next| !next.is_word() || next.low == "and").then_some(end - at)
}

/// `only the king is left on the board`, `two slices left over`: that others were there once is not to be seen.
pub(super) fn left_over(tokens: &[Token], at: usize, previous: Option<&Chunk>) -> Option<usize> {
    let over = usize::from(low(tokens, at + 1) == "over");
    let next = low(tokens, at + 1 + over);
    let ends = tokens.get(at + 1 + over).is_none_or(|next| !next.is_word());
    let placed = matches!(next, "in" | "on" | "at" | "inside");
    let after = match previous {
        Some(Chunk::Be) => ends || placed,
        Some(Chunk::Np(_)) => placed || over > 0 && ends,
        _ => false,
    };
    (after && matches!(low(tokens, at), "left" | "remaining")).then_some(1 + over)
}

/// `a table with no plates, only a loaf`, `with no plates but a loaf`: what has none of the one has the other.
pub(super) fn has_instead(tokens: &[Token], at: usize, before: &[Chunk]) -> bool {
    let joined = match low(tokens, at) {
        "only" | "just" | "merely" => matches!(before.last(), Some(Chunk::Comma | Chunk::But)),
        "but" => matches!(before.last(), Some(Chunk::Np(_) | Chunk::Comma)),
        _ => false,
    };
    let sentence = || before.rsplit(|chunk| *chunk == Chunk::Stop).next().unwrap_or_default();
    let lacks = |two: &[Chunk]| matches!(two, [Chunk::Np(_) | Chunk::With | Chunk::Has, Chunk::Not]);
    let ends = |end: usize| {
        tokens.get(end).is_none_or(|next| verb(&next.low).is_none_or(|verb| verb.form != VerbForm::Third))
    };
    joined
        && sentence().windows(2).any(lacks)
        && noun_phrase(tokens, at + 1).is_some_and(|(_, end)| ends(end))
}
