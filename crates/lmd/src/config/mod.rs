//! Configuration: one struct, filled in rising order by defaults, the user's
//! file, the project's `lmd.toml`, the environment (`LMD_*`) and flags.

mod error;
mod layers;
mod load;
mod parse;

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
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Who plans layouts: `auto`, `offline` or `llm`.
    pub planner: PlannerChoice,
    /// What the cache of a language model's answers is used for:
    /// `read_write`, `off` or `refresh`.
    pub cache: CacheMode,
    /// Which language model to ask and how. Its key is read from the
    /// environment only.
    pub llm: LlmConfig,
}
