//! [`Hints`]: what a model's makers recommend; [`Words`]: what it learned to draw.

use serde::{Deserialize, Serialize};

/// A model's own defaults, from `lmd.json` in its folder.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Hints {
    /// In place of the paper's terms, which a model may not understand.
    pub negative_prompt: Option<String>,
    /// In place of the paper's 7.5, in 0 to 1000.
    pub cfg_scale: Option<f64>,
    /// How long a step of guidance is, as a multiple of what the settings say (1), above 0 and at most 1000. Latents that
    /// are smaller than Stable Diffusion's, or attention that answers more readily, want shorter steps.
    pub guidance_strength: Option<f64>,
    /// The words the model learned, for a model that knows few. None for one that knows the language.
    pub words: Option<Words>,
}

/// The words that a small model was shown in training. What is not among them, it cannot draw.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Words {
    /// Things it can draw, in the singular.
    pub nouns: Vec<String>,
    /// Colours that things may have.
    pub colours: Vec<String>,
    /// Surroundings, each as captions call it.
    pub backgrounds: Vec<String>,
    /// Words of captions that name nothing (`photo`).
    pub others: Vec<String>,
}
