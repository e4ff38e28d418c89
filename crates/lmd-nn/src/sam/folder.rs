//! [`SamFolder`]: where the files of Segment Anything lie.

use std::path::{Path, PathBuf};

use super::SamConfig;
use super::names;
use super::network::{NETWORK, Sam};
use super::picture::Preprocessor;
use crate::NnError;
use crate::model::files;
use crate::weights::{Checkpoint, LoadOptions, Source, StaticFiles};

/// Where a built-in model keeps it.
const BUILT_IN: &str = "segmenter/";

/// The files of Segment Anything. Opening it reads no weights yet.
#[derive(Clone, Debug, PartialEq)]
pub struct SamFolder(Place);

#[derive(Clone, Debug, PartialEq)]
enum Place {
    Disk(PathBuf),
    BuiltIn(StaticFiles),
}

/// The files, opened; no weights are read yet.
struct Files {
    config: SamConfig,
    preprocessor: Preprocessor,
    /// Under transformers' names.
    weights: Checkpoint,
}

impl SamFolder {
    /// A folder as transformers writes a `SamModel` (`config.json`, `model.safetensors`, and
    /// `preprocessor_config.json` where it is there), such a model in the cache of the Hugging Face hub, or one of the
    /// authors' files as safetensors.
    #[must_use]
    pub fn on_disk(path: &Path) -> Self {
        Self(Place::Disk(path.to_owned()))
    }

    /// What lies below `segmenter/` of a model whose files are part of the program; `None` where there is nothing.
    #[must_use]
    pub fn built_in(files: StaticFiles) -> Option<Self> {
        Source::Static(files).has(&format!("{BUILT_IN}config.json")).then_some(Self(Place::BuiltIn(files)))
    }

    /// Looks at the files without reading the weights, and tells how many bytes these take in memory.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open), but for numbers that are not finite.
    pub fn check(&self, options: &LoadOptions) -> Result<u64, NnError> {
        let Files { config, weights, .. } = self.files()?;
        Sam::fits(&config, &weights, options)
    }

    /// Loads the networks. Weights are loaded as f32, whatever format they have and `options` say.
    ///
    /// # Errors
    ///
    /// When a file is missing, refused (a pickle is, with the command that converts it), or of another network.
    pub fn open(&self, options: &LoadOptions) -> Result<Sam, NnError> {
        let Files { config, preprocessor, weights } = self.files()?;
        Ok(Sam::load(&config, &weights, options)?.with_preprocessor(preprocessor))
    }

    /// BLAKE3 digest of each weight file with its name.
    ///
    /// # Errors
    ///
    /// When a file is missing, refused, or of another network.
    pub fn digests(&self) -> Result<Vec<(String, String)>, NnError> {
        Ok(self.files()?.weights.digests()?)
    }

    fn files(&self) -> Result<Files, NnError> {
        match &self.0 {
            Place::Disk(path) if !path.is_dir() => authors(path),
            Place::Disk(path) => in_folder(&files::network_folder(path)?, ""),
            Place::BuiltIn(built_in) => in_folder(&Source::Static(built_in), BUILT_IN),
        }
    }
}

impl Sam {
    /// Opens [`SamFolder::on_disk`].
    ///
    /// # Errors
    ///
    /// As [`SamFolder::open`].
    pub fn open(path: &Path, options: &LoadOptions) -> Result<Self, NnError> {
        SamFolder::on_disk(path).open(options)
    }
}

/// One of the authors' files.
fn authors(path: &Path) -> Result<Files, NnError> {
    let all = Checkpoint::open(path)?;
    if !names::are_authors(&all) {
        let reason = format!(
            "{} has no tensors image_encoder.*; expected one of the authors' files, or a folder with config.json and model.safetensors",
            path.display()
        );
        return Err(NnError::Config { network: NETWORK, reason });
    }
    let config = names::config(&all);
    config.check()?;
    let preprocessor = Preprocessor::new(config.vision.image_size);
    Ok(Files { config, preprocessor, weights: names::renamed(&all) })
}

/// A folder of transformers.
fn in_folder(source: &Source, prefix: &str) -> Result<Files, NnError> {
    let config = source.needed_text(&format!("{prefix}config.json"), files::MAX_CONFIG)?;
    let config = SamConfig::from_json(&config)?;
    let side = config.vision.image_size;
    let preprocessor = match source.text(&format!("{prefix}preprocessor_config.json"), files::MAX_CONFIG)? {
        Some(text) => Preprocessor::from_json(&text, side)?,
        None => Preprocessor::new(side),
    };
    Ok(Files { config, preprocessor, weights: source.weights(prefix, "model")? })
}
