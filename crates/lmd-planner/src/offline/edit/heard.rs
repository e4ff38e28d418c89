//! Whether what an instruction names came of it: a colour or a new thing that
//! neither the old layout nor the new one knows was not heard.

use lmd_layout::{Layout, singular};

use crate::lexicon::{Tags, is_adjective, known_kind, mean_the_same, names_colour, tags};

/// Nouns that are said of places and amounts.
const ABOUT: &str = "row circle line column stack pile ring picture scene bit lot little photo image side group pair couple few second third half quarter hand foot place spot corner way distance gap step size center centre middle";

/// The colours of `instruction`, and the things that it calls new (`a hat`), of
/// which neither layout says anything.
pub(super) fn unheard(instruction: &str, before: &Layout, after: &Layout) -> Vec<String> {
    let texts = [before, after].into_iter().flat_map(|layout| {
        let captions = layout.objects().iter().map(|object| object.caption.to_string());
        captions.chain([layout.background().to_owned(), layout.negative().to_owned()])
    });
    let known: Vec<String> = texts.flat_map(|text| words(&text)).collect();
    let said = words(instruction);
    let is_known = |word: &str| {
        known.iter().any(|known| known == word || known.ends_with(word) || mean_the_same(known, word))
    };
    let new = |at: usize| {
        let before = said.iter().take(at).rev().find(|word| !is_adjective(word));
        let article = before.is_some_and(|word| matches!(word.as_str(), "a" | "an" | "another"));
        let thing = known_kind(&said[at]).is_some()
            && !tags(&said[at]).any(Tags::PART.and(Tags::TIME).and(Tags::PLACE));
        // "a table lamp": the noun is the last.
        let last = said.get(at + 1).is_none_or(|next| known_kind(next).is_none());
        article && thing && last && !ABOUT.split(' ').any(|word| word == said[at])
    };
    let mut unheard: Vec<String> = Vec::new();
    for (at, word) in said.iter().enumerate() {
        // "green, not red": what is denied is not to come.
        let denied = said[at.saturating_sub(3)..at]
            .iter()
            .any(|word| matches!(word.as_str(), "not" | "instead" | "no"));
        if (names_colour(word) && !denied || new(at)) && !is_known(word) && !unheard.contains(word) {
            unheard.push(word.clone());
        }
    }
    unheard
}

/// The words of a text in lower case and in the singular.
fn words(text: &str) -> Vec<String> {
    let lower = text.to_lowercase();
    let words = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(singular).collect()
}
