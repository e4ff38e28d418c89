//! What `one` stands for in what is new: `a white one`.

use super::board::Board;
use super::naming::head_noun;
use super::refer::find;
use super::staging::thing_of;
use crate::lexicon::{is_adjective, is_function, names_colour};

/// `a white one` with the noun that it stands for: of what was spoken of last, of what went away last, of the one kind that
/// is there several times.
pub(super) fn with_noun(board: &Board, what: &str) -> String {
    let words: Vec<&str> = what.split(' ').collect();
    let new = words.first().is_some_and(|first| {
        matches!(*first, "a" | "an" | "another" | "some" | "more")
            || lmd_layout::parse_number_word(first).is_some()
    });
    let what = &missing(&words).map_or_else(|| what.to_owned(), |words| words.join(" "));
    let words: Vec<&str> = what.split(' ').collect();
    let says = |word: &str| {
        is_adjective(word)
            || names_colour(word)
            || matches!(word, "another" | "more")
            || lmd_layout::parse_number_word(word).is_some()
    };
    let one = |at: &usize| matches!(words[*at], "one" | "ones") && says(words[*at - 1]);
    let Some(at) = (1..words.len()).find(one).filter(|_| new) else { return what.to_owned() };
    let noun = |index: &usize| thing_of(&board.pieces[*index]).noun;
    let mut spoken: Vec<String> = board.touched.iter().map(noun).collect();
    if spoken.is_empty() {
        spoken.extend(board.gone.first().and_then(|(caption, _)| head_noun(caption)));
    }
    if spoken.is_empty() {
        spoken = find(board, "all ones").unwrap_or_default().iter().map(noun).collect();
    }
    spoken.dedup();
    let [noun] = spoken.as_slice() else { return what.to_owned() };
    let noun = if words[at] == "ones" { lmd_layout::plural(noun) } else { noun.clone() };
    [&words[..at], &[noun.as_str()], &words[at + 1..]].concat().join(" ")
}

/// `another on the tree` with its `one`, `two on the left` with `ones`.
fn missing<'a>(words: &[&'a str]) -> Option<Vec<&'a str>> {
    let (first, rest) = words.split_first()?;
    let number = lmd_layout::parse_number_word(first);
    let counted = *first == "another" || number.is_some();
    let placed = rest.first().is_some_and(|word| is_function(word) && !matches!(*word, "of" | "more"));
    let one = if number.is_none_or(|number| number == 1) { "one" } else { "ones" };
    (counted && placed).then(|| [&[*first, one], rest].concat())
}
