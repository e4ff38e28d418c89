//! [`Plan`]: what planners return, and the prompts they take.

use lmd_layout::Layout;
use serde::Serialize;

use crate::PlanError;

/// Longest prompt or instruction a planner takes, in characters.
pub const MAX_PROMPT_CHARS: usize = 4_000;

/// A layout and how it came about.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Plan {
    /// The layout.
    pub layout: Layout,
    /// What a person should know: words not understood, facts of the prompt
    /// the layout still violates, boxes that overlap. One sentence each.
    pub warnings: Vec<String>,
    /// Where it came from.
    pub source: Source,
}

/// Where a layout came from.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "planner", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Source {
    /// The offline planner.
    Offline,
    /// A language model.
    Llm {
        /// The model's name as sent to the server.
        model: String,
        /// The answer's text as it came.
        answer: String,
        /// Whether it was read from the cache.
        cached: bool,
        /// How many times the model was asked, 0 when cached.
        asked: u32,
    },
    /// An answer somebody pasted or a file.
    ByHand,
}

/// The caption normalisation of section A.1: trimmed, without trailing full
/// stops, on one line.
///
/// # Errors
/// [`PlanError::EmptyPrompt`], [`PlanError::PromptTooLong`].
pub fn normalize_prompt(prompt: &str) -> Result<String, PlanError> {
    let text = lmd_layout::clean_text(prompt);
    let text = text.trim_end_matches(['.', ' ']);
    let chars = text.chars().count();
    if text.is_empty() {
        Err(PlanError::EmptyPrompt)
    } else if chars > MAX_PROMPT_CHARS {
        Err(PlanError::PromptTooLong { chars, limit: MAX_PROMPT_CHARS })
    } else {
        Ok(text.to_owned())
    }
}
