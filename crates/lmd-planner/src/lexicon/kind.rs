//! [`Kind`]: how large a thing usually is and how it behaves in a scene; and
//! [`Size`], what a sentence says of it.

use serde::Serialize;

/// A stated size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub enum Size {
    Tiny,
    Small,
    Large,
    Huge,
}

/// How a thing behaves in a scene.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// Stands on the floor.
    Stand,
    /// Flies, floats or swims.
    Air,
    /// Hangs or is fixed above eye level.
    Hang,
    /// An upright surface things are fixed to.
    Wall,
    /// Things rest on its seat; there is room beneath it.
    Seat,
    /// Things rest on its top; there is room beneath it.
    Table,
    /// Lies flat and is seen from above, at a slant.
    Flat,
    /// Holds things inside.
    Container,
    /// Is ridden.
    Mount,
    /// Tall, with room beneath: a tree, a bridge, an umbrella.
    Over,
}

/// What is known about a kind of thing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Kind {
    /// Height in metres, as seen in a picture.
    pub(crate) height: f64,
    /// Width in metres.
    pub(crate) width: f64,
    /// How it behaves.
    pub(crate) class: Class,
}

impl Class {
    /// What the classes are called in `nouns.txt`.
    const NAMES: [(&'static str, Self); 10] = [
        ("stand", Self::Stand),
        ("air", Self::Air),
        ("hang", Self::Hang),
        ("wall", Self::Wall),
        ("seat", Self::Seat),
        ("table", Self::Table),
        ("flat", Self::Flat),
        ("container", Self::Container),
        ("mount", Self::Mount),
        ("over", Self::Over),
    ];

    fn named(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(known, _)| *known == name).map(|(_, class)| *class)
    }

    /// How far down its own height the things on it rest (0 is its top edge).
    pub(crate) fn support_height(self) -> f64 {
        match self {
            Self::Stand | Self::Air | Self::Hang | Self::Over | Self::Container => 0.12,
            Self::Table => 0.2,
            Self::Mount => 0.3,
            Self::Flat => 0.4,
            Self::Seat | Self::Wall => 0.45,
        }
    }

    /// Whether something may sit beneath it, within its outline.
    pub(crate) fn is_hollow(self) -> bool {
        matches!(self, Self::Table | Self::Seat | Self::Over | Self::Mount)
    }

    /// Whether it stands on the floor.
    pub(crate) fn stands(self) -> bool {
        !matches!(self, Self::Air | Self::Hang)
    }
}

impl Kind {
    /// What an unknown noun is taken for: something the size of a large dog.
    pub(crate) const UNKNOWN: Self = Self { height: 0.6, width: 0.6, class: Class::Stand };

    /// `class height width`, as in `stand 1.75 0.7`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut words = text.split(' ');
        let class = Class::named(words.next()?)?;
        let mut side = || words.next()?.parse().ok().filter(|side: &f64| *side > 0.0 && side.is_finite());
        let (height, width) = (side()?, side()?);
        words.next().is_none().then_some(Self { height, width, class })
    }

    /// Width over height, tempered: very long things are drawn at a slant and
    /// very thin ones still need cells of a coarse attention grid.
    pub(crate) fn aspect(self) -> f64 {
        (self.width / self.height).powf(0.78).clamp(0.42, 2.3)
    }

    /// Relative size on the canvas. The exponent compresses real sizes, so
    /// that a cat beside a house is still large enough to be drawn.
    pub(crate) fn extent(self) -> f64 {
        (self.width * self.height).sqrt().powf(0.35)
    }
}
