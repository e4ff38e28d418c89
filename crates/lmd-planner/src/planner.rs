//! The [`Planner`] trait, and conversations with a planner.

use crate::{Conversation, Plan, PlanError};

/// Something that turns a sentence into a layout.
///
/// Calls block; a server runs them on a thread of their own. One planner may
/// be asked from many threads at once.
///
/// ```
/// use lmd_planner::offline::OfflinePlanner;
/// use lmd_planner::Planner;
///
/// let plan = OfflinePlanner.plan("a red car to the left of a cat")?;
/// assert_eq!(plan.layout.objects().len(), 2);
/// # Ok::<(), lmd_planner::PlanError>(())
/// ```
pub trait Planner: Send + Sync {
    /// A short name for people and reports: `offline`, `llm gpt-4o`.
    fn name(&self) -> String;

    /// A layout for `prompt`.
    ///
    /// # Errors
    /// [`PlanError`] when no layout can be given. A layout that breaks some
    /// of the prompt's facts is not an error; it carries warnings.
    fn plan(&self, prompt: &str) -> Result<Plan, PlanError>;

    /// A complete new layout after a follow-up instruction such as "move the
    /// cat to the right". Objects the instruction does not touch keep their
    /// captions and boxes exactly.
    ///
    /// # Errors
    /// [`PlanError`]; the conversation is unchanged, so nothing is lost.
    fn revise(&self, conversation: &Conversation, instruction: &str) -> Result<Plan, PlanError>;
}

impl Conversation {
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
        self.remember(instruction, plan.layout.clone());
        Ok(plan)
    }
}
