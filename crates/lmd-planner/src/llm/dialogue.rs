//! What was said so far, in the form a server takes (A.1, A.9).

use lmd_layout::Layout;
use serde::Serialize;

use super::template;

/// The form of answer a model is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// The text grammar of A.3 on the 512 canvas.
    Text,
    /// JSON by schema, in fractions of the canvas.
    Json,
}

/// One message of a chat.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Message {
    pub(super) role: &'static str,
    pub(super) content: String,
}

/// A caption and everything said about its layout since.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Dialogue {
    caption: String,
    said: Vec<Said>,
}

#[derive(Clone, Debug, PartialEq)]
enum Said {
    /// A layout from an earlier turn, written as the model would have.
    Layout(Layout),
    /// The model's own words.
    Answer(String),
    /// What it should do next.
    Request(String),
}

impl Dialogue {
    /// Asks for a first layout of `caption`.
    pub(super) fn about(caption: &str) -> Self {
        Self { caption: caption.to_owned(), said: Vec::new() }
    }

    /// Continues with a layout the model gave or was given.
    pub(super) fn layout(&mut self, layout: &Layout) {
        self.said.push(Said::Layout(layout.clone()));
    }

    /// Continues with a follow-up instruction.
    pub(super) fn instruct(&mut self, instruction: &str) {
        self.said.push(Said::Request(template::change(instruction)));
    }

    /// Continues with an answer and what is wrong with it.
    pub(super) fn complain(&mut self, answer: &str, faults: &[String]) {
        if !answer.is_empty() {
            self.said.push(Said::Answer(answer.to_owned()));
            self.said.push(Said::Request(template::complaint(faults)));
        }
    }

    /// The chat so far. One user message opens it, since some models' chat
    /// templates know no system role.
    pub(super) fn messages(&self, form: Form) -> Vec<Message> {
        let opening = Message { role: "user", content: template::opening(&self.caption, form) };
        let rest = self.said.iter().map(|said| match said {
            Said::Layout(layout) => Message { role: "assistant", content: template::write(layout, form) },
            Said::Answer(text) => Message { role: "assistant", content: text.clone() },
            Said::Request(text) => Message { role: "user", content: text.clone() },
        });
        std::iter::once(opening).chain(rest).collect()
    }

    /// The same as one text for a model that only continues texts.
    pub(super) fn transcript(&self) -> String {
        let mut text = template::opening(&self.caption, Form::Text);
        for said in &self.said {
            match said {
                Said::Layout(layout) => push_answer(&mut text, &template::write(layout, Form::Text)),
                Said::Answer(answer) => push_answer(&mut text, answer),
                Said::Request(request) => {
                    text.push_str(&format!("\n\n{request}\n{}", template::CUE));
                }
            }
        }
        text
    }
}

/// Appends an answer after `Objects:`, which it may repeat.
fn push_answer(text: &mut String, answer: &str) {
    let answer = answer.trim_start().strip_prefix(template::CUE).unwrap_or(answer);
    text.push(' ');
    text.push_str(answer.trim());
}
