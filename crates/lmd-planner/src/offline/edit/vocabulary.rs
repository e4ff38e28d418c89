//! The words of instructions: verbs, amounts, comparatives, moods.

use super::amount;
use crate::lexicon::{List, Section};

/// Ways to leave something out of what is named.
pub(super) const BUT: [&str; 8] =
    ["except for ", "except ", "apart from ", "other than ", "besides ", "but for ", "but not ", "but "];

/// Ways to say what alone is to stay.
pub(super) const KEPT: [&str; 13] = [
    " except for ",
    " except ",
    " apart from ",
    " aside from ",
    " other than ",
    " besides ",
    " but for ",
    " but not ",
    " but ",
    " save for ",
    " save ",
    " excluding ",
    " with the exception of ",
];

/// What is named, and what is left out of it.
pub(super) fn left_out(text: &str) -> Option<(&str, &str)> {
    BUT.iter().find_map(|but| {
        let (all, out) = text.split_once(but)?;
        Some((all.strip_suffix(' ')?, out))
    })
}

/// Whether an instruction may begin with `word`. After "and" it begins a new one.
pub(super) fn is_imperative(word: &str) -> bool {
    List::Imperative.has(word)
}

/// Whether a verb is one of motion or placing that says no more than `move`.
pub(super) fn is_motion(word: &str) -> bool {
    List::Motion.has(word)
}

/// Whether a verb says that something new comes.
pub(super) fn adds(verb: &str) -> bool {
    matches!(verb, "add" | "insert" | "include" | "draw")
}

/// Whether a verb moves what is there.
pub(super) fn moves(verb: &str) -> bool {
    matches!(verb, "move" | "shift" | "push" | "pull" | "slide" | "drag" | "bring")
}

/// Whether a verb says where something is to be, new or not.
pub(super) fn places(verb: &str) -> bool {
    matches!(verb, "put" | "place" | "hang")
}

/// Whether an instruction may begin with `word`, rare and plain verbs of motion included.
pub(super) fn is_verb(word: &str) -> bool {
    is_imperative(word) || is_motion(word) || List::RareImperative.has(word)
}

/// The mood that words for the whole scene set (`at night`).
pub(super) fn mood(words: &str, bare: &str) -> Option<&'static str> {
    let mut moods = Section::Moods.entries();
    moods.find(|(mood, phrase)| *mood == bare || *phrase == words).map(|(_, phrase)| phrase)
}

/// Several moods at once: `night and raining`, `a winter scene with snow`.
pub(super) fn moods(words: &str) -> Option<String> {
    const BETWEEN: [&str; 16] = [
        "a", "an", "the", "at", "in", "and", "with", "scene", "picture", "weather", "very", "while", "by",
        "early", "late", "on",
    ];
    let said: Vec<&str> =
        words.split([' ', ',']).filter(|word| !word.is_empty() && !BETWEEN.contains(word)).collect();
    let phrases: Option<Vec<&str>> = said.iter().map(|word| mood(word, word)).collect();
    let mut phrases = phrases.filter(|phrases| !phrases.is_empty())?;
    // A sunny day is sunshine; that it is day goes without saying.
    phrases.sort_by_key(|phrase| phrase.starts_with("in the "));
    phrases.dedup();
    if phrases.len() > 1 {
        phrases.retain(|phrase| *phrase != "by day");
    }
    Some(phrases.join(" "))
}

/// Whether words say that a noun phrase is a kind of picture.
pub(super) fn names_style(words: &str) -> bool {
    words.split_whitespace().any(|word| {
        word == "anime" || List::Medium.has(word) && !List::PlainMedium.has(word) && !is_shown(word)
    })
}

/// Whether a medium may also be a thing that is to be seen, or a way to look at it.
fn is_shown(word: &str) -> bool {
    matches!(
        word,
        "still" | "life" | "shot" | "cover" | "logo" | "icon" | "sticker" | "panel" | "macro" | "wallpaper"
    )
}

/// How strongly something is asked for: `a bit` 0.45, nothing 1, `far` 1.9.
pub(super) fn strength(text: &str) -> f64 {
    let has = |degree: &str| {
        Section::Strength.entries().any(|(phrase, of)| of == degree && has_phrase(text, phrase))
    };
    match () {
        () if has("weak") => 0.45,
        () if has("strong") || has_phrase(text, "very") => 1.9,
        () => 1.0,
    }
}

fn has_phrase(text: &str, phrase: &str) -> bool {
    format!(" {text} ").contains(&format!(" {phrase} "))
}

/// Takes the words about strength out of `text`, the longest first.
pub(super) fn without_strength(text: &str) -> String {
    let mut padded = format!(" {text} ");
    let mut phrases: Vec<&str> = Section::Strength.entries().map(|(phrase, _)| phrase).collect();
    phrases.sort_by_key(|phrase| std::cmp::Reverse(phrase.len()));
    for phrase in phrases {
        padded = padded.replace(&format!(" {phrase} "), " ");
    }
    padded.trim().to_owned()
}

/// A direction word as a step in x and y.
pub(super) fn direction(word: &str) -> Option<(f64, f64)> {
    Some(match word {
        "left" | "leftward" | "leftwards" => (-1.0, 0.0),
        "right" | "rightward" | "rightwards" => (1.0, 0.0),
        "up" | "upward" | "upwards" | "higher" => (0.0, -1.0),
        "down" | "downward" | "downwards" | "lower" => (0.0, 1.0),
        _ => return None,
    })
}

/// A comparative of size as factors of width and height.
pub(super) fn comparative(words: &str) -> Option<(f64, f64)> {
    let root2 = std::f64::consts::SQRT_2;
    let power = strength(words);
    let core = without_strength(words);
    if let Some(factors) = by_amount(words) {
        return Some(factors);
    }
    let grown = |factor: f64| 1.0 + (factor - 1.0) * power;
    let shrunk = |factor: f64| f64::powf(factor, power);
    Some(match core.as_str() {
        "bigger" | "larger" | "big" | "large" | "grow" | "greater" => (grown(1.3), grown(1.3)),
        "huge" | "enormous" | "giant" => (1.7, 1.7),
        "smaller" | "small" | "little" | "littler" => (shrunk(0.75), shrunk(0.75)),
        "tiny" => (0.5, 0.5),
        "taller" | "tall" | "higher" => (1.0, grown(1.35)),
        "shorter" | "short" => (1.0, shrunk(0.72)),
        "wider" | "wide" | "broader" | "longer" => (grown(1.35), 1.0),
        "narrower" | "narrow" | "thinner" | "slimmer" => (shrunk(0.72), 1.0),
        "twice as big" | "twice as large" | "double the size" | "twice the size" | "two times bigger"
        | "twice bigger" | "double size" | "double" => (root2, root2),
        "three times as big" | "three times as large" | "three times bigger" | "triple the size" => {
            (f64::sqrt(3.0), f64::sqrt(3.0))
        }
        "half as big" | "half the size" | "half as large" | "half size" | "half its size" => {
            (1.0 / root2, 1.0 / root2)
        }
        "twice as tall" | "twice as high" => (1.0, 2.0),
        "twice as wide" | "twice as long" => (2.0, 1.0),
        "half as tall" | "half as high" => (1.0, 0.5),
        "half as wide" | "half as long" => (0.5, 1.0),
        _ => return None,
    })
}

/// A comparative of size with an amount in figures: `50 % bigger`, `3x larger`, `a third smaller`.
fn by_amount(words: &str) -> Option<(f64, f64)> {
    let (share, times, rest) = match (amount::share(words), amount::times(words)) {
        (Some((share, rest)), _) => (Some(share), 1.0, rest),
        (None, Some((times, rest))) => (None, times, rest),
        (None, None) => return None,
    };
    let grows = |factor: f64| share.map_or(factor, |share| 1.0 + share);
    let shrinks = |factor: f64| share.map_or(1.0 / factor, |share| 1.0 - share);
    // "Three times as big" is three times the area.
    let (w, h) = match rest.as_str() {
        "bigger" | "larger" | "as big" | "as large" | "the size" => {
            (grows(times.sqrt()), grows(times.sqrt()))
        }
        "smaller" | "as small" => (shrinks(times.sqrt()), shrinks(times.sqrt())),
        "taller" | "higher" | "as tall" | "as high" => (1.0, grows(times)),
        "shorter" => (1.0, shrinks(times)),
        "wider" | "broader" | "longer" | "as wide" | "as long" => (grows(times), 1.0),
        "narrower" | "thinner" => (shrinks(times), 1.0),
        _ => return None,
    };
    (w.min(h) >= 0.05).then_some((w, h))
}

/// The words of a mood that a place ends with.
pub(super) fn mood_of(place: &str) -> Option<&'static str> {
    Section::Moods.entries().map(|(_, phrase)| phrase).find(|phrase| place.ends_with(phrase))
}

/// The sorts of moods that words have: `time`, `weather`, `season`, `light`, `colours`.
pub(super) fn mood_sorts(words: &str) -> Vec<&'static str> {
    let of = |(phrase, sorts): (&str, &'static str)| words.contains(phrase).then(|| sorts.split(' '));
    Section::MoodSorts.entries().filter_map(of).flatten().collect()
}

/// Whether the words name a time of day, a season, weather, or what is one.
pub(super) fn is_time(words: &str) -> bool {
    let words = words.strip_prefix("the ").unwrap_or(words);
    let words = words.split(" from ").next().unwrap_or(words);
    Section::Moods.entries().any(|(mood, _)| mood == words)
        || matches!(
            words,
            "season"
                | "weather"
                | "time"
                | "time of day"
                | "time of year"
                | "light"
                | "lighting"
                | "daylight"
                | "atmosphere"
                | "mood"
        )
}

/// A place without the words of a mood behind it.
pub(super) fn without_mood(place: &str) -> String {
    let mood = Section::Moods.entries().find_map(|(_, phrase)| place.strip_suffix(phrase));
    mood.unwrap_or(place).trim().to_owned()
}

/// Whether words say that a picture has no colours.
pub(super) fn is_without_colour(text: &str) -> bool {
    matches!(text, "black and white" | "monochrome" | "grayscale" | "greyscale" | "sepia")
}
