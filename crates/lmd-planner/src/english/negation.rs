//! Ways to say that something is not there.

use super::lexicon;
use super::links::reads;
use super::token::Token;

/// Ways to say that something is not there.
const NEGATIONS: [&str; 55] = [
    "without any sign of",
    "without a single",
    "without any",
    "without",
    "with no",
    "with absolutely no",
    "with not a single",
    "but no",
    "and no",
    "no",
    "not any",
    "not a",
    "not an",
    "not a single",
    "free of",
    "free from",
    "devoid of",
    "empty of",
    "lacking",
    "lacks",
    "excluding",
    "minus",
    "no sign of",
    "instead of",
    "rather than",
    "in place of",
    "never any",
    "there is not",
    "there are not",
    "there should not be",
    "there must not be",
    "do not include",
    "do not add",
    "do not draw",
    "do not show",
    "do not put",
    "not include",
    "not including",
    "not containing",
    "do not want",
    "does not contain",
    "does not include",
    "neither",
    "does not have",
    "do not have",
    "is not",
    "are not",
    "must not contain",
    "should not contain",
    "should not have",
    "must not have",
    "avoid",
    "exclude",
    "nor",
    "no more",
];

/// The length of the denial at `at`.
pub(super) fn negation(tokens: &[Token], at: usize) -> Option<usize> {
    // "no more than two" bounds a number.
    if reads(tokens, at, "no more than").is_some() {
        return None;
    }
    let longest = NEGATIONS.iter().filter_map(|phrase| reads(tokens, at, phrase)).max()?;
    // Articles belong to the noun phrase, and "is not" needs a noun after it.
    let any = usize::from(reads(tokens, at + longest, "any").is_some());
    Some(longest + any)
}

/// Whether the noun phrase before `at` ends there, whatever words follow: a denial or `full of`.
pub(super) fn ends_phrase(tokens: &[Token], at: usize) -> bool {
    let full =
        ["half full of", "half filled with", "half-full of", "half-filled with", "full of", "filled with"];
    tokens.get(at).is_some_and(|token| !lexicon::is_function(&token.low))
        && (negation(tokens, at).is_some() || full.iter().any(|phrase| reads(tokens, at, phrase).is_some()))
}
