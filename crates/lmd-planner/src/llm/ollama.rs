//! [`OllamaModel`]: models behind Ollama's own `/api/chat`, which knows what
//! its OpenAI-compatible endpoint does not: the context's size, schemas for
//! every model, and how long a model stays loaded.

use schemars::{JsonSchema, schema_for};
use serde::Deserialize;
use serde_json::{Value, json};

use super::address::Address;
use super::chat::{
    Capabilities, ChatContext, ChatModel, ChatReply, ChatRequest, FinishReason, Limits, Usage,
};
use super::entry::ChatModelEntry;
use super::http::{Answered, KeyHeader, Transport};
use super::retry::Failure;
use super::server::{Exchange, Server, content};
use super::{LlmConfig, LlmError};

/// The registry's line of this model.
pub(super) const ENTRY: ChatModelEntry = ChatModelEntry {
    name: "ollama",
    summary: "Ollama's own API, with the context's size and how long models stay loaded",
    default_url: "http://localhost:11434",
    settings: || schema_for!(OllamaSettings),
    open: |config| Ok(Box::new(OllamaModel::new(config.clone())?)),
};

/// Settings of this model alone, as in `[llm.options]`.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct OllamaSettings {
    /// Tokens of the context. Ollama's own default is too short for the
    /// question with its examples, which it then cuts without a word.
    num_ctx: u32,
    /// How long the model stays loaded after the answer, as `5m` or `-1`.
    keep_alive: Option<String>,
}

impl Default for OllamaSettings {
    fn default() -> Self {
        Self { num_ctx: 8_192, keep_alive: None }
    }
}

/// One model of an Ollama server.
#[derive(Debug)]
pub struct OllamaModel {
    settings: OllamaSettings,
    server: Server,
}

impl OllamaModel {
    /// The model of `config`. Nothing is sent yet.
    ///
    /// # Errors
    /// [`LlmError::Config`] names the setting that is wrong.
    pub fn new(config: LlmConfig) -> Result<Self, LlmError> {
        config.validate()?;
        let settings = config.own_settings()?;
        let address = Address::parse(config.address())?.without_path("/v1");
        let transport = Transport::new(&config, &address, KeyHeader::Bearer)?;
        let url = address.endpoint("", "api/chat");
        Ok(Self { settings, server: Server::new(config, url, transport) })
    }

    fn body(&self, request: &ChatRequest) -> Value {
        let Limits { max_tokens, temperature } = request.limits;
        let structured = request.structured.as_ref();
        let mut body = json!({
            "model": self.server.model(),
            "stream": false,
            "messages": structured.map_or(&request.messages, |s| &s.messages),
            "options": {
                "num_predict": max_tokens,
                "temperature": temperature,
                "num_ctx": self.settings.num_ctx,
            },
        });
        if let Some(structured) = structured {
            body["format"] = structured.schema.clone();
        }
        if let Some(keep_alive) = &self.settings.keep_alive {
            body["keep_alive"] = json!(keep_alive);
        }
        body
    }
}

impl ChatModel for OllamaModel {
    fn name(&self) -> String {
        self.server.model().to_owned()
    }

    fn capabilities(&self) -> Capabilities {
        self.server.capabilities()
    }

    fn complete(&self, request: &ChatRequest, context: &ChatContext<'_>) -> Result<ChatReply, LlmError> {
        self.server.ask(&self.body(request), context, reply)
    }
}

fn reply(exchange: &Exchange<'_>, answered: &Answered) -> Result<ChatReply, Failure> {
    let body = exchange.body(answered, from_lines)?;
    let Some(message) = body.get("message") else {
        return Err(exchange.no_answer(answered, &body));
    };
    let cut_off = body.get("done_reason").and_then(Value::as_str) == Some("length");
    let finish = if cut_off { FinishReason::Length } else { FinishReason::Stop };
    let thoughts = message.get("thinking").and_then(Value::as_str).filter(|_| !cut_off);
    let text = exchange.text(&content(message.get("content")), thoughts)?;
    Ok(ChatReply { text, finish, usage: usage(&body) })
}

fn usage(body: &Value) -> Option<Usage> {
    Some(Usage {
        prompt_tokens: body.get("prompt_eval_count")?.as_u64()?,
        completion_tokens: body.get("eval_count")?.as_u64()?,
    })
}

/// The whole response that a stream of lines makes, for proxies that stream
/// although they are asked not to.
fn from_lines(text: &str) -> Option<Value> {
    let lines: Vec<Value> = text.lines().map(serde_json::from_str).collect::<Result<_, _>>().ok()?;
    let joined = |key: &str| -> String {
        lines.iter().filter_map(|line| line.get("message")?.get(key)?.as_str()).collect()
    };
    let mut whole = lines.last()?.clone();
    let message = json!({ "content": joined("content"), "thinking": joined("thinking") });
    whole.as_object_mut()?.insert("message".to_owned(), message);
    Some(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_put_together() {
        let text = "{\"message\":{\"content\":\"[1\"},\"done\":false}\n{\"message\":{\"content\":\"]\"},\"done\":true,\"done_reason\":\"length\"}";
        let whole = from_lines(text).unwrap();
        assert_eq!(whole["message"]["content"], "[1]");
        assert_eq!(whole["done_reason"], "length");
        assert_eq!(from_lines("<html>"), None);
    }
}
