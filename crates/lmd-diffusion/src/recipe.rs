//! [`Recipe`]: everything that made a picture, and how it went.

use lmd_layout::Layout;
use lmd_nn::PredictionType;
use serde::{Deserialize, Serialize};

use crate::compose::Offset;
use crate::config::DrawConfig;
use crate::denoise::StepEnergies;

/// The version of the recipe's format.
pub const RECIPE_VERSION: u32 = 1;

/// What is needed to draw a picture again, and what was measured on the way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// [`RECIPE_VERSION`].
    pub version: u32,
    /// The program and its version.
    pub program: String,
    /// The model's name; what it is, `weights` says.
    pub model: String,
    /// What the network was said to predict by whoever drew, in place of what the model's files say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prediction_type: Option<PredictionType>,
    /// The kind of device and the number format of the weights.
    pub device: String,
    /// Who made the layout, where that is known. Whoever planned fills it in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub planner: Option<PlannedBy>,
    /// The sentence the layout was made from; empty when there was none.
    pub prompt: String,
    /// The layout.
    pub layout: Layout,
    /// All settings.
    pub config: DrawConfig,
    /// The noise seeds.
    pub seeds: Seeds,
    /// Width and height in pixels.
    pub size: (usize, usize),
    /// The prompt of the whole picture as it was encoded; where regions have prompts of their own, the background's.
    pub encoded_prompt: String,
    /// The negative prompt of the whole picture, or of the background, as it was encoded.
    pub encoded_negative: String,
    /// Digests (BLAKE3) of the weight files.
    pub weights: Vec<(String, String)>,
    /// One entry per box, sorted by caption.
    pub boxes: Vec<BoxTrace>,
    /// Energies of the picture as a whole.
    pub energies: Vec<StepEnergies>,
    /// Seconds spent; absent where the same picture shall give the same text.
    #[serde(default, skip_serializing_if = "Timings::is_none")]
    pub timings: Timings,
}

/// Who made a layout.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedBy {
    /// `offline`, or the language model's name.
    pub name: String,
    /// A language model's answer as it came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
}

/// How one box was drawn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BoxTrace {
    /// Index into the layout's objects.
    pub object: usize,
    /// The seed of its own noise.
    pub seed: u64,
    /// How far it was moved, in cells of the coarsest map.
    pub offset: Offset,
    /// Its aligned mask, one string of `.` and `#` per row of latents.
    pub mask: Vec<String>,
    /// Its energies.
    pub energies: Vec<StepEnergies>,
}

/// Seconds by part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Timings {
    /// Encoding the prompts.
    pub text: f64,
    /// The pictures of single boxes.
    pub boxes: f64,
    /// The picture as a whole.
    pub overall: f64,
    /// Latents to pixels.
    pub decode: f64,
}

impl Timings {
    /// Whether nothing was measured.
    #[must_use]
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

/// Where the noise comes from (B.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seeds {
    /// Seed of the background's noise.
    pub background: u64,
    /// Seed of the first box's own noise; box k adds k.
    pub first_box: u64,
}

impl Seeds {
    /// The reference's seeds of image `seed`: boxes start at seed + 123456789.
    #[must_use]
    pub const fn of(seed: u64) -> Self {
        Self { background: seed, first_box: seed.wrapping_add(123_456_789) }
    }

    /// The seeds `count` pictures further on in a series.
    #[must_use]
    pub const fn next(self, count: u64) -> Self {
        Self {
            background: self.background.wrapping_add(count),
            first_box: self.first_box.wrapping_add(count),
        }
    }

    /// The seed of box `k`, moved out of the way of the background's.
    #[must_use]
    pub const fn of_box(self, k: usize) -> u64 {
        let seed = self.first_box.wrapping_add(k as u64);
        if seed == self.background { seed.wrapping_add(12_345) } else { seed }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_never_shares_the_backgrounds_seed() {
        let seeds = Seeds { background: 42, first_box: 41 };
        assert_eq!([0, 1, 2].map(|k| seeds.of_box(k)), [41, 42 + 12_345, 43]);
        assert_eq!(Seeds::of(7).of_box(1), 123_456_797);
        assert_eq!(Seeds::of(7).next(3), Seeds::of(10));
        assert_eq!(Seeds::of(u64::MAX).of_box(0), 123_456_788);
    }
}
