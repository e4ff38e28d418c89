//! [`StoreError`]: why there is no model, or none can be kept.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::kind::ErrorKind;

/// Longest name of a model, in bytes.
pub(super) const MOST_NAME_BYTES: usize = 100;

/// Why there is no such model, or none can be kept.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StoreError {
    /// No model of that name or path.
    #[error("no model {name:?}: neither a path nor one of {}; `lmd models import PATH` adds one", known.join(", "))]
    Unknown {
        /// The name asked for.
        name: String,
        /// The names there are.
        known: Vec<String>,
    },
    /// No imported model of that name.
    #[error("no imported model {0:?}; `lmd models list` names those there are")]
    NotImported(String),
    /// A name that cannot be a folder's.
    #[error(
        "{0:?} cannot name a model; use at most {MOST_NAME_BYTES} letters, digits, '.', '_' and '-', and none that begins with '.'"
    )]
    Name(String),
    /// The name of the model that is part of the program.
    #[error("{0:?} cannot name a model: it is the model that is part of lmd; choose another name (--name)")]
    Reserved(String),
    /// The model that is part of the program is to be removed.
    #[error(
        "{0:?} is part of lmd and cannot be removed; `lmd models list` names the models that were imported"
    )]
    Kept(String),
    /// A model of this name is there already.
    #[error("there is a model {name:?} already, in {}; choose another --name or remove it (`lmd models remove {name}`)", folder.display())]
    Taken {
        /// The name.
        name: String,
        /// Its folder.
        folder: PathBuf,
    },
    /// This program carries no model.
    #[error(
        "this program was built without the bundled model; give --model a folder, a file or the name of an imported one"
    )]
    NotBundled,
    /// This system has no folder for a user's data.
    #[error("no place to keep models is known on this system; set LMD_MODELS_DIR to a folder")]
    NoHome,
    /// A model's folder could not be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The note about a model's weights cannot be read.
    #[error("{} is damaged: {why}; import the model again", path.display())]
    Digests {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The files are not what they were when the model was imported.
    #[error("{file} of {model} is not what it was when the model was imported; import it again")]
    Changed {
        /// The model.
        model: String,
        /// The weight file.
        file: String,
    },
}

impl StoreError {
    /// What sort of failure it is.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Unknown { .. } | Self::NotImported(_) | Self::NotBundled => ErrorKind::NoModel,
            _ => ErrorKind::Model,
        }
    }

    pub(super) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { path, source }
    }
}
