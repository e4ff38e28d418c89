//! [`Config`]: everything that can be configured, and the defaults.

use lmd_nn::{Accelerator, Precision, PredictionType};
use lmd_planner::cache::CacheMode;
use lmd_planner::llm::LlmConfig;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::serve::ServeConfig;
use crate::stage2::{DrawConfig, Preset};

/// What the bundled model is called.
pub const BUNDLED: &str = "bundled";

/// Who plans.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PlannerChoice {
    /// A language model when one is set up, the offline planner otherwise.
    #[default]
    Auto,
    /// The offline planner: English sentences, no network.
    Offline,
    /// The language model.
    Llm,
}

/// Everything that can be configured.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Who plans layouts: `auto`, `offline` or `llm`.
    pub planner: PlannerChoice,
    /// What the cache of a language model's answers is used for:
    /// `read_write`, `off` or `refresh`.
    pub cache: CacheMode,
    /// Which model draws: `bundled`, the name of an imported one, a diffusers
    /// folder or a `.safetensors` file.
    pub model: String,
    /// The folder that keeps imported models; empty for lmd's own below the
    /// user's data.
    pub models_dir: String,
    /// Segment Anything's weights for masks (`draw.lmd.mask_refiner = "sam"`): a
    /// `SamModel`'s folder or one of its authors' files as safetensors; empty
    /// for the bundled model's own with that model, and else for none.
    pub sam: String,
    /// Where the networks run: `auto`, `cpu`, `vulkan`, `cuda`, `metal` or
    /// `rocm`.
    #[schemars(with = "String")]
    pub device: Accelerator,
    /// Number format of the weights: `f32`; on GPUs also `f16` or `bf16`.
    #[schemars(with = "String")]
    pub dtype: Precision,
    /// What the model's U-Net predicts, `epsilon` or `v_prediction`, in place of
    /// what its files say; for files that do not say it.
    #[schemars(with = "Option<String>")]
    pub prediction_type: Option<PredictionType>,
    /// Most threads that compute; 0 for one on each processor. No bit of a
    /// picture depends on it.
    pub threads: usize,
    /// Where the settings under `draw` start from: `fast`, `balanced` or
    /// `faithful`. What is set at the same place or by a stronger one wins.
    pub preset: Preset,
    /// Which language model to ask and how. Its key is read from the
    /// environment only.
    pub llm: LlmConfig,
    /// How pictures are drawn.
    pub draw: DrawConfig,
    /// How the HTTP server behaves.
    pub serve: ServeConfig,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            planner: PlannerChoice::default(),
            cache: CacheMode::default(),
            model: BUNDLED.to_owned(),
            models_dir: String::new(),
            sam: String::new(),
            device: Accelerator::default(),
            dtype: Precision::default(),
            prediction_type: None,
            threads: 0,
            preset: Preset::default(),
            llm: LlmConfig::default(),
            draw: Preset::default().config(),
            serve: ServeConfig::default(),
        }
    }
}
