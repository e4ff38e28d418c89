//! Follow-up instructions (multi-turn scene specification, LMD section 3.1):
//! "move the cat to the right", "add two birds in the sky", "make it red".
//!
//! The way: the instruction is cut into clauses and each becomes a
//! [`command::Command`]; [`refer`] finds the objects it names; it is then
//! carried out on a [`board::Board`]. Objects that are not named keep their
//! captions and boxes to the bit.

mod about;
mod adding;
mod adjust;
mod amount;
mod apposed;
mod arranging;
mod attribute;
mod board;
mod changing;
mod clauses;
mod command;
mod demand;
mod denying;
mod detail;
mod doing;
mod emptying;
mod flank;
mod gathering;
mod giving;
mod ground;
mod happening;
mod heard;
mod instead;
mod lines;
mod matching;
mod more;
mod moving;
mod naming;
mod new_places;
mod novelty;
mod ones;
mod ordering;
mod outcome;
mod owning;
mod passing;
mod phrasing;
mod picking;
mod readable;
mod refer;
mod refusal;
mod relocate;
mod remarks;
mod rest;
mod rewording;
mod scenery;
mod sets;
mod sizing;
mod spelled;
mod spot;
mod staging;
mod standing;
mod stepping;
mod tabletop;
mod terse;
mod vocabulary;
mod wearing;
mod whole;

use lmd_layout::{BBox, Layout, Object};

use crate::{Conversation, Plan, PlanError, RelationKind, Source, normalize_prompt};
pub(crate) use attribute::described;
use board::Board;
use clauses::{Clause, commands};
use command::Command;
pub(crate) use naming::without_article;
use refusal::Refusal;
pub(crate) use standing::stands;

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
    let text = once_more(conversation, text)?;
    let refuse = |why: Refusal| PlanError::Instruction { instruction: text.clone(), why };
    let layout = conversation.layout();
    let mut board = Board::new(layout, last_touched(conversation), locked);
    if let Some(before) = conversation.previous() {
        let before: Vec<_> = before.objects().iter().map(|o| (o.caption.to_string(), o.bbox)).collect();
        board.note_vacated(&before);
    }
    board.gone = gone(conversation);
    board.topic = topic(conversation);
    let captions: Vec<String> = layout.objects().iter().map(|object| object.caption.to_string()).collect();
    let plain = spelled::without_signs(&text).map_err(&refuse)?;
    let (said, slips) = spelled::spelled(&plain, &captions.join(" "));
    board.warnings.extend(slips);
    let clauses = rest::kept_alone(commands(&said).map_err(&refuse)?);
    let several = clauses.len() > 1;
    // A remark that only says why tells nothing that is to come.
    let why = |clause: &&Clause| several && matches!(clause.command, Some(Command::Keep(_)));
    let heard =
        clauses.iter().filter(why).fold(said.to_lowercase(), |text, clause| text.replace(&clause.words, ""));
    let mut left_out: Vec<(String, Refusal)> = Vec::new();
    let meant = board.touched.clone();
    let mut last: Option<(String, Vec<usize>)> = None;
    for clause in clauses {
        // "a dragon above it and a knight below it" are against the same.
        if let Some((_, it)) = last.take_if(|(words, _)| opposite(words, &clause.words)) {
            board.touched = it;
        }
        last = clause
            .words
            .ends_with(" it")
            .then(|| (clause.words.clone(), refer::find(&board, "it").unwrap_or_default()));
        // "a box to the left of it and a ball to the right of it"
        let of_it =
            [" of it", " of him", " of her", " of them"].iter().any(|owner| clause.words.ends_with(owner));
        if of_it && !meant.is_empty() {
            board.touched.clone_from(&meant);
        }
        // What can be done is done, and the rest is told.
        let mut next = board.clone();
        match follow(&mut next, &clause) {
            Ok(()) => {
                next.note_vacated(&board.inhabitants());
                board = next;
            }
            Err(why) if several => left_out.push((clause.words, why)),
            Err(why) => return Err(refuse(why)),
        }
    }
    for (words, why) in &left_out {
        board.warnings.push(format!("left out \"{words}\": {why}"));
    }
    let (changed, mut warnings) = board.finish()?;
    if is_alike(&changed, layout) {
        match left_out.into_iter().next() {
            Some((_, why)) => return Err(refuse(why)),
            None => warnings.push("nothing changes, it is so already".to_owned()),
        }
        return Ok(Plan { layout: changed, warnings, source: Source::Offline });
    }
    tell(&heard, layout, &changed, &mut warnings);
    Ok(Plan { layout: changed, warnings, source: Source::Offline })
}

/// Whether two clauses add something on opposite sides of `it`.
fn opposite(one: &str, other: &str) -> bool {
    let sides = [(" above it", " below it"), (" behind it", " in front of it")];
    let ends = |a: &str, b: &str| one.ends_with(a) && other.ends_with(b);
    sides.iter().any(|(a, b)| ends(a, b) || ends(b, a))
}

/// `a bit more`: what was said last, once again.
fn once_more(conversation: &Conversation, text: String) -> Result<String, PlanError> {
    let last = conversation.turns().last().map(|turn| turn.instruction.as_str());
    match last {
        Some(last) if terse::asks_again(&text) => Ok(normalize_prompt(last)?),
        Some(last) => Ok(terse::distance_again(&text, last).unwrap_or(text)),
        None if terse::asks_again(&text) => {
            let why = "nothing was changed yet that could be done once more".to_owned();
            Err(PlanError::Instruction { instruction: text, why })
        }
        None => Ok(text),
    }
}

/// Tells what of an instruction may have been read wrongly, and of which nothing came.
fn tell(text: &str, before: &Layout, after: &Layout, warnings: &mut Vec<String>) {
    for word in heard::doubtful(before, after) {
        if !warnings.iter().any(|warning: &String| warning.contains(&word)) {
            warnings.push(format!("took \"{word}\" for something to be seen, which may be wrong"));
        }
    }
    for word in heard::still_shown(before, after) {
        warnings.push(format!("the background still speaks of \"{word}\", which is left out"));
    }
    for word in heard::unheard(text, before, after) {
        if !warnings.iter().any(|warning: &String| warning.contains(&word)) {
            warnings.push(format!("nothing came of \"{word}\""));
        }
    }
}

/// Whether two layouts are one to the eye.
fn is_alike(a: &Layout, b: &Layout) -> bool {
    let one = |(a, b): (&Object, &Object)| a.caption == b.caption && near(a.bbox, b.bbox);
    let said = |layout: &Layout| (layout.background().to_owned(), layout.negative().to_owned());
    said(a) == said(b)
        && a.objects().len() == b.objects().len()
        && a.objects().iter().zip(b.objects()).all(one)
}

/// Whether two boxes differ by less than one can see.
fn near(a: BBox, b: BBox) -> bool {
    const UNSEEN: f64 = 0.004;
    [a.x() - b.x(), a.y() - b.y(), a.x_max() - b.x_max(), a.y_max() - b.y_max()]
        .iter()
        .all(|by| by.abs() < UNSEEN)
}

/// Carries out one clause, unless it would change what is locked.
fn follow(board: &mut Board, clause: &Clause) -> Result<(), Refusal> {
    let command = clause.command.as_ref().ok_or_else(|| refusal::EXAMPLES.to_owned())?;
    let before = board.clone();
    carry_out(board, command)?;
    outcome::see_to(board, &before, command, &clause.words);
    let after = board.locked();
    match before.locked().iter().find(|piece| !after.contains(piece)) {
        Some((caption, _)) => {
            Err(format!("{caption} is locked and stays as it is; unlock it, or name another"))
        }
        None => Ok(()),
    }
}

fn carry_out(board: &mut Board, command: &Command) -> Result<(), Refusal> {
    match command {
        Command::Add(what) | Command::Want(what) if more::again(board, what) => Ok(()),
        Command::Add(what) | Command::Want(what) if what.contains(" for each") => {
            let (new, of) = what.split_once(" for each").unwrap_or((what, ""));
            happening::give_each(board, &format!("each{of}"), new)
        }
        Command::Add(what) => wearing::add(board, what),
        Command::Put { who, moved, added } => match refer::find(board, who) {
            Ok(found) if refer::are_called(board, who, &found) => carry_out(board, moved),
            _ => wearing::add(board, added),
        },
        Command::Fill { what, place } => instead::fill(board, &ones::with_noun(board, what), place),
        Command::Edge { who, to_left } => relocate::to_edge(board, who, *to_left),
        Command::Happen { who, doing } => happening::happen(board, who, doing),
        Command::Arrange { who, line } => lines::arrange(board, who, *line),
        Command::Keep(who) => refer::find(board, who).map(|found| board.touched = found),
        Command::Allow(what) => scenery::allow(board, what),
        Command::Relabel { who, to } => adjust::relabel(board, who, to),
        Command::Double(who) => arranging::double(board, who),
        Command::Want(what) => arranging::want(board, what, wearing::add),
        Command::Colours { who, colours } => adjust::colours(board, who, colours),
        Command::Relate { who, kind, anchor } => happening::relate(board, who, *kind, anchor),
        Command::Region { who, region } => relocate::to_region(board, who, *region),
        Command::Nudge { who, dx, dy } => relocate::nudge(board, who, *dx, *dy),
        Command::Shift { who, dx, dy } => relocate::shift(board, who, *dx, *dy),
        Command::Order { who, order } => ordering::order(board, who, *order),
        Command::Restore(who) => flank::restore(board, who),
        Command::Flank { what, anchor } => flank::flank(board, what, anchor),
        Command::Gather { who, factor } => gathering::gather(board, who.as_deref(), *factor),
        Command::Approach { who, anchor, factor } => gathering::approach(board, who, anchor, *factor),
        Command::Swap(one, other) => instead::trade(board, one, other),
        Command::Remove(who) => adjust::remove(board, who),
        Command::Describe { who, words } => adjust::describe(board, who, words),
        Command::Rename { who, to } => adjust::rename(board, who, to),
        Command::Resize { who, w, h } => adjust::resize(board, who, *w, *h),
        Command::Background(place) => scenery::background(board, place),
        Command::Mood(words) => scenery::mood(board, words),
        Command::Style(style) => scenery::style(board, style),
        Command::Exclude(what) => adjust::exclude(board, what),
        Command::Deny { who, what } => denying::deny(board, who, what),
        Command::Duplicate { who, count } => arranging::duplicate(board, who, *count),
        Command::SameSize { who, side } => matching::same_size(board, who, *side),
        Command::Match { who, side, factor, like } => matching::match_size(board, who, *side, *factor, like),
        Command::Exceed { who, how, anchor } => matching::exceed(board, who, how, anchor),
        Command::Align { who, edge } => arranging::align(board, who, *edge),
        Command::Mirror { who, upright } => arranging::mirror(board, who.as_deref(), *upright),
        Command::Centre(who) => arranging::centre(board, who),
        Command::Extreme { who, how } => matching::outdo(board, who, how),
        Command::Clear(what) => adjust::clear(board, what),
        Command::Give { who, what } => happening::give(board, who, what),
        Command::Cannot(why) => Err((*why).to_owned()),
        Command::Instead { done, gone } => {
            let held = instead::held_before(board, done, gone);
            carry_out(board, done)?;
            instead::let_go(board, gone, &held)
        }
        Command::KeepOnly(who) => arranging::keep_only(board, who),
    }
}

/// What "it" means: the objects the last instruction changed, of several those that it is about; or the only one.
fn last_touched(conversation: &Conversation) -> Vec<usize> {
    let now = conversation.layout().objects();
    let changed: Vec<usize> = match conversation.previous() {
        None if now.len() == 1 => vec![0],
        None => Vec::new(),
        Some(before) => (0..now.len()).filter(|index| !before.objects().contains(&now[*index])).collect(),
    };
    // What came back when an instruction was taken back.
    if let Some(undone) = conversation.taken_back() {
        let back = |index: &usize| !undone.objects().contains(&now[*index]);
        return (0..now.len()).filter(back).collect();
    }
    let Some(turn) = conversation.turns().last().filter(|_| changed.len() > 1) else { return changed };
    let said = turn.instruction.to_lowercase();
    let about = crate::english::relation_phrase(&said).map_or(said.clone(), |(who, ..)| who);
    let named = |words: &str| -> Vec<usize> {
        let words: Vec<String> = words.split([' ', ',']).map(lmd_layout::singular).collect();
        let noun = |index: &usize| naming::head_noun(now[*index].caption.as_str());
        changed
            .iter()
            .copied()
            .filter(|index| noun(index).is_some_and(|noun| words.contains(&noun)))
            .collect()
    };
    // "make it sleep on a pillow": what it was, not the new pillow.
    let before = conversation.previous().map(Layout::objects).unwrap_or_default();
    let points = about.split(' ').any(|word| matches!(word, "it" | "him" | "her" | "them"));
    let known = |index: &usize| before.iter().any(|old| old.caption == now[*index].caption);
    let pointed: Vec<usize> = changed.iter().copied().filter(|index| points && known(index)).collect();
    [named(&about), pointed, named(&said), changed.clone()]
        .into_iter()
        .find(|found| !found.is_empty())
        .unwrap_or_default()
}

/// What the prompt is about, where it says how one kind of thing is to the others.
fn topic(conversation: &Conversation) -> Vec<usize> {
    let about = crate::english::relation_phrase(&conversation.prompt().to_lowercase());
    let peers = |kind| matches!(kind, RelationKind::NextTo | RelationKind::LeftOf | RelationKind::RightOf);
    let Some((who, ..)) = about.filter(|(_, kind, _)| !peers(*kind)) else { return Vec::new() };
    // "a squirrel with a nut on a fence"
    let (who, with) = who.split_once(" with ").unwrap_or((&who, ""));
    let things = crate::english::noun_phrases(who);
    let ([thing], false) = (things.as_slice(), with.contains(" and ")) else { return Vec::new() };
    let now = conversation.layout().objects();
    let called =
        |index: &usize| naming::head_noun(now[*index].caption.as_str()).as_ref() == Some(&thing.noun);
    (0..now.len()).filter(called).collect()
}

/// What was there in an earlier layout and went away since, the latest first.
fn gone(conversation: &Conversation) -> Vec<(String, BBox)> {
    let now = conversation.layout().objects();
    let turns = conversation.turns().iter().rev().skip(1).map(|turn| &turn.layout);
    let mut gone: Vec<(String, BBox)> = Vec::new();
    let mut later = now;
    for layout in turns.chain((!conversation.turns().is_empty()).then(|| conversation.first())) {
        let count = |objects: &[Object], caption: &str| {
            objects.iter().filter(|object| object.caption.as_str() == caption).count()
        };
        for object in layout.objects() {
            let caption = object.caption.as_str();
            let fewer = count(later, caption) < count(layout.objects(), caption);
            let replaced = later.iter().any(|other| other.bbox == object.bbox);
            if fewer && !replaced && !later.contains(object) {
                gone.push((caption.to_owned(), object.bbox));
            }
        }
        later = layout.objects();
    }
    gone
}

#[cfg(test)]
mod chat_tests;
#[cfg(test)]
mod deeds_tests;
#[cfg(test)]
mod kinds_tests;
#[cfg(test)]
mod outcome_tests;
#[cfg(test)]
mod rewording_tests;
#[cfg(test)]
mod riding_tests;
#[cfg(test)]
mod several_tests;
#[cfg(test)]
mod silence_tests;
#[cfg(test)]
mod terse_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod wearing_tests;
#[cfg(test)]
mod whole_tests;
