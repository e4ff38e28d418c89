//! [`ChatModel`]: what the planner needs of a language model, whoever runs it.

use std::fmt;
use std::path::Path;
use std::time::{Duration, Instant};

use serde::Serialize;
use serde_json::Value;

use super::LlmError;

/// A language model that continues a chat.
///
/// Calls block; a server runs them on a thread of their own. An implementation
/// stands in a file of its own and has one line in the registry
/// ([`super::chat_models`]); from outside this crate it is added by
/// [`super::register`].
pub trait ChatModel: Send + Sync + fmt::Debug {
    /// The model's name as its server knows it: `gpt-4o`, `qwen2.5:3b`.
    fn name(&self) -> String;

    /// What the model is known to offer; it may be learned from its answers,
    /// and then changes between calls.
    fn capabilities(&self) -> Capabilities;

    /// The model's next message.
    ///
    /// # Errors
    /// [`LlmError`] when there is none: the server cannot be reached, refuses,
    /// or is silent past the deadline of `context`. A message that was cut off
    /// is no error ([`FinishReason::Length`]).
    fn complete(&self, request: &ChatRequest, context: &ChatContext<'_>) -> Result<ChatReply, LlmError>;

    /// Names a folder where the model may keep, between runs, what it learned
    /// about its server. By default nothing is kept.
    fn remember_in(&mut self, folder: &Path) {
        let _ = folder;
    }
}

/// What a chat model offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Capabilities {
    /// Whether it takes chats; a base model only continues a text.
    pub chat: bool,
    /// Whether it can be held to a JSON schema.
    pub schema: bool,
}

impl Capabilities {
    /// Chat, with or without schemas.
    #[must_use]
    pub const fn chat(schema: bool) -> Self {
        Self { chat: true, schema }
    }

    /// Plain continuation of texts.
    #[must_use]
    pub const fn completion() -> Self {
        Self { chat: false, schema: false }
    }
}

/// Who says a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Role {
    /// The program or the person.
    User,
    /// The model.
    Assistant,
}

/// One message of a chat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Message {
    /// Who says it.
    pub role: Role,
    /// What is said.
    pub content: String,
}

impl Message {
    /// A message of the program or the person.
    #[must_use]
    pub fn user(content: impl Into<String>) -> Self {
        Self { role: Role::User, content: content.into() }
    }

    /// A message of the model.
    #[must_use]
    pub fn assistant(content: impl Into<String>) -> Self {
        Self { role: Role::Assistant, content: content.into() }
    }
}

/// What a chat model is asked. Build it with [`ChatRequest::new`].
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ChatRequest {
    /// The chat so far, beginning and ending with a message of the user. No
    /// system message occurs, since some models' chat templates know none.
    pub messages: Vec<Message>,
    /// The same question for a model that can be held to a schema. A model
    /// that cannot asks `messages` instead.
    pub structured: Option<Structured>,
    /// The words every message of the user ends with and the answer follows;
    /// a model that only continues texts needs them.
    pub cue: String,
    /// Bounds on the answer.
    pub limits: Limits,
}

/// A question whose answer is held to a JSON schema.
#[derive(Clone, Debug, PartialEq)]
pub struct Structured {
    /// The chat, worded for an answer in JSON.
    pub messages: Vec<Message>,
    /// The name of the schema, in letters and underscores.
    pub name: &'static str,
    /// The schema, within what OpenAI's strict structured outputs take.
    pub schema: Value,
    /// Whether a model that cannot be held to it is an error.
    pub required: bool,
}

/// Bounds on an answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// Most tokens of the answer.
    pub max_tokens: u32,
    /// How freely words are chosen, in 0..=2.
    pub temperature: f64,
}

impl ChatRequest {
    /// Asks for the next message after `messages`.
    #[must_use]
    pub fn new(messages: Vec<Message>, limits: Limits) -> Self {
        Self { messages, structured: None, cue: String::new(), limits }
    }

    /// The same question with a form for models that can be held to a schema.
    #[must_use]
    pub fn with_schema(self, structured: Structured) -> Self {
        Self { structured: Some(structured), ..self }
    }

    /// The same question with the words an answer follows.
    #[must_use]
    pub fn with_cue(self, cue: &str) -> Self {
        Self { cue: cue.to_owned(), ..self }
    }

    /// The chat as one text, for models that only continue texts.
    #[must_use]
    pub fn transcript(&self) -> String {
        let mut text = String::new();
        for message in &self.messages {
            match message.role {
                Role::User if text.is_empty() => text.push_str(&message.content),
                Role::User => text.push_str(&format!("\n\n{}\n{}", message.content, self.cue)),
                Role::Assistant => {
                    let answer = message.content.trim_start();
                    // A model may repeat the cue.
                    let answer = answer.strip_prefix(self.cue.as_str()).unwrap_or(answer);
                    text.push(' ');
                    text.push_str(answer.trim());
                }
            }
        }
        text
    }
}

/// A model's message.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChatReply {
    /// Its text without the reasoning before it.
    pub text: String,
    /// Why it ended.
    pub finish: FinishReason,
    /// What it cost, where the server tells.
    pub usage: Option<Usage>,
}

impl ChatReply {
    /// A message that ended by itself.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), finish: FinishReason::Stop, usage: None }
    }

    /// The same message, ended for another reason.
    #[must_use]
    pub fn finished(self, finish: FinishReason) -> Self {
        Self { finish, ..self }
    }
}

/// Why a message ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FinishReason {
    /// The model was done.
    Stop,
    /// The token limit was reached, possibly while it was still reasoning.
    Length,
}

/// How many tokens a message cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Usage {
    /// Tokens of the question.
    pub prompt_tokens: u64,
    /// Tokens of the answer, reasoning included.
    pub completion_tokens: u64,
}

/// Circumstances of one call: until when an answer is of use, and who is told
/// what goes on meanwhile.
#[derive(Clone, Copy, Default)]
#[non_exhaustive]
pub struct ChatContext<'a> {
    /// The time after which nothing more is sent or waited for.
    pub deadline: Option<Instant>,
    /// Is told of waits, repetitions and adaptations.
    pub observer: Option<&'a (dyn Fn(&ChatEvent) + Sync)>,
    /// Says whether nobody wants the answer any more. A model in the process
    /// asks before every token; a server's answer is waited for.
    pub stop: Option<&'a (dyn Fn() -> bool + Sync)>,
}

impl fmt::Debug for ChatContext<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChatContext").field("deadline", &self.deadline).finish_non_exhaustive()
    }
}

impl<'a> ChatContext<'a> {
    /// The same context with a deadline.
    #[must_use]
    pub fn until(self, deadline: Instant) -> Self {
        Self { deadline: Some(deadline), ..self }
    }

    /// The same context with an observer.
    #[must_use]
    pub fn observed(self, observer: &'a (dyn Fn(&ChatEvent) + Sync)) -> Self {
        Self { observer: Some(observer), ..self }
    }

    /// The same context with somebody who may stop it.
    #[must_use]
    pub fn stopped_by(self, stop: &'a (dyn Fn() -> bool + Sync)) -> Self {
        Self { stop: Some(stop), ..self }
    }

    /// Whether nobody wants the answer any more.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.stop.is_some_and(|stop| stop())
    }

    /// Tells the observer, if there is one.
    pub fn tell(&self, event: &ChatEvent) {
        if let Some(observer) = self.observer {
            observer(event);
        }
    }

    /// `longest`, or the time left to the deadline where that is less; `None`
    /// when the deadline has passed.
    #[must_use]
    pub fn at_most(&self, longest: Duration) -> Option<Duration> {
        let Some(deadline) = self.deadline else { return Some(longest) };
        let left = deadline.saturating_duration_since(Instant::now());
        (!left.is_zero()).then_some(left.min(longest))
    }
}

/// Something that happens while a model is asked. Its `Display` is a sentence
/// for people.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum ChatEvent {
    /// The model has said nothing for so long.
    Waiting {
        /// Whole seconds since the request was sent.
        seconds: u64,
    },
    /// A request failed and is sent again.
    Retrying {
        /// What went wrong.
        why: LlmError,
        /// How long it is waited before.
        wait: Duration,
    },
    /// The server does not take a part of the request; it is asked without.
    Adapting {
        /// What is changed.
        change: &'static str,
    },
    /// The answer was no good and the model is asked for another.
    AskingAgain {
        /// What is wrong with the answer, one sentence each.
        faults: Vec<String>,
    },
    /// The caption is in another language; this translation is planned.
    Translated {
        /// The caption in English.
        text: String,
    },
    /// The answer was cut off and the model is asked again with more room.
    MoreRoom {
        /// The new limit.
        max_tokens: u32,
    },
}

impl fmt::Display for ChatEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Waiting { seconds } => {
                write!(f, "the language model has been silent for {seconds} s, still waiting")
            }
            Self::Retrying { why, wait } => {
                write!(f, "{why}; asking again in {:.0} s", wait.as_secs_f64().ceil())
            }
            Self::Adapting { change } => write!(f, "the language model's server is asked {change}"),
            Self::AskingAgain { faults } => {
                write!(f, "the language model's layout is no good ({}); asking again", faults.join("; "))
            }
            Self::Translated { text } => write!(f, "the caption in English: {text}"),
            Self::MoreRoom { max_tokens } => {
                write!(f, "the answer was cut off; asking again for up to {max_tokens} tokens")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transcript_puts_the_cue_before_every_answer() {
        let limits = Limits { max_tokens: 900, temperature: 0.25 };
        let messages = vec![
            Message::user("Caption: a cat\nObjects:"),
            Message::assistant("Objects: [1]"),
            Message::user("Move it."),
        ];
        let request = ChatRequest::new(messages, limits).with_cue("Objects:");
        assert_eq!(request.transcript(), "Caption: a cat\nObjects: [1]\n\nMove it.\nObjects:");
    }

    #[test]
    fn the_deadline_shortens_waits_and_ends_them() {
        let long = Duration::from_secs(100);
        assert_eq!(ChatContext::default().at_most(long), Some(long));
        let soon = ChatContext::default().until(Instant::now() + Duration::from_secs(5));
        assert!(soon.at_most(long).is_some_and(|left| left <= Duration::from_secs(5)));
        assert_eq!(ChatContext::default().until(Instant::now()).at_most(long), None);
    }
}
