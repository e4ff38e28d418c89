//! Colours of a whole picture: `in bold colours`, `black and white`, `teal and orange`.

use super::token::{Token, low};
use crate::lexicon::{List, Tags, exact_tags, verb};

/// Whether a part says no more than `black and white`.
pub(super) fn is_monochrome(words: &[&Token]) -> bool {
    let low: Vec<&str> = words.iter().map(|token| token.low.as_str()).collect();
    matches!(low.as_slice(), ["black", "and", "white"] | ["black-and-white"])
}

/// Whether a part is no more than two colours.
pub(super) fn is_pair_of_colours(words: &[&Token]) -> bool {
    let colour = |token: &Token| exact_tags(&token.low).any(Tags::COLOUR);
    matches!(words, [one, and, other] if and.low == "and" && colour(one) && colour(other))
}

/// Whether no words hold the others together but an `and` between colours: `blue and orange palette`.
pub(super) fn only_describes(words: &[&Token]) -> bool {
    let coloured = |i: usize| words.get(i).is_some_and(|token| exact_tags(&token.low).any(Tags::COLOUR));
    words.iter().enumerate().all(|(i, token)| {
        let and = token.low == "and" && i > 0 && coloured(i - 1);
        and || !exact_tags(&token.low).any(Tags::FUNCTION)
    })
}

/// `in bold colours`, `in a muted palette`, but not `painted in bold colours`: the index after it.
pub(super) fn all_over(tokens: &[Token], at: usize) -> Option<usize> {
    let made = at.checked_sub(1).is_some_and(|before| verb(low(tokens, before)).is_some());
    let start = at + 1 + usize::from(matches!(low(tokens, at + 1), "a" | "an"));
    let says = |i: &usize| {
        let word = low(tokens, *i);
        let several = matches!(
            word,
            "different" | "various" | "several" | "same" | "similar" | "multiple" | "matching"
        );
        tokens.get(*i).is_some_and(Token::is_word) && !several && !exact_tags(word).any(Tags::FUNCTION)
    };
    let last =
        (start..tokens.len().min(start + 4)).take_while(says).find(|i| List::AllOver.has(low(tokens, *i)))?;
    (low(tokens, at) == "in" && !made && last > start).then_some(last + 1)
}
