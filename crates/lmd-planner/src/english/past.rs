//! The past as what was done: `three clocks ticked on the wall`, `a girl who painted a picture`. A participle says what
//! was done to something (`a car parked in a street`) and stays as it is.

use super::noun_phrase::noun_phrase;
use super::numbers::number;
use super::phrase::{Determiner, NounPhrase};
use super::token::{Token, low};
use crate::lexicon::{Role, Tags, Verb, VerbForm, finite_past, is_deed, is_naming, verb};

/// What stands before a verb that may be a finite one.
#[derive(Clone, Copy, Debug)]
pub(super) enum Doer<'a> {
    /// Nothing that could do anything.
    Nobody,
    /// The phrase right before it, and whether the sentence has named somebody.
    Phrase(&'a NounPhrase, bool),
    /// A pronoun.
    Pronoun,
    /// What the clause or the verb before it speaks of: `a cat that …`, `a cat sat and …`.
    Before(Option<&'a NounPhrase>),
}

impl Doer<'_> {
    fn is_somebody(self) -> bool {
        match self {
            Self::Nobody => false,
            Self::Pronoun => true,
            Self::Phrase(_, somebody) => somebody,
            Self::Before(np) => np.is_some_and(|np| np.tags().any(Tags::ANIMATE)),
        }
    }
}

/// `verb`, which stands at `at` behind `doer`, as a finite verb if that is what it is there.
pub(super) fn as_finite(tokens: &[Token], at: usize, verb: Verb, doer: Doer) -> Verb {
    let word = low(tokens, at);
    let named = match doer {
        Doer::Phrase(np, _) => is_named(np),
        other => !matches!(other, Doer::Nobody),
    };
    let done = || {
        is_deed(word, doer.is_somebody())
            && !is_done_by_somebody(tokens, at + 1)
            && !is_laid_so(tokens, at + 1)
    };
    let acts = || led_object(tokens, at) || named && (bare_object(tokens, at, doer) || done());
    // "a boy hit the ball", "the sun set": what one thing does in this form, it did.
    let alike = || match doer {
        Doer::Phrase(np, _) if !np.plural && np.count().0 == 1 => {
            led_object(tokens, at) || np.tags().any(Tags::SKY) && verb.role == Role::Neutral
        }
        _ => false,
    };
    let finite = match verb.form {
        VerbForm::Past => !matches!(doer, Doer::Nobody) && acts(),
        VerbForm::Base => alike(),
        _ => false,
    };
    finite.then(|| finite_past(word)).flatten().unwrap_or(verb)
}

/// Whether a phrase names something that can do something: not `paint` of `paint chipped doors`.
fn is_named(np: &NounPhrase) -> bool {
    np.determiner != Determiner::None || np.quantity.is_some() || np.plural || np.capitalised
}

/// Whether `has` at `at` only tells that something is done: `has fallen asleep`, `has climbed onto a roof`.
pub(super) fn is_perfect(tokens: &[Token], at: usize) -> bool {
    let next = low(tokens, at + 2);
    let asleep = next == "asleep" && low(tokens, at + 1) == "fallen";
    let does =
        verb(low(tokens, at + 1)).is_some_and(|verb| verb.form != VerbForm::Ing && verb.role == Role::Action);
    let led = !next.is_empty() && super::links::link(tokens, at + 2).is_some();
    matches!(low(tokens, at), "has" | "have" | "had") && (asleep || does && led)
}

/// Whether an article, an owner or a number opens an object behind the verb.
fn led_object(tokens: &[Token], at: usize) -> bool {
    let next = low(tokens, at + 1);
    let counted = number(next).is_some() && !next.starts_with(|c: char| c.is_ascii_digit());
    let led = matches!(next, "a" | "an" | "the" | "his" | "her" | "its" | "their" | "another" | "some");
    (led || counted) && !is_naming(low(tokens, at))
}

/// Whether several things or stuff follow the verb as its object: `two drums added rhythm`, but not `a door painted
/// orange`.
fn bare_object(tokens: &[Token], at: usize, doer: Doer) -> bool {
    let Some((np, _)) = noun_phrase(tokens, at + 1).filter(|_| !is_naming(low(tokens, at))) else {
        return false;
    };
    let bare = np.is_bare() && !np.noun.is_empty();
    let several = np.plural || np.tags().any(Tags::STUFF.and(Tags::ABSTRACT).and(Tags::UNCOUNTED));
    // "a robot cooked dinner"
    let dish = np.tags().any(Tags::FOOD) && doer.is_somebody();
    let stuff = Tags::COLOUR.and(Tags::SHADE);
    bare && (dish
        || several && (!np.tags().any(Tags::MODIFIER) || np.tags().any(Tags::FOOD) && !np.tags().any(stuff)))
}

/// `a ship sailed by a pirate`.
fn is_done_by_somebody(tokens: &[Token], at: usize) -> bool {
    let agent = || noun_phrase(tokens, at + 1).is_some_and(|(np, _)| np.tags().any(Tags::ANIMATE));
    low(tokens, at) == "by" && agent()
}

/// `a carpet rolled up in a corner`: how it lies.
fn is_laid_so(tokens: &[Token], at: usize) -> bool {
    let leads = |i: usize| matches!(low(tokens, i), "a" | "an" | "the" | "his" | "her" | "its" | "their");
    low(tokens, at) == "up" && !leads(at + 1) || low(tokens, at) == "together"
}
