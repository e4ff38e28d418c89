//! Answers kept between runs (A.4): our own cache, one file per answer, and
//! the reference implementation's cache files.

mod answers;
mod reference;
mod servers;

use std::fs::{File, create_dir_all};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;
use thiserror::Error;

pub use answers::{AnswerCache, CacheKey, CacheMode};
pub use reference::ReferenceCache;
pub(crate) use servers::ServerMemory;

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
    // Opening a pipe would wait for somebody to write into it.
    if !path.metadata().map_err(failed)?.is_file() {
        let why = "it is not a regular file".to_owned();
        return Err(CacheError::Malformed { path: path.to_owned(), why });
    }
    let mut text = String::new();
    let file = File::open(path).map_err(failed)?;
    file.take(limit + 1).read_to_string(&mut text).map_err(failed)?;
    if text.len() as u64 > limit {
        return Err(CacheError::TooLarge { path: path.to_owned(), limit });
    }
    Ok(text)
}

/// Writes a file beside its place in `folder` and moves it there at once: a
/// reader sees a whole file or none.
fn write_whole(folder: &Path, path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    create_dir_all(folder)?;
    let mut file = NamedTempFile::new_in(folder)?;
    file.write_all(bytes)?;
    file.persist(path).map_err(|e| e.error)?;
    Ok(())
}
