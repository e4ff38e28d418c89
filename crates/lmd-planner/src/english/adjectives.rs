//! Adjectives before a noun, one by one and joined: `light blue`, `red and white`, `red or blue`.

use lmd_layout::singular;

use super::noun_phrase::Reader;
use super::numbers::number;
use super::parallel::does_something;
use super::phrase::Determiner;
use crate::lexicon::{
    List, Tags, VerbForm, compares, exact_tags, is_adjective, is_adverb, is_function, is_participle, tags,
    verb,
};

impl Reader<'_> {
    /// An unknown word that only looked like an adjective (`a red convertible`)
    /// is the noun.
    pub(super) fn unknown_noun(&mut self) {
        if matches!(self.low(0), "one" | "ones") {
            return;
        }
        // "the younger on the right" is one of several.
        let definite = self.phrase.determiner == Determiner::The;
        let unknown =
            |a: &String| exact_tags(a).is_unknown() && !a.contains(['-', ' ']) && !(definite && compares(a));
        if self.phrase.noun.is_empty()
            && self.phrase.determiner != Determiner::None
            && self.phrase.attributes.last().is_some_and(unknown)
        {
            self.phrase.noun = self.phrase.attributes.pop().unwrap_or_default();
        }
    }

    /// `a cake for a 7-year-old`: an age alone is somebody of that age.
    pub(super) fn aged(&mut self) {
        // "three doors, the first red, the second green"
        let ordinal = self.phrase.ordinal.take().filter(|word| List::Ordinal.has(word));
        let alone = self.phrase.noun.is_empty() && !matches!(self.low(0), "one" | "ones");
        if alone && self.phrase.determiner == Determiner::The && self.phrase.quantity.is_none() {
            self.phrase.attributes.splice(0..0, ordinal);
        }
        let told = self.phrase.determiner != Determiner::None || self.phrase.quantity.is_some();
        let one = matches!(self.low(0), "one" | "ones");
        let age = self
            .phrase
            .attributes
            .last()
            .and_then(|age| age.strip_suffix("-old").or(age.strip_suffix("-olds")));
        let Some((count, unit)) = age.and_then(|age| age.split_once('-')) else { return };
        if !self.phrase.noun.is_empty() || one {
            return;
        }
        let grown = unit == "year" && number(count).is_some_and(|years| years >= 18);
        let noun = if grown { "person" } else { "child" };
        let several = self.phrase.attributes.last().is_some_and(|age| age.ends_with('s'));
        if told || several {
            self.phrase.noun = noun.to_owned();
            self.phrase.plural = several;
            if let Some(age) = self.phrase.attributes.last_mut().filter(|_| several) {
                age.pop();
            }
        }
    }

    /// Takes one adjective; shades join their colour, adverbs their adjective.
    pub(super) fn modifier(&mut self, adverb: &mut Vec<String>) {
        let low = self.low(0).to_owned();
        let next_is_color = exact_tags(self.low(1)).any(Tags::COLOUR);
        let shade = exact_tags(&low).any(Tags::SHADE) && next_is_color;
        let plain_adverb = exact_tags(&low).any(Tags::ADVERB) || (low.ends_with("ly") && !is_adjective(&low));
        self.take();
        if shade || plain_adverb {
            adverb.push(low);
            return;
        }
        adverb.push(hyphen_color(&low));
        self.phrase.attributes.push(std::mem::take(adverb).join(" "));
    }

    /// Whether another colour and the noun of both stand `ahead`: `a black gold and white vase`, `an
    /// orange and white cat`.
    pub(super) fn color_and_noun_follow(&self, ahead: usize) -> bool {
        let noun = self.low(ahead + 1);
        // "an orange and red apples" are two kinds of fruit.
        let agrees = self.phrase.determiner != Determiner::A || singular(noun) == noun;
        let colour = exact_tags(self.low(ahead)).any(Tags::COLOUR);
        colour && agrees && self.content_follows(ahead + 1) && !self.verb_follows(ahead + 1)
    }

    /// Whether nothing but another colour and the end of the phrase follows the word `ahead`.
    pub(super) fn colours_end(&self, ahead: usize) -> bool {
        exact_tags(self.low(ahead + 1)).any(Tags::COLOUR) && !self.content_follows(ahead + 2)
    }

    /// Whether the word `ahead` is a participle before the noun that it describes.
    pub(super) fn opens_noun(&self, ahead: usize) -> bool {
        let next = self.low(ahead + 1);
        let noun = tags(next).any(Tags::NOUN) || tags(next).is_unknown() && !is_adjective(next);
        is_participle(self.low(ahead)) && noun && self.content_follows(ahead + 1) && !is_adverb(next)
    }

    /// `and` or a comma between two adjectives of one noun; takes it.
    pub(super) fn joined_adjective(&mut self) -> bool {
        let low = self.low(0);
        if self.phrase.attributes.is_empty() || !(matches!(low, "and" | "or" | "but") || low == ",") {
            return false;
        }
        let mut ahead = if low == "," && self.low(1) == "and" { 2 } else { 1 };
        let joined_by_and = low == "and" || ahead == 2;
        let mut adjectives = 0;
        while self.describes(ahead) || (adjectives > 0 && matches!(self.low(ahead), "," | "and")) {
            adjectives += usize::from(self.describes(ahead));
            ahead += 1;
            if adjectives > 6 {
                return false;
            }
        }
        // "the soft, warm glow of the candle": what has an "of" is named, whatever it could do.
        let led = self.phrase.determiner != Determiner::None;
        let named = led && self.low(ahead + 1) == "of" && !is_function(self.low(ahead));
        let noun_follows = named || self.content_follows(ahead) && !self.verb_follows(ahead);
        if adjectives == 0 || !noun_follows || matches!(self.low(ahead - 1), "," | "and") {
            return false;
        }
        let alternative = low == "or";
        self.at += if joined_by_and && low == "," { 2 } else { 1 };
        if alternative {
            // One of the two is taken; the choice is told.
            let mut other = Vec::new();
            self.modifier(&mut other);
            let other = self.phrase.attributes.pop().unwrap_or_default();
            self.phrase.choice = self.phrase.attributes.last().map(|first| (first.clone(), other));
        } else if joined_by_and {
            self.phrase.words.push("and".to_owned());
            let mut next = Vec::new();
            self.modifier(&mut next);
            while !next.is_empty() && self.at < self.tokens.len() {
                self.modifier(&mut next);
            }
            self.merge_last_two();
        }
        true
    }

    /// Makes `red`, `blue` one attribute: `red and blue`.
    fn merge_last_two(&mut self) {
        let attributes = &mut self.phrase.attributes;
        if let (Some(last), Some(first)) = (attributes.pop(), attributes.pop()) {
            attributes.push(format!("{first} and {last}"));
        }
    }

    /// `the slimy green frog`, `the jagged, rocky cliffs`: an unknown word before adjectives of a noun is one, too.
    pub(super) fn stands_among_adjectives(&self) -> bool {
        let either = |own: Tags| {
            own.any(Tags::NOUN) && own.any(Tags::ADJECTIVE.and(Tags::SHADE)) && self.low(1) == ","
        };
        let unknown = |word: &str| {
            let own = exact_tags(word);
            (own.is_unknown() || either(own)) && singular(word) == word
        };
        let named = self.tokens.get(self.at).is_none_or(|token| token.is_capitalised());
        if !unknown(self.low(0)) || named || verb(self.low(0)).is_some() || number(self.low(0)).is_some() {
            return false;
        }
        let adjective = |ahead: usize| {
            let word = self.low(ahead);
            is_adjective(word) && !exact_tags(word).any(Tags::NOUN) || is_quality(word) || is_colour(word)
        };
        let noun = |ahead: usize| {
            let word = self.low(ahead);
            self.content_follows(ahead) && !self.verb_follows(ahead) && tags(word).any(Tags::NOUN)
        };
        if self.low(1) == "," {
            // "a zither, red cars": two things where nothing says that the list is one of adjectives.
            // "on a marble zlab, clean background": what has an adjective already is the noun.
            let led = self.phrase.determiner != Determiner::None && self.phrase.attributes.is_empty();
            let at = if adjective(2) { 3 } else { 2 };
            return led && at == 3 && (noun(at) || adjective(at) && noun(at + 1) || self.unknown_ends(at));
        }
        adjective(1) && (noun(2) || adjective(2) && noun(3))
    }

    /// Whether an unknown word `ahead` can only be the noun: nothing of the phrase follows it.
    fn unknown_ends(&self, ahead: usize) -> bool {
        self.content_follows(ahead) && !self.verb_follows(ahead) && !self.content_follows(ahead + 1)
    }

    /// Whether the word `ahead` describes a noun after it.
    fn describes(&self, ahead: usize) -> bool {
        let low = self.low(ahead);
        if low.is_empty() || is_function(low) || number(low).is_some() {
            return false;
        }
        let tags = exact_tags(low);
        if tags.any(Tags::NOUN) && !tags.any(Tags::COLOUR.and(Tags::ADJECTIVE).and(Tags::SHADE)) {
            return tags.any(Tags::MODIFIER)
                && self.content_follows(ahead + 1)
                && !self.verb_follows(ahead + 1);
        }
        // "an old, weathered barn"
        let participle = is_quality(low) && self.content_follows(ahead + 1);
        // "a bold, dynamic stroke"
        let unknown = tags.is_unknown() && singular(low) == low && verb(low).is_none();
        let unknown = unknown && exact_word_follows(self.low(ahead + 1));
        let participle = participle || unknown;
        is_adjective(low) || is_adverb(low) || participle && self.phrase.determiner != Determiner::None
    }
}

/// A participle that says how something is: `weathered`, `winding`, but not `serving` of `serving meals`.
fn is_quality(word: &str) -> bool {
    is_participle(word)
        && verb(word).is_some_and(|verb| verb.form == VerbForm::Past || !does_something(&verb))
}

/// Whether a word is one that a noun phrase ends in.
fn exact_word_follows(word: &str) -> bool {
    tags(word).any(Tags::NOUN) || !word.is_empty() && tags(word).is_unknown() && !is_function(word)
}

fn is_colour(word: &str) -> bool {
    exact_tags(word).any(Tags::COLOUR)
}

/// `light-blue` becomes `light blue`.
fn hyphen_color(word: &str) -> String {
    match word.rsplit_once('-') {
        Some((shade, color)) if exact_tags(color).any(Tags::COLOUR) => format!("{shade} {color}"),
        _ => word.to_owned(),
    }
}
