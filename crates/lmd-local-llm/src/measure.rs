//! [`measure`]: how fast a model is on this machine.

use std::path::Path;
use std::time::{Duration, Instant};

use lmd_planner::llm::{LlmConfig, LlmError, Message};
use serde::Serialize;

use crate::gguf::Header;
use crate::model::settings;
use crate::runner::{Question, Runner, Unsaid};

/// Tokens of the answer that are waited for.
const ANSWER: usize = 24;

/// How fast a model is, and what a layout would take.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Measured {
    /// Seconds to load it.
    pub load_s: f64,
    /// Tokens of a question that are read in a second.
    pub read_per_s: f64,
    /// Tokens of an answer that are written in a second.
    pub write_per_s: f64,
}

/// Loads the model of `config` and asks it something short. What `look` sees
/// while it is still in memory is given back beside.
///
/// # Errors
/// [`LlmError`] when it cannot be run, or takes longer than `limit`.
pub fn measure<T>(
    config: &LlmConfig,
    limit: Duration,
    look: impl FnOnce() -> T,
) -> Result<(Measured, T), LlmError> {
    let path = Path::new(config.model.trim());
    let wrong =
        |why: String| LlmError::Config { setting: "model", why: format!("{}: {why}", path.display()) };
    let began = Instant::now();
    let header = Header::open(path).map_err(|error| wrong(error.to_string()))?;
    let room = usize::try_from(settings(config)?.num_ctx).unwrap_or(usize::MAX);
    let mut runner = Runner::load(path, &header, room).map_err(|error| wrong(error.to_string()))?;
    let load_s = began.elapsed().as_secs_f64();
    let words = "A cat sits on a red chair to the left of a dog. ".repeat(12);
    let messages = [Message::user(format!("{words}\nTell me about it at length."))];
    let question =
        Question { messages: &messages, schema: None, max_tokens: ANSWER, temperature: 0.0, seed: 0 };
    let go_on = || began.elapsed() < limit;
    let said = runner.answer(&question, &go_on).map_err(|unsaid| match unsaid {
        Unsaid::Stopped => {
            LlmError::Timeout { url: path.display().to_string(), seconds: limit.as_secs_f64() }
        }
        Unsaid::TooLong { tokens, room } => {
            wrong(format!("a question of {tokens} tokens does not fit into {room}"))
        }
        Unsaid::Fault(why) => wrong(why),
    })?;
    let rate = |count: usize, time: Duration| count as f64 / time.as_secs_f64().max(1e-9);
    // The first token of the answer costs no further step.
    let steps = said.pace.answered.saturating_sub(1);
    let measured = Measured {
        load_s,
        read_per_s: rate(said.pace.read, said.pace.first),
        write_per_s: rate(steps, said.pace.whole.saturating_sub(said.pace.first)),
    };
    Ok((measured, look()))
}
