//! Names of persons and places: `Sherlock Holmes`, `Dr. Watson`, `Mount Fuji`. They keep their capitals, have no plural
//! and no article.

use super::phrase::NounPhrase;
use super::token::Token;
use crate::lexicon::{List, tags};

/// Words that open the name of somebody or of a place.
const TITLES: [&str; 24] = [
    "mr",
    "mrs",
    "ms",
    "miss",
    "dr",
    "uncle",
    "aunt",
    "prof",
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
    let bare = phrase.is_bare() && phrase.attributes.is_empty();
    if !bare || !nouns.iter().all(|token| token.is_capitalised() && !is_shouted(&token.text)) {
        return None;
    }
    let unknown = |token: &&&Token| tags(&token.low).is_unknown();
    let strange = nouns.iter().filter(unknown).count();
    let titled =
        nouns.first().is_some_and(|token| token.low.ends_with('.') || TITLES.contains(&token.low.as_str()));
    let titled = titled || nouns.first().is_some_and(|token| is_first_name(&token.low));
    let is_name = match nouns {
        // A prompt opens with a capital letter, name or not.
        [one] => {
            (inner && strange == 1
                || is_first_name(&one.low)
                || one.low.contains(' ') && is_persons(&one.low))
                && !one.low.ends_with('.')
        }
        _ => strange > 0 && (titled || strange == nouns.len() || inner),
    };
    let words: Vec<&str> = nouns.iter().map(|token| token.text.as_str()).collect();
    is_name.then(|| words.join(" "))
}

/// Whether a name begins with a word of the tables: `Lake Como`, `King Kong`.
pub(super) fn opens(tokens: &[Token]) -> bool {
    let [first, second, ..] = tokens else { return false };
    let capitals = first.is_capitalised() && second.is_capitalised();
    capitals && TITLES.contains(&first.low.as_str()) && tags(&second.low).is_unknown()
}

/// `Mrs Brown`, whatever the name means otherwise.
pub(super) fn titled(tokens: &[Token], at: usize) -> Option<Token> {
    const BEFORE_NAMES: [&str; 6] = ["Mr", "Mrs", "Ms", "Miss", "Dr", "Prof"];
    let (title, name) = (tokens.get(at)?, tokens.get(at + 1)?);
    let stands = BEFORE_NAMES.contains(&title.text.as_str()) && name.is_word() && name.is_capitalised();
    stands.then(|| Token::new(&format!("{} {}", title.text, name.text)))
}

/// Whether a word in lower case is a first name.
fn is_first_name(low: &str) -> bool {
    List::FemaleName.has(low) || List::MaleName.has(low)
}

/// Whether a name as it is written is that of a person: it opens with a first name or a title.
pub(super) fn is_persons(name: &str) -> bool {
    let first = name.split(' ').next().unwrap_or_default().to_lowercase();
    let land = matches!(first.as_str(), "mount" | "lake" | "saint");
    is_first_name(&first) || first.ends_with('.') || !land && TITLES.contains(&first.as_str())
}

/// Whether a whole word is in capitals, as in prompts written so.
fn is_shouted(word: &str) -> bool {
    // "R2-D2" is written so.
    word.len() > 3 && !word.chars().any(|c| c.is_lowercase() || c.is_ascii_digit())
}

/// The names in `tokens` as they are written, for captions: words with capitals, with those of
/// their neighbours (`MacBook Air`). None where capitals say nothing, as in titles.
pub(super) fn written(tokens: &[Token]) -> Vec<String> {
    let words = || tokens.iter().filter(|token| token.is_word());
    let capitals = words().filter(|token| token.has_capital()).count();
    if 2 * capitals > words().count() {
        return Vec::new();
    }
    let opens =
        |at: usize| at.checked_sub(1).and_then(|before| tokens.get(before)).is_none_or(|t| t.low == ".");
    let inner = |token: &Token| token.text.chars().skip(1).any(char::is_uppercase);
    let named = |at: usize| {
        tokens.get(at).is_some_and(|token| {
            let numbered = token.low.starts_with(|c: char| c.is_ascii_digit());
            let capital = token.is_word() && token.has_capital() && !is_shouted(&token.text) && !numbered;
            capital && (!opens(at) || inner(token))
        })
    };
    let mut names: Vec<String> = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let length = (at..tokens.len()).take_while(|i| named(*i)).count();
        let run = tokens.get(at..at + length).unwrap_or_default();
        names.extend((!run.is_empty()).then(|| super::token::text_of(run)));
        at += length.max(1);
    }
    names
}
