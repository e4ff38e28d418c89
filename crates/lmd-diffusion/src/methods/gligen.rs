//! GLIGEN (Li et al. 2023, arXiv 2301.07093): the whole prompt, and layers that
//! are told every object's own caption and box in the first β of the
//! steps (section C). Nothing is guided and nothing composed.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Drawn, Method, MethodContext, Needs, Work};
use crate::DiffusionError;
use crate::config::{DrawConfig, MethodSettings, Settings, SettingsSpec, within};
use crate::observer::Observer;
use crate::phrase_tokens::corners;
use crate::samplers::SamplerSpec;
use crate::warning::PromptKind;

/// GLIGEN's method.
#[derive(Clone, Copy, Debug)]
pub struct Gligen;

/// The settings of GLIGEN layers, for every method that uses them (`gligen` and `lmd_plus`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct GligenConfig {
    /// β of scheduled sampling: share of the steps in which the layers are on, in [0, 1]. Default: the model's own
    /// (`gligen_beta` in its `lmd.json`), else the paper's 0.4.
    pub beta: Option<f64>,
}

impl GligenConfig {
    /// β: that of the settings, of the model, or of the paper (section C).
    #[must_use]
    pub fn beta_with(&self, hint: Option<f64>) -> f64 {
        self.beta.or(hint).unwrap_or(0.4)
    }
}

/// Sets β among the settings of methods.
pub(crate) fn set_beta(methods: &mut MethodSettings, beta: f64) {
    methods.lay(GligenConfig::NAME, [("beta".to_owned(), beta.into())].into_iter().collect());
}

impl Settings for GligenConfig {
    const NAME: &'static str = "gligen";

    fn check(&self) -> Result<(), DiffusionError> {
        within("gligen.beta", self.beta_with(None), 0.0, 1.0, "0 to 1")
    }
}

impl Method for Gligen {
    fn name(&self) -> &'static str {
        "gligen"
    }

    fn summary(&self) -> &'static str {
        "The whole picture with grounding layers, no guidance"
    }

    fn needs(&self) -> Needs {
        Needs::GLIGEN
    }

    fn settings(&self) -> Option<SettingsSpec> {
        Some(SettingsSpec::of::<GligenConfig>())
    }

    fn work(
        &self,
        config: &DrawConfig,
        sampler: &SamplerSpec,
        _boxes: usize,
    ) -> Result<Work, DiffusionError> {
        Ok(Work::of_runs(1, sampler.run_steps(config.steps), None))
    }

    fn prompts(&self, context: &MethodContext<'_>) -> Result<Vec<(PromptKind, String)>, DiffusionError> {
        let whole = [
            (PromptKind::Overall, context.overall_prompt()),
            (PromptKind::Negative, context.negatives().overall),
        ];
        Ok(whole.into_iter().chain(context.captions()).collect())
    }

    /// Fails where the layout has more boxes than the layers hold.
    fn draw(
        &self,
        context: &MethodContext<'_>,
        observer: &mut dyn Observer,
    ) -> Result<Drawn, DiffusionError> {
        let objects = context.job.layout.objects().iter();
        let boxes: Vec<_> = objects.map(|object| (object.caption.as_str(), corners(object.bbox))).collect();
        let with = |condition| context.with_boxes(condition, &boxes);
        context.draw_single(&context.overall_prompt(), with, None, observer)
    }
}
