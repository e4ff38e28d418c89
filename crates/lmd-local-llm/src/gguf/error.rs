//! [`GgufError`]: why a file is no model that can be used.

use thiserror::Error;

/// Why a GGUF file cannot be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum GgufError {
    /// The file cannot be read.
    #[error("the file cannot be read: {0}")]
    Read(#[from] std::io::Error),
    /// It begins with other bytes.
    #[error("this is no GGUF file: it does not begin with the letters GGUF")]
    Magic,
    /// A version nobody here knows.
    #[error("the file is GGUF of version {version}; versions 2 and 3, little-endian, are read")]
    Version {
        /// What it says.
        version: u32,
    },
    /// The file ends before what it announces.
    #[error(
        "the file is cut off or damaged: {what} needs {needed} bytes, and {left} are left; download it again"
    )]
    Short {
        /// What was being read.
        what: &'static str,
        /// How many bytes it needs at least.
        needed: u64,
        /// How many there are.
        left: u64,
    },
    /// A number is larger than any model's.
    #[error("the file is damaged: {what} is {found}, at most {limit} is possible")]
    TooMany {
        /// What is counted.
        what: &'static str,
        /// What the file says.
        found: u64,
        /// The limit.
        limit: u64,
    },
    /// Something in the header contradicts the format.
    #[error("the file is damaged: {0}")]
    Damaged(String),
    /// An entry that a language model must have is missing or of another type.
    #[error("the file is no language model that can be used: {0}")]
    Unusable(String),
}
