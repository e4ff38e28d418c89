//! The number of single nouns: regular rules over the tables.

use super::tables::{
    COMPOUNDING, INVARIANT, IRREGULAR, LOOKALIKES, OES, PLURAL_ONLY, SILENT_E, U_AND_I, UNCOUNTED, VARIANTS,
};

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
    swap(noun, |pair| *pair).unwrap_or_else(|| regular_plural(noun))
}

fn singular_lower(noun: &str) -> String {
    if PLURAL_ONLY.contains(&noun) {
        return noun.to_owned();
    }
    if let Some((head, rest)) = hyphenated(noun) {
        return format!("{}{rest}", singular_lower(head));
    }
    swap(noun, |(singular, plural)| (*plural, *singular)).unwrap_or_else(|| regular_singular(noun))
}

fn is_plural_lower(noun: &str) -> bool {
    if PLURAL_ONLY.contains(&noun) {
        return true;
    }
    if is_unchanged(noun) || swap(noun, |pair| *pair).is_some() {
        return false;
    }
    if let Some((head, _)) = hyphenated(noun) {
        return is_plural_lower(head);
    }
    swap(noun, |(singular, plural)| (*plural, *singular)).is_some() || ends_like_plural(noun)
}

/// Endings are put on Latin words and numbers, not on other scripts.
fn takes_ending(last: char) -> bool {
    last.is_ascii_digit() || (last.is_alphabetic() && last < '\u{250}')
}

/// Whether both numbers of `noun` are written alike. Of the compounds in
/// -craft only vehicles are: "aircraft", but "handicrafts".
fn is_unchanged(noun: &str) -> bool {
    let vehicle = |n: &str| matches!(n, "air" | "space" | "hover" | "water" | "rotor");
    UNCOUNTED.contains(&noun)
        || INVARIANT
            .iter()
            .any(|kind| noun.strip_suffix(kind).is_some_and(|front| *kind != "craft" || vehicle(front)))
}

/// Looks a noun up in the pairs, turned the way `turn` says, as a whole or as
/// the end of a compound.
fn swap(
    noun: &str,
    turn: impl Fn(&(&'static str, &'static str)) -> (&'static str, &'static str),
) -> Option<String> {
    let whole = IRREGULAR.iter().chain(COMPOUNDING).map(&turn).find(|(from, _)| *from == noun);
    if let Some((_, to)) = whole {
        return Some(to.to_owned());
    }
    // Variants are understood, never written, so only the way back uses them.
    let backwards = turn(&("", "plural")).0 == "plural";
    if backwards && let Some((singular, _)) = VARIANTS.iter().find(|(_, plural)| *plural == noun) {
        return Some((*singular).to_owned());
    }
    let regular = |noun: &str| LOOKALIKES.iter().any(|word| noun.ends_with(word));
    let (from, to) = COMPOUNDING.iter().map(turn).find(|(from, _)| noun.ends_with(from))?;
    (!regular(noun)).then(|| format!("{}{to}", &noun[..noun.len() - from.len()]))
}

/// Splits "mother-in-law" into "mother" and "-in-law".
fn hyphenated(noun: &str) -> Option<(&str, &str)> {
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
