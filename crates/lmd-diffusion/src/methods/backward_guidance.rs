//! Backward guidance (Chen et al. 2023, arXiv 2304.03373): the whole prompt,
//! guided in the first fifth of the steps by the share of every phrase's
//! attention that lies outside its boxes (section C).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Columns, Drawn, Method, MethodContext, OverallGuidance, Work};
use crate::DiffusionError;
use crate::config::{DrawConfig, GuidanceConfig, Settings, SettingsSpec, share_rounded_up, within};
use crate::energy::ratio_energy;
use crate::observer::Observer;
use crate::samplers::SamplerSpec;
use crate::warning::PromptKind;

/// The method.
#[derive(Clone, Copy, Debug)]
pub struct BackwardGuidance;

/// Its settings. The guided layers are those of `lmd.guided_layers`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct BackwardGuidanceConfig {
    /// Share of the steps, from the first, that are guided, in [0, 1]; rounded up. Default 0.2, the first 10 of 50.
    pub guided_share: f64,
    /// Most iterations at each of these steps. Default 5.
    pub max_iter: usize,
    /// Factor on the energy. Default 30.
    pub loss_scale: f64,
    /// Energy at and below which guidance ends. Default 0.2.
    pub loss_threshold: f64,
}

impl Default for BackwardGuidanceConfig {
    fn default() -> Self {
        Self { guided_share: 0.2, max_iter: 5, loss_scale: 30.0, loss_threshold: 0.2 }
    }
}

impl BackwardGuidanceConfig {
    fn schedule(&self, steps: usize) -> GuidanceConfig {
        GuidanceConfig {
            max_index_step: share_rounded_up(self.guided_share, steps),
            max_iter: vec![self.max_iter],
            loss_scale: self.loss_scale,
            loss_threshold: self.loss_threshold,
            ..GuidanceConfig::default()
        }
    }
}

impl Settings for BackwardGuidanceConfig {
    const NAME: &'static str = "backward_guidance";

    fn check(&self) -> Result<(), DiffusionError> {
        within("backward_guidance.guided_share", self.guided_share, 0.0, 1.0, "0 to 1")?;
        self.schedule(1).check(Self::NAME)
    }
}

impl Method for BackwardGuidance {
    fn name(&self) -> &'static str {
        "backward_guidance"
    }

    fn summary(&self) -> &'static str {
        "The whole picture, guided by the attention outside the boxes"
    }

    fn settings(&self) -> Option<SettingsSpec> {
        Some(SettingsSpec::of::<BackwardGuidanceConfig>())
    }

    fn work(&self, config: &DrawConfig, sampler: &SamplerSpec, boxes: usize) -> Result<Work, DiffusionError> {
        let schedule = config.settings::<BackwardGuidanceConfig>()?.schedule(config.steps);
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
        let config = context.job.config;
        let guidance = OverallGuidance {
            schedule: config.settings::<BackwardGuidanceConfig>()?.schedule(config.steps),
            layers: config.lmd.guided_layers(&*context.pipeline.denoiser)?,
            columns: Columns::Phrases,
            energy: Box::new(ratio_energy),
            step_size: None,
        };
        context.draw_guided(guidance, observer)
    }
}
