//! What a model is, and whether it is what it was.

use std::collections::BTreeMap;

use lmd_nn::ModelFolder;
use serde::Serialize;

use crate::config::Config;
use crate::error::EngineError;
use crate::stable;
use crate::stage2::{Hints, Model, Words};
use crate::store::ModelStore;

/// What a model is made of.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct ModelCard {
    /// Its name.
    pub name: String,
    /// Side in pixels of the square pictures it was trained on.
    pub native_size: usize,
    /// Channels of its latents.
    pub latent_channels: usize,
    /// Pixels along a side of a latent cell.
    pub pixels_per_latent: usize,
    /// What its network predicts.
    pub prediction: String,
    /// Width of the text embeddings it reads.
    pub text_width: usize,
    /// Tokens of a prompt.
    pub tokens: usize,
    /// Its cross-attention layers by name.
    pub attention_layers: Vec<String>,
    /// Whether it has grounding layers.
    pub grounding_layers: bool,
    /// The words it learned, if it knows only some.
    pub words: Option<Words>,
    /// Digests (BLAKE3) of its weight files.
    pub weights: BTreeMap<String, String>,
}

impl ModelCard {
    pub(crate) fn of(model: &Model) -> Self {
        Self {
            name: model.name.clone(),
            native_size: model.native_size(),
            latent_channels: model.vae.latent_channels(),
            pixels_per_latent: model.vae.downscale(),
            prediction: model.scheduler.prediction_type.to_string(),
            text_width: model.denoiser.text_width(),
            tokens: model.text.tokenizer().length(),
            attention_layers: model.denoiser.layers().iter().map(|layer| layer.name.clone()).collect(),
            grounding_layers: model.denoiser.box_slots() > 0,
            words: model.hints.words.clone(),
            weights: model.digests.iter().cloned().collect(),
        }
    }
}

/// What is known of a model without loading it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ModelFacts {
    /// Side in pixels of the square pictures it was trained on.
    pub native_size: usize,
    /// The words it knows, where it knows few (`words` in its `lmd.json`).
    pub words: Option<Words>,
}

/// What is known of a model without loading it.
///
/// # Errors
/// When there is none of this name or its files cannot be read.
pub fn model_facts(config: &Config, name: &str) -> Result<ModelFacts, EngineError> {
    let folder = ModelStore::of(config).find(name)?;
    let words = hints_of(&folder)?.words;
    Ok(ModelFacts { native_size: stable::native_size(&folder)?, words })
}

/// What a model's makers recommend, without loading it. What is wrong with that is told when the model is loaded.
pub(crate) fn hints(config: &Config, name: &str) -> Result<Hints, EngineError> {
    hints_of(&ModelStore::of(config).find(name)?)
}

fn hints_of(folder: &ModelFolder) -> Result<Hints, EngineError> {
    let text = folder.hints()?;
    Ok(text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default())
}

/// How a model's files were found to be sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Verified {
    /// Every network could be loaded, and every digest is the one noted at the import.
    Unchanged,
    /// Every network could be loaded; no digests were noted for this model.
    Loaded,
}
