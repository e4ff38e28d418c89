//! Nothing and none: words about what is not there that name nothing to be forbidden.

use super::links::link;
use super::noun_phrase::noun_phrase;
use super::token::{Token, low};
use super::who::Who;
use crate::lexicon::List;

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
