//! Relation words, parts of the picture and arrangements: everything that says where, as phrases over words.

use std::sync::LazyLock;

use super::numbers::{is_ring, number};
use super::token::{Token, ends_of_owner, low};
use crate::lexicon::{List, Phrases, Section, Tags, exact_tags, verb};
use crate::{Arrangement, Region, RelationKind};

/// A phrase that says where something is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Link {
    /// A preposition; what it refers to follows.
    Rel { kind: RelationKind, prep: String },
    /// With its pronoun inside: `on its left`, `to their right`.
    RelTo { kind: RelationKind, plural: bool },
    /// In the middle of what follows.
    CenterOf,
    /// In a corner of what follows, or `out` from that corner of it: to the upper right of it.
    CornerOf { region: Region, out: bool },
    /// On both sides of what follows, or at both its ends.
    BothSides { ends: bool },
    /// A part of the picture; `to` where it may mean "to the left of that", `framed` where it says that it is the picture's.
    Region { region: Region, to: bool, framed: bool },
    /// In a row, a stack and the like.
    Arrange(Arrangement),
    /// In so many rows, which hold so many together.
    Lines { lines: u32, all: u32 },
    /// Side by side.
    Together,
    /// Turned to each other, or away from each other.
    Facing { away: bool },
    /// One on top of the other.
    Stacked,
    /// From left to right: each thing stands so to the next.
    Series(RelationKind),
    /// A preposition that places nothing by itself: `through`, `along`.
    Prep(String),
    /// In the hands of whoever was named.
    InHand,
    /// `in the corner`: in one of what has it, if that is flat.
    SomeCorner,
    /// All over the picture.
    Everywhere,
    /// Understood, but it places nothing (`in the corner`).
    Nowhere,
}

impl Link {
    /// What a phrase is called that has to say something by itself.
    pub(super) fn told(&self) -> Option<&'static str> {
        Some(match self {
            Self::Rel { .. }
            | Self::Prep(_)
            | Self::Series(_)
            | Self::InHand
            | Self::Nowhere
            | Self::SomeCorner => {
                return None;
            }
            Self::RelTo { kind, .. } => kind.words(),
            Self::CenterOf => "in the middle of",
            Self::CornerOf { region, .. } => crate::facts::region_words(*region),
            Self::BothSides { .. } => "on both sides",
            Self::Everywhere => "everywhere",
            Self::Region { region, .. } => crate::facts::region_words(*region),
            Self::Arrange(arrangement) => arrangement.words(),
            Self::Lines { .. } => "in rows",
            Self::Together | Self::Facing { .. } => "together",
            Self::Stacked => "on top of each other",
        })
    }
}

use RelationKind as K;

static WHERE: LazyLock<Phrases<Link>> = LazyLock::new(|| Phrases::new(Section::Where, meaning));

static LOOSE: LazyLock<Phrases<()>> =
    LazyLock::new(|| Phrases::new(Section::LoosePrepositions, |_, _| Some(())));

/// What a phrase about place means, by its words in the lexicon.
fn meaning(phrase: &str, says: &str) -> Option<Link> {
    Some(match says {
        "both sides" => Link::BothSides { ends: false },
        "both ends" => Link::BothSides { ends: true },
        "together" => Link::Together,
        "facing" => Link::Facing { away: false },
        "back to back" => Link::Facing { away: true },
        "stacked" => Link::Stacked,
        "nowhere" => Link::Nowhere,
        "everywhere" => Link::Everywhere,
        "middle of" => Link::CenterOf,
        "in hand" => Link::InHand,
        "sky" => Link::Region { region: Region::Sky, to: false, framed: true },
        "foreground" => Link::Region { region: Region::Foreground, to: false, framed: true },
        "background" => Link::Region { region: Region::Background, to: false, framed: true },
        "row" => Link::Arrange(Arrangement::Row),
        "column" => Link::Arrange(Arrangement::Column),
        "grid" => Link::Arrange(Arrangement::Grid),
        "diagonal" => Link::Arrange(Arrangement::Diagonal),
        "v" => Link::Arrange(Arrangement::Vee),
        "pyramid" => Link::Arrange(Arrangement::Pyramid),
        _ => match says.strip_prefix("series ") {
            Some(each) => Link::Series(kind(each)?),
            None => Link::Rel { kind: kind(says)?, prep: phrase.to_owned() },
        },
    })
}

/// The relation that a preposition stands for.
fn kind(words: &str) -> Option<K> {
    const KINDS: [K; 12] = [
        K::LeftOf,
        K::RightOf,
        K::Above,
        K::Below,
        K::On,
        K::Under,
        K::Inside,
        K::NextTo,
        K::InFrontOf,
        K::Behind,
        K::Between(usize::MAX),
        K::Around,
    ];
    KINDS.into_iter().find(|kind| kind.words() == words)
}

/// The part of the picture, or of several things, that an adjective names: `left` of `the left tree`.
pub(crate) fn place_word(word: &str) -> Option<Region> {
    Some(match word {
        "left" | "leftmost" | "left-hand" => Region::Left,
        "right" | "rightmost" | "right-hand" => Region::Right,
        "top" | "upper" | "topmost" | "uppermost" => Region::Top,
        "bottom" | "lower" | "lowest" | "bottommost" => Region::Bottom,
        "middle" | "center" | "centre" | "central" => Region::Center,
        _ => return None,
    })
}

/// Whether a preposition places nothing by itself.
pub(super) fn is_loose(prep: &str) -> bool {
    LOOSE.longest(|ahead| if ahead == 0 { prep } else { "" }).is_some()
}

/// The longest where-phrase at `at`, with its length in tokens.
pub(super) fn link(tokens: &[Token], at: usize) -> Option<(Link, usize)> {
    // "on the top one" speaks of a thing.
    let side = side_phrase(tokens, at)
        .filter(|(_, length)| tokens.get(at + length).is_none_or(|token| token.low != "one"));
    let fixed = fixed_phrase(tokens, at);
    let shape = arrangement_phrase(tokens, at);
    [shape, side, fixed].into_iter().flatten().max_by_key(|(_, length)| *length).or_else(|| {
        let word = low(tokens, at);
        is_loose(word).then(|| (Link::Prep(word.to_owned()), 1))
    })
}

/// Whether the tokens at `at` read `phrase`; its length if so.
pub(super) fn reads(tokens: &[Token], at: usize, phrase: &str) -> Option<usize> {
    let mut length = 0;
    for word in phrase.split(' ') {
        if tokens.get(at + length)?.low != word {
            return None;
        }
        length += 1;
    }
    Some(length)
}

fn fixed_phrase(tokens: &[Token], at: usize) -> Option<(Link, usize)> {
    let found = |at: usize| WHERE.longest(|ahead| low(tokens, at + ahead));
    // "from left to right"
    let series = reads(tokens, at, "from").and_then(|skip| {
        let (link, length) = found(at + skip)?;
        matches!(link, Link::Series(_)).then_some((link, length + skip))
    });
    let found = series.into_iter().chain(found(at)).max_by_key(|(_, length)| *length);
    found.map(|(link, length)| (link.clone(), length))
}

/// `in a (adjectives) row`, `in a 3x3 grid`, `in two rows`.
fn arrangement_phrase(tokens: &[Token], at: usize) -> Option<(Link, usize)> {
    let word = |i: usize| low(tokens, at + i);
    if !matches!(word(0), "in" | "into" | "forming" | "as")
        || !(matches!(word(1), "a" | "an" | "two" | "three"))
    {
        return None;
    }
    let mut vertical = false;
    let mut diagonal = false;
    for i in 2..7 {
        let shape = match word(i) {
            "vertical" => {
                vertical = true;
                continue;
            }
            "diagonal" if word(i + 1) == "line" || word(i + 1) == "row" => {
                diagonal = true;
                continue;
            }
            "row" | "line" | "queue" | "lineup" if diagonal => Arrangement::Diagonal,
            "row" | "line" if vertical => Arrangement::Column,
            "row" | "line" | "queue" | "lineup" => Arrangement::Row,
            "column" => Arrangement::Column,
            "square" if at > 0 && List::Laid.has(low(tokens, at - 1)) => Arrangement::Grid,
            "grid" | "matrix" | "rows" | "columns" => Arrangement::Grid,
            "stack" | "tower" | "pile" => Arrangement::Stack,
            "ring" if is_ring(tokens, at, i) => return None,
            "circle" | "ring" => Arrangement::Circle,
            "diagonal" => Arrangement::Diagonal,
            "" | "," | "." | "of" | "with" | "and" | "in" | "on" | "the" => return None,
            _ => continue,
        };
        // "eight cupcakes in two rows of four", "in two columns of four on a shelf"
        let each = number(word(i + 2)).filter(|_| word(i + 1) == "of");
        let lines = match word(i) {
            "rows" => number(word(1)),
            "columns" => each,
            _ => None,
        };
        let ends = tokens.get(at + i + 3).is_none_or(|next| !next.is_word())
            || fixed_phrase(tokens, at + i + 3).is_some();
        if let (Some(each), Some(lines), true) = (each, lines, ends) {
            let all = each.saturating_mul(if word(i) == "rows" { lines } else { number(word(1))? });
            return Some((Link::Lines { lines, all }, i + 3));
        }
        return (word(i + 1) != "of").then_some((Link::Arrange(shape), i + 1));
    }
    None
}

/// What the direction words of a side phrase add up to.
#[derive(Default)]
struct Direction {
    left: bool,
    right: bool,
    top: bool,
    bottom: bool,
    center: bool,
    front: bool,
    back: bool,
    words: usize,
}

impl Direction {
    fn take(&mut self, word: &str) -> bool {
        let mut known = true;
        for part in word.split('-') {
            match part {
                "left" | "lefthand" => self.left = true,
                "right" | "righthand" => self.right = true,
                "top" | "upper" => self.top = true,
                "bottom" | "lower" => self.bottom = true,
                "center" | "centre" | "middle" | "central" | "centered" | "centred" => self.center = true,
                "foreground" | "front" => self.front = true,
                "distance" | "back" | "rear" | "background" => self.back = true,
                "hand" | "most" | "mid" => {}
                _ => known = false,
            }
        }
        self.words += usize::from(known);
        known
    }

    fn region(&self) -> Option<Region> {
        Some(match (self.top, self.bottom, self.left, self.right) {
            (true, _, true, _) => Region::TopLeft,
            (true, _, _, true) => Region::TopRight,
            (_, true, true, _) => Region::BottomLeft,
            (_, true, _, true) => Region::BottomRight,
            (true, ..) => Region::Top,
            (_, true, ..) => Region::Bottom,
            (_, _, true, _) => Region::Left,
            (_, _, _, true) => Region::Right,
            _ if self.center => Region::Center,
            _ if self.front => Region::Foreground,
            _ if self.back => Region::Background,
            _ => return None,
        })
    }

    fn relation(&self) -> Option<K> {
        Some(match (self.left, self.right) {
            (true, _) => K::LeftOf,
            (_, true) => K::RightOf,
            _ if self.top => K::On,
            _ if self.bottom => K::Below,
            _ if self.front => K::InFrontOf,
            _ if self.back => K::Behind,
            _ => return None,
        })
    }
}

const SIDE_PREPOSITIONS: [&str; 11] =
    ["on", "in", "at", "to", "near", "toward", "towards", "from", "along", "off", "within"];

/// Words that may follow a direction without changing it.
const SIDE_NOUNS: [&str; 14] = [
    "side", "corner", "part", "half", "hand", "edge", "area", "portion", "section", "third", "quarter",
    "quadrant", "sides", "ground",
];

/// `on the left`, `in the top right corner of the picture`, `to its left`, `on the left side of`.
fn side_phrase(tokens: &[Token], at: usize) -> Option<(Link, usize)> {
    let word = |i: usize| low(tokens, i);
    let prep = word(at);
    let mut i = at + usize::from(SIDE_PREPOSITIONS.contains(&prep));
    i += usize::from(prep == "off" && word(i) == "to");
    if let Some(end) = corners_end(tokens, i).filter(|_| i > at) {
        let framed = !low(tokens, end - 1).starts_with("corner");
        if !framed && low(tokens, end) == "of" {
            return Some((Link::CornerOf { region: Region::Corners, out: false }, end + 1 - at));
        }
        return Some((Link::Region { region: Region::Corners, to: false, framed }, end - at));
    }
    let own = matches!(word(i), "its" | "his" | "her" | "their").then(|| word(i) == "their");
    let article = own.is_some() || matches!(word(i), "the" | "a" | "one");
    i += usize::from(article);
    while matches!(word(i), "far" | "very" | "extreme" | "immediate" | "exact" | "dead" | "direct") {
        i += 1;
    }
    let mut direction = Direction::default();
    while direction.take(word(i)) {
        i += 1;
    }
    // "in Central Park"
    let capital = |i: usize| tokens.get(i).is_some_and(Token::is_capitalised);
    if direction.words == 1 && !article && i > at + 1 && capital(i - 1) && capital(i) {
        return None;
    }
    let picks = article && own.is_none() && picks_one(&direction, word(i), word(i + 1));
    if picks || names_a_thing(&direction, word(i), prep) {
        return None;
    }
    // "one lower than the other"
    if word(i) == "than" {
        return None;
    }
    // "in his right hand" is no side of him.
    let hand = i > at && word(i - 1) == "hand" && word(i) != "side";
    let grasps = hand || exact_tags(word(i)).any(Tags::PART) && !matches!(word(i + 1), "side" | "corner");
    if own.is_some() && direction.words > 0 && grasps {
        return None;
    }
    let nouns = (i..tokens.len()).take_while(|i| SIDE_NOUNS.contains(&word(*i))).count();
    i += nouns;
    let within =
        prep == "in" && i > at && matches!(word(i - 1), "corner" | "part" | "half" | "quarter" | "third");
    if let Some(plural) = own.filter(|_| within && nouns > 0) {
        return Some((Link::RelTo { kind: K::Inside, plural }, i - at));
    }
    if direction.words == 0 {
        return some_side(tokens, at, (i, nouns), article && own.is_none());
    }
    if (prep == "from" && word(i) == "to") || (nouns > 0 && word(i - 1) == "ground") {
        return None;
    }
    if i == at + direction.words && nouns == 0 {
        return bare_side(tokens, at, i, &direction);
    }
    let on_top = direction.top && !article && prep == "on" && direction.words == 1;
    let in_hand = prep == "in" && nouns == 0;
    side_link(tokens, i, &direction, own, (prep == "to", in_hand), on_top).map(|(link, end)| (link, end - at))
}

/// `in the corner`, `on the side`: the words at `at`, which end before `end` with so many nouns of places.
fn some_side(
    tokens: &[Token],
    at: usize,
    (end, nouns): (usize, usize),
    article: bool,
) -> Option<(Link, usize)> {
    let next = low(tokens, end);
    // "on a side table", "in a corner booth"
    let named = exact_tags(next).any(Tags::SURFACE.and(Tags::SEAT).and(Tags::CONTAINER).and(Tags::PLACE));
    if nouns == 0 || end <= at + 1 || named && end >= 2 && low(tokens, end - 2) != "the" {
        return None;
    }
    let side = SIDE_PREPOSITIONS.contains(&low(tokens, at)) && article && next != "of";
    // "at the corner of a desk": in one of them, but the corner of a hallway is a place.
    let corner = end > 0 && low(tokens, end - 1) == "corner";
    let whole = next == "of" && frame_end(tokens, end) == end;
    let place = (end + 1..end + 4).any(|i| exact_tags(low(tokens, i)).any(Tags::PLACE));
    Some(match whole && !place {
        true if corner => (Link::CornerOf { region: Region::TopRight, out: false }, end + 1 - at),
        _ if corner => (Link::SomeCorner, frame_end(tokens, end) - at),
        _ => return side.then_some((Link::Nowhere, end - at)),
    })
}

/// Whether the direction belongs to the noun after it: `a top hat`, `on the back seat`, but `on the left trees`.
fn names_a_thing(direction: &Direction, next: &str, prep: &str) -> bool {
    let sideways = direction.left || direction.right || direction.center;
    let of_body = exact_tags(next).any(Tags::BODY);
    direction.words > 0
        && !(sideways && SIDE_PREPOSITIONS.contains(&prep) && !of_body)
        && !SIDE_NOUNS.contains(&next)
        && exact_tags(next).any(Tags::NOUN) // "on the back seat"
        && (verb(next).is_none() || exact_tags(next).any(Tags::PART))
}

/// Whether the direction picks one of several: `on the left table`, but not `cat on the left dog on the right`.
fn picks_one(direction: &Direction, next: &str, after: &str) -> bool {
    let noun = exact_tags(next).any(Tags::NOUN) && !exact_tags(next).any(Tags::STUFF.and(Tags::ADJECTIVE));
    let stops = matches!(
        after,
        "" | "," | "." | "and" | "is" | "there" | "with" | "stands" | "sits" | "lies" | "are" | "a" | "an"
    );
    direction.words == 1 && noun && !lmd_layout::is_plural(next) && !SIDE_NOUNS.contains(&next) && stops
}

/// The index after `each corner` or `all four corners of the picture`.
fn corners_end(tokens: &[Token], i: usize) -> Option<usize> {
    let word = |i: usize| low(tokens, i);
    let each = matches!(word(i), "each" | "every");
    if !each && !matches!(word(i), "all" | "the" | "opposite") {
        return None;
    }
    let four = usize::from(matches!(word(i + 1), "four" | "4" | "of" | "opposite"));
    let n = i + 1 + four + usize::from(word(i + 1 + four) == "the");
    (word(n) == "corners" || each && word(n) == "corner").then(|| frame_end(tokens, n + 1))
}

/// `left: a cat`, `a cat left, a dog right`, `top right corner`.
fn bare_side(tokens: &[Token], at: usize, end: usize, direction: &Direction) -> Option<(Link, usize)> {
    let next = low(tokens, end);
    let plain = !direction.front && !direction.back && !direction.center;
    let stops = matches!(next, "" | ":" | "," | "and" | ".");
    (plain && stops)
        .then_some((Link::Region { region: direction.region()?, to: false, framed: true }, end - at))
}

fn side_link(
    tokens: &[Token],
    i: usize,
    direction: &Direction,
    own: Option<bool>,
    (to, in_hand): (bool, bool),
    on_top: bool,
) -> Option<(Link, usize)> {
    let word = |i: usize| low(tokens, i);
    if let Some(plural) = own {
        // "an orb in her left"
        if in_hand && direction.words == 1 && (direction.left || direction.right) {
            return Some((Link::InHand, i));
        }
        if direction.center {
            return Some((Link::RelTo { kind: K::Inside, plural }, i));
        }
        let sideways = direction.left || direction.right;
        return sideways.then_some((Link::RelTo { kind: direction.relation()?, plural }, i));
    }
    if word(i) != "of" {
        if on_top {
            return Some((Link::Rel { kind: K::On, prep: "on top of".to_owned() }, i));
        }
        // "in the background" is that of the picture, "on the back" that of what has it.
        let bare = i > 1 && word(i - 1) == "front" && word(i - 2) == "in";
        if bare && ends_of_owner(tokens, i) {
            return Some((Link::Rel { kind: K::InFrontOf, prep: "in front".to_owned() }, i));
        }
        let framed = bare || i > 0 && matches!(word(i - 1), "background" | "foreground" | "distance");
        return Some((Link::Region { region: direction.region()?, to, framed }, i));
    }
    let framed = frame_end(tokens, i);
    if framed > i {
        return Some((Link::Region { region: direction.region()?, to: false, framed: true }, framed));
    }
    if direction.center {
        return Some((Link::CenterOf, i + 1));
    }
    let corner = (direction.top || direction.bottom) && (direction.left || direction.right);
    if corner {
        return Some((Link::CornerOf { region: direction.region()?, out: to }, i + 1));
    }
    let prep = if word(i - 1) == "side" && !to { "on the side" } else { "at" };
    Some((Link::Rel { kind: direction.relation()?, prep: prep.to_owned() }, i + 1))
}

/// The index after `of the picture`, or `i` if that does not follow.
fn frame_end(tokens: &[Token], i: usize) -> usize {
    let word = |i: usize| low(tokens, i);
    let j = i + 1 + usize::from(matches!(word(i + 1), "the" | "this" | "an" | "a"));
    if word(i) == "of" && List::Frame.has(word(j)) { j + 1 } else { i }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_phrase_of_the_lexicon_is_understood() {
        assert_eq!(WHERE.len(), Section::Where.entries().count());
        assert_eq!(LOOSE.len(), Section::LoosePrepositions.entries().count());
        assert!(is_loose("through") && !is_loose("on"));
    }
}
