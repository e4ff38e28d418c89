//! What somebody or something has: a part of its caption (`a cat with a hat`)
//! or a thing near, on or in it (`a table with two apples`).

use super::chunk::Chunk;
use super::interpret::{Interpreter, Joint, Pending, thing_tags};
use super::lexicon::Tags;
use super::links::Link;
use super::phrase::{Determiner, NounPhrase};
use super::places::{Setting, setting};
use crate::RelationKind;

impl Interpreter<'_> {
    pub(super) fn with(&mut self, each: bool) {
        if self.denied.is_some() && self.joint == Joint::And {
            self.denied = None;
        }
        if self.joint == Joint::None || self.owner.is_empty() {
            // "a nightstand next to the bed with a lamp": the bed is old news.
            self.owner = match &self.object_of {
                Some((_, subjects)) if self.object_known && !self.closed => subjects.clone(),
                _ if self.closed => self.current_subjects(),
                _ => self.group.clone(),
            };
        }
        self.pending = Pending::With { each };
    }

    pub(super) fn is_animate(&self, index: usize) -> bool {
        self.scene.things.get(index).is_some_and(|thing| thing_tags(thing).any(Tags::ANIMATE))
    }

    /// Whether a phrase names what is worn by or part of the things that
    /// details go to.
    pub(super) fn is_accessory(&self, phrase: &NounPhrase) -> bool {
        let owners = if self.detailed.is_empty() { &self.owner } else { &self.detailed };
        let animate = owners.iter().any(|i| self.is_animate(*i));
        let tags = phrase.tags();
        let stuff = phrase.determiner == Determiner::None && phrase.quantity.is_none() && !phrase.plural;
        let stuff = stuff && !owners.is_empty() && (tags.any(Tags::MASS) || tags == Tags::default());
        tags.any(Tags::PART) || stuff || (animate && tags.any(Tags::WORN))
    }

    /// What an owner has: part of its caption, or a thing near, on or in it.
    pub(super) fn owned(&mut self, phrase: &NounPhrase, each: bool) {
        self.joint = Joint::None;
        self.contained = None;
        let owners = self.owner.clone();
        self.detailed.clear();
        if !owners.is_empty() && self.is_accessory(phrase) && !self.explicit_place_follows() {
            let last: Vec<usize> =
                if phrase.plural || each { owners } else { owners.last().copied().into_iter().collect() };
            self.add_detail(&last, &format!("with {}", phrase.text()));
            self.detailed = last;
            self.group = self.owner.clone();
            return;
        }
        if owners.is_empty()
            && setting(phrase, RelationKind::Inside, "in") == Setting::Place
            && phrase.determiner == Determiner::None
            && !phrase.plural
        {
            self.places.add("with", &phrase.text());
            return;
        }
        let plain = phrase.determiner == Determiner::A && phrase.tags().any(Tags::PLACE);
        if plain && !matches!(self.peek(1), Some(Chunk::Link(_))) && !owners.is_empty() {
            self.group.clone_from(&self.owner);
            return self.places.add("with", &phrase.text());
        }
        let index = self.thing_of(phrase);
        let copies: u32 =
            owners.iter().filter_map(|i| self.scene.things.get(*i)).map(|thing| thing.count).sum();
        if let (true, Some(thing)) = (each, self.scene.things.get_mut(index)) {
            thing.count = thing.count.saturating_mul(copies.max(1));
        }
        self.group.clear();
        self.closed = false;
        self.object_of = None;
        self.group.push(index);
        self.dress_waiting(index);
        if !self.explicit_place_follows() {
            self.default_relation(index, &owners);
        }
    }

    /// Whether a region, `on it` or `on top` after the list says where it is.
    pub(super) fn explicit_place_follows(&self) -> bool {
        let listed = |chunk: &&Chunk| {
            matches!(
                chunk,
                Chunk::Np(_) | Chunk::And | Chunk::Or | Chunk::Comma | Chunk::Verb(_) | Chunk::Adjectives(_)
            )
        };
        let skipped = self.chunks.iter().skip(self.at + 1).take_while(listed).count();
        match self.peek(skipped + 1) {
            Some(Chunk::Link(Link::Rel { .. })) => !matches!(self.peek(skipped + 2), Some(Chunk::Np(_))),
            Some(Chunk::Link(Link::RelTo { .. } | Link::Region { .. })) => true,
            _ => false,
        }
    }

    /// Where a thing is that somebody or something has.
    pub(super) fn default_relation(&mut self, index: usize, owners: &[usize]) {
        let Some(owner) = owners.last().copied() else { return };
        let Some(thing) = self.scene.things.get(owner) else { return };
        let tags = thing_tags(thing);
        let animate = tags.any(Tags::ANIMATE);
        let kind = match () {
            () if tags.any(Tags::CONTAINER) && !animate => RelationKind::Inside,
            () if tags.any(Tags::SURFACE) && !animate => RelationKind::On,
            () if thing.noun.ends_with("tree") => RelationKind::Inside,
            () if tags.any(Tags::PLACE) => return,
            () => RelationKind::NextTo,
        };
        self.relate(index, kind, owner);
        self.contained = Some(kind);
        self.object_of = None;
    }

    pub(super) fn add_detail(&mut self, things: &[usize], text: &str) {
        for index in things {
            if let Some(thing) = self.scene.things.get_mut(*index) {
                let text =
                    if thing.detail.is_none() { text.strip_prefix("and ").unwrap_or(text) } else { text };
                thing.detail = Some(match thing.detail.take() {
                    Some(detail) => format!("{detail} {text}"),
                    None => text.to_owned(),
                });
            }
        }
    }
}
