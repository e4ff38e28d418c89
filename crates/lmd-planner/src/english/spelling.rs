//! Near misses of known words: a word that no table knows and that differs
//! from exactly one known word by a slip of the pen is read as that word, and
//! told. Slips that often lead from one real word to another (a letter for
//! another one) are left alone.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use super::numbers::number;
use super::token::{Token, low};
use crate::lexicon::{self, List, Tags, exact_tags, is_known_verb, tags};

/// Shortest words that are looked at.
const SHORTEST: usize = 4;
/// Longest word that may be a near miss; longer ones are nobody's slip.
const LONGEST: usize = 30;
/// Most words of one prompt that are looked at.
const MOST: usize = 60;

/// Slips in little words, which are too short to be compared with others.
const SLIPS: [(&str, &str); 8] = [
    ("teh", "the"),
    ("hte", "the"),
    ("adn", "and"),
    ("nad", "and"),
    ("wiht", "with"),
    ("wih", "with"),
    ("wtih", "with"),
    ("thier", "their"),
];

/// Words a slip may lead to: things, colours and adjectives with their
/// plurals, and verbs.
static TARGETS: LazyLock<HashSet<String>> = LazyLock::new(|| {
    let told = Tags::NOUN.and(Tags::COLOUR).and(Tags::ADJECTIVE);
    let words = lexicon::words().filter(|word| exact_tags(word).any(told));
    let words = words.filter(|word| word.len() >= SHORTEST && word.bytes().all(|b| b.is_ascii_lowercase()));
    let mut targets: HashSet<String> = HashSet::new();
    for word in words {
        if exact_tags(word).any(Tags::NOUN) && !lmd_layout::is_plural(word) {
            targets.insert(lmd_layout::plural(word));
        }
        targets.insert(word.to_owned());
    }
    // "aganst", "betwen": words that say where.
    let places = lexicon::Section::Where.entries().filter(|(phrase, _)| !phrase.contains([' ', '-']));
    targets.extend(places.map(|(phrase, _)| phrase.to_owned()).filter(|word| word.len() > 4));
    targets.extend(lexicon::forms().filter(|form| form.len() > 4).map(str::to_owned));
    targets
});

/// Words of nouns of several words: the "range" of a mountain range.
static PARTS: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    lexicon::words().filter(|word| word.contains(' ')).flat_map(|word| word.split(' ')).collect()
});

/// [`TARGETS`] by how they sound.
static BY_SOUND: LazyLock<HashMap<String, Vec<&'static str>>> = LazyLock::new(|| {
    let mut by_sound: HashMap<String, Vec<&'static str>> = HashMap::new();
    for word in TARGETS.iter() {
        by_sound.entry(sound(word)).or_default().push(word);
    }
    by_sound
});

/// Puts known words in the place of their near misses; one note for each.
pub(super) fn corrected(tokens: Vec<Token>) -> (Vec<Token>, Vec<String>) {
    let mut known: HashMap<String, Option<String>> = HashMap::new();
    let mut notes = Vec::new();
    let mut seen = 0;
    let before_noun: Vec<bool> =
        (0..tokens.len()).map(|at| tags(low(&tokens, at + 1)).any(Tags::NOUN)).collect();
    let articles: Vec<bool> = (0..tokens.len())
        .map(|at| at > 0 && matches!(low(&tokens, at - 1), "a" | "an" | "one" | "another"))
        .collect();
    let read = |((token, colours), article): ((Token, bool), bool)| {
        if let Some(colour) = short_colour(&token).filter(|_| colours) {
            let note = format!("read \"{}\" as \"{colour}\"", token.text);
            notes.extend((!notes.contains(&note)).then_some(note));
            return Token::new(&colour);
        }
        if let Some(plural) = wrong_plural(&token) {
            let note = format!("read \"{}\" as \"{plural}\"", token.text);
            notes.extend((!notes.contains(&note)).then_some(note));
            return Token::new(&plural);
        }
        if let Some((_, word)) = SLIPS.iter().find(|(slip, _)| *slip == token.low) {
            notes.push(format!("read \"{}\" as \"{word}\"", token.text));
            return Token::new(word);
        }
        if !is_strange(&token) {
            return token;
        }
        if !known.contains_key(&token.low) {
            seen += 1;
            let mut found = if seen > MOST { Vec::new() } else { meant(&token.low) };
            // "a womn": one of them, as the article says.
            let one = found.iter().find(|word| found.contains(&lmd_layout::plural(word))).cloned();
            if let Some(one) = one.filter(|_| found.len() == 2) {
                found.retain(|word| (*word == one) == article);
            }
            // "a grean branch"
            if let (true, Some(colour)) = (colours && found.len() != 1, other_letter(&token.low)) {
                found = vec![colour];
            }
            if let [first, second] = found.as_slice() {
                notes.push(format!("\"{}\" is not known; it may be \"{first}\" or \"{second}\"", token.text));
            }
            let meant = found.pop().filter(|_| found.is_empty());
            if let Some(word) = &meant {
                notes.push(format!("read \"{}\" as \"{word}\"", token.text));
            }
            known.insert(token.low.clone(), meant);
        }
        match known.get(&token.low) {
            Some(Some(word)) => Token::new(word),
            _ => token,
        }
    };
    (tokens.into_iter().zip(before_noun).zip(articles).map(read).collect(), notes)
}

/// The one colour that differs from a longer word in one vowel: `grean`.
fn other_letter(word: &str) -> Option<String> {
    let vowel = |letter: u8| b"aeiou".contains(&letter);
    let colour = |other: &&String| {
        let pairs = || word.bytes().zip(other.bytes()).filter(|(a, b)| a != b);
        let one = pairs().count() == 1 && pairs().all(|(a, b)| vowel(a) && vowel(b));
        word.len() >= 5 && other.len() == word.len() && one && exact_tags(other).any(Tags::COLOUR)
    };
    let mut found = TARGETS.iter().filter(colour);
    let one = found.next().cloned();
    one.filter(|_| found.next().is_none())
}

/// The colour that lacks a letter in a word of three or four: `blu`, `wite`.
fn short_colour(token: &Token) -> Option<String> {
    let word = token.low.as_str();
    let plain = matches!(word.len(), 3 | 4)
        && word.bytes().all(|b| b.is_ascii_lowercase())
        && !token.is_capitalised();
    let known =
        !tags(word).is_unknown() || is_known_verb(word) || List::Real.has(word) || number(word).is_some();
    if !plain || known {
        return None;
    }
    let colour = |long: &String| exact_tags(long).any(Tags::COLOUR) && TARGETS.contains(long);
    // "gry" is as well grey as gray.
    let with_letter = |at: usize| {
        let (before, behind) = word.split_at(at);
        ('a'..='z').map(move |letter| format!("{before}{letter}{behind}"))
    };
    (1..=word.len()).flat_map(with_letter).find(colour)
}

/// The plural of a noun that was written as if it were regular: `strawberrys`, `knifes`, `tomatos`.
fn wrong_plural(token: &Token) -> Option<String> {
    let low = token.low.as_str();
    let stem = low.strip_suffix('s')?;
    let ending = |ends: &[&str]| ends.iter().any(|end| stem.ends_with(end));
    let vowel = ending(&["ay", "ey", "oy", "uy"]);
    let looks = ending(&["y"]) && !vowel || ending(&["fe", "lf", "af", "tato", "mato", "hero"]);
    let written =
        stem.len() > 2 && !token.is_capitalised() && !is_known_verb(low) && exact_tags(low).is_unknown();
    if !looks || !written || !exact_tags(stem).any(Tags::NOUN) {
        return None;
    }
    Some(lmd_layout::plural(stem)).filter(|plural| plural != low)
}

/// Whether no table knows a word. Names and words of other alphabets are none
/// of ours.
fn is_strange(token: &Token) -> bool {
    let low = token.low.as_str();
    (SHORTEST..=LONGEST).contains(&low.len())
        && low.bytes().all(|b| b.is_ascii_lowercase())
        && !token.is_capitalised()
        && tags(low).is_unknown()
        && !TARGETS.contains(low)
        && !is_known_verb(low)
        && (!lexicon::is_adjective(low) || is_slip_of_adjective(low))
        && number(low).is_none()
        && !low.strip_suffix("ly").is_some_and(|stem| stem.len() > 2 && exact_tags(stem).any(Tags::ADJECTIVE))
        && !List::Real.has(low)
        && !PARTS.contains(low)
        && !List::Style.has(low)
        && !List::MoodEnd.has(low)
        && !lexicon::is_idea(low)
}

/// Whether a word that ends like an adjective (`beatiful`) is a slip of one
/// the tables know, or of a noun.
fn is_slip_of_adjective(low: &str) -> bool {
    let known = |word: &String| exact_tags(word).any(Tags::ADJECTIVE);
    // "a solider with a rifle": a soldier sooner than what is more solid.
    let noun = |word: &String| exact_tags(word).any(Tags::NOUN);
    if lexicon::comparative(low).is_some() && swapped(low).iter().any(noun) {
        return true;
    }
    low.len() > 6
        && exact_tags(low).is_unknown()
        && [swapped(low), alike(low), lacking(low), extra(low)].iter().flatten().any(known)
}

/// The known words that `low` may be a slip of; one alone is meant.
fn meant(low: &str) -> Vec<String> {
    let ways: [fn(&str) -> Vec<String>; 6] = [silent, swapped, alike, lacking, extra, vowel];
    // The first kind of slip that leads anywhere decides.
    let mut found = ways.iter().map(|way| way(low)).find(|found| !found.is_empty()).unwrap_or_default();
    found.sort_unstable();
    found.dedup();
    found
}

/// The silent letter of a verb stayed before its ending: `rideing`.
fn silent(low: &str) -> Vec<String> {
    let stem = low.strip_suffix("eing").filter(|stem| !stem.ends_with(['g', 'y', 'o']));
    stem.map(|stem| format!("{stem}ing")).filter(|word| TARGETS.contains(word)).into_iter().collect()
}

/// Two neighbours have changed places: `chiar`.
fn swapped(low: &str) -> Vec<String> {
    let long = low.chars().count() > 4;
    // Of short words only somebody alive or a colour: "gril" is a girl before it is a grill.
    let told = |word: &str| long || exact_tags(word).any(Tags::ANIMATE.and(Tags::COLOUR));
    turned(low).into_iter().filter(|word| word != low && told(word) && TARGETS.contains(word)).collect()
}

/// Every word in which two neighbours of this one have changed places.
pub(crate) fn turned(word: &str) -> Vec<String> {
    let letters: Vec<char> = word.chars().collect();
    let turned_at = |at: usize| {
        let mut letters = letters.clone();
        letters.swap(at - 1, at);
        letters.iter().collect()
    };
    (1..letters.len()).map(turned_at).collect()
}

/// It sounds the same: `siting`, `elefant`, `bycicle`.
fn alike(low: &str) -> Vec<String> {
    let same = BY_SOUND.get(&sound(low));
    same.into_iter()
        .flatten()
        .filter(|word| word.as_bytes().first() == low.as_bytes().first())
        .map(|word| (*word).to_owned())
        .collect()
}

/// A letter is missing: `whte`. In short words only a vowel between
/// consonants, or too many real words were near misses of others.
fn lacking(low: &str) -> Vec<String> {
    let is_vowel = |c: Option<char>| c.is_some_and(|c| "aeiouy".contains(c));
    let letters: Vec<char> = low.chars().collect();
    let mut found = Vec::new();
    if is_verbal(low) {
        return found;
    }
    for at in 1..=letters.len() {
        for letter in 'a'..='z' {
            let lone = is_vowel(Some(letter))
                && !is_vowel(letters.get(at - 1).copied())
                && !is_vowel(letters.get(at).copied())
                && at < letters.len();
            if letters.len() < 5 && !lone || letter == 's' && at == letters.len() {
                continue;
            }
            let mut word: String = letters.iter().take(at).collect();
            word.push(letter);
            word.extend(letters.iter().skip(at));
            if TARGETS.contains(&word) {
                found.push(word);
            }
        }
    }
    found
}

/// There is a letter too many: `umbrealla`.
fn extra(low: &str) -> Vec<String> {
    let letters: Vec<char> = low.chars().collect();
    if letters.len() < 6 || is_verbal(low) {
        return Vec::new();
    }
    let without = |at: usize| -> String {
        letters.iter().enumerate().filter(|(index, _)| *index != at).map(|(_, letter)| *letter).collect()
    };
    (1..letters.len()).map(without).filter(|word| TARGETS.contains(word)).collect()
}

/// A vowel stands for another one in a long word: `gardan`.
fn vowel(low: &str) -> Vec<String> {
    if low.len() < 6 || is_verbal(low) {
        return Vec::new();
    }
    let vowels = low
        .char_indices()
        .filter(|(_, c)| "aeiou".contains(*c))
        .skip(usize::from(low.starts_with(['a', 'e', 'i', 'o', 'u'])));
    vowels
        .flat_map(|(at, old)| "aeiou".chars().filter(move |new| *new != old).map(move |new| (at, new)))
        .map(|(at, new)| low.char_indices().map(|(i, c)| if i == at { new } else { c }).collect::<String>())
        .filter(|word| TARGETS.contains(word))
        .collect()
}

/// Whether a word may be a verb that no table knows (`slaying`).
fn is_verbal(low: &str) -> bool {
    low.ends_with("ing") || low.ends_with("ed")
}

/// Whether the lexicon knows `word` in any role, or its ending says that it describes something.
pub(crate) fn knows(word: &str) -> bool {
    const ENDINGS: [&str; 8] = ["en", "y", "ish", "ful", "less", "ous", "ic", "like"];
    !tags(word).is_unknown()
        || lexicon::size(word).is_some()
        || lexicon::verb(word).is_some()
        || number(word).is_some()
        || ENDINGS.iter().any(|ending| word.len() > ending.len() + 2 && word.ends_with(ending))
}

/// How a word sounds, roughly: letters that stand for one another are one.
fn sound(word: &str) -> String {
    let text = word.replace("ph", "f").replace("ck", "k").replace('c', "k").replace('y', "i");
    let mut sounds = String::new();
    for letter in text.chars() {
        if !sounds.ends_with(letter) {
            sounds.push(letter);
        }
    }
    sounds
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::english::token::tokenize;

    #[test]
    fn near_misses_are_read_and_told() {
        for (wrong, right) in [
            ("siting", "sitting"),
            ("chiar", "chair"),
            ("gren", "green"),
            ("whte", "white"),
            ("elefants", "elephants"),
            ("girafe", "giraffe"),
            ("zebbra", "zebra"),
            ("bycicle", "bicycle"),
            ("umbrealla", "umbrella"),
            ("orage", "orange"),
            ("buterfly", "butterfly"),
            ("beatiful", "beautiful"),
            ("colourfull", "colourful"),
            ("acron", "acorn"),
            ("gardan", "garden"),
            ("gril", "girl"),
            ("brid", "bird"),
            ("blu", "blue"),
            ("pnk", "pink"),
            ("gry", "gray"),
            ("strawberrys", "strawberries"),
            ("puppys", "puppies"),
            ("knifes", "knives"),
            ("wolfs", "wolves"),
            ("potatos", "potatoes"),
            ("rideing", "riding"),
        ] {
            let (tokens, notes) = corrected(tokenize(&format!("a {wrong} thing")));
            assert_eq!(tokens[1].low, right);
            assert_eq!(notes, [format!("read \"{wrong}\" as \"{right}\"")]);
        }
    }

    #[test]
    fn other_words_stay() {
        for word in [
            "zorb", "clam", "bard", "brook", "lyre", "kelp", "tickling", "slaying", "shot", "cubs", "divers",
            "spook", "graceful", "hopeful", "armless", "Chiar", "moat", "sitting", "chairs", "monkeys",
            "cliffs", "giraffes", "photos", "pianos", "cities", "gnu", "emu", "yak", "imp", "hut", "college",
            "course", "revolver", "scruffy", "firearm", "pothole", "slaves", "lovers", "meters", "further",
        ] {
            let (tokens, notes) = corrected(tokenize(&format!("a {word} thing")));
            assert_eq!((tokens[1].text.as_str(), notes.len()), (word, 0), "{notes:?}");
        }
    }

    #[test]
    fn known_words_are_never_near_misses() {
        for word in TARGETS.iter() {
            assert_eq!(corrected(tokenize(word)).1, [""; 0], "{word}");
        }
    }
}
