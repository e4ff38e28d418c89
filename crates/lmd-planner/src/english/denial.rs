//! What must not be there: how far a negation reaches.

use super::chunk::Chunk;
use super::interpret::{Interpreter, Joint, Pending};
use super::links::Link;
use super::phrase::{Determiner, NounPhrase};
use super::places::{Setting, Unproved, setting};
use crate::lexicon::{Class, List, Tags, Verb, VerbForm, exact_tags, head, kind_of, verb};
use crate::{Region, RelationKind};

impl Interpreter<'_> {
    /// Takes a denied noun; `false` when the denial has ended before it.
    pub(super) fn deny(&mut self, phrase: &NounPhrase) -> bool {
        if self.joint == Joint::And && matches!(self.previous(), Some(Chunk::And)) {
            let first = self.denied.flatten();
            let other_article = first.is_some() && first != Some(phrase.determiner);
            // "without a saddle and a rider without a helmet": a clause of its own.
            let own_clause = matches!(
                self.peek(1),
                Some(Chunk::Not | Chunk::With | Chunk::Has | Chunk::Which | Chunk::Be)
            ) || phrase.determiner == Determiner::A
                && matches!(self.peek(1), Some(Chunk::Verb(_) | Chunk::Link(_)));
            if phrase.quantity.is_some() || other_article || own_clause {
                self.denied = None;
                self.closed = true;
                return false;
            }
        }
        if self.names_denied_place(phrase) {
            return true;
        }
        self.denied = Some(Some(phrase.determiner));
        if phrase.noun.is_empty() {
            return true;
        }
        if matches!(phrase.noun.as_str(), "background" | "backdrop") {
            self.places.add("against", "a plain background");
            return true;
        }
        // A car without a wheel has the others; "three cats, one without a tail": the others have one.
        let one_of_several = !self.group.is_empty()
            && self.group.iter().all(|index| self.parts.contains(index))
            && phrase.tags().any(Tags::PART.and(Tags::WORN));
        let one_part =
            phrase.determiner == Determiner::A && List::Several.has(&phrase.noun) && !self.group.is_empty();
        if one_part || one_of_several {
            let lacking = self.group.clone();
            let part = if phrase.plural { phrase.text() } else { lmd_layout::with_article(&phrase.text()) };
            self.add_detail(&lacking, &format!("without {part}"));
            self.joint = Joint::None;
            return true;
        }
        // "two chefs, neither wearing a hat": the deed is told by what must not be there.
        let before = (1..=2).filter_map(|count| self.back(count));
        let does = before.into_iter().find_map(|chunk| match chunk {
            Chunk::Verb(verb) => Some(verb.attribute.clone()),
            Chunk::Unknown(word) => verb(word).map(|verb| verb.attribute),
            _ => None,
        });
        if let Some(does) = does {
            self.scene.not_understood.retain(|word| *word != does);
            self.used.push(does);
        }
        let mut thing = phrase.thing();
        if matches!(thing.noun.as_str(), "one" | "body" | "nobody" | "soul" | "human being") {
            thing.noun = "person".to_owned();
        }
        let name = thing.phrase();
        if !self.scene.absent.contains(&name) {
            self.scene.absent.push(name);
        }
        self.joint = Joint::None;
        self.pending = Pending::Nothing;
        true
    }

    /// `one kite and no birds in the sky`: the sky is there, with whatever flies. `true` if it was such a place.
    fn names_denied_place(&mut self, phrase: &NounPhrase) -> bool {
        // "no letters on its keyboard": where they are not.
        let after = matches!(self.previous(), Some(Chunk::Link(_))) && !self.scene.absent.is_empty();
        // "no phones on the table": the table is there.
        let bears = phrase.tags().any(Tags::SURFACE.and(Tags::SEAT).and(Tags::CONTAINER)) && !phrase.plural;
        if after && phrase.determiner == Determiner::The && bears {
            self.thing_of(phrase);
            (self.pending, self.joint) = (Pending::Nothing, Joint::None);
            return true;
        }
        let own = phrase.determiner == Determiner::Possessive;
        if own && after {
            self.used.push(phrase.noun.clone());
            (self.pending, self.joint) = (Pending::Nothing, Joint::None);
            return true;
        }
        let setting = match self.previous() {
            Some(Chunk::Link(Link::Rel { kind, prep })) => setting(phrase, *kind, prep),
            _ => return false,
        };
        let Setting::Region(region) = setting else { return false };
        let flies = |index: &usize| {
            let thing = self.scene.things.get(*index);
            thing.is_some_and(|thing| kind_of(&thing.noun).class == Class::Air)
        };
        let aloft: Vec<usize> = self.group.iter().copied().filter(flies).collect();
        if region == Region::Sky {
            self.set_region(&aloft, region);
        }
        self.used.push(phrase.noun.clone());
        (self.pending, self.joint) = (Pending::Nothing, Joint::None);
        true
    }

    /// `a dog without a collar on a beach`: what follows the preposition is there; but not the wall of `without
    /// pictures on the walls`, which says where the pictures are not.
    pub(super) fn leaves_denial(&self, link: &Link) -> bool {
        let (kind, prep) = match link {
            Link::Rel { kind, prep } => (*kind, prep),
            Link::Prep(prep) => (RelationKind::NextTo, prep),
            _ => return false,
        };
        let Some(Chunk::Np(np)) = self.peek(1) else { return false };
        let place = setting(np, kind, prep) == Setting::Place;
        self.instead
            || place
            || matches!(np.determiner, Determiner::A | Determiner::Another)
            || np.quantity.is_some()
    }

    /// `under the chair, not on it`: where something is not places it nowhere. `true` if it was that, and what was named
    /// before stays what the sentence speaks of.
    pub(super) fn stands_elsewhere(&mut self) -> bool {
        let denied = matches!(self.previous(), Some(Chunk::Not | Chunk::Instead)) && !self.group.is_empty();
        let known = match self.peek(1) {
            Some(Chunk::Np(np)) => self.known(np).is_some(),
            Some(Chunk::Pronoun(_)) => true,
            _ => false,
        };
        if !denied || !known || self.scene.relations.is_empty() {
            return false;
        }
        self.at += 1;
        self.denied = None;
        self.unproved = Unproved::default();
        true
    }

    /// Whether the preposition before this noun follows what must not be there.
    pub(super) fn was_denied(&self) -> bool {
        let before = self.before_last();
        self.mentioned.is_empty() && !self.scene.absent.is_empty() && matches!(before, Some(Chunk::Np(_)))
    }

    /// What is excepted must not be there, save where everybody else was told of; of an empty room it is all there is.
    pub(super) fn except(&mut self) {
        // "no furniture except a lamp"
        // "no furniture in the room except a lamp"
        let denied = self.denied.is_some() || self.scene.things.is_empty() && !self.scene.absent.is_empty();
        // "a table empty except for a lamp"
        let empty = self.group.last().and_then(|index| self.scene.things.get(*index));
        let empty = empty.is_some_and(|thing| thing.says(|word| matches!(word, "empty" | "bare")));
        if self.places.say("empty") || denied || empty {
            self.denied = None;
            self.with(false);
        } else if self.stands_out() {
            (self.denied, self.closed) = (None, true);
            self.group.clear();
        } else if !self.excepts_somebody() {
            (self.denied, self.instead) = (Some(None), false);
        }
    }

    /// `everything is white except a red toaster`: it is there, in another colour.
    fn stands_out(&self) -> bool {
        let coloured = |word: &String| exact_tags(word).any(Tags::COLOUR);
        matches!(self.peek(1), Some(Chunk::Np(np)) if np.determiner == Determiner::A && np.attributes.iter().any(coloured))
    }

    /// `everyone is smiling except one boy`: he is there, too, and does not smile. `true` if it was that.
    fn excepts_somebody(&mut self) -> bool {
        let Some(Chunk::Np(np)) = self.peek(1) else { return false };
        let said = self.chunks.iter().take(self.at).rev().take_while(|chunk| **chunk != Chunk::Stop);
        // "wears a robe except the conductor"
        let object = match (self.before_last(), self.previous()) {
            (Some(Chunk::Verb(_)), Some(Chunk::Np(np))) => format!(" {}", np.text()),
            _ => String::new(),
        };
        let does = said.clone().find_map(|chunk| match chunk {
            Chunk::Verb(verb) => Some(format!("{}{object}", verb.attribute)),
            Chunk::Adjectives(adjectives) => Some(adjectives.join(" ")),
            _ => None,
        });
        let crowd = |i: &usize| {
            let several = self.scene.things.get(*i).is_some_and(|thing| thing.count > 1);
            several && self.is_animate(*i)
        };
        let whole = self.mentioned.iter().copied().find(crowd);
        let (Some(does), Some(whole)) = (does, whole) else { return false };
        if self.denied.is_some() || !np.tags().any(Tags::ANIMATE) {
            return false;
        }
        let except = self.thing_of(np);
        self.stand_like(except, whole);
        // "except one boy, who is crying" tells what he does.
        let told = matches!(self.peek(2), Some(Chunk::Which | Chunk::Verb(_)))
            || matches!((self.peek(2), self.peek(3)), (Some(Chunk::Comma), Some(Chunk::Which)));
        if !told {
            self.add_detail(&[except], &format!("not {does}"));
        }
        self.at += 1;
        self.group = vec![except];
        (self.object_of, self.closed, self.joint, self.pending) =
            (None, false, Joint::None, Pending::Nothing);
        true
    }

    /// `a boy without shoes kicking a ball`, `a dog without a collar chases a cat`: the denial ends before the deed.
    pub(super) fn end_denial(&mut self, verb: &Verb) {
        let named = self.denied.is_some_and(|denied| denied.is_some()) && !self.group.is_empty();
        let ends = match verb.form {
            VerbForm::Ing => self.lacks_clothes() && !self.group.is_empty(),
            VerbForm::Third | VerbForm::Base => named && matches!(self.previous(), Some(Chunk::Np(_))),
            VerbForm::Past => false,
        };
        self.denied.take_if(|_| ends);
    }

    /// A comma ends a denial unless a bare noun goes on with the list.
    pub(super) fn close_denial_unless_listed(&mut self) {
        let listed = match (self.peek(1), self.peek(2)) {
            (Some(Chunk::Np(np)), after) => {
                // "a cage without a bird, door open"
                let said = matches!(after, Some(Chunk::Link(_) | Chunk::Verb(_) | Chunk::Adjectives(_)));
                // "a man without a hat, blue sky"
                let place = np.tags().any(Tags::PLACE.and(Tags::SKY)) || List::Fabric.has(head(&np.noun));
                np.is_bare() && !said && !place && !self.instead
            }
            (Some(Chunk::Or | Chunk::And), _) => true,
            _ => false,
        };
        if self.denied.is_some() && !listed {
            self.denied = None;
            self.closed = true;
        }
    }
}
