//! How much of an answer is read.

/// Longest answer that is read, in bytes.
pub const MAX_ANSWER_BYTES: usize = 64 * 1024;
/// Deepest nesting of brackets that is read.
pub const MAX_NESTING: usize = 16;
