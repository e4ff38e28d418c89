//! How one of several is picked, and how many are meant: `the left cat`, `both
//! dogs`, `one of the cups`.

use lmd_layout::BBox;

use super::board::Board;
use crate::{Region, english};

/// How one of several is picked.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Pick {
    Left,
    Right,
    Top,
    Bottom,
    Middle,
    Biggest,
    Smallest,
    Nth(usize),
    Last,
    /// One that was not changed last.
    Other,
    /// What is farther away, and what is nearer: `the people in the back`.
    Back,
    Front,
}

/// How many are meant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Many {
    One,
    /// Any one, or this many, will do: `one of the cats`, `two cats`.
    Some(usize),
    All,
}

/// Areas that differ by less than this are equal to the eye.
const EQUAL: f64 = 1.005;

impl Pick {
    /// How many of those that match are the largest or the smallest alike, where that is more than one.
    pub(super) fn tied(self, board: &Board, found: &[usize]) -> Option<usize> {
        let area = |index: &usize| board.pieces[*index].bbox.area();
        let areas = || found.iter().map(area);
        let alike = match self {
            Self::Biggest => {
                let most = areas().fold(0.0, f64::max);
                areas().filter(|area| *area * EQUAL > most).count()
            }
            Self::Smallest => {
                let least = areas().fold(1.0, f64::min);
                areas().filter(|area| *area < least * EQUAL).count()
            }
            _ => return None,
        };
        (alike > 1).then_some(alike)
    }

    /// Of several from left to right those that are meant where it is more than one: `the middle ones`, `the left cups`.
    pub(super) fn several(self, found: &[usize]) -> Option<Vec<usize>> {
        let (all, half) = (found.len(), found.len() / 2);
        let range = match self {
            Self::Left => 0..half,
            Self::Right => all - half..all,
            Self::Middle => 1.min(all)..all.saturating_sub(1).max(1.min(all)),
            _ => return None,
        };
        (all > 2).then(|| found[range].to_vec())
    }

    /// Of several those that are farther away or nearer; all where they stand on one ground.
    pub(super) fn in_depth(self, board: &Board, found: &[usize]) -> Option<Vec<usize>> {
        /// Feet within this are on one ground.
        const GROUND: f64 = 0.08;
        let feet = |index: &usize| board.pieces[*index].bbox.y_max();
        let (least, most) =
            found.iter().map(feet).fold((1.0, 0.0), |(a, b): (f64, f64), y| (a.min(y), b.max(y)));
        let near = |index: &usize| match self {
            Self::Back => feet(index) < least + GROUND,
            _ => feet(index) > most - GROUND,
        };
        matches!(self, Self::Back | Self::Front).then(|| found.iter().copied().filter(near).collect())
    }

    /// The one of `found` (sorted from left to right) that is meant.
    pub(super) fn of(self, board: &Board, found: &[usize]) -> Option<usize> {
        let best = |key: fn(BBox) -> f64| {
            found.iter().copied().max_by(|a, b| {
                key(board.pieces[*a].bbox).total_cmp(&key(board.pieces[*b].bbox)).then(b.cmp(a))
            })
        };
        match self {
            Self::Left => found.first().copied(),
            Self::Right | Self::Last => found.last().copied(),
            Self::Top => best(|bbox| -bbox.center().1),
            Self::Bottom => best(|bbox| bbox.center().1),
            Self::Middle => found.get(found.len() / 2).copied(),
            Self::Back => best(|bbox| -bbox.y_max()),
            Self::Front => best(BBox::y_max),
            Self::Biggest => best(BBox::area),
            Self::Smallest => best(|bbox| -bbox.area()),
            Self::Nth(index) => found.get(index).copied(),
            Self::Other => found.iter().copied().find(|index| !board.touched.contains(index)),
        }
    }
}

/// `the cat on the right`: the words before, and the pick.
pub(super) fn postfix_pick(text: &str) -> (&str, Option<Pick>) {
    const PHRASES: [(&str, Pick); 20] = [
        (" on the left side", Pick::Left),
        (" on the right side", Pick::Right),
        (" on the left", Pick::Left),
        (" on the right", Pick::Right),
        (" to the left", Pick::Left),
        (" to the right", Pick::Right),
        (" at the top", Pick::Top),
        (" on the top", Pick::Top),
        (" at the bottom", Pick::Bottom),
        (" on the bottom", Pick::Bottom),
        (" in the middle", Pick::Middle),
        (" in the center", Pick::Middle),
        (" in the background", Pick::Back),
        (" in the back", Pick::Back),
        (" at the back", Pick::Back),
        (" in the distance", Pick::Back),
        (" in the rear", Pick::Back),
        (" in the foreground", Pick::Front),
        (" in the front", Pick::Front),
        (" in front", Pick::Front),
    ];
    for (phrase, pick) in PHRASES {
        if let Some(before) = text.strip_suffix(phrase) {
            return (before, Some(pick));
        }
    }
    (text, None)
}

/// `all the`, `both`, `one of the`, `two`: how many, and the words after.
pub(super) fn quantifier(text: &str) -> (Many, &str) {
    for prefix in
        ["all of the ", "all the ", "all ", "both of the ", "both the ", "both ", "every ", "each ", "any "]
    {
        if let Some(rest) = text.strip_prefix(prefix) {
            return (Many::All, rest);
        }
    }
    let bare = text.strip_prefix("the ").unwrap_or(text);
    let (first, rest) = bare.split_once(' ').unwrap_or((bare, ""));
    let number = match first {
        "a" | "an" | "another" => Some(1),
        _ => lmd_layout::parse_number_word(first).map(|number| number as usize),
    };
    match number {
        Some(count) if !rest.is_empty() => (
            Many::Some(count),
            // "two of them" are of what there is more than once.
            rest.strip_prefix("of the ")
                .or_else(|| (rest == "of them").then_some("ones"))
                .or_else(|| rest.strip_prefix("of "))
                .unwrap_or(rest),
        ),
        _ => (Many::One, text),
    }
}

/// A word that picks one of several.
pub(super) fn pick_word(word: &str) -> Option<Pick> {
    let placed = english::place_word(word).and_then(|region| match region {
        Region::Left => Some(Pick::Left),
        Region::Right => Some(Pick::Right),
        Region::Top => Some(Pick::Top),
        Region::Bottom => Some(Pick::Bottom),
        Region::Center => Some(Pick::Middle),
        _ => None,
    });
    if placed.is_some() {
        return placed;
    }
    Some(match word {
        "highest" => Pick::Top,
        "biggest" | "largest" | "bigger" | "larger" => Pick::Biggest,
        "smallest" | "smaller" => Pick::Smallest,
        "first" | "1st" => Pick::Nth(0),
        "second" | "2nd" => Pick::Nth(1),
        "third" | "3rd" => Pick::Nth(2),
        "fourth" | "4th" => Pick::Nth(3),
        "fifth" | "5th" => Pick::Nth(4),
        "sixth" | "6th" => Pick::Nth(5),
        "last" => Pick::Last,
        "other" => Pick::Other,
        _ => return None,
    })
}
