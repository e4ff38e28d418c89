//! How many: `two`, `a dozen`, `a pair of`, `a group of five`, `several`.

use std::sync::LazyLock;

use super::token::{Token, low};
use crate::Arrangement;
use crate::lexicon::{self, List, Phrases, Section, Tags, exact_tags};

/// A number as a sentence gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Quantity {
    pub(super) count: u32,
    /// `false` for `several` and the like.
    pub(super) exact: bool,
    pub(super) arrangement: Option<Arrangement>,
}

impl Quantity {
    const fn exactly(count: u32) -> Self {
        Self { count, exact: true, arrangement: None }
    }

    const fn about(count: u32) -> Self {
        Self { count, exact: false, arrangement: None }
    }
}

/// The number a word or a figure means (`three`, `12`, `3x`). Words for
/// hundreds and more give a number above twenty, so that the caller can say
/// that it is too many.
pub(super) fn number(word: &str) -> Option<u32> {
    // "a 1967 Mustang", "in 1920": years count nothing.
    if word.len() == 4
        && word.parse::<u32>().is_ok_and(|year| (1500..2100).contains(&year) && year % 100 != 0)
    {
        return None;
    }
    if word.starts_with(|c: char| c.is_ascii_digit()) {
        return word.strip_suffix('x').unwrap_or(word).parse().ok();
    }
    match word {
        "dozen" | "couple" | "a" | "an" => None,
        "hundred" | "hundreds" => Some(100),
        "thousand" | "thousands" => Some(1_000),
        "million" | "millions" => Some(1_000_000),
        _ => lmd_layout::parse_number_word(word),
    }
}

/// Which numbers a bound admits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bound {
    /// The number itself, too: `at least three`.
    Inclusive,
    /// Larger ones alone: `more than three`.
    Above,
    /// Smaller ones alone: `fewer than three`.
    Below,
}

static BOUNDS: LazyLock<Phrases<Bound>> = LazyLock::new(|| {
    Phrases::new(Section::Bounds, |_, says| match says {
        "least" | "most" => Some(Bound::Inclusive),
        "above" => Some(Bound::Above),
        "below" => Some(Bound::Below),
        _ => None,
    })
});

/// The length of a phrase at `at` that bounds the number after it.
pub(super) fn bound(tokens: &[Token], at: usize) -> Option<usize> {
    let (_, length) = BOUNDS.longest(|ahead| low(tokens, at + ahead))?;
    plain_quantity(tokens, at + length).map(|_| length)
}

/// Group words before `of` and a plural, with the arrangement they imply.
fn group(word: &str) -> Option<Option<Arrangement>> {
    use Arrangement::{Circle, Column, Grid, Row, Stack};
    Some(match word {
        "group" | "set" | "collection" | "flock" | "herd" | "pack" | "swarm" | "school" | "team"
        | "cluster" | "bunch" | "assortment" | "array" | "variety" | "trio" | "quartet" | "series"
        | "handful" | "range" | "pride" | "litter" | "gang" | "band" | "fleet" | "colony" | "pairs"
        | "selection" | "company" | "family" | "gathering" | "total" => None,
        "row" | "line" | "queue" | "lineup" => Some(Row),
        "column" => Some(Column),
        "grid" => Some(Grid),
        "circle" | "ring" => Some(Circle),
        "stack" | "tower" | "pile" => Some(Stack),
        "pyramid" => Some(Arrangement::Pyramid),
        _ => return None,
    })
}

/// Whether the ring `ahead` of `at` is a place: that of boxers, that of a circus.
pub(super) fn is_ring(tokens: &[Token], at: usize, ahead: usize) -> bool {
    let named = format!("{} ring", low(tokens, at + ahead - 1));
    let fights = |token: &Token| List::InRing.has(&lmd_layout::singular(&token.low));
    exact_tags(&named).any(Tags::PLACE) || tokens.iter().take(at).any(fights)
}

/// The quantity at `at`, articles included where they belong to it (`a pair
/// of`, `a few`), with its length in tokens.
pub(super) fn quantity(tokens: &[Token], at: usize) -> Option<(Quantity, usize)> {
    let word = |i: usize| low(tokens, at + i);
    let hedge = match word(0) {
        // "Top five smartphones"
        "top" | "best" if at == 0 => Some(true),
        "exactly" | "only" | "just" | "precisely" | "all" | "these" | "those" | "the" | "total" => Some(true),
        "about" | "around" | "approximately" | "roughly" | "nearly" | "almost" | "maybe" => Some(false),
        _ => None,
    };
    if let Some(sure) = hedge {
        let (mut quantity, length) = plain_quantity(tokens, at + 1)?;
        quantity.exact &= sure;
        return Some((quantity, length + 1));
    }
    if let Some((bound, length)) = BOUNDS.longest(|ahead| low(tokens, at + ahead)) {
        let (quantity, more) = plain_quantity(tokens, at + length)?;
        let count = match bound {
            Bound::Inclusive => quantity.count,
            Bound::Above => quantity.count.saturating_add(1),
            Bound::Below => quantity.count.saturating_sub(1).max(1),
        };
        return Some((Quantity { count, exact: false, ..quantity }, length + more));
    }
    if let (Some(least), "or", "more") = (number(word(0)), word(1), word(2)) {
        return Some((Quantity::about(least), 3));
    }
    if matches!(word(1), "or" | "to")
        && let (Some(_), Some(more)) = (number(word(0)), number(word(2)))
    {
        // "three or four": either is right.
        return Some((Quantity::about(more), 3));
    }
    plain_quantity(tokens, at)
}

fn plain_quantity(tokens: &[Token], at: usize) -> Option<(Quantity, usize)> {
    let word = |i: usize| low(tokens, at + i);
    if matches!(word(0), "a" | "an" | "one" | "the") {
        let one = (word(0) == "one").then_some((Quantity::exactly(1), 1));
        return article_quantity(tokens, at).or(one);
    }
    // "Set of six gift boxes": a caption does without the article.
    let adjectives =
        (0..3).take_while(|i| lexicon::is_adjective(word(*i)) && group(word(*i)).is_none()).count();
    if word(adjectives + 1) == "of"
        && let Some(arrangement) = group(word(adjectives))
        && let Some((quantity, length)) = plain_quantity(tokens, at + adjectives + 2)
        && quantity.count > 1
    {
        return Some((Quantity { arrangement, ..quantity }, length + adjectives + 2));
    }
    let (quantity, mut length) = match word(0) {
        "several" | "few" | "some" | "multiple" | "various" => (Quantity::about(3), 1),
        "many" | "numerous" | "countless" => (Quantity::about(5), 1),
        "lots" | "plenty" | "tons" | "loads" if word(1) == "of" => (Quantity::about(5), 2),
        "dozens" | "scores" if word(1) == "of" => (Quantity::about(12), 2),
        "hundreds" | "thousands" | "millions" if word(1) == "of" => (Quantity::about(15), 2),
        "both" => (Quantity::exactly(2), 1),
        "dozen" => (Quantity::exactly(12), 1),
        "half" if matches!((word(1), word(2)), ("a", "dozen")) => (Quantity::exactly(6), 3),
        "rows" | "columns" if word(1) == "of" && number(word(2)).is_none() => {
            let arrangement = Some(Arrangement::Rows(2));
            return Some((Quantity { arrangement, ..Quantity::about(6) }, 2));
        }
        word0 => (Quantity::exactly(number(word0)?), 1),
    };
    if let Some(rows) = in_rows(tokens, at, quantity, length) {
        return Some(rows);
    }
    match word(length) {
        "pairs" if word(length + 1) == "of" => {
            return Some((Quantity { count: quantity.count.saturating_mul(2), ..quantity }, length + 2));
        }
        "dozen" => {
            length += 1;
            return Some((Quantity { count: quantity.count.saturating_mul(12), ..quantity }, length));
        }
        "hundred" | "thousand" | "million" => {
            length += 1;
            return Some((Quantity { count: quantity.count.saturating_mul(100), ..quantity }, length));
        }
        "of" if matches!(word(length + 1), "the" | "them" | "these") && word(length + 1) != "them" => {
            length += 2;
        }
        _ => {}
    }
    Some((quantity, length))
}

/// `two rows of three chairs`: six, in two rows.
fn in_rows(tokens: &[Token], at: usize, lines: Quantity, length: usize) -> Option<(Quantity, usize)> {
    let word = |i: usize| low(tokens, at + i);
    let upright = match word(length) {
        "rows" | "lines" | "queues" => false,
        "columns" | "stacks" | "piles" => true,
        _ => return None,
    };
    if word(length + 1) != "of" || !(2..=8).contains(&lines.count) {
        return None;
    }
    let (each, end) = match plain_quantity(tokens, at + length + 2) {
        Some((each, more)) => (each, length + 2 + more),
        None => (Quantity::about(3), length + 2),
    };
    let rows = if upright { each.count } else { lines.count };
    let count = lines.count.saturating_mul(each.count.max(1));
    let arrangement = Some(Arrangement::Rows(rows.max(1)));
    Some((Quantity { count, exact: lines.exact && each.exact, arrangement }, end))
}

/// Quantities that begin with an article: `a few`, `a dozen`, `a pair of`,
/// `a small group of five`, `a row of`.
fn article_quantity(tokens: &[Token], at: usize) -> Option<(Quantity, usize)> {
    let word = |i: usize| low(tokens, at + i);
    match (word(1), word(2)) {
        ("few", _) => return Some((Quantity::about(3), 2)),
        ("dozen", _) => return Some((Quantity::exactly(12), 2)),
        ("half", "dozen") => return Some((Quantity::exactly(6), 3)),
        ("couple" | "pair" | "duo", "of") => return Some((Quantity::exactly(2), 3)),
        ("trio", "of") => return Some((Quantity::exactly(3), 3)),
        ("quartet", "of") => return Some((Quantity::exactly(4), 3)),
        ("lot" | "number", "of") | ("multitude", "of") => return Some((Quantity::about(5), 3)),
        ("hundred" | "thousand" | "million", _) => return Some((Quantity::exactly(100), 2)),
        ("total", "of") => {
            return plain_quantity(tokens, at + 3).map(|(quantity, length)| (quantity, length + 3));
        }
        _ => {}
    }
    let adjectives =
        (1..4).take_while(|i| lexicon::is_adjective(word(*i)) && group(word(*i)).is_none()).count();
    let arrangement = group(word(1 + adjectives))?;
    if word(2 + adjectives) != "of" {
        return None;
    }
    let length = 3 + adjectives;
    if let Some((quantity, more)) = plain_quantity(tokens, at + length) {
        return Some((Quantity { arrangement, ..quantity }, length + more));
    }
    let vertical = arrangement == Some(Arrangement::Row) && word(1) == "vertical";
    let arrangement = if vertical { Some(Arrangement::Column) } else { arrangement };
    // "a pile of clothes", "a bunch of bananas" are single things.
    let alive = lexicon::tags(word(length)).any(Tags::ANIMATE)
        || lexicon::is_adjective(word(length)) && lexicon::tags(word(length + 1)).any(Tags::ANIMATE);
    let single = !alive
        && matches!(
            word(1 + adjectives),
            "bunch" | "pile" | "stack" | "tower" | "pairs" | "pack" | "pyramid"
        );
    (!single).then_some((Quantity { arrangement, ..Quantity::about(4) }, length))
}
