//! The words of giving, dressing and taking apart: `give the man a hat`, `dress
//! the boy in red`, `separate the cat from the dog`.

use super::command::{Command, first_word, named, two_parts};
use crate::RelationKind;
use crate::lexicon::{List, belongs_to_wearer, is_colour};

/// `the boy in red`, `her in a blue coat`.
pub(super) fn dressed(rest: &str) -> Option<Command> {
    let (who, what) = two_parts(rest, &[" in ", " with ", " up as ", " as "])?;
    let worn = matches!(first_word(&what), Some("a" | "an" | "his" | "her"));
    let words = if worn { format!("wearing {what}") } else { format!("dressed in {what}") };
    Some(Command::Describe { who, words })
}

/// `them`, `the cat and the dog`, `the cat from the dog`.
pub(super) fn apart(rest: &str) -> Option<Command> {
    let rest = rest.strip_suffix(" from each other").unwrap_or(rest);
    match two_parts(rest, &[" from "]) {
        Some((who, anchor)) => Some(Command::Approach { who, anchor, factor: 1.6 }),
        None => Some(Command::Gather { who: named(rest), factor: 1.5 }),
    }
}

/// Whether words point at something that is there.
fn points(who: &str) -> bool {
    let known = ["the", "it", "them", "that", "this", "his", "her", "their", "both"];
    first_word(who).is_some_and(|word| known.contains(&word))
        && !who.split(' ').any(|word| matches!(word, "a" | "an"))
}

/// `give the man a hat`: a hat on the man; `give it to the man`.
pub(super) fn give(rest: &str) -> Option<Command> {
    if let Some((who, anchor)) = two_parts(rest, &[" to "]).filter(|(who, _)| points(who)) {
        return Some(Command::Relate { who, kind: RelationKind::HeldBy, anchor });
    }
    let words: Vec<&str> = rest.split(' ').collect();
    let counts =
        |word: &str| matches!(word, "a" | "an" | "some") || lmd_layout::parse_number_word(word).is_some();
    let article = words.iter().skip(1).position(|word| counts(word) && *word != "one");
    // "him balloons"
    let bare = || {
        let one = matches!(words.first(), Some(&("him" | "her" | "it" | "them")));
        (one && words.len() > 1 && !belongs_to_wearer(words[words.len() - 1])).then_some(1)
    };
    let Some(at) = article.map(|at| at + 1).or_else(bare) else { return give_each(&words) };
    // What is worn or a part belongs to the one who has it, not into a box.
    let pair = words[words.len().saturating_sub(2)..].join(" ");
    if words
        .last()
        .is_some_and(|noun| belongs_to_wearer(noun) || belongs_to_wearer(&lmd_layout::singular(noun)))
        || belongs_to_wearer(&pair)
    {
        let (who, what) = (words[..at].join(" "), words[at..].join(" "));
        return Some(Command::Describe { words: format!("with {}", one_each(&who, &what)), who });
    }
    Some(Command::Give { who: words[..at].join(" "), what: words[at..].join(" ") })
}

/// What each of several has: `both of them crowns` is a crown for each, but boots come in twos.
fn one_each(who: &str, what: &str) -> String {
    let noun = what.rsplit(' ').next().unwrap_or(what);
    let all = ["both", "them", "each", "all"].iter().any(|word| first_word(who) == Some(word));
    let pair = List::Pairs.has(&lmd_layout::singular(noun)) || noun.ends_with("glasses");
    match what.strip_suffix(noun) {
        Some(front) if all && lmd_layout::is_plural(noun) && !pair => {
            lmd_layout::with_article(&format!("{front}{}", lmd_layout::singular(noun)))
        }
        _ => what.to_owned(),
    }
}

/// `both dogs red collars`: each of them one.
fn give_each(words: &[&str]) -> Option<Command> {
    let (noun, before) = words.split_last().filter(|(noun, _)| belongs_to_wearer(noun))?;
    let colours = before.iter().rev().take_while(|word| is_colour(word)).count();
    let (who, colours) = before.split_at(before.len() - colours);
    let several = who
        .last()
        .is_some_and(|who| lmd_layout::is_plural(who) || matches!(*who, "them" | "both" | "each" | "two"));
    let each = if several { lmd_layout::singular(noun) } else { (*noun).to_owned() };
    let one = [colours, &[each.as_str()]].concat().join(" ");
    let words = format!("with {}", lmd_layout::with_article(&one));
    (!who.is_empty()).then(|| Command::Describe { who: who.join(" "), words })
}
