//! [`AnswerCache`]: answers per prompt, model, template and form, one file
//! each, so that any number of processes can share them.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{CacheError, read_bounded, write_whole};

/// Largest file that is read. An answer is 64 KiB at most, six times that
/// when every character is escaped.
const MAX_FILE_BYTES: u64 = 1 << 20;

/// What a cache is used for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CacheMode {
    /// Known answers are used, new ones kept.
    #[default]
    ReadWrite,
    /// Neither read nor written.
    Off,
    /// The model is always asked, and its answer replaces the known one.
    Refresh,
}

/// What an answer answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct CacheKey<'a> {
    /// The normalised prompt, or a whole conversation.
    pub prompt: &'a str,
    /// The model's name.
    pub model: &'a str,
    /// Which wording of the question.
    pub template: &'a str,
    /// Which form of answer was asked for.
    pub format: &'a str,
}

/// A directory of answers. Every file is written beside its place and moved
/// there at once: a reader sees a whole answer or none.
///
/// ```
/// use lmd_planner::cache::{AnswerCache, CacheKey, CacheMode};
///
/// let dir = tempfile::tempdir()?;
/// let cache = AnswerCache::in_dir(dir.path(), CacheMode::ReadWrite);
/// let key = CacheKey { prompt: "a cat", model: "m", template: "t", format: "text" };
/// cache.put(&key, "Objects: []")?;
/// assert_eq!(cache.get(&key)?.as_deref(), Some("Objects: []"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct AnswerCache {
    dir: PathBuf,
    mode: CacheMode,
    servers: Option<PathBuf>,
}

/// A file's content. It repeats its key, so that a file is never taken for
/// the answer to something else.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    prompt: String,
    model: String,
    template: String,
    format: String,
    answer: String,
}

impl AnswerCache {
    /// The cache in the user's cache directory: `lmd/answers` below
    /// `XDG_CACHE_HOME`, `~/.cache` or its like.
    ///
    /// # Errors
    /// [`CacheError::NoDirectory`] when the system names none.
    pub fn open_default(mode: CacheMode) -> Result<Self, CacheError> {
        let base = etcetera::choose_base_strategy().map_err(|e| CacheError::NoDirectory(e.to_string()))?;
        let dir = base.cache_dir().join("lmd");
        Ok(Self::in_dir(dir.join("answers"), mode).with_servers(dir.join("servers")))
    }

    /// The cache in `dir`, which is made when the first answer is kept.
    #[must_use]
    pub fn in_dir(dir: impl Into<PathBuf>, mode: CacheMode) -> Self {
        Self { dir: dir.into(), mode, servers: None }
    }

    /// The same cache with a folder for what servers turned out to understand.
    #[must_use]
    pub fn with_servers(self, dir: impl Into<PathBuf>) -> Self {
        Self { servers: Some(dir.into()), ..self }
    }

    /// The folder for what servers turned out to understand, unless the mode
    /// forbids to keep anything.
    #[must_use]
    pub fn servers(&self) -> Option<&Path> {
        self.servers.as_deref().filter(|_| self.mode != CacheMode::Off)
    }

    /// Where the answers are.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The known answer, if there is one and the mode allows to use it.
    ///
    /// # Errors
    /// [`CacheError`] when there is a file that cannot be used; it is as good
    /// as no answer, and the next one kept replaces it.
    pub fn get(&self, key: &CacheKey<'_>) -> Result<Option<String>, CacheError> {
        if self.mode != CacheMode::ReadWrite {
            return Ok(None);
        }
        let path = self.path(key);
        let text = match read_bounded(&path, MAX_FILE_BYTES) {
            Ok(text) => text,
            Err(CacheError::Read { source, .. }) if source.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let malformed = |why: String| CacheError::Malformed { path: path.clone(), why };
        let entry: Entry = serde_json::from_str(&text).map_err(|e| malformed(e.to_string()))?;
        if entry.key() == *key {
            Ok(Some(entry.answer))
        } else {
            Err(malformed("it answers something else than its name says".to_owned()))
        }
    }

    /// Keeps an answer, unless the mode forbids it.
    ///
    /// # Errors
    /// [`CacheError::Write`]; whatever was there before is then unharmed.
    pub fn put(&self, key: &CacheKey<'_>, answer: &str) -> Result<(), CacheError> {
        if self.mode == CacheMode::Off {
            return Ok(());
        }
        let path = self.path(key);
        let written = serde_json::to_string_pretty(&Entry::new(key, answer)).map_err(std::io::Error::from);
        let written = written.and_then(|text| write_whole(&self.dir, &path, text.as_bytes()));
        written.map_err(|source| CacheError::Write { path, source })
    }

    /// The file of an answer, named by the BLAKE3 hash of its key.
    fn path(&self, key: &CacheKey<'_>) -> PathBuf {
        let mut hasher = blake3::Hasher::new();
        for part in [key.prompt, key.model, key.template, key.format] {
            // The length first, so that no two keys run into the same bytes.
            hasher.update(&(part.len() as u64).to_le_bytes()).update(part.as_bytes());
        }
        self.dir.join(format!("{}.json", hasher.finalize().to_hex()))
    }
}

impl Entry {
    fn new(key: &CacheKey<'_>, answer: &str) -> Self {
        Self {
            prompt: key.prompt.to_owned(),
            model: key.model.to_owned(),
            template: key.template.to_owned(),
            format: key.format.to_owned(),
            answer: answer.to_owned(),
        }
    }

    fn key(&self) -> CacheKey<'_> {
        let Self { prompt, model, template, format, .. } = self;
        CacheKey { prompt, model, template, format }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: CacheKey<'static> = CacheKey { prompt: "a cat", model: "m", template: "t", format: "text" };

    fn cache(dir: &tempfile::TempDir, mode: CacheMode) -> AnswerCache {
        AnswerCache::in_dir(dir.path().join("answers"), mode)
    }

    #[test]
    fn an_answer_is_found_under_its_whole_key_only() {
        let dir = tempfile::tempdir().unwrap();
        let cache = cache(&dir, CacheMode::ReadWrite);
        assert_eq!(cache.get(&KEY).unwrap(), None);
        cache.put(&KEY, "[]\n\u{7}ünï").unwrap();
        assert_eq!(cache.get(&KEY).unwrap().as_deref(), Some("[]\n\u{7}ünï"));
        for other in [
            CacheKey { prompt: "a dog", ..KEY },
            CacheKey { model: "n", ..KEY },
            CacheKey { template: "u", ..KEY },
            CacheKey { prompt: "a catm", model: "", ..KEY },
        ] {
            assert_eq!(cache.get(&other).unwrap(), None, "{other:?}");
        }
    }

    #[test]
    fn modes_say_what_is_read_and_written() {
        let dir = tempfile::tempdir().unwrap();
        cache(&dir, CacheMode::Off).put(&KEY, "off").unwrap();
        assert!(!dir.path().join("answers").exists());
        cache(&dir, CacheMode::Refresh).put(&KEY, "first").unwrap();
        assert_eq!(cache(&dir, CacheMode::Refresh).get(&KEY).unwrap(), None);
        assert_eq!(cache(&dir, CacheMode::Off).get(&KEY).unwrap(), None);
        cache(&dir, CacheMode::Refresh).put(&KEY, "second").unwrap();
        assert_eq!(cache(&dir, CacheMode::ReadWrite).get(&KEY).unwrap().as_deref(), Some("second"));
    }

    #[test]
    fn damaged_files_are_told_and_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let cache = cache(&dir, CacheMode::ReadWrite);
        cache.put(&KEY, "good").unwrap();
        let good = std::fs::read_to_string(cache.path(&KEY)).unwrap();
        let oversized = " ".repeat(2 << 20);
        for bad in ["", "{\"prompt\":", &good.replace("a cat", "a dog"), &good[..good.len() / 2], &oversized]
        {
            std::fs::write(cache.path(&KEY), bad).unwrap();
            assert!(cache.get(&KEY).is_err(), "{bad:.20}");
            cache.put(&KEY, "good").unwrap();
            assert_eq!(cache.get(&KEY).unwrap().as_deref(), Some("good"));
        }
    }

    #[test]
    fn an_unwritable_place_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("answers"), "a file").unwrap();
        assert!(matches!(cache(&dir, CacheMode::ReadWrite).put(&KEY, "x"), Err(CacheError::Write { .. })));
    }
}
