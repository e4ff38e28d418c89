//! What was said so far, in the form a server takes (A.1, A.9).

use lmd_layout::Layout;

use super::chat::Message;
use super::template::{self, AnswerForm};

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

    /// Continues with a question in plain words.
    pub(super) fn ask(&mut self, question: String) {
        self.said.push(Said::Request(question));
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
    pub(super) fn messages(&self, form: AnswerForm) -> Vec<Message> {
        let opening = Message::user(template::opening(&self.caption, form));
        let rest = self.said.iter().map(|said| match said {
            Said::Layout(layout) => Message::assistant(template::write(layout, form)),
            Said::Answer(text) => Message::assistant(text.clone()),
            Said::Request(text) => Message::user(text.clone()),
        });
        std::iter::once(opening).chain(rest).collect()
    }
}
