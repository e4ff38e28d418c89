//! Segment Anything, where the settings ask for its masks.

use std::path::{Path, PathBuf};

use lmd_nn::{Device, LoadOptions, Sam};

use crate::config::Config;
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
) -> Result<Option<(PathBuf, u64)>, EngineError> {
    if !stable::uses_sam(draw) {
        return Ok(None);
    }
    let path = config.sam.trim();
    if path.is_empty() {
        return Err(EngineError::Usage(
            "masks by Segment Anything need its weights; name them (--sam PATH, sam in lmd.toml) or take --masks attention"
                .to_owned(),
        ));
    }
    let path = PathBuf::from(path);
    if path.symlink_metadata().is_err() {
        return Err(EngineError::Usage(format!(
            "there is no {}; expected the folder or the safetensors file of Segment Anything (--sam PATH, sam in lmd.toml)",
            path.display()
        )));
    }
    let bytes = Sam::check(&path, &LoadOptions::new(device))?;
    Ok(Some((path, bytes)))
}

/// Loads it.
///
/// # Errors
/// [`EngineError::Network`] when the weights are refused.
pub(crate) fn load(path: &Path, device: &Device) -> Result<Sam, EngineError> {
    Ok(Sam::open(path, &LoadOptions::new(device))?)
}
