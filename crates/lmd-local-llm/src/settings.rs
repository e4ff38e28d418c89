//! [`GgufSettings`]: what `[llm.options]` holds for models in the process.

use schemars::JsonSchema;
use serde::Deserialize;

/// Settings of this model alone, as in `[llm.options]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct GgufSettings {
    /// Most tokens of question and answer together, within what the model was
    /// made for. Keys and values take memory for those that are used.
    pub num_ctx: u32,
    /// Where random numbers start from, for temperatures above 0.
    pub seed: u64,
}

impl Default for GgufSettings {
    fn default() -> Self {
        Self { num_ctx: 8_192, seed: 0 }
    }
}
