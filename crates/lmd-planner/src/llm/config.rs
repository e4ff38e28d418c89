//! [`LlmConfig`]: which model to ask and how (A.2).

use std::collections::BTreeMap;
use std::time::Duration;

use schemars::JsonSchema;
use secrecy::SecretString;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::LlmError;

/// Where OpenAI's own models are.
pub const OPENAI_URL: &str = "https://api.openai.com/v1";

/// Most times a model may be asked again about one layout.
pub const MAX_REPAIRS: u32 = 10;
/// Most repetitions of a request to a server that is busy or fails.
pub(super) const MAX_RETRIES: u32 = 100;

/// Which model to ask and how. The defaults are the method's (A.2).
///
/// The key is neither read from nor written to files: it comes from the
/// environment (see [`LlmConfig::with_env`]) or from the program.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LlmConfig {
    /// Which kind of server it is, by its name in the registry of chat models:
    /// `openai` (any OpenAI-compatible server), `anthropic` or `ollama`; `gguf`
    /// for a file that is run in the process.
    pub api: String,
    /// The base address of the server, with or without `/v1` or
    /// `/chat/completions` at its end.
    pub url: String,
    /// The model's name as the server knows it; for `gguf` the file's path.
    pub model: String,
    /// The key, sent as `Authorization: Bearer`, to Anthropic as `x-api-key`;
    /// none for most local servers.
    #[serde(skip)]
    #[schemars(skip)]
    pub key: Option<SecretString>,
    /// Chat or plain completion.
    pub endpoint: Endpoint,
    /// What form of answer to ask for.
    pub format: Format,
    /// Longest answer in tokens; 900 as in the method.
    pub max_tokens: u32,
    /// How freely the model chooses its words; 0.25 as in the method.
    pub temperature: f64,
    /// Seconds for one request from connecting to the last byte.
    pub timeout_s: f64,
    /// Seconds for all requests about one layout together, waits and repairs
    /// included.
    pub total_timeout_s: f64,
    /// Seconds for making the connection.
    pub connect_timeout_s: f64,
    /// How often one request is repeated when the server is busy or fails.
    pub retries: u32,
    /// Seconds before the first repetition; each later one waits twice as
    /// long, with a random part added.
    pub backoff_s: f64,
    /// Longest wait before one repetition in seconds. A server that asks for
    /// more (`Retry-After`) is not waited for.
    pub max_wait_s: f64,
    /// How often the model is asked again when its layout cannot be read or
    /// breaks facts of the prompt; at most 10.
    pub max_repairs: u32,
    /// Settings of the chat model's own, by the schema of its registry entry.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub options: BTreeMap<String, serde_json::Value>,
}

/// Which of a server's two endpoints is used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Endpoint {
    /// Chat, unless the server says it has none or the model cannot chat.
    #[default]
    Auto,
    /// `/chat/completions`.
    Chat,
    /// `/completions`, for base models. Always the text grammar.
    Completion,
}

/// What form of answer the model is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Format {
    /// JSON by schema, unless the server cannot; then the text grammar.
    #[default]
    Auto,
    /// JSON enforced by a schema; an error if the server cannot.
    JsonSchema,
    /// The text grammar of the method (A.3).
    Text,
}

impl Default for LlmConfig {
    fn default() -> Self {
        Self {
            api: "openai".to_owned(),
            url: OPENAI_URL.to_owned(),
            model: String::new(),
            key: None,
            endpoint: Endpoint::Auto,
            format: Format::Auto,
            max_tokens: 900,
            temperature: 0.25,
            timeout_s: 120.0,
            total_timeout_s: 300.0,
            connect_timeout_s: 10.0,
            retries: 4,
            backoff_s: 1.0,
            max_wait_s: 60.0,
            max_repairs: 2,
            options: BTreeMap::new(),
        }
    }
}

impl LlmConfig {
    /// Whether enough is set to ask a model: a model's name.
    #[must_use]
    pub fn is_set(&self) -> bool {
        !self.model.trim().is_empty()
    }

    /// The settings of the chat model's own, checked.
    ///
    /// # Errors
    /// [`LlmError::Config`] names what is unknown or of the wrong kind.
    pub(super) fn own_settings<T: DeserializeOwned>(&self) -> Result<T, LlmError> {
        let options = serde_json::Value::Object(self.options.clone().into_iter().collect());
        serde_json::from_value(options)
            .map_err(|error| LlmError::Config { setting: "options", why: error.to_string() })
    }

    /// Every setting in seconds with its name.
    pub(super) fn waits(&self) -> [(&'static str, f64); 5] {
        [
            ("timeout_s", self.timeout_s),
            ("total_timeout_s", self.total_timeout_s),
            ("connect_timeout_s", self.connect_timeout_s),
            ("backoff_s", self.backoff_s),
            ("max_wait_s", self.max_wait_s),
        ]
    }
}

/// A checked number of seconds as a duration; anything else is no time at all.
pub(super) fn seconds(s: f64) -> Duration {
    Duration::try_from_secs_f64(s).unwrap_or(Duration::ZERO)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_the_methods() {
        let config = LlmConfig::default();
        assert_eq!((config.max_tokens, config.temperature, config.max_repairs), (900, 0.25, 2));
        assert!(!config.is_set());
    }

    #[test]
    fn own_settings_are_checked() {
        #[derive(Debug, Default, PartialEq, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        struct Own {
            depth: u32,
        }
        let with = |key: &str| {
            let options = BTreeMap::from([(key.to_owned(), serde_json::json!(3))]);
            LlmConfig { options, ..LlmConfig::default() }.own_settings::<Own>()
        };
        assert_eq!(with("depth").unwrap(), Own { depth: 3 });
        assert!(with("width").unwrap_err().to_string().contains("width"));
    }
}
