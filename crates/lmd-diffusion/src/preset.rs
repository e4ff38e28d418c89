//! [`Preset`]: settings between speed and faithfulness to the paper.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::{DrawConfig, GuidanceConfig, LmdConfig, Name};

/// A whole set of settings by name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Preset {
    /// Sixteen steps of DPM-Solver++ and half of `balanced`'s guidance.
    Fast,
    /// Twenty steps of DPM-Solver++, guidance in the same share of them as in
    /// the paper, with the paper's loss scale 5 (the authors' demonstration,
    /// also short, had 20).
    #[default]
    Balanced,
    /// The paper's own settings: fifty steps of DDIM (B.1). A model's hints
    /// (`lmd.json`) go before them, and slips of the authors' code are mended
    /// unless `fidelity` says otherwise.
    Faithful,
}

impl Preset {
    /// All of them, the quickest first.
    pub const ALL: [Self; 3] = [Self::Fast, Self::Balanced, Self::Faithful];

    /// Its settings.
    #[must_use]
    pub fn config(self) -> DrawConfig {
        match self {
            Self::Faithful => DrawConfig::default(),
            Self::Balanced => short(20, &[(3, 4), (2, 4), (1, 4)]),
            Self::Fast => short(16, &[(2, 4), (1, 4)]),
        }
    }
}

/// `steps` steps of DPM-Solver++ 2M, the first of them guided by so many
/// iterations for so many steps. Masks are tighter than the paper's coarse ones, which
/// only choose among those of Segment Anything (B.11): where attention alone makes
/// the mask, they reach over the neighbours of a small thing, and composing hides
/// one of three.
fn short(steps: usize, iterations: &[(usize, usize)]) -> DrawConfig {
    let max_iter = GuidanceConfig::step_by_step(iterations);
    let guidance = GuidanceConfig { max_index_step: max_iter.len(), max_iter, ..GuidanceConfig::default() };
    DrawConfig {
        steps,
        sampler: Name::of("dpm++2m"),
        lmd: LmdConfig {
            per_box: guidance.clone(),
            overall: guidance,
            fast_schedule: true,
            mask_threshold: 0.5,
            mask_sigma: 0.7,
            ..LmdConfig::default()
        },
        ..DrawConfig::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_dearer_than_the_one_before() {
        let cost = |preset: Preset| {
            let config = preset.config();
            let guided = (0..config.steps).map(|i| config.lmd.overall.iterations(i)).sum::<usize>();
            2 * config.steps + 3 * guided
        };
        assert_eq!([Preset::Fast, Preset::Balanced, Preset::Faithful].map(cost), [68, 112, 295]);
        assert_eq!(Preset::Faithful.config(), DrawConfig::default());
    }
}
