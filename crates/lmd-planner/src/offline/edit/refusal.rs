//! [`Refusal`]: why an instruction is not followed.

/// What is wrong with an instruction, and an example of what would work.
pub(super) type Refusal = String;
