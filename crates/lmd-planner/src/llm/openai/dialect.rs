//! What a server understands: negotiated with it, remembered.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::known::KnownFrom;
use crate::llm::LlmError;
use crate::llm::chat::{ChatRequest, Limits, Structured};
use crate::llm::config::{Endpoint, Format, LlmConfig};
use crate::llm::server::NO_REASON;

/// Tokens a model may spend on reasoning before it answers. Models that take
/// `max_completion_tokens` only count their reasoning against it.
const REASONING_TOKENS: u32 = 8_192;

/// How requests are written for one server and model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Dialect {
    pub(super) chat: bool,
    pub(super) schema: bool,
    pub(super) stop: bool,
    temperature: bool,
    limit: Limit,
}

/// The parameter that bounds an answer's length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
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

    /// The body that asks for the next message of `request`.
    pub(super) fn body(self, config: &LlmConfig, request: &ChatRequest) -> Value {
        let mut body = json!({ "model": config.model, "stream": false });
        let structured = request.structured.as_ref().filter(|_| self.schema);
        if self.chat {
            body["messages"] = json!(structured.map_or(&request.messages, |s| &s.messages));
        } else {
            body["prompt"] = json!(request.transcript());
        }
        let Limits { max_tokens, temperature } = request.limits;
        match self.limit {
            Limit::MaxTokens => body["max_tokens"] = json!(max_tokens),
            Limit::MaxCompletionTokens => {
                body["max_completion_tokens"] = json!(max_tokens.saturating_add(REASONING_TOKENS));
            }
            Limit::None => {}
        }
        if self.temperature {
            body["temperature"] = json!(temperature);
        }
        if self.stop {
            body["stop"] = json!(["\n\n"]);
        }
        if let Some(structured) = structured {
            body["response_format"] = response_format(structured);
        }
        body
    }

    /// The dialect to try next after `error` and what is changed, if the
    /// error says the server does not understand part of this one.
    pub(super) fn adapted(
        self,
        config: &LlmConfig,
        request: &ChatRequest,
        error: &LlmError,
    ) -> Option<(Self, &'static str)> {
        let (status, message) = match error {
            LlmError::BadRequest { status, message } | LlmError::Server { status, message } => {
                (*status, message.to_lowercase())
            }
            LlmError::NotFound { message, .. } => (404, message.to_lowercase()),
            _ => return None,
        };
        if self.chat && config.endpoint == Endpoint::Auto && says_no_chat(status, &message) {
            return Some((Self { chat: false, schema: false, stop: true, ..self }, "to continue a text"));
        }
        let rejected = matches!(status, 400 | 422 | 500 | 501);
        let names = |words: &[&str]| rejected && words.iter().any(|w| message.contains(w));
        if self.may_drop_schema(request) && (names(&SCHEMA_WORDS) || status == 400 && is_vague(&message)) {
            return Some((Self { schema: false, ..self }, "without a schema"));
        }
        if self.limit != Limit::None && names(&["max_tokens", "max_completion_tokens"]) {
            return Some((Self { limit: self.limit.next(&message), ..self }, "with another limit of length"));
        }
        if self.temperature && names(&["temperature"]) {
            return Some((Self { temperature: false, ..self }, "without a temperature"));
        }
        let names_stop = names(&["'stop'", "\"stop\"", "`stop`"]);
        (self.stop && names_stop).then_some((Self { stop: false, ..self }, "without an end mark"))
    }

    /// The dialect without a schema, where it may be the schema that makes
    /// the server fail without a word. A server that took it before, or is
    /// overloaded, fails for another reason.
    pub(super) fn without_doubtful_schema(
        self,
        request: &ChatRequest,
        error: &LlmError,
        known: KnownFrom,
    ) -> Option<Self> {
        let fails = matches!(error, LlmError::Server { status, .. } if !OVERLOADED.contains(status));
        let doubtful = fails && known != KnownFrom::Answer && self.may_drop_schema(request);
        doubtful.then_some(Self { schema: false, ..self })
    }

    fn may_drop_schema(self, request: &ChatRequest) -> bool {
        self.schema && request.structured.as_ref().is_some_and(|structured| !structured.required)
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

/// Statuses of servers that are busy or behind a gateway that is.
const OVERLOADED: [u16; 4] = [502, 503, 504, 529];

/// Whether an error names nothing that could be changed.
fn is_vague(message: &str) -> bool {
    matches!(message.trim_end_matches('.'), NO_REASON | "bad request" | "invalid request" | "error")
}

/// Whether the server has no chat endpoint or the model cannot chat. A 404
/// that names the model means the model is missing, not the endpoint.
fn says_no_chat(status: u16, message: &str) -> bool {
    if message.contains("not a chat model") || message.contains("chat template") {
        return true;
    }
    status == 404 && !message.contains("model")
}

/// A schema as OpenAI's structured outputs take it.
fn response_format(structured: &Structured) -> Value {
    let schema = json!({ "name": structured.name, "strict": true, "schema": structured.schema });
    json!({ "type": "json_schema", "json_schema": schema })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::llm::chat::Message;

    fn bad(message: &str) -> LlmError {
        LlmError::BadRequest { status: 400, message: message.to_owned() }
    }

    fn config() -> LlmConfig {
        LlmConfig { model: "m".to_owned(), ..LlmConfig::default() }
    }

    fn request(required: bool) -> ChatRequest {
        let limits = Limits { max_tokens: 900, temperature: 0.25 };
        let messages = vec![Message::user("a cat")];
        let structured =
            Structured { messages: messages.clone(), name: "layout", schema: json!({}), required };
        ChatRequest::new(messages, limits).with_schema(structured)
    }

    fn adapted(dialect: Dialect, config: &LlmConfig, error: &LlmError) -> Option<Dialect> {
        let required = config.format == Format::JsonSchema;
        dialect.adapted(config, &request(required), error).map(|(next, _)| next)
    }

    #[test]
    fn newer_models_get_their_parameters() {
        let config = config();
        let first = Dialect::new(&config);
        let told = bad("Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.");
        let second = adapted(first, &config, &told).unwrap();
        let body = second.body(&config, &request(false));
        assert_eq!(body["max_completion_tokens"], 900 + REASONING_TOKENS);
        assert!(body.get("max_tokens").is_none());
        let third = adapted(second, &config, &bad("'temperature' does not support 0.25")).unwrap();
        assert!(third.body(&config, &request(false)).get("temperature").is_none());
        assert_eq!(adapted(third, &config, &bad("your prompt is odd")), None);
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
        assert_eq!(adapted(first, &config, &not_found("The model `m` does not exist.")), None);
        assert!(!adapted(first, &config, &not_found("Not Found")).unwrap().chat);
        let base = not_found("This is not a chat model; did you mean to use v1/completions?");
        assert!(!adapted(first, &config, &base).unwrap().chat);
        let fixed = LlmConfig { endpoint: Endpoint::Chat, ..config };
        assert_eq!(adapted(Dialect::new(&fixed), &fixed, &not_found("Not Found")), None);
    }

    #[test]
    fn a_demanded_schema_is_not_given_up() {
        let fixed = LlmConfig { format: Format::JsonSchema, ..config() };
        let told = bad("response_format is not supported");
        assert_eq!(adapted(Dialect::new(&fixed), &fixed, &told), None);
        assert!(!adapted(Dialect::new(&config()), &config(), &told).unwrap().schema);
    }

    #[test]
    fn a_failure_without_a_reason_may_be_the_schemas() {
        let first = Dialect::new(&config());
        let failed = |status| LlmError::Server { status, message: NO_REASON.to_owned() };
        let doubted = |status, known| first.without_doubtful_schema(&request(false), &failed(status), known);
        assert!(doubted(500, KnownFrom::Nothing).is_some_and(|next| !next.schema));
        assert_eq!(doubted(503, KnownFrom::Nothing), None);
        assert_eq!(doubted(500, KnownFrom::Answer), None);
        let demanded = first.without_doubtful_schema(&request(true), &failed(500), KnownFrom::Nothing);
        assert_eq!(demanded, None);
        assert!(!adapted(first, &config(), &bad("Bad Request")).unwrap().schema);
    }
}
