//! Two things at the sides of another, and what was there before.

use super::board::Board;
use super::naming::{head_noun, without_article};
use super::refer::find;
use super::refusal::Refusal;
use super::{adding, relocate, wearing};
use crate::{Region, RelationKind, english};

/// Puts one of what the words describe at each side of something: what is there in that number moves, else it is new.
pub(super) fn flank(board: &mut Board, what: &str, anchor: &str) -> Result<(), Refusal> {
    let both = format!("{what} on both sides of {anchor}");
    let Some(thing) = english::noun_phrases(what).into_iter().next() else {
        return adding::add(board, &both);
    };
    let known = ["the ", "them", "both ", "these "].iter().any(|word| what.starts_with(word));
    let mut there = match known {
        true => find(board, what)?,
        false => find(board, &format!("all {}", thing.phrase())).unwrap_or_default(),
    };
    if there.len() != 2 {
        return match known {
            true => Err(format!("two things are needed for two sides; there are: {}", board.inventory())),
            false => wearing::add(board, &both),
        };
    }
    let anchors = find(board, anchor)?;
    board.left_to_right(&mut there);
    for (index, kind) in there.iter().zip([RelationKind::LeftOf, RelationKind::RightOf]) {
        relocate::relate_pieces(board, vec![*index], kind, anchors.clone(), (what, anchor))?;
    }
    board.touched = there;
    Ok(())
}

/// Puts back what was there before; what is there now goes into the background.
pub(super) fn restore(board: &mut Board, who: &str) -> Result<(), Refusal> {
    let pronoun = matches!(who, "it" | "them" | "him" | "her" | "that");
    if let Ok(found) = find(board, who)
        && !(pronoun && board.touched.is_empty() && !board.gone.is_empty())
        && !board.gone.iter().any(|(caption, _)| names(caption, who))
    {
        let names: Vec<String> = found.iter().map(|index| (index + 1).to_string()).collect();
        return relocate::to_region(board, &format!("objects {}", names.join(" ")), Region::Background);
    }
    let all = matches!(who, "everything" | "all" | "them" | "both" | "all of them");
    let wanted: Vec<usize> =
        (0..board.gone.len()).filter(|index| all || pronoun || names(&board.gone[*index].0, who)).collect();
    let several = all || lmd_layout::is_plural(who.rsplit(' ').next().unwrap_or_default());
    let wanted: Vec<usize> = wanted.into_iter().take(if several { usize::MAX } else { 1 }).collect();
    if wanted.is_empty() {
        return Err(format!("nothing that went away was called \"{who}\"; there are: {}", board.inventory()));
    }
    let first = board.pieces.len();
    for index in &wanted {
        let (caption, bbox) = board.gone[*index].clone();
        board.put(caption, bbox);
    }
    board.touched = (first..board.pieces.len()).collect();
    Ok(())
}

/// Whether a caption is that of what the words name.
fn names(caption: &str, who: &str) -> bool {
    let noun = head_noun(without_article(who));
    noun.is_some() && head_noun(caption) == noun
}
