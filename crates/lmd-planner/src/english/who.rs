//! Whom a pronoun may mean: by number, by who is alive, by man and woman.

use crate::Thing;
use crate::lexicon::{List, Tags, head, noun_tags};

/// Whom a pronoun may mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Who {
    It,
    He,
    She,
    They,
    /// `on top of that`, `under which`: what was named last.
    That,
    /// `a cactus in each`: one for each of several.
    Each,
}

impl Who {
    /// The pronoun that `word` is.
    pub(crate) fn of(word: &str) -> Option<Self> {
        Some(match word {
            "it" | "itself" | "this" => Self::It,
            "him" | "he" | "himself" => Self::He,
            "her" | "she" | "herself" => Self::She,
            "them" | "they" | "both" | "themselves" | "these" => Self::They,
            _ => return None,
        })
    }

    /// Whom a word before a noun means: `his` of `his shoulder`.
    pub(super) fn owning(word: &str) -> Self {
        match word {
            "his" => Self::He,
            "her" => Self::She,
            "its" => Self::It,
            _ => Self::They,
        }
    }

    /// How well a thing fits, 0 for not at all.
    pub(crate) fn fit(self, thing: &Thing) -> u8 {
        let tags = noun_tags(&thing.noun);
        let low = thing.noun.to_lowercase();
        let first = low.split(' ').next().unwrap_or_default();
        let female = List::Female.has(head(&low)) || List::FemaleName.has(first);
        let male = List::Male.has(head(&low)) || List::MaleName.has(first);
        let (same, other) = if self == Self::He { (male, female) } else { (female, male) };
        match self {
            Self::It => 1 + u8::from(!tags.any(Tags::PERSON)),
            Self::They | Self::That | Self::Each => 1,
            Self::He | Self::She if other || !tags.any(Tags::ANIMATE) => 0,
            Self::He | Self::She if same => 3,
            Self::He | Self::She => 1 + u8::from(tags.any(Tags::PERSON)),
        }
    }
}
