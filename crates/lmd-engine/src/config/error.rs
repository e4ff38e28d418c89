//! [`ConfigError`]: what is wrong with the configuration, and where.

use std::fmt;
use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::common::shortened;

/// Most characters of a value that a message quotes.
const VALUE_CHARS: usize = 80;

/// What is wrong with the configuration.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A file could not be read.
    #[error("cannot read the configuration {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file is larger than is read.
    #[error("{file} has more than {limit} bytes; a configuration is much shorter")]
    TooLarge {
        /// The file.
        file: String,
        /// The limit.
        limit: usize,
    },
    /// A file's text is wrong.
    #[error("{file}:{line}: {}{message}{}", In(key), DidYouMean(closest))]
    Text {
        /// The file.
        file: String,
        /// The line, starting at 1.
        line: usize,
        /// The key, for instance `llm.max_tokens`; empty where there is none.
        key: String,
        /// What was found and what was expected.
        message: String,
        /// The known key that is nearest to an unknown one.
        closest: Option<String>,
    },
    /// A setting that has the right form and makes no sense.
    #[error("{origin}: {key} is {value}; {expected}")]
    Setting {
        /// Where it was set.
        origin: String,
        /// Its key.
        key: String,
        /// What it is.
        value: Shown,
        /// What it may be.
        expected: String,
    },
    /// Settings that do not go together; the message names them.
    #[error("{0}")]
    Other(String),
    /// The settings in a picture's recipe cannot be settings.
    #[error("the settings in the recipe of {} cannot be used: {why}", picture.display())]
    Recipe {
        /// The picture.
        picture: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// The value of an environment variable or a flag is wrong.
    #[error("{origin}: \"{value}\" is no value for `{key}`: {message}")]
    Value {
        /// The variable or the flag.
        origin: String,
        /// The key it sets.
        key: String,
        /// The value as given.
        value: Shown,
        /// What was expected.
        message: String,
    },
}

/// A value in a message, shortened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown(String);

impl From<String> for Shown {
    fn from(value: String) -> Self {
        Self(shortened(&lmd_layout::clean_text(&value), VALUE_CHARS))
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_empty() { "empty" } else { &self.0 })
    }
}

/// Names the key in front of a message.
struct In<'a>(&'a str);

impl fmt::Display for In<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() { Ok(()) } else { write!(f, "`{}`: ", self.0) }
    }
}

struct DidYouMean<'a>(&'a Option<String>);

impl fmt::Display for DidYouMean<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_ref().map_or(Ok(()), |key| write!(f, "; did you mean `{key}`?"))
    }
}
