//! [`Conversation`]: multi-turn scene specification (LMD, section 3.1; A.9).

use lmd_layout::Layout;
use serde::{Deserialize, Serialize};

/// A prompt, the layout it became, and every instruction since.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Conversation {
    prompt: String,
    first: Layout,
    turns: Vec<Turn>,
    /// What was taken back, the latest last. It is nothing a planner is told.
    #[serde(skip)]
    undone: Vec<Turn>,
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
        Self { prompt: prompt.to_owned(), first: layout, turns: Vec::new(), undone: Vec::new() }
    }

    /// Remembers an instruction and the layout after it. What was taken back
    /// before cannot be done again then.
    pub fn remember(&mut self, instruction: &str, layout: Layout) {
        self.undone.clear();
        self.turns.push(Turn { instruction: instruction.to_owned(), layout });
    }

    /// Takes the last instruction back; `false` if there was none.
    pub fn undo(&mut self) -> bool {
        let undone = self.turns.pop();
        let any = undone.is_some();
        self.undone.extend(undone);
        any
    }

    /// Does again what was taken back last; `false` if nothing was.
    pub fn redo(&mut self) -> bool {
        let again = self.undone.pop();
        let any = again.is_some();
        self.turns.extend(again);
        any
    }

    /// The layout that was taken back last, as long as nothing was done since.
    pub(crate) fn taken_back(&self) -> Option<&Layout> {
        self.undone.last().map(|turn| &turn.layout)
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

    /// The layout before the last instruction, if there was one.
    #[must_use]
    pub fn previous(&self) -> Option<&Layout> {
        let before = self.turns.len().checked_sub(1)?;
        let turn = before.checked_sub(1).and_then(|index| self.turns.get(index));
        Some(turn.map_or(&self.first, |turn| &turn.layout))
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
