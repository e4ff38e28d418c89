//! Follow-up instructions (multi-turn scene specification, LMD section 3.1):
//! "move the cat to the right", "add two birds in the sky", "make it red".
//!
//! The way: the instruction is cut into clauses and each becomes a
//! [`command::Command`]; [`refer`] finds the objects it names; it is then
//! carried out on a [`board::Board`]. Objects that are not named keep their
//! captions and boxes to the bit.

mod adjust;
mod board;
mod changing;
mod clauses;
mod command;
mod geometry;
mod moving;
mod refer;
mod refusal;
mod relocate;
mod scenery;
mod vocabulary;

use lmd_layout::Layout;

use crate::{Conversation, Plan, PlanError, Source, normalize_prompt};
use board::Board;
use clauses::commands;
use command::Command;
use refusal::Refusal;

/// A complete new layout after `instruction`.
pub(super) fn revise(conversation: &Conversation, instruction: &str) -> Result<Plan, PlanError> {
    let text = normalize_prompt(instruction)?;
    let refuse = |why: Refusal| PlanError::Instruction { instruction: text.clone(), why };
    let layout = conversation.layout();
    if vocabulary::is_undo(&text) {
        let before = previous(conversation).ok_or_else(|| refuse("there is nothing to undo".to_owned()))?;
        return Ok(Plan { layout: before.clone(), warnings: Vec::new(), source: Source::Offline });
    }
    let mut board = Board::new(layout, last_touched(conversation));
    for command in commands(&text).map_err(&refuse)? {
        carry_out(&mut board, &command).map_err(&refuse)?;
    }
    let (revised, warnings) = board.finish()?;
    if revised == *layout {
        return Err(refuse("it changes nothing in the layout".to_owned()));
    }
    Ok(Plan { layout: revised, warnings, source: Source::Offline })
}

fn carry_out(board: &mut Board, command: &Command) -> Result<(), Refusal> {
    match command {
        Command::Add(what) => relocate::add(board, what),
        Command::Relate { who, kind, anchor } => relocate::relate(board, who, *kind, anchor),
        Command::Region { who, region } => relocate::to_region(board, who, *region),
        Command::Nudge { who, dx, dy } => relocate::nudge(board, who, *dx, *dy),
        Command::Gather { who, factor } => relocate::gather(board, who.as_deref(), *factor),
        Command::Approach { who, anchor, factor } => relocate::approach(board, who, anchor, *factor),
        Command::Swap(one, other) => relocate::swap(board, one, other),
        Command::Remove(who) => adjust::remove(board, who),
        Command::Describe { who, words } => adjust::describe(board, who, words),
        Command::Rename { who, to } => adjust::rename(board, who, to),
        Command::Resize { who, w, h } => adjust::resize(board, who, *w, *h),
        Command::Background(place) => scenery::background(board, place),
        Command::Mood(words) => scenery::mood(board, words),
        Command::Style(style) => scenery::style(board, style),
        Command::Exclude(what) => adjust::exclude(board, what),
    }
}

/// The layout before the last instruction.
fn previous(conversation: &Conversation) -> Option<&Layout> {
    let turns = conversation.turns();
    let before = turns.len().checked_sub(1)?;
    Some(
        before
            .checked_sub(1)
            .and_then(|index| turns.get(index))
            .map_or(conversation.first(), |turn| &turn.layout),
    )
}

/// What "it" means: the objects the last instruction changed, or the only one.
fn last_touched(conversation: &Conversation) -> Vec<usize> {
    let now = conversation.layout().objects();
    match previous(conversation) {
        None if now.len() == 1 => vec![0],
        None => Vec::new(),
        Some(before) => (0..now.len()).filter(|index| !before.objects().contains(&now[*index])).collect(),
    }
}

#[cfg(test)]
mod tests;
