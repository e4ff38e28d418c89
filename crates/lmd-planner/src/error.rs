//! [`PlanError`]: why there is no layout.

use lmd_layout::LayoutError;
use thiserror::Error;

/// Why a planner could not give a layout. Every message says what was wrong
/// and what to do; none holds a key.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PlanError {
    /// The prompt has no words.
    #[error("the prompt is empty; say what should be in the picture")]
    EmptyPrompt,
    /// The prompt is longer than planners take.
    #[error("the prompt has {chars} characters, at most {limit} are allowed; shorten it")]
    PromptTooLong {
        /// Its length.
        chars: usize,
        /// The limit.
        limit: usize,
    },
    /// The prompt says too much of one thing.
    #[error(
        "the prompt describes one thing in {chars} characters, at most {limit} are allowed; shorten it or cut it into several things"
    )]
    ThingTooLong {
        /// The length of the thing's caption.
        chars: usize,
        /// The limit.
        limit: usize,
    },
    /// The offline planner cannot do it; a language model could.
    #[error(
        "{why}; connect a language model (set LMD_LLM_URL and LMD_LLM_MODEL) or write the layout by hand"
    )]
    NeedsLlm {
        /// What it did not understand.
        why: String,
    },
    /// A follow-up instruction names nothing that could be done.
    #[error("did not understand the instruction \"{instruction}\": {why}")]
    Instruction {
        /// The instruction as given.
        instruction: String,
        /// What was missing, and an example of what would work.
        why: String,
    },
    /// There is no such variant of a layout.
    #[error("{why}")]
    Variant {
        /// How many there are.
        why: String,
    },
    /// A text that should hold a layout holds none.
    #[error("this is not a layout: {reason}; it begins with: {excerpt}")]
    NotALayout {
        /// What is wrong with it.
        reason: String,
        /// Its beginning.
        excerpt: String,
    },
    /// The layout that came out breaks a limit.
    #[error(transparent)]
    Layout(#[from] LayoutError),
    /// A file of answers has none to give.
    #[error(transparent)]
    Cache(#[from] crate::cache::CacheError),
    /// Talking to the language model failed.
    #[error(transparent)]
    Llm(#[from] crate::llm::LlmError),
}
