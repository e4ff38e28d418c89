//! [`LlmError`]: why the language model gave no usable answer.

use std::time::Duration;

use thiserror::Error;

/// Why the language model gave no usable answer. No message holds a key, and
/// whatever a server sent is cleaned and cut before it is shown.
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum LlmError {
    // === Before anything is sent ===
    /// A setting makes no sense.
    #[error("the language model's setting `{setting}` is wrong: {why}")]
    Config {
        /// Its name in [`super::LlmConfig`].
        setting: &'static str,
        /// What was expected.
        why: String,
    },

    // === On the way ===
    /// Nobody answers at that address.
    #[error(
        "cannot reach the language model at {url} ({why}); is the server running, and is LMD_LLM_URL right?"
    )]
    Unreachable {
        /// The address.
        url: String,
        /// What the system said.
        why: String,
    },
    /// No complete answer within the time allowed.
    #[error(
        "the language model at {url} did not answer within {seconds} s; raise its `timeout_s` or use a faster model"
    )]
    Timeout {
        /// The address.
        url: String,
        /// The time allowed.
        seconds: f64,
    },
    /// An https address of a server that speaks http.
    #[error(
        "the server at {url} speaks http, not https; if it is on this machine or a network you trust, begin LMD_LLM_URL with http://"
    )]
    NotTls {
        /// The address.
        url: String,
    },
    /// No usable answer within the time for a whole layout.
    #[error(
        "no usable answer of the language model came within {seconds} s; raise its `total_timeout_s` or use a faster model"
    )]
    OutOfTime {
        /// The time allowed for all requests about one layout.
        seconds: f64,
    },
    /// The connection ended in the middle of the answer.
    #[error(
        "the server at {url} closed the connection before its answer was complete; try again, and look at the server's log"
    )]
    Closed {
        /// The address.
        url: String,
    },
    /// The server points elsewhere. It is not followed: the key would follow.
    #[error("the server at {url} redirects to {location}; if you trust it, set LMD_LLM_URL to that address")]
    Redirected {
        /// The address.
        url: String,
        /// Where it points.
        location: String,
    },

    // === What the server said ===
    /// 401 or 403.
    #[error("the server at {url} refused the key ({message}); {hint}")]
    Unauthorized {
        /// The address.
        url: String,
        /// The server's words.
        message: String,
        /// Which variable to set.
        hint: &'static str,
    },
    /// 429, and waiting as long as allowed did not help.
    #[error("the server limits requests ({message}); {}", wait_hint(*.retry_after))]
    RateLimited {
        /// How long the server asks to wait.
        retry_after: Option<Duration>,
        /// The server's words.
        message: String,
    },
    /// The account has no credit left; waiting does not help.
    #[error("the account has no credit left ({message}); check its plan and billing, or use another server")]
    InsufficientQuota {
        /// The server's words.
        message: String,
    },
    /// The model will not do it.
    #[error("the language model refused ({message}); change the prompt, or write the layout by hand")]
    Refused {
        /// The model's or the server's words.
        message: String,
    },
    /// 404: the path or the model does not exist.
    #[error(
        "the server at {url} does not know this address or the model \"{model}\" ({message}); check LMD_LLM_URL and LMD_LLM_MODEL"
    )]
    NotFound {
        /// The address.
        url: String,
        /// The model asked for.
        model: String,
        /// The server's words.
        message: String,
    },
    /// Another 4xx: the request does not suit the server.
    #[error("the server rejected the request with status {status}: {message}")]
    BadRequest {
        /// The HTTP status.
        status: u16,
        /// The server's words.
        message: String,
    },
    /// 5xx, after every retry.
    #[error(
        "the server failed with status {status}: {message}; try again later, and look at the server's log"
    )]
    Server {
        /// The HTTP status.
        status: u16,
        /// The server's words.
        message: String,
    },

    // === The answer ===
    /// The response or the answer in it is longer than is read.
    #[error(
        "the server's {what} is longer than {limit} bytes; this is not a layout, check LMD_LLM_URL and the model"
    )]
    TooLarge {
        /// `response` or `answer`.
        what: &'static str,
        /// The limit in bytes.
        limit: usize,
    },
    /// The response is not what such a server sends.
    #[error(
        "the server's response is not that of a language model's server: {excerpt}; check LMD_LLM_URL (and whether it begins with http or https) and `llm.api`"
    )]
    NotJson {
        /// How it begins.
        excerpt: String,
    },
    /// The answer ended at the token limit before a layout was complete.
    #[error(
        "the answer was cut off at {max_tokens} tokens{}; raise `max_tokens` (a model that reasons first needs more)",
        raised.map(|most| format!(", and again at {most}")).unwrap_or_default()
    )]
    CutOff {
        /// The limit it was asked with.
        max_tokens: u32,
        /// The higher limit it was asked with again.
        raised: Option<u32>,
        /// The answer as far as it came.
        answer: String,
    },
    /// A model in the process fails while it runs.
    #[error("the language model in {model} cannot be run: {why}")]
    Local {
        /// Its file.
        model: String,
        /// What went wrong.
        why: String,
    },
    /// A fault of this program.
    #[error("this is a fault of lmd, please report it: {invariant} (asking a language model)")]
    Internal {
        /// What was taken for certain.
        invariant: &'static str,
    },
    /// No answer could be read as a layout, however often it was asked.
    #[error("the answer is not a layout: {reason}; it begins with: {}", excerpt(.answer))]
    BadAnswer {
        /// What is wrong with the last one.
        reason: String,
        /// The last answer in full, so that it can be mended by hand.
        answer: String,
    },
}

impl LlmError {
    /// Whether the same request may succeed a little later.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Timeout { .. } | Self::Closed { .. } | Self::RateLimited { .. } => true,
            Self::Server { status, .. } => *status != 501,
            Self::BadRequest { status, .. } => *status == 408,
            _ => false,
        }
    }

    /// The model's answer, where there was one that could not be used.
    #[must_use]
    pub fn answer(&self) -> Option<&str> {
        match self {
            Self::CutOff { answer, .. } | Self::BadAnswer { answer, .. } => Some(answer),
            _ => None,
        }
    }
}

fn wait_hint(retry_after: Option<Duration>) -> String {
    match retry_after {
        Some(wait) => format!("it asks to wait {} s, try again then", wait.as_secs_f64().ceil()),
        None => "try again in a minute".to_owned(),
    }
}

/// The beginning of an answer, fit for one line of a terminal.
fn excerpt(answer: &str) -> String {
    super::words::shorten(answer, 160)
}
