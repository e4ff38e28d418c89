//! A method: the whole prompt, guided by an energy of its own. Every phrase should be attended to in the columns of the
//! picture that its boxes cover, at whatever height.

use lmd_diffusion::config::{Settings, SettingsSpec};
use lmd_diffusion::energy::{AttentionMaps, Energy, GuidedObject, ratio_energy};
use lmd_diffusion::methods::{Columns, MethodContext, OverallGuidance};
use lmd_diffusion::network::guided_layers;
use lmd_diffusion::samplers::SamplerSpec;
use lmd_diffusion::{DiffusionError, DrawConfig, Drawn, GuidanceConfig, Method, Observer, PromptKind, Work};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Its entry.
#[derive(Clone, Copy, Debug)]
pub struct Strips;

/// Its settings, `[draw.strips]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct StripsConfig {
    /// Factor on the energy.
    pub strength: f64,
    /// Guided steps, from the first.
    pub guided_steps: usize,
}

impl Default for StripsConfig {
    fn default() -> Self {
        Self { strength: 20.0, guided_steps: 2 }
    }
}

impl Settings for StripsConfig {
    const NAME: &'static str = "strips";

    fn check(&self) -> Result<(), DiffusionError> {
        if self.strength > 0.0 && self.strength <= 1000.0 {
            return Ok(());
        }
        Err(DiffusionError::Setting {
            setting: "strips.strength".to_owned(),
            value: self.strength.to_string(),
            allowed: "above 0, at most 1000",
        })
    }
}

impl StripsConfig {
    fn schedule(&self) -> GuidanceConfig {
        GuidanceConfig {
            max_index_step: self.guided_steps,
            max_iter: vec![1],
            loss_scale: self.strength,
            loss_threshold: 0.0,
            ..GuidanceConfig::default()
        }
    }
}

/// The share of attention outside the strips of the boxes.
fn strips_energy(maps: &AttentionMaps, objects: &[GuidedObject]) -> Result<Energy, DiffusionError> {
    let strip = |[x0, _, x1, _]: &[f64; 4]| [*x0, 0.0, *x1, 1.0];
    let strips: Vec<GuidedObject> = objects
        .iter()
        .map(|object| GuidedObject { boxes: object.boxes.iter().map(strip).collect(), ..object.clone() })
        .collect();
    ratio_energy(maps, &strips)
}

impl Method for Strips {
    fn name(&self) -> &'static str {
        "strips"
    }

    fn summary(&self) -> &'static str {
        "Guided towards the columns of the boxes, a method from outside"
    }

    fn settings(&self) -> Option<SettingsSpec> {
        Some(SettingsSpec::of::<StripsConfig>())
    }

    fn work(
        &self,
        config: &DrawConfig,
        sampler: &SamplerSpec,
        _boxes: usize,
    ) -> Result<Work, DiffusionError> {
        let schedule = config.settings::<StripsConfig>()?.schedule();
        Ok(Work::of_runs(1, sampler.run_steps(config.steps), Some(&schedule)))
    }

    fn prompts(&self, context: &MethodContext<'_>) -> Result<Vec<(PromptKind, String)>, DiffusionError> {
        context.overall_prompts()
    }

    fn draw(
        &self,
        context: &MethodContext<'_>,
        observer: &mut dyn Observer,
    ) -> Result<Drawn, DiffusionError> {
        let guidance = OverallGuidance {
            schedule: context.job.config.settings::<StripsConfig>()?.schedule(),
            layers: guided_layers(context.pipeline.denoiser.layers()),
            columns: Columns::Phrases,
            energy: Box::new(strips_energy),
            step_size: None,
        };
        context.draw_guided(guidance, observer)
    }
}
