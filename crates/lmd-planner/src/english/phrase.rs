//! A noun phrase as it stands, and the [`Thing`] it names.

use super::links::place_word;
use super::numbers::Quantity;
use super::token::Token;
use crate::lexicon::{List, Tags, VerbForm, head, noun_tags, size, tags, verb};
use crate::{Arrangement, Size, Thing};

/// The word a noun phrase opens with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Determiner {
    None,
    A,
    The,
    /// `my`, `its`, `the man's`.
    Possessive,
    Another,
    Each,
}

/// A noun phrase as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NounPhrase {
    pub(super) determiner: Determiner,
    /// A stated number or `several`; `None` where only article and ending tell.
    pub(super) quantity: Option<Quantity>,
    pub(super) attributes: Vec<String>,
    /// In the singular; empty in `a red` of `a red and a blue car`.
    pub(super) noun: String,
    pub(super) plural: bool,
    /// `of soup`.
    pub(super) detail: Option<String>,
    /// Determiner, adjectives and nouns as written.
    pub(super) words: Vec<String>,
    pub(super) capitalised: bool,
    /// `a green one`: the noun is that of a thing named before.
    pub(super) anaphor: bool,
    /// `the other blue`: whatever is left of several.
    pub(super) other: bool,
    /// `red or blue`: the alternative that was taken, and the other one.
    pub(super) choice: Option<(String, String)>,
    /// Several that are said to differ in size.
    pub(super) varied: bool,
    /// `the first red`: which of several, until the noun shows that it is none of them.
    pub(super) ordinal: Option<String>,
    /// `left shoulder` of `the left shoulder of a pirate`, which is drawn as the pirate.
    pub(super) part: Option<String>,
}

impl NounPhrase {
    /// Whether neither an article nor a number leads it.
    pub(super) fn is_bare(&self) -> bool {
        self.determiner == Determiner::None && self.quantity.is_none()
    }

    /// Whether no adjective and no number is read yet.
    pub(super) fn is_plain(&self) -> bool {
        self.attributes.is_empty() && self.quantity.is_none()
    }

    pub(super) fn new() -> Self {
        Self {
            determiner: Determiner::None,
            quantity: None,
            attributes: Vec::new(),
            noun: String::new(),
            plural: false,
            detail: None,
            words: Vec::new(),
            capitalised: false,
            anaphor: false,
            other: false,
            choice: None,
            varied: false,
            ordinal: None,
            part: None,
        }
    }

    pub(super) fn in_pairs(&self) -> bool {
        self.words.iter().any(|word| word.to_lowercase().starts_with("pair"))
    }

    /// `a pair of jeans` is one thing, `a pair of shoes` two.
    pub(super) fn pairs(&mut self, one: &str) {
        // "a skis"
        if self.determiner == Determiner::A && self.plural && self.quantity.is_none() && List::Pairs.has(one)
        {
            self.noun = format!("pair of {}", lmd_layout::plural(&self.noun));
            self.plural = false;
            return;
        }
        let paired = self.in_pairs() && (one == "glasses" || lmd_layout::is_plural(one));
        let Some(quantity) = self.quantity.as_mut().filter(|_| paired) else {
            return;
        };
        quantity.count = (quantity.count / 2).max(1);
        self.noun = format!("pair of {}", self.noun);
    }

    /// A part of somebody (`a pirate's shoulder`) is drawn as the whole, but where all `opens` with it: `close-up of a
    /// cat's eye`.
    pub(super) fn part_of_owner(&mut self, opens: bool) {
        if opens {
            return;
        }
        // "a pirate's left shoulder"
        let sides = self.attributes.iter().rev().take_while(|word| place_word(word).is_some()).count();
        let owner = self.attributes.iter().rev().nth(sides);
        let Some(owner) = owner.and_then(|a| a.strip_suffix("'s")) else { return };
        let mut words: Vec<String> = owner.split(' ').map(str::to_owned).collect();
        let animate = words.last().is_some_and(|word| tags(word).any(Tags::ANIMATE));
        if animate && self.tags().any(Tags::PART) {
            self.noun = words.pop().unwrap_or_default();
            self.attributes = words;
            self.plural = false;
        }
    }

    /// The part that a phrase about somebody names: the hand of `a woman's hand`.
    pub(super) fn owned_part(&self) -> Option<String> {
        let last = self.words.last().map(|word| word.to_lowercase());
        self.part.clone().or(last.filter(|last| *last != self.noun))
    }

    /// What the noun's last word can be.
    pub(super) fn tags(&self) -> Tags {
        noun_tags(&self.noun)
    }

    /// How many, and whether the sentence says so.
    pub(super) fn count(&self) -> (u32, bool) {
        let mass = self.tags().any(Tags::STUFF) && !self.plural;
        match (self.quantity, self.determiner) {
            (Some(quantity), _) if !quantity.exact && mass => (1, false),
            // "at some dish" in front of him
            (Some(_), _) if self.is_some_one() => (1, false),
            (Some(quantity), _) => (quantity.count.max(1), quantity.exact),
            (None, _)
                if self.plural && (self.noun == "twin" || self.attributes.iter().any(|a| a == "twin")) =>
            {
                (2, true)
            }
            (None, _) if self.plural && self.noun == "triplet" => (3, true),
            // "a bowl with chopsticks"
            (None, _) if self.plural && List::Pairs.has(head(&self.noun)) => (2, false),
            (None, Determiner::Possessive) if self.plural && matches!(self.noun.as_str(), "parent") => {
                (2, true)
            }
            // "a potter's hands"
            (None, _)
                if self.plural && matches!(head(&self.noun), "hand" | "foot" | "eye" | "ear" | "arm") =>
            {
                (2, false)
            }
            (None, _) if self.plural => (3, false),
            (None, Determiner::A | Determiner::Another) => (1, true),
            (None, Determiner::Each) => (1, false),
            (None, _) => (1, !mass),
        }
    }

    /// `some` before a noun in the singular.
    fn is_some_one(&self) -> bool {
        let last = self.words.last().map(|word| word.to_lowercase()).unwrap_or_default();
        let some = self.words.first().is_some_and(|word| word.eq_ignore_ascii_case("some"));
        some && !self.plural
            && last == self.noun
            && lmd_layout::plural(&last) != last
            && !List::Alike.has(&last)
    }

    /// By what several things differ: `different heights`, `various colours`.
    pub(super) fn difference(&self) -> Option<&str> {
        let differ =
            ["different", "various", "varying", "differing", "unequal", "assorted", "varied", "diverse"];
        let said = self.attributes.iter().any(|word| differ.contains(&word.as_str()))
            || self.words.iter().any(|word| differ.contains(&word.to_lowercase().as_str()));
        (said && self.plural).then_some(self.noun.as_str())
    }

    /// The size its adjectives state.
    pub(super) fn size(&self) -> Option<Size> {
        let size = self.attributes.iter().find_map(|a| a.split(' ').find_map(size));
        match size {
            Some(Size::Large) if self.attributes.iter().any(|a| a.starts_with("very")) => Some(Size::Huge),
            Some(Size::Small) if self.attributes.iter().any(|a| a.starts_with("very")) => Some(Size::Tiny),
            other => other,
        }
    }

    /// As a [`Thing`].
    pub(super) fn thing(&self) -> Thing {
        let (count, exact) = self.count();
        let stacked = count > 1 && self.attributes.iter().any(|a| a == "stacked" || a == "piled");
        let arrangement: Option<Arrangement> = self.quantity.and_then(|quantity| quantity.arrangement);
        let arrangement = arrangement.or(stacked.then_some(Arrangement::Stack));
        let mut thing = Thing::new(&self.noun);
        thing.attributes.clone_from(&self.attributes);
        thing.detail.clone_from(&self.detail);
        thing.size = self.size();
        thing.varied = self.varied;
        (thing.count, thing.exact, thing.arrangement) = (count, exact, arrangement);
        thing
    }

    /// Adjectives and nouns as written, number kept, with an article where
    /// the sentence has one: for places and details.
    pub(super) fn text(&self) -> String {
        let mut words = self.words.join(" ");
        if let Some(detail) = &self.detail {
            words = format!("{words} {detail}");
        }
        words
    }
}

/// Whether a word of a quantity is one of persons: `a family of four`.
pub(super) fn is_group(word: &str) -> bool {
    matches!(word.to_lowercase().as_str(), "family" | "group" | "team" | "crew" | "party")
}

/// Whether a word can only be what somebody does: `one wears glasses`.
pub(super) fn does(word: &str) -> bool {
    verb(word).is_some_and(|verb| verb.form == VerbForm::Third) && !tags(word).any(Tags::NOUN)
}

/// `a girl with braids skipping rope`: a noun of two words that is what somebody does, and to what.
pub(super) fn does_compound(low: &str, last: &Token) -> bool {
    let doing = verb(low).is_some_and(|verb| verb.form == VerbForm::Ing);
    doing && (tags(&last.low).any(Tags::ANIMATE) || lmd_layout::singular(&last.low) != last.low)
}

/// `looking out of something` before `out of the window`, `looking back` before `back over her shoulder`: the words that
/// tell more take their place.
pub(super) fn without_something<'b>(detail: &'b str, text: &str) -> &'b str {
    let stem =
        detail.strip_suffix(" something").or_else(|| detail.strip_suffix(" someone")).unwrap_or(detail);
    let mut leads =
        text.match_indices(' ').filter_map(|(at, _)| text.get(..at)).filter(|lead| !lead.contains(','));
    let led = leads.find_map(|lead| stem.strip_suffix(lead).and_then(|stem| stem.strip_suffix(' ')));
    led.unwrap_or(detail)
}
