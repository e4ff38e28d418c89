//! Clauses about one thing of several: relative clauses, and what the sentence says behind them.

use super::chunk::Chunk;
use super::deeds::is_airborne;
use super::interpret::{Interpreter, Joint, thing_tags};
use crate::RelationKind;
use crate::lexicon::{Class, Role, Tags, Verb, VerbForm, is_of_the_living, kind_of};

impl Interpreter<'_> {
    /// `a cat that is black and a dog that is white`: each clause speaks of the
    /// thing before it, unless the things were named together as one plural.
    pub(super) fn narrow_to_last(&mut self) {
        self.turn_to_last();
        // "a sign in the distance that says …"
        let placed = matches!(self.previous(), Some(Chunk::Link(_)));
        let named = self.at.checked_sub(if placed { 2 } else { 1 }).and_then(|at| self.chunks.get(at));
        let Some(Chunk::Np(np)) = named else { return };
        let plural = np.plural || np.quantity.is_some_and(|q| q.count != 1);
        if let (false, [_, .., last]) = (plural, self.group.as_slice()) {
            let last = *last;
            self.narrowed = std::mem::replace(&mut self.group, vec![last]);
        }
    }

    /// Whether a relative clause follows, as one did after somebody before: `a girl who is holding a kite and a boy who …`.
    pub(super) fn is_clause_again(&self) -> bool {
        let before = self.chunks.iter().take(self.at).rev().take_while(|chunk| !matches!(chunk, Chunk::Stop));
        matches!(self.peek(1), Some(Chunk::Which)) && before.into_iter().any(|chunk| *chunk == Chunk::Which)
    }

    /// Whether somebody belongs to what has others rather than to what those are at: `a classroom with a teacher at the
    /// blackboard and ten pupils`.
    pub(super) fn is_of_owner(&self, index: usize) -> bool {
        let (Some((RelationKind::NextTo, subjects)), [object]) = (&self.object_of, self.group.as_slice())
        else {
            return false;
        };
        let before = self.chunks.iter().take(self.at).rev().take_while(|chunk| !matches!(chunk, Chunk::Stop));
        let several = self.scene.things.get(index).is_some_and(|thing| thing.count > 1);
        several
            && before.into_iter().any(|chunk| *chunk == Chunk::With)
            && !self.is_animate(*object)
            && subjects.iter().all(|subject| self.is_animate(*subject))
    }

    /// `the dog that is lying under the table is brown`: behind its relative clause the sentence speaks of the dog again.
    pub(super) fn main_clause(&mut self) {
        let clause = self.chunks.iter().take(self.at).rev();
        let clause: Vec<&Chunk> =
            clause.take_while(|c| !matches!(c, Chunk::Stop | Chunk::And | Chunk::Comma)).collect();
        let which = clause.iter().rposition(|chunk| **chunk == Chunk::Which);
        let own_verb = which.is_some_and(|which| {
            clause.iter().take(which).any(|chunk| matches!(chunk, Chunk::Be | Chunk::Verb(_) | Chunk::Has))
        });
        let ends = matches!(self.previous(), Some(Chunk::Np(_)));
        let says = matches!(self.peek(1), Some(Chunk::Adjectives(_) | Chunk::Verb(_) | Chunk::Link(_)));
        let subjects = self.object_of.as_ref().map(|(_, subjects)| subjects.clone());
        if let Some(subjects) = subjects.filter(|_| own_verb && ends && says) {
            self.group = subjects;
            (self.object_of, self.joint, self.closed) = (None, Joint::None, false);
        }
    }

    /// `a knight before a queen, who touches him`: the clause behind the comma speaks of the queen.
    fn turn_to_last(&mut self) {
        let before = self.before_last();
        let (Some(Chunk::Np(np)), Some(Chunk::Comma)) = (before, self.previous()) else { return };
        let last = self.group.last().copied();
        let named = |index: usize| self.scene.things.get(index).is_some_and(|thing| thing.noun == np.noun);
        let does = matches!(self.peek(1), Some(Chunk::Verb(_)));
        if let Some(last) = last.filter(|last| does && self.object_of.is_some() && named(*last)) {
            self.group = vec![last];
            (self.object_of, self.closed, self.joint) = (None, false, Joint::None);
        }
    }

    /// `a cat that is black and a cat that is white sitting on a sofa`: both
    /// sit, being of one kind.
    pub(super) fn widen_to_alike(&mut self, verb: &Verb) {
        let noun = |index: &usize| self.scene.things.get(*index).map(|thing| thing.noun.clone());
        let alike = self.narrowed.windows(2).all(|pair| pair.first().map(noun) == pair.get(1).map(noun));
        let after_clause = matches!(self.previous(), Some(Chunk::Adjectives(_)));
        if verb.form == VerbForm::Ing && after_clause && alike && !self.narrowed.is_empty() {
            self.group = std::mem::take(&mut self.narrowed);
        }
    }

    /// Whether something is usually in the air: a bird, a kite.
    pub(super) fn flies(&self, index: usize) -> bool {
        self.scene.things.get(index).is_some_and(|thing| kind_of(&thing.noun).class == Class::Air)
    }

    /// Of several those that can do it: `some cows and a few birds flying` are birds that fly, `a sign and a man walking` is
    /// a man who walks.
    pub(super) fn who_can(&self, verb: &Verb, near: Vec<usize>) -> Vec<usize> {
        let alive = |i: &usize| self.is_animate(*i);
        let moves = |i: &usize| self.scene.things.get(*i).is_some_and(|t| thing_tags(t).any(Tags::VEHICLE));
        // "a fir and children throwing snowballs"
        let throws = matches!(verb.role, Role::Action | Role::Close | Role::Caption)
            && matches!(self.peek(1), Some(Chunk::Np(_)));
        let able: Vec<usize> = match () {
            () if near.len() < 2 || verb.form != VerbForm::Ing => return near,
            () if is_airborne(verb) && near.iter().all(alive) => {
                near.iter().copied().filter(|index| self.flies(*index)).collect()
            }
            () if throws || is_of_the_living(&verb.attribute) && !near.iter().any(moves) => {
                near.iter().copied().filter(alive).collect()
            }
            () => return near,
        };
        if able.is_empty() || able.last() != near.last() { near } else { able }
    }

    /// Whether what comes next is a part of somebody's body: `with an eye patch and a parrot on his shoulder`.
    pub(super) fn is_on_body(&self) -> bool {
        let body = |part| Self::is_own_part(part) && (part.noun == "lap" || part.tags().any(Tags::BODY));
        matches!((self.peek(1), self.peek(2)), (Some(Chunk::Link(_)), Some(Chunk::Np(part))) if body(part))
    }
}
