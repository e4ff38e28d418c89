//! Who goes on acting: `walking with a friend and enjoying a conversation` tells two deeds of whoever walks.

use super::chunk::Chunk;
use super::interpret::{Interpreter, thing_tags};
use crate::RelationKind;
use crate::lexicon::{Class, Tags, Verb, VerbForm, is_on, kind_of};

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
        if verb.attribute != "parked" || rides(near) {
            return None;
        }
        if rides(&self.owner) {
            return Some(self.owner.clone());
        }
        // "a bicycle with a basket full of flowers, parked against a wall"
        self.mentioned.iter().copied().find(vehicle).map(|index| vec![index])
    }

    /// `a screen above the crowd shows a map`: the screen shows it.
    pub(super) fn picture_before_place(&self, verb: &Verb, near: &[usize]) -> Option<Vec<usize>> {
        let shows = |i: &usize| self.scene.things.get(*i).is_some_and(|t| thing_tags(t).any(Tags::SHOWS));
        let (_, subjects) = self.object_of.as_ref()?;
        let picture = verb.attribute == "showing" && !near.iter().any(shows) && subjects.iter().any(shows);
        picture.then(|| subjects.clone())
    }

    /// Who is on it in `an old man feeding pigeons on a bench`: whoever acts,
    /// where it is something to sit or stand on.
    pub(super) fn doer_on(&self, kind: RelationKind) -> Option<Vec<usize>> {
        let Some(Chunk::Np(np)) = self.peek(1) else { return None };
        let (_, subjects) = self.object_of.as_ref()?;
        let done_to = self.done_to.filter(|i| self.group == [*i] && kind == RelationKind::On)?;
        // "a clown juggling oranges on a unicycle"
        let ridden = kind_of(&np.noun).class == Class::Mount;
        let seat = ridden || np.tags().any(Tags::SEAT.and(Tags::SCENERY));
        (seat && done_to < self.scene.things.len() && subjects.iter().any(|i| self.is_animate(*i)))
            .then(|| subjects.clone())
    }

    /// Who is on a bridge in `a hiker looks at a waterfall from a bridge`, and how: in a car, on anything else that bears
    /// somebody.
    pub(super) fn watches_from(&self, prep: &str) -> Option<(RelationKind, Vec<usize>)> {
        let Some(Chunk::Np(np)) = self.peek(1).filter(|_| prep == "from") else { return None };
        let clause = self.chunks.iter().take(self.at).rev().take_while(|chunk| **chunk != Chunk::Stop);
        let does =
            clause.into_iter().find_map(|c| if let Chunk::Verb(verb) = c { Some(verb) } else { None })?;
        let tags = np.tags();
        let other = Tags::ANIMATE.and(Tags::WORN).and(Tags::TIME).and(Tags::BODY).and(Tags::FOOD);
        let bears = kind_of(&np.noun).width >= 1.0 && !tags.any(other) && np.noun != "window";
        let alive = !self.acting.is_empty() && self.acting.iter().all(|index| self.is_animate(*index));
        let within = tags.any(Tags::VEHICLE) && !tags.any(Tags::WATER.and(Tags::OPEN).and(Tags::SEAT));
        let kind = if within { RelationKind::Inside } else { RelationKind::On };
        (bears && alive && is_on(&does.attribute, prep)).then(|| (kind, self.acting.clone()))
    }

    /// Remembers who acts, unless words are to be read. `true` where the verb says no more than how somebody is.
    pub(super) fn acts(&mut self, read: bool, verb: &Verb, subjects: &[usize]) -> bool {
        if !read && verb.form != VerbForm::Past {
            self.acting = subjects.to_vec();
        }
        self.leads_to_adjective(verb, subjects)
    }
}
