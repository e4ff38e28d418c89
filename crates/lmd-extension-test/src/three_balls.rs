//! A chat model of one's own: it lays two or three balls side by side.

use lmd_planner::llm::{
    Capabilities, ChatContext, ChatModel, ChatModelEntry, ChatReply, ChatRequest, LlmError,
};

/// The one line that adds it: `lmd_planner::llm::register(THREE_BALLS)`.
pub const THREE_BALLS: ChatModelEntry = ChatModelEntry {
    name: "three-balls",
    summary: "lays two or three balls side by side, whatever is asked",
    default_url: "http://localhost",
    settings: || schemars::schema_for!(()),
    open: |_| Ok(Box::new(ThreeBalls)),
};

#[derive(Debug)]
struct ThreeBalls;

impl ChatModel for ThreeBalls {
    fn name(&self) -> String {
        "three-balls".to_owned()
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::chat(false)
    }

    /// The question is the last message, the sentence its last line that speaks of balls: three balls where the sentence
    /// says "three", otherwise two.
    fn complete(&self, request: &ChatRequest, _: &ChatContext<'_>) -> Result<ChatReply, LlmError> {
        let question = request.messages.last().map_or("", |message| message.content.as_str());
        let sentence = question.lines().rev().find(|line| line.contains("ball")).unwrap_or(question);
        let count = if sentence.contains("three") { 3 } else { 2 };
        let balls: Vec<String> =
            (0..count).map(|k| format!("('a red ball', [{}, 200, 120, 120])", 20 + 160 * k)).collect();
        let balls = balls.join(", ");
        Ok(ChatReply::new(format!("Objects: [{balls}]\nBackground prompt: A beach\nNegative prompt:")))
    }
}
