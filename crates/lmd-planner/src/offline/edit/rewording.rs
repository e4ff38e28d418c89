//! Ways to say an instruction, brought to the few that the rules of clauses read: `could the dog be brown` as `the dog
//! should be brown`. They are data (`rewording.txt`).

use std::collections::HashMap;
use std::sync::LazyLock;

use super::command::first_word;
use super::moving::is_surrounding;
use super::remarks::lemma;
use super::vocabulary::{comparative, is_time, is_verb};
use crate::lexicon::{
    self, VerbForm, finite_past, is_adjective, is_function, known_kind, names_colour, progressive, verb,
};

const WAYS: &str = include_str!("rewording.txt");
/// Most lines that are read one after another.
const MOST: usize = 12;

/// Words, or the slot of a letter.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Words(String),
    Slot(char),
}

/// A way to say something, and what is read instead.
#[derive(Debug)]
struct Way {
    said: Vec<Part>,
    read: Vec<Part>,
}

/// The lines of a section, found by their first word.
struct Ways {
    all: Vec<Way>,
    /// Those that open with a word.
    by_first: HashMap<String, Vec<usize>>,
    /// Those that open with a slot.
    open: Vec<usize>,
}

static ALWAYS: LazyLock<Ways> = LazyLock::new(|| Ways::of("ways"));
static OTHERWISE: LazyLock<Ways> = LazyLock::new(|| Ways::of("otherwise"));

/// A clause as the rules read it.
pub(super) fn reworded(text: &str) -> String {
    let mut text = text.to_owned();
    for _ in 0..MOST {
        match next(&ALWAYS, &text) {
            Some(other) => text = other,
            None => break,
        }
    }
    text
}

/// A clause that no rule reads, said another way; a remark about what is not so or too much is no wish.
pub(super) fn otherwise(text: &str) -> Option<String> {
    let remark = [" not ", "n't ", " too "].iter().any(|word| text.contains(word));
    next(&OTHERWISE, text).filter(|_| !remark)
}

/// Whether words say what somebody does: `everybody wears a coat`.
pub(super) fn tells(text: &str) -> bool {
    let words: Vec<&str> = text.split(' ').collect();
    let third = |word: &str| {
        verb(word).is_some_and(|verb| verb.form == VerbForm::Third)
            && known_kind(&lmd_layout::singular(word)).is_none()
    };
    words.iter().skip(1).any(|word| third(word))
}

/// What the first line says that fits a text and says something else.
fn next(ways: &Ways, text: &str) -> Option<String> {
    let with_first = ways.by_first.get(first_word(text)?);
    let read = |at: &usize| {
        let (way, mut found) = (&ways.all[*at], Vec::new());
        let told = fits(&way.said, text, &mut found).then(|| way.told(&found));
        Some((*at, told.filter(|told| told != text)?))
    };
    let lines = [with_first.into_iter().flatten().find_map(read), ways.open.iter().find_map(read)];
    lines.into_iter().flatten().min_by_key(|(at, _)| *at).map(|(_, told)| told)
}

impl Ways {
    fn of(section: &'static str) -> Self {
        let all = ways(section);
        let (mut by_first, mut open): (HashMap<String, Vec<usize>>, Vec<usize>) =
            (HashMap::new(), Vec::new());
        for (at, way) in all.iter().enumerate() {
            match way.said.first() {
                Some(Part::Words(words)) => {
                    let first = first_word(words).unwrap_or_default().to_owned();
                    by_first.entry(first).or_default().push(at);
                }
                _ => open.push(at),
            }
        }
        Self { all, by_first, open }
    }
}

impl Way {
    /// The other side with the words that the slots have.
    fn told(&self, found: &[(char, &str)]) -> String {
        let words = |part: &Part| match part {
            Part::Words(words) => words.clone(),
            Part::Slot(slot) => {
                let words = found.iter().find(|(name, _)| name == slot).map_or("", |(_, words)| *words);
                match slot {
                    'G' => instructed(words).unwrap_or_else(|| words.to_owned()),
                    'T' => wished(words),
                    _ => words.to_owned(),
                }
            }
        };
        self.read.iter().map(words).collect()
    }
}

/// The lines of a section, each with one of its alternatives.
fn ways(section: &'static str) -> Vec<Way> {
    let lines = lexicon::lines(WAYS, section).filter_map(|line| line.split_once(" = "));
    let linked = lines.flat_map(|(said, read)| match said.split_once('<') {
        Some((before, rest)) => {
            let (choices, after) = rest.split_once('>').unwrap_or((rest, ""));
            let one = |choice: &str| (format!("{before}{choice}{after}"), read.replace("<>", choice));
            choices.split('|').map(one).collect()
        }
        None => vec![(said.to_owned(), read.to_owned())],
    });
    let each = linked.flat_map(|(said, read)| {
        chosen(&said).into_iter().map(move |said| Way { said: parts(&said), read: parts(&read) })
    });
    each.collect()
}

/// `a (b|c) d` as `a b d` and `a c d`.
fn chosen(line: &str) -> Vec<String> {
    let Some((before, rest)) = line.split_once('(') else {
        return vec![line.split_whitespace().collect::<Vec<_>>().join(" ")];
    };
    let (choices, after) = rest.split_once(')').unwrap_or((rest, ""));
    choices.split('|').flat_map(|choice| chosen(&format!("{before}{choice}{after}"))).collect()
}

fn parts(line: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    for letter in line.chars() {
        match parts.last_mut() {
            _ if letter.is_ascii_uppercase() => parts.push(Part::Slot(letter)),
            Some(Part::Words(words)) => words.push(letter),
            _ => parts.push(Part::Words(letter.to_string())),
        }
    }
    parts
}

/// Whether a text is said that way, and what its slots have.
fn fits<'a>(said: &[Part], text: &'a str, found: &mut Vec<(char, &'a str)>) -> bool {
    match said {
        [] => text.is_empty(),
        [Part::Words(words), rest @ ..] => {
            text.strip_prefix(words.as_str()).is_some_and(|text| fits(rest, text, found))
        }
        [Part::Slot(slot)] => take(*slot, text, found),
        [Part::Slot(slot), rest @ ..] => {
            let Some(Part::Words(next)) = rest.first() else { return false };
            text.match_indices(next.as_str()).any(|(at, _)| {
                let known = found.len();
                let read = text.get(..at).is_some_and(|words| take(*slot, words, found))
                    && text.get(at..).is_some_and(|text| fits(rest, text, found));
                if !read {
                    found.truncate(known);
                }
                read
            })
        }
    }
}

/// Puts words into a slot they fit into; a slot that stands twice has the same words.
fn take<'a>(slot: char, words: &'a str, found: &mut Vec<(char, &'a str)>) -> bool {
    let same = found.iter().find(|(name, _)| *name == slot).is_none_or(|(_, known)| *known == words);
    let fit = same && !words.is_empty() && words.trim() == words && may_be(slot, words);
    if fit {
        found.push((slot, words));
    }
    fit
}

fn may_be(slot: char, words: &str) -> bool {
    let first = first_word(words).unwrap_or_default();
    let mut each = words.split([' ', ',']).filter(|word| !word.is_empty());
    match slot {
        'W' | 'A' | 'B' => is_known(words),
        'N' => is_new(words),
        'H' => is_bare(words),
        'V' => is_verb(first) && first != "want",
        'G' => instructed(words).is_some(),
        'D' => {
            ["be", "have", "go", "come", "stay", "get", "become"].contains(&first)
                || verb(first).is_some_and(|verb| verb.form == VerbForm::Base)
                || is_verb(first)
        }
        'I' => first.ends_with("ing") && progressive(first).is_some(),
        'C' => {
            each.all(|word| word == "and" || names_colour(word) || is_adjective(word))
                && names_colour(last(words))
        }
        'J' => {
            comparative(words).is_some()
                || each.all(|word| {
                    let points = matches!(word, "other" | "same" | "different");
                    matches!(word, "and" | "very") || names_colour(word) || is_adjective(word) && !points
                })
        }
        'K' | 'M' => lmd_layout::parse_number_word(words).is_some(),
        'L' => {
            matches!(first, "a" | "an" | "the")
                && words.split(' ').count() <= 5
                && is_surrounding(last(words))
        }
        'Z' => is_time(words),
        'Q' => {
            let counted = |word: &str| lmd_layout::parse_number_word(word).is_some();
            each.clone().count() <= 3
                && !is_verb(first)
                && !each.any(|word| is_function(word) || counted(word))
        }
        _ => true,
    }
}

fn last(words: &str) -> &str {
    words.rsplit(' ').next().unwrap_or_default()
}

/// Whether words point at something that is there.
fn is_known(words: &str) -> bool {
    let first = first_word(words).unwrap_or_default();
    let points = [
        "the",
        "it",
        "they",
        "them",
        "both",
        "all",
        "each",
        "every",
        "everything",
        "everyone",
        "everybody",
        "this",
        "these",
        "those",
        "his",
        "her",
        "its",
        "their",
        "my",
        "he",
        "she",
        "him",
        "object",
        "objects",
        "box",
        "boxes",
        "that",
    ];
    let states = [
        "is", "are", "was", "were", "be", "should", "must", "would", "could", "can", "may", "has", "have",
        "had", "needs", "need", "looks", "look", "seems", "seem",
    ];
    let whole = !is_function(last(words)) || !words.contains(' ') && first != "the";
    let counted = || words.split(' ').nth(1) == Some("of") && lmd_layout::parse_number_word(first).is_some();
    whole
        && (points.contains(&first) || first.starts_with('#') || counted())
        && !words.split(' ').any(|word| states.contains(&word))
}

/// Whether words name something new.
fn is_new(words: &str) -> bool {
    let first = first_word(words).unwrap_or_default();
    let new = ["a", "an", "some", "another", "more", "several", "few", "many"].contains(&first)
        || lmd_layout::parse_number_word(first).is_some() && words.split(' ').nth(1) != Some("of");
    let plural = || {
        let noun = crate::english::relation_phrase(words).map_or_else(|| words.to_owned(), |(who, ..)| who);
        !is_known(words)
            && !is_function(first)
            && !is_verb(first)
            && lmd_layout::is_plural(last(&noun))
            && noun.split(' ').count() <= 3
            && known_kind(&lmd_layout::singular(last(&noun))).is_some()
    };
    // "a cookie next" of "a cookie next to it" is cut too early.
    let open = matches!(last(words), "next" | "close" | "near" | "closer" | "nearer");
    !open && (new && words.contains(' ') || plural())
}

/// Whether words are a noun that a drawing could show, without an article.
fn is_bare(words: &str) -> bool {
    let first = first_word(words).unwrap_or_default();
    let plain = !is_verb(first) && !is_function(first) && words.split(' ').count() <= 3;
    plain && !is_known(words) && !is_new(first) && known_kind(&lmd_layout::singular(last(words))).is_some()
}

/// `making the dog red` as `make the dog red`.
fn instructed(words: &str) -> Option<String> {
    let (first, rest) = words.split_once(' ')?;
    Some(format!("{} {rest}", lemma(first, "ing")?))
}

/// A statement as a wish: `the cat was red` as `the cat should be red`, `it rained` as `it should be raining`.
fn wished(words: &str) -> String {
    let all: Vec<&str> = words.split(' ').collect();
    let modal = |word: &str| matches!(word, "should" | "must");
    let told = (1..all.len()).find_map(|at| {
        let state = match all[at] {
            word if modal(word) => return Some(words.to_owned()),
            "is" | "are" | "was" | "were" => "should be".to_owned(),
            "has" | "had" | "have" => "should have".to_owned(),
            "would" | "could" | "will" | "can" | "might" => "should".to_owned(),
            "went" | "goes" => "should go".to_owned(),
            word => {
                let told =
                    finite_past(word).or_else(|| verb(word).filter(|verb| verb.form == VerbForm::Third))?;
                format!("should be {}", told.attribute)
            }
        };
        Some([&all[..at], &[state.as_str()], &all[at + 1..]].concat().join(" "))
    });
    told.unwrap_or_else(|| words.to_owned())
}
