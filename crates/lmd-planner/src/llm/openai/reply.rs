//! The answer of an OpenAI-compatible server, whole or as a stream of events.

use serde_json::{Value, json};

use crate::llm::LlmError;
use crate::llm::chat::{ChatReply, FinishReason, Usage};
use crate::llm::http::Answered;
use crate::llm::retry::Failure;
use crate::llm::server::{Exchange, content};

/// The answer, or what the server complained about.
pub(super) fn reply(exchange: &Exchange<'_>, answered: &Answered) -> Result<ChatReply, Failure> {
    let body = exchange.body(answered, from_events)?;
    let Some(choice) = body.pointer("/choices/0") else {
        return Err(exchange.no_answer(answered, &body));
    };
    let message = choice.get("message").unwrap_or(choice);
    if let Some(refusal) = message.get("refusal").and_then(Value::as_str).filter(|r| !r.is_empty()) {
        return Err(LlmError::Refused { message: exchange.transport.quote(refusal) }.into());
    }
    let finish = choice.get("finish_reason").and_then(Value::as_str);
    if finish == Some("content_filter") {
        return Err(LlmError::Refused { message: "its content filter stopped it".to_owned() }.into());
    }
    let words = content(message.get("content").or_else(|| choice.get("text")));
    let finish = if finish == Some("length") { FinishReason::Length } else { FinishReason::Stop };
    let thoughts = ["reasoning_content", "reasoning"].iter().find_map(|key| message.get(key)?.as_str());
    // Thoughts that were cut off hold no answer.
    let thoughts = thoughts.filter(|_| finish == FinishReason::Stop);
    let text = exchange.text(&words, thoughts)?;
    Ok(ChatReply { text, finish, usage: body.get("usage").and_then(usage) })
}

fn usage(usage: &Value) -> Option<Usage> {
    Some(Usage {
        prompt_tokens: usage.get("prompt_tokens")?.as_u64()?,
        completion_tokens: usage.get("completion_tokens")?.as_u64()?,
    })
}

/// The whole response that a stream of events makes, for servers that stream
/// although they are asked not to. `None` when it is no such stream.
fn from_events(text: &str) -> Option<Value> {
    let data = text.lines().filter_map(|line| line.trim_start().strip_prefix("data:"));
    let events: Vec<Value> = data.filter_map(|data| serde_json::from_str(data.trim()).ok()).collect();
    if let Some(failed) = events.iter().find(|event| event.get("error").is_some_and(|e| !e.is_null())) {
        return Some(failed.clone());
    }
    let deltas: Vec<&Value> = events.iter().filter_map(|event| event.pointer("/choices/0")).collect();
    if deltas.is_empty() {
        return None;
    }
    let joined = |key: &str| -> String {
        let parts = deltas.iter().filter_map(|choice| {
            let delta = choice.get("delta").or_else(|| choice.get("message"));
            delta.and_then(|delta| delta.get(key)).or_else(|| choice.get("text").filter(|_| key == "content"))
        });
        parts.map(|part| content(Some(part))).collect()
    };
    let last = |choice: &&Value| choice.get("finish_reason").cloned().filter(|reason| !reason.is_null());
    Some(json!({
        "choices": [{
            "message": {
                "content": joined("content"),
                "reasoning_content": format!("{}{}", joined("reasoning_content"), joined("reasoning")),
                "refusal": joined("refusal"),
            },
            "finish_reason": deltas.iter().rev().find_map(last),
        }],
        "usage": events.iter().rev().find_map(|event| event.get("usage").cloned()),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::llm::LlmConfig;
    use crate::llm::address::Address;
    use crate::llm::http::{KeyHeader, Transport};

    fn understand(status: u16, body: &[u8]) -> Result<ChatReply, Failure> {
        let config = LlmConfig { model: "m".to_owned(), ..LlmConfig::default() };
        let address = Address::parse(&config.url).unwrap();
        let transport = Transport::new(&config, &address, KeyHeader::Bearer).unwrap();
        let exchange = Exchange { url: "http://x", model: "m", transport: &transport };
        reply(&exchange, &Answered { status, body: body.to_vec(), retry_after: None })
    }

    #[test]
    fn no_response_is_too_strange_to_be_told() {
        let good = json!({"choices": [{"message": {"content": "[]"}, "finish_reason": "stop"}]}).to_string();
        assert_eq!(understand(200, good.as_bytes()).unwrap().text, "[]");
        assert_eq!(understand(200, format!("\u{feff}{good}").as_bytes()).unwrap().text, "[]");
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
    fn streams_are_put_together() {
        let event = |delta: Value, finish: Value| {
            format!("data: {}\n\n", json!({"choices": [{"delta": delta, "finish_reason": finish}]}))
        };
        let stream = [
            ": keep-alive\n\n".to_owned(),
            event(json!({"role": "assistant", "content": null, "reasoning_content": "hm"}), Value::Null),
            event(json!({"content": "[1"}), Value::Null),
            event(json!({"content": "]"}), json!("length")),
            "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":3}}\n\n".to_owned(),
            "data: [DONE]\n\n".to_owned(),
        ]
        .concat();
        let reply = understand(200, stream.as_bytes()).unwrap();
        assert_eq!((reply.text.as_str(), reply.finish), ("[1]", FinishReason::Length));
        assert_eq!(reply.usage, Some(Usage { prompt_tokens: 7, completion_tokens: 3 }));
        let failed = "data: {\"error\":{\"message\":\"out of memory\",\"code\":503}}\n\n";
        let failure = understand(200, failed.as_bytes()).unwrap_err();
        assert_eq!(failure.error, LlmError::Server { status: 503, message: "out of memory".to_owned() });
        assert!(matches!(understand(200, b"data: \n\n").unwrap_err().error, LlmError::NotJson { .. }));
    }

    #[test]
    fn an_answer_among_the_thoughts_is_found_unless_it_was_cut_off() {
        let with = |finish: &str| {
            let message = json!({"content": "", "reasoning_content": "so {\"objects\":[]}"});
            understand(
                200,
                json!({"choices": [{"message": message, "finish_reason": finish}]}).to_string().as_bytes(),
            )
        };
        assert_eq!(with("stop").unwrap().text, "{\"objects\":[]}");
        assert_eq!(with("length").unwrap().text, "");
    }
}
