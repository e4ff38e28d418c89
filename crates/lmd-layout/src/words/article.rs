//! The indefinite article.

use super::is_plural;

/// Written with a consonant, spoken with a vowel.
const SILENT_H: [&str; 5] = ["hour", "honest", "honor", "honour", "heir"];

/// Written with a vowel, spoken with "y" or "w".
const SPOKEN_GLIDE: [&str; 17] = [
    "eu", "ew", "ubiq", "uga", "ukr", "ukul", "unic", "unif", "union", "uniq", "unit", "univ", "unis", "ura",
    "uru", "ut", "uto",
];

/// Words in "ut" that are spoken as written.
const SPOKEN_UT: [&str; 2] = ["utt", "utm"];

/// `phrase` with "a" or "an" in front, by sound: "an hour", "a unicorn", "an
/// 8-bit console". A phrase that has a determiner already or is in the plural
/// stays as it is.
#[must_use]
pub fn with_article(phrase: &str) -> String {
    let phrase = phrase.trim();
    let Some(first) = phrase.split_whitespace().next() else {
        return String::new();
    };
    if is_determiner(&first.to_lowercase()) || is_plural(phrase) {
        return phrase.to_owned();
    }
    let article = if begins_with_vowel_sound(first) { "an" } else { "a" };
    format!("{article} {phrase}")
}

fn is_determiner(word: &str) -> bool {
    matches!(
        word,
        "a" | "an"
            | "the"
            | "this"
            | "that"
            | "these"
            | "those"
            | "my"
            | "your"
            | "his"
            | "her"
            | "its"
            | "our"
            | "their"
            | "some"
            | "any"
            | "no"
            | "every"
            | "each"
            | "another"
    )
}

fn begins_with_vowel_sound(word: &str) -> bool {
    let word = word.trim_start_matches(|c: char| !c.is_alphanumeric());
    let Some(first) = word.chars().next() else {
        return false;
    };
    if first.is_ascii_digit() {
        return number_begins_with_vowel_sound(word);
    }
    if is_spelt_out(word) {
        return "AEFHILMNORSX".contains(first);
    }
    let lower = word.to_lowercase();
    if starts_with_any(&lower, &SILENT_H) {
        return true;
    }
    "aeiou\u{e0}\u{e1}\u{e2}\u{e4}\u{e8}\u{e9}\u{ea}\u{ed}\u{f3}\u{f6}\u{fa}\u{fc}"
        .contains(lower.chars().next().unwrap_or(' '))
        && !begins_with_glide(&lower)
}

/// Eight, eleven and eighteen begin with a vowel, and so do eighty, eight
/// hundred, eleven thousand and the like.
fn number_begins_with_vowel_sound(word: &str) -> bool {
    let digits: String =
        word.chars().take_while(|c| c.is_ascii_digit() || *c == ',').filter(|c| *c != ',').collect();
    let leading = match digits.len() % 3 {
        _ if digits.starts_with('8') => return true,
        2 => digits.get(..2),
        _ => None,
    };
    matches!(leading, Some("11" | "18"))
}

/// Capitals that are read letter by letter: "LED", "X-ray", "UFO".
fn is_spelt_out(word: &str) -> bool {
    let letters: String = word.chars().take_while(|c| c.is_alphabetic()).collect();
    let count = letters.chars().count();
    (count == 1 || (2..=4).contains(&count) && !matches!(letters.as_str(), "LEGO" | "NASA" | "NATO" | "RAM"))
        && letters.chars().all(char::is_uppercase)
}

fn begins_with_glide(word: &str) -> bool {
    if word == "one" || word == "once" || starts_with_any(word, &["one-", "ouija"]) {
        return true;
    }
    // "use", "usual", "usurper", but "usher".
    let us = word.starts_with("us") && !word.starts_with("ush");
    let un = starts_with_any(word, &["unid", "unim", "unin"]);
    us || (starts_with_any(word, &SPOKEN_GLIDE) && !un && !starts_with_any(word, &SPOKEN_UT))
}

fn starts_with_any(word: &str, starts: &[&str]) -> bool {
    starts.iter().any(|start| word.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_article_follows_the_sound() {
        let an = "hour|honest man|heirloom|hourglass|umbrella|8-bit console|11 m tower|18-wheeler|80s car|800 kg \
            bell|X-ray|SUV|LED lamp|MRI|egg|ox|igloo|apple|owl|oboe|urn|urchin|ulcer|ugly duckling|upper deck|usher|\
            unidentified object|uninvited guest|unusual plant|unopened letter|opened book|\u{e9}clair|ear|eye|onion|udder|11,000 foot peak";
        for phrase in an.split('|') {
            assert_eq!(with_article(phrase), format!("an {phrase}"));
        }
        let a = "cat|unicorn|uniform|union jack|university|unit|universe|unique vase|unisex coat|ukulele|used car|\
            user|usual dog|utensil|utility pole|European bird|ewe|eucalyptus|eulogy|one-eyed cat|once loved toy|UFO|\
            U-turn|T-shirt|TV|USB stick|NASA rocket|LEGO brick|house|hotel|historic town|yacht|year|Ukrainian flag|\
            1 m ruler|100 dollar bill|1100 page book|'fancy' hat|ouija board|herd|horse";
        for phrase in a.split('|') {
            assert_eq!(with_article(phrase), format!("a {phrase}"));
        }
    }

    #[test]
    fn a_second_article_is_never_added() {
        for phrase in ["a cat", "An owl", "the moon", "his hat", "scissors", "two cats", "red cars", "people"]
        {
            assert_eq!(with_article(phrase), phrase);
        }
        assert_eq!(with_article(" sheep "), "a sheep");
        assert_eq!(with_article(""), "");
    }
}
