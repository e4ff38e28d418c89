//! [`Tags`]: what a word can be.

/// What a word can be, as a set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tags(u32);

impl Tags {
    pub(super) const COLOR: Self = Self(1);
    pub(super) const SHADE: Self = Self(1 << 1);
    pub(super) const ADJECTIVE: Self = Self(1 << 2);
    /// A stuff that is an adjective before a noun (`glass vase`).
    pub(super) const MATERIAL: Self = Self(1 << 3);
    pub(super) const NOUN: Self = Self(1 << 4);
    /// People and animals: they wear, hold and do things.
    pub(super) const ANIMATE: Self = Self(1 << 5);
    /// Worn or grown: part of the caption of what has it.
    pub(super) const WORN: Self = Self(1 << 6);
    /// A part of a thing (`roof`, `handle`): in the caption of what has it.
    pub(super) const PART: Self = Self(1 << 7);
    pub(super) const CONTAINER: Self = Self(1 << 8);
    pub(super) const SURFACE: Self = Self(1 << 9);
    /// A surrounding that gets no box.
    pub(super) const PLACE: Self = Self(1 << 10);
    /// A time or a weather (`at night`, `in the rain`).
    pub(super) const TIME: Self = Self(1 << 11);
    /// Ends a noun phrase: articles, prepositions, auxiliaries and the like.
    pub(super) const FUNCTION: Self = Self(1 << 12);
    pub(super) const ADVERB: Self = Self(1 << 13);
    /// Stuff without a number (`soup`, `grass`).
    pub(super) const MASS: Self = Self(1 << 14);
    /// Words of a wish (`please`, `draw`) and others that say nothing of the picture.
    pub(super) const FILLER: Self = Self(1 << 15);
    pub(super) const PERSON: Self = Self(1 << 16);
    /// A feature of a land or a sky that is scenery when far away (`mountain`).
    pub(super) const SCENERY: Self = Self(1 << 17);

    pub(super) const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether it has any of `other`.
    pub(super) const fn any(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}
