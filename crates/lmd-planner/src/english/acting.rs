//! Where a noun phrase ends because its next word is what the nouns do: `a barista hands a cup`, `leaves fall`.

use lmd_layout::singular;

use super::noun_phrase::Reader;
use super::numbers::number;
use super::parallel::{does_something, makes};
use super::phrase::Determiner;
use super::token::{Token, low};
use super::{links, names};
use crate::lexicon::{
    Class, Tags, VerbForm, exact_tags, is_adjective, is_adverb, is_function, is_participle, kind_of, tags,
    third_person, verb,
};

/// Little words that go with verbs: `hands out`.
pub(super) const PARTICLES: [&str; 5] = ["out", "over", "up", "away", "back"];

impl Reader<'_> {
    /// Whether a noun that may be an adverb stands as a noun: `a well`, but not `well`.
    pub(super) fn may_be_thing(&self, low: &str) -> bool {
        let told = self.phrase.determiner != Determiner::None
            || self.phrase.quantity.is_some()
            || !self.phrase.attributes.is_empty();
        told || !exact_tags(low).any(Tags::ADVERB)
    }

    /// `a two-year-old sits`: what somebody told by the age does.
    pub(super) fn age_acts(&self, low: &str) -> bool {
        let aged = self.phrase.attributes.last().is_some_and(|age| age.ends_with("-old"));
        aged && verb(low).is_some_and(|verb| verb.form == VerbForm::Third)
    }

    /// Whether the last of several words that may be one noun is what the first does: `a tree stands on the left`.
    pub(super) fn compound_acts(&self, words: usize) -> bool {
        let Some(last) = words.checked_sub(1).filter(|last| *last > 0).map(|last| self.low(last)) else {
            return false;
        };
        let does = singular(last) != last && verb(last).is_some_and(|verb| verb.form == VerbForm::Third);
        let next = self.low(words);
        let led = is_function(next)
            && !matches!(next, "is" | "are" | "was" | "were" | "and" | "or" | "of" | "with");
        let one = match self.phrase.determiner {
            Determiner::A => true,
            Determiner::The | Determiner::Possessive => led,
            // "snow falls on a roof"
            Determiner::None => led && tags(self.low(0)).any(Tags::STUFF),
            _ => false,
        };
        does && one && self.phrase.quantity.is_none()
    }

    /// Whether the noun at `at` is a plural, behind which no other noun goes on: not the "States" of the United States flag.
    pub(super) fn ends_as_plural(&self, at: usize) -> bool {
        let low = low(self.tokens, at);
        let plural = singular(low) != low && !exact_tags(low).any(Tags::NOUN) && !low.ends_with('.');
        plural && !names::of_one(self.tokens, at)
    }

    /// Whether the word `ahead` is a verb rather than a noun here.
    pub(super) fn verb_follows(&self, ahead: usize) -> bool {
        let low = self.low(ahead);
        !tags(low).any(Tags::NOUN) && !is_adjective(low) && verb(low).is_some()
    }

    /// Whether a word that may be a noun is what the noun before it does: `a barista hands a cup`, `a boy and a girl
    /// play in the sand`.
    pub(super) fn acts(&self, low: &str, last: &Token) -> bool {
        // "watching her child play"
        let seen = makes(self.before()) && tags(&last.low).any(Tags::ANIMATE);
        if seen && verb(low).is_some_and(|verb| verb.form == VerbForm::Base) {
            return true;
        }
        let bare = self.phrase.determiner == Determiner::None && singular(&last.low) == last.low;
        let joined = self.before() == "and";
        let own = joined && self.phrase.determiner == Determiner::Possessive;
        let one = bare || own || matches!(self.phrase.determiner, Determiner::A | Determiner::The);
        let one = one && self.phrase.quantity.is_none();
        let plural = singular(low) != low;
        if one && plural && !bare {
            return self.object_follows(1) || self.hands_out(low) || self.one_acts(low, last);
        }
        let can = tags(&last.low).any(Tags::ANIMATE) || low == "fly";
        let base = verb(low).is_some_and(|verb| verb.form == VerbForm::Base);
        one && joined && can && base && !self.content_follows(1)
    }

    /// `a monk bows`, `an usher papers walls`: after one of somebody the article leaves no other reading of a plural.
    fn one_acts(&self, low: &str, last: &Token) -> bool {
        let next = self.low(1);
        // "a cat ears headband", "a girl twins with her mother"
        let ends = !self.content_follows(1) || singular(next) != next;
        let one = self.phrase.determiner == Determiner::A && tags(&last.low).any(Tags::ANIMATE);
        one && ends && !exact_tags(low).any(Tags::NOUN) && !tags(low).any(Tags::ANIMATE)
    }

    /// `a clown hands out balloons`: a noun in the plural and a little word of a verb.
    fn hands_out(&self, low: &str) -> bool {
        let one = self.phrase.determiner == Determiner::A && self.phrase.quantity.is_none();
        let verb = third_person(low).is_some() && !tags(low).any(Tags::ANIMATE);
        let leads = self.content_follows(2) || links::link(self.tokens, self.at + 2).is_some();
        one && verb && PARTICLES.contains(&self.low(1)) && leads
    }

    /// Whether a word that may be a noun is what several do: `leaves fall from a tree`, `two trees stand on a hill`.
    pub(super) fn act_together(&self, low: &str, last: &Token) -> bool {
        let one = singular(&last.low);
        let several =
            one != last.low && tags(&one).any(Tags::NOUN) && !exact_tags(&last.low).any(Tags::MODIFIER);
        let does = verb(low).is_some_and(|verb| verb.form == VerbForm::Base);
        several
            && does
            && self.phrase.determiner != Determiner::A
            && (!self.content_follows(1) || is_adverb(self.low(1)))
    }

    /// `the right bird orange`: a colour after what is told by its place.
    pub(super) fn is_predicate_colour(&self, low: &str) -> bool {
        let placed = self.phrase.attributes.first().is_some_and(|first| links::place_word(first).is_some());
        let definite = self.phrase.determiner == Determiner::The;
        placed && definite && exact_tags(low).any(Tags::COLOUR) && !self.content_follows(1)
    }

    /// `carrot slices`: one thing that can be counted needs an article where it does something.
    pub(super) fn is_bare_before(&self, last: &Token) -> bool {
        let own = exact_tags(&last.low);
        // "a bowl of soup steams on a stove"
        if self.before() == "of" && links::link(self.tokens, self.at + 1).is_some() {
            return false;
        }
        // "written in smoke trails": after a preposition nothing acts.
        let placed = is_function(self.before()) && self.before() != "and";
        let acts = own.any(Tags::ANIMATE.and(Tags::VEHICLE)) || own.any(Tags::STUFF) && !placed;
        let counted = own.any(Tags::NOUN) && !acts;
        let bare = self.phrase.is_bare();
        bare && counted && !last.has_capital() && singular(&last.low) == last.low && !self.object_follows(1)
    }

    /// `a teacher writing on a board`, `on the curb writing on a pad`: what a person does, though it may be a noun.
    pub(super) fn writes_somewhere(&self, last: &Token) -> bool {
        let placed = matches!(self.low(1), "on" | "at" | "in");
        let there = self.is_led() && kind_of(&last.low).class == Class::Flat;
        placed && (there || self.phrase.determiner == Determiner::A && tags(&last.low).any(Tags::PERSON))
    }

    /// Whether a preposition leads to the phrase.
    fn is_led(&self) -> bool {
        links::link(self.tokens, self.start.saturating_sub(1)).is_some_and(|(_, length)| length == 1)
            || self.before() == "with"
    }

    /// `a sheep with short hair stands under a tree`, `two giraffes in a yard stand together`, `vegetables set on rice`:
    /// how somebody or something is placed, though it may be a noun.
    pub(super) fn is_placed(&self, low: &str, last: &Token) -> bool {
        let placed = links::link(self.tokens, self.at + 1).is_some();
        let counted = self.phrase.quantity.is_some() || self.phrase.determiner == Determiner::A;
        match low {
            "set" => {
                let framed = matches!(self.low(1), "against" | "amid" | "among" | "amongst" | "up");
                framed || placed && singular(&last.low) != last.low
            }
            "stands" | "rests" | "sets" => placed && !counted && self.is_led(),
            "stand" | "rest" => {
                self.is_led() && matches!(self.low(1), "together" | "alone" | "still" | "side")
            }
            _ => false,
        }
    }

    /// `the other holding a sword`
    pub(super) fn other_does(&self) -> bool {
        let does = verb(self.low(1)).is_some_and(|verb| verb.form == VerbForm::Ing);
        self.low(0) == "other" && (does && self.object_follows(2) || super::phrase::does(self.low(1)))
    }

    /// `three friends, one eating pizza and one drinking tea`
    pub(super) fn one_does(&self) -> bool {
        let one = self.phrase.quantity.is_some_and(|quantity| quantity.count == 1);
        let bare = one && self.phrase.attributes.is_empty() && matches!(self.before(), "," | ":" | "and");
        let does = || verb(self.low(0)).filter(|verb| verb.form == VerbForm::Ing && does_something(verb));
        bare && does().is_some() && exact_tags(self.low(0)).is_unknown()
    }

    /// `another holds a ladder`
    pub(super) fn another_does(&self) -> bool {
        // "another films him": a plural is no other one.
        let does = verb(self.low(0)).is_some_and(|verb| verb.form == VerbForm::Third)
            || third_person(self.low(0)).is_some() && !exact_tags(self.low(0)).any(Tags::NOUN);
        self.phrase.determiner == Determiner::Another
            && self.phrase.is_plain()
            && does
            && (self.object_follows(1) || matches!(self.low(1), "him" | "it" | "them"))
    }

    /// Whether an article or a number follows, as after a verb.
    pub(super) fn object_follows(&self, ahead: usize) -> bool {
        matches!(self.low(ahead), "a" | "an" | "the" | "its" | "his" | "her" | "their")
            || number(self.low(ahead)).is_some()
    }

    /// Whether a bare word that could open a noun phrase is a verb instead.
    pub(super) fn opens_as_verb(&self, low: &str) -> bool {
        let bare = self.phrase.is_bare() && self.phrase.attributes.is_empty();
        // "Mount Fuji"
        let name = |ahead: usize| self.tokens.get(self.at + ahead).is_some_and(Token::is_capitalised);
        if name(0) && name(1) && exact_tags(self.low(1)).is_unknown() {
            return false;
        }
        // What ended the phrase before, as it does not belong to its noun.
        let last = self.start.checked_sub(1).and_then(|before| self.tokens.get(before));
        let posture = matches!(low, "set" | "stand" | "stands" | "rest" | "rests" | "sets" | "writing");
        if bare && posture && last.is_some_and(|last| tags(&last.low).any(Tags::NOUN)) {
            return true;
        }
        let participle = is_participle(low);
        let finite = !tags(low).any(Tags::NOUN) && verb(low).is_some();
        // "an old woman in black feeds the cats"
        let finite_third = verb(low).is_some_and(|verb| verb.form == VerbForm::Third);
        let third = finite_third || tags(low).is_unknown() && singular(low) != low;
        let third = third && (self.object_follows(1) || links::link(self.tokens, self.at + 1).is_some());
        let colour = |word: &String| exact_tags(word).any(Tags::COLOUR);
        let dressed =
            self.before() == "in" && self.phrase.is_bare() && self.phrase.attributes.iter().all(colour);
        (bare && (participle || finite))
            || dressed && third
            || (participle && self.phrase.determiner == Determiner::None)
    }
}
