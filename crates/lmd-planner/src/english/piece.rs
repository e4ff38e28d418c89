//! The pieces of a sentence.

use super::links::Link;
use super::numbers::Quantity;
use super::partitive::Pick;
use super::phrase::NounPhrase;
use super::who::Who;
use crate::lexicon::Verb;

/// What two things are compared by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    Size,
    /// `as tall as`: both are of one size.
    SameSize,
    /// `younger than`: by what no box shows.
    Quality,
}

/// A piece of a sentence.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Chunk {
    Np(NounPhrase),
    Pronoun(Who),
    Link(Link),
    Verb(Verb),
    Be,
    There,
    And,
    Or,
    Of,
    /// What something is for follows.
    For,
    Comma,
    /// `three dogs: …`: what follows may be the same things one by one.
    Colon,
    Stop,
    With,
    /// `has`: as `with`, but said of the subject behind a relative clause.
    Has,
    /// `full of`, `half full of`, `crowded with`, in these words: what follows lies in what stands before.
    Full {
        half: bool,
        says: String,
    },
    /// `without`, `no`, `not any`: what follows must not be there.
    Not,
    /// `rather than`: what follows stands where what must not be there would.
    Instead,
    /// `except`: a denial, save after `an empty room`.
    Except,
    But,
    Which,
    /// `a cat whose eyes are blue`.
    Whose,
    Each,
    /// Adjectives after `is`.
    Adjectives(Vec<String>),
    /// Adjectives in brackets, of the noun before them.
    Bracketed(Vec<String>),
    /// `the left one`.
    OneOf(Pick),
    /// `five of them`.
    OfThem(Quantity),
    /// `bigger than`, `smaller than`; `higher` where it may be a place.
    Than {
        larger: bool,
        higher: bool,
        by: By,
    },
    /// `it is raining`: said of the whole scene, as it joins a place (`in the rain`).
    Mood(&'static str),
    /// Words to be read in the picture.
    Lettering(String),
    Unknown(String),
}
