//! [`Refusal`]: why an instruction is not followed.

/// What is wrong with an instruction, and an example of what would work.
pub(super) type Refusal = String;

/// What one could say, for refusals.
pub(super) const EXAMPLES: &str = "try for instance \"move the cat to the right\", \"add two birds in the sky\", \"make the car red\", \"remove the dog\" or \"change the background to a beach\"";
