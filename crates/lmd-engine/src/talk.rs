//! What a front says to an engine about layouts, besides planning one.

use lmd_planner::{Answer, Conversation, Reply, Wishes};

use crate::engine::{Engine, Planned};
use crate::error::EngineError;

/// What comes of something said about a layout.
#[derive(Clone, Debug)]
pub enum Response {
    /// An instruction was carried out.
    Layout(Planned),
    /// A question was answered; the layout is as it was.
    Answer(Answer),
}

impl Engine {
    /// The `variant`-th layout for a sentence: 0 is that of [`Self::plan`], the
    /// others say the same in another arrangement.
    ///
    /// # Errors
    /// [`EngineError::Plan`], also when there are fewer.
    pub fn plan_variant(&self, prompt: &str, variant: u32) -> Result<Planned, EngineError> {
        Ok(self.fitted(prompt, self.planner()?.0.plan_variant(prompt, variant)?))
    }

    /// Takes in whatever is said in a conversation: instructions are carried
    /// out, questions answered with proposals, `undo` and `redo` obeyed.
    ///
    /// # Errors
    /// [`EngineError::Plan`]; the conversation is unchanged then.
    pub fn respond(
        &self,
        conversation: &mut Conversation,
        said: &str,
        wishes: &Wishes,
    ) -> Result<Response, EngineError> {
        Ok(match conversation.respond(self.planner()?.0, said, wishes)? {
            Reply::Answer(answer) => Response::Answer(answer),
            Reply::Layout(plan) => Response::Layout(Planned::from(plan)),
        })
    }
}
