//! The client of an OpenAI-compatible server (A.2).

use std::fmt;
use std::sync::{Mutex, PoisonError};

use super::LlmError;
use super::address::Address;
use super::config::LlmConfig;
use super::dialect::Dialect;
use super::dialogue::Dialogue;
use super::http::Transport;
use super::reply::{Asked, Reply};
use super::retry::{Failure, with_retries};

/// How many parts of a request a server may reject one after the other.
const MAX_ADAPTATIONS: usize = 8;

/// Asks one model on one server.
pub(super) struct Client {
    config: LlmConfig,
    address: Address,
    transport: Transport,
    dialect: Mutex<Dialect>,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("config", &self.config).finish_non_exhaustive()
    }
}

impl Client {
    pub(super) fn new(config: LlmConfig) -> Result<Self, LlmError> {
        config.validate()?;
        let address = Address::parse(&config.url)?;
        let transport = Transport::new(&config, &address)?;
        let dialect = Mutex::new(Dialect::new(&config));
        Ok(Self { config, address, transport, dialect })
    }

    pub(super) fn config(&self) -> &LlmConfig {
        &self.config
    }

    /// The model's next answer in `dialogue`. What the server turns out not
    /// to understand is left out, now and for the rest of the session.
    pub(super) fn ask(&self, dialogue: &Dialogue) -> Result<Reply, LlmError> {
        let mut dialect = *self.dialect.lock().unwrap_or_else(PoisonError::into_inner);
        let mut first = None;
        for _ in 0..MAX_ADAPTATIONS {
            let error = match with_retries(&self.config, || self.send(dialogue, dialect)) {
                Ok(reply) => {
                    self.remember(dialect);
                    return self.unless_stopped(reply, dialogue, dialect);
                }
                Err(error) => error,
            };
            let Some(next) = dialect.adapted(&self.config, &error) else {
                return Err(more_telling(first, error));
            };
            first.get_or_insert(error);
            dialect = next;
        }
        Err(first.unwrap_or(LlmError::NotJson { excerpt: "it rejects every form of request".to_owned() }))
    }

    /// A base model that begins with a blank line is stopped before its first
    /// word (J.27); it is asked once more without the stop.
    fn unless_stopped(&self, reply: Reply, dialogue: &Dialogue, dialect: Dialect) -> Result<Reply, LlmError> {
        if reply.text.is_empty() && dialect.stop && !reply.cut_off {
            let open = dialect.without_stop();
            return with_retries(&self.config, || self.send(dialogue, open));
        }
        Ok(reply)
    }

    fn remember(&self, dialect: Dialect) {
        *self.dialect.lock().unwrap_or_else(PoisonError::into_inner) = dialect;
    }

    fn send(&self, dialogue: &Dialogue, dialect: Dialect) -> Result<Reply, Failure> {
        let url = self.address.endpoint(dialect.path());
        let body = dialect.request(&self.config, dialogue).to_string();
        let answered = self.transport.post(&url, body.as_bytes())?;
        let asked = Asked { url: &url, model: &self.config.model, transport: &self.transport };
        let mut reply = asked.understand(&answered)?;
        if !dialect.chat {
            reply.text = first_block(&reply.text).to_owned();
        }
        Ok(reply)
    }
}

/// A base model goes on with the next example; the answer ends before it.
fn first_block(text: &str) -> &str {
    let end = ["\n\n", "\nCaption:"].iter().filter_map(|mark| text.find(mark)).min();
    text.get(..end.unwrap_or(text.len())).unwrap_or(text).trim()
}

/// When neither endpoint exists, the one asked for first is told.
fn more_telling(first: Option<LlmError>, last: LlmError) -> LlmError {
    match (first, &last) {
        (Some(first @ LlmError::NotFound { .. }), LlmError::NotFound { .. }) => first,
        _ => last,
    }
}
