//! Attributes in captions: a colour takes the place of a colour.

use lmd_layout::with_article;

use super::naming::{head_noun, without_article};
use crate::lexicon::{Section, is_function, names_colour, progressive};

/// What of words goes behind the noun, and how it is written there.
const DETAILS: [(&str, &str); 16] = [
    ("wear ", "wearing "),
    ("wearing ", "wearing "),
    ("dressed ", "dressed "),
    ("hold ", "holding "),
    ("with ", "with "),
    ("made of ", "made of "),
    ("made out of ", "made of "),
    ("covered ", "covered "),
    ("full of ", "full of "),
    ("filled with ", "filled with "),
    ("looking ", "looking "),
    ("shaped ", "shaped "),
    ("seen ", "seen "),
    ("cut in ", "cut in "),
    ("sliced in ", "sliced in "),
    ("broken in ", "broken in "),
];

/// A caption with an attribute put in.
pub(crate) fn described(caption: &str, words: &str) -> String {
    for (verb, detail) in DETAILS {
        if let Some(rest) = words.strip_prefix(verb) {
            // "a poodle facing a dalmatian": the bow is the poodle's.
            if let Some(at) = deed_start(caption).filter(|_| matches!(verb, "with " | "wear " | "wearing ")) {
                let (front, deed) = caption.split_at(at);
                let joint = if has_more(front, detail) { "and " } else { detail };
                return format!("{front} {joint}{rest}{deed}");
            }
            let joint = if has_more(caption, detail) { "and " } else { detail };
            return format!("{caption} {joint}{rest}");
        }
    }
    // What opens with a little word stands behind: "at the table".
    let little = words.split(' ').next().is_some_and(|word| is_function(word) && word.len() > 1);
    if little && words.contains(' ') {
        return format!("{caption} {words}");
    }
    // "blue with a yellow tail": the one before the noun, the other behind.
    if let Some(at) = words.find(" with ") {
        let (before, behind) = words.split_at(at);
        return format!("{}{behind}", described(caption, before));
    }
    let bare = without_article(caption);
    let had_article = bare.len() < caption.len();
    let is_new_colour = words.split_whitespace().any(names_colour);
    let mut kept: Vec<&str> = bare.split_whitespace().collect();
    if is_new_colour {
        let noun = kept.len().saturating_sub(1);
        // "red and white" goes as a whole; an orange (the fruit) stays.
        let first = kept.iter().take(noun).position(|word| names_colour(word));
        if let Some(first) = first {
            let is_part = |at: usize| {
                names_colour(kept[at])
                    || (kept[at] == "and" && kept.get(at + 1).is_some_and(|word| names_colour(word)))
            };
            let end = (first..noun).find(|at| !is_part(*at)).unwrap_or(noun);
            kept.splice(first..end, [words]);
            return article_for(&kept.join(" "), had_article);
        }
    }
    let text =
        match kept.iter().take(kept.len().saturating_sub(1)).position(|known| is_contrary(known, words)) {
            // "a metal chair" that was wooden
            Some(at) => {
                kept.splice(at..=at, [words]);
                kept.join(" ")
            }
            None => format!("{words} {}", kept.join(" ")),
        };
    article_for(&text, had_article)
}

/// Where a caption begins to say what somebody does to something else: ` facing a dalmatian`.
fn deed_start(caption: &str) -> Option<usize> {
    let noun = head_noun(caption)?;
    let behind = caption.find(&noun)? + noun.len();
    let tail = caption.get(behind..)?;
    let deed = tail.trim_start().split(' ').next()?;
    let does = deed.ends_with("ing") && !matches!(deed, "wearing" | "holding") && progressive(deed).is_some();
    // "a man riding a horse", but "a man smiling"
    (does && tail.trim_start().split(' ').count() > 2).then_some(behind)
}

/// Whether a caption ends with such a detail, to which another can be put: `with a scarf`.
fn has_more(caption: &str, detail: &str) -> bool {
    let little = |word: &str| is_function(word) && !matches!(word, "a" | "an" | "and");
    let told = caption.rsplit_once(&format!(" {detail}")).map(|(_, told)| told);
    told.is_some_and(|told| !told.split(' ').any(little))
}

/// Whether one of two adjectives takes the place of the other.
fn is_contrary(one: &str, other: &str) -> bool {
    let of = |group: &str, word: &str| group.split(' ').any(|known| known == word);
    one != other && Section::Contrary.entries().any(|(group, _)| of(group, one) && of(group, other))
}

fn article_for(phrase: &str, had_article: bool) -> String {
    if had_article { with_article(phrase) } else { phrase.to_owned() }
}
