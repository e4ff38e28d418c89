//! What a server understands: negotiated with it, remembered for the session.

use serde_json::{Value, json};

use super::LlmError;
use super::config::{Endpoint, Format, LlmConfig};
use super::dialogue::{Dialogue, Form};

/// Tokens a model may spend on reasoning before it answers. Models that take
/// `max_completion_tokens` only count their reasoning against it.
const REASONING_TOKENS: u32 = 8_192;

/// How requests are written for one server and model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Dialect {
    pub(super) chat: bool,
    pub(super) schema: bool,
    pub(super) stop: bool,
    temperature: bool,
    limit: Limit,
}

/// The parameter that bounds an answer's length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Limit {
    MaxTokens,
    MaxCompletionTokens,
    None,
}

impl Dialect {
    /// What is tried first.
    pub(super) fn new(config: &LlmConfig) -> Self {
        let chat = config.endpoint != Endpoint::Completion;
        let schema = chat && config.format != Format::Text;
        Self { chat, schema, stop: !chat, temperature: true, limit: Limit::MaxTokens }
    }

    /// The same without an end mark for the answer.
    pub(super) fn without_stop(self) -> Self {
        Self { stop: false, ..self }
    }

    /// The endpoint's path.
    pub(super) fn path(self) -> &'static str {
        if self.chat { "chat/completions" } else { "completions" }
    }

    /// The form of answer asked for.
    pub(super) fn form(self) -> Form {
        if self.schema { Form::Json } else { Form::Text }
    }

    /// The request that asks for the next answer of `dialogue`.
    pub(super) fn request(self, config: &LlmConfig, dialogue: &Dialogue) -> Value {
        let mut body = json!({ "model": config.model });
        if self.chat {
            body["messages"] = json!(dialogue.messages(self.form()));
        } else {
            body["prompt"] = json!(dialogue.transcript());
        }
        match self.limit {
            Limit::MaxTokens => body["max_tokens"] = json!(config.max_tokens),
            Limit::MaxCompletionTokens => {
                body["max_completion_tokens"] = json!(config.max_tokens.saturating_add(REASONING_TOKENS));
            }
            Limit::None => {}
        }
        if self.temperature {
            body["temperature"] = json!(config.temperature);
        }
        if self.stop {
            body["stop"] = json!(["\n\n"]);
        }
        if self.schema {
            body["response_format"] = response_format();
        }
        body
    }

    /// The dialect to try next after `error`, if the error says the server
    /// does not understand part of this one.
    pub(super) fn adapted(self, config: &LlmConfig, error: &LlmError) -> Option<Self> {
        let (status, message) = match error {
            LlmError::BadRequest { status, message } | LlmError::Server { status, message } => {
                (*status, message.to_lowercase())
            }
            LlmError::NotFound { message, .. } => (404, message.to_lowercase()),
            _ => return None,
        };
        if self.chat && config.endpoint == Endpoint::Auto && says_no_chat(status, &message) {
            return Some(Self { chat: false, schema: false, stop: true, ..self });
        }
        let rejected = matches!(status, 400 | 422 | 500 | 501);
        let names = |words: &[&str]| rejected && words.iter().any(|w| message.contains(w));
        if self.schema && config.format == Format::Auto && names(&SCHEMA_WORDS) {
            return Some(Self { schema: false, ..self });
        }
        if self.limit != Limit::None && names(&["max_tokens", "max_completion_tokens"]) {
            return Some(Self { limit: self.limit.next(&message), ..self });
        }
        if self.temperature && names(&["temperature"]) {
            return Some(Self { temperature: false, ..self });
        }
        (self.stop && names(&["'stop'", "\"stop\"", "`stop`"])).then_some(Self { stop: false, ..self })
    }
}

impl Limit {
    fn next(self, message: &str) -> Self {
        if self == Self::MaxTokens && message.contains("max_completion_tokens") {
            Self::MaxCompletionTokens
        } else {
            Self::None
        }
    }
}

/// What servers name when they cannot enforce a schema.
const SCHEMA_WORDS: [&str; 7] = [
    "response_format",
    "response format",
    "json_schema",
    "json schema",
    "structured output",
    "guided",
    "grammar",
];

/// Whether the server has no chat endpoint or the model cannot chat. A 404
/// that names the model means the model is missing, not the endpoint.
fn says_no_chat(status: u16, message: &str) -> bool {
    if message.contains("not a chat model") || message.contains("chat template") {
        return true;
    }
    status == 404 && !message.contains("model")
}

/// The schema of a layout as OpenAI's structured outputs take it.
fn response_format() -> Value {
    let schema = lmd_layout::layout_schema_strict();
    json!({ "type": "json_schema", "json_schema": { "name": "layout", "strict": true, "schema": schema } })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bad(message: &str) -> LlmError {
        LlmError::BadRequest { status: 400, message: message.to_owned() }
    }

    fn config() -> LlmConfig {
        LlmConfig { model: "m".to_owned(), ..LlmConfig::default() }
    }

    #[test]
    fn newer_models_get_their_parameters() {
        let config = config();
        let first = Dialect::new(&config);
        let told = bad("Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.");
        let second = first.adapted(&config, &told).unwrap();
        let body = second.request(&config, &Dialogue::about("a cat"));
        assert_eq!(body["max_completion_tokens"], 900 + REASONING_TOKENS);
        assert!(body.get("max_tokens").is_none());
        let third = second.adapted(&config, &bad("'temperature' does not support 0.25")).unwrap();
        assert!(third.request(&config, &Dialogue::about("a cat")).get("temperature").is_none());
        assert_eq!(third.adapted(&config, &bad("your prompt is odd")), None);
    }

    #[test]
    fn a_missing_model_is_not_a_missing_endpoint() {
        let not_found = |message: &str| LlmError::NotFound {
            url: String::new(),
            model: String::new(),
            message: message.to_owned(),
        };
        let config = config();
        let first = Dialect::new(&config);
        assert_eq!(first.adapted(&config, &not_found("The model `m` does not exist.")), None);
        assert!(!first.adapted(&config, &not_found("Not Found")).unwrap().chat);
        let base = not_found("This is not a chat model; did you mean to use v1/completions?");
        assert!(!first.adapted(&config, &base).unwrap().chat);
        let fixed = LlmConfig { endpoint: Endpoint::Chat, ..config };
        assert_eq!(Dialect::new(&fixed).adapted(&fixed, &not_found("Not Found")), None);
    }

    #[test]
    fn a_demanded_schema_is_not_given_up() {
        let fixed = LlmConfig { format: Format::JsonSchema, ..config() };
        let told = bad("response_format is not supported");
        assert_eq!(Dialect::new(&fixed).adapted(&fixed, &told), None);
        assert!(!Dialect::new(&config()).adapted(&config(), &told).unwrap().schema);
    }
}
