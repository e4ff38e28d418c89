//! Reading noun phrases: from an article to the last noun, with an `of` part.

use lmd_layout::singular;

use super::numbers::{Quantity, number, quantity};
use super::phrase::{Determiner, NounPhrase, is_group};
use super::token::{Token, low};
use super::{links, names, negation, partitive};
use crate::lexicon::{
    List, Tags, VerbForm, compound, exact_tags, is_adjective, is_adverb, is_function, is_participle, tags,
    verb,
};

/// Most words of a noun phrase: each step over senseless text stays cheap.
const LONGEST: usize = 40;

/// Reads the noun phrase at `at`; gives it with the index after it.
pub(super) fn noun_phrase(tokens: &[Token], at: usize) -> Option<(NounPhrase, usize)> {
    let tokens = tokens.get(..at + LONGEST).unwrap_or(tokens);
    Reader { tokens, start: at, at, phrase: NounPhrase::new() }.read(0)
}

pub(super) struct Reader<'a> {
    pub(super) tokens: &'a [Token],
    /// Where the phrase begins.
    pub(super) start: usize,
    pub(super) at: usize,
    pub(super) phrase: NounPhrase,
}

impl Reader<'_> {
    /// The word before the phrase in lower case, or nothing.
    pub(super) fn before(&self) -> &str {
        let before = self.start.checked_sub(1).and_then(|before| self.tokens.get(before));
        before.map_or("", |token| token.low.as_str())
    }

    pub(super) fn low(&self, ahead: usize) -> &str {
        low(self.tokens, self.at + ahead)
    }

    pub(super) fn take(&mut self) {
        if let Some(token) = self.tokens.get(self.at) {
            self.phrase.words.push(token.text.clone());
            self.at += 1;
        }
    }

    pub(super) fn read(mut self, depth: u32) -> Option<(NounPhrase, usize)> {
        let start = self.at;
        self.determiner();
        self.quantity();
        self.words();
        self.unknown_noun();
        self.aged();
        // "the elder on the left" is one of several.
        let bare = self.phrase.determiner == Determiner::The && self.phrase.attributes.is_empty();
        if bare && (List::Ordinal.has(&self.phrase.noun) || List::Elder.has(&self.phrase.noun)) {
            self.phrase.attributes.push(std::mem::take(&mut self.phrase.noun));
        }
        // "a third watches"
        let further = matches!(self.phrase.determiner, Determiner::A | Determiner::Another)
            && self.phrase.attributes.is_empty();
        if further && List::Ordinal.has(&self.phrase.noun) && self.phrase.words.len() == 2 {
            self.phrase.determiner = Determiner::Another;
            self.phrase.noun.clear();
            return Some((self.phrase, self.at));
        }
        if self.phrase.noun.is_empty() && !self.headless() {
            return None;
        }
        self.of_part(depth);
        (self.at > start).then_some((self.phrase, self.at))
    }

    fn determiner(&mut self) {
        use Determiner::{A, Another, Each, Possessive, The};
        // "one of its branches"
        let owned = matches!(self.low(2), "his" | "her" | "its" | "their");
        if owned && matches!(self.low(0), "one" | "two" | "some") && self.low(1) == "of" {
            let count = number(self.low(0)).unwrap_or(2);
            self.phrase.quantity = Some(Quantity { count, exact: true, arrangement: None });
            self.at += 2;
        }
        if quantity(self.tokens, self.at).is_some() {
            return;
        }
        self.fraction();
        let determiner = match self.low(0) {
            "a" | "an" => A,
            "the" | "this" | "that" | "these" | "those" => The,
            "my" | "his" | "her" | "its" | "their" | "our" | "your" => Possessive,
            "another" => Another,
            "each" | "every" => Each,
            "any" | "all" | "no" => Determiner::None,
            _ => return,
        };
        self.phrase.determiner = determiner;
        self.take();
        // "each of the three steps"
        let the = usize::from(matches!(self.low(1), "the" | "his" | "her" | "its" | "their"));
        if determiner == Each && self.low(0) == "of" && quantity(self.tokens, self.at + 1 + the).is_some() {
            self.at += 1 + the;
        }
        if determiner == A && matches!(self.low(0), "single" | "lone" | "solitary") {
            self.phrase.quantity = Some(Quantity { count: 1, exact: true, arrangement: None });
        }
        while matches!(
            self.low(0),
            "other" | "same" | "second" | "third" | "fourth" | "fifth" | "first" | "last" | "more"
        ) {
            self.phrase.other |= self.low(0) == "other";
            if !matches!(self.low(0), "other" | "same" | "last") && determiner != Another {
                self.phrase.determiner = if determiner == The { The } else { Another };
            }
            if self.tokens.get(self.at + 1).is_none_or(|next| !next.is_word() || is_function(&next.low))
                || self.other_does()
                || super::phrase::does(self.low(1))
            {
                break;
            }
            self.phrase.ordinal = Some(self.low(0).to_owned());
            self.at += 1;
        }
    }

    fn quantity(&mut self) {
        let after_article = self.phrase.determiner != Determiner::None;
        if after_article && self.phrase.determiner == Determiner::A {
            return;
        }
        let Some((quantity, length)) = quantity(self.tokens, self.at) else { return };
        if self.low(0) == "one"
            && self
                .tokens
                .get(self.at + 1)
                .is_none_or(|t| is_function(&t.low) || !t.is_word() || super::phrase::does(&t.low))
        {
            return;
        }
        if self.low(0) == "the" || self.low(0) == "these" || self.low(0) == "both" {
            self.phrase.determiner = Determiner::The;
        }
        self.phrase.quantity = Some(quantity);
        for _ in 0..length {
            self.take();
        }
        while matches!(self.low(0), "more" | "other" | "additional" | "different" | "identical" | "x") {
            if matches!(self.low(0), "more" | "other" | "additional") {
                self.phrase.determiner = Determiner::Another;
            }
            if self.low(0) == "identical" || self.low(0) == "different" {
                break;
            }
            self.at += 1;
        }
    }

    /// Adjectives, then nouns.
    fn words(&mut self) {
        let mut nouns: Vec<usize> = Vec::new();
        let mut adverb: Vec<String> = Vec::new();
        while let Some(token) = self.tokens.get(self.at) {
            let low = token.low.as_str();
            if low == "'s" && !nouns.is_empty() {
                self.owner(&mut nouns);
                continue;
            }
            if nouns.is_empty() && self.joined_adjective() {
                continue;
            }
            if nouns.is_empty() && (self.other_does() || self.another_does() || self.one_does()) {
                break;
            }
            if !token.is_word() || is_function(low) && !self.is_of_adverb() && !self.is_tin(&nouns) {
                break;
            }
            if !nouns.is_empty()
                && (partitive::comparison(self.tokens, self.at).is_some()
                    || self.says_where(0)
                    || negation::ends_phrase(self.tokens, self.at))
            {
                break;
            }
            // "one full of sand"
            let one = nouns.is_empty() && self.phrase.quantity.is_some() && self.phrase.attributes.is_empty();
            if one && negation::ends_phrase(self.tokens, self.at) {
                break;
            }
            let compound = Some(self.compound_length(0)).filter(|words| !self.compound_acts(*words));
            let compound = compound.unwrap_or(0);
            if compound > 0 && nouns.is_empty() {
                for _ in 0..compound {
                    nouns.push(self.at);
                    self.take();
                }
            } else if nouns.is_empty() && self.modifies(low) {
                self.modifier(&mut adverb);
            } else if self.continues(low, &nouns) {
                nouns.push(self.at);
                self.take();
            } else {
                break;
            }
        }
        self.finish(&nouns);
    }

    /// Whether a phrase of several words about place or manner begins here:
    /// `two swans side by side`.
    fn says_where(&self, ahead: usize) -> bool {
        let at = self.at + ahead;
        links::link(self.tokens, at).is_some_and(|(_, length)| {
            length > 1 || matches!(self.low(ahead), "overhead" | "mid-air" | "midair")
        }) || partitive::postposed(self.tokens, at).is_some()
    }

    /// The length of a noun of several words `ahead`.
    fn compound_length(&self, ahead: usize) -> usize {
        let words: Vec<&str> =
            self.tokens.iter().skip(self.at + ahead).take(3).map(|t| t.low.as_str()).collect();
        compound(&words)
    }

    /// `a soda can`, `a green can` at its end, but not `a bird can fly`.
    fn is_tin(&self, nouns: &[usize]) -> bool {
        let stuff = nouns.last().and_then(|i| self.tokens.get(*i));
        let stuff = stuff.is_some_and(|token| {
            token.has_capital() || tags(&token.low).any(Tags::FOOD.and(Tags::STUFF).and(Tags::MODIFIER))
        });
        let one = nouns.is_empty() && self.phrase.determiner != Determiner::None;
        let next = self.tokens.get(self.at + 1);
        let placed = stuff && links::link(self.tokens, self.at + 1).is_some();
        self.low(0) == "can"
            && (stuff || one)
            && (placed
                || next.is_none_or(|next| !next.is_word() || is_function(&next.low) && next.low != "be"))
    }

    /// `so` and the like are function words that may stand before adjectives.
    fn is_of_adverb(&self) -> bool {
        exact_tags(self.low(0)).any(Tags::ADVERB) && self.content_follows(1)
    }

    /// Whether the word `ahead` goes on with the noun phrase.
    pub(super) fn content_follows(&self, ahead: usize) -> bool {
        let Some(next) = self.tokens.get(self.at + ahead) else { return false };
        if !next.is_word() || is_function(&next.low) {
            return false;
        }
        if matches!(next.low.as_str(), "one" | "ones") {
            return true;
        }
        if number(&next.low).is_some() {
            return false;
        }
        let finite = verb(&next.low).is_some_and(|verb| verb.form == VerbForm::Third);
        !finite || tags(&next.low).any(Tags::NOUN)
    }

    /// Whether `low` describes a noun that is still to come.
    fn modifies(&self, low: &str) -> bool {
        let tags = exact_tags(low);
        // "Lake Como"
        if tags.any(Tags::NOUN) && self.tokens.get(self.at..).is_some_and(names::opens) {
            return false;
        }
        let ends = negation::ends_phrase(self.tokens, self.at + 1) || self.says_where(1);
        let follows = self.content_follows(1) && !ends;
        if is_adverb(low) {
            return follows;
        }
        if tags.any(Tags::NOUN) {
            let describes = tags.any(Tags::MODIFIER.and(Tags::COLOUR).and(Tags::ADJECTIVE).and(Tags::SHADE));
            let next = self.low(1);
            // "a garden full of roses": the adjective speaks of the noun before it.
            let trails = is_adjective(next) && !exact_tags(next).any(Tags::NOUN) && !self.content_follows(2);
            // "a tree 20-foot-tall"
            let measured = next.starts_with(|c: char| c.is_ascii_digit());
            let trails = trails && (measured || matches!(self.low(2), "of" | "with"));
            // "the desert stands a cactus"
            // "a robot painting a portrait"
            let finite = verb(next).is_some_and(|verb| matches!(verb.form, VerbForm::Third | VerbForm::Ing));
            // "an orange potted plant": the participle belongs to the noun behind it.
            let described = self.opens_noun(1) && tags.any(Tags::COLOUR.and(Tags::ADJECTIVE));
            let described = described || self.compound_length(1) > 1;
            let verb = self.verb_follows(1) && !described
                || finite && self.object_follows(2)
                || self.compound_acts(2);
            // "a dark, gloomy castle"
            let listed = next == "," && self.stands_among_adjectives();
            // "a logo in orange and white"
            let alone = self.before() == "in" && tags.any(Tags::COLOUR) && !self.content_follows(1);
            if alone && self.phrase.is_bare() && (self.low(1) != "and" || self.colours_end(1)) {
                return true;
            }
            // "a gold and black logo"
            let pair = tags.any(Tags::COLOUR) && next == "and" && self.color_and_noun_follow(2);
            return describes && (follows || pair) && !trails && !verb || listed;
        }
        // "an oblong sweet potato": whatever stands before a noun of two words describes it.
        // "braids skipping rope": a plural names something.
        let strange = crate::lexicon::tags(low).is_unknown() && tags.is_unknown();
        if is_adjective(low) || strange && follows && self.compound_length(1) > 1 {
            return true;
        }
        // "a family of four eating pizza": they eat.
        let they = self.phrase.quantity.is_some() && self.phrase.words.iter().any(|word| is_group(word));
        let they = they && verb(low).is_some_and(|verb| verb.form == VerbForm::Ing);
        is_participle(low) && follows && !they || self.stands_among_adjectives()
    }

    /// Whether `low` tells how or where, and no more of what the phrase names.
    fn ends_before(&self, low: &str) -> bool {
        low == "back" && self.low(1) == "to"
            || exact_tags(low).any(Tags::ADVERB.and(Tags::SAID))
            || List::NamedAlone.has(low) && !self.content_follows(1)
    }

    /// Whether `low` is the next noun of the phrase.
    fn continues(&self, low: &str, nouns: &[usize]) -> bool {
        let tags = tags(low);
        if matches!(low, "one" | "ones" | "other" | "others") {
            return false;
        }
        // "hangs directly above a church"
        if nouns.is_empty()
            && low.ends_with("ly")
            && is_adverb(low)
            && links::link(self.tokens, self.at + 1).is_some()
        {
            return false;
        }
        let Some(last) = nouns.last().and_then(|i| self.tokens.get(*i)) else {
            return !self.opens_as_verb(low)
                && !self.age_acts(low)
                && (tags.any(Tags::NOUN) && self.may_be_thing(low)
                    || !tags.any(Tags::ADVERB.and(Tags::FILLER)));
        };
        // "a Tesla Model 3", "two Messerschmitt 109s": the number of a name.
        let digits = low.starts_with(|c: char| c.is_ascii_digit());
        if number(low).is_some() || digits && last.has_capital() {
            return digits && last.has_capital();
        }
        // "kisses his wife goodbye", "helps a man back to his feet"
        if self.ends_before(low) {
            return false;
        }
        let is_noun = tags.any(Tags::NOUN) || List::LookOf.has(&singular(low));
        // "a drop-top sports car", but "a girl skipping rope"
        if self.compound_length(0) > 1 {
            return !super::phrase::does_compound(low, last);
        }
        if !is_noun && is_adjective(low) {
            return false;
        }
        let plural_before = nouns.last().is_some_and(|at| self.ends_as_plural(*at));
        if plural_before
            || self.acts(low, last)
            || self.is_placed(low, last)
            || self.act_together(low, last)
            || self.is_predicate_colour(low)
        {
            return false;
        }
        // "a hammer and mallet pound the nails"
        if self.before() == "and" && tags.is_unknown() && self.object_follows(1) {
            return false;
        }
        let Some(verb) = verb(low) else { return !low.ends_with("ly") };
        match verb.form {
            VerbForm::Third => {
                is_noun
                    && self.phrase.determiner != Determiner::A
                    && (self.phrase.quantity.is_some_and(|q| q.count != 1) || self.is_bare_before(last))
            }
            // "the sun setting behind a hill"
            VerbForm::Ing if crate::lexicon::tags(&last.low).any(Tags::SKY) => false,
            VerbForm::Base if low == "set" && crate::lexicon::tags(&last.low).any(Tags::SKY) => false,
            VerbForm::Ing if self.object_follows(1) || self.writes_somewhere(last) => false,
            // "a wallet stuffed with banknotes"
            VerbForm::Past if self.low(1) == "with" => false,
            VerbForm::Ing | VerbForm::Past => is_noun && !self.content_follows(1),
            // "a snowball fight"
            VerbForm::Base => {
                let event = crate::lexicon::is_idea(low) && self.phrase.determiner == Determiner::A;
                (is_noun || event) && !self.object_follows(1)
            }
        }
    }

    /// Makes the nouns so far an owner: `the man's`.
    fn owner(&mut self, nouns: &mut Vec<usize>) {
        let mut owner: Vec<String> = std::mem::take(&mut self.phrase.attributes);
        owner.extend(nouns.drain(..).filter_map(|i| self.tokens.get(i)).map(|token| token.low.clone()));
        self.phrase.attributes.push(format!("{}'s", owner.join(" ")));
        if let Some(last) = self.phrase.words.last_mut() {
            last.push_str("'s");
        }
        self.at += 1;
    }

    fn finish(&mut self, nouns: &[usize]) {
        let words: Vec<&Token> = nouns.iter().filter_map(|i| self.tokens.get(*i)).collect();
        let Some((last, first)) = words.split_last() else { return };
        // "a Starbucks" is a name, whatever it ends in.
        let name = last.is_capitalised() && self.phrase.determiner == Determiner::A;
        let known = exact_tags(&last.low).any(Tags::NOUN) || name;
        let one = if known { last.low.clone() } else { singular(&last.low) };
        // "red trunks" are worn.
        let worn = exact_tags(&last.low).any(Tags::WORN) && last.low != "glasses";
        let one = if known
            && !worn
            && singular(&last.low) != last.low
            && tags(&singular(&last.low)).any(Tags::NOUN)
        {
            singular(&last.low)
        } else {
            one
        };
        // "the Thames", "the Simpsons", "the United States"
        let the = self.phrase.determiner == Determiner::The && self.phrase.quantity.is_none();
        let named = the && nouns.last().is_some_and(|at| names::of_one(self.tokens, *at));
        let one = if named { last.low.clone() } else { one };
        let one =
            if known && name_of_one(self.phrase.determiner, &last.low) { last.low.clone() } else { one };
        // "steals his glasses"
        let own = self.phrase.determiner == Determiner::Possessive;
        let spectacles = last.low == "glasses" && first.is_empty() && (own || self.phrase.in_pairs());
        let one = if spectacles { last.low.clone() } else { one };
        self.phrase.plural = one != last.low
            || matches!(last.low.as_str(), "people" | "sheep" | "clothes")
                && self.phrase.determiner == Determiner::None;
        self.phrase.capitalised = last.is_capitalised();
        let mut noun: Vec<&str> = first.iter().map(|token| token.low.as_str()).collect();
        noun.push(&one);
        self.phrase.noun = noun.join(" ");
        // "northern lights" are in the lexicon as they stand.
        let whole = words.iter().map(|token| token.low.as_str()).collect::<Vec<_>>().join(" ");
        if words.len() > 1 && whole != self.phrase.noun && exact_tags(&whole).any(Tags::NOUN) {
            self.phrase.noun = whole;
            self.phrase.plural = false;
        }
        // A "MacBook Air" is no air.
        let strange = first.first().is_some_and(|token| {
            let inner = token.text.chars().skip(1).any(char::is_uppercase);
            token.has_capital() && (inner || tags(&token.low).is_unknown())
        });
        if strange && last.is_capitalised() && tags(&last.low).any(Tags::ABSTRACT) && !self.phrase.plural {
            self.phrase.noun = self.phrase.noun.replace(' ', "-");
        }
        if let Some(name) = names::of_noun(&self.phrase, &words, self.start > 0) {
            self.phrase.noun = name;
            self.phrase.plural = false;
        }
        self.phrase.pairs(&one);
        self.phrase.part_of_owner(self.start == 0);
    }

    /// Whether adjectives or a number alone make the phrase (`a red`, `two`,
    /// `one`, `the other`).
    fn headless(&mut self) -> bool {
        if matches!(self.low(0), "one" | "ones" | "other" | "others") {
            self.phrase.plural = self.low(0).ends_with('s');
            // "a green one" borrows its noun from what was named before.
            self.phrase.anaphor = !self.phrase.attributes.is_empty() && self.low(0).starts_with("one");
            // "a third one": another
            let ordinal = self.phrase.attributes.iter().all(|word| List::Ordinal.has(word));
            if self.phrase.anaphor && self.phrase.determiner == Determiner::A && ordinal {
                self.phrase.determiner = Determiner::Another;
                self.phrase.attributes.clear();
                self.phrase.anaphor = false;
            }
            self.take();
            return true;
        }
        if self.phrase.quantity.is_some_and(|quantity| quantity.count > 1)
            && self.phrase.words.iter().any(|word| is_group(word))
        {
            self.phrase.noun = "person".to_owned();
            self.phrase.plural = true;
            return true;
        }
        if self.phrase.attributes.is_empty() {
            return self.phrase.quantity.is_some() || self.phrase.determiner == Determiner::Another;
        }
        true
    }
}

/// Whether an article stands before a plural that is a noun of its own, as in `a dice`.
fn name_of_one(determiner: Determiner, word: &str) -> bool {
    determiner == Determiner::A && exact_tags(word).any(Tags::NOUN) && !word.ends_with('s')
}
