//! What a place or a dish is made of: the floor, the walls and the tiles of a room belong to the words about the place and are
//! no things in it (`a kitchen with white walls and a tiled floor`), nor are the olives on a pizza.

use super::chunk::Chunk;
use super::interpret::{Interpreter, Joint, Pending, thing_tags};
use super::links::Link;
use super::phrase::{Determiner, NounPhrase};
use crate::lexicon::{Class, List, Tags, head, kind_of, tags};

impl Interpreter<'_> {
    /// Whether food that nobody counts is on or with food: `a pizza with olives and basil` is one thing to be drawn.
    pub(super) fn is_topping(&self, phrase: &NounPhrase, owners: &[usize]) -> bool {
        let dish = |index: &usize| {
            self.scene.things.get(*index).is_some_and(|thing| {
                let phrase = thing.phrase();
                let within =
                    phrase.split_once(" of ").map(|(_, food)| food.rsplit(' ').next().unwrap_or(food));
                let of_food = within.is_some_and(|food| tags(&lmd_layout::singular(food)).any(Tags::FOOD));
                thing_tags(thing).any(Tags::FOOD) || of_food
            })
        };
        let bare = phrase.determiner == Determiner::None && phrase.quantity.is_none();
        let goes_on = matches!(self.peek(1), Some(Chunk::Verb(_) | Chunk::With | Chunk::Has | Chunk::Which));
        bare && !goes_on && phrase.tags().any(Tags::FOOD) && !owners.is_empty() && owners.iter().all(dish)
    }

    /// Takes a phrase that names what the place spoken of is made of. `true` if it was one.
    pub(super) fn takes_fabric(&mut self, phrase: &NounPhrase) -> bool {
        let one = phrase.quantity.is_none_or(|quantity| quantity.count == 1);
        let placed = phrase.determiner == Determiner::A && matches!(self.peek(1), Some(Chunk::Link(_)));
        if !is_fabric(phrase) || !one || placed || self.places.len() == 0 || self.denied.is_some() {
            return false;
        }
        let goes_on =
            self.places.last_word().is_some_and(|word| List::Fabric.has(&lmd_layout::singular(word)));
        let of_place = match &self.pending {
            Pending::With { .. } => self.owner.is_empty() || self.after_place(),
            Pending::Nothing => {
                let backdrop = phrase.noun.ends_with("background") || phrase.noun.ends_with("backdrop");
                self.joint != Joint::None
                    && (self.owner.is_empty() || goes_on)
                    && self.region.is_none()
                    && !backdrop
            }
            _ => false,
        };
        // A garden may have a wall, a room is made of four.
        let walled = !matches!(head(&phrase.noun), "wall")
            || phrase.plural
            || self.places.last_word().is_some_and(is_room);
        let said_of = matches!(self.peek(1), Some(Chunk::Be | Chunk::Verb(_)));
        if !of_place || !walled || said_of || self.ahead.is_some() {
            return false;
        }
        self.places.add(if goes_on { "and" } else { "with" }, &phrase.text());
        if self.pending != Pending::Nothing {
            self.closed = true;
            self.object_of = None;
        }
        (self.pending, self.joint) = (Pending::Nothing, Joint::None);
        true
    }

    /// `a street at night, reflections on the wet asphalt`: part of the words about the place. `true` if it was that.
    pub(super) fn plays_on_place(&mut self, phrase: &NounPhrase) -> bool {
        let listed = self.joint == Joint::Comma && phrase.is_bare() && self.places.len() > 0;
        if !listed || !List::PlayOfLight.has(head(&phrase.noun)) {
            return false;
        }
        let mut says = phrase.text();
        if let (Some(Chunk::Link(Link::Rel { prep, .. } | Link::Prep(prep))), Some(Chunk::Np(np))) =
            (self.peek(1), self.peek(2))
            && self.known(np).is_none()
        {
            says = format!("{says} {prep} {}", np.text());
            self.at += 2;
        }
        self.places.add("with", &says);
        self.joint = Joint::None;
        true
    }

    /// `Her reflection looks tired.`: in the mirror that was named before, and part of its caption. `true` if it was that.
    pub(super) fn is_mirrored(&mut self, phrase: &NounPhrase) -> bool {
        let own = matches!(phrase.determiner, Determiner::Possessive | Determiner::The);
        let mirrors = |thing: &crate::Thing| {
            matches!(head(&thing.noun), "mirror" | "puddle" | "window" | "pond" | "lake")
        };
        let mirror = self.scene.things.iter().rposition(mirrors);
        let Some(mirror) = mirror.filter(|_| own && phrase.noun == "reflection") else { return false };
        let says = match (self.peek(1), self.peek(2)) {
            (Some(Chunk::Be), Some(Chunk::Verb(verb))) => format!(" {}", verb.attribute),
            (Some(Chunk::Be), Some(Chunk::Adjectives(adjectives))) => format!(" {}", adjectives.join(" ")),
            _ => String::new(),
        };
        self.at += if says.is_empty() { 0 } else { 2 };
        self.add_detail(&[mirror], &format!("with {}{says}", phrase.text().to_lowercase()));
        self.group = vec![mirror];
        (self.object_of, self.closed, self.joint) = (None, false, Joint::None);
        true
    }

    /// Whether the phrase before `with` is a place: `a cat in a room with blue walls`.
    fn after_place(&self) -> bool {
        let before = self.before_last();
        matches!(before, Some(Chunk::Np(np)) if np.tags().any(Tags::PLACE) && self.known(np).is_none())
    }
}

/// Whether a phrase names what places and buildings are made of.
pub(super) fn is_fabric(phrase: &NounPhrase) -> bool {
    let written = phrase.words.last().map(|word| word.to_lowercase()).unwrap_or_default();
    // "a carpet" is a thing, "red carpet" is what lies everywhere.
    let bare = phrase.determiner == Determiner::None && !phrase.plural;
    let known = List::Fabric.has(head(&phrase.noun)) || List::Fabric.has(&written);
    known && (bare || written != "carpet")
}

/// Whether a place has walls of its own.
fn is_room(place: &str) -> bool {
    kind_of(place).class == Class::Stand
}
