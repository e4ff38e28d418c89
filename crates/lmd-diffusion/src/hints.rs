//! [`Hints`]: what a model's makers recommend.

use serde::Deserialize;

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
}
