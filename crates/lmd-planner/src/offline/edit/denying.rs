//! How something is not to be, or what it is not to have: `the candle must not be lit`, `the man should not wear a hat`.

use lmd_layout::singular;

use super::board::Board;
use super::command::{Command, first_word};
use super::detail;
use super::naming::{head_noun, without_article};
use super::refer::find;
use super::refusal::Refusal;
use crate::Scene;
use crate::lexicon::{is_adjective, is_participle, names_colour, progressive};
use crate::offline::wording;

/// Who is denied what, if a clause does that.
pub(super) fn denied(text: &str) -> Option<Command> {
    let modals = ["should", "must", "may", "shall", "can", "could", "need", "do", "does", "is", "are"];
    let (who, what) = modals.iter().find_map(|modal| text.split_once(&format!(" {modal} not ")))?;
    let is = text.contains(" is not ") || text.contains(" are not ");
    let state = what.strip_prefix("be ").or_else(|| what.strip_prefix("look ")).or(is.then_some(what));
    let has = ["have ", "wear ", "hold ", "carry ", "wearing ", "holding ", "carrying "]
        .iter()
        .find_map(|verb| state.unwrap_or(what).strip_prefix(verb));
    let deed = || first_word(what).filter(|_| !what.contains(' ')).and_then(progressive);
    let is_state = |state: &&str| {
        state.split(' ').all(|word| is_adjective(word) || is_participle(word) || names_colour(word))
    };
    let what = match has {
        Some(has) => format!("the {}", without_article(has.strip_prefix("any ").unwrap_or(has))),
        None => state.filter(is_state).map(str::to_owned).or_else(deed)?,
    };
    (!who.is_empty()).then(|| Command::Deny { who: who.to_owned(), what })
}

/// Takes out of captions what they say of that, and excludes it.
pub(super) fn deny(board: &mut Board, who: &str, what: &str) -> Result<(), Refusal> {
    let subjects = find(board, if who == "they" { "them" } else { who })?;
    for index in &subjects {
        let caption = board.pieces[*index].caption.clone();
        let noun = head_noun(&caption).unwrap_or_default();
        let (kept, absent) = match what.strip_prefix("the ") {
            Some(had) => {
                let had = singular(had.rsplit(' ').next().unwrap_or(had));
                (detail::without(&caption, &had), had)
            }
            None => (Some(without(&caption, what)), format!("{what} {noun}")),
        };
        board.pieces[*index].caption = kept.unwrap_or(caption);
        board.forbid(wording::negative(&Scene { absent: vec![absent], ..Scene::default() }));
    }
    board.touched = subjects;
    Ok(())
}

/// A caption without words that stand before its noun.
pub(super) fn without(caption: &str, words: &str) -> String {
    let had_article = without_article(caption).len() < caption.len();
    let kept: Vec<&str> = without_article(caption)
        .split(' ')
        .filter(|word| !words.split(' ').any(|denied| denied == *word))
        .collect();
    match (kept.is_empty(), had_article) {
        (true, _) => caption.to_owned(),
        (false, true) => lmd_layout::with_article(&kept.join(" ")),
        (false, false) => kept.join(" "),
    }
}
