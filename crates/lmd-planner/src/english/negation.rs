//! Ways to say that something is not there.

use std::sync::LazyLock;

use super::links::reads;
use super::numbers;
use super::token::{Token, low};
use crate::lexicon::{Phrases, Section, is_function};

static NEGATIONS: LazyLock<Phrases<()>> = LazyLock::new(|| Phrases::new(Section::Negations, |_, _| Some(())));

/// The length of the denial at `at`.
pub(super) fn negation(tokens: &[Token], at: usize) -> Option<usize> {
    // "no more than two" bounds a number.
    if numbers::bound(tokens, at).is_some() {
        return None;
    }
    let (_, longest) = NEGATIONS.longest(|ahead| low(tokens, at + ahead))?;
    // "with no fewer than four lemons"
    if (1..longest).any(|inner| numbers::bound(tokens, at + inner).is_some()) {
        return None;
    }
    // Articles belong to the noun phrase, and "is not" needs a noun after it.
    let any = usize::from(reads(tokens, at + longest, "any").is_some());
    Some(longest + any)
}

/// Whether the noun phrase before `at` ends there, whatever words follow: a denial or `full of`.
pub(super) fn ends_phrase(tokens: &[Token], at: usize) -> bool {
    let full =
        ["half full of", "half filled with", "half-full of", "half-filled with", "full of", "filled with"];
    tokens.get(at).is_some_and(|token| !is_function(&token.low))
        && (negation(tokens, at).is_some() || full.iter().any(|phrase| reads(tokens, at, phrase).is_some()))
}
