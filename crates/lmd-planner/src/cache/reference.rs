//! [`ReferenceCache`]: the reference implementation's answers as a planner
//! (A.4).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use lmd_layout::FilterOptions;

use super::{CacheError, read_bounded};
use crate::verify::{hand_made, read_answer};
use crate::{Conversation, Plan, PlanError, Planner, normalize_prompt};

/// Largest file that is read; the shipped ones have 73 kB.
const MAX_FILE_BYTES: u64 = 64 << 20;

/// A JSON file `{caption: [answer, …]}`. A caption that is asked for again
/// gets its next answer, as in the reference; when all are used it is an
/// error, never a guess.
#[derive(Debug)]
pub struct ReferenceCache {
    path: PathBuf,
    answers: BTreeMap<String, Vec<String>>,
    used: Mutex<BTreeMap<String, usize>>,
    options: FilterOptions,
}

impl ReferenceCache {
    /// All answers by their captions.
    #[must_use]
    pub const fn answers(&self) -> &BTreeMap<String, Vec<String>> {
        &self.answers
    }

    /// Reads a file.
    ///
    /// # Errors
    /// [`CacheError`] when it cannot be read or is not such a file.
    pub fn open(path: &Path) -> Result<Self, CacheError> {
        let text = read_bounded(path, MAX_FILE_BYTES)?;
        let answers = serde_json::from_str(&text).map_err(|e| CacheError::Malformed {
            path: path.to_owned(),
            why: format!("{e}; expected an object of captions, each with a list of answers"),
        })?;
        let (path, options) = (path.to_owned(), FilterOptions::default());
        Ok(Self { path, answers, used: Mutex::default(), options })
    }

    /// The same answers with boxes filtered in another way.
    #[must_use]
    pub fn with_options(self, options: FilterOptions) -> Self {
        Self { options, ..self }
    }

    /// How many answers the file holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.answers.values().map(Vec::len).sum()
    }

    /// Whether it holds none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The next answer for a prompt.
    ///
    /// # Errors
    /// [`PlanError`] for a prompt that is empty or has no answer left.
    pub fn next_answer(&self, prompt: &str) -> Result<&str, PlanError> {
        let prompt = normalize_prompt(prompt)?;
        let held = self.answers.get(&prompt).map_or(&[][..], Vec::as_slice);
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let cursor = used.entry(prompt.clone()).or_default();
        let Some(answer) = held.get(*cursor) else {
            let (path, held) = (self.path.clone(), held.len());
            return Err(CacheError::NoAnswer { prompt, held, path }.into());
        };
        *cursor += 1;
        Ok(answer)
    }

    /// Starts every caption at its first answer again.
    pub fn reset(&self) {
        self.used.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

impl Planner for ReferenceCache {
    fn name(&self) -> String {
        format!("answers in {}", self.path.file_name().unwrap_or_default().to_string_lossy())
    }

    fn plan(&self, prompt: &str) -> Result<Plan, PlanError> {
        let answer = self.next_answer(prompt)?;
        Ok(hand_made(prompt, read_answer(answer, &self.options)?))
    }

    fn revise(&self, _: &Conversation, instruction: &str) -> Result<Plan, PlanError> {
        Err(PlanError::Instruction {
            instruction: instruction.to_owned(),
            why: "a file of answers holds first layouts only; use the offline planner or a language model"
                .to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(text: &str) -> Result<ReferenceCache, CacheError> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("cache.json");
        std::fs::write(&path, text).unwrap();
        ReferenceCache::open(&path)
    }

    #[test]
    fn answers_come_in_their_order_and_end() {
        let first =
            r"[('a cat', [10, 20, 100, 200])]\nBackground prompt: A realistic scene\nNegative prompt: ";
        let second = first.replace("100, 200", "200, 100");
        let cache = open(&format!(r#"{{"a cat": ["{first}", "{second}"]}}"#)).unwrap();
        assert_eq!(cache.len(), 2);
        let width = |plan: Plan| plan.layout.objects()[0].bbox.w() * 512.0;
        assert_eq!(width(cache.plan(" a cat. ").unwrap()), 100.0);
        assert_eq!(width(cache.plan("a cat").unwrap()), 200.0);
        let message = cache.plan("a cat").unwrap_err().to_string();
        assert!(message.contains("2 answers for \"a cat\""), "{message}");
        cache.reset();
        assert_eq!(width(cache.plan("a cat").unwrap()), 100.0);
        assert!(cache.plan("a dog").unwrap_err().to_string().contains("0 answers"));
    }

    #[test]
    fn other_files_are_told() {
        for text in ["", "[]", r#"{"a": "b"}"#, r#"{"a": [1]}"#] {
            assert!(matches!(open(text), Err(CacheError::Malformed { .. })), "{text}");
        }
        assert!(matches!(ReferenceCache::open(Path::new("/nowhere/x.json")), Err(CacheError::Read { .. })));
    }
}
