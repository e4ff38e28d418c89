//! Finding a network's files as diffusers and transformers lay them out.

use std::path::{Path, PathBuf};

use crate::NnError;
use crate::weights::Source;

/// Most bytes of the name of a revision.
const MAX_REVISION: u64 = 256;
/// Most bytes of a configuration.
pub(crate) const MAX_CONFIG: u64 = 1 << 20;

/// The snapshot that `refs/main` names, when a folder is that of a model in the Hugging Face hub's cache.
///
/// # Errors
/// When the name of the snapshot cannot be read.
pub(crate) fn hub_snapshot(folder: &Path) -> Result<Option<PathBuf>, NnError> {
    let source = Source::Folder(folder.to_owned());
    if !folder.join("snapshots").is_dir() {
        return Ok(None);
    }
    let Some(revision) = source.text("refs/main", MAX_REVISION)? else { return Ok(None) };
    let revision = revision.trim();
    let plain = !revision.is_empty() && revision.chars().all(|c| c.is_ascii_alphanumeric());
    let snapshot = folder.join("snapshots").join(revision);
    if plain && snapshot.is_dir() { Ok(Some(snapshot)) } else { Ok(None) }
}

/// The folder of a network of transformers, with `config.json`: as it was given, or its snapshot in the hub's cache.
///
/// # Errors
/// As [`hub_snapshot`].
pub(crate) fn network_folder(path: &Path) -> Result<Source, NnError> {
    Ok(Source::Folder(hub_snapshot(path)?.unwrap_or_else(|| path.to_owned())))
}
