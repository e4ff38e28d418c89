//! From settings and environment to a configuration that can be used.

use secrecy::SecretString;

use super::address::Address;
use super::config::MAX_RETRIES;
use super::registry::chat_model;
use super::{LlmConfig, LlmError, MAX_REPAIRS, OPENAI_URL};

impl LlmConfig {
    /// This configuration overridden by the environment: `LMD_LLM_API`,
    /// `LMD_LLM_URL`, `LMD_LLM_MODEL`, and the key from `LMD_LLM_KEY`.
    /// `OPENAI_API_KEY` is the fallback for OpenAI's own servers and those on
    /// this machine only, `ANTHROPIC_API_KEY` for Anthropic's own; a
    /// stranger's server must not receive them unasked.
    #[must_use]
    pub fn with_env(mut self, lookup: impl Fn(&str) -> Option<String>) -> Self {
        let read = |name| lookup(name).map(|v| v.trim().to_owned()).filter(|v| !v.is_empty());
        if let Some(api) = read("LMD_LLM_API") {
            self.api = api;
        }
        if let Some(url) = read("LMD_LLM_URL") {
            self.url = url;
        }
        if let Some(model) = read("LMD_LLM_MODEL") {
            self.model = model;
        }
        let address = Address::parse(self.address());
        let may_have = |domain: &str, or_local: bool| {
            address.as_ref().is_ok_and(|a| a.is_of(domain) || or_local && a.is_local())
        };
        let key = read("LMD_LLM_KEY")
            .or_else(|| read("OPENAI_API_KEY").filter(|_| may_have("api.openai.com", true)))
            .or_else(|| read("ANTHROPIC_API_KEY").filter(|_| may_have("api.anthropic.com", false)));
        self.key = key.map(SecretString::from).or(self.key);
        self
    }

    /// The server's address: the one that is set, or the usual one of the
    /// kind of server where none is.
    #[must_use]
    pub fn address(&self) -> &str {
        let usual = || chat_model(&self.api).map(|entry| entry.default_url);
        if self.url == OPENAI_URL { usual().unwrap_or(OPENAI_URL) } else { &self.url }
    }

    /// Checks every setting.
    ///
    /// # Errors
    /// [`LlmError::Config`] names the first setting that is wrong.
    pub fn validate(&self) -> Result<(), LlmError> {
        chat_model(&self.api)?;
        // A model in the process has no address.
        if !self.address().is_empty() {
            Address::parse(self.address())?;
        }
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
        if self.max_repairs > MAX_REPAIRS {
            return wrong("max_repairs", "at most 10 repairs are allowed");
        }
        if self.retries > MAX_RETRIES {
            return wrong("retries", "at most 100 repetitions of a request are allowed");
        }
        for (setting, seconds) in self.waits() {
            if !(0.0..=86_400.0).contains(&seconds) {
                return wrong(setting, "it must lie between 0 and 86400 seconds");
            }
        }
        Ok(())
    }
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
    fn keys_go_to_their_own_services_only() {
        let both = [("OPENAI_API_KEY", "sk-openai"), ("ANTHROPIC_API_KEY", "sk-ant")];
        let with = |more: &[(&'static str, &'static str)]| key_of(&[&both[..], more].concat());
        assert_eq!(with(&[]).as_deref(), Some("sk-openai"));
        assert_eq!(with(&[("LMD_LLM_API", "anthropic")]).as_deref(), Some("sk-ant"));
        assert_eq!(with(&[("LMD_LLM_API", "anthropic"), ("LMD_LLM_URL", "https://x.org")]), None);
        assert_eq!(with(&[("LMD_LLM_URL", "https://api.anthropic.com")]).as_deref(), Some("sk-ant"));
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
        assert_eq!(wrong(LlmConfig { retries: 1_000_000_000, ..good.clone() }), "retries");
        assert_eq!(wrong(LlmConfig { max_repairs: 11, ..good.clone() }), "max_repairs");
        assert_eq!(wrong(LlmConfig { api: "x".to_owned(), ..good.clone() }), "api");
        assert_eq!(wrong(LlmConfig { url: "ftp://x".to_owned(), ..good }), "url");
    }
}
