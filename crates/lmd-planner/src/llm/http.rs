//! One JSON request to a server and its bounded response.

use std::io::ErrorKind;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use ureq::http::{HeaderMap, HeaderValue, Response};
use ureq::{Agent, Body, Error, Proxy};

use super::LlmError;
use super::address::Address;
use super::config::{LlmConfig, seconds};
use super::retry::retry_after;
use super::words::{redact, shorten};

/// Longest response that is read.
const MAX_RESPONSE_BYTES: usize = 1 << 20;

/// Sends requests with the key and the limits of a configuration.
pub(super) struct Transport {
    agent: Agent,
    authorization: Option<HeaderValue>,
    key: Option<SecretString>,
    timeout: f64,
}

/// What came back, whatever its status.
pub(super) struct Answered {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
    pub(super) retry_after: Option<Duration>,
}

impl Transport {
    pub(super) fn new(config: &LlmConfig, address: &Address) -> Result<Self, LlmError> {
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_connect(Some(seconds(config.connect_timeout_s)))
            .timeout_global(Some(seconds(config.timeout_s)))
            .proxy(if address.is_local() { None } else { Proxy::try_from_env() })
            .user_agent(concat!("lmd/", env!("CARGO_PKG_VERSION")))
            .build()
            .new_agent();
        let authorization = config.key.as_ref().map(bearer).transpose()?;
        Ok(Self { agent, authorization, key: config.key.clone(), timeout: config.timeout_s })
    }

    /// Posts `body` and reads at most a mebibyte. Redirects are not followed.
    pub(super) fn post(&self, url: &str, body: &[u8]) -> Result<Answered, LlmError> {
        let mut request = self.agent.post(url).header("content-type", "application/json");
        if let Some(value) = &self.authorization {
            request = request.header("authorization", value.clone());
        }
        let response = request.send(body).map_err(|e| self.explain(url, &e))?;
        if response.status().is_redirection() {
            return Err(self.redirected(url, response.headers()));
        }
        let (status, wait) = (response.status().as_u16(), retry_after(response.headers()));
        let body = read(response).map_err(|e| self.explain(url, &e))?;
        Ok(Answered { status, body, retry_after: wait })
    }

    /// A server's words made fit to show.
    pub(super) fn quote(&self, words: &str) -> String {
        shorten(&redact(words, self.key.as_ref()), 300)
    }

    /// A server's words in full, but without the key.
    pub(super) fn redact(&self, words: &str) -> String {
        redact(words, self.key.as_ref())
    }

    pub(super) fn has_key(&self) -> bool {
        self.key.is_some()
    }

    fn redirected(&self, url: &str, headers: &HeaderMap) -> LlmError {
        let location = headers.get("location").and_then(|v| v.to_str().ok()).unwrap_or("nowhere");
        LlmError::Redirected { url: url.to_owned(), location: self.quote(location) }
    }

    /// Tells silence, a refusal and a broken connection apart.
    fn explain(&self, url: &str, error: &Error) -> LlmError {
        let url = url.to_owned();
        match error {
            Error::Timeout(ureq::Timeout::Connect | ureq::Timeout::Resolve) => {
                LlmError::Unreachable { url, why: "the connection timed out".to_owned() }
            }
            Error::Timeout(_) => LlmError::Timeout { url, seconds: self.timeout },
            Error::BodyExceedsLimit(_) => LlmError::TooLarge { what: "response", limit: MAX_RESPONSE_BYTES },
            Error::Io(io) => match io.kind() {
                ErrorKind::TimedOut | ErrorKind::WouldBlock => {
                    LlmError::Timeout { url, seconds: self.timeout }
                }
                ErrorKind::ConnectionReset
                | ErrorKind::ConnectionAborted
                | ErrorKind::BrokenPipe
                | ErrorKind::UnexpectedEof => LlmError::Closed { url },
                _ => LlmError::Unreachable { url, why: self.quote(&io.to_string()) },
            },
            Error::Protocol(_) => LlmError::NotJson { excerpt: self.quote(&error.to_string()) },
            other => LlmError::Unreachable { url, why: self.quote(&other.to_string()) },
        }
    }
}

fn read(response: Response<Body>) -> Result<Vec<u8>, Error> {
    response.into_body().into_with_config().limit(MAX_RESPONSE_BYTES as u64).read_to_vec()
}

fn bearer(key: &SecretString) -> Result<HeaderValue, LlmError> {
    let why = "it holds characters that cannot be sent, such as a line break; copy it again";
    let text = format!("Bearer {}", key.expose_secret());
    let mut value =
        HeaderValue::from_str(&text).map_err(|_| LlmError::Config { setting: "key", why: why.to_owned() })?;
    value.set_sensitive(true);
    Ok(value)
}
