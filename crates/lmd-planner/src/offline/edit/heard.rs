//! Whether what an instruction names came of it: a colour or a new thing that
//! neither the old layout nor the new one knows was not heard.

use lmd_layout::{Layout, singular};

use super::naming::without_article;
use super::picking::pick_word;
use super::vocabulary::{comparative as size_change, is_verb, mood};
use crate::english;
use crate::lexicon::{
    List, Tags, comparative, is_adjective, is_function, is_known_verb, known_kind, mean_the_same,
    names_colour, tags,
};

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
        let lead = said.iter().take(at).rev().find(|word| !is_adjective(word));
        let article = lead.is_some_and(|word| matches!(word.as_str(), "a" | "an" | "another"));
        let thing = known_kind(&said[at]).is_some()
            && !tags(&said[at]).any(Tags::PART.and(Tags::TIME).and(Tags::PLACE));
        // "a table lamp": the noun is the last.
        let last = said.get(at + 1).is_none_or(|next| known_kind(next).is_none());
        // "give him a friend" brings another of his kind.
        let like = ["friend", "companion", "buddy", "mate", "playmate", "twin"].contains(&said[at].as_str())
            && after.objects().len() > before.objects().len();
        article && thing && last && !like && !List::About.has(&said[at])
    };
    // What is said of something: its look, not its size or place, which the boxes show.
    let look = |word: &str| {
        is_adjective(word)
            && !List::Shown.has(word)
            && comparative(word).is_none()
            && size_change(word).is_none()
            && english::place_word(word).is_none()
            && mood(word, word).is_none()
            && !List::Medium.has(word)
            && !is_verb(word)
            && !is_known_verb(word)
            && pick_word(word).is_none()
            && !is_function(word)
            && known_kind(word).is_none()
    };
    let mut unheard: Vec<String> = Vec::new();
    for (at, word) in said.iter().enumerate() {
        // "green, not red": what is denied is not to come.
        let denied = said[at.saturating_sub(3)..at]
            .iter()
            .any(|word| matches!(word.as_str(), "not" | "instead" | "no"));
        let way = at.checked_sub(1).is_some_and(|before| said[before] == "way");
        let denied = denied || way;
        if ((names_colour(word) || look(word)) && !denied || new(at))
            && !is_known(word)
            && !unheard.contains(word)
        {
            unheard.push(word.clone());
        }
    }
    unheard
}

/// What is newly left out and the background names all the same.
pub(super) fn still_shown(before: &Layout, after: &Layout) -> Vec<String> {
    let place = words(after.background());
    let terms = |layout: &Layout| {
        let terms = layout.negative().split(',').map(|term| singular(term.trim())).collect::<Vec<_>>();
        terms.into_iter().filter(|term| !term.is_empty()).collect::<Vec<_>>()
    };
    let known = terms(before);
    terms(after).into_iter().filter(|term| !known.contains(term) && place.contains(term)).collect()
}

/// What new or changed captions say that is likely no word for what is to be seen: numbers, little words and comparatives
/// before a noun, and nouns that name no thing.
pub(super) fn doubtful(before: &Layout, after: &Layout) -> Vec<String> {
    const ODD: &str =
        "missing other same different extra additional few least only else here there somewhere";
    let old: Vec<&str> = before.objects().iter().map(|object| object.caption.as_str()).collect();
    let known: Vec<String> = old.iter().flat_map(|caption| words(caption)).collect();
    let mut told = Vec::new();
    for object in after.objects().iter().filter(|object| !old.contains(&object.caption.as_str())) {
        let caption = object.caption.as_str();
        let Some(thing) = english::noun_phrases(caption).into_iter().next() else { continue };
        let bare = without_article(caption);
        let front = bare.split(&thing.noun).next().unwrap_or_default();
        let odd = |word: &&str| {
            let little = is_function(word) && !matches!(*word, "and" | "of" | "with");
            little
                || lmd_layout::parse_number_word(word).is_some()
                || comparative(word).is_some()
                || ODD.split(' ').any(|odd| odd == *word)
        };
        let idea = known_kind(&thing.noun).is_none() && tags(&thing.noun).any(Tags::ABSTRACT.and(Tags::PART));
        let said = front.split(' ').filter(|word| !word.is_empty()).find(odd).map(str::to_owned);
        let measure =
            || List::About.has(&thing.noun) && known_kind(&thing.noun).is_none() || odd(&thing.noun.as_str());
        if let Some(word) = said.or_else(|| (idea || measure()).then(|| thing.noun.clone()))
            && !told.contains(&word)
            && !known.contains(&word)
        {
            told.push(word);
        }
    }
    told
}

/// The words of a text in lower case and in the singular.
fn words(text: &str) -> Vec<String> {
    let lower = text.to_lowercase();
    let words = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(singular).collect()
}
