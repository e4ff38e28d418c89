//! Answers to questions about what is so: `is the cat left of the dog?`, `what is on the table?`, `what colour is the bird?`.

use lmd_layout::{BBox, Layout, Object, singular};

use super::describe::{self, counted, describe, enumerated, named, place, there_is_none};
use crate::offline::edit::{all_named, stands, without_article};
use crate::scene::capitalised;
use crate::{RelationKind, english, lexicon};

/// The boxes of objects.
fn boxes(layout: &Layout, which: &[usize]) -> Vec<BBox> {
    which.iter().filter_map(|index| layout.objects().get(*index)).map(|object| object.bbox).collect()
}

/// What words name with the place they tell, and those that are there: `cups on the table`.
fn placed<'a>(layout: &'a Layout, what: &str) -> Option<(String, Vec<&'a Object>)> {
    let (of, kind, anchor) = english::relation_phrase(what)?;
    let anchors = all_named(layout, &anchor);
    if of.is_empty() || anchors.is_empty() {
        return None;
    }
    let places = boxes(layout, &anchors);
    let found = named(layout, &of).into_iter().map(|(_, object)| object);
    Some((of, found.filter(|object| stands(object.bbox, kind, &places)).collect()))
}

/// How many there are, or are at a place.
pub(super) fn how_many(layout: &Layout, what: &str) -> String {
    if let Some((of, there)) = placed(layout, what) {
        return match there.as_slice() {
            [] => format!("There is no {} there. {}", singular(without_article(&of)), describe(layout)),
            [one] => format!("There is one: {}.", one.caption),
            several => format!("There are {}.", counted(several.len())),
        };
    }
    describe::how_many(layout, what)
}

/// What stands so to something: `on the table`.
pub(super) fn what_is(layout: &Layout, place: &str) -> String {
    let Some((_, kind, anchor)) = english::relation_phrase(&format!("it {place}")) else {
        return describe(layout);
    };
    let anchors = all_named(layout, &anchor);
    if anchors.is_empty() {
        return there_is_none(layout, &anchor);
    }
    let places = boxes(layout, &anchors);
    let there = layout
        .objects()
        .iter()
        .enumerate()
        .filter(|(index, object)| !anchors.contains(index) && stands(object.bbox, kind, &places));
    let there: Vec<String> = there.map(|(_, object)| object.caption.to_string()).collect();
    match there.as_slice() {
        [] => format!("Nothing is {place}. {}", describe(layout)),
        some => format!("{}.", capitalised(&enumerated(some))),
    }
}

/// What colour something has, as far as its caption says it.
pub(super) fn colour(layout: &Layout, what: &str) -> String {
    let found = named(layout, what);
    if found.is_empty() {
        return there_is_none(layout, what);
    }
    let told = |caption: &str| {
        let words = caption.split([' ', ',']).filter(|word| lexicon::names_colour(&word.to_lowercase()));
        let colours: Vec<String> = words.map(str::to_owned).collect();
        match colours.as_slice() {
            [] => format!("no colour is said of {caption}"),
            some => format!("{caption} is {}", enumerated(some)),
        }
    };
    let mut said: Vec<String> = found.iter().map(|(_, object)| told(object.caption.as_str())).collect();
    said.dedup();
    format!("{}.", capitalised(&enumerated(&said)))
}

/// Which of all is the larger or smaller.
pub(super) fn which(layout: &Layout, how: &str) -> String {
    let measure = |object: &&Object| {
        let bbox = object.bbox;
        match how {
            "taller" | "tallest" => bbox.h(),
            "wider" | "widest" => bbox.w(),
            "smaller" | "smallest" => -bbox.area(),
            _ => bbox.area(),
        }
    };
    let most = layout.objects().iter().max_by(|a, b| measure(a).total_cmp(&measure(b)));
    most.map_or_else(
        || describe(layout),
        |object| {
            format!(
                "{} is the {how}: it is {}.",
                capitalised(&object.caption.to_string()),
                place(object.bbox)
            )
        },
    )
}

/// What part of the picture something takes.
pub(super) fn size(layout: &Layout, what: &str) -> String {
    let found = named(layout, what);
    if found.is_empty() {
        return there_is_none(layout, what);
    }
    let told = |object: &Object| {
        let share = |side: f64| (100.0 * side).round();
        let (w, h) = (share(object.bbox.w()), share(object.bbox.h()));
        format!("{} takes {w} % of the width of the picture and {h} % of its height", object.caption)
    };
    let mut said: Vec<String> = found.iter().map(|(_, object)| told(object)).collect();
    said.dedup();
    format!("{}.", capitalised(&enumerated(&said)))
}

/// Whether something is so: where it is, how large, or what its caption says.
pub(super) fn is_it(layout: &Layout, what: &str) -> String {
    let answer = |holds: bool, who: &[&Object]| {
        let places: Vec<String> =
            who.iter().map(|object| format!("{} is {}", object.caption, place(object.bbox))).collect();
        format!("{}: {}.", if holds { "Yes" } else { "No" }, enumerated(&places))
    };
    // "it" of the one thing that is there
    let what = match (what.strip_prefix("it "), layout.objects()) {
        (Some(said), [one]) => format!("{} {said}", without_article(one.caption.as_str())),
        (Some(_), _) => return describe(layout),
        (None, _) => what.to_owned(),
    };
    let what = &what.replace(" left or right of ", " to the left of ").replace(" above or below ", " above ");
    if let Some((who, than)) = what.split_once(" than ")
        && let Some((who, how)) = who.rsplit_once(' ')
    {
        let (found, other) = (named(layout, who), named(layout, than));
        if let ([(_, one), ..], [(_, other), ..]) = (found.as_slice(), other.as_slice())
            && let Some(holds) = exceeds(one.bbox, how, other.bbox)
        {
            return answer(holds, &[*one, *other]);
        }
    }
    if let Some((who, kind, anchor)) = english::relation_phrase(what).filter(|(who, ..)| !who.is_empty()) {
        let found = named(layout, &who);
        let anchors: Vec<usize> = all_named(layout, &anchor);
        if found.is_empty() {
            return there_is_none(layout, &who);
        }
        if !anchors.is_empty() {
            let places = boxes(layout, &anchors);
            let holds = match kind {
                RelationKind::Between(_) if places.len() < 2 => false,
                kind => found.iter().all(|(_, object)| stands(object.bbox, kind, &places)),
            };
            let others = anchors.iter().filter_map(|index| layout.objects().get(*index));
            let found = found.into_iter().map(|(_, object)| object);
            return answer(holds, &found.chain(others).collect::<Vec<_>>());
        }
    }
    // "is the cat black"
    let words: Vec<&str> = what.split(' ').collect();
    let split = (1..words.len()).rev().find(|at| !named(layout, &words[..*at].join(" ")).is_empty());
    let Some(split) = split else {
        return there_is_none(layout, what);
    };
    let (who, said) = (words[..split].join(" "), words[split..].join(" "));
    let found = named(layout, &who);
    let holds = found.iter().all(|(_, object)| {
        let caption = object.caption.to_string().to_lowercase();
        said.split(' ').all(|word| caption.split([' ', ',']).any(|known| known == word))
    });
    let captions: Vec<String> = found.iter().map(|(_, object)| object.caption.to_string()).collect();
    if holds {
        return format!("Yes: {}.", enumerated(&captions));
    }
    format!(
        "Nothing says so: there is {}, {}.",
        enumerated(&captions),
        found.first().map_or("", |(_, one)| place(one.bbox))
    )
}

/// Whether a box is larger in the way that a comparative says.
fn exceeds(one: BBox, how: &str, other: BBox) -> Option<bool> {
    Some(match how {
        "bigger" | "larger" => one.area() > other.area(),
        "smaller" => one.area() < other.area(),
        "taller" | "higher" => one.h() > other.h(),
        "shorter" => one.h() < other.h(),
        "wider" | "longer" | "broader" => one.w() > other.w(),
        "narrower" | "thinner" => one.w() < other.w(),
        _ => return None,
    })
}
