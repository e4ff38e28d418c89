//! What fills or adorns something: `flags filled the hall`, `flowers adorn the room`. The verb says where things are.

use super::chunk::Chunk;
use super::interpret::{Interpreter, thing_tags};
use super::phrase::NounPhrase;
use super::places::{Setting, setting};
use crate::RelationKind;
use crate::lexicon::{
    Class, Role, Tags, Verb, VerbForm, finite_past, is_adorning, is_filling, is_lighting, kind_of,
};

impl Interpreter<'_> {
    /// Reads the object of a verb that says where its subjects are, or nothing of them. `true` if the verb was one.
    pub(super) fn fills(&mut self, phrase: &NounPhrase, verb: &Verb, subjects: &[usize]) -> bool {
        let says_where = is_filling(&verb.attribute) || is_adorning(&verb.attribute);
        if verb.form == VerbForm::Past || self.known(phrase).is_some() {
            return false;
        }
        let tags = phrase.tags();
        let place = setting(phrase, RelationKind::Inside, "in") == Setting::Place;
        // People fill a glass by pouring; birds and bottles on a shelf fill that.
        let person =
            |i: &usize| self.scene.things.get(*i).is_some_and(|thing| thing_tags(thing).any(Tags::PERSON));
        let somebody = subjects.iter().all(person);
        if (says_where || is_lighting(&verb.attribute)) && place {
            self.places.add("in", &phrase.text());
        } else if says_where && !somebody && tags.any(Tags::CONTAINER.and(Tags::SURFACE)) {
            let kind = if tags.any(Tags::CONTAINER) { RelationKind::Inside } else { RelationKind::On };
            let object = self.thing_of(phrase);
            self.relate_all(subjects, kind, &[object]);
        } else if verb.role == Role::Neutral && tags.any(Tags::ABSTRACT.and(Tags::STUFF).and(Tags::TIME)) {
            // "chairs provided seating" says nothing that could be seen.
            self.used.push(phrase.text());
        } else {
            return false;
        }
        self.used.push(verb.attribute.clone());
        self.group = subjects.to_vec();
        (self.object_of, self.closed) = (None, true);
        true
    }

    /// `a desk covered with two books`: what is counted lies on it, and is no part of its caption. `true` if it was that.
    pub(super) fn bears(&mut self, phrase: &NounPhrase, verb: &Verb, subjects: &[usize]) -> bool {
        let counted = phrase.quantity.is_some_and(|quantity| quantity.exact && quantity.count > 1);
        let tags = phrase.tags();
        let apart = counted && !tags.any(Tags::PART.and(Tags::WORN).and(Tags::ABSTRACT).and(Tags::STUFF));
        let upon = finite_past(&verb.attribute).is_some_and(|verb| is_adorning(&verb.attribute));
        if !apart || !upon || subjects.iter().any(|index| self.is_animate(*index)) {
            return false;
        }
        let tree = subjects
            .iter()
            .any(|i| self.scene.things.get(*i).is_some_and(|thing| thing.noun.ends_with("tree")));
        let index = self.thing_of(phrase);
        self.relate_all(&[index], if tree { RelationKind::Inside } else { RelationKind::On }, subjects);
        self.used.push(verb.attribute.clone());
        self.group = subjects.to_vec();
        (self.object_of, self.closed) = (None, true);
        true
    }

    /// Whether a clause about what the verb speaks of ends before it: `a girl who chased a butterfly fell`.
    pub(super) fn ends_clause(&self) -> bool {
        let before = |back: usize| self.at.checked_sub(back).and_then(|at| self.chunks.get(at));
        matches!(
            (before(1), before(2), before(3)),
            (Some(Chunk::Np(_)), Some(Chunk::Verb(_)), Some(Chunk::Which))
        )
    }
}

impl NounPhrase {
    /// Where who does something to it is: a clown below what he juggles, a driver in the car, others beside it.
    pub(super) fn beside(&self, verb: &Verb, prep: Option<&str>) -> RelationKind {
        let tags = self.tags();
        match verb.attribute.as_str() {
            "juggling" if prep.is_none() => RelationKind::Below,
            "driving" | "steering" | "piloting" | "flying" if prep.is_none() && tags.any(Tags::VEHICLE) => {
                let outside =
                    tags.any(Tags::OPEN.and(Tags::SEAT)) || kind_of(&self.noun).class == Class::Mount;
                if outside { RelationKind::On } else { RelationKind::Inside }
            }
            _ => RelationKind::NextTo,
        }
    }
}
