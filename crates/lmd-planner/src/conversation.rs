//! [`Conversation`]: multi-turn scene specification (LMD, section 3.1; A.9).

use lmd_layout::Layout;
use serde::{Deserialize, Serialize};

/// A prompt, the layout it became, and every instruction since.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Conversation {
    prompt: String,
    first: Layout,
    turns: Vec<Turn>,
}

/// A follow-up instruction and the complete layout after it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Turn {
    /// What was asked, as typed.
    pub instruction: String,
    /// The layout after it.
    pub layout: Layout,
}

impl Conversation {
    /// A conversation that starts from a layout somebody has already.
    #[must_use]
    pub fn from_layout(prompt: &str, layout: Layout) -> Self {
        Self { prompt: prompt.to_owned(), first: layout, turns: Vec::new() }
    }

    /// Remembers an instruction and the layout after it.
    pub(crate) fn remember(&mut self, instruction: &str, layout: Layout) {
        self.turns.push(Turn { instruction: instruction.to_owned(), layout });
    }

    /// Takes the last instruction back; `false` if there was none.
    pub fn undo(&mut self) -> bool {
        self.turns.pop().is_some()
    }

    /// The sentence it started from; may be empty for a loaded layout.
    #[must_use]
    pub fn prompt(&self) -> &str {
        &self.prompt
    }

    /// The layout as it stands now.
    #[must_use]
    pub fn layout(&self) -> &Layout {
        self.turns.last().map_or(&self.first, |turn| &turn.layout)
    }

    /// The layout before the first instruction.
    #[must_use]
    pub fn first(&self) -> &Layout {
        &self.first
    }

    /// The instructions so far, oldest first.
    #[must_use]
    pub fn turns(&self) -> &[Turn] {
        &self.turns
    }
}
