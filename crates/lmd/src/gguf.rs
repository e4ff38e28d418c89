//! What `lmd doctor` says of a language model in the process.

use std::fmt;
use std::time::Duration;

use lmd_engine::local_llm::{self, Description, Measured};
use lmd_planner::llm::LlmConfig;
use serde::Serialize;

use crate::show;

/// Tokens of the question with its examples, and of an answer, about: what
/// the first layout of a session reads, and what each writes.
const LAYOUT_TOKENS: (f64, f64) = (2_000.0, 110.0);
/// How long somebody may be let wait.
const LIMIT: Duration = Duration::from_secs(300);

/// A language model in the process.
#[derive(Debug, Serialize)]
pub(crate) struct LocalModel {
    description: Description,
    measured: Measured,
}

impl fmt::Display for LocalModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Description { name, parameters, file_bytes, shape, .. } = &self.description;
        let Measured { load_s, read_per_s, write_per_s, memory } = self.measured;
        let billions = *parameters as f64 / 1e9;
        write!(f, "{name}, {billions:.1} billion weights in {}", show::bytes(*file_bytes))?;
        write!(f, ", up to {} tokens; loaded in {load_s:.1} s", shape.context)?;
        if let Some(memory) = memory {
            write!(f, ", {} of memory", show::bytes(memory))?;
        }
        let (read, write) = LAYOUT_TOKENS;
        let answer = write / write_per_s.max(1e-3);
        let first = answer + read / read_per_s.max(1e-3);
        write!(f, "; reads {read_per_s:.1} and writes {write_per_s:.1} tokens/s")?;
        write!(f, " (a layout in about {answer:.0} s, the first in {first:.0} s)")
    }
}

/// Loads the model and times it.
pub(crate) fn examine(llm: &LlmConfig) -> Result<LocalModel, String> {
    let description = local_llm::describe(llm)?;
    Ok(LocalModel { measured: local_llm::measure(llm, LIMIT)?, description })
}
