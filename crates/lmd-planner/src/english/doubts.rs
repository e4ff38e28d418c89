//! Readings that look odd: what is left of a rule that did not fit ends up in a caption in a form that nobody writes.
//! Each is told, whatever rule it comes from, so that a wrong reading is not silent.

use super::chunk::Chunk;
use super::interpret::Interpreter;
use super::links::Link;
use super::numbers::number;
use super::phrase::{Determiner, NounPhrase};
use super::places::Unproved;
use crate::lexicon::{Tags, VerbForm, exact_tags, tags, verb};
use crate::{Scene, Thing};

/// Words that may stand within a noun although they end noun phrases.
const JOINS: [&str; 5] = ["of", "and", "'s", "a", "the"];

/// One sentence for each odd caption of `scene`.
pub(super) fn odd_captions(scene: &Scene) -> Vec<String> {
    scene.things.iter().flat_map(odd).collect()
}

fn odd(thing: &Thing) -> Vec<String> {
    let mut notes = Vec::new();
    let mut doubt = |says: String| notes.push(format!("\"{}\" may be misread: {says}", thing.phrase()));
    let colours: Vec<&String> = thing.attributes.iter().filter(|a| is_plain_colour(a)).collect();
    if let [first, second, ..] = colours.as_slice() {
        doubt(format!("it has two colours, \"{first}\" and \"{second}\""));
    }
    let words: Vec<&str> = thing.noun.split(' ').collect();
    let is_hinge = |tags: Tags| tags.any(Tags::FUNCTION) && !tags.any(Tags::NOUN);
    let hinge = |word: &&&str| is_hinge(exact_tags(word)) && !JOINS.contains(*word);
    if let Some(word) = words.iter().find(hinge) {
        doubt(format!("\"{word}\" is no part of a name"));
    }
    if let [.., doer, does] = words.as_slice()
        && tags(doer).any(Tags::PERSON)
        && verb(does).is_some_and(|verb| verb.form == VerbForm::Base)
    {
        doubt(format!("\"{does}\" may be what it does"));
    }
    // "a pyramid of six oranges": nobody counts what has no box.
    let inner = thing.detail.as_deref().and_then(|detail| detail.strip_prefix("of "));
    let counted = inner.and_then(|inner| inner.split_once(' ')).filter(|(count, _)| {
        let count = count.to_lowercase();
        number(&count).is_some_and(|count| count > 1)
    });
    if let Some((count, things)) = counted {
        doubt(format!("the {count} {things} are drawn as one thing with it and are not counted"));
    }
    notes
}

/// A colour and nothing else: gold and cherry are stuff and fruit, too.
fn is_plain_colour(attribute: &str) -> bool {
    let own = exact_tags(attribute);
    own.any(Tags::COLOUR) && !own.any(Tags::MODIFIER.and(Tags::NOUN).and(Tags::ADJECTIVE).and(Tags::STUFF))
}

impl Interpreter<'_> {
    /// How much was said of places, regions and details so far.
    pub(super) fn said_so_far(&self) -> usize {
        self.said + self.places.len() + self.scene.absent.len() + self.scene.notes.len()
    }

    /// Remembers a preposition that has to say something.
    pub(super) fn must_say(&mut self, link: &Link) {
        self.tell_unproved();
        let followed = matches!(self.peek(1), Some(Chunk::Np(_) | Chunk::Pronoun(_) | Chunk::OneOf(_)));
        // "a plate with nothing on it"
        let of_itself = matches!(self.peek(1), Some(Chunk::Pronoun(_))) && self.scene.things.len() < 2;
        let preposition = match link {
            _ if self.denied.is_some() => None,
            Link::Rel { prep, .. } => (followed && !of_itself && !prep.is_empty()).then(|| prep.clone()),
            other => other.told().map(str::to_owned),
        };
        self.unproved = Unproved { preposition, said: self.said_so_far() };
    }

    /// Tells the preposition that said nothing.
    pub(super) fn tell_unproved(&mut self) {
        let Unproved { preposition, said } = std::mem::take(&mut self.unproved);
        if self.said_so_far() != said
            || self.ahead.is_some()
            || self.region.is_some()
            || self.arrangement.is_some()
            || self.series.is_some()
        {
            return;
        }
        if let Some(preposition) = preposition.filter(|p| !self.scene.not_understood.contains(p)) {
            self.scene.not_understood.push(preposition);
        }
    }

    /// Tells a number before one thing and an article before several.
    pub(super) fn doubt_number(&mut self, phrase: &NounPhrase) {
        let last = phrase.noun.rsplit(' ').next().unwrap_or_default();
        // One sheep and two sheep, scissors, water: the form tells no number. Of these three either plural is written.
        let alike = lmd_layout::plural(last) == last
            || matches!(last, "bison" | "shrimp" | "squid")
            || phrase.tags().any(Tags::STUFF);
        let counted = phrase.quantity.is_some_and(|quantity| quantity.exact && quantity.count > 1);
        let pair = phrase.noun.starts_with("pair of");
        if counted && !phrase.plural && !alike && !pair && !phrase.noun.is_empty() && !phrase.anaphor {
            self.scene
                .notes
                .push(format!("\"{}\" was read as a number of things, which may be wrong", phrase.text()));
        }
        if phrase.determiner == Determiner::A && phrase.plural && phrase.quantity.is_none() && !alike {
            self.scene
                .notes
                .push(format!("\"{}\" was read as several things, which may be wrong", phrase.text()));
        }
    }
}
