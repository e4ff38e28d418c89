//! Nouns: their tags and usual sizes, from `nouns.txt`.

use std::collections::HashMap;
use std::sync::LazyLock;

use lmd_layout::singular;

use super::kind::Kind;
use super::source;
use super::tags::Tags;

pub(super) const TEXT: &str = include_str!("nouns.txt");

/// What the lexicon says of a noun.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Noun {
    pub(super) tags: Tags,
    /// `None` for what has no size of its own (times, materials) and for plurals.
    pub(super) kind: Option<Kind>,
}

static NOUNS: LazyLock<HashMap<&'static str, Noun>> =
    LazyLock::new(|| source::lines(TEXT).filter_map(|(_, line)| parse(line).ok()).collect());

/// The nouns of several words by their first.
static COMPOUNDS: LazyLock<HashMap<&'static str, Vec<&'static str>>> = LazyLock::new(|| {
    let mut compounds: HashMap<&str, Vec<&str>> = HashMap::new();
    for noun in NOUNS.keys() {
        if let Some((first, rest)) = noun.split_once(' ') {
            compounds.entry(first).or_default().push(rest);
        }
    }
    compounds
});

/// One line: `lemma: tags; class height width`, of which tags or size may be
/// missing.
pub(super) fn parse(line: &'static str) -> Result<(&'static str, Noun), String> {
    let (lemma, rest) = line.split_once(':').ok_or_else(|| format!("\"{line}\" has no colon"))?;
    let mut noun = Noun { tags: Tags::NOUN, kind: None };
    for part in rest.split(';').map(str::trim).filter(|part| !part.is_empty()) {
        if part.ends_with(|c: char| c.is_ascii_digit()) {
            let kind = Kind::parse(part).ok_or_else(|| {
                format!("\"{part}\" of \"{lemma}\" is no size; write it as in \"stand 1.75 0.7\"")
            })?;
            noun.kind = Some(kind);
            continue;
        }
        for name in part.split(' ') {
            let known = Tags::NAMES.iter().find(|(known, _)| *known == name);
            let (_, tag) = known.ok_or_else(|| format!("\"{name}\" of \"{lemma}\" is no tag"))?;
            noun.tags = noun.tags.and(*tag);
        }
    }
    Ok((lemma, noun))
}

/// All nouns with their tags.
pub(super) fn all() -> impl Iterator<Item = (&'static str, Tags)> {
    NOUNS.iter().map(|(lemma, noun)| (*lemma, noun.tags))
}

/// How many of `words` make a noun of several words, 0 if none.
pub(crate) fn compound(words: &[&str]) -> usize {
    let Some((first, others)) = words.split_first() else { return 0 };
    let one = singular(first);
    let starts = [Some(*first), Some(one.as_str()).filter(|one| one != first)];
    let found = starts.into_iter().flatten().filter_map(|first| COMPOUNDS.get(first)).flatten();
    let reads = |rest: &&str| {
        let mut n = 0;
        for part in rest.split(' ') {
            let word = others.get(n)?;
            if *word != part && singular(word) != part {
                return None;
            }
            n += 1;
        }
        Some(n + 1)
    };
    found.filter_map(reads).max().unwrap_or(0)
}

/// Looks a singular noun up: as a whole, then the head of `a bowl of soup`,
/// then its last words (`shiny sports car`, `sports car`, `car`).
pub(crate) fn kind_of(noun: &str) -> Kind {
    if noun.starts_with(char::is_uppercase) {
        return kind_of_name(&noun.to_lowercase());
    }
    known_kind(noun).unwrap_or(Kind::UNKNOWN)
}

/// A name is that of somebody unless it says what it is: `Mount Fuji`, `Eiffel Tower`.
fn kind_of_name(name: &str) -> Kind {
    let first = match name.split(' ').next() {
        Some("mount" | "mt.") => "mountain",
        other => other.unwrap_or_default(),
    };
    let known = known_kind(name).or_else(|| known_kind(first));
    known.or_else(|| known_kind("person")).unwrap_or(Kind::UNKNOWN)
}

/// As [`kind_of`], `None` for a noun whose size the lexicon does not know.
pub(crate) fn known_kind(noun: &str) -> Option<Kind> {
    if let Some(kind) = get(noun).and_then(|noun| noun.kind) {
        return Some(kind);
    }
    // A pair of jeans is as large as jeans are.
    if let Some(each) = noun.strip_prefix("pair of ") {
        return known_kind(each);
    }
    let head = noun.split_once(" of ").and_then(|(head, _)| known_kind(head));
    head.or_else(|| noun.split_once(' ').and_then(|(_, rest)| known_kind(rest)))
}

/// `traffic-light` is the noun `traffic light`.
fn get(noun: &str) -> Option<&'static Noun> {
    NOUNS.get(noun).or_else(|| noun.contains('-').then(|| NOUNS.get(noun.replace('-', " ").as_str()))?)
}

/// What a noun as it stands can be.
pub(super) fn exact_tags(noun: &str) -> Tags {
    get(noun).map_or_else(Tags::default, |noun| noun.tags)
}
