//! Names of persons and places: `Sherlock Holmes`, `Dr. Watson`, `Mount Fuji`. They keep their capitals, have no plural
//! and no article.

use super::lexicon::{Tags, tags};
use super::phrase::{Determiner, NounPhrase};
use super::token::Token;

/// Words that open the name of somebody or of a place.
const TITLES: [&str; 16] = [
    "king",
    "queen",
    "prince",
    "princess",
    "lord",
    "lady",
    "sir",
    "saint",
    "captain",
    "professor",
    "doctor",
    "mount",
    "lake",
    "count",
    "emperor",
    "santa",
];

/// The name that the nouns of a phrase are, as written; `inner` where they do not open the prompt.
pub(super) fn of_noun(phrase: &NounPhrase, nouns: &[&Token], inner: bool) -> Option<String> {
    let bare =
        phrase.determiner == Determiner::None && phrase.quantity.is_none() && phrase.attributes.is_empty();
    if !bare || !nouns.iter().all(|token| token.is_capitalised() && !is_shouted(&token.text)) {
        return None;
    }
    let unknown = |token: &&&Token| tags(&token.low) == Tags::default();
    let strange = nouns.iter().filter(unknown).count();
    let titled =
        nouns.first().is_some_and(|token| token.low.ends_with('.') || TITLES.contains(&token.low.as_str()));
    let is_name = match nouns {
        // A prompt opens with a capital letter, name or not.
        [one] => inner && strange == 1 && !one.low.ends_with('.'),
        _ => strange > 0 && (titled || strange == nouns.len() || inner),
    };
    let words: Vec<&str> = nouns.iter().map(|token| token.text.as_str()).collect();
    is_name.then(|| words.join(" "))
}

/// Whether a name begins with a word of the tables: `Lake Como`, `King Kong`.
pub(super) fn opens(tokens: &[Token]) -> bool {
    let [first, second, ..] = tokens else { return false };
    let capitals = first.is_capitalised() && second.is_capitalised();
    capitals && TITLES.contains(&first.low.as_str()) && tags(&second.low) == Tags::default()
}

/// Whether a whole word is in capitals, as in prompts written so.
fn is_shouted(word: &str) -> bool {
    word.len() > 3 && !word.chars().any(char::is_lowercase)
}
