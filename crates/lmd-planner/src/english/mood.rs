//! What is said of the whole scene: `it is raining`.

use std::sync::LazyLock;

use super::links::reads;
use super::token::{Token, low};
use crate::lexicon::{Phrases, Section, is_function};

static MOODS: LazyLock<Phrases<&str>> = LazyLock::new(|| Phrases::new(Section::Moods, |_, says| Some(says)));

/// `outside it is raining`, `it is night`: a sentence about the whole scene.
pub(super) fn weather(tokens: &[Token], at: usize) -> Option<(&'static str, usize)> {
    let outside = usize::from(matches!(low(tokens, at), "outside" | "outdoors"));
    let it = at + outside;
    let is = reads(tokens, it, "it is").or_else(|| reads(tokens, it, "it was"))?;
    let degree = usize::from(matches!(low(tokens, it + is), "very" | "already" | "still" | "heavily"));
    let start = it + is + degree;
    let (says, length) = MOODS.longest(|ahead| low(tokens, start + ahead))?;
    let end = start + length;
    tokens.get(end).is_none_or(|next| !next.is_word() || is_function(&next.low)).then_some((*says, end - at))
}
