//! What there is in a layout, in words.

use lmd_layout::{BBox, Layout, Object, number_in_words, plural, singular};

use crate::offline::edit::{all_named, without_article};
use crate::scene::capitalised;

/// What is there and where, in one or two sentences.
pub(super) fn describe(layout: &Layout) -> String {
    let mut kinds: Vec<(&str, Vec<BBox>)> = Vec::new();
    for object in layout.objects() {
        let caption = object.caption.as_str();
        match kinds.iter_mut().find(|(known, _)| *known == caption) {
            Some((_, boxes)) => boxes.push(object.bbox),
            None => kinds.push((caption, vec![object.bbox])),
        }
    }
    let things: Vec<String> = kinds.iter().map(|(caption, boxes)| thing(caption, boxes)).collect();
    let shows = if things.is_empty() { "no objects".to_owned() } else { enumerated(&things) };
    let without = match layout.negative() {
        "" => String::new(),
        negative => format!(" Left out: {negative}."),
    };
    format!("It shows {shows}. Background: {}.{without}", layout.background().trim_end_matches('.'))
}

fn thing(caption: &str, boxes: &[BBox]) -> String {
    match boxes {
        [one] => format!("{caption} {}", place(*one)),
        several => {
            let first = several.first().map(|bbox| place(*bbox));
            let together = first.filter(|first| several.iter().all(|bbox| place(*bbox) == *first));
            let place = together.map(|place| format!(" {place}")).unwrap_or_default();
            format!("{} {}{place}", counted(several.len()), plural(without_article(caption)))
        }
    }
}

pub(super) fn counted(count: usize) -> String {
    u32::try_from(count).map_or_else(|_| count.to_string(), number_in_words)
}

pub(super) fn enumerated(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// Where a box is: `at the top left`.
pub(super) fn place(bbox: BBox) -> &'static str {
    let (x, y) = bbox.center();
    let side = |value: f64| {
        if value < 0.38 {
            0
        } else if value > 0.62 {
            2
        } else {
            1
        }
    };
    match (side(x), side(y)) {
        (0, 0) => "at the top left",
        (1, 0) => "at the top",
        (2, 0) => "at the top right",
        (0, 1) => "on the left",
        (1, 1) => "in the middle",
        (2, 1) => "on the right",
        (0, _) => "at the lower left",
        (1, _) => "at the bottom",
        _ => "at the lower right",
    }
}

/// The objects that `what` names by its words, with their numbers.
pub(super) fn named<'a>(layout: &'a Layout, what: &str) -> Vec<(usize, &'a Object)> {
    let all = all_named(layout, what).into_iter();
    all.filter_map(|index| Some((index, layout.objects().get(index)?))).collect()
}

pub(super) fn there_is_none(layout: &Layout, what: &str) -> String {
    format!("There is no {}. {}", singular(without_article(what)), describe(layout))
}

/// How many there are.
pub(super) fn how_many(layout: &Layout, what: &str) -> String {
    let found = named(layout, what);
    match found.as_slice() {
        [] => there_is_none(layout, what),
        [(_, one)] => format!("There is one: {} {}.", one.caption, place(one.bbox)),
        several => format!("There are {}.", counted(several.len())),
    }
}

/// Where something is.
pub(super) fn whereabouts(layout: &Layout, what: &str) -> String {
    let found = named(layout, what);
    if found.is_empty() {
        return there_is_none(layout, what);
    }
    let places: Vec<String> = found
        .iter()
        .map(|(index, object)| format!("{} (object {}) is {}", object.caption, index + 1, place(object.bbox)))
        .collect();
    format!("{}.", capitalised(&enumerated(&places)))
}
