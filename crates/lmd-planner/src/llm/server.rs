//! [`Server`]: a model behind one address; and what servers of every kind
//! answer, which is JSON or one of many shapes of error.

use std::fmt;
use std::time::Duration;

use lmd_layout::{MAX_ANSWER_BYTES, without_reasoning};
use serde_json::Value;

use super::chat::{Capabilities, ChatContext, ChatReply};
use super::config::Format;
use super::http::{Answered, Transport};
use super::retry::{Failure, with_retries};
use super::{LlmConfig, LlmError};

/// A model on a server that takes every question the same way, at one address.
pub(super) struct Server {
    config: LlmConfig,
    url: String,
    transport: Transport,
}

impl Server {
    pub(super) fn new(config: LlmConfig, url: String, transport: Transport) -> Self {
        Self { config, url, transport }
    }

    /// The model's name.
    pub(super) fn model(&self) -> &str {
        &self.config.model
    }

    pub(super) fn capabilities(&self) -> Capabilities {
        Capabilities::chat(self.config.format != Format::Text)
    }

    /// Sends `body` until there is an answer, which `read` reads.
    pub(super) fn ask(
        &self,
        body: &Value,
        context: &ChatContext<'_>,
        read: impl Fn(&Exchange<'_>, &Answered) -> Result<ChatReply, Failure>,
    ) -> Result<ChatReply, LlmError> {
        let body = body.to_string();
        let exchange = Exchange { url: &self.url, model: self.model(), transport: &self.transport };
        with_retries(&self.config, context, || {
            read(&exchange, &self.transport.post(&self.url, body.as_bytes(), context)?)
        })
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("config", &self.config).finish_non_exhaustive()
    }
}

/// One request and where it went, for the messages.
pub(super) struct Exchange<'a> {
    pub(super) url: &'a str,
    pub(super) model: &'a str,
    pub(super) transport: &'a Transport,
}

impl Exchange<'_> {
    /// The body of a response of success. `read` makes JSON of a body that is
    /// none, as of a stream of events.
    pub(super) fn body(
        &self,
        answered: &Answered,
        read: impl Fn(&str) -> Option<Value>,
    ) -> Result<Value, Failure> {
        let text = String::from_utf8_lossy(&answered.body);
        let text = text.trim_start_matches('\u{feff}').trim();
        let body = serde_json::from_str::<Value>(text).ok().or_else(|| read(text));
        match (answered.status, body) {
            (200..=299, Some(body)) => Ok(body),
            (200..=299, None) => Err(self.not_json(text).into()),
            (_, body) => Err(self.failure(answered, &body.unwrap_or(Value::Null))),
        }
    }

    /// What is said of a body that holds no answer. Some servers report an
    /// error with status 200.
    pub(super) fn no_answer(&self, answered: &Answered, body: &Value) -> Failure {
        match complaint(body) {
            Some(_) => self.failure(answered, body),
            None => self.not_json(&body.to_string()).into(),
        }
    }

    /// An answer's text: without the key and the model's thoughts. A model
    /// that wrote nothing else may have put its answer among the thoughts.
    pub(super) fn text(&self, content: &str, thoughts: Option<&str>) -> Result<String, LlmError> {
        let content = self.transport.redact(content);
        let mut text = without_reasoning(&content).to_owned();
        if let Some(thoughts) = thoughts.filter(|_| content.trim().is_empty()) {
            text = layout_in(&self.transport.redact(thoughts)).to_owned();
        }
        if text.len() > MAX_ANSWER_BYTES {
            return Err(LlmError::TooLarge { what: "answer", limit: MAX_ANSWER_BYTES });
        }
        Ok(text)
    }

    fn failure(&self, answered: &Answered, body: &Value) -> Failure {
        let words = complaint(body).unwrap_or_else(|| String::from_utf8_lossy(&answered.body).into_owned());
        let message = match self.transport.quote(&words) {
            empty if empty.is_empty() => NO_REASON.to_owned(),
            words => words,
        };
        let status = if answered.status < 300 { inner_status(body) } else { answered.status };
        let error = self.classify(status, answered.retry_after, &kind(body), message);
        Failure { error, retry_after: answered.retry_after }
    }

    fn classify(&self, status: u16, retry_after: Option<Duration>, kind: &str, message: String) -> LlmError {
        let url = self.url.to_owned();
        let out_of_credit = kind.contains("insufficient_quota") || kind.contains("billing");
        match status {
            _ if out_of_credit => LlmError::InsufficientQuota { message },
            402 => LlmError::InsufficientQuota { message },
            _ if kind.contains("content_policy") || kind.contains("content_filter") => {
                LlmError::Refused { message }
            }
            401 | 403 => LlmError::Unauthorized { url, message, hint: self.key_hint() },
            404 | 405 => LlmError::NotFound { url, model: self.model.to_owned(), message },
            429 => LlmError::RateLimited { retry_after, message },
            status @ 500.. => LlmError::Server { status, message },
            status => LlmError::BadRequest { status, message },
        }
    }

    fn key_hint(&self) -> &'static str {
        if self.transport.has_key() {
            "check the key in LMD_LLM_KEY (or OPENAI_API_KEY, ANTHROPIC_API_KEY)"
        } else {
            "set LMD_LLM_KEY (OPENAI_API_KEY is sent to OpenAI and to this machine only, ANTHROPIC_API_KEY to Anthropic)"
        }
    }

    fn not_json(&self, body: &str) -> LlmError {
        let excerpt = self.transport.quote(body);
        let excerpt = if excerpt.is_empty() { "it is empty".to_owned() } else { excerpt };
        LlmError::NotJson { excerpt }
    }
}

/// Stands for the words of a server that gives no reason.
pub(super) const NO_REASON: &str = "no reason given";

/// A message's content: a string, a list of parts, or nothing.
pub(super) fn content(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(parts)) => parts.iter().filter_map(|p| p.get("text")?.as_str()).collect(),
        _ => String::new(),
    }
}

/// The part of a model's thoughts that can be an answer: from its last
/// beginning of a layout on. Thoughts without one are no answer.
fn layout_in(thoughts: &str) -> &str {
    let starts = ["{\"objects\"", "{ \"objects\"", "{\n", "Objects:", "[("];
    let start = starts.iter().filter_map(|mark| thoughts.rfind(mark)).max();
    start.and_then(|at| thoughts.get(at..)).unwrap_or_default().trim()
}

/// The words of an error in any of the shapes servers use:
/// `{"error":{"message"}}`, `{"error":"…"}`, `{"message"}`, `{"detail"}`.
fn complaint(body: &Value) -> Option<String> {
    let error = body.get("error").filter(|e| !e.is_null());
    let found = error.and_then(|e| e.get("message")).or(error).or_else(|| body.get("message"));
    let found = found.or_else(|| body.get("detail"))?;
    Some(found.as_str().map_or_else(|| found.to_string(), str::to_owned))
}

/// The status an error reported with status 200 would have had.
fn inner_status(body: &Value) -> u16 {
    let code = body.pointer("/error/code").and_then(Value::as_u64);
    code.and_then(|code| u16::try_from(code).ok()).filter(|c| (400..600).contains(c)).unwrap_or(400)
}

/// The error's machine-readable names in one string.
fn kind(body: &Value) -> String {
    let error = body.get("error").unwrap_or(body);
    ["code", "type"].iter().filter_map(|k| error.get(k)?.as_str()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_shape_of_complaint_is_read() {
        for body in [
            json!({"error": {"message": "no", "type": "x"}}),
            json!({"error": "no"}),
            json!({"message": "no"}),
            json!({"object": "error", "message": "no", "code": 400}),
            json!({"detail": "no"}),
        ] {
            assert_eq!(complaint(&body).as_deref(), Some("no"), "{body}");
        }
        let listed = complaint(&json!({"detail": [{"msg": "field required"}]})).unwrap();
        assert!(listed.contains("field required"));
        assert_eq!(complaint(&json!({"error": null})), None);
    }

    #[test]
    fn content_comes_as_text_as_parts_or_not_at_all() {
        assert_eq!(content(Some(&json!("a"))), "a");
        assert_eq!(
            content(Some(&json!([{"type": "text", "text": "a"}, {"type": "x"}, {"text": "b"}]))),
            "ab"
        );
        assert_eq!(content(Some(&Value::Null)), "");
    }

    #[test]
    fn thoughts_are_an_answer_only_from_a_layout_on() {
        assert_eq!(layout_in("hm, objects: car. {\"objects\":[]}"), "{\"objects\":[]}");
        assert_eq!(layout_in("first Objects: [1] no, Objects: [2]"), "Objects: [2]");
        assert_eq!(layout_in("First I think"), "");
    }
}
