//! The one list of detectors: which network a folder holds, by its `config.json`, and how it is opened.

use std::path::Path;

use serde_json::Value;

use crate::NnError;
use crate::center_net::{CenterNet, CenterNetConfig};
use crate::config_check::parse;
use crate::detect::{DetectError, Detector};
use crate::model::files;
use crate::owl::Owl;
use crate::weights::{Checkpoint, LoadOptions, Source, StaticFiles};

const NETWORK: &str = "detector";

/// A detector, or why there is none.
type Opened = Result<Box<dyn Detector>, DetectError>;

/// A kind of detector.
#[derive(Debug)]
pub struct DetectorKind {
    /// `model_type` in its `config.json`.
    pub model_type: &'static str,
    /// What it is, for people.
    pub summary: &'static str,
    open: fn(&DetectorFolder, &LoadOptions) -> Opened,
}

/// Every kind of detector that can be opened.
pub static DETECTOR_KINDS: &[DetectorKind] = &[
    DetectorKind {
        model_type: "center_net",
        summary: "the bundled world's: nouns and colours of its configuration",
        open: open_center_net,
    },
    DetectorKind { model_type: "owlvit", summary: "OWL-ViT: whatever a text names", open: open_owl },
    DetectorKind { model_type: "owlv2", summary: "OWLv2: whatever a text names", open: open_owl },
];

fn open_center_net(folder: &DetectorFolder, options: &LoadOptions) -> Opened {
    let config = CenterNetConfig::from_json(&folder.config()?)?;
    Ok(Box::new(CenterNet::load(folder.name(), &config, &folder.weights()?, options)?))
}

fn open_owl(folder: &DetectorFolder, options: &LoadOptions) -> Opened {
    Ok(Box::new(Owl::read(&folder.source, folder.prefix, folder.name(), options)?))
}

/// The files of a detector. Opening it reads no weights yet.
#[derive(Clone, Debug)]
pub struct DetectorFolder {
    name: String,
    source: Source,
    /// What stands before the names of its files.
    prefix: &'static str,
}

impl DetectorFolder {
    /// A folder with `config.json` and weights, as transformers or `training/` writes it, or a model in the cache of the
    /// Hugging Face hub.
    #[must_use]
    pub fn on_disk(path: &Path) -> Self {
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        // What is wrong with the cache is told when the folder itself turns out to have no configuration.
        let source = files::network_folder(path).unwrap_or_else(|_| Source::Folder(path.to_owned()));
        Self { name, source, prefix: "" }
    }

    /// The detector below `detector/` of a model whose files are part of the program; `None` where there is none.
    #[must_use]
    pub fn built_in(name: &str, files: StaticFiles) -> Option<Self> {
        let folder = Self { name: name.to_owned(), source: Source::Static(files), prefix: "detector/" };
        folder.source.has(&folder.path("config.json")).then_some(folder)
    }

    /// Its name, for people.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    fn path(&self, file: &str) -> String {
        format!("{}{file}", self.prefix)
    }

    /// The text of one of its files of at most 1 MiB.
    ///
    /// # Errors
    /// [`NnError::Read`] when it is missing or too long.
    pub fn text(&self, file: &str) -> Result<String, NnError> {
        self.source.needed_text(&self.path(file), files::MAX_CONFIG)
    }

    /// The text of its `config.json`.
    ///
    /// # Errors
    /// As [`Self::text`].
    pub fn config(&self) -> Result<String, NnError> {
        self.text("config.json")
    }

    /// Its weights: `model.safetensors`, whole or in shards.
    ///
    /// # Errors
    /// When they are missing or refused.
    pub fn weights(&self) -> Result<Checkpoint, NnError> {
        Ok(self.source.weights(self.prefix, "model")?)
    }

    /// The kind of network that its `config.json` names.
    ///
    /// # Errors
    /// When it is missing, no JSON, or names a kind that is not known.
    pub fn kind(&self) -> Result<&'static DetectorKind, NnError> {
        let refused = |reason| NnError::Config { network: NETWORK, reason };
        let config: Value = parse(NETWORK, &self.config()?, &[])?;
        // Detectors that were exported before there was a second kind do not say what they are.
        let unnamed = config.get("nouns").map(|_| "center_net");
        let model_type = config.get("model_type").and_then(Value::as_str).or(unnamed);
        let known = || DETECTOR_KINDS.iter().map(|kind| kind.model_type).collect::<Vec<_>>().join(", ");
        let Some(model_type) = model_type else {
            return Err(refused(format!("it names no model_type, expected one of {}", known())));
        };
        DETECTOR_KINDS
            .iter()
            .find(|kind| kind.model_type == model_type)
            .ok_or_else(|| refused(format!("model_type is {model_type:?}, expected one of {}", known())))
    }

    /// Loads the detector.
    ///
    /// # Errors
    /// When its kind is not known, or its files are missing, refused or do not fit together.
    pub fn open(&self, options: &LoadOptions) -> Result<Box<dyn Detector>, DetectError> {
        (self.kind()?.open)(self, options)
    }

    /// BLAKE3 digest of each weight file with its name.
    ///
    /// # Errors
    /// When a weight file is missing or refused.
    pub fn digests(&self) -> Result<Vec<(String, String)>, NnError> {
        Ok(self.weights()?.digests()?)
    }
}
