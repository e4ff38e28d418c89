//! Ways to speak that are put plainly before the sentence is cut: `has taken off his hat`, `my brother and I`.

use super::token::{Token, low};
use crate::lexicon::{Tags, exact_tags, is_adverb, is_function, perfect};

/// `tokens` with what somebody has done as what he does, and whoever speaks as somebody.
pub(super) fn plainly(tokens: &[Token]) -> Vec<Token> {
    let mut plain: Vec<Token> = Vec::with_capacity(tokens.len());
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        if let Some((doing, length)) = has_done(tokens, at) {
            plain.push(Token::new(&doing));
            at += length;
        } else if speaks(tokens, at) {
            plain.extend(["a", "person"].map(Token::new));
            at += 1;
        } else {
            plain.push(token.clone());
            at += 1;
        }
    }
    plain
}

/// `has just caught a fish`: catching, with the length; but not `has painted nails`.
fn has_done(tokens: &[Token], at: usize) -> Option<(String, usize)> {
    let has = matches!(low(tokens, at), "has" | "have" | "had" | "having");
    let adverb = |i: &usize| is_adverb(low(tokens, *i)) || low(tokens, *i) == "already";
    let end = (at + 1..tokens.len()).find(|i| !adverb(i)).filter(|_| has)?;
    let doing = perfect(low(tokens, end))?;
    let next = tokens.get(end + 1);
    let ends = next.is_none_or(|next| {
        let asleep = matches!(next.low.as_str(), "asleep" | "awake" | "open");
        !next.is_word() || is_function(&next.low) && next.low != "and" || asleep
    });
    (ends && !matches!(doing.as_str(), "losing" | "getting")).then_some((doing, end + 1 - at))
}

/// `my brother and I are …`, `me and my dog`: whoever speaks is somebody.
fn speaks(tokens: &[Token], at: usize) -> bool {
    let before = at.checked_sub(1).map_or("", |before| low(tokens, before));
    let named = at.checked_sub(2).is_some_and(|noun| exact_tags(low(tokens, noun)).any(Tags::NOUN));
    match low(tokens, at) {
        "i" | "me" if before == "and" && named => !matches!(low(tokens, at + 1), "want" | "would" | "need"),
        "me" => {
            low(tokens, at + 1) == "and"
                && matches!(low(tokens, at + 2), "my" | "a" | "the")
                && before.is_empty()
        }
        _ => false,
    }
}
