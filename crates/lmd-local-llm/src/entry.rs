//! The line of these models in the registry of chat models.

use lmd_planner::llm::{ChatModel, ChatModelEntry, LlmConfig, LlmError};
use schemars::schema_for;

use crate::settings::GgufSettings;

/// What `llm.api` names these models by.
pub const NAME: &str = "gguf";

/// Whether this build runs models.
pub const CAN_RUN: bool = cfg!(feature = "run");

/// The registry's line of models in the process.
pub const ENTRY: ChatModelEntry = ChatModelEntry {
    name: NAME,
    summary: "A GGUF file, run in the process; `llm.model` is its path",
    default_url: "",
    settings: || schema_for!(GgufSettings),
    open,
};

#[cfg(feature = "run")]
fn open(config: &LlmConfig) -> Result<Box<dyn ChatModel>, LlmError> {
    Ok(Box::new(crate::model::GgufModel::new(config)?))
}

#[cfg(not(feature = "run"))]
fn open(_: &LlmConfig) -> Result<Box<dyn ChatModel>, LlmError> {
    Err(LlmError::Config {
        setting: "api",
        why: "this lmd was built without models in the process; build it with \
              `cargo build --release --features local-llm`, or serve the file with llama.cpp and set LMD_LLM_URL"
            .to_owned(),
    })
}
