//! Finding a network's files as diffusers and transformers lay them out.

use std::path::{Path, PathBuf};

use crate::NnError;
use crate::weights::{Checkpoint, Source, WeightsError};

/// Most bytes of the name of a revision.
const MAX_REVISION: u64 = 256;
/// Most bytes of a configuration.
pub(crate) const MAX_CONFIG: u64 = 1 << 20;

/// The weights of one part of a model (its folder; empty for the model's own), whole or in shards, of any variant.
///
/// # Errors
/// When there are none, or they are refused.
pub(crate) fn weights(source: &Source, part: &str, stem: &str) -> Result<Checkpoint, WeightsError> {
    let inside = |file: &str| if part.is_empty() { file.to_owned() } else { format!("{part}/{file}") };
    let path = |end: &str| inside(&format!("{stem}{end}"));
    for whole in [".safetensors", ".fp16.safetensors", ".bf16.safetensors"] {
        if source.has(&path(whole)) {
            return source.checkpoint(&path(whole));
        }
    }
    let indices = [".safetensors.index.json", ".safetensors.index.fp16.json", ".fp16.safetensors.index.json"];
    for index in indices {
        if source.has(&path(index)) {
            return source.sharded(&path(index));
        }
    }
    let pickles = [path(".bin"), inside("pytorch_model.bin")];
    match pickles.iter().find(|pickle| source.has(pickle)) {
        Some(pickle) => source.checkpoint(pickle),
        None => {
            let path = source.path(&path(".safetensors"));
            if let Some(source) = unreadable(&path) {
                return Err(WeightsError::Open { path, source });
            }
            let expected = format!("{stem}.safetensors");
            Err(WeightsError::NoWeights { folder: source.path(part), expected })
        }
    }
}

/// Why a path cannot be looked at, other than that there is nothing.
pub(crate) fn unreadable(path: &Path) -> Option<std::io::Error> {
    std::fs::metadata(path).err().filter(|error| error.kind() == std::io::ErrorKind::PermissionDenied)
}

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
