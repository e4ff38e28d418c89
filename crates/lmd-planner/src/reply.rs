//! [`Reply`]: what a planner answers to what is said about a layout.

use serde::{Deserialize, Serialize};

use crate::Plan;

/// Most proposals of one answer.
pub(crate) const MOST_PROPOSALS: usize = 5;

/// What comes of something said about a layout: another layout, or an answer
/// with proposals to choose from.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "reply", rename_all = "snake_case")]
pub enum Reply {
    /// An instruction was carried out.
    Layout(Plan),
    /// A question was answered; the layout is as it was.
    Answer(Answer),
}

/// An answer to an open question about a layout.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// A few sentences.
    pub text: String,
    /// What could be done, best first; may be none.
    pub proposals: Vec<Proposal>,
}

/// Something that could be done with a layout.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    /// What to say for it to be done, as in [`crate::Planner::respond`].
    pub instruction: String,
    /// Why it would be good, if there is more to say than that it is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// What a person wishes of a reply besides what is said.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Wishes {
    /// Which of the layouts that would do: 0 is the usual one, others differ
    /// from it and from one another.
    pub variant: u32,
    /// The objects, by their index from 0, that keep captions and boxes.
    pub locked: Vec<usize>,
}

impl Proposal {
    pub(crate) fn new(instruction: &str) -> Self {
        Self { instruction: instruction.to_owned(), why: None }
    }

    pub(crate) fn because(self, why: &str) -> Self {
        Self { why: Some(why.to_owned()), ..self }
    }
}

impl Answer {
    /// The answer in plain text: proposals are numbered lines.
    #[must_use]
    pub fn to_text(&self) -> String {
        let lines = self.proposals.iter().enumerate().map(|(index, proposal)| {
            let why = proposal.why.as_ref().map(|why| format!(" ({why})")).unwrap_or_default();
            format!("\n  {}. {}{why}", index + 1, proposal.instruction)
        });
        format!("{}{}", self.text, lines.collect::<String>())
    }
}
