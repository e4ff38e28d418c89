//! [`SuiteError`]: why a file is no suite.

/// Most bytes of a suite's file.
pub const MAX_SUITE_BYTES: usize = 8 << 20;
/// Most prompts of a suite.
pub const MAX_TASKS: usize = 20_000;

/// Why a file is no suite.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SuiteError {
    /// Nothing in it.
    #[error("the suite is empty; its first line must be like {{\"suite\": \"mine\"}} (docs/suites.md)")]
    NoHead,
    /// A line that cannot be read.
    #[error("line {line} of the suite cannot be read: {reason} (docs/suites.md)")]
    Line {
        /// Its number, from 1.
        line: usize,
        /// Why.
        reason: String,
    },
    /// A prompt that demands something impossible.
    #[error("line {line} of the suite: {reason} (docs/suites.md)")]
    Task {
        /// Its number, from 1.
        line: usize,
        /// Why.
        reason: String,
    },
    /// A name that cannot be that of a folder.
    #[error("the suite's name must be 1 to 64 letters, digits, hyphens and underscores")]
    Name,
    /// No prompts.
    #[error("the suite has no prompts; each is a line of JSON below the first (docs/suites.md)")]
    NoTasks,
    /// Too many prompts.
    #[error("the suite has more than {MAX_TASKS} prompts; split it")]
    TooMany,
    /// Too long a file.
    #[error("the suite has more than {MAX_SUITE_BYTES} bytes; split it")]
    TooLong,
}

impl SuiteError {
    /// A line of JSON that cannot be read; `at` counts from 0.
    pub(super) fn line(at: usize, error: &serde_json::Error) -> Self {
        let reason: String = lmd_layout::clean_text(&error.to_string()).chars().take(300).collect();
        Self::Line { line: at + 1, reason }
    }
}
