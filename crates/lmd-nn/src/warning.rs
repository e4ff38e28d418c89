//! [`Warning`]: what may make a picture other than its user expects, without being an error.

use std::fmt;
use std::path::PathBuf;

use crate::PredictionType;

/// Something a user should know about a model or a prompt. Returned as data, for the caller to show or to refuse.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Warning {
    /// The files do not say what the U-Net predicts; a wrong guess draws nonsense.
    PredictionAssumed {
        /// The file or folder.
        path: PathBuf,
        /// What is taken.
        assumed: PredictionType,
    },
    /// Something in or beside a file that other programs use is not read.
    Unread {
        /// The file.
        path: PathBuf,
        /// What is not read.
        what: String,
    },
    /// The text encoder has rows for tokens that the tokenizer does not know.
    UnknownTokens {
        /// Tokens the tokenizer knows.
        tokenizer: usize,
        /// Rows of the text encoder's embedding table.
        encoder: usize,
    },
    /// A prompt is longer than the text encoder reads.
    PromptCut {
        /// The prompt.
        prompt: String,
        /// Tokens it has, start and end included.
        tokens: usize,
        /// Tokens that are read, start and end included.
        limit: usize,
    },
}

/// Characters of a prompt that are repeated.
const SHOWN: usize = 60;

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PredictionAssumed { path, assumed } => {
                let other = match assumed {
                    PredictionType::Epsilon => PredictionType::Velocity,
                    PredictionType::Velocity => PredictionType::Epsilon,
                };
                let path = path.display();
                write!(
                    f,
                    "{path} does not say what its U-Net predicts; {assumed} is assumed (set prediction_type = \"{other}\" if pictures are noise, or put its scheduler/ beside it)"
                )
            }
            Self::Unread { path, what } => write!(f, "{}: {what} is not read", path.display()),
            Self::UnknownTokens { tokenizer, encoder } => write!(
                f,
                "the text encoder knows {encoder} tokens, its tokenizer only {tokenizer}; words that were added to the model are not understood"
            ),
            Self::PromptCut { prompt, tokens, limit } => {
                let mut start: String = prompt.chars().take(SHOWN).collect();
                if start.len() < prompt.len() {
                    start.push_str("...");
                }
                write!(
                    f,
                    "a prompt of {tokens} tokens is cut off after {limit}, so that its end has no effect: {start:?}"
                )
            }
        }
    }
}
