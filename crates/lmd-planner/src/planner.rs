//! The [`Planner`] trait, and conversations with a planner.

use lmd_layout::{Layout, Object};

use crate::talk::{self, Meaning, meaning};
use crate::{Answer, Conversation, Plan, PlanError, Reply, Source, Wishes};

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

    /// The `variant`-th layout for `prompt`: 0 is that of [`Planner::plan`],
    /// the others say the same in another arrangement.
    ///
    /// ```
    /// use lmd_planner::offline::OfflinePlanner;
    /// use lmd_planner::Planner;
    ///
    /// let first = OfflinePlanner.plan_variant("a cat and a dog", 0)?.layout;
    /// assert_ne!(OfflinePlanner.plan_variant("a cat and a dog", 1)?.layout, first);
    /// # Ok::<(), lmd_planner::PlanError>(())
    /// ```
    ///
    /// # Errors
    /// As [`Planner::plan`]; [`PlanError::Variant`] when there are fewer.
    fn plan_variant(&self, prompt: &str, variant: u32) -> Result<Plan, PlanError> {
        talk::variant_of(self.plan(prompt)?, prompt, variant)
    }

    /// As [`Planner::revise`], with some objects locked: `locked` holds their
    /// indices, from 0.
    ///
    /// # Errors
    /// As [`Planner::revise`].
    fn revise_around(
        &self,
        conversation: &Conversation,
        instruction: &str,
        locked: &[usize],
    ) -> Result<Plan, PlanError> {
        let plan = self.revise(conversation, instruction)?;
        Ok(Plan { layout: with_locked(conversation.layout(), &plan.layout, locked)?, ..plan })
    }

    /// The answer to an open question (`what could I add?`).
    ///
    /// # Errors
    /// [`PlanError`] when it cannot be answered.
    fn answer(&self, conversation: &Conversation, question: &str) -> Result<Answer, PlanError> {
        Ok(talk::offline_answer(conversation, question))
    }

    /// Whatever is said about a layout: an instruction is carried out, a
    /// question answered, `another layout` gives one. `undo` and `redo` belong
    /// to the conversation: [`Conversation::respond`] knows them.
    ///
    /// # Errors
    /// As [`Planner::revise`] and [`Planner::answer`];
    /// [`PlanError::Variant`] when there is no other layout.
    fn respond(&self, conversation: &Conversation, said: &str, wishes: &Wishes) -> Result<Reply, PlanError> {
        match meaning(&crate::normalize_prompt(said)?) {
            Meaning::Another => talk::another(conversation, wishes).map(Reply::Layout),
            Meaning::Question(_) => self.answer(conversation, said).map(Reply::Answer),
            Meaning::Instruction | Meaning::Undo | Meaning::Redo | Meaning::Restart => {
                self.revise_around(conversation, said, &wishes.locked).map(Reply::Layout)
            }
        }
    }
}

/// `after` with the locked objects of `before` as they were; one that is gone
/// is put back.
fn with_locked(before: &Layout, after: &Layout, locked: &[usize]) -> Result<Layout, PlanError> {
    let mut objects: Vec<Object> = after.objects().to_vec();
    for object in locked.iter().filter_map(|index| before.objects().get(*index)) {
        if objects.contains(object) {
            continue;
        }
        let alike = objects
            .iter()
            .position(|other| other.caption == object.caption && !before.objects().contains(other));
        match alike.and_then(|index| objects.get_mut(index)) {
            Some(moved) => *moved = object.clone(),
            None => objects.push(object.clone()),
        }
    }
    Ok(Layout::new(objects, after.background(), after.negative())?)
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
    /// As [`Planner::respond`]; a question is an instruction that was not
    /// understood here. The conversation is then unchanged.
    pub fn say(&mut self, planner: &dyn Planner, instruction: &str) -> Result<Plan, PlanError> {
        match self.respond(planner, instruction, &Wishes::default())? {
            Reply::Layout(plan) => Ok(plan),
            Reply::Answer(answer) => Err(PlanError::Instruction {
                instruction: instruction.to_owned(),
                why: format!("it is a question. {}", answer.to_text()),
            }),
        }
    }

    /// Takes in whatever is said: instructions change the layout and are
    /// remembered, questions are answered, `undo` and `redo` go back and forth.
    ///
    /// # Errors
    /// As [`Planner::respond`]; the conversation is then unchanged.
    pub fn respond(
        &mut self,
        planner: &dyn Planner,
        said: &str,
        wishes: &Wishes,
    ) -> Result<Reply, PlanError> {
        let nothing = |what: &str| PlanError::Instruction {
            instruction: said.trim().to_owned(),
            why: format!("there is nothing to {what}"),
        };
        let reply = match meaning(&crate::normalize_prompt(said)?) {
            Meaning::Undo if self.undo() => return Ok(Reply::Layout(self.current())),
            Meaning::Redo if self.redo() => return Ok(Reply::Layout(self.current())),
            Meaning::Restart if self.undo() => {
                while self.undo() {}
                return Ok(Reply::Layout(self.current()));
            }
            // "bring it back" of what was removed last
            Meaning::Redo
                if ["back", "keep", "leave"].iter().any(|word| said.to_lowercase().contains(word))
                    && self.took_away() =>
            {
                self.undo();
                return Ok(Reply::Layout(self.current()));
            }
            Meaning::Undo | Meaning::Restart => return Err(nothing("undo")),
            Meaning::Redo => return Err(nothing("redo")),
            _ => planner.respond(self, said, wishes)?,
        };
        if let Reply::Layout(plan) = &reply {
            self.remember(said, plan.layout.clone());
        }
        Ok(reply)
    }

    /// Whether the last instruction removed something.
    fn took_away(&self) -> bool {
        self.previous().is_some_and(|before| before.objects().len() > self.layout().objects().len())
    }

    /// The layout as it stands, as a plan.
    fn current(&self) -> Plan {
        Plan { layout: self.layout().clone(), warnings: Vec::new(), source: Source::Offline }
    }
}
