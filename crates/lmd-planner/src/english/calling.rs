//! What something is called once more: `the hat and the moon were the only things in the sky` names no third thing.

use super::chunk::Chunk;
use super::interpret::{Interpreter, Joint, Pending};
use super::phrase::{Determiner, NounPhrase};
use crate::lexicon::{Tags, VerbForm, head, tags};

impl Interpreter<'_> {
    /// Takes a definite phrase after `is` that calls what stands before it something. `true` if it was that.
    pub(super) fn is_called_again(&mut self, phrase: &NounPhrase) -> bool {
        let after_be =
            matches!(self.previous(), Some(Chunk::Be)) && matches!(self.before_last(), Some(Chunk::Np(_)));
        let definite =
            matches!(phrase.determiner, Determiner::The | Determiner::Possessive) && !phrase.noun.is_empty();
        let turned = self.ahead.is_some() || self.region.is_some() || self.pending != Pending::Nothing;
        if !after_be
            || !definite
            || turned
            || self.group.is_empty()
            || self.denied.is_some()
            || self.known(phrase).is_some()
        {
            return false;
        }
        // That one is the king is told as lost, that both are the features of something says nothing.
        if !tags(head(&phrase.noun)).any(Tags::ANIMATE) {
            self.used.push(phrase.text());
        }
        (self.closed, self.object_of) = (true, None);
        true
    }

    /// The chunk before the last one.
    pub(super) fn before_last(&self) -> Option<&Chunk> {
        self.back(2)
    }

    /// Whether the phrase at hand is joined to the one before it by nothing but `and`.
    pub(super) fn lists_before(&self) -> bool {
        matches!((self.before_last(), self.previous()), (Some(Chunk::Np(_)), Some(Chunk::And)))
    }

    /// Whether a clause of its own opens with the phrase at hand: `a cat sleeps and a dog plays`, but not `a cat and a dog
    /// play`.
    pub(super) fn opens_clause(&self) -> bool {
        let does = |chunk: &Chunk| match chunk {
            Chunk::Verb(verb) => verb.form != VerbForm::Past,
            chunk => *chunk == Chunk::Be,
        };
        let sentence = self.chunks.iter().take(self.at).rev().take_while(|chunk| **chunk != Chunk::Stop);
        let third = self.back(3);
        let list = self.lists_before() && !matches!(third, Some(Chunk::Verb(_) | Chunk::Link(_)));
        self.joint != Joint::None && !list && self.peek(1).is_some_and(does) && sentence.into_iter().any(does)
    }
}
