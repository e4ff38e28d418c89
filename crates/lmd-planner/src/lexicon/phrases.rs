//! Phrases: several words that mean one thing.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::source;

pub(super) const TEXT: &str = include_str!("phrases.txt");
const LANGUAGES: &str = include_str!("languages.txt");

/// The sections of `phrases.txt`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Section {
    /// What says where something is.
    Where,
    /// Prepositions that place nothing by themselves.
    LoosePrepositions,
    /// What stands between noun phrases.
    Joints,
    /// Ways to say that something is not there.
    Negations,
    /// A likeness, and its words in a caption.
    Likenesses,
    /// What is said of the noun before it, and the adjective for it.
    Postposed,
    /// Wishes before a caption.
    Wishes,
    /// Wishes before an instruction.
    InstructionWishes,
    /// Ways to say in an instruction that something must not be there.
    Unwanted,
    /// Ways to say that something can go.
    Unneeded,
    /// Words for the whole scene, and how they are joined to a place.
    Moods,
    /// Of what sort the words of a mood are.
    MoodSorts,
    /// How strongly something is asked for.
    Strength,
    /// How a number bounds how many there are.
    Bounds,
    /// Ways to make a picture.
    Media,
    /// How the first thing named is drawn, and with it the picture.
    Manners,
    /// What is said of a picture as a whole.
    AboutPicture,
    /// In what order an instruction wants things.
    Orders,
    /// What is said of what is to be ordered and adds nothing.
    OrderOf,
    /// What changes how something is, and how it is then.
    States,
    /// What words for many kinds of things name.
    Sorts,
    /// Adjectives of which one takes the place of another.
    Contrary,
}

impl Section {
    pub(super) const ALL: [(Self, &'static str); 22] = [
        (Self::Where, "where"),
        (Self::LoosePrepositions, "loose prepositions"),
        (Self::Joints, "joints"),
        (Self::Negations, "negations"),
        (Self::Likenesses, "likenesses"),
        (Self::Postposed, "postposed"),
        (Self::Wishes, "wishes"),
        (Self::InstructionWishes, "instruction wishes"),
        (Self::Unwanted, "unwanted"),
        (Self::Unneeded, "unneeded"),
        (Self::Moods, "moods"),
        (Self::MoodSorts, "mood sorts"),
        (Self::Strength, "strength"),
        (Self::Bounds, "bounds"),
        (Self::Media, "media"),
        (Self::Manners, "manners"),
        (Self::AboutPicture, "about the picture"),
        (Self::Orders, "orders"),
        (Self::OrderOf, "order of"),
        (Self::States, "states"),
        (Self::Sorts, "sorts"),
        (Self::Contrary, "contrary"),
    ];

    /// Its phrases with what stands behind them in the file.
    pub(crate) fn entries(self) -> impl Iterator<Item = (&'static str, &'static str)> {
        ENTRIES.get(&self).into_iter().flatten().copied()
    }
}

static ENTRIES: LazyLock<HashMap<Section, Vec<(&'static str, &'static str)>>> = LazyLock::new(|| {
    Section::ALL.iter().map(|(section, name)| (*section, source::entries(TEXT, name).collect())).collect()
});

/// The phrases of a section with their meanings, found by their first word.
#[derive(Debug)]
pub(crate) struct Phrases<T>(HashMap<&'static str, Vec<(Vec<&'static str>, T)>>);

impl<T> Phrases<T> {
    /// The phrases of `section` as far as `meaning`, which is told the phrase
    /// and what stands behind it, knows them.
    pub(crate) fn new(section: Section, meaning: impl Fn(&'static str, &'static str) -> Option<T>) -> Self {
        let mut by_first: HashMap<&str, Vec<(Vec<&str>, T)>> = HashMap::new();
        for (phrase, value) in section.entries() {
            let (first, rest) = phrase.split_once(' ').unwrap_or((phrase, ""));
            if let Some(meaning) = meaning(phrase, value) {
                by_first.entry(first).or_default().push((rest.split_whitespace().collect(), meaning));
            }
        }
        Self(by_first)
    }

    /// The longest phrase that `word(0)`, `word(1)` and so on read, with its
    /// number of words.
    pub(crate) fn longest<'a>(&self, word: impl Fn(usize) -> &'a str) -> Option<(&T, usize)> {
        let reads = |rest: &[&str]| rest.iter().zip(1..).all(|(part, at)| word(at) == *part);
        let fitting = self.0.get(word(0))?.iter().filter(|(rest, _)| reads(rest));
        fitting.max_by_key(|(rest, _)| rest.len()).map(|(rest, meaning)| (meaning, rest.len() + 1))
    }

    /// How many there are.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.0.values().map(Vec::len).sum()
    }
}

/// What follows the longest phrase of a section that `text` opens with.
pub(crate) fn after(section: Section, text: &str) -> Option<&str> {
    let rest = |(phrase, _): (&str, &str)| text.strip_prefix(phrase)?.strip_prefix(' ');
    section.entries().filter_map(rest).min_by_key(|rest| rest.len())
}

/// The language most of whose little words are among `words`, with those.
pub(crate) fn likeliest_language<'a>(words: &[&'a str]) -> Option<(&'static str, Vec<&'a str>)> {
    static MARKED: LazyLock<Vec<(&str, Vec<&str>)>> = LazyLock::new(|| {
        let mut marked: Vec<(&str, Vec<&str>)> = Vec::new();
        for (language, line) in source::lines(LANGUAGES) {
            match marked.last_mut().filter(|(last, _)| *last == language) {
                Some((_, markers)) => markers.extend(line.split_whitespace()),
                None => marked.push((language, line.split_whitespace().collect())),
            }
        }
        marked
    });
    let seen = MARKED.iter().map(|(language, markers)| {
        let found: Vec<&str> = words.iter().copied().filter(|word| markers.contains(word)).collect();
        (*language, found)
    });
    seen.max_by_key(|(_, found)| found.len()).filter(|(_, found)| !found.is_empty())
}
