//! [`DiffusionError`]: why there is no picture.

use thiserror::Error;

use crate::samplers::SchedulerError;

/// Why stage 2 could not draw.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DiffusionError {
    /// The network could not be loaded or run.
    #[error(transparent)]
    Nn(#[from] lmd_nn::NnError),
    /// No sampler for these settings.
    #[error(transparent)]
    Scheduler(#[from] SchedulerError),
    /// Data of the wrong size.
    #[error("{what} should hold {expected} values, it holds {got}")]
    Shape {
        /// What the data is.
        what: &'static str,
        /// Values expected.
        expected: usize,
        /// Values found.
        got: usize,
    },
    /// An energy asks for a token whose attention was not kept.
    #[error("the attention to token {0} was not kept; ask the network for its column")]
    MissingToken(usize),
    /// The scheduler's configuration cannot be read or followed.
    #[error("{reason}")]
    SchedulerConfig {
        /// What was wrong with it, with the name of the file.
        reason: String,
    },
    /// The model's own defaults cannot be read.
    #[error(
        "lmd.json of the model: {reason}; expected an object with negative_prompt, cfg_scale, guidance_strength, gligen_beta, words and looks at most"
    )]
    Hints {
        /// What was wrong with it.
        reason: String,
    },
    /// Two networks of a model folder do not belong together.
    #[error(
        "the parts of this model do not fit: {what} {got}, expected {expected}; take all parts from one model"
    )]
    Parts {
        /// What does not fit.
        what: &'static str,
        /// What it is.
        got: usize,
        /// What the other part needs.
        expected: usize,
    },
    /// A setting that makes no sense.
    #[error("{setting} is {value}; it must be {allowed}")]
    Setting {
        /// Its path in the settings.
        setting: String,
        /// What it is.
        value: String,
        /// What it may be.
        allowed: &'static str,
    },
    /// A picture size the networks cannot draw.
    #[error("{width} x {height} pixels cannot be drawn; both sides must be multiples of 64 from 64 to 4096")]
    PictureSize {
        /// Width asked for.
        width: usize,
        /// Height asked for.
        height: usize,
    },
    /// One side of a picture that cannot be drawn.
    #[error("{name} is {value} pixels; it must be one of the multiples of 64 from 64 to 4096")]
    PictureSide {
        /// `width` or `height`.
        name: &'static str,
        /// What was asked for.
        value: usize,
    },
    /// The network has no cross-attention to read masks from.
    #[error("this model has no cross-attention in its contracting half; name another layer as mask_layer")]
    NoMaskLayer,
    /// No mask was found of a box's own picture.
    #[error("\"{caption}\" left no mask; lower mask_threshold or use another seed")]
    EmptyMask {
        /// The prompt of the box.
        caption: String,
    },
    /// An energy became NaN or infinite.
    #[error("the guidance energy at step {step} is not a finite number; use f32 or a smaller loss_scale")]
    EnergyNotFinite {
        /// The step, from 0.
        step: usize,
    },
    /// The result holds NaN or infinity.
    #[error(
        "{what} is not a finite number; the weights may be broken (`lmd models verify`), or the number format too narrow (use f32)"
    )]
    NotFinite {
        /// Where it was found.
        what: &'static str,
    },
    /// A name that no registry entry has.
    #[error("there is no {kind} \"{name}\"; expected one of {known}")]
    UnknownName {
        /// What was looked for: a method, a sampler, a mask refiner.
        kind: &'static str,
        /// The name.
        name: String,
        /// The names there are.
        known: String,
    },
    /// Two entries of a registry with one name.
    #[error("there is a {kind} \"{name}\" already; register it under another name")]
    DuplicateName {
        /// What was registered.
        kind: &'static str,
        /// The name.
        name: &'static str,
    },
    /// A layer that the network does not have.
    #[error("this network has no attention layer {name}; it has {known}")]
    UnknownLayer {
        /// The name.
        name: String,
        /// The names there are.
        known: String,
    },
    /// The method needs GLIGEN layers.
    #[error(
        "this model has no GLIGEN layers, which the method needs; take a model with a folder gligen/, or another method"
    )]
    NoGligenLayers,
    /// The mask refiner needs Segment Anything.
    #[error(
        "the mask refiner \"sam\" needs Segment Anything's weights, which this pipeline has not; name them (--sam PATH, sam in lmd.toml) or take --masks attention"
    )]
    NoSam,
    /// The method's own settings cannot be read.
    #[error("{method}: {reason}")]
    MethodSettings {
        /// The table of settings.
        method: String,
        /// What was wrong with it.
        reason: String,
    },
    /// Something that this program takes for granted does not hold.
    #[error("this is a fault in lmd, please report it: it does not hold that {invariant}")]
    Internal {
        /// What was taken for granted.
        invariant: &'static str,
    },
    /// The observer asked to stop.
    #[error("cancelled")]
    Cancelled,
}
