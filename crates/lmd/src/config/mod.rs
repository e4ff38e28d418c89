//! Configuration: one struct, filled in rising order by defaults, the user's
//! file, the project's `lmd.toml`, the environment (`LMD_*`) and flags.

mod error;
mod layers;
mod load;
mod parse;

use lmd_diffusion::{DrawConfig, Preset};
use lmd_nn::{Accelerator, Precision};
use lmd_planner::cache::CacheMode;
use lmd_planner::llm::LlmConfig;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use crate::cli::PlannerChoice;
pub use error::ConfigError;
pub(crate) use layers::{Flag, Origin};
pub(crate) use load::{Loaded, load};
pub use parse::{MAX_CONFIG_BYTES, parse};

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
    /// Where the networks run: `auto`, `cpu`, `vulkan`, `cuda`, `metal` or
    /// `rocm`.
    #[schemars(with = "String")]
    pub device: Accelerator,
    /// Number format of the weights: `f32`, `f16` or `bf16`.
    #[schemars(with = "String")]
    pub dtype: Precision,
    /// Where the settings under `draw` start from: `fast`, `balanced` or
    /// `faithful`. What is set at the same place or by a stronger one wins.
    pub preset: Preset,
    /// Which language model to ask and how. Its key is read from the
    /// environment only.
    pub llm: LlmConfig,
    /// How pictures are drawn.
    pub draw: DrawConfig,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            planner: PlannerChoice::default(),
            cache: CacheMode::default(),
            model: crate::bundle::NAME.to_owned(),
            device: Accelerator::default(),
            dtype: Precision::default(),
            preset: Preset::default(),
            llm: LlmConfig::default(),
            draw: Preset::default().config(),
        }
    }
}
