//! Talking about a layout: open questions are answered with what is there and
//! with proposals to choose from (the open-ended requests of LMD, section
//! 3.1), `another layout` with another one. Every proposal was tried: it is
//! an instruction that the offline planner carries out without a doubt.

mod asked;
mod describe;
mod ideas;
mod improve;
mod meaning;

use lmd_layout::{Layout, check_layout};
use meaning::Question;
pub(crate) use meaning::{Meaning, meaning};

use crate::offline::edit::revise;
use crate::reply::MOST_PROPOSALS;
use crate::{Answer, Conversation, Plan, PlanError, Proposal, Source, Wishes, variants};

/// Most proposals that are tried for one answer.
const MOST_TRIED: usize = 24;

/// An answer to `question` without a language model.
fn answer(layout: &Layout, question: &Question) -> Answer {
    let is = describe::describe(layout);
    match question {
        Question::WhatIsThere => Answer { text: is, proposals: Vec::new() },
        Question::HowMany(what) => Answer { text: asked::how_many(layout, what), proposals: Vec::new() },
        Question::Where(what) => Answer { text: describe::whereabouts(layout, what), proposals: Vec::new() },
        Question::IsIt(what) => Answer { text: asked::is_it(layout, what), proposals: Vec::new() },
        Question::Which(how) => Answer { text: asked::which(layout, how), proposals: Vec::new() },
        Question::Size(what) => Answer { text: asked::size(layout, what), proposals: Vec::new() },
        Question::Colour(what) => Answer { text: asked::colour(layout, what), proposals: Vec::new() },
        Question::WhatIs(place) => Answer { text: asked::what_is(layout, place), proposals: Vec::new() },
        Question::WhatToAdd => {
            Answer { text: "These would fit:".to_owned(), proposals: tried(layout, additions(layout)) }
        }
        Question::Livelier => {
            let lively = ideas::lively(layout).iter().map(|idea| Proposal::new(idea)).collect();
            Answer { text: "These would bring life into it:".to_owned(), proposals: tried(layout, lively) }
        }
        Question::Improve => improvements(layout),
        Question::Help | Question::Other => {
            let text = format!(
                "{is} Say what to change, as in \"move the cat to the left\", \"make it red\", \"another layout\" or \"undo\"; or ask what could be added."
            );
            let all = improve::proposals(layout).into_iter().chain(additions(layout)).collect();
            Answer { text, proposals: tried(layout, all) }
        }
    }
}

/// Whether a question asks for ideas rather than for what there is.
pub(crate) fn wants_ideas(said: &str) -> bool {
    let ideas = [Question::WhatToAdd, Question::Livelier, Question::Improve, Question::Other];
    matches!(meaning(said), Meaning::Question(question) if ideas.contains(&question))
}

/// The same for what was said.
pub(crate) fn offline_answer(conversation: &Conversation, said: &str) -> Answer {
    let question = match meaning(said) {
        Meaning::Question(question) => question,
        _ => Question::Other,
    };
    answer(conversation.layout(), &question)
}

fn additions(layout: &Layout) -> Vec<Proposal> {
    ideas::additions(layout).iter().map(|idea| Proposal::new(idea)).collect()
}

fn improvements(layout: &Layout) -> Answer {
    let mut proposals = tried(layout, improve::proposals(layout));
    let text = if proposals.is_empty() {
        "Nothing is wrong with it. These would be other ways to go on:"
    } else {
        "These would help:"
    };
    let more = tried(layout, additions(layout));
    proposals.extend(more.into_iter().take(MOST_PROPOSALS.saturating_sub(proposals.len()).min(3)));
    if variants::variant(layout, "", &[], 1).is_ok() && proposals.len() < MOST_PROPOSALS {
        proposals.push(Proposal::new("another layout"));
    }
    Answer { text: text.to_owned(), proposals }
}

/// Those proposals that can be carried out and leave nothing doubtful that was
/// not so before.
fn tried(layout: &Layout, proposals: Vec<Proposal>) -> Vec<Proposal> {
    let conversation = Conversation::from_layout("", layout.clone());
    let doubts = check_layout(layout).len();
    let works = |proposal: &Proposal| {
        revise(&conversation, &proposal.instruction, &[])
            .is_ok_and(|plan| plan.warnings.is_empty() && check_layout(&plan.layout).len() <= doubts)
    };
    proposals.into_iter().take(MOST_TRIED).filter(works).take(MOST_PROPOSALS).collect()
}

/// Another layout of what the conversation is about. Asked for again, it is
/// yet another.
pub(crate) fn another(conversation: &Conversation, wishes: &Wishes) -> Result<Plan, PlanError> {
    let turns = conversation.turns();
    let again = turns.iter().rev().take_while(|turn| meaning(&turn.instruction) == Meaning::Another).count();
    let base = turns.len() - again;
    let layout = base
        .checked_sub(1)
        .and_then(|index| turns.get(index))
        .map_or(conversation.first(), |turn| &turn.layout);
    let number = u32::try_from(again).unwrap_or(u32::MAX).saturating_add(wishes.variant.max(1));
    // What was changed since may contradict the first sentence.
    let prompt = if base == 0 { conversation.prompt() } else { "" };
    let layout = variants::variant(layout, prompt, &wishes.locked, number)?;
    Ok(Plan { layout, warnings: Vec::new(), source: Source::Offline })
}

/// The plan of a sentence, rearranged.
pub(crate) fn variant_of(plan: Plan, prompt: &str, number: u32) -> Result<Plan, PlanError> {
    if number == 0 {
        return Ok(plan);
    }
    let layout = variants::variant(&plan.layout, prompt, &[], number)?;
    Ok(Plan { layout, ..plan })
}

#[cfg(test)]
mod tests;
