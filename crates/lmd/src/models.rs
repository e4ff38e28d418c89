//! Where models are found: in the program, in lmd's own folder, or at a path.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;
use lmd_nn::{ModelFolder, NnError};
use thiserror::Error;

use crate::bundle;

/// Why there is no such model.
#[derive(Debug, Error)]
#[non_exhaustive]
pub(crate) enum ModelError {
    /// No model of that name or path.
    #[error("no model {name:?}: neither a path nor one of {}; `lmd models import PATH` adds one", known.join(", "))]
    Unknown {
        /// The name asked for.
        name: String,
        /// The names there are.
        known: Vec<String>,
    },
    /// A name that cannot be a folder's.
    #[error(
        "{0:?} cannot name a model; use letters, digits, '.', '_' and '-', and none that begins with '.'"
    )]
    Name(String),
    /// A model of this name is there already.
    #[error("there is a model {name:?} already, in {}; choose another --name or remove that folder", folder.display())]
    Taken {
        /// The name.
        name: String,
        /// Its folder.
        folder: PathBuf,
    },
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
    /// The files are not what they were when the model was imported.
    #[error("{file} of {model} is not what it was when the model was imported; import it again")]
    Changed {
        /// The model.
        model: String,
        /// The weight file.
        file: String,
    },
}

/// The folder in which imported models lie, each a folder with its name.
pub(crate) fn store() -> Result<PathBuf, ModelError> {
    if let Some(folder) = std::env::var_os("LMD_MODELS_DIR").filter(|folder| !folder.is_empty()) {
        return Ok(PathBuf::from(folder));
    }
    let base = etcetera::choose_base_strategy().map_err(|_| ModelError::NoHome)?;
    Ok(base.data_dir().join("lmd").join("models"))
}

/// The names of the imported models, in order.
pub(crate) fn imported() -> Result<Vec<String>, ModelError> {
    let store = store()?;
    let entries = match fs::read_dir(&store) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(|source| ModelError::Io { path: store, source })?,
    };
    let names = entries.flatten().filter(|entry| entry.path().is_dir());
    let mut names: Vec<String> = names.map(|e| e.file_name().to_string_lossy().into_owned()).collect();
    names.retain(|name| is_name(name));
    names.sort();
    Ok(names)
}

/// The model of a name or at a path.
///
/// # Errors
/// [`ModelError`], [`NnError`].
pub(crate) fn find(name: &str) -> anyhow::Result<ModelFolder> {
    if name == bundle::NAME {
        return Ok(bundle::model());
    }
    if is_name(name) {
        let folder = store()?.join(name);
        if folder.is_dir() {
            return Ok(open(&folder)?);
        }
    }
    let path = Path::new(name);
    if path.exists() {
        return Ok(open(path)?);
    }
    let known = [bundle::NAME.to_owned()].into_iter().chain(imported().unwrap_or_default()).collect();
    Err(ModelError::Unknown { name: name.to_owned(), known }.into())
}

/// A diffusers folder, a single file, or a folder with a single file in it.
pub(crate) fn open(path: &Path) -> Result<ModelFolder, NnError> {
    let single = path.join(SINGLE_FILE);
    ModelFolder::open(if single.is_file() { &single } else { path })
}

/// What a single-file checkpoint is called in lmd's own folder.
pub(crate) const SINGLE_FILE: &str = "model.safetensors";

/// Whether a text can name a model: a folder that is not hidden and leads
/// nowhere else.
pub(crate) fn is_name(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    !text.is_empty() && text.len() <= 100 && !text.starts_with('.') && text.chars().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_nowhere_else() {
        assert!(["sd15", "v1-5_pruned.x"].into_iter().all(is_name));
        assert!(!["", "..", ".a", "a/b", "a\\b", "C:", "a\0", "ü"].into_iter().any(is_name));
    }

    #[test]
    fn the_bundled_model_is_always_there() {
        let model = find(bundle::NAME).unwrap();
        assert_eq!(model.name(), "bundled");
        assert!(model.digests(true).unwrap().iter().any(|(file, _)| file.starts_with("unet/")));
        let error = find("nowhere/to/be/found").unwrap_err().to_string();
        assert!(error.contains("nowhere/to/be/found") && error.contains("bundled"), "{error}");
    }
}
