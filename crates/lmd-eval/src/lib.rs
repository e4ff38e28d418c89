//! How good layouts are: the benchmark of LLM-grounded diffusion (LMD, arXiv
//! 2305.13655, section 4.1), sentences in free wording, and their reports.

pub mod benchmark;
pub mod predicates;
pub mod report;
pub mod sentences;
