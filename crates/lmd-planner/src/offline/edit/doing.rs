//! The words of doing: `the knight ride the horse`, `the fox should look at the
//! owl`, `the knight is holding a lance`.

use super::command::{Command, first_word};
use super::moving::movement;
use super::vocabulary::{is_imperative, is_motion};
use crate::lexicon::{Tags, exact_tags, known_kind, progressive};

/// `the knight ride the horse`, `the fox chase the owl`: who, and what doing.
pub(super) fn acted(rest: &str) -> Option<Command> {
    let words: Vec<&str> = rest.split(' ').collect();
    let pronoun = matches!(words.first(), Some(&("it" | "them" | "him" | "her")));
    for at in (if pronoun { 1 } else { 2 })..words.len() {
        let Some(doing) = progressive(words[at]) else { continue };
        // "the light blue": what follows a verb is a thing or where it is.
        let next = words.get(at + 1);
        let only_verb = !exact_tags(words[at]).any(Tags::NOUN.and(Tags::ADJECTIVE));
        let follows = next.is_none_or(|word| {
            lmd_layout::is_plural(word)
                || (only_verb || pronoun && at == 1) && known_kind(word).is_some()
                || matches!(
                    *word,
                    "the"
                        | "a"
                        | "an"
                        | "at"
                        | "on"
                        | "in"
                        | "over"
                        | "to"
                        | "into"
                        | "up"
                        | "with"
                        | "some"
                        | "its"
                        | "his"
                        | "her"
                        | "their"
                        | "towards"
                        | "through"
                        | "two"
                        | "three"
                        | "each"
                        | "another"
                        | "under"
                        | "from"
                )
        });
        if follows && next.is_some() {
            let doing = [&[doing.as_str()], &words[at + 1..]].concat().join(" ");
            return Some(Command::Happen { who: words[..at].join(" "), doing });
        }
    }
    None
}

/// What is said of somebody in a whole sentence: `the knight should hold a
/// lance`, `the knight is riding the horse`, `the knight rides the horse`.
pub(super) fn said_of(text: &str) -> Option<Command> {
    ordered(text).or_else(|| going_on(text)).or_else(|| usual(text))
}

/// `the taxi should drive to the right`, `the dog must bark`.
fn ordered(text: &str) -> Option<Command> {
    let modals =
        [" is to ", " are to ", " should ", " must ", " has to ", " have to ", " needs to ", " ought to "];
    let (who, rest) = modals.iter().find_map(|modal| text.split_once(modal))?;
    let (verb, what) = rest.split_once(' ').unwrap_or((rest, ""));
    if is_motion(verb) || matches!(verb, "go" | "come" | "move") {
        let moved = movement("move", format!("{who} {what}").trim_end()).filter(|_| !what.is_empty());
        if moved.is_some() {
            return moved;
        }
    }
    let state = matches!(
        verb,
        "be" | "have"
            | "get"
            | "become"
            | "not"
            | "stay"
            | "sit"
            | "stand"
            | "lie"
            | "rest"
            | "hover"
            | "float"
            | "lean"
            | "go"
    );
    let looks = verb == "look"
        && !["at ", "to ", "up", "down", "away", "into ", "out "].iter().any(|word| what.starts_with(word));
    if state || looks || is_imperative(verb) {
        return None;
    }
    let doing = progressive(verb)?;
    if what.is_empty() {
        return Some(Command::Describe { who: who.to_owned(), words: doing });
    }
    acted(&format!("{who} {verb} {what}")).or_else(|| {
        // "wear sunglasses", "face left"
        Some(Command::Happen { who: who.to_owned(), doing: format!("{doing} {what}") })
    })
}

/// `the knight is holding a lance`.
fn going_on(text: &str) -> Option<Command> {
    let (who, doing) =
        [" should be ", " must be ", " is ", " are "].iter().find_map(|verb| text.split_once(verb))?;
    let first = first_word(doing)?;
    let acts = first.ends_with("ing") && progressive(first).is_some() && doing.contains(' ');
    acts.then(|| Command::Happen { who: who.to_owned(), doing: doing.to_owned() })
}

/// `the knight rides the horse`.
fn usual(text: &str) -> Option<Command> {
    let words: Vec<&str> = text.split(' ').collect();
    let at = (2..words.len().saturating_sub(1))
        .find(|at| words[*at].ends_with('s') && progressive(words[*at]).is_some())?;
    let known = matches!(words[0], "the" | "my") && matches!(words[at + 1], "the" | "a" | "an");
    let told = format!("{} {}", words[..at].join(" "), words[at..].join(" "));
    known.then(|| acted(&told)).flatten()
}
