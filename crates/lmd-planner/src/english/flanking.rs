//! On both sides: of a thing, of its owner, or of the picture; between things; and prepositions without an object.

use super::chunk::Chunk;
use super::interpret::{Interpreter, Pending};
use super::phrase::NounPhrase;
use super::who::Who;
use crate::{Region, Relation, RelationKind};

impl Interpreter<'_> {
    /// `on either side (of a table)`; alone it speaks of the owner.
    pub(super) fn on_both_sides(&mut self) {
        let subjects = self.link_subjects();
        if matches!(self.peek(1), Some(Chunk::Np(_) | Chunk::Pronoun(_))) {
            self.pending = Pending::BothSides { subjects };
            return;
        }
        let objects = self.resolve(Who::It, &subjects);
        for object in &objects {
            self.flank(*object, &subjects);
        }
        if objects.is_empty() {
            self.on_sides_of_picture(&subjects);
        }
    }

    /// `palm trees on both sides` of no thing: some on the left, as many on the right.
    fn on_sides_of_picture(&mut self, subjects: &[usize]) {
        for subject in subjects {
            let Some(thing) = self.scene.things.get_mut(*subject) else { continue };
            let count =
                if thing.exact && thing.count > 1 { thing.count } else { 2 * thing.count.div_ceil(2) };
            let mut right = thing.clone();
            (thing.count, right.count) = (count.div_ceil(2).max(1), (count / 2).max(1));
            self.scene.things.push(right);
            self.set_region(&[*subject], Region::Left);
            self.set_region(&[self.scene.things.len() - 1], Region::Right);
        }
        self.closed = true;
    }

    /// `a tree, a bench and a fountain in between`: of three things it is between the other two.
    pub(super) fn with_pole(&self, subject: usize, kind: RelationKind, object: usize) -> RelationKind {
        if !matches!(kind, RelationKind::Between(other) if other == usize::MAX || other == object) {
            return kind;
        }
        let single = self.scene.things.get(object).is_some_and(|thing| thing.count == 1);
        let mut others = (0..self.scene.things.len()).filter(|other| *other != subject && *other != object);
        match (single, others.next(), others.next()) {
            (true, Some(other), None) => RelationKind::Between(other),
            _ => RelationKind::Between(object),
        }
    }

    pub(super) fn both_sides(&mut self, phrase: &NounPhrase, subjects: &[usize]) {
        let object = self.thing_of(phrase);
        self.flank(object, subjects);
    }

    pub(super) fn flank(&mut self, object: usize, subjects: &[usize]) {
        // "a nightstand on each side" are two.
        if let [only] = subjects
            && let Some(thing) =
                self.scene.things.get_mut(*only).filter(|thing| thing.count == 1 && thing.exact)
        {
            thing.count = 2;
        }
        for subject in subjects {
            if self.scene.things.get(*subject).is_some_and(|thing| thing.count > 1) {
                self.relate(object, RelationKind::Between(*subject), *subject);
            } else {
                self.relate(*subject, RelationKind::NextTo, object);
            }
        }
        self.closed = true;
    }

    /// Whether a verb or an adjective stands before the chunk at hand.
    pub(super) fn follows_state(&self) -> bool {
        match self.previous() {
            Some(Chunk::Verb(_) | Chunk::Adjectives(_)) => true,
            Some(Chunk::Np(np)) => np.noun.is_empty(),
            _ => false,
        }
    }

    /// A preposition without an object: `with a cherry on top`.
    pub(super) fn dangling(&mut self, kind: RelationKind, subjects: &[usize]) {
        // "a stove, a sink, and a stool in between": the stool alone.
        let between = matches!(kind, RelationKind::Between(_));
        let subjects = subjects.last().filter(|_| between).map_or(subjects, std::slice::from_ref);
        let mut owners: Vec<usize> = self.owner.iter().copied().filter(|i| !subjects.contains(i)).collect();
        // "a book, a jug, a skull with a candle on top": on the skull.
        if kind == RelationKind::On && owners.len() > 1 {
            owners.drain(..owners.len() - 1);
        }
        // "a lizard on the branch it sits on": it is on that branch.
        let named = self.at.checked_sub(3).and_then(|at| self.chunks.get(at..self.at));
        if let Some([Chunk::Np(_), Chunk::Pronoun(_), Chunk::Verb(_)]) = named
            && let Some(place) = self.mentioned.last().copied()
            && let Some(who) = self.mentioned.iter().rev().copied().find(|i| *i != place)
            && matches!(kind, RelationKind::On | RelationKind::Inside | RelationKind::Under)
        {
            let known = |r: &Relation| r.subject == who && r.object == place;
            if !self.scene.relations.iter().any(known) {
                self.relate(who, kind, place);
            }
            self.closed = true;
            return;
        }
        let objects = if owners.is_empty() { self.resolve(Who::It, subjects) } else { owners };
        if kind != RelationKind::NextTo && !subjects.is_empty() && !objects.is_empty() {
            self.relate_all(subjects, kind, &objects);
            self.closed = true;
        }
    }

    /// `a plate with a pie and a fork beside it`: only the fork is beside it.
    pub(super) fn only_last_is_beside(&mut self, kind: RelationKind, subjects: Vec<usize>) -> Vec<usize> {
        let pronoun = matches!(self.peek(1), Some(Chunk::Pronoun(_)));
        if pronoun && self.owner.is_empty() && self.mentioned.iter().all(|i| subjects.contains(i)) {
            return subjects.last().copied().into_iter().collect();
        }
        let rests = matches!(
            kind,
            RelationKind::On | RelationKind::Inside | RelationKind::Under | RelationKind::Around
        );
        let Some((last, others)) = subjects.split_last().filter(|_| !rests && !self.owner.is_empty()) else {
            return subjects;
        };
        if others.is_empty() || !matches!(self.peek(1), Some(Chunk::Pronoun(_))) {
            return subjects;
        }
        let owners = self.owner.clone();
        for other in others {
            self.default_relation(*other, &owners);
        }
        vec![*last]
    }

    /// What is between two things that are on a shelf is on it, too.
    fn rest_with(&mut self, subjects: &[usize], first: usize) {
        let rests = |r: &&Relation| matches!(r.kind, RelationKind::On | RelationKind::Inside);
        let of = |subject: usize, relations: &[Relation]| {
            relations.iter().filter(rests).find(|r| r.subject == subject).cloned()
        };
        let Some(place) = of(first, &self.scene.relations) else { return };
        for subject in subjects.iter().filter(|subject| **subject != place.object) {
            if of(*subject, &self.scene.relations).is_none() {
                self.relate(*subject, place.kind, place.object);
            }
        }
    }

    /// Relates things to what a pronoun means; what is between two of those rests with them.
    pub(super) fn relate_all_and_rest(&mut self, subjects: &[usize], kind: RelationKind, objects: &[usize]) {
        self.relate_all(subjects, kind, objects);
        if let (RelationKind::Between(_), Some(first)) = (kind, objects.first()) {
            self.rest_with(subjects, *first);
        }
    }

    pub(super) fn between(&mut self, subjects: &[usize], first: usize, second: usize) {
        if subjects.is_empty() {
            self.ahead = Some((RelationKind::Between(second), vec![first]));
            self.group.clear();
            return;
        }
        // "ships between towers": so few that each of them can be.
        if first == second {
            for index in subjects.iter().chain([&first]) {
                let thing = self.scene.things.get_mut(*index).filter(|thing| !thing.exact && thing.count > 2);
                thing.into_iter().for_each(|thing| thing.count = 2);
            }
        }
        self.relate_all(subjects, RelationKind::Between(second), &[first]);
        self.rest_with(subjects, first);
        self.group = subjects.to_vec();
        self.closed = true;
    }
}
