//! The number of single nouns: regular rules over the tables.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use super::tables::{
    COMPOUNDING, INVARIANT, IRREGULAR, LOOKALIKES, OES, PLURAL_ONLY, SILENT_E, U_AND_I, UNCOUNTED, VARIANTS,
};

static UNCOUNTED_SET: LazyLock<HashSet<&str>> = LazyLock::new(|| UNCOUNTED.iter().copied().collect());
static PLURAL_ONLY_SET: LazyLock<HashSet<&str>> = LazyLock::new(|| PLURAL_ONLY.iter().copied().collect());
/// Plurals by singulars, for whole words.
static PLURALS: LazyLock<HashMap<&str, &str>> =
    LazyLock::new(|| COMPOUNDING.iter().rev().chain(IRREGULAR.iter().rev()).copied().collect());
/// Singulars by plurals, for whole words. Variants are understood, never written, so only the way back has them.
static SINGULARS: LazyLock<HashMap<&str, &str>> = LazyLock::new(|| {
    let pairs = VARIANTS.iter().rev().chain(COMPOUNDING.iter().rev()).chain(IRREGULAR.iter().rev());
    pairs.map(|(singular, plural)| (*plural, *singular)).collect()
});

/// A noun's other form and where it came from are decided on lower case.
pub(super) fn plural(noun: &str) -> String {
    recased(noun, |lower| if is_plural_lower(lower) { lower.to_owned() } else { plural_lower(lower) })
}

/// The singular of `noun`; a singular stays as it is.
pub(super) fn singular(noun: &str) -> String {
    recased(noun, |lower| if is_plural_lower(lower) { singular_lower(lower) } else { lower.to_owned() })
}

/// Whether `noun` is in the plural. Nouns that are the same in both numbers
/// are not, nouns that have a plural only are.
pub(super) fn is_plural(noun: &str) -> bool {
    is_plural_lower(&trimmed(noun).to_lowercase())
}

/// `noun` up to its last letter or digit.
fn trimmed(noun: &str) -> &str {
    noun.trim_end_matches(|c: char| !c.is_alphanumeric())
}

/// Applies `change` to the lower-case noun and gives the result the case and
/// the trailing punctuation of the original.
fn recased(noun: &str, change: impl Fn(&str) -> String) -> String {
    if noun.bytes().all(|byte| byte.is_ascii_lowercase()) {
        return change(noun);
    }
    let word = trimmed(noun);
    let lower = word.to_lowercase();
    let changed = change(&lower);
    let shared = word
        .chars()
        .zip(changed.chars())
        .take_while(|(old, new)| old.to_lowercase().eq(std::iter::once(*new)))
        .count();
    let shouted = word.chars().filter(|c| c.is_alphabetic()).count() > 1
        && !word.chars().any(char::is_lowercase)
        && word.chars().any(char::is_uppercase);
    let tail: String = changed.chars().skip(shared).collect();
    let tail = if shouted { tail.to_uppercase() } else { tail };
    let kept: String = word.chars().take(shared).collect();
    format!("{kept}{tail}{}", &noun[word.len()..])
}

fn plural_lower(noun: &str) -> String {
    if is_unchanged(noun) || !noun.ends_with(takes_ending) {
        return noun.to_owned();
    }
    if let Some((head, rest)) = hyphenated(noun) {
        return format!("{}{rest}", plural_lower(head));
    }
    irregular_plural(noun).unwrap_or_else(|| regular_plural(noun))
}

fn singular_lower(noun: &str) -> String {
    if PLURAL_ONLY_SET.contains(noun) {
        return noun.to_owned();
    }
    if let Some((head, rest)) = hyphenated(noun) {
        return format!("{}{rest}", singular_lower(head));
    }
    irregular_singular(noun).unwrap_or_else(|| regular_singular(noun))
}

fn is_plural_lower(noun: &str) -> bool {
    if PLURAL_ONLY_SET.contains(noun) {
        return true;
    }
    if is_unchanged(noun) || irregular_plural(noun).is_some() {
        return false;
    }
    if let Some((head, _)) = hyphenated(noun) {
        return is_plural_lower(head);
    }
    irregular_singular(noun).is_some() || ends_like_plural(noun)
}

/// Endings are put on Latin words and numbers, not on other scripts.
fn takes_ending(last: char) -> bool {
    last.is_ascii_digit() || (last.is_alphabetic() && last < '\u{250}')
}

/// Whether both numbers of `noun` are written alike. Of the compounds in
/// -craft only vehicles are: "aircraft", but "handicrafts".
fn is_unchanged(noun: &str) -> bool {
    let vehicle = |n: &str| matches!(n, "air" | "space" | "hover" | "water" | "rotor");
    UNCOUNTED_SET.contains(noun)
        || INVARIANT
            .iter()
            .any(|kind| noun.strip_suffix(kind).is_some_and(|front| *kind != "craft" || vehicle(front)))
}

/// The irregular plural of `noun`, as a whole or as the end of a compound.
fn irregular_plural(noun: &str) -> Option<String> {
    let whole = PLURALS.get(noun).map(|plural| (*plural).to_owned());
    whole.or_else(|| compounded(noun, COMPOUNDING.iter().copied()))
}

/// The singular of an irregular plural, as a whole or as the end of a compound.
fn irregular_singular(noun: &str) -> Option<String> {
    let whole = SINGULARS.get(noun).map(|singular| (*singular).to_owned());
    whole.or_else(|| compounded(noun, COMPOUNDING.iter().map(|(singular, plural)| (*plural, *singular))))
}

/// `noun` with the first of `pairs` whose first it ends in turned into its second.
fn compounded<'a>(noun: &str, mut pairs: impl Iterator<Item = (&'a str, &'a str)>) -> Option<String> {
    let (front, to) = pairs.find_map(|(from, to)| Some((noun.strip_suffix(from)?, to)))?;
    let regular = LOOKALIKES.iter().any(|word| noun.ends_with(word));
    (!regular).then(|| format!("{front}{to}"))
}

/// Splits "mother-in-law" into "mother" and "-in-law".
fn hyphenated(noun: &str) -> Option<(&str, &str)> {
    noun.find('-')?;
    let at = ["-in-", "-of-", "-on-", "-and-", "-with-"].iter().find_map(|joint| noun.find(joint))?;
    (at > 0).then(|| noun.split_at(at))
}

/// Whether a noun in none of the pairs looks like a plural.
fn ends_like_plural(noun: &str) -> bool {
    let Some(stem) = noun.strip_suffix('s') else {
        return false;
    };
    let looks_singular = stem.ends_with(['s', 'u', 'i', '\'']) || stem.chars().count() < 2;
    !looks_singular || U_AND_I.contains(&stem)
}

fn ends_with_any(noun: &str, endings: &[&str]) -> bool {
    endings.iter().any(|ending| noun.ends_with(ending))
}

fn regular_plural(noun: &str) -> String {
    let before_last = noun.chars().rev().nth(1);
    let after_vowel = before_last.is_some_and(|c| "aeiou".contains(c));
    if let Some(stem) = noun.strip_suffix('y')
        && (!after_vowel || stem.ends_with("qu"))
        && before_last.is_some_and(char::is_alphabetic)
    {
        return format!("{stem}ies");
    }
    if ends_with_any(noun, &["s", "x", "z", "ch", "sh"]) || OES.contains(&noun) {
        return format!("{noun}es");
    }
    format!("{noun}s")
}

fn regular_singular(noun: &str) -> String {
    let Some(stem) = noun.strip_suffix('s') else {
        return noun.to_owned();
    };
    if SILENT_E.contains(&stem) {
        return stem.to_owned();
    }
    if let Some(front) = noun.strip_suffix("ies")
        && front.chars().count() > 1
    {
        return format!("{front}y");
    }
    let sibilant = ["ches", "shes", "xes", "sses", "zzes", "tzes", "oes"];
    let latin = noun.ends_with("uses") && !ends_with_any(noun, &["ouses", "auses"]);
    if ends_with_any(noun, &sibilant) || latin {
        return noun[..noun.len() - 2].to_owned();
    }
    stem.to_owned()
}
