//! What fills or adorns something: `flags filled the hall`, `flowers adorn the room`. The verb says where things are.

use super::chunk::Chunk;
use super::interpret::{Interpreter, Joint, Pending, thing_tags};
use super::links::Link;
use super::phrase::{Determiner, NounPhrase};
use super::places::{Setting, setting};
use super::who::Who;
use crate::RelationKind;
use crate::lexicon::{
    Class, Role, Tags, Verb, VerbForm, finite_past, head, is_adorning, is_filling, is_lighting, kind_of,
};

impl Interpreter<'_> {
    /// `full of`: the place or the caption of what is full says of what, unless that is counted or spoken of again.
    pub(super) fn full(&mut self, half: bool, says: &str) {
        if !half && self.is_told_full(says) {
            return;
        }
        self.with(false);
        self.filled = true;
        self.half_full(half);
    }

    /// `a street full of people`, `a bowl full of apples`: nobody says how many, so words say it better than boxes. `true`
    /// if it was that.
    fn is_told_full(&mut self, says: &str) -> bool {
        let Some((what, length)) = self.contents() else { return false };
        if self.is_place_before() {
            // "a truck on a street full of men": the truck may be.
            let holds = |i: &usize| {
                let holds = Tags::CONTAINER.and(Tags::VEHICLE);
                self.scene.things.get(*i).is_some_and(|t| thing_tags(t).any(holds))
            };
            let alive = matches!(self.peek(1), Some(Chunk::Np(np)) if np.tags().any(Tags::ANIMATE));
            if alive && self.group.iter().any(holds) {
                return false;
            }
            let again = |i: &usize| {
                let noun = self.scene.things.get(*i).map(|thing| thing.noun.as_str());
                matches!(self.peek(1), Some(Chunk::Np(np)) if Some(np.noun.as_str()) == noun)
            };
            if !self.group.iter().any(again) {
                self.places.add(says, &what);
            }
        } else {
            let joint = if self.joint == Joint::And { "and " } else { "" };
            let before = self.owner.clone();
            let named = matches!(self.previous(), Some(Chunk::Np(_)));
            // "a violin, an open case full of coins": the case is full.
            if named {
                self.narrow_to_last();
                self.owner.clone_from(&self.group);
            } else {
                self.with(false);
                self.pending = Pending::Nothing;
            }
            let owners = self.owner.clone();
            if owners.is_empty() {
                return false;
            }
            self.add_detail(&owners, &format!("{joint}{says} {what}"));
            // "a desk cluttered with papers, a lamp and a clock": those are on it, too.
            let bears =
                |i: &usize| self.scene.things.get(*i).is_some_and(|t| thing_tags(t).any(Tags::SURFACE));
            let more = matches!(
                (self.peek(length + 1), self.peek(length + 2)),
                (Some(Chunk::Comma | Chunk::And), Some(Chunk::Np(_)))
            );
            let placed = matches!(self.peek(length + 3), Some(Chunk::Link(_) | Chunk::Verb(_) | Chunk::Be));
            let listed = more && !placed && owners.iter().all(bears);
            self.contained = listed.then_some(RelationKind::On);
            // "shelves full of books, a globe on a desk": no shelf has the globe.
            if named && !listed {
                self.owner = before;
            }
            (self.group, self.joint) = (owners, Joint::None);
        }
        self.used.push("filled".to_owned());
        self.at += length;
        true
    }

    /// Whether the phrase just before is the last place, and no thing.
    fn is_place_before(&self) -> bool {
        let Some(Chunk::Np(place)) = self.previous() else { return false };
        let last = self.places.last_word();
        let named = last == Some(head(&place.noun)) || last == place.words.last().map(String::as_str);
        let thing = self.group.last().and_then(|index| self.scene.things.get(*index));
        named && thing.is_none_or(|thing| thing.noun != place.noun)
    }

    /// What fills something, in words, and how many chunks they are.
    fn contents(&self) -> Option<(String, usize)> {
        let (mut text, mut length) = self.listed_contents()?;
        let inner = |ahead: usize| match self.peek(ahead) {
            Some(Chunk::Np(np)) => Some(np),
            _ => None,
        };
        let alive = inner(length).is_some_and(|np| np.tags().any(Tags::ANIMATE));
        // "full of hot dogs in buns"
        if let (Some(Chunk::Link(Link::Rel { prep, .. })), Some(np)) =
            (self.peek(length + 1), inner(length + 2))
            && prep == "in"
            && np.is_bare()
            && np.plural
        {
            text = format!("{text} in {}", np.text());
            length += 2;
        }
        // "full of sheep grazing"
        let next = if let Some(Chunk::Verb(verb)) = self.peek(length + 1) { Some(verb) } else { None };
        let grazes = next.filter(|verb| alive && verb.form == VerbForm::Ing && inner(length + 2).is_none());
        if let Some(verb) = grazes {
            text = format!("{text} {}", verb.attribute);
            length += 1;
        }
        let more = matches!(self.peek(length + 1), Some(Chunk::Which | Chunk::Of | Chunk::Np(_)));
        let acts = grazes.is_none() && alive && next.is_some_and(|verb| verb.form != VerbForm::Third);
        // "a box full of puppies, one of them asleep"
        let again =
            |chunk: &Chunk| matches!(chunk, Chunk::OneOf(_) | Chunk::OfThem(_) | Chunk::Pronoun(Who::They));
        let rest = self.chunks.get(self.at + length + 1..).unwrap_or_default();
        (!more && !acts && !rest.iter().any(again)).then_some((text, length))
    }

    /// `carrots, potatoes, and onions` that nobody counts, and how many chunks they are.
    fn listed_contents(&self) -> Option<(String, usize)> {
        let bare = |ahead: usize| match self.peek(ahead) {
            Some(Chunk::Np(np)) => {
                let uncounted = np.quantity.is_none_or(|quantity| !quantity.exact);
                // "filled with dried lavender", "full of red and yellow tulips"
                let named = !np.noun.is_empty() || !np.anaphor && !np.attributes.is_empty();
                let open = np.determiner == Determiner::None && uncounted && named;
                (open && self.known(np).is_none()).then(|| np.text())
            }
            _ => None,
        };
        let (mut text, mut length) = (bare(1)?, 1);
        let (mut listed, mut ends) = (String::new(), 1);
        loop {
            let (joint, skip) = match (self.peek(ends + 1), self.peek(ends + 2)) {
                (Some(Chunk::Comma), Some(Chunk::And)) => (" and", 3),
                (Some(Chunk::And), _) => (" and", 2),
                (Some(Chunk::Comma), _) => (",", 2),
                _ => break,
            };
            let Some(more) = bare(ends + skip) else { break };
            ends += skip;
            listed = format!("{listed}{joint} {more}");
            if skip == 3 || joint == " and" {
                // "full of toys and children playing": nobody knows who is in it.
                if matches!(self.peek(ends + 1), Some(Chunk::Verb(_) | Chunk::Be | Chunk::With)) {
                    return None;
                }
                (text, length) = (format!("{text}{listed}"), ends);
                listed.clear();
            }
        }
        Some((text, length))
    }

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
        matches!(
            (self.back(1), self.back(2), self.back(3)),
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
