//! Which thing a noun phrase names: one of several, one named before, or a new one.

use super::chunk::Chunk;
use super::interpret::{Interpreter, Joint, Pending, thing_tags};
use super::phrase::{Determiner, NounPhrase};
use super::who::Who;
use crate::Thing;
use crate::lexicon::{Class, List, Tags, compares, head, is_function, kind_of};

/// `the ramen` that a bowl of ramen holds.
fn holds(thing: &Thing, phrase: &NounPhrase) -> bool {
    let content = thing.detail.as_deref().and_then(|detail| detail.strip_prefix("of "));
    thing_tags(thing).any(Tags::CONTAINER) && content.is_some_and(|content| head(content) == phrase.noun)
}

impl Interpreter<'_> {
    /// The thing a phrase names: one named before, or a new one.
    pub(super) fn thing_of(&mut self, phrase: &NounPhrase) -> usize {
        self.take_heading_back(phrase);
        if let Some(young) = self.young_of_animal(phrase) {
            // The whale's calf is a baby whale in the caption.
            self.used.push(phrase.noun.clone());
            self.scene.things.push(young);
            self.mentioned.push(self.scene.things.len() - 1);
            return self.scene.things.len() - 1;
        }
        if let Some(source) = self.several_compared(phrase) {
            return self.take_compared(phrase, source);
        }
        if let Some(index) = self.picked_by(phrase) {
            self.mentioned.push(index);
            return index;
        }
        if let Some((bare, region)) = Self::placed_by_name(phrase).filter(|_| self.known(phrase).is_none()) {
            self.scene.things.push(bare.thing());
            let index = self.scene.things.len() - 1;
            self.set_region(&[index], region);
            self.used.extend(phrase.attributes.first().cloned());
            self.mentioned.push(index);
            return index;
        }
        let known = self.known(phrase);
        // The campfire holds "the fire".
        self.used.extend(known.map(|_| phrase.noun.clone()));
        let listed = self.listed_next.take().filter(|_| known.is_none());
        let index = known.unwrap_or_else(|| {
            self.guess(phrase);
            match listed.and_then(|index| self.scene.things.get_mut(index)) {
                Some(plural) => {
                    let kind = std::mem::replace(plural, phrase.thing());
                    self.scene.kinds.push(kind.noun);
                    listed.unwrap_or_default()
                }
                None => {
                    self.scene.things.push(phrase.thing());
                    self.scene.things.len() - 1
                }
            }
        });
        self.mentioned.push(index);
        index
    }

    /// Notes a thing that no table knows and no article or number shows to be
    /// one: its place in the sentence alone makes it a thing.
    fn guess(&mut self, phrase: &NounPhrase) {
        self.doubt_number(phrase);
        self.doubt_joint(phrase);
        // "a skull and a candle, vanitas": an unknown plural in a list of tags is none for certain.
        let tag = self.joint == Joint::Comma && matches!(self.peek(1), None | Some(Chunk::Comma));
        let bare = phrase.is_bare() && (!phrase.plural || tag);
        if bare && !phrase.capitalised && phrase.tags().is_unknown() {
            self.scene.guesses.push(phrase.noun.clone());
        }
    }

    /// `banners - set of four banners`: a heading names what is counted after it.
    pub(super) fn take_heading_back(&mut self, phrase: &NounPhrase) {
        let counted = phrase.quantity.is_some_and(|quantity| quantity.exact && quantity.count > 1);
        let [heading] = self.scene.things.as_slice() else { return };
        let alike =
            heading.noun == phrase.noun && heading.attributes.iter().all(|a| phrase.attributes.contains(a));
        if counted && alike && !heading.exact && heading.count > 1 && self.joint == Joint::Comma {
            self.listed_next = Some(0);
        }
    }

    /// `person on bus. bus next to car`: a bare noun that an earlier sentence has named just so means the same thing.
    fn named_before(&self, phrase: &NounPhrase, bare: bool) -> Option<usize> {
        let counted = !phrase.tags().any(Tags::STUFF.and(Tags::UNCOUNTED)) && !phrase.capitalised;
        if !bare || !counted || !phrase.attributes.is_empty() || phrase.detail.is_some() {
            return None;
        }
        let same = |thing: &Thing| thing.noun == phrase.noun && thing.count == 1;
        let mut earlier: Vec<bool> = self.scene.things.iter().map(same).collect();
        for index in &self.mentioned {
            earlier.get_mut(*index).into_iter().for_each(|one| *one = false);
        }
        earlier.iter().rposition(|one| *one)
    }

    /// The thing named before that `the cat` means.
    pub(super) fn known(&self, phrase: &NounPhrase) -> Option<usize> {
        let bare = phrase.is_bare() && !phrase.plural;
        // "a violinist and a pianist, violinist on the left".
        let again = bare
            && phrase.attributes.is_empty()
            && self.pending == Pending::Nothing
            && self.joint != Joint::None
            && self.link_follows();
        // "Passengers wait, everyone staring at a screen": the passengers stare.
        let every = phrase.words.first().is_some_and(|word| word.to_lowercase().starts_with("every"));
        let several = |index: &usize| {
            let thing = self.scene.things.get(*index);
            thing.is_some_and(|thing| thing.count > 1 && thing_tags(thing).any(Tags::PERSON))
        };
        let all = every && phrase.noun == "person";
        if let Some(whole) = self.mentioned.iter().copied().find(|index| all && several(index)) {
            return Some(whole);
        }
        let before = self.named_before(phrase, bare);
        if phrase.determiner != Determiner::The && !again {
            return before;
        }
        let within = matches!(self.previous(), Some(Chunk::Link(_))) && phrase.attributes.is_empty();
        // "a man riding …, the riding man"
        let does = |thing: &Thing, word: &str| {
            thing.detail.as_deref().is_some_and(|detail| detail.split(' ').next() == Some(word))
        };
        let same = |thing: &Thing| {
            (thing.noun == phrase.noun
                || within && holds(thing, phrase)
                || head(&thing.noun) == phrase.noun
                || is_compound_of(thing, &phrase.noun))
                && phrase.attributes.iter().all(|a| thing.attributes.contains(a) || does(thing, a))
                && phrase.quantity.is_none_or(|q| q.count == thing.count)
        };
        // "the other brother" is the one that was not picked out.
        if phrase.other {
            self.scene.things.iter().position(same)
        } else {
            let same = self.scene.things.iter().rposition(same);
            same.or_else(|| self.shown_by(phrase)).or_else(|| self.meant_by_kind(phrase))
        }
    }

    /// `A statue of a man. The man looks angry.`: the picture or figure of it.
    fn shown_by(&self, phrase: &NounPhrase) -> Option<usize> {
        let shows = |thing: &Thing| {
            let figure = thing_tags(thing).any(Tags::SHOWS) || List::Figure.has(head(&thing.noun));
            let shown = thing.detail.as_deref().and_then(|detail| detail.strip_prefix("of "));
            let named = |shown: &str| {
                let mut words = shown.split(' ').skip_while(|word| is_function(word));
                words.by_ref().take_while(|word| !is_function(word)).any(|word| word == phrase.noun)
            };
            figure && !phrase.plural && shown.is_some_and(named)
        };
        self.scene.things.iter().rposition(shows)
    }

    /// `A farmer leans on a gate. The man is smoking.`: the one thing of an earlier sentence that is of the kind.
    fn meant_by_kind(&self, phrase: &NounPhrase) -> Option<usize> {
        let of_kind = |thing: &Thing| {
            let (tags, person) = (thing_tags(thing), thing_tags(thing).any(Tags::PERSON));
            match phrase.noun.as_str() {
                "animal" | "creature" => tags.any(Tags::ANIMAL) && !person,
                "bird" => tags.any(Tags::ANIMAL) && kind_of(&thing.noun).class == Class::Air,
                "man" | "guy" => person && Who::He.fit(thing) > 1,
                "woman" | "lady" => person && Who::She.fit(thing) > 1,
                "person" => person,
                "vehicle" => tags.any(Tags::VEHICLE),
                _ => false,
            }
        };
        let earlier = |index: &usize| {
            let one = self.scene.things.get(*index).filter(|thing| thing.count == 1 && of_kind(thing));
            one.is_some() && !self.mentioned.contains(index)
        };
        let plain = phrase.is_plain() && !phrase.plural && phrase.detail.is_none();
        let mut found = (0..self.scene.things.len()).filter(|index| plain && earlier(index));
        found.next().filter(|_| found.next().is_none())
    }

    /// The several of which `the older brother` is one.
    pub(super) fn several_compared(&self, phrase: &NounPhrase) -> Option<usize> {
        let compared = phrase.attributes.iter().any(|attribute| compares(attribute));
        let definite = phrase.determiner == Determiner::The && !phrase.plural && phrase.quantity.is_none();
        let several = |thing: &Thing| thing.count > 1 && thing.noun == phrase.noun;
        (definite && compared && self.known(phrase).is_none())
            .then(|| self.scene.things.iter().rposition(several))
            .flatten()
    }

    /// That one, taken out of the several; whom the sentence speaks of stays.
    fn take_compared(&mut self, phrase: &NounPhrase, source: usize) -> usize {
        let (group, parts, closed) = (self.group.clone(), self.parts.clone(), self.closed);
        self.split(phrase, source);
        (self.group, self.parts, self.closed) = (group, parts, closed);
        self.divided = None;
        let index = self.scene.things.len() - 1;
        self.mentioned.push(index);
        index
    }
}

/// `the fire` of a campfire, `the boat` of a rowboat.
fn is_compound_of(thing: &Thing, noun: &str) -> bool {
    const WHOLE: [&str; 11] =
        ["fire", "boat", "chair", "shelf", "board", "wheel", "cup", "pot", "glass", "ship", "plane"];
    WHOLE.contains(&noun) && thing.noun.len() > noun.len() && thing.noun.ends_with(noun)
}
