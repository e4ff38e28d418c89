//! [`Hints`]: what a model's makers recommend; [`Words`]: what it learned to draw; [`Looks`]: in what shapes and sizes.

use std::collections::BTreeMap;

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
    /// The share of the steps in which its GLIGEN layers are on, in place of the paper's 0.4, in 0 to 1.
    pub gligen_beta: Option<f64>,
    /// The words the model learned, for a model that knows few. None for one that knows the language.
    pub words: Option<Words>,
    /// The shapes and sizes of what it learned, to which layouts are planned.
    pub looks: Option<Looks>,
}

/// In what shapes and sizes a small model saw its things. Boxes of other ones it fills with copies.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Looks {
    /// Width over height of each thing by its noun in the singular, 0.1 to 10.
    pub shapes: BTreeMap<String, f64>,
    /// The longer side of each thing as a share of the picture, above 0 and at most 1: of one by itself, of each of two, and
    /// so on; the last is that of all greater numbers. Empty where sizes are any.
    pub sides: Vec<f64>,
}

impl Looks {
    /// What is wrong with it, if anything is.
    pub(crate) fn fault(&self) -> Option<String> {
        let shape = self.shapes.iter().find(|(_, shape)| !(0.1..=10.0).contains(*shape));
        if let Some((noun, shape)) = shape {
            return Some(format!("looks.shapes.{noun} is {shape}; it must be 0.1 to 10 (width over height)"));
        }
        let side = self.sides.iter().find(|side| !(**side > 0.0 && **side <= 1.0))?;
        Some(format!("looks.sides has {side}; each must be above 0 and at most 1 (a share of the picture)"))
    }
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
