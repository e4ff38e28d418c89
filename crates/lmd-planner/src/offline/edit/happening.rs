//! What somebody is to do: `let the knight ride the horse`, `the knight should
//! hold a lance`. The sentence's own grammar says how the two then stand.

use super::adding::{attach, place_new};
use super::board::Board;
use super::refer::{find, head_noun};
use super::refusal::Refusal;
use super::relocate::relate_pieces;
use crate::english;
use crate::{RelationKind, Scene, Thing};

/// How far apart two centres are that have to do with one another.
const NEAR: f64 = 0.45;

/// Makes `who` do what the words say (`riding the horse`).
pub(super) fn happen(board: &mut Board, who: &str, doing: &str) -> Result<(), Refusal> {
    let subjects = find(board, who)?;
    let caption = subjects.first().map(|index| board.pieces[*index].caption.clone()).unwrap_or_default();
    let noun = head_noun(&caption).unwrap_or_else(|| "thing".to_owned());
    let sentence = format!("a {noun} {doing}");
    let scene = english::parse(&sentence).map_err(|error| error.to_string())?;
    if let Some(words) = scene.not_understood.first() {
        return Err(format!("did not understand \"{words}\" in \"{doing}\""));
    }
    let me = scene
        .things
        .iter()
        .position(|thing| thing.noun == noun)
        .ok_or_else(|| format!("what \"{doing}\" says of {caption} is not clear"))?;
    let others: Vec<usize> = (0..scene.things.len()).filter(|index| *index != me).collect();
    if others.is_empty() {
        say_of(board, &subjects, &scene.things[me]);
    }
    for other in others {
        let thing = &scene.things[other];
        let relation = scene.relations.iter().find(|relation| {
            (relation.subject, relation.object) == (me, other) || (relation.subject, relation.object) == (other, me)
        });
        let (kind, mine) = relation.map_or((RelationKind::NextTo, true), |relation| (relation.kind, relation.subject == me));
        match known(board, thing, doing, &subjects)? {
            Some(there) if mine => act(board, &subjects, kind, &there, doing)?,
            Some(there) => act(board, &there, kind, &subjects, doing)?,
            None => bring(board, &subjects, thing, kind, mine)?,
        }
    }
    board.touched = subjects;
    Ok(())
}

/// Puts attributes and details of a reading into captions.
fn say_of(board: &mut Board, subjects: &[usize], thing: &Thing) {
    for index in subjects {
        let caption = &mut board.pieces[*index].caption;
        if !thing.attributes.is_empty() {
            *caption = super::adjust::described(caption, &thing.attributes.join(" "));
        }
        if let Some(detail) = &thing.detail {
            *caption = format!("{caption} {detail}");
        }
    }
}

/// The objects that the words mean by `thing`; an error where they mean one
/// that is not there.
fn known(board: &Board, thing: &Thing, doing: &str, besides: &[usize]) -> Result<Option<Vec<usize>>, Refusal> {
    let phrase = thing.phrase();
    let noun = if thing.count > 1 { lmd_layout::plural(&phrase) } else { phrase };
    let definite = doing.contains(&format!(" the {noun}"));
    let text = if definite { format!("the {noun}") } else { noun };
    match find(board, &text) {
        Ok(found) => {
            let found: Vec<usize> = found.into_iter().filter(|index| !besides.contains(index)).collect();
            Ok((!found.is_empty()).then_some(found))
        }
        Err(refusal) if definite => Err(refusal),
        Err(_) => Ok(None),
    }
}

/// Two that are there: placed as the verb says. One that says no more than
/// that they are near goes into the caption.
fn act(board: &mut Board, subjects: &[usize], kind: RelationKind, anchors: &[usize], doing: &str) -> Result<(), Refusal> {
    let centre = |index: &usize| board.pieces[*index].bbox.center();
    let near = |one: &usize| {
        anchors.iter().any(|other| {
            let ((x, y), (u, v)) = (centre(one), centre(other));
            (x - u).hypot(y - v) < NEAR
        })
    };
    let stays = kind == RelationKind::NextTo && subjects.iter().all(near);
    if kind == RelationKind::NextTo {
        for index in subjects {
            let caption = &mut board.pieces[*index].caption;
            *caption = format!("{caption} {}", doing.replace(" the ", " a "));
        }
    }
    if stays {
        return Ok(());
    }
    let [who, to] = [subjects, anchors].map(|list| list.first().map(|index| board.pieces[*index].caption.clone()).unwrap_or_default());
    relate_pieces(board, subjects.to_vec(), kind, anchors.to_vec(), (&who, &to))
}

/// Adds what somebody does something with: in the hands, beside or under.
fn bring(board: &mut Board, subjects: &[usize], thing: &Thing, kind: RelationKind, mine: bool) -> Result<(), Refusal> {
    let first = board.pieces.len();
    // Everybody has one of their own.
    for subject in subjects {
        let mut scene = Scene { things: vec![thing.clone()], ..Scene::default() };
        let new_kind = if mine { RelationKind::NextTo } else { kind };
        attach(board, &mut scene, &[0], new_kind, &[*subject]);
        place_new(board, scene, &[*subject])?;
    }
    if mine && kind != RelationKind::NextTo {
        let new: Vec<usize> = (first..board.pieces.len()).collect();
        for (subject, anchor) in subjects.iter().zip(&new) {
            let names = (board.pieces[*subject].caption.clone(), board.pieces[*anchor].caption.clone());
            relate_pieces(board, vec![*subject], kind, vec![*anchor], (&names.0, &names.1))?;
        }
    }
    Ok(())
}
