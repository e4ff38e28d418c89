//! Who goes on acting: `walking with a friend and enjoying a conversation` tells two deeds of whoever walks.

use super::chunk::Chunk;
use super::interpret::{Interpreter, thing_tags};
use crate::lexicon::{Tags, Verb, VerbForm};

impl Interpreter<'_> {
    /// Who does a second deed: whoever does the first, or has what was named.
    pub(super) fn goes_on_acting(&self, verb: &Verb, near: &[usize]) -> Option<Vec<usize>> {
        let joined = matches!(self.previous(), Some(Chunk::And | Chunk::Comma));
        if !joined || verb.form != VerbForm::Ing {
            return None;
        }
        let acts = |index: &usize| {
            let unknown = self.scene.things.get(*index).is_some_and(|thing| thing_tags(thing).is_unknown());
            unknown || self.is_animate(*index)
        };
        // "a couple having a picnic and laughing"
        let has = self.acting.is_empty() && self.owner.iter().any(acts);
        let apart = !near.iter().any(acts) && matches!(self.previous(), Some(Chunk::And));
        if has && apart {
            return Some(self.owner.clone());
        }
        self.acting.iter().any(acts).then(|| self.acting.clone())
    }

    /// `a bicycle with a basket parked by a canal`: the bicycle is parked.
    pub(super) fn parked(&self, verb: &Verb, near: &[usize]) -> Option<Vec<usize>> {
        let vehicle = |i: &usize| self.scene.things.get(*i).is_some_and(|t| thing_tags(t).any(Tags::VEHICLE));
        let rides = |list: &[usize]| list.iter().any(vehicle);
        (verb.attribute == "parked" && !rides(near) && rides(&self.owner)).then(|| self.owner.clone())
    }

    /// Remembers who acts, unless words are to be read. `true` where the verb says no more than how somebody is.
    pub(super) fn acts(&mut self, read: bool, verb: &Verb, subjects: &[usize]) -> bool {
        if !read && verb.form != VerbForm::Past {
            self.acting = subjects.to_vec();
        }
        self.leads_to_adjective(verb, subjects)
    }
}
