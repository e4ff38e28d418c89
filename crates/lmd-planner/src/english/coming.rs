//! What comes out of something or goes into it: a chick hatching from an egg, leaves falling from a tree, milk poured into
//! a cup, a basket that is a bicycle's.

use super::chunk::Chunk;
use super::interpret::{Interpreter, thing_tags};
use super::links::Link;
use super::owning::is_building;
use super::phrase::{Determiner, NounPhrase};
use crate::lexicon::{
    Class, List, Tags, Verb, VerbForm, finite_past, head, is_coming_down, is_half_in, is_pouring, kind_of,
};
use crate::{RelationKind, Thing};

/// What is said with `out` of whoever or whatever is half in something.
const OUT: [&str; 6] = ["sticking", "poking", "peeking", "peeping", "popping", "hanging"];

/// What somebody is doing who has done what a verb says: `pouring` of `poured`.
pub(super) fn doing_of(verb: &Verb) -> String {
    let active = (verb.form == VerbForm::Past).then(|| finite_past(&verb.attribute)).flatten();
    active.map_or_else(|| verb.attribute.clone(), |verb| verb.attribute)
}

/// Whether something is poured or dripped by somebody who is not named: `milk being poured into a cup`.
pub(super) fn is_poured(verb: &Verb) -> bool {
    verb.form == VerbForm::Past && is_pouring(&doing_of(verb))
}

impl Interpreter<'_> {
    /// How things are to what they come out of or go into; `None` where the deed does not tell.
    pub(super) fn halfway(
        &self,
        object: &Thing,
        kind: RelationKind,
        prep: &str,
        subjects: &[usize],
    ) -> Option<RelationKind> {
        let verb = self.deed_before().filter(|verb| !verb.attribute.ends_with("away"))?;
        let (does, tags, class) = (doing_of(verb), thing_tags(object), kind_of(&object.noun).class);
        let out = matches!(prep, "out of" | "from" | "from inside" | "from within");
        let plain = matches!(kind, RelationKind::Inside | RelationKind::NextTo);
        let stuff = |i: &usize| self.scene.things.get(*i).is_some_and(|t| thing_tags(t).any(Tags::STUFF));
        let alive = subjects.iter().any(|index| self.is_animate(*index));
        if subjects.is_empty()
            || self.detailed_by == subjects && !self.shows_head(subjects)
            || tags.any(Tags::PLACE.and(Tags::SKY).and(Tags::ANIMATE))
        {
            return None;
        }
        // Whoever jumps out of an airplane is below it.
        let aloft = class == Class::Air && is_half_in(&does) && alive;
        if out && plain && (is_coming_down(&does) || aloft) {
            // "pouring from a jug into a cup" falls; coins that are spilled lie there.
            let on = matches!(self.peek(1), Some(Chunk::Link(_)));
            let lies = class == Class::Container && !on;
            return Some(if lies { RelationKind::InFrontOf } else { RelationKind::HangsFrom });
        }
        let rising = subjects.iter().all(stuff);
        // Steam and smoke rise from whatever they come out of.
        if out && rising && (is_half_in(&does) || class == Class::Container) {
            return Some(RelationKind::HalfIn);
        }
        let wide = tags.any(Tags::SCENERY.and(Tags::VEHICLE).and(Tags::SEAT)) || is_building(object);
        if wide || matches!(class, Class::Hang | Class::Wall | Class::Over) {
            return None;
        }
        let comes = out && plain;
        let goes = prep == "into" && kind == RelationKind::Inside;
        let poured = matches!(prep, "into" | "onto" | "over" | "on") && is_pouring(&does) && !alive;
        let opens_above = class == Class::Container || kind_of(&object.noun).height < 0.7;
        match () {
            () if (comes || goes) && is_half_in(&does) && opens_above || poured => Some(RelationKind::HalfIn),
            // "a pizza coming out of an oven"
            () if comes && is_half_in(&does) && prep == "out of" => Some(RelationKind::InFrontOf),
            () => None,
        }
    }

    /// Whether somebody pokes his head out of something, and is in the rest of it.
    fn shows_head(&self, subjects: &[usize]) -> bool {
        let out = |i: &usize| {
            let detail = self.scene.things.get(*i).and_then(|thing| thing.detail.as_deref());
            detail.is_some_and(|detail| {
                let (pokes, head) = (detail.contains("poking") || detail.contains("sticking"), " head");
                pokes && detail.contains(head) || detail.contains("popping") && detail.contains(head)
            })
        };
        subjects.iter().all(out)
    }

    /// The verb before a preposition, with other places between: `pouring from a jug into a cup`.
    fn deed_before(&self) -> Option<&Verb> {
        let before = self.chunks.get(..self.at.checked_sub(1)?)?.iter().rev();
        let mut before = before.skip_while(|chunk| {
            matches!(chunk, Chunk::Np(_) | Chunk::Link(Link::Rel { .. } | Link::Prep(_)))
        });
        if let Some(Chunk::Verb(verb)) = before.next() { Some(verb) } else { None }
    }

    /// Whether something is in stuff of its owner or among several, which is then said.
    pub(super) fn is_amidst(
        &mut self,
        phrase: &NounPhrase,
        (kind, prep): (RelationKind, &str),
        subjects: &[usize],
    ) -> bool {
        self.in_stuff_of_owner(phrase, kind, prep) || self.stands_among(phrase, prep, subjects)
    }

    /// `a rose among lilies`: they are around it. `true` if it was that.
    fn stands_among(&mut self, phrase: &NounPhrase, prep: &str, subjects: &[usize]) -> bool {
        let [subject] = subjects else { return false };
        let single = self.scene.things.get(*subject).is_some_and(|thing| thing.count == 1);
        let (count, _) = phrase.count();
        if !matches!(prep, "among" | "amongst" | "amid" | "amidst") || !single || !(3..=8).contains(&count) {
            return false;
        }
        let others = self.thing_of(phrase);
        self.relate(others, RelationKind::Around, *subject);
        (self.group, self.object_of, self.closed) = (subjects.to_vec(), None, true);
        true
    }

    /// `a puppy playing in leaves`, `boxers in a ring`: somebody is among what lies about in numbers and not in one of it, and
    /// wears no ring that is a place.
    pub(super) fn is_amid(&self, phrase: &NounPhrase, prep: &str, subjects: &[usize]) -> bool {
        let strewn = phrase.plural && phrase.is_bare() && List::Strewn.has(head(&phrase.noun));
        let among = matches!(prep, "in" | "through" | "among" | "amid" | "amongst" | "into");
        let acts = matches!(self.before_last(), Some(Chunk::Verb(_)));
        let fights = |i: &usize| self.scene.things.get(*i).is_some_and(|t| List::InRing.has(head(&t.noun)));
        if phrase.noun == "ring" && prep == "in" && !subjects.is_empty() && subjects.iter().all(fights) {
            return true;
        }
        strewn && among && acts && !subjects.is_empty() && subjects.iter().all(|i| self.is_animate(*i))
    }

    /// `a bicycle against a wall, a cat in its basket`: the basket is at what rolls, of which the sentence speaks.
    pub(super) fn belongs_to_vehicle(&mut self, phrase: &NounPhrase, part: usize) {
        let its = phrase.words.first().is_some_and(|word| word.eq_ignore_ascii_case("its"));
        let part_of = phrase.determiner == Determiner::Possessive && phrase.tags().any(Tags::CONTAINER);
        let rolls = |i: &usize| self.scene.things.get(*i).is_some_and(|t| thing_tags(t).any(Tags::VEHICLE));
        let whole = self.mentioned.iter().chain(&self.earlier).copied().find(rolls);
        if let Some(whole) = whole.filter(|whole| its && part_of && *whole != part && !self.object_known) {
            self.relate(part, RelationKind::Inside, whole);
        }
    }

    /// What a preposition and a pronoun place is beside that no longer, and sticks out of it where it is half in it.
    pub(super) fn no_longer_only_beside(
        &mut self,
        kind: RelationKind,
        prep: &str,
        subjects: &[usize],
        objects: &[usize],
    ) {
        if kind != RelationKind::NextTo {
            self.no_longer_beside(subjects, objects);
        }
        if kind == RelationKind::HalfIn {
            self.deeds_behind(prep, subjects);
        }
    }

    /// `crawling out of its shell`: the deed before it is told behind the noun, too.
    pub(super) fn deeds_behind(&mut self, prep: &str, things: &[usize]) {
        let does = self
            .deed_before()
            .filter(|_| matches!(prep, "out of" | "for"))
            .map(|verb| verb.attribute.clone());
        let Some(does) = does else { return };
        for index in things {
            let thing = self.scene.things.get_mut(*index);
            // "a hammer sticking out of a box"
            let out = |detail: &String| detail.ends_with(&does) && OUT.contains(&does.as_str());
            let told = thing.filter(|thing| thing.detail.as_ref().is_some_and(out));
            if let Some(detail) = told.and_then(|thing| thing.detail.as_mut()) {
                detail.push_str(" out");
                continue;
            }
            let thing = self.scene.things.get_mut(*index);
            let at = thing.as_ref().and_then(|thing| thing.attributes.iter().position(|word| *word == does));
            if let (Some(at), Some(thing)) = (at, thing) {
                thing.attributes.remove(at);
                self.add_deed(&[*index], &does);
            }
        }
    }
}
