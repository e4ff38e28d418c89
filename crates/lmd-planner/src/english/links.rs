//! Relation words, parts of the picture and arrangements: everything that says
//! where, as phrases over words.

use super::lexicon::{Tags, exact_tags};
use super::token::Token;
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
    /// On both sides of what follows.
    BothSides,
    /// A part of the picture; `to` where it may mean "to the left of that".
    Region { region: Region, to: bool },
    /// In a row, a stack and the like.
    Arrange(Arrangement),
    /// Side by side.
    Together,
    /// One on top of the other.
    Stacked,
    /// From left to right: each thing stands so to the next.
    Series(RelationKind),
    /// A preposition that places nothing by itself: `through`, `along`.
    Prep(String),
    /// Understood, but it places nothing (`in the corner`).
    Nowhere,
}

use RelationKind as K;

const RELATIONS: [(&str, K); 48] = [
    ("before", K::InFrontOf),
    ("on top of", K::On),
    ("on the top of", K::On),
    ("at the top of", K::On),
    ("on to", K::On),
    ("atop", K::On),
    ("upon", K::On),
    ("onto", K::On),
    ("on", K::On),
    ("high above", K::Above),
    ("above", K::Above),
    ("over", K::Above),
    ("below", K::Below),
    ("at the foot of", K::NextTo),
    ("at the base of", K::NextTo),
    ("beneath", K::Under),
    ("underneath", K::Under),
    ("under", K::Under),
    ("out of", K::Inside),
    ("inside of", K::Inside),
    ("inside", K::Inside),
    ("within", K::Inside),
    ("into", K::Inside),
    ("in", K::Inside),
    ("in between", K::Between(usize::MAX)),
    ("between", K::Between(usize::MAX)),
    ("right next to", K::NextTo),
    ("next to", K::NextTo),
    ("beside", K::NextTo),
    ("by", K::NextTo),
    ("near to", K::NextTo),
    ("near", K::NextTo),
    ("nearby to", K::NextTo),
    ("close to", K::NextTo),
    ("adjacent to", K::NextTo),
    ("alongside", K::NextTo),
    ("across from", K::NextTo),
    ("opposite to", K::NextTo),
    ("opposite", K::NextTo),
    ("against", K::NextTo),
    ("outside of", K::NextTo),
    ("outside", K::NextTo),
    ("in front of", K::InFrontOf),
    ("in the front of", K::InFrontOf),
    ("in back of", K::Behind),
    ("behind", K::Behind),
    ("all around", K::Around),
    ("around", K::Around),
];

static MORE: [(&str, Link); 61] = [
    ("in v formation", Link::Arrange(Arrangement::Vee)),
    ("in v-formation", Link::Arrange(Arrangement::Vee)),
    ("in a v", Link::Arrange(Arrangement::Vee)),
    ("in a v formation", Link::Arrange(Arrangement::Vee)),
    ("in a v-formation", Link::Arrange(Arrangement::Vee)),
    ("in a v shape", Link::Arrange(Arrangement::Vee)),
    ("in a v-shape", Link::Arrange(Arrangement::Vee)),
    ("in a pyramid", Link::Arrange(Arrangement::Pyramid)),
    ("in a triangle", Link::Arrange(Arrangement::Pyramid)),
    ("in a triangular formation", Link::Arrange(Arrangement::Pyramid)),
    ("in each arm", Link::Nowhere),
    ("in both arms", Link::Nowhere),
    ("in each paw", Link::Nowhere),
    ("in one arm", Link::Nowhere),
    ("in one paw", Link::Nowhere),
    ("in one hand", Link::Nowhere),
    ("in the other hand", Link::Nowhere),
    ("in the other", Link::Nowhere),
    ("in each hand", Link::Nowhere),
    ("in both hands", Link::Nowhere),
    ("in hand", Link::Nowhere),
    ("in the left hand", Link::Nowhere),
    ("in the right hand", Link::Nowhere),
    ("left of", Link::Rel { kind: K::LeftOf, prep: String::new() }),
    ("right of", Link::Rel { kind: K::RightOf, prep: String::new() }),
    ("on either side", Link::BothSides),
    ("on each side", Link::BothSides),
    ("on both sides", Link::BothSides),
    ("on either side of", Link::BothSides),
    ("on each side of", Link::BothSides),
    ("on both sides of", Link::BothSides),
    ("at either side of", Link::BothSides),
    ("side by side", Link::Together),
    ("side-by-side", Link::Together),
    ("shoulder to shoulder", Link::Together),
    ("next to each other", Link::Together),
    ("next to one another", Link::Together),
    ("beside each other", Link::Together),
    ("facing each other", Link::Together),
    ("close to each other", Link::Together),
    ("on top of each other", Link::Stacked),
    ("on top of one another", Link::Stacked),
    ("one on top of the other", Link::Stacked),
    ("one above the other", Link::Arrange(Arrangement::Column)),
    ("one above another", Link::Arrange(Arrangement::Column)),
    ("above each other", Link::Arrange(Arrangement::Column)),
    ("above one another", Link::Arrange(Arrangement::Column)),
    ("one below the other", Link::Arrange(Arrangement::Column)),
    ("one under the other", Link::Arrange(Arrangement::Column)),
    ("one beneath the other", Link::Arrange(Arrangement::Column)),
    ("below each other", Link::Arrange(Arrangement::Column)),
    ("diagonally", Link::Arrange(Arrangement::Diagonal)),
    ("in single file", Link::Arrange(Arrangement::Row)),
    ("left to right", Link::Series(K::LeftOf)),
    ("right to left", Link::Series(K::RightOf)),
    ("top to bottom", Link::Series(K::Above)),
    ("bottom to top", Link::Series(K::Below)),
    ("overhead", Link::Region { region: Region::Sky, to: false }),
    ("in mid-air", Link::Region { region: Region::Sky, to: false }),
    ("in midair", Link::Region { region: Region::Sky, to: false }),
    ("in rows", Link::Arrange(Arrangement::Grid)),
];

const PREPOSITIONS: [&str; 21] = [
    "through",
    "across",
    "along",
    "throughout",
    "toward",
    "towards",
    "down",
    "up",
    "during",
    "from",
    "at",
    "past",
    "among",
    "amongst",
    "amid",
    "beyond",
    "about",
    "amidst",
    "to",
    "off",
    "after",
];

/// The longest where-phrase at `at`, with its length in tokens.
pub(super) fn link(tokens: &[Token], at: usize) -> Option<(Link, usize)> {
    // "on the top one" speaks of a thing.
    let side = side_phrase(tokens, at)
        .filter(|(_, length)| tokens.get(at + length).is_none_or(|token| token.low != "one"));
    let fixed = fixed_phrase(tokens, at);
    let shape = arrangement_phrase(tokens, at);
    [shape, side, fixed].into_iter().flatten().max_by_key(|(_, length)| *length).or_else(|| {
        let word = &tokens.get(at)?.low;
        PREPOSITIONS.contains(&word.as_str()).then(|| (Link::Prep(word.clone()), 1))
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
    let skip = usize::from(reads(tokens, at, "from").is_some());
    let relations = RELATIONS.iter().filter_map(|(phrase, kind)| {
        let length = reads(tokens, at, phrase)?;
        Some((Link::Rel { kind: *kind, prep: (*phrase).to_owned() }, length))
    });
    let more = MORE.iter().filter_map(|(phrase, link)| {
        let skip = if matches!(link, Link::Series(_)) { skip } else { 0 };
        Some((link.clone(), reads(tokens, at + skip, phrase)? + skip))
    });
    relations.chain(more).max_by_key(|(_, length)| *length)
}

/// `in a (adjectives) row`, `in a 3x3 grid`, `in two rows`.
fn arrangement_phrase(tokens: &[Token], at: usize) -> Option<(Link, usize)> {
    let word = |i: usize| tokens.get(at + i).map_or("", |token| token.low.as_str());
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
            "grid" | "matrix" | "rows" | "columns" => Arrangement::Grid,
            "stack" | "tower" | "pile" => Arrangement::Stack,
            "circle" | "ring" => Arrangement::Circle,
            "diagonal" => Arrangement::Diagonal,
            "" | "," | "." | "of" | "with" | "and" | "in" | "on" | "the" => return None,
            _ => continue,
        };
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
                "center" | "centre" | "middle" | "central" | "centered" => self.center = true,
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

const FRAMES: [&str; 14] = [
    "image",
    "picture",
    "photo",
    "photograph",
    "frame",
    "scene",
    "canvas",
    "screen",
    "composition",
    "shot",
    "view",
    "page",
    "drawing",
    "illustration",
];

const SIDE_PREPOSITIONS: [&str; 11] =
    ["on", "in", "at", "to", "near", "toward", "towards", "from", "along", "off", "within"];

/// Words that may follow a direction without changing it.
const SIDE_NOUNS: [&str; 14] = [
    "side", "corner", "part", "half", "hand", "edge", "area", "portion", "section", "third", "quarter",
    "quadrant", "sides", "ground",
];

/// `on the left`, `in the top right corner of the picture`, `to its left`,
/// `on the left side of`.
fn side_phrase(tokens: &[Token], at: usize) -> Option<(Link, usize)> {
    let word = |i: usize| tokens.get(i).map_or("", |token| token.low.as_str());
    let prep = word(at);
    let mut i = at + usize::from(SIDE_PREPOSITIONS.contains(&prep));
    i += usize::from(prep == "off" && word(i) == "to");
    if let Some(end) = corners_end(tokens, i).filter(|_| i > at) {
        return Some((Link::Region { region: Region::Corners, to: false }, end - at));
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
    let picks = article && own.is_none() && picks_one(&direction, word(i), word(i + 1));
    if picks || names_a_thing(&direction, word(i), prep) {
        return None;
    }
    let nouns = (i..tokens.len()).take_while(|i| SIDE_NOUNS.contains(&word(*i))).count();
    i += nouns;
    if direction.words == 0 {
        let corner = nouns > 0 && i > at + 1 && word(i - 1) == "corner";
        let side = nouns > 0 && i > at + 1 && article && own.is_none() && word(i) != "of";
        return (corner || side).then_some((Link::Nowhere, i - at));
    }
    if (prep == "from" && word(i) == "to") || (nouns > 0 && word(i - 1) == "ground") {
        return None;
    }
    if i == at + direction.words && nouns == 0 {
        return bare_side(tokens, at, i, &direction);
    }
    let on_top = direction.top && !article && prep == "on" && direction.words == 1;
    side_link(tokens, i, &direction, own, prep == "to", on_top).map(|(link, end)| (link, end - at))
}

/// Whether the direction belongs to the noun after it: `a top hat`, `on the
/// back seat`, but `on the left trees`.
fn names_a_thing(direction: &Direction, next: &str, prep: &str) -> bool {
    let sideways = direction.left || direction.right || direction.center;
    direction.words > 0
        && !(sideways && SIDE_PREPOSITIONS.contains(&prep))
        && !SIDE_NOUNS.contains(&next)
        && exact_tags(next).any(Tags::NOUN)
        && super::verbs::verb(next).is_none()
}

/// Whether the direction picks one of several: `on the left table`, but not
/// `cat on the left dog on the right`.
fn picks_one(direction: &Direction, next: &str, after: &str) -> bool {
    let noun = exact_tags(next).any(Tags::NOUN) && !exact_tags(next).any(Tags::MASS.and(Tags::ADJECTIVE));
    let stops = matches!(
        after,
        "" | "," | "." | "and" | "is" | "there" | "with" | "stands" | "sits" | "lies" | "are" | "a" | "an"
    );
    direction.words == 1 && noun && !lmd_layout::is_plural(next) && !SIDE_NOUNS.contains(&next) && stops
}

/// The index after `each corner` or `all four corners of the picture`.
fn corners_end(tokens: &[Token], i: usize) -> Option<usize> {
    let word = |i: usize| tokens.get(i).map_or("", |token| token.low.as_str());
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
    let next = tokens.get(end).map_or("", |token| token.low.as_str());
    let plain = !direction.front && !direction.back && !direction.center;
    let stops = matches!(next, "" | ":" | "," | "and" | ".");
    (plain && stops).then_some((Link::Region { region: direction.region()?, to: false }, end - at))
}

fn side_link(
    tokens: &[Token],
    i: usize,
    direction: &Direction,
    own: Option<bool>,
    to: bool,
    on_top: bool,
) -> Option<(Link, usize)> {
    let word = |i: usize| tokens.get(i).map_or("", |token| token.low.as_str());
    if let Some(plural) = own {
        let sideways = direction.left || direction.right;
        return sideways.then_some((Link::RelTo { kind: direction.relation()?, plural }, i));
    }
    if word(i) != "of" {
        if on_top {
            return Some((Link::Rel { kind: K::On, prep: "on top of".to_owned() }, i));
        }
        return Some((Link::Region { region: direction.region()?, to }, i));
    }
    let framed = frame_end(tokens, i);
    if framed > i {
        return Some((Link::Region { region: direction.region()?, to: false }, framed));
    }
    if direction.center {
        return Some((Link::CenterOf, i + 1));
    }
    let kind = direction.relation()?;
    Some((Link::Rel { kind, prep: "at".to_owned() }, i + 1))
}

/// The index after `of the picture`, or `i` if that does not follow.
fn frame_end(tokens: &[Token], i: usize) -> usize {
    let word = |i: usize| tokens.get(i).map_or("", |token| token.low.as_str());
    if word(i) != "of" {
        return i;
    }
    let j = i + 1 + usize::from(matches!(word(i + 1), "the" | "this" | "an" | "a"));
    if FRAMES.contains(&word(j)) { j + 1 } else { i }
}
