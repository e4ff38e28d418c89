//! The number of noun phrases: finding the noun that carries it.

use super::noun;

/// Words that end the part of a phrase its head noun is in.
const BOUNDARIES: &[&str] = &[
    "of", "on", "in", "with", "at", "by", "under", "over", "above", "below", "behind", "beside", "near",
    "next", "from", "to", "for", "into", "onto", "inside", "outside", "around", "between", "against",
    "without", "across", "along", "through", "like", "that", "which", "who", "whose", "wearing", "holding",
    "carrying", "riding", "eating", "pulling", "pushing", "chasing", "throwing", "kicking", "catching",
    "wielding", "hugging", "watching", "asleep", "awake", "afloat", "adrift", "ablaze", "aglow", "ajar",
    "aloft",
];

/// Nouns in -ing, which are not participles.
const ING_NOUNS: &[&str] = &[
    "painting",
    "building",
    "ring",
    "earring",
    "king",
    "viking",
    "wing",
    "string",
    "drawing",
    "ceiling",
    "sibling",
    "duckling",
    "gosling",
    "starling",
    "dumpling",
    "clothing",
    "railing",
    "awning",
    "swing",
    "spring",
    "offspring",
    "pudding",
    "sapling",
    "seedling",
    "lightning",
    "stocking",
    "wedding",
    "thing",
    "icing",
    "opening",
    "carving",
    "etching",
    "engraving",
    "rendering",
    "lettering",
    "crossing",
    "herring",
    "sting",
    "covering",
    "wrapping",
    "washing",
    "dressing",
    "stuffing",
    "topping",
    "keyring",
    "morning",
    "evening",
    "gathering",
    "meeting",
    "serving",
];

/// Adjectives and participles that stand after a noun: "glass full of water".
const AFTER_NOUN: &[&str] = &[
    "full",
    "made",
    "filled",
    "covered",
    "dressed",
    "painted",
    "decorated",
    "topped",
    "shaped",
    "parked",
    "seated",
    "surrounded",
    "stacked",
    "piled",
    "tied",
    "placed",
    "mounted",
    "hung",
    "seen",
    "close",
];

/// The plural of a noun phrase: "red cars", "bowls of soup", "men in a suit".
/// A phrase that is in the plural already stays as it is.
#[must_use]
pub fn plural(phrase: &str) -> String {
    with_head(phrase, noun::plural)
}

/// The singular of a noun phrase, the inverse of [`plural`]. A phrase that is
/// in the singular already stays as it is.
#[must_use]
pub fn singular(phrase: &str) -> String {
    with_head(phrase, noun::singular)
}

/// Whether a noun phrase is in the plural. Nouns that are the same in both
/// numbers ("sheep") are not; nouns that have a plural only ("scissors") are.
#[must_use]
pub fn is_plural(phrase: &str) -> bool {
    let words: Vec<&str> = phrase.split(' ').collect();
    words.get(head_index(&words)).is_some_and(|head| noun::is_plural(head))
}

/// The noun a phrase is about, in lower case and in the singular: "car" of
/// "two red cars on a road".
#[must_use]
pub fn head_noun(phrase: &str) -> String {
    let words: Vec<&str> = phrase.split(' ').collect();
    let head = words.get(head_index(&words)).copied().unwrap_or_default();
    let bare = head.trim_matches(|c: char| !c.is_alphanumeric());
    noun::singular(&bare.to_lowercase())
}

/// The words of a text in lower case and, where they are plurals, in the
/// singular; articles and punctuation are left out.
pub(crate) fn singular_words(text: &str) -> Vec<String> {
    let lower = text.to_lowercase();
    let words = lower.split(|c: char| !(c.is_alphanumeric() || c == '-' || c == '\''));
    words.filter(|w| !w.is_empty() && !matches!(*w, "a" | "an" | "the")).map(noun::singular).collect()
}

fn with_head(phrase: &str, change: fn(&str) -> String) -> String {
    // One word is its own head.
    if !phrase.contains(' ') {
        return change(phrase);
    }
    let words: Vec<&str> = phrase.split(' ').collect();
    let head = head_index(&words);
    let changed = words.iter().enumerate().map(|(i, w)| if i == head { change(w) } else { (*w).to_owned() });
    changed.collect::<Vec<_>>().join(" ")
}

/// Where the head noun of a phrase is: before the first preposition, relative
/// word or participle, or at the end.
fn head_index(words: &[&str]) -> usize {
    let last = words.iter().rposition(|w| !w.is_empty()).unwrap_or(0);
    let boundary = (1..=last).find(|&i| {
        let word = words[i].to_lowercase();
        BOUNDARIES.contains(&word.as_str()) || (is_participle(&word) && (i == last || goes_on(words[i + 1])))
    });
    let head = boundary.map_or(last, |i| i - 1);
    let word = words[head].to_lowercase();
    let stands_after = AFTER_NOUN.contains(&word.as_str()) || is_participle(&word);
    if head > 0 && boundary.is_some() && stands_after { head - 1 } else { head }
}

fn is_participle(word: &str) -> bool {
    // "thing" and "swing" are nouns.
    let short = matches!(word, "going" | "lying" | "doing" | "tying");
    short || word.len() > 5 && word.ends_with("ing") && !ING_NOUNS.contains(&word)
}

/// Whether a participle before this word is what the noun does: `chasing a`, `looking up`, `catching something`.
fn goes_on(word: &str) -> bool {
    const AFTER: [&str; 21] = [
        "a",
        "an",
        "the",
        "its",
        "his",
        "her",
        "their",
        "something",
        "someone",
        "each",
        "up",
        "down",
        "out",
        "off",
        "away",
        "back",
        "ahead",
        "left",
        "right",
        "past",
        "and",
    ];
    AFTER.contains(&word.to_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_noun_carries_the_number() {
        let cases = [
            ("fire hydrant", "fire hydrants"),
            ("bowl of soup", "bowls of soup"),
            ("glass of wine", "glasses of wine"),
            ("pair of shoes", "pairs of shoes"),
            ("teddy bear", "teddy bears"),
            ("red car", "red cars"),
            ("man in a suit", "men in a suit"),
            ("jumping dolphin", "jumping dolphins"),
            ("brown sitting dog", "brown sitting dogs"),
            ("cat sitting on a mat", "cats sitting on a mat"),
            ("man riding a horse", "men riding a horse"),
            ("cat wearing hat", "cats wearing hat"),
            ("dog running", "dogs running"),
            ("dog catching something", "dogs catching something"),
            ("train going down the track", "trains going down the track"),
            ("cat looking up and yawning", "cats looking up and yawning"),
            ("glass full of water", "glasses full of water"),
            ("table covered with snow", "tables covered with snow"),
            ("oil painting of a cat", "oil paintings of a cat"),
            ("black and white cat", "black and white cats"),
            ("mother-in-law", "mothers-in-law"),
            ("Swiss army knife", "Swiss army knives"),
            ("T-SHIRT", "T-SHIRTS"),
            ("Goose", "Geese"),
            ("bison,", "bisons,"),
        ];
        for (one, many) in cases {
            assert_eq!(plural(one), many);
            assert_eq!(singular(many), one);
            assert_eq!(plural(many), many, "a plural stays");
            assert!(is_plural(many) && !is_plural(one), "{one}");
        }
    }

    #[test]
    fn odd_text_is_left_alone() {
        for text in ["", " ", "!", "on", "\u{72ac}", "of of"] {
            assert!(plural(text).len() >= text.len());
            assert_eq!(singular(text), text);
        }
        assert_eq!(plural("\u{72ac}"), "\u{72ac}");
        assert_eq!(plural("caf\u{e9}"), "caf\u{e9}s");
        assert_eq!(plural("iPhone 12"), "iPhone 12s");
    }
}
