//! What servers answer: an answer's text, or one of many shapes of error.

use std::time::Duration;

use serde_json::Value;

use super::LlmError;
use super::http::{Answered, Transport};
use super::retry::Failure;

/// Longest answer that is read as a layout.
pub(super) const MAX_ANSWER_BYTES: usize = 64 * 1024;

/// A model's answer.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Reply {
    /// Its text without the reasoning before it.
    pub(super) text: String,
    /// Whether it ended because of the token limit.
    pub(super) cut_off: bool,
}

/// Where a request went, for the messages.
pub(super) struct Asked<'a> {
    pub(super) url: &'a str,
    pub(super) model: &'a str,
    pub(super) transport: &'a Transport,
}

impl Asked<'_> {
    /// The answer's text, or what the server complained about.
    pub(super) fn understand(&self, answered: &Answered) -> Result<Reply, Failure> {
        let body = serde_json::from_slice::<Value>(&answered.body);
        match (answered.status, body) {
            (200..=299, Ok(body)) => self.success(answered, &body),
            (200..=299, Err(_)) => Err(self.not_json(&answered.body).into()),
            (_, body) => Err(self.failure(answered, &body.unwrap_or(Value::Null))),
        }
    }

    fn success(&self, answered: &Answered, body: &Value) -> Result<Reply, Failure> {
        let Some(choice) = body.pointer("/choices/0") else {
            // Some servers report an error with status 200.
            return Err(match complaint(body) {
                Some(_) => self.failure(answered, body),
                None => self.not_json(body.to_string().as_bytes()).into(),
            });
        };
        let message = choice.get("message").unwrap_or(choice);
        if let Some(refusal) = message.get("refusal").and_then(Value::as_str).filter(|r| !r.is_empty()) {
            return Err(LlmError::Refused { message: self.transport.quote(refusal) }.into());
        }
        let finish = choice.get("finish_reason").and_then(Value::as_str).unwrap_or_default();
        if finish == "content_filter" {
            return Err(LlmError::Refused { message: "its content filter stopped it".to_owned() }.into());
        }
        let text = content(message.get("content").or_else(|| choice.get("text")));
        let text = without_reasoning(&self.transport.redact(&text)).to_owned();
        if text.len() > MAX_ANSWER_BYTES {
            return Err(LlmError::TooLarge { what: "answer", limit: MAX_ANSWER_BYTES }.into());
        }
        Ok(Reply { text, cut_off: finish == "length" })
    }

    fn failure(&self, answered: &Answered, body: &Value) -> Failure {
        let words = complaint(body).unwrap_or_else(|| String::from_utf8_lossy(&answered.body).into_owned());
        let message = match self.transport.quote(&words) {
            empty if empty.is_empty() => "no reason given".to_owned(),
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
            "check the key in LMD_LLM_KEY (or OPENAI_API_KEY)"
        } else {
            "set LMD_LLM_KEY (OPENAI_API_KEY is sent to OpenAI and to this machine only)"
        }
    }

    fn not_json(&self, body: &[u8]) -> LlmError {
        let excerpt = self.transport.quote(&String::from_utf8_lossy(body));
        let excerpt = if excerpt.is_empty() { "it is empty".to_owned() } else { excerpt };
        LlmError::NotJson { excerpt }
    }
}

/// A message's content: a string, a list of parts, or nothing.
fn content(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(parts)) => parts.iter().filter_map(|p| p.get("text")?.as_str()).collect(),
        _ => String::new(),
    }
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
    let code = body.pointer("/error/code").and_then(Value::as_u64).unwrap_or_default();
    u16::try_from(code).ok().filter(|c| (400..600).contains(c)).unwrap_or(400)
}

/// The error's machine-readable names in one string.
fn kind(body: &Value) -> String {
    let error = body.get("error").unwrap_or(body);
    ["code", "type"].iter().filter_map(|k| error.get(k)?.as_str()).collect::<Vec<_>>().join(" ")
}

/// The answer after a reasoning model's `<think>…</think>`. Some templates
/// open the block themselves, so only its end is in the text.
fn without_reasoning(text: &str) -> &str {
    const TAGS: [(&str, &str); 3] =
        [("<think>", "</think>"), ("<thinking>", "</thinking>"), ("<reasoning>", "</reasoning>")];
    for (open, close) in TAGS {
        if let Some((_, answer)) = text.rsplit_once(close) {
            return answer.trim();
        }
        if text.trim_start().starts_with(open) {
            return "";
        }
    }
    text.trim()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::llm::LlmConfig;
    use crate::llm::address::Address;
    use serde_json::json;

    #[test]
    fn every_shape_of_complaint_is_read() {
        for body in [
            json!({"error": {"message": "no", "type": "x"}}),
            json!({"error": "no"}),
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
    fn no_response_is_too_strange_to_be_told() {
        let config = LlmConfig { model: "m".to_owned(), ..LlmConfig::default() };
        let address = Address::parse(&config.url).unwrap();
        let transport = Transport::new(&config, &address).unwrap();
        let asked = Asked { url: "http://x", model: "m", transport: &transport };
        let understand = |status, body: &[u8]| {
            asked.understand(&Answered { status, body: body.to_vec(), retry_after: None })
        };
        let good = json!({"choices": [{"message": {"content": "[]"}, "finish_reason": "stop"}]}).to_string();
        assert_eq!(understand(200, good.as_bytes()).unwrap().text, "[]");
        for status in [200, 400, 401, 402, 404, 408, 418, 429, 500, 599] {
            for end in 0..good.len() {
                assert!(understand(status, &good.as_bytes()[..end]).is_err());
            }
            for body in
                [&b"\xff\xfe\x00"[..], b"null", b"[]", b"7", b"{\"choices\":7}", b"{\"error\":{\"code\":-1}}"]
            {
                let failure = understand(status, body).err().unwrap();
                assert!(!failure.error.to_string().is_empty());
            }
        }
    }

    #[test]
    fn reasoning_is_left_out() {
        assert_eq!(without_reasoning("<think>[('a', [1,2,3,4])]</think>\n\n[]"), "[]");
        assert_eq!(without_reasoning("so I conclude</think> []"), "[]");
        assert_eq!(without_reasoning("<think>never ends"), "");
        assert_eq!(without_reasoning(" [] "), "[]");
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
}
