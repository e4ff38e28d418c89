//! Follow-up instructions (multi-turn scene specification, LMD section 3.1):
//! "move the cat to the right", "add two birds in the sky", "make it red".
//!
//! The way: the instruction is cut into clauses and each becomes a
//! [`command::Command`]; [`refer`] finds the objects it names; it is then
//! carried out on a [`board::Board`]. Objects that are not named keep their
//! captions and boxes to the bit.

mod adjust;
mod arranging;
mod board;
mod changing;
mod clauses;
mod command;
mod ground;
mod moving;
mod passing;
mod readable;
mod refer;
mod refusal;
mod relocate;
mod scenery;
mod vocabulary;
mod whole;

use lmd_layout::Layout;

use crate::{Conversation, Plan, PlanError, Source, normalize_prompt};
pub(crate) use adjust::described;
use board::Board;
use clauses::commands;
use command::Command;
pub(crate) use refer::without_article;
use refusal::Refusal;

/// The indices of all objects that the words name; none where they name
/// nothing.
pub(crate) fn all_named(layout: &Layout, words: &str) -> Vec<usize> {
    let board = Board::new(layout, Vec::new(), &[]);
    refer::find(&board, &format!("all {words}")).unwrap_or_default()
}

/// A complete new layout after `instruction`. The objects whose numbers are
/// `locked` keep captions and boxes.
pub(crate) fn revise(
    conversation: &Conversation,
    instruction: &str,
    locked: &[usize],
) -> Result<Plan, PlanError> {
    let text = normalize_prompt(instruction)?;
    let refuse = |why: Refusal| PlanError::Instruction { instruction: text.clone(), why };
    let layout = conversation.layout();
    let mut board = Board::new(layout, last_touched(conversation), locked);
    for command in commands(&text).map_err(&refuse)? {
        let before = board.locked();
        carry_out(&mut board, &command).map_err(&refuse)?;
        let after = board.locked();
        if let Some((caption, _)) = before.iter().find(|piece| !after.contains(piece)) {
            return Err(refuse(format!(
                "{caption} is locked and stays as it is; unlock it, or name another"
            )));
        }
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
        Command::Want(what) => arranging::want(board, what),
        Command::Colours { who, colours } => adjust::colours(board, who, colours),
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
        Command::Duplicate { who, count } => arranging::duplicate(board, who, *count),
        Command::SameSize { who, like } => arranging::same_size(board, who, like.as_deref()),
        Command::Exceed { who, how, anchor } => arranging::exceed(board, who, how, anchor),
        Command::Align { who, edge } => arranging::align(board, who, *edge),
        Command::Mirror { who, upright } => arranging::mirror(board, who.as_deref(), *upright),
        Command::Centre(who) => arranging::centre(board, who),
        Command::KeepOnly(who) => arranging::keep_only(board, who),
    }
}

/// What "it" means: the objects the last instruction changed, or the only one.
fn last_touched(conversation: &Conversation) -> Vec<usize> {
    let now = conversation.layout().objects();
    match conversation.previous() {
        None if now.len() == 1 => vec![0],
        None => Vec::new(),
        Some(before) => (0..now.len()).filter(|index| !before.objects().contains(&now[*index])).collect(),
    }
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod whole_tests;
