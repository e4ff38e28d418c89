//! [`ChatModelEntry`]: one line of the registry of chat models.

use schemars::Schema;

use super::chat::ChatModel;
use super::{LlmConfig, LlmError};

/// A kind of chat model that planners can ask.
#[derive(Clone, Copy, Debug)]
pub struct ChatModelEntry {
    /// What `llm.api` names it by: lower-case letters, digits and `-`.
    pub name: &'static str,
    /// One line for lists and help texts.
    pub summary: &'static str,
    /// Where its servers usually are; used where no address is set.
    /// Empty for a model in the process.
    pub default_url: &'static str,
    /// The JSON schema of its own settings, those in [`LlmConfig::options`].
    pub settings: fn() -> Schema,
    /// Makes one from the settings. Nothing is sent yet.
    pub open: fn(&LlmConfig) -> Result<Box<dyn ChatModel>, LlmError>,
}
