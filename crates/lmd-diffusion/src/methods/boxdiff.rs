//! BoxDiff (Xie et al. 2023, arXiv 2307.10816): the whole prompt, with one update
//! in each of the first half of the steps, by an energy of the attention on twice
//! the coarsest grid, 16² at 512² (section C).

use lmd_layout::Fidelity;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Columns, Drawn, Method, MethodContext, OverallGuidance, Work};
use crate::DiffusionError;
use crate::config::{DrawConfig, GuidanceConfig, Settings, SettingsSpec, require, share_rounded_up, within};
use crate::energy::{BoxdiffEdges, BoxdiffEnergy, BoxdiffTokens, boxdiff_energy};
use crate::network::layers_on_twice_the_coarsest_grid;
use crate::observer::Observer;
use crate::samplers::SamplerSpec;
use crate::warning::PromptKind;

/// The method.
#[derive(Clone, Copy, Debug)]
pub struct Boxdiff;

/// Its settings.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct BoxdiffConfig {
    /// Share of the steps, from the first, that are guided, in [0, 1]; rounded up. Default 0.5, the first 25 of 50.
    pub guided_share: f64,
    /// Updates at each of these steps. Default 1.
    pub max_iter: usize,
    /// Length of the first step's update, as a factor on the gradient. Default 20.
    pub step_size: f64,
    /// What the square of the length has shrunk to at the last of all steps, as a share, in [0, 1]. Default 0.5.
    pub final_share: f64,
    /// Factor on the attention before the softmax over tokens. Default 100.
    pub sharpness: f64,
    /// Share of the cells inside a box, and outside, that are averaged, in [0, 1]. Default 0.2.
    pub top_p: f64,
    /// Whether every token of a phrase has the terms, as in LMD's comparison, or the noun alone, as in BoxDiff's own paper.
    /// Default: the noun; every token under `fidelity = "reference"`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub whole_phrase: Option<bool>,
}

impl Default for BoxdiffConfig {
    fn default() -> Self {
        let BoxdiffEnergy { sharpness, top_p, .. } = BoxdiffEnergy::default();
        Self {
            guided_share: 0.5,
            max_iter: 1,
            step_size: 20.0,
            final_share: 0.5,
            sharpness,
            top_p,
            whole_phrase: None,
        }
    }
}

impl BoxdiffConfig {
    /// Updates go on whatever the energy.
    fn schedule(&self, steps: usize) -> GuidanceConfig {
        GuidanceConfig {
            max_index_step: share_rounded_up(self.guided_share, steps),
            max_iter: vec![self.max_iter],
            loss_scale: 1.0,
            loss_threshold: 0.0,
            ..GuidanceConfig::default()
        }
    }

    /// The energy's numbers. The reference asks the corner term of each box.
    fn energy(&self, fidelity: Fidelity) -> BoxdiffEnergy {
        let reference = fidelity == Fidelity::Reference;
        let tokens =
            if self.whole_phrase.unwrap_or(reference) { BoxdiffTokens::Phrase } else { BoxdiffTokens::Word };
        let edges = if reference { BoxdiffEdges::EachPastEnd } else { BoxdiffEdges::Around };
        BoxdiffEnergy { sharpness: self.sharpness, top_p: self.top_p, tokens, edges }
    }

    /// `20 √(1 − i / 2(N − 1))` at step i of N.
    fn length(&self, step: usize, steps: usize) -> f64 {
        let lost = (1.0 - self.final_share) * step as f64 / steps.saturating_sub(1).max(1) as f64;
        self.step_size * (1.0 - lost).sqrt()
    }
}

impl Settings for BoxdiffConfig {
    const NAME: &'static str = "boxdiff";

    fn check(&self) -> Result<(), DiffusionError> {
        let shares = [
            ("boxdiff.guided_share", self.guided_share),
            ("boxdiff.final_share", self.final_share),
            ("boxdiff.top_p", self.top_p),
        ];
        shares.into_iter().try_for_each(|(name, value)| within(name, value, 0.0, 1.0, "0 to 1"))?;
        within("boxdiff.step_size", self.step_size, 0.0, 1e6, "0 to 1000000")?;
        let fine = self.sharpness > 0.0 && self.sharpness <= 1e6;
        require(fine, "boxdiff.sharpness", self.sharpness, "above 0, at most 1000000")?;
        self.schedule(1).check(Self::NAME)
    }
}

impl Method for Boxdiff {
    fn name(&self) -> &'static str {
        "boxdiff"
    }

    fn summary(&self) -> &'static str {
        "The whole picture, guided by inner, outer and corner terms"
    }

    fn settings(&self) -> Option<SettingsSpec> {
        Some(SettingsSpec::of::<BoxdiffConfig>())
    }

    fn work(&self, config: &DrawConfig, sampler: &SamplerSpec, boxes: usize) -> Result<Work, DiffusionError> {
        let schedule = config.settings::<BoxdiffConfig>()?.schedule(config.steps);
        Ok(Work::guided_whole(&schedule, sampler.run_steps(config.steps), boxes))
    }

    fn prompts(&self, context: &MethodContext<'_>) -> Result<Vec<(PromptKind, String)>, DiffusionError> {
        context.overall_prompts()
    }

    fn draw(
        &self,
        context: &MethodContext<'_>,
        observer: &mut dyn Observer,
    ) -> Result<Drawn, DiffusionError> {
        let boxdiff = context.job.config.settings::<BoxdiffConfig>()?;
        let energy = boxdiff.energy(context.job.config.fidelity);
        let guidance = OverallGuidance {
            schedule: boxdiff.schedule(context.job.config.steps),
            layers: layers_on_twice_the_coarsest_grid(context.pipeline.denoiser.layers()),
            columns: Columns::All,
            energy: Box::new(move |maps, objects| boxdiff_energy(maps, objects, &energy)),
            step_size: Some(Box::new(move |step, steps| boxdiff.length(step, steps))),
        };
        context.draw_guided(guidance, observer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reference_guides_whole_phrases() {
        let tokens = |whole_phrase, fidelity| {
            BoxdiffConfig { whole_phrase, ..Default::default() }.energy(fidelity).tokens
        };
        assert_eq!(tokens(None, Fidelity::default()), BoxdiffTokens::Word);
        assert_eq!(tokens(None, Fidelity::Reference), BoxdiffTokens::Phrase);
        assert_eq!(tokens(Some(false), Fidelity::Reference), BoxdiffTokens::Word);
    }

    #[test]
    fn steps_shrink_as_in_the_papers_code() {
        let config = BoxdiffConfig::default();
        assert_eq!(config.length(0, 50), 20.0);
        assert!((config.length(49, 50) - 20.0 * 0.5_f64.sqrt()).abs() < 1e-12);
        assert!(config.length(0, 1).is_finite());
    }
}
