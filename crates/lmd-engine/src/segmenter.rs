//! Segment Anything, where the settings ask for its masks.

use std::path::Path;

use lmd_nn::{Device, LoadOptions, SamFolder};

use crate::built_in;
use crate::config::{BUNDLED, Config};
use crate::error::EngineError;
use crate::stable;
use crate::stage2::DrawConfig;

/// Where the weights lie, where masks are made by them, and the bytes these take in memory. The files are looked at, so that
/// what is wrong with them is told before anything is paid for or drawn.
///
/// # Errors
/// [`EngineError::Usage`] when masks are to be made by it and no weights are named, or none are there;
/// [`EngineError::Network`] when they are refused.
pub(crate) fn wanted(
    config: &Config,
    draw: &DrawConfig,
    device: &Device,
) -> Result<Option<(SamFolder, u64)>, EngineError> {
    if !stable::uses_sam(draw) {
        return Ok(None);
    }
    let folder = folder(config)?;
    let bytes = folder.check(&LoadOptions::new(device))?;
    Ok(Some((folder, bytes)))
}

fn folder(config: &Config) -> Result<SamFolder, EngineError> {
    let name = config.sam.trim();
    // The bundled model's own needs no name.
    if name == BUNDLED || (name.is_empty() && config.model == BUNDLED) {
        return built_in::files().and_then(SamFolder::built_in).ok_or_else(|| {
            let text = "this lmd was built without a bundled Segment Anything; name weights (--sam PATH, sam in lmd.toml) \
                        or take --masks attention";
            EngineError::Usage(text.to_owned())
        });
    }
    if name.is_empty() {
        return Err(EngineError::Usage(
            "masks by Segment Anything need its weights; name them (--sam PATH, sam in lmd.toml) or take --masks attention"
                .to_owned(),
        ));
    }
    let path = Path::new(name);
    if path.symlink_metadata().is_err() {
        return Err(EngineError::Usage(format!(
            "there is no {}; expected `bundled`, or the folder or the safetensors file of Segment Anything (--sam PATH, sam in lmd.toml)",
            path.display()
        )));
    }
    Ok(SamFolder::on_disk(path))
}
