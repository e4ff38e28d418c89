//! Language models from GGUF files, run in the process: they join the registry
//! of chat models here, whether or not this build runs them.

use std::path::Path;
use std::sync::Once;
use std::time::Duration;

use lmd_local_llm::{ENTRY, NAME};
use lmd_planner::llm::{LlmConfig, register};
use serde::Serialize;

pub use lmd_local_llm::{CAN_RUN, Description};

/// How fast a model is on this machine, and what it takes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Measured {
    /// Seconds until it was loaded.
    pub load_s: f64,
    /// Tokens of a question that are read in a second.
    pub read_per_s: f64,
    /// Tokens of an answer that are written in a second.
    pub write_per_s: f64,
    /// Bytes that the process took more once it had answered; `None` where
    /// nothing is known.
    pub memory: Option<u64>,
}

/// Adds them to the registry, once.
pub(crate) fn join() {
    static ONCE: Once = Once::new();
    // It fails when somebody took the name before, and then theirs is meant.
    ONCE.call_once(|| drop(register(ENTRY)));
}

/// Whether the configuration names a file to be run in the process.
#[must_use]
pub fn is_local(llm: &LlmConfig) -> bool {
    llm.api.trim() == NAME
}

/// What the configuration's file is.
///
/// # Errors
/// Why it is no model that can be run, as a sentence.
pub fn describe(llm: &LlmConfig) -> Result<Description, String> {
    let path = llm.model.trim();
    Description::of(Path::new(path)).map_err(|error| format!("{path}: {error}"))
}

/// Loads the configuration's model and asks it something short.
///
/// # Errors
/// Why it cannot be run, as a sentence; it takes longer than `limit`; or this
/// build runs none.
#[cfg(feature = "local-llm")]
pub fn measure(llm: &LlmConfig, limit: Duration) -> Result<Measured, String> {
    use crate::memory::resident;

    let before = resident();
    let (timed, after) = lmd_local_llm::measure(llm, limit, resident).map_err(|error| error.to_string())?;
    Ok(Measured {
        load_s: timed.load_s,
        read_per_s: timed.read_per_s,
        write_per_s: timed.write_per_s,
        memory: before.zip(after).map(|(before, after)| after.saturating_sub(before)),
    })
}

/// Says that this build runs no models.
///
/// # Errors
/// Always, with how to build one that does.
#[cfg(not(feature = "local-llm"))]
pub fn measure(llm: &LlmConfig, _: Duration) -> Result<Measured, String> {
    match (ENTRY.open)(llm) {
        Err(error) => Err(error.to_string()),
        Ok(model) => Err(format!("{} runs, but its speed is unknown in this build", model.name())),
    }
}
