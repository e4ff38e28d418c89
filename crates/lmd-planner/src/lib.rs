//! Stage 1 of LLM-grounded diffusion (LMD, arXiv 2305.13655): from a sentence
//! to a layout, by a language model or offline.

pub mod cache;
pub mod english;
pub mod facts;
pub mod llm;
pub mod offline;

mod conversation;
mod error;
mod geometry;
mod lexicon;
mod mend;
mod plan;
mod planner;
mod reply;
mod scene;
mod talk;
mod variants;
mod verify;

pub use conversation::{Conversation, Turn};
pub use error::PlanError;
pub use lexicon::Size;
pub use plan::{MAX_PROMPT_CHARS, Plan, Source, normalize_prompt};
pub use planner::Planner;
pub use reply::{Answer, Proposal, Reply, Wishes};
pub use scene::{Arrangement, Region, Relation, RelationKind, Scene, Thing};
pub use verify::{CheckedFact, checked_facts};

// The code in the README is compiled and run with the tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
