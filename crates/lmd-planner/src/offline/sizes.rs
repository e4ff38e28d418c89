//! How large things are and where they belong: typical sizes in metres, and
//! whether a thing stands, flies, hangs or carries other things.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::english;

/// How a thing behaves in a scene.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
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

/// What a class is called in the table.
const CLASS_NAMES: [(&str, Class); 10] = [
    ("stand", Class::Stand),
    ("air", Class::Air),
    ("hang", Class::Hang),
    ("wall", Class::Wall),
    ("seat", Class::Seat),
    ("table", Class::Table),
    ("flat", Class::Flat),
    ("container", Class::Container),
    ("mount", Class::Mount),
    ("over", Class::Over),
];

/// What is known about a kind of thing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Kind {
    /// Height in metres, as seen in a picture.
    pub(super) height: f64,
    /// Width in metres.
    pub(super) width: f64,
    /// How it behaves.
    pub(super) class: Class,
}

impl Kind {
    /// What an unknown noun is taken for: something the size of a large dog.
    pub(super) const UNKNOWN: Self = Self { height: 0.6, width: 0.6, class: Class::Stand };

    /// Width over height, tempered: very long things are drawn at a slant and
    /// very thin ones still need cells of a coarse attention grid.
    pub(super) fn aspect(self) -> f64 {
        (self.width / self.height).powf(0.78).clamp(0.42, 2.3)
    }

    /// Relative size on the canvas. The exponent compresses real sizes, so
    /// that a cat beside a house is still large enough to be drawn.
    pub(super) fn extent(self) -> f64 {
        (self.width * self.height).sqrt().powf(0.35)
    }
}

impl Class {
    /// How far down its own height the things on it rest (0 is its top edge).
    pub(super) fn support_height(self) -> f64 {
        match self {
            Self::Stand | Self::Air | Self::Hang | Self::Over | Self::Container => 0.12,
            Self::Table => 0.2,
            Self::Mount => 0.3,
            Self::Flat => 0.4,
            Self::Seat | Self::Wall => 0.45,
        }
    }

    /// Whether something may sit beneath it, within its outline.
    pub(super) fn is_hollow(self) -> bool {
        matches!(self, Self::Table | Self::Seat | Self::Over | Self::Mount)
    }

    /// Whether it stands on the floor.
    pub(super) fn stands(self) -> bool {
        !matches!(self, Self::Air | Self::Hang)
    }
}

/// The table of typical things, read once.
static KINDS: LazyLock<HashMap<&'static str, Kind>> = LazyLock::new(|| {
    include_str!("things.txt").lines().filter(|line| !line.starts_with('#')).flat_map(parse_line).collect()
});

/// The entries of one line: `class: noun/noun height width; ...`.
fn parse_line(line: &'static str) -> Vec<(&'static str, Kind)> {
    let Some((class, entries)) = line.split_once(": ") else { return Vec::new() };
    let Some((_, class)) = CLASS_NAMES.iter().find(|(name, _)| *name == class) else { return Vec::new() };
    entries.split(';').filter_map(|entry| parse_entry(entry.trim(), *class)).flatten().collect()
}

/// `noun/noun height width`.
fn parse_entry(entry: &'static str, class: Class) -> Option<Vec<(&'static str, Kind)>> {
    let (rest, width) = entry.rsplit_once(' ')?;
    let (nouns, height) = rest.rsplit_once(' ')?;
    let kind = Kind { height: height.parse().ok()?, width: width.parse().ok()?, class };
    Some(nouns.split('/').map(|noun| (noun, kind)).collect())
}

/// Those of `known` that are most like the thing `noun` (singular), the likest first: of its class (it stands, flies,
/// carries), alive like it, of about its size. None for a noun of which nothing is known.
///
/// ```
/// let known = ["car", "cat", "dog", "house", "tree"];
/// assert_eq!(lmd_planner::offline::likest("horse", &known, 2), ["dog", "cat"]);
/// ```
#[must_use]
pub fn likest<'a>(noun: &str, known: &[&'a str], most: usize) -> Vec<&'a str> {
    let Some(kind) = known_kind(noun) else { return Vec::new() };
    let distance = |other: &str| {
        let other_kind = kind_of(other);
        let class = f64::from(u8::from(kind.class != other_kind.class));
        let size = (kind.height / other_kind.height).ln().abs() + (kind.width / other_kind.width).ln().abs();
        let traits = u32::try_from(english::unlikeness(noun, other)).map_or(f64::INFINITY, f64::from);
        4.0 * traits + class + size
    };
    let mut ranked: Vec<(f64, &str)> = known.iter().map(|other| (distance(other), *other)).collect();
    ranked.sort_by(|a, b| a.0.total_cmp(&b.0));
    ranked.into_iter().take(most).map(|(_, other)| other).collect()
}

/// Looks a singular noun up: as a whole, then the head of `a bowl of soup`,
/// then its last words (`shiny sports car`, `sports car`, `car`).
pub(super) fn kind_of(noun: &str) -> Kind {
    if noun.starts_with(char::is_uppercase) {
        return kind_of_name(&noun.to_lowercase());
    }
    known_kind(noun).unwrap_or(Kind::UNKNOWN)
}

/// A name is that of somebody unless it says what it is: `Mount Fuji`, `Eiffel Tower`.
fn kind_of_name(name: &str) -> Kind {
    let first = match name.split(' ').next() {
        Some("mount" | "mt.") => "mountain",
        other => other.unwrap_or_default(),
    };
    let known = known_kind(name).or_else(|| known_kind(first));
    known.or_else(|| known_kind("person")).unwrap_or(Kind::UNKNOWN)
}

/// Whether the table knows the words as a thing.
pub(super) fn is_known(noun: &str) -> bool {
    known_kind(noun).is_some()
}

/// As [`kind_of`], `None` for a noun the table does not know.
fn known_kind(noun: &str) -> Option<Kind> {
    if let Some(kind) = KINDS.get(noun) {
        return Some(*kind);
    }
    let head = noun.split_once(" of ").and_then(|(head, _)| known_kind(head));
    head.or_else(|| noun.split_once(' ').and_then(|(_, rest)| known_kind(rest)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read_whole() {
        let entries: usize = include_str!("things.txt")
            .lines()
            .filter(|line| !line.starts_with('#'))
            .map(|line| line.matches(['/', ';']).count() + 1)
            .sum();
        assert_eq!(KINDS.len(), entries, "an entry is malformed or written twice");
        assert!(entries > 250);
    }

    #[test]
    fn nouns_are_found_by_their_head() {
        assert_eq!(kind_of("shiny sports car"), kind_of("car"));
        assert_eq!(kind_of("bowl of soup"), kind_of("bowl"));
        assert_eq!(kind_of("zorb of pile"), Kind::UNKNOWN);
        assert_eq!(kind_of("basket of zorbs").class, Class::Container);
    }

    #[test]
    fn sizes_are_compressed_but_keep_their_order() {
        let (house, cat) = (kind_of("house").extent(), kind_of("cat").extent());
        assert!(house > cat && house < 4.0 * cat, "{house} {cat}");
    }
}
