//! The [`Planner`] trait and what planners return.

use lmd_layout::Layout;
use serde::Serialize;

use crate::{Conversation, PlanError};

/// Longest prompt or instruction a planner takes, in characters.
pub const MAX_PROMPT_CHARS: usize = 4_000;

/// Something that turns a sentence into a layout.
///
/// Calls block; a server runs them on a thread of their own. One planner may
/// be asked from many threads at once.
///
/// ```
/// use lmd_planner::offline::OfflinePlanner;
/// use lmd_planner::Planner;
///
/// let plan = OfflinePlanner.plan("a red car to the left of a cat")?;
/// assert_eq!(plan.layout.objects().len(), 2);
/// # Ok::<(), lmd_planner::PlanError>(())
/// ```
pub trait Planner: Send + Sync {
    /// A short name for people and reports: `offline`, `llm gpt-4o`.
    fn name(&self) -> String;

    /// A layout for `prompt`.
    ///
    /// # Errors
    /// [`PlanError`] when no layout can be given. A layout that breaks some
    /// of the prompt's facts is not an error; it carries warnings.
    fn plan(&self, prompt: &str) -> Result<Plan, PlanError>;

    /// A complete new layout after a follow-up instruction such as "move the
    /// cat to the right". Objects the instruction does not touch keep their
    /// captions and boxes exactly.
    ///
    /// # Errors
    /// [`PlanError`]; the conversation is unchanged, so nothing is lost.
    fn revise(&self, conversation: &Conversation, instruction: &str) -> Result<Plan, PlanError>;
}

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
