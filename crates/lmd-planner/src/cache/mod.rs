//! Answers kept between runs (A.4): our own cache, one file per answer, and
//! the reference implementation's cache files.

mod answers;
mod reference;

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use thiserror::Error;

pub use answers::{AnswerCache, CacheKey, CacheMode};
pub use reference::ReferenceCache;

/// Why a cache could not be read or written.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CacheError {
    /// The system names no cache directory.
    #[error("there is no cache directory for this user ({0}); set XDG_CACHE_HOME or switch the cache off")]
    NoDirectory(String),
    /// A file could not be read.
    #[error("cannot read the answers in {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file could not be written.
    #[error("cannot keep the answer in {path}: {source}; check the directory or switch the cache off")]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file is larger than is read.
    #[error("{path} is larger than {limit} bytes; it is no file of answers")]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The limit.
        limit: u64,
    },
    /// A file is not what it should be.
    #[error("{path} is not a file of answers: {why}")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// A file of answers has none for a prompt, or no more.
    #[error(
        "{path} holds {held} answers for \"{prompt}\", and all are used; ask a language model, or plan offline"
    )]
    NoAnswer {
        /// The prompt as looked up.
        prompt: String,
        /// How many answers the file holds for it.
        held: usize,
        /// The file.
        path: PathBuf,
    },
}

/// The text of a file of at most `limit` bytes.
fn read_bounded(path: &Path, limit: u64) -> Result<String, CacheError> {
    let failed = |source| CacheError::Read { path: path.to_owned(), source };
    let mut text = String::new();
    let file = File::open(path).map_err(failed)?;
    file.take(limit + 1).read_to_string(&mut text).map_err(failed)?;
    if text.len() as u64 > limit {
        return Err(CacheError::TooLarge { path: path.to_owned(), limit });
    }
    Ok(text)
}
