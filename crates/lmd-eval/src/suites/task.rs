//! [`Task`]: a prompt with what must be seen, in the form of GenEval's `evaluation_metadata.jsonl`.

use serde::{Deserialize, Serialize};

/// Most characters of a prompt, a family or a class.
const MAX_PROMPT: usize = 2000;
const MAX_WORDS: usize = 100;
/// Most clauses of a prompt, and most things of one clause.
const MAX_CLAUSES: usize = 32;
const MAX_COUNT: usize = 100;

/// One prompt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Task {
    /// Its family.
    pub tag: String,
    /// What must be seen: all of it.
    #[serde(default)]
    pub include: Vec<Clause>,
    /// What must not be seen: none of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exclude: Vec<Limit>,
    /// The prompt itself.
    pub prompt: String,
}

/// Things that must be seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clause {
    /// What they are, in the singular.
    pub class: String,
    /// At least so many.
    pub count: usize,
    /// Their colour, where it matters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub color: Option<String>,
    /// On which side of which earlier clause's things they are, by its index.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<(Relation, usize)>,
}

/// Things that must not be seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    /// What they are, in the singular.
    pub class: String,
    /// So many of them are too many.
    pub count: usize,
}

/// A side of something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Relation {
    /// Further left.
    #[serde(rename = "left of")]
    LeftOf,
    /// Further right.
    #[serde(rename = "right of")]
    RightOf,
    /// Higher.
    #[serde(rename = "above")]
    Above,
    /// Lower.
    #[serde(rename = "below")]
    Below,
}

impl Relation {
    /// How a suite's file writes it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::LeftOf => "left of",
            Self::RightOf => "right of",
            Self::Above => "above",
            Self::Below => "below",
        }
    }
}

impl Task {
    /// Whether it can be met and is not too long.
    pub(super) fn check(&self) -> Result<(), String> {
        let long = |text: &str, most: usize| text.trim().is_empty() || text.chars().count() > most;
        if long(&self.prompt, MAX_PROMPT) {
            return Err(format!("the prompt must have 1 to {MAX_PROMPT} characters"));
        }
        if self.include.len() + self.exclude.len() > MAX_CLAUSES {
            return Err(format!("at most {MAX_CLAUSES} clauses are read"));
        }
        if self.include.is_empty() && self.exclude.is_empty() {
            return Err("it says neither what must be seen (include) nor what must not (exclude)".to_owned());
        }
        let classes = self.include.iter().map(|clause| (&clause.class, clause.count));
        let limits = self.exclude.iter().map(|limit| (&limit.class, limit.count));
        for (class, count) in classes.chain(limits) {
            if long(class, MAX_WORDS) {
                return Err(format!("a class must have 1 to {MAX_WORDS} characters"));
            }
            if !(1..=MAX_COUNT).contains(&count) {
                return Err(format!("the count of {class:?} is {count}, expected 1 to {MAX_COUNT}"));
            }
        }
        if long(&self.tag, MAX_WORDS)
            || self.include.iter().filter_map(|c| c.color.as_ref()).any(|c| long(c, MAX_WORDS))
        {
            return Err(format!("tags and colours must have 1 to {MAX_WORDS} characters"));
        }
        for (index, clause) in self.include.iter().enumerate() {
            if clause.position.is_some_and(|(_, target)| target >= index) {
                return Err(format!(
                    "the position of {:?} must name an earlier clause by its index",
                    clause.class
                ));
            }
        }
        Ok(())
    }
}
