//! The lexicon: everything the planner knows of English words, as data.
//!
//! | file | what it has |
//! |---|---|
//! | `nouns.txt` | nouns with what they are (`person`, `container`, `place`, …) and their usual sizes |
//! | `words.txt` | colours, adjectives, adverbs, function words and lists of grammar |
//! | `verbs.txt` | verbs by what they do, and their irregular forms |
//! | `phrases.txt` | phrases about place, number, absence, wishes, and what they mean |
//! | `style.txt` | words about the picture as a whole |
//! | `languages.txt` | little words that tell other languages |
//! | `real_words.txt` | real words that are not to be taken for slips of the pen |
//!
//! All files have one form ([`source`]); they are read at the first use of
//! each, and tests hold every line against its rules. Captions, instructions,
//! sizes and answers to questions are read with the same words.

mod kind;
mod nouns;
mod past;
mod phrases;
mod source;
mod tags;
#[cfg(test)]
mod tests;
mod verbs;
mod words;

pub use kind::Size;
pub(crate) use kind::{Class, Kind};
pub(crate) use nouns::{compound, kind_of, known_kind};
pub(crate) use past::{finite_past, is_deed, is_naming, perfect};
pub(crate) use phrases::{Phrases, Section, after, likeliest_language};
pub(crate) use source::of_section as lines;
pub(crate) use tags::Tags;
pub(crate) use verbs::{
    Role, Verb, VerbForm, base, doing, forms, is_adorning, is_aimed, is_aimed_along, is_at, is_coming_down,
    is_doing, is_filling, is_giving, is_growing, is_half_in, is_hitting, is_known_verb, is_leading,
    is_lighting, is_linking, is_meaning_to, is_of_the_living, is_on, is_participle, is_pouring, is_putting,
    is_shown, is_together, is_told_behind, is_worked, needs_object, progressive, tells_gift, third_person,
    verb,
};
pub(crate) use words::{
    List, belongs_to_wearer, comparative, compares, exact_tags, head, is_adjective, is_adverb, is_alive,
    is_colour, is_function, is_idea, mean_the_same, names_colour, noun_tags, size, superlative, tags, words,
};
