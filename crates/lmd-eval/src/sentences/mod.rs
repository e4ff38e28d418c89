//! Sentences in free wording, each with facts its layout must show.
//!
//! The sentences and their facts were written by hand, before and without the
//! planners they try; nothing here is shared with a planner. A fact is one
//! line of a small language:
//!
//! ```text
//! count red car = 2        so many boxes are red cars; also >= and <=
//! total = 3                so many boxes in all; also >= and <=
//! left_of dog, cat         every dog stands so to some cat; also right_of,
//!                          above, below, on, under, inside, next_to, overlaps,
//!                          in_front_of, behind, bigger, taller
//! between vase, cup, bowl  also between door, window (two windows)
//! around chair, table      the chairs stand on several sides of the table
//! region moon = top        left, right, top, bottom, center, center-x,
//!                          top-left, …, corners, sky, ground, foreground
//! row bird                 also column, stack, grid
//! large spider             its longer side takes a good part of the picture
//! absent car               no such box, not in the background, in the negative
//! background oil painting  the background prompt has these words
//! mentioned red hat        a caption or the background has these words
//! ```
//!
//! Words joined by `/` are alternatives. What a box shows is the noun its
//! caption ends in: "a cat with a red hat" is a cat and not a hat.

mod arrangement;
mod captions;
mod fact;
mod geometry;
mod report;

use lmd_layout::Layout;
use serde::{Deserialize, Serialize};
use thiserror::Error;

pub use fact::{Expectation, ExpectationKind};
pub use report::{FailedSentence, SentenceReport, run};

/// Which half of the sentences.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Set {
    /// Planners may be improved on these.
    Dev,
    /// Nobody improves a planner on these.
    HeldOut,
}

/// A sentence and what its layout must show.
#[derive(Clone, Debug, PartialEq)]
pub struct Sentence {
    /// Its half.
    pub set: Set,
    /// The prompt.
    pub text: String,
    /// What must hold.
    pub facts: Vec<Expectation>,
}

/// Why a file of sentences cannot be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SentenceError {
    /// It is not the TOML that was expected.
    #[error("the sentences are not TOML with [[sentence]] tables of text and facts: {0}")]
    Toml(#[from] toml::de::Error),
    /// A fact is not in the language of facts.
    #[error("in \"{sentence}\": the fact \"{fact}\" cannot be read: {why}")]
    Fact {
        /// The sentence it belongs to.
        sentence: String,
        /// The fact as written.
        fact: String,
        /// What was expected.
        why: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    sentence: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    text: String,
    facts: Vec<String>,
}

/// The sentences kept with this crate, both halves.
///
/// # Errors
/// [`SentenceError`] when the files it was built with are broken.
pub fn sentences() -> Result<Vec<Sentence>, SentenceError> {
    let mut all = read(include_str!("../../data/sentences-dev.toml"), Set::Dev)?;
    all.extend(read(include_str!("../../data/sentences-held-out.toml"), Set::HeldOut)?);
    Ok(all)
}

/// Reads sentences from TOML.
///
/// # Errors
/// [`SentenceError`] naming the sentence and the fact.
pub fn read(text: &str, set: Set) -> Result<Vec<Sentence>, SentenceError> {
    let file: File = toml::from_str(text)?;
    file.sentence.into_iter().map(|entry| read_entry(entry, set)).collect()
}

fn read_entry(entry: Entry, set: Set) -> Result<Sentence, SentenceError> {
    let read_fact = |fact: String| {
        Expectation::read(&fact).map_err(|why| SentenceError::Fact {
            sentence: entry.text.clone(),
            fact,
            why,
        })
    };
    let facts = entry.facts.into_iter().map(read_fact).collect::<Result<_, _>>()?;
    Ok(Sentence { set, text: entry.text, facts })
}

impl Sentence {
    /// The facts that do not hold in `layout`, with what was wrong.
    #[must_use]
    pub fn violated<'a>(&'a self, layout: &Layout) -> Vec<(&'a Expectation, String)> {
        self.facts.iter().filter_map(|fact| fact.check(layout).err().map(|why| (fact, why))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kept_sentences_are_read() {
        let all = sentences().unwrap();
        assert!(all.len() >= 170, "{}", all.len());
        let held_out = all.iter().filter(|s| s.set == Set::HeldOut).count();
        assert!(held_out * 2 + 2 >= all.len(), "{held_out} of {}", all.len());
        assert!(all.iter().all(|s| !s.facts.is_empty()));
    }

    #[test]
    fn a_broken_fact_is_named() {
        let text = "[[sentence]]\ntext = \"a cat\"\nfacts = [\"cuont cat = 1\"]\n";
        let message = read(text, Set::Dev).unwrap_err().to_string();
        assert!(message.contains("cuont cat = 1") && message.contains("a cat"), "{message}");
    }
}
