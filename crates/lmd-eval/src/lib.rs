//! How good layouts and pictures are: the benchmark of LLM-grounded diffusion (LMD, arXiv
//! 2305.13655, section 4.1), sentences in free wording, and their reports.

pub mod benchmark;
pub mod pictures;
pub mod predicates;
pub mod report;
pub mod sentences;
pub mod suites;

// The code in the README is compiled and run with the tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
