//! What is kept and what becomes of the rest, in clauses of their own: `keep the bus and remove the others`.

use super::clauses::Clause;
use super::command::Command;
use super::moving::into_region;
use super::naming::is_everything;
use crate::lexicon::List;

/// Whether words mean what has not been named: `the rest`, `everything else`.
fn is_rest(who: &str) -> bool {
    let who = who.strip_prefix("of ").unwrap_or(who);
    is_everything(who) || List::All.has(&who.replace(' ', "-"))
}

/// Whether words name one new thing and its part of the picture: `a bus on the right`.
fn in_part(what: &str) -> bool {
    let one = !what.contains(" and ") && matches!(what.split(' ').next(), Some("a" | "an"));
    one && into_region(what).is_some()
}

/// The clauses with one in the place of two that say the same: what is kept, and that the rest goes.
pub(super) fn kept_alone(clauses: Vec<Clause>) -> Vec<Clause> {
    let mut read: Vec<Clause> = Vec::with_capacity(clauses.len());
    for clause in clauses {
        // "a taxi on the left and a bus on the right" share the picture.
        if let (Some(Command::Add(second)), Some(Command::Add(first))) =
            (&clause.command, read.last().and_then(|last| last.command.as_ref()))
            && in_part(first)
            && in_part(second)
        {
            let both = format!("{first} and {second}");
            read.pop();
            read.push(Clause { words: format!("add {both}"), command: Some(Command::Add(both)) });
            continue;
        }
        let kept = match read.last().map(|last| (&last.command, &clause.command)) {
            Some((
                Some(Command::Keep(who) | Command::KeepOnly(who)),
                Some(Command::Remove(rest) | Command::Clear(rest)),
            )) if is_rest(rest) => Some(who.clone()),
            Some((
                Some(Command::Remove(rest) | Command::Clear(rest)),
                Some(Command::Keep(who) | Command::KeepOnly(who)),
            )) if is_rest(rest) => Some(who.clone()),
            _ => None,
        };
        match (kept, read.pop()) {
            (Some(who), Some(last)) => {
                let words = format!("{} and {}", last.words, clause.words);
                read.push(Clause { words, command: Some(Command::KeepOnly(who)) });
            }
            (_, last) => read.extend(last.into_iter().chain([clause])),
        }
    }
    read
}
