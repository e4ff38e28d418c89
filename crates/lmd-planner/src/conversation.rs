//! [`Conversation`]: multi-turn scene specification (LMD, section 3.1; A.9).

use lmd_layout::Layout;
use serde::{Deserialize, Serialize};

use crate::{Plan, PlanError, Planner};

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

    /// Plans `prompt` and starts a conversation about it.
    ///
    /// # Errors
    /// As [`Planner::plan`].
    pub fn start(planner: &dyn Planner, prompt: &str) -> Result<(Self, Plan), PlanError> {
        let plan = planner.plan(prompt)?;
        Ok((Self::from_layout(prompt, plan.layout.clone()), plan))
    }

    /// Carries out an instruction and remembers it.
    ///
    /// # Errors
    /// As [`Planner::revise`]; the conversation is then unchanged.
    pub fn say(&mut self, planner: &dyn Planner, instruction: &str) -> Result<Plan, PlanError> {
        let plan = planner.revise(self, instruction)?;
        self.turns.push(Turn { instruction: instruction.to_owned(), layout: plan.layout.clone() });
        Ok(plan)
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
