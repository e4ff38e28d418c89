//! [`WeightsError`]: why a weight file was refused.

use std::fmt;
use std::path::PathBuf;

/// What is wrong with the header of a safetensors file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HeaderError {
    /// The file ends inside the header.
    #[error("the file ends after {bytes} bytes, inside its header; download it again")]
    TooShort {
        /// Bytes there are.
        bytes: usize,
    },
    /// The header claims to be absurdly long.
    #[error("the header claims {claimed} bytes, more than the 100 MB allowed; this is no safetensors file")]
    HeaderTooLarge {
        /// The claim.
        claimed: u64,
    },
    /// The file begins like a file of another format.
    #[error("this is no safetensors file but {0}")]
    OtherFormat(&'static str),
    /// The header is not the JSON it should be.
    #[error("the header is not a list of tensors: {0}")]
    Json(String),
    /// A tensor's name has characters no weight has.
    #[error("tensor name {0:?} is refused; expected letters, digits, '_', '.' and '-', at most 256")]
    Name(String),
    /// A name occurs twice.
    #[error("tensor {0} is listed twice")]
    Twice(String),
    /// A claim about one tensor does not hold.
    #[error("tensor {name}: {reason}")]
    Tensor {
        /// The tensor.
        name: String,
        /// Which claim.
        reason: String,
    },
    /// The data is longer than the tensors.
    #[error(
        "the tensors end at byte {expected}, but the file has {found}; it is damaged or not a plain weight file"
    )]
    Size {
        /// End of the last tensor.
        expected: usize,
        /// Length of the file.
        found: usize,
    },
}

/// Why weights could not be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WeightsError {
    /// The file could not be opened or read.
    #[error("cannot read the weights {path}: {source}; check the path and that the download is complete")]
    Open {
        /// The file.
        path: PathBuf,
        /// The reason given by the operating system.
        source: std::io::Error,
    },
    /// The header was refused.
    #[error("{path}: {source}")]
    Header {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: HeaderError,
    },
    /// The file became shorter while it was in use.
    #[error("{path} became shorter while it was read; leave weight files alone while a model is loaded")]
    Shortened {
        /// The file.
        path: PathBuf,
    },
    /// A pickle, which can run code when it is read.
    #[error(
        "{path} is a pickle, which may run code when read; convert it once with Python (torch 2.6 or newer and safetensors): {command}"
    )]
    Pickle {
        /// The file.
        path: PathBuf,
        /// The shell command that converts it.
        command: String,
    },
    /// Weights of another kind of model than the ones that are read.
    #[error("{path} is {kind}; {hint}")]
    Unsupported {
        /// The file or folder.
        path: PathBuf,
        /// What it is.
        kind: String,
        /// What to do.
        hint: String,
    },
    /// No weight file of any known name.
    #[error("no weights in {folder}; expected {expected}")]
    NoWeights {
        /// The folder searched.
        folder: PathBuf,
        /// Names looked for.
        expected: String,
    },
    /// The index of a sharded file is wrong.
    #[error("{path}: {reason}")]
    Index {
        /// The index file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The tensors are not those of the network.
    #[error(
        "{network}: the weights do not fit: {mismatch}; check that file and configuration belong together"
    )]
    Mismatch {
        /// Which network.
        network: String,
        /// What is missing, mis-shaped or unknown.
        mismatch: Mismatch,
    },
    /// One tensor cannot be used.
    #[error("tensor {name}: {reason}")]
    Tensor {
        /// The tensor.
        name: String,
        /// What was wrong and what was expected.
        reason: String,
    },
    /// A LoRA file cannot be used.
    #[error("LoRA {path}: {reason}")]
    Lora {
        /// The file.
        path: PathBuf,
        /// What was wrong and what was expected.
        reason: String,
    },
}

/// All differences between the tensors of a file and those of a network.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mismatch {
    /// Tensors the network needs and the file lacks.
    pub missing: Vec<String>,
    /// Tensors of another shape, each with both shapes.
    pub misshaped: Vec<String>,
    /// Tensors the network does not know.
    pub unknown: Vec<String>,
}

impl Mismatch {
    /// Whether there is no difference.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.missing.is_empty() && self.misshaped.is_empty() && self.unknown.is_empty()
    }
}

/// How many names of each kind are shown.
const SHOWN: usize = 4;

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kinds = [("missing", &self.missing), ("mis-shaped", &self.misshaped), ("unknown", &self.unknown)];
        let parts = kinds.iter().filter(|(_, names)| !names.is_empty()).map(|(kind, names)| {
            let first: Vec<&str> = names.iter().take(SHOWN).map(String::as_str).collect();
            let dots = if names.len() > SHOWN { ", ..." } else { "" };
            format!("{} {kind} ({}{dots})", names.len(), first.join(", "))
        });
        f.write_str(&parts.collect::<Vec<_>>().join("; "))
    }
}
