//! Suites of prompts for the benchmark of pictures: data files of a documented form (docs/suites.md). Three are built in;
//! anybody's own is read alike.

mod error;
mod task;

use serde::{Deserialize, Serialize};

pub use error::{MAX_SUITE_BYTES, MAX_TASKS, SuiteError};
pub use task::{Clause, Limit, Relation, Task};

/// The suites that are built in: name, file.
const BUILT_IN: [(&str, &str); 3] = [
    ("paper", include_str!("../../data/suites/paper.jsonl")),
    ("demo", include_str!("../../data/suites/demo.jsonl")),
    ("geneval", include_str!("../../data/suites/geneval.jsonl")),
];

/// By which rules a picture is right.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Rules {
    /// Those of LMD (arXiv:2305.13655, section D): every phrase is a query of its own, colours included; the middles of
    /// the best detections decide about sides.
    #[default]
    Lmd,
    /// Those of GenEval (arXiv:2310.11513): the best detections of a class count, each has the one colour that suits it
    /// best, and sides must be clear by a tenth of the sizes.
    GenEval,
}

/// The first line of a suite's file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SuiteHead {
    /// Its name: letters, digits, hyphens, underscores.
    #[serde(rename = "suite")]
    pub name: String,
    /// One line about it.
    #[serde(default)]
    pub title: String,
    /// By which rules pictures are judged.
    #[serde(default)]
    pub rules: Rules,
    /// Where the prompts come from.
    #[serde(default)]
    pub source: String,
    /// Under which licence.
    #[serde(default)]
    pub licence: String,
}

/// Prompts, and what must be seen for each.
#[derive(Clone, Debug, PartialEq)]
pub struct Suite {
    /// What it is.
    pub head: SuiteHead,
    /// Its prompts, in order.
    pub tasks: Vec<Task>,
}

impl Suite {
    /// The names of the suites that are built in.
    pub fn built_in_names() -> impl Iterator<Item = &'static str> {
        BUILT_IN.iter().map(|(name, _)| *name)
    }

    /// A suite that is built in; `None` where there is none of this name.
    ///
    /// # Errors
    /// Never, for the files of this crate; a test reads them all.
    pub fn built_in(name: &str) -> Option<Result<Self, SuiteError>> {
        BUILT_IN.iter().find(|(known, _)| *known == name).map(|(_, text)| Self::read(text))
    }

    /// Reads a suite: a line of JSON about it, then one for each prompt.
    ///
    /// # Errors
    /// [`SuiteError`], naming the line.
    pub fn read(text: &str) -> Result<Self, SuiteError> {
        if text.len() > MAX_SUITE_BYTES {
            return Err(SuiteError::TooLong);
        }
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
        let (at, first) = lines.next().ok_or(SuiteError::NoHead)?;
        let head: SuiteHead = serde_json::from_str(first).map_err(|error| SuiteError::line(at, &error))?;
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if head.name.is_empty() || head.name.len() > 64 || !head.name.chars().all(plain) {
            return Err(SuiteError::Name);
        }
        let mut tasks = Vec::new();
        for (at, line) in lines {
            let task: Task = serde_json::from_str(line).map_err(|error| SuiteError::line(at, &error))?;
            task.check().map_err(|reason| SuiteError::Task { line: at + 1, reason })?;
            tasks.push(task);
            if tasks.len() > MAX_TASKS {
                return Err(SuiteError::TooMany);
            }
        }
        if tasks.is_empty() { Err(SuiteError::NoTasks) } else { Ok(Self { head, tasks }) }
    }

    /// The families of its prompts, in the order in which they occur.
    #[must_use]
    pub fn families(&self) -> Vec<&str> {
        let mut families: Vec<&str> = Vec::new();
        for task in &self.tasks {
            if !families.contains(&task.tag.as_str()) {
                families.push(&task.tag);
            }
        }
        families
    }

    /// The places of `count` prompts of those at `among`, an even share of each family as far as it has as many, evenly
    /// spaced, in the suite's order.
    #[must_use]
    pub fn spread(&self, among: &[usize], count: usize) -> Vec<usize> {
        let of = |family: &str| -> Vec<usize> {
            let is_of = |index: &&usize| self.tasks.get(**index).is_some_and(|task| task.tag == family);
            among.iter().filter(is_of).copied().collect()
        };
        let mut families: Vec<Vec<usize>> = self.families().into_iter().map(of).collect();
        families.sort_by_key(Vec::len);
        let mut chosen = Vec::new();
        let number = families.len();
        for (k, mine) in families.iter().enumerate() {
            let share = mine.len().min((count - chosen.len()) / (number - k));
            chosen.extend((0..share).filter_map(|i| mine.get(i * mine.len() / share)).copied());
        }
        chosen.sort_unstable();
        chosen
    }
}

#[cfg(test)]
mod tests;
