//! [`Tags`]: what a word can be.

/// What a word can be, as a set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tags(u64);

impl Tags {
    pub(crate) const COLOUR: Self = Self(1);
    pub(crate) const SHADE: Self = Self(1 << 1);
    pub(crate) const ADJECTIVE: Self = Self(1 << 2);
    /// A noun that is an adjective before another one (`glass vase`).
    pub(crate) const MODIFIER: Self = Self(1 << 3);
    pub(crate) const NOUN: Self = Self(1 << 4);
    /// People and animals: they wear, hold and do things.
    pub(crate) const ANIMATE: Self = Self(1 << 5);
    /// Worn or grown: part of the caption of what has it.
    pub(crate) const WORN: Self = Self(1 << 6);
    /// A part of a thing (`roof`, `handle`): in the caption of what has it.
    pub(crate) const PART: Self = Self(1 << 7);
    pub(crate) const CONTAINER: Self = Self(1 << 8);
    pub(crate) const SURFACE: Self = Self(1 << 9);
    /// A surrounding that gets no box.
    pub(crate) const PLACE: Self = Self(1 << 10);
    /// A time or a weather (`at night`, `in the rain`).
    pub(crate) const TIME: Self = Self(1 << 11);
    /// Ends a noun phrase: articles, prepositions, auxiliaries and the like.
    pub(crate) const FUNCTION: Self = Self(1 << 12);
    pub(crate) const ADVERB: Self = Self(1 << 13);
    /// Stuff without a number (`soup`, `grass`).
    pub(crate) const STUFF: Self = Self(1 << 14);
    /// Words of a wish (`please`, `draw`) and others that say nothing of the picture.
    pub(crate) const FILLER: Self = Self(1 << 15);
    pub(crate) const PERSON: Self = Self(1 << 16);
    /// A feature of a land or a sky that is scenery when far away (`mountain`).
    pub(crate) const SCENERY: Self = Self(1 << 17);
    pub(crate) const ANIMAL: Self = Self(1 << 18);
    pub(crate) const VEHICLE: Self = Self(1 << 19);
    pub(crate) const FOOD: Self = Self(1 << 20);
    /// A part of a body that its owner moves (`shaking hands`).
    pub(crate) const BODY: Self = Self(1 << 21);
    /// What one sits or stands on.
    pub(crate) const SEAT: Self = Self(1 << 22);
    /// What a person holds rather than an animal (`umbrella`).
    pub(crate) const HELD: Self = Self(1 << 23);
    /// What hung things hang from (`nail`).
    pub(crate) const HOOK: Self = Self(1 << 24);
    /// All around also behind and below things (`in front of a sunset`).
    pub(crate) const SCENIC: Self = Self(1 << 25);
    /// A place with edges: something can be drawn above it (`pond`).
    pub(crate) const BOUNDED: Self = Self(1 << 26);
    /// Nothing is above it but the sky, whatever it carries (`raft`).
    pub(crate) const OPEN: Self = Self(1 << 33);
    /// A part of a body that holds things.
    pub(crate) const GRASP: Self = Self(1 << 34);
    /// In the sky wherever one looks from (`moon`).
    pub(crate) const SKY: Self = Self(1 << 27);
    /// Takes neither article nor plural (`grass`).
    pub(crate) const UNCOUNTED: Self = Self(1 << 28);
    pub(crate) const INDOORS: Self = Self(1 << 29);
    pub(crate) const STREET: Self = Self(1 << 30);
    pub(crate) const WATER: Self = Self(1 << 31);
    /// Has no shape or size of its own: a material, a quality, an event.
    pub(crate) const ABSTRACT: Self = Self(1 << 32);

    /// Said, called or wished, and no thing (`goodbye`).
    pub(crate) const SAID: Self = Self(1 << 35);

    /// A picture, a screen, a board: what it shows is within it.
    pub(crate) const SHOWS: Self = Self(1 << 36);

    /// What the tags are called in `nouns.txt`.
    pub(super) const NAMES: [(&'static str, Self); 29] = [
        ("person", Self::PERSON.and(Self::ANIMATE)),
        ("animal", Self::ANIMAL.and(Self::ANIMATE)),
        ("vehicle", Self::VEHICLE),
        ("food", Self::FOOD),
        ("worn", Self::WORN),
        ("part", Self::PART),
        ("body", Self::BODY),
        ("container", Self::CONTAINER),
        ("surface", Self::SURFACE),
        ("grasp", Self::GRASP),
        ("open", Self::OPEN),
        ("seat", Self::SEAT),
        ("held", Self::HELD),
        ("hook", Self::HOOK),
        ("place", Self::PLACE),
        ("time", Self::TIME),
        ("scenery", Self::SCENERY),
        ("scenic", Self::SCENIC),
        ("bounded", Self::BOUNDED),
        ("sky", Self::SKY),
        ("stuff", Self::STUFF),
        ("uncounted", Self::UNCOUNTED),
        ("modifier", Self::MODIFIER),
        ("indoors", Self::INDOORS),
        ("street", Self::STREET),
        ("water", Self::WATER),
        ("abstract", Self::ABSTRACT),
        ("said", Self::SAID.and(Self::ABSTRACT)),
        ("shows", Self::SHOWS),
    ];

    pub(crate) const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether it has any of `other`.
    pub(crate) const fn any(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether nothing is known of the word.
    pub(crate) const fn is_unknown(self) -> bool {
        self.0 == 0
    }
}
