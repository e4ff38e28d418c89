//! Adjectives and participles that speak of what stands before them: no noun follows them.

use super::links::link;
use super::token::{Token, low};
use crate::lexicon::{Tags, Verb, VerbForm, exact_tags, is_adjective, is_adverb, is_function, tags, verb};

/// `a pizza cut into slices`: some participles look like the verb itself.
pub(super) fn as_participle(tokens: &[Token], at: usize, verb: Verb) -> Verb {
    let alike = matches!(low(tokens, at), "cut" | "split" | "spread" | "set" | "put");
    let led = matches!(low(tokens, at + 1), "into" | "in" | "by" | "with" | "on");
    if alike && verb.form == VerbForm::Base && led {
        return Verb { attribute: low(tokens, at).to_owned(), form: VerbForm::Past, ..verb };
    }
    verb
}

/// `is not brown`: adjectives alone after the denial.
pub(super) fn follows_is_not(tokens: &[Token], at: usize) -> bool {
    let word = |back: usize| at.checked_sub(back).and_then(|i| tokens.get(i)).map(|token| token.low.as_str());
    // "a coat not black"
    let of_noun = word(2).is_some_and(|noun| tags(noun).any(Tags::NOUN) && !is_function(noun));
    let denies =
        word(1) == Some("not") && (of_noun || matches!(word(2), Some("is" | "are" | "was" | "were")));
    denies && adjectives_alone(tokens, at)
}

/// Whether no noun follows the adjectives at `at`: `black hanging on a hook`.
pub(super) fn adjectives_alone(tokens: &[Token], at: usize) -> bool {
    adjectives(tokens, at).is_some_and(|(_, length)| {
        tokens.get(at + length).is_none_or(|next| {
            !next.is_word() || is_function(&next.low) || acts_somewhere(tokens, at + length)
        })
    })
}

/// Whether a participle with its place begins at `at`: `parked in front of a house`.
fn acts_somewhere(tokens: &[Token], at: usize) -> bool {
    let does = verb(low(tokens, at)).is_some_and(|verb| matches!(verb.form, VerbForm::Ing | VerbForm::Past));
    does && link(tokens, at + 1).is_some()
}

/// The adjectives at `at` that no noun follows, each with its adverb, and how many words they are.
pub(super) fn adjectives(tokens: &[Token], at: usize) -> Option<(Vec<String>, usize)> {
    let mut found = Vec::new();
    let mut adverb = Vec::new();
    let mut i = at;
    while let Some(token) = tokens.get(i) {
        let low = token.low.clone();
        let joined = i > at && tokens.get(i - 1).is_some_and(|before| before.low == "and");
        if !found.is_empty() && !joined && acts_somewhere(tokens, i) {
            break;
        }
        if exact_tags(&low).any(Tags::SHADE) || is_adverb(&low) {
            adverb.push(low);
        } else if is_adjective(&low) {
            adverb.push(low);
            let says = std::mem::take(&mut adverb).join(" ");
            // "purple and teal" is one way to look.
            match found.last_mut().filter(|last: &&mut String| joined && is_colour(last) && is_colour(&says))
            {
                Some(last) => *last = format!("{last} and {says}"),
                None => found.push(says),
            }
        } else if !(low == "and"
            && !found.is_empty()
            && tokens.get(i + 1).is_some_and(|t| {
                is_adjective(&t.low) && tokens.get(i + 2).is_none_or(|t| !t.is_word() || is_function(&t.low))
            }))
        {
            break;
        }
        i += 1;
    }
    found.extend(
        (!adverb.is_empty() && exact_tags(&adverb.join(" ")).any(Tags::SHADE)).then(|| adverb.join(" ")),
    );
    (!found.is_empty()).then_some((found, i - at))
}

/// Whether an adjective with its shade is a colour.
fn is_colour(says: &str) -> bool {
    exact_tags(says.rsplit(' ').next().unwrap_or(says)).any(Tags::COLOUR)
}
