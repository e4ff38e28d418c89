//! Slips of the pen in the verbs and little words of instructions: `mvoe the owl to teh left`.

use super::refusal::Refusal;
use super::vocabulary::is_verb;
use crate::english;
use crate::lexicon::{Tags, is_function, is_known_verb, names_colour, noun_tags};

/// Little words that a slip may lead to.
const LITTLE: [&str; 28] = [
    "the",
    "and",
    "with",
    "left",
    "right",
    "into",
    "from",
    "more",
    "bigger",
    "smaller",
    "larger",
    "taller",
    "under",
    "above",
    "below",
    "behind",
    "between",
    "front",
    "next",
    "background",
    "another",
    "middle",
    "corner",
    "center",
    "please",
    "could",
    "would",
    "color",
];

/// Whether a letter is a picture.
fn is_sign(letter: char) -> bool {
    matches!(letter, '\u{1F000}'..='\u{1FAFF}' | '\u{2600}'..='\u{27BF}' | '\u{FE0F}' | '\u{200D}')
}

/// The text without picture signs that only adorn it; one that stands for a word is refused.
pub(super) fn without_signs(text: &str) -> Result<String, Refusal> {
    let mut kept: Vec<String> = Vec::new();
    for word in text.split(' ') {
        let plain: String = word.chars().filter(|letter| !is_sign(*letter)).collect();
        let open = kept.last().is_some_and(|last| is_function(&last.to_lowercase()) || last.ends_with('>'));
        match plain.as_str() {
            _ if plain == word => kept.push(plain),
            "" if !open => {}
            "" => return Err(format!("\"{word}\" is not read; say in words what it stands for")),
            _ => kept.push(plain),
        }
    }
    match kept.first().map(String::as_str) {
        None | Some("->" | "=>" | "→") => {
            Err("picture signs are not read; say in words what to change".to_owned())
        }
        _ => Ok(kept.join(" ")),
    }
}

/// `the persons hand` as `the person's hand`, where there are not several of them.
fn owned(words: &[String], known: &[String]) -> Vec<String> {
    let owner = |at: usize| {
        let (word, next) = (&words[at], words.get(at + 1)?);
        let one = lmd_layout::singular(word);
        let alone = known.iter().filter(|known| **known == one).count() < 2;
        let owns = word.ends_with('s') && one != *word && noun_tags(&one).any(Tags::PERSON.and(Tags::ANIMAL));
        (alone && owns && noun_tags(&lmd_layout::singular(next)).any(Tags::PART)).then(|| format!("{one}'s"))
    };
    (0..words.len()).map(|at| owner(at).unwrap_or_else(|| words[at].clone())).collect()
}

/// The text with what was meant in the place of slips, and a note for each; `known` are the words of what is there.
pub(super) fn spelled(text: &str, known: &str) -> (String, Vec<String>) {
    let known: Vec<String> = known.to_lowercase().split_whitespace().map(str::to_owned).collect();
    let mut notes = Vec::new();
    let mut opens = true;
    let words: Vec<String> = text
        .split(' ')
        .map(|word| {
            let low = word.to_lowercase();
            let begins = std::mem::replace(
                &mut opens,
                word.ends_with([',', ';', '.']) || matches!(low.as_str(), "and" | "then"),
            );
            let there = known.iter().any(|known| *known == low || lmd_layout::plural(known) == low);
            let plain = low.len() > 2 && word.bytes().all(|letter| letter.is_ascii_lowercase());
            if !plain || there || english::knows(&low) || is_verb(&low) || is_known_verb(&low) {
                return word.to_owned();
            }
            let fits = |near: &String| {
                begins && is_verb(near)
                    || LITTLE.contains(&near.as_str())
                    || names_colour(near)
                    || near.len() > 3 && known.contains(near)
            };
            let mut found: Vec<String> = near(&low).into_iter().filter(fits).collect();
            found.dedup();
            match found.as_slice() {
                [meant] => {
                    notes.push(format!("read \"{word}\" as \"{meant}\""));
                    meant.clone()
                }
                _ => word.to_owned(),
            }
        })
        .collect();
    (owned(&words, &known).join(" "), notes)
}

/// The words that differ by two letters in the wrong order, by one that is doubled or one too few.
fn near(word: &str) -> Vec<String> {
    let letters: Vec<char> = word.chars().collect();
    let text = |letters: &[char]| letters.iter().collect::<String>();
    let mut found = english::turned(word);
    for at in 0..=letters.len() {
        if letters.len() > 3 {
            // Of two that are equal one is too many.
            if at > 0 && letters.get(at) == letters.get(at - 1) {
                let mut fewer = letters.clone();
                fewer.remove(at);
                found.push(text(&fewer));
            }
            for letter in 'a'..='z' {
                let mut more = letters.clone();
                more.insert(at, letter);
                found.push(text(&more));
            }
        }
    }
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_in_verbs_and_little_words_are_read_and_told() {
        for (wrong, right) in [
            ("mvoe the owl to teh left", "move the owl to the left"),
            ("remvoe the dog adn add a cat", "remove the dog and add a cat"),
            ("delet the dog", "delete the dog"),
            ("move the squirel to the rigth", "move the squirrel to the right"),
        ] {
            let (read, notes) = spelled(wrong, "a dog a squirrel");
            assert_eq!(read, right);
            assert!(!notes.is_empty());
        }
        for other in ["add a zorb", "call it Rusty", "put the cat on the left", "move the emu up"] {
            assert_eq!(spelled(other, "a dog"), (other.to_owned(), Vec::new()));
        }
    }
}
