//! [`AnthropicModel`]: Claude models behind Anthropic's Messages API
//! (<https://docs.anthropic.com/en/api/messages>).
//!
//! A schema is asked for as a tool that must be called: its input is the
//! answer. The question's fixed part is marked for the prompt cache.

use schemars::{JsonSchema, schema_for};
use serde::Deserialize;
use serde_json::{Value, json};

use super::address::Address;
use super::chat::{
    Capabilities, ChatContext, ChatModel, ChatReply, ChatRequest, FinishReason, Limits, Message, Usage,
};
use super::entry::ChatModelEntry;
use super::http::{Answered, KeyHeader, Transport};
use super::retry::Failure;
use super::server::{Exchange, Server, content};
use super::{LlmConfig, LlmError};

/// The version of the API this was written for.
const API_VERSION: &str = "2023-06-01";

/// The registry's line of this model.
pub(super) const ENTRY: ChatModelEntry = ChatModelEntry {
    name: "anthropic",
    summary: "Anthropic's Messages API (Claude)",
    default_url: "https://api.anthropic.com",
    settings: || schema_for!(AnthropicSettings),
    open: |config| Ok(Box::new(AnthropicModel::new(config.clone())?)),
};

/// Settings of this model alone, as in `[llm.options]`.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct AnthropicSettings {
    /// Whether the fixed part of the question is marked for the prompt cache.
    prompt_cache: bool,
}

impl Default for AnthropicSettings {
    fn default() -> Self {
        Self { prompt_cache: true }
    }
}

/// One model behind Anthropic's Messages API.
#[derive(Debug)]
pub struct AnthropicModel {
    settings: AnthropicSettings,
    server: Server,
}

impl AnthropicModel {
    /// The model of `config`. Nothing is sent yet.
    ///
    /// # Errors
    /// [`LlmError::Config`] names the setting that is wrong.
    pub fn new(config: LlmConfig) -> Result<Self, LlmError> {
        config.validate()?;
        let settings = config.own_settings()?;
        let address = Address::parse(config.address())?;
        let transport = Transport::new(&config, &address, KeyHeader::Named("x-api-key"))?
            .with_header("anthropic-version", API_VERSION);
        let url = address.endpoint("/v1", "messages");
        Ok(Self { settings, server: Server::new(config, url, transport) })
    }

    fn body(&self, request: &ChatRequest) -> Value {
        let Limits { max_tokens, temperature } = request.limits;
        let structured = request.structured.as_ref();
        let mut body = json!({
            "model": self.server.model(),
            "max_tokens": max_tokens,
            // The API takes 0 to 1 only.
            "temperature": temperature.min(1.0),
            "messages": self.messages(structured.map_or(&request.messages, |s| &s.messages)),
        });
        if let Some(structured) = structured {
            body["tools"] = json!([{
                "name": structured.name,
                "description": "Takes the complete answer.",
                "input_schema": structured.schema,
            }]);
            body["tool_choice"] = json!({ "type": "tool", "name": structured.name });
        }
        body
    }

    /// The messages; the opening one in two blocks, split before its last
    /// paragraph: everything before it is the same for every prompt.
    fn messages(&self, messages: &[Message]) -> Value {
        let mut list = json!(messages);
        let opening = messages.first().and_then(|message| message.content.rsplit_once("\n\n"));
        if let (true, Some((fixed, question))) = (self.settings.prompt_cache, opening) {
            list[0]["content"] = json!([
                { "type": "text", "text": fixed, "cache_control": { "type": "ephemeral" } },
                { "type": "text", "text": question },
            ]);
        }
        list
    }
}

impl ChatModel for AnthropicModel {
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
    let body = exchange.body(answered, |_| None)?;
    let Some(blocks) = body.get("content").filter(|content| content.is_array()) else {
        return Err(exchange.no_answer(answered, &body));
    };
    let stop = body.get("stop_reason").and_then(Value::as_str);
    if stop == Some("refusal") {
        return Err(LlmError::Refused { message: exchange.transport.quote(&content(Some(blocks))) }.into());
    }
    let called = blocks.as_array().and_then(|blocks| blocks.iter().find_map(|block| block.get("input")));
    let words = called.map_or_else(|| content(Some(blocks)), Value::to_string);
    let finish = if stop == Some("max_tokens") { FinishReason::Length } else { FinishReason::Stop };
    Ok(ChatReply { text: exchange.text(&words, None)?, finish, usage: usage(&body) })
}

fn usage(body: &Value) -> Option<Usage> {
    let usage = body.get("usage")?;
    Some(Usage {
        prompt_tokens: usage.get("input_tokens")?.as_u64()?,
        completion_tokens: usage.get("output_tokens")?.as_u64()?,
    })
}
