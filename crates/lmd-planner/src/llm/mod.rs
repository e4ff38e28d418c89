//! Planning with a language model behind an OpenAI-compatible server
//! (sections A.1 to A.4 and A.9 of the method).
//!
//! [`LlmPlanner`] asks, reads the answer, holds it against the facts of the
//! prompt, and asks again where it falls short. [`print_prompt`] and
//! [`plan_from_answer`] do the same by hand, with any model behind any door.

mod address;
mod by_hand;
mod client;
mod config;
mod dialect;
mod dialogue;
mod error;
mod http;
mod keep;
mod planner;
mod reply;
mod retry;
mod template;
mod words;

pub use by_hand::{plan_from_answer, print_prompt};
pub use config::{Endpoint, Format, LlmConfig, MAX_REPAIRS, OPENAI_URL};
pub use error::LlmError;
pub use planner::LlmPlanner;
pub use template::template_id;
