//! [`NnError`]: everything that can go wrong between a weight file and an image.

use std::path::PathBuf;

use crate::weights::WeightsError;

/// Errors of this crate: what was wrong, what was expected, what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NnError {
    /// A weight file was refused.
    #[error(transparent)]
    Weights(#[from] WeightsError),

    /// A file could not be read.
    #[error("cannot read {path}: {source}; check that the model folder is complete")]
    Read {
        /// The file.
        path: PathBuf,
        /// The reason given by the operating system.
        source: std::io::Error,
    },

    /// A configuration file is not the JSON it should be.
    #[error("{network} configuration: {reason}")]
    Config {
        /// Which network.
        network: &'static str,
        /// What was wrong and what was expected.
        reason: String,
    },

    /// The tokenizer files could not be used.
    #[error("tokenizer: {0}; expected CLIP's vocab.json and merges.txt")]
    Tokenizer(String),

    /// A name of an attention layer could not be read.
    #[error("{0:?} names no attention layer; expected the form down.2.1, mid.0.0 or up.1.2")]
    AttnKey(String),

    /// Boxes for a network without GLIGEN layers.
    #[error(
        "this U-Net has no GLIGEN layers; take a GLIGEN checkpoint (attention_type \"gated\" in unet/config.json), or one with gligen/ in its folder"
    )]
    NoGligenLayers,

    /// A requested attention layer does not exist in this network.
    #[error("this U-Net has no attention layer {key}; it has {known}")]
    UnknownMap {
        /// The layer asked for, as an [`AttnKey`](crate::AttnKey) is written.
        key: String,
        /// The layers there are.
        known: String,
    },

    /// A tensor given to a network has the wrong shape.
    #[error("{what}: got {got}, expected {expected}")]
    Input {
        /// Which input.
        what: &'static str,
        /// What was given.
        got: String,
        /// What would be right.
        expected: String,
    },

    /// A phrase is not among the tokens of the prompt.
    #[error("the phrase {phrase:?} is not in the prompt {prompt:?}; extend the prompt by it first")]
    PhraseNotInPrompt {
        /// The phrase.
        phrase: String,
        /// The prompt searched.
        prompt: String,
    },

    /// A phrase lies beyond the tokens of the prompt that the network sees.
    #[error(
        "the phrase {phrase:?} lies beyond the {limit} tokens the text encoder reads; shorten the prompt"
    )]
    PhraseCutOff {
        /// The phrase.
        phrase: String,
        /// Tokens the encoder reads.
        limit: usize,
    },

    /// A phrase holds no token, or its word is not part of it.
    #[error(
        "the word {word:?} cannot be found in the phrase {phrase:?}; choose one of the phrase's own words"
    )]
    WordNotInPhrase {
        /// The phrase.
        phrase: String,
        /// The word looked for.
        word: String,
    },

    /// A device was asked for that this build or machine does not have.
    #[error("device {asked}: {reason}")]
    Device {
        /// The device asked for.
        asked: String,
        /// Why it cannot be had, and what to do.
        reason: String,
    },

    /// A name that is no precision's.
    #[error("precision {0:?}; expected f32, f16 or bf16")]
    UnknownPrecision(String),

    /// A precision was asked for in which the networks do not compute on this device.
    #[error(
        "{precision} is for GPUs, and this device ({device}) computes in f32; leave --dtype away, or choose a GPU with --device"
    )]
    Precision {
        /// The precision asked for, by its name.
        precision: String,
        /// The name of the device.
        device: String,
    },

    /// A network's numbers left the range of floats.
    #[error(
        "the {network} computed numbers that are infinite or none; its weights are damaged or not of this network"
    )]
    NotFinite {
        /// Which network.
        network: &'static str,
    },

    /// Something this crate takes for granted does not hold: a fault of this crate.
    #[error("internal fault: {0}; please report it with the command and the files that led here")]
    Internal(&'static str),
}

impl NnError {
    /// More boxes of one image than GLIGEN layers hold, which is `slots`.
    #[must_use]
    pub fn too_many_boxes(boxes: usize, slots: usize) -> Self {
        Self::Input {
            what: "boxes of one image",
            got: boxes.to_string(),
            expected: format!("at most {slots}, which is what GLIGEN layers can hold"),
        }
    }
}
