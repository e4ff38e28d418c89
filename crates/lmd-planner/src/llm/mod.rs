//! Planning with a language model (sections A.1 to A.4 and A.9 of the method).
//!
//! [`LlmPlanner`] asks a [`ChatModel`], reads the answer, holds it against the
//! facts of the prompt, and asks again where it falls short. [`chat_models`]
//! lists the kinds of servers there are. [`print_prompt`] and
//! [`plan_from_answer`] do the same by hand, with any model behind any door.

mod address;
mod answer;
mod anthropic;
mod by_hand;
mod chat;
mod config;
mod dialogue;
mod entry;
mod error;
mod glossary;
mod http;
mod keep;
mod ollama;
mod openai;
mod planner;
mod registry;
mod retry;
mod server;
mod setup;
mod template;
mod translate;
mod words;

pub use address::is_local_url;
pub use anthropic::AnthropicModel;
pub use by_hand::{plan_from_answer, print_prompt};
pub use chat::{
    Capabilities, ChatContext, ChatEvent, ChatModel, ChatReply, ChatRequest, FinishReason, Limits, Message,
    Role, Structured, Usage,
};
pub use config::{Endpoint, Format, LlmConfig, MAX_REPAIRS, OPENAI_URL};
pub use entry::ChatModelEntry;
pub use error::LlmError;
pub use ollama::OllamaModel;
pub use openai::OpenAiModel;
pub use planner::LlmPlanner;
pub use registry::{chat_model, chat_models, register};
pub use template::template_id;
