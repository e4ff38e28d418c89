//! What is said of a new thing behind it, put where it belongs: `one more
//! sheep, a black one` is `one more black sheep`.

use super::command::first_word;
use super::vocabulary::{adds, places};
use crate::english;
use crate::lexicon::{is_adjective, names_colour};

/// Ways to go on about what was just named.
const JOINTS: [&str; 8] = [
    ", but this time ",
    ", this time ",
    " but this time ",
    ", but ",
    " but ",
    ", only ",
    " this time ",
    ", ",
];
/// What may stand before what is said.
const LEADS: [&str; 12] = [
    "this time ",
    "it should be ",
    "make it ",
    "make that ",
    "that is ",
    "which is ",
    "in ",
    "with ",
    "a ",
    "an ",
    "the ",
    "painted ",
];

/// The sentence with what is said behind a new thing before its noun.
pub(super) fn joined(text: &str) -> String {
    found(text).unwrap_or_else(|| text.to_owned())
}

fn found(text: &str) -> Option<String> {
    let (at, joint) = JOINTS
        .iter()
        .filter_map(|joint| Some((text.find(joint)?, *joint)))
        .min_by_key(|(at, joint)| (*at, usize::MAX - joint.len()))?;
    let (head, tail) = (text.get(..at)?, text.get(at + joint.len()..)?);
    let first = first_word(head)?;
    let new = adds(first)
        || places(first)
        || matches!(first, "another" | "a" | "an" | "one" | "want" | "and")
        || lmd_layout::parse_number_word(first).is_some();
    let said = LEADS.iter().fold(tail, |tail, lead| tail.strip_prefix(lead).unwrap_or(tail));
    let said = said.strip_suffix(" one").or_else(|| said.strip_suffix(" ones")).unwrap_or(said);
    let of_it = |word: &str| word == "and" || names_colour(word) || is_adjective(word);
    if !new || said.is_empty() || !said.split(' ').all(of_it) {
        return None;
    }
    let who = english::relation_phrase(head).map_or_else(|| head.to_owned(), |(who, ..)| who);
    let who = if head.starts_with(&who) && !who.is_empty() { who } else { head.to_owned() };
    let noun = english::noun_phrases(&who).pop().map(|thing| thing.noun)?;
    let place = who.rfind(&noun).or_else(|| who.rfind(&lmd_layout::plural(&noun)))?;
    Some(format!("{}{said} {}", head.get(..place)?, head.get(place..)?))
}
