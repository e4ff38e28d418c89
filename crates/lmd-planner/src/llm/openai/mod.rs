//! [`OpenAiModel`]: models behind an OpenAI-compatible server (A.2), and the
//! base models some of them serve at `/completions`.

mod dialect;
mod known;
mod reply;

use std::fmt;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use schemars::{JsonSchema, schema_for};
use serde::Deserialize;

use super::address::Address;
use super::chat::{Capabilities, ChatContext, ChatEvent, ChatModel, ChatReply, ChatRequest, FinishReason};
use super::entry::ChatModelEntry;
use super::http::{KeyHeader, Transport};
use super::retry::{Failure, Retries, with_retries};
use super::server::Exchange;
use super::{LlmConfig, LlmError, OPENAI_URL};
use crate::cache::ServerMemory;
use dialect::Dialect;
use known::KnownFrom;

/// The registry's line of this model.
pub(super) const ENTRY: ChatModelEntry = ChatModelEntry {
    name: "openai",
    summary: "any OpenAI-compatible server: OpenAI, llama.cpp, vLLM, LM Studio, OpenRouter",
    default_url: OPENAI_URL,
    settings: || schema_for!(OpenAiSettings),
    open: |config| Ok(Box::new(OpenAiModel::new(config.clone())?)),
};

/// Settings of this model alone: none, all of them are in [`LlmConfig`].
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct OpenAiSettings {}

/// How many parts of a request a server may reject one after the other.
const MAX_ADAPTATIONS: usize = 8;

/// One model on one OpenAI-compatible server.
pub struct OpenAiModel {
    config: LlmConfig,
    address: Address,
    transport: Transport,
    memory: Option<ServerMemory>,
    known: Mutex<Known>,
}

/// What is known of the server.
#[derive(Clone, Copy)]
struct Known {
    dialect: Dialect,
    source: KnownFrom,
}

impl fmt::Debug for OpenAiModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenAiModel").field("config", &self.config).finish_non_exhaustive()
    }
}

impl OpenAiModel {
    /// The model of `config`. Nothing is sent yet.
    ///
    /// # Errors
    /// [`LlmError::Config`] names the setting that is wrong.
    pub fn new(config: LlmConfig) -> Result<Self, LlmError> {
        config.validate()?;
        let OpenAiSettings {} = config.own_settings()?;
        let address = Address::parse(config.address())?;
        let transport = Transport::new(&config, &address, KeyHeader::Bearer)?;
        let known = Known { dialect: Dialect::new(&config), source: KnownFrom::Nothing };
        Ok(Self { config, address, transport, memory: None, known: Mutex::new(known) })
    }

    fn known(&self) -> Known {
        *self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps how the server was asked when it answered.
    fn keep(&self, dialect: Dialect) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let is_news = known.dialect != dialect;
        *known = Known { dialect, source: KnownFrom::Answer };
        drop(known);
        if let Some(memory) = self.memory.as_ref().filter(|_| is_news) {
            memory.put(&self.server(), &dialect);
        }
    }

    /// What the memory knows this server by. The settings are part of it,
    /// since they decide what is tried.
    fn server(&self) -> String {
        let (url, config) = (self.address.endpoint("/v1", ""), &self.config);
        format!("{url} {} {:?} {:?}", config.model, config.endpoint, config.format)
    }

    /// A base model that begins with a blank line is stopped before its first
    /// word (J.27); it is asked once more without the stop.
    fn unless_stopped(
        &self,
        reply: ChatReply,
        request: &ChatRequest,
        dialect: Dialect,
        context: &ChatContext<'_>,
    ) -> Result<ChatReply, LlmError> {
        if reply.text.is_empty() && dialect.stop && reply.finish == FinishReason::Stop {
            let open = dialect.without_stop();
            return with_retries(&self.config, context, || self.send(request, open, context));
        }
        Ok(reply)
    }

    fn send(
        &self,
        request: &ChatRequest,
        dialect: Dialect,
        context: &ChatContext<'_>,
    ) -> Result<ChatReply, Failure> {
        let url = self.address.endpoint("/v1", dialect.path());
        let body = dialect.body(&self.config, request).to_string();
        let answered = self.transport.post(&url, body.as_bytes(), context)?;
        let exchange = Exchange { url: &url, model: &self.config.model, transport: &self.transport };
        let mut reply = reply::reply(&exchange, &answered)?;
        if !dialect.chat {
            reply.text = first_block(&reply.text).to_owned();
        }
        Ok(reply)
    }
}

impl ChatModel for OpenAiModel {
    fn name(&self) -> String {
        self.config.model.clone()
    }

    fn capabilities(&self) -> Capabilities {
        let dialect = self.known().dialect;
        if dialect.chat { Capabilities::chat(dialect.schema) } else { Capabilities::completion() }
    }

    /// What the server turns out not to understand is left out, now and from
    /// then on. A server that fails at a request with a schema without saying
    /// why is asked without one before it is waited for.
    fn complete(&self, request: &ChatRequest, context: &ChatContext<'_>) -> Result<ChatReply, LlmError> {
        let Known { mut dialect, mut source } = self.known();
        let mut retries = Retries::new(&self.config, *context);
        let mut first = None;
        let mut adaptations = 0;
        loop {
            let failure = match self.send(request, dialect, context) {
                Ok(reply) => {
                    self.keep(dialect);
                    return self.unless_stopped(reply, request, dialect, context);
                }
                Err(failure) => failure,
            };
            let adapted = dialect.adapted(&self.config, request, &failure.error);
            let adapted = adapted.filter(|_| adaptations < MAX_ADAPTATIONS);
            if let Some((next, change)) = adapted {
                adaptations += 1;
                context.tell(&ChatEvent::Adapting { change });
                first.get_or_insert(failure.error);
                dialect = next;
            } else if source == KnownFrom::Memory && may_be_the_dialect(&failure.error) {
                // What the server could do once it cannot do now.
                (dialect, source) = (Dialect::new(&self.config), KnownFrom::Nothing);
            } else if let Some(next) = dialect.without_doubtful_schema(request, &failure.error, source)
                && retries.take_at_once()
            {
                context.tell(&ChatEvent::Adapting { change: "without a schema" });
                dialect = next;
            } else {
                retries.wait(failure).map_err(|error| more_telling(first.take(), error))?;
            }
        }
    }

    fn remember_in(&mut self, folder: &Path) {
        let memory = ServerMemory::in_dir(folder);
        if let Some(dialect) = memory.get(&self.server()) {
            let known = Known { dialect, source: KnownFrom::Memory };
            *self.known.get_mut().unwrap_or_else(PoisonError::into_inner) = known;
        }
        self.memory = Some(memory);
    }
}

/// Whether asking another way could help: another key or another account is
/// no matter of how a server is asked.
fn may_be_the_dialect(error: &LlmError) -> bool {
    use LlmError::{BadRequest, NotFound, NotJson, Server};
    let concerns = matches!(error, BadRequest { .. } | NotFound { .. } | Server { .. } | NotJson { .. });
    concerns && !error.is_transient()
}

/// A base model goes on with the next example; the answer ends before it.
fn first_block(text: &str) -> &str {
    let end = ["\n\n", "\nCaption:"].iter().filter_map(|mark| text.find(mark)).min();
    end.and_then(|end| text.get(..end)).unwrap_or(text).trim()
}

/// When neither endpoint exists, the one asked for first is told.
fn more_telling(first: Option<LlmError>, last: LlmError) -> LlmError {
    match (first, &last) {
        (Some(first @ LlmError::NotFound { .. }), LlmError::NotFound { .. }) => first,
        _ => last,
    }
}
