//! [`LlmConfig`]: which model to ask and how (A.2).

use std::time::Duration;

use schemars::JsonSchema;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::LlmError;
use super::address::Address;

/// Where OpenAI's own models are.
pub const OPENAI_URL: &str = "https://api.openai.com/v1";

/// Most times a model may be asked again about one layout.
pub const MAX_REPAIRS: u32 = 10;

/// Which model to ask and how. The defaults are the method's (A.2).
///
/// The key is neither read from nor written to files: it comes from the
/// environment (see [`LlmConfig::with_env`]) or from the program.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LlmConfig {
    /// The base address of an OpenAI-compatible server, with or without
    /// `/v1` or `/chat/completions` at its end.
    pub url: String,
    /// The model's name as the server knows it.
    pub model: String,
    /// The key sent as `Authorization: Bearer`; none for most local servers.
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
            url: OPENAI_URL.to_owned(),
            model: String::new(),
            key: None,
            endpoint: Endpoint::Auto,
            format: Format::Auto,
            max_tokens: 900,
            temperature: 0.25,
            timeout_s: 120.0,
            connect_timeout_s: 10.0,
            retries: 4,
            backoff_s: 1.0,
            max_wait_s: 60.0,
            max_repairs: 2,
        }
    }
}

impl LlmConfig {
    /// This configuration overridden by the environment: `LMD_LLM_URL`,
    /// `LMD_LLM_MODEL`, and the key from `LMD_LLM_KEY`. `OPENAI_API_KEY` is
    /// the fallback for OpenAI's own servers and those on this machine only;
    /// a stranger's server must not receive it unasked.
    #[must_use]
    pub fn with_env(mut self, lookup: impl Fn(&str) -> Option<String>) -> Self {
        let read = |name| lookup(name).map(|v| v.trim().to_owned()).filter(|v| !v.is_empty());
        if let Some(url) = read("LMD_LLM_URL") {
            self.url = url;
        }
        if let Some(model) = read("LMD_LLM_MODEL") {
            self.model = model;
        }
        let trusted = Address::parse(&self.url).is_ok_and(|a| a.may_have_openai_key());
        let key = read("LMD_LLM_KEY").or_else(|| read("OPENAI_API_KEY").filter(|_| trusted));
        self.key = key.map(SecretString::from).or(self.key);
        self
    }

    /// Whether enough is set to ask a model: a model's name.
    #[must_use]
    pub fn is_set(&self) -> bool {
        !self.model.trim().is_empty()
    }

    /// Checks every setting.
    ///
    /// # Errors
    /// [`LlmError::Config`] names the first setting that is wrong.
    pub fn validate(&self) -> Result<(), LlmError> {
        Address::parse(&self.url)?;
        let wrong = |setting, why: &str| Err(LlmError::Config { setting, why: why.to_owned() });
        if !self.is_set() {
            return wrong("model", "it is empty; set LMD_LLM_MODEL to a model the server has");
        }
        if !(16..=1_000_000).contains(&self.max_tokens) {
            return wrong("max_tokens", "it must lie between 16 and 1000000");
        }
        if !(0.0..=2.0).contains(&self.temperature) {
            return wrong("temperature", "it must lie between 0 and 2");
        }
        if self.max_repairs > MAX_REPAIRS || self.retries > 100 {
            return wrong("max_repairs", "at most 10 repairs and 100 retries are allowed");
        }
        for (setting, seconds) in self.waits() {
            if !(0.0..=86_400.0).contains(&seconds) {
                return wrong(setting, "it must lie between 0 and 86400 seconds");
            }
        }
        Ok(())
    }

    fn waits(&self) -> [(&'static str, f64); 4] {
        [
            ("timeout_s", self.timeout_s),
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
    use secrecy::ExposeSecret;

    fn env<'a>(pairs: &'a [(&'a str, &'a str)]) -> impl Fn(&str) -> Option<String> + 'a {
        |name| pairs.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned())
    }

    fn key_of(pairs: &[(&str, &str)]) -> Option<String> {
        LlmConfig::default().with_env(env(pairs)).key.map(|k| k.expose_secret().to_owned())
    }

    #[test]
    fn defaults_are_the_methods() {
        let config = LlmConfig::default();
        assert_eq!((config.max_tokens, config.temperature, config.max_repairs), (900, 0.25, 2));
        assert!(!config.is_set());
    }

    #[test]
    fn the_environment_overrides() {
        let set =
            [("LMD_LLM_URL", "http://localhost:8080"), ("LMD_LLM_MODEL", " m\n"), ("LMD_LLM_KEY", "k\n")];
        let config = LlmConfig::default().with_env(env(&set));
        assert_eq!((config.url.as_str(), config.model.as_str()), ("http://localhost:8080", "m"));
        assert_eq!(config.key.unwrap().expose_secret(), "k");
    }

    #[test]
    fn the_openai_key_goes_to_openai_and_this_machine_only() {
        let openai = ("OPENAI_API_KEY", "sk-openai");
        assert_eq!(key_of(&[openai]).as_deref(), Some("sk-openai"));
        assert_eq!(key_of(&[openai, ("LMD_LLM_URL", "http://127.0.0.1:1234")]).as_deref(), Some("sk-openai"));
        assert_eq!(key_of(&[openai, ("LMD_LLM_URL", "https://api.openai.com.evil.org/v1")]), None);
        assert_eq!(key_of(&[openai, ("LMD_LLM_KEY", "mine")]).as_deref(), Some("mine"));
    }

    #[test]
    fn keys_stay_out_of_files_and_debug() {
        let key = Some(SecretString::from("sk-very-secret"));
        let config = LlmConfig { model: "m".to_owned(), key, ..LlmConfig::default() };
        assert!(!serde_json::to_string(&config).unwrap().contains("secret"));
        assert!(!format!("{config:?}").contains("very-secret"));
        assert!(serde_json::from_str::<LlmConfig>(r#"{"key":"sk"}"#).is_err());
        assert!(serde_json::from_str::<LlmConfig>(r#"{"modell":"m"}"#).is_err());
    }

    #[test]
    fn wrong_settings_are_named() {
        let good = LlmConfig { model: "m".to_owned(), ..LlmConfig::default() };
        assert_eq!(good.validate(), Ok(()));
        let wrong = |config: LlmConfig| match config.validate() {
            Err(LlmError::Config { setting, .. }) => setting,
            other => panic!("{other:?}"),
        };
        assert_eq!(wrong(LlmConfig::default()), "model");
        assert_eq!(wrong(LlmConfig { temperature: f64::NAN, ..good.clone() }), "temperature");
        assert_eq!(wrong(LlmConfig { timeout_s: -1.0, ..good.clone() }), "timeout_s");
        assert_eq!(wrong(LlmConfig { max_tokens: 0, ..good.clone() }), "max_tokens");
        assert_eq!(wrong(LlmConfig { url: "ftp://x".to_owned(), ..good }), "url");
    }
}
