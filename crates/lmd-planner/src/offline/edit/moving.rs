//! The words of moving: steps, parts of the picture, places relative to
//! other things, together and apart.

use super::amount::share;
use super::command::{Command, first_word, named};
use super::vocabulary::{direction, moves, strength, without_strength};
use crate::lexicon::{Class, Tags, kind_of, known_kind, tags};
use crate::{Region, RelationKind, english};

/// Moving; what is not there yet is added instead.
pub(super) fn movement(verb: &str, rest: &str) -> Option<Command> {
    let puts = !moves(verb);
    let first = first_word(rest)?;
    let partitive = rest.split(' ').nth(1) == Some("of");
    let number = lmd_layout::parse_number_word(first).is_some() && !partitive;
    let sides = [" on each side of ", " on either side of ", " on both sides of "];
    if let Some((what, anchor)) = sides.iter().find_map(|side| rest.split_once(side)).filter(|_| puts) {
        return Some(Command::Flank { what: what.to_owned(), anchor: anchor.to_owned() });
    }
    if puts && (number || matches!(first, "a" | "an" | "another" | "some" | "more")) {
        return Some(Command::Add(rest.to_owned()));
    }
    let moved = moved(rest);
    let named = partitive
        || rest.contains('#')
        || matches!(
            first,
            "the"
                | "it"
                | "them"
                | "him"
                | "her"
                | "this"
                | "that"
                | "these"
                | "those"
                | "both"
                | "all"
                | "everything"
                | "each"
                | "every"
                | "one"
                | "object"
                | "objects"
                | "box"
                | "boxes"
                | "number"
                | "my"
                | "its"
        );
    // There is one moon, named or not.
    let heavenly = rest.split(' ').nth(1).is_some_and(|noun| first == "the" && tags(noun).any(Tags::SKY));
    let named = named && !heavenly;
    match moved {
        Some(moved) if !puts || named => Some(moved),
        None if !puts || named => None,
        Some(Command::Background(place)) => Some(Command::Background(place)),
        Some(moved) => {
            let who = subject_of(&moved).unwrap_or_default().to_owned();
            Some(Command::Put { who, moved: Box::new(moved), added: rest.to_owned() })
        }
        None => Some(Command::Add(rest.to_owned())),
    }
}

/// Who is moved.
fn subject_of(command: &Command) -> Option<&str> {
    match command {
        Command::Relate { who, .. }
        | Command::Region { who, .. }
        | Command::Nudge { who, .. }
        | Command::Shift { who, .. }
        | Command::Edge { who, .. }
        | Command::Approach { who, .. } => Some(who),
        _ => None,
    }
}

/// By a step, into a region, or relative to something.
fn moved(rest: &str) -> Option<Command> {
    if let Some(edge) = to_the_edge(rest) {
        return Some(edge);
    }
    if let Some(who) = to_the_other_side(rest) {
        return Some(Command::Mirror { who: Some(who), upright: false });
    }
    if let Some(gather) = gathering(rest) {
        return Some(gather);
    }
    if let Some(approach) = approaching(rest) {
        return Some(approach);
    }
    if let Some(depth) = in_depth(rest) {
        return Some(depth);
    }
    let corner = into_region(rest).filter(|(_, region)| {
        matches!(region, Region::TopLeft | Region::TopRight | Region::BottomLeft | Region::BottomRight)
    });
    if let Some(step) = step(rest).filter(|_| corner.is_none()) {
        return Some(step);
    }
    if let Some((who, region)) = into_region(rest) {
        return Some(Command::Region { who, region });
    }
    let (who, kind, anchor) = relation(rest).or_else(|| goal(rest))?;
    if matches!(who.as_str(), "it" | "them" | "everything" | "the scene" | "this") && is_place(kind, &anchor)
    {
        return Some(Command::Background(anchor));
    }
    Some(Command::Relate { who, kind, anchor })
}

/// `the cat to the rug`: onto what things are on, else beside it.
fn goal(rest: &str) -> Option<(String, RelationKind, String)> {
    let (who, anchor) =
        [" over to the ", " up to the ", " to the "].iter().find_map(|joint| rest.split_once(joint))?;
    for (edge, kind) in [
        ("left edge of ", RelationKind::LeftOf),
        ("left end of ", RelationKind::LeftOf),
        ("right edge of ", RelationKind::RightOf),
        ("right end of ", RelationKind::RightOf),
        ("edge of ", RelationKind::RightOf),
        ("end of ", RelationKind::RightOf),
    ] {
        if let Some(anchor) = anchor.strip_prefix(edge) {
            return Some((who.to_owned(), kind, anchor.to_owned()));
        }
    }
    let noun = anchor.rsplit(' ').next()?;
    let class = kind_of(&lmd_layout::singular(noun)).class;
    let carries = matches!(class, Class::Table | Class::Seat | Class::Flat);
    let kind = if carries { RelationKind::On } else { RelationKind::NextTo };
    known_kind(&lmd_layout::singular(noun)).map(|_| (who.to_owned(), kind, format!("the {anchor}")))
}

/// `the taxi to the far right`, `the cat all the way to the left`.
fn to_the_edge(rest: &str) -> Option<Command> {
    let rest = ["picture", "image", "canvas", "frame", "scene"]
        .iter()
        .find_map(|frame| rest.strip_suffix(&format!(" of the {frame}")))
        .unwrap_or(rest);
    let rest = rest.strip_suffix(" side").unwrap_or(rest);
    for (side, to_left) in [("left", true), ("right", false)] {
        let phrases = [
            format!(" far {side}"),
            format!(" very {side}"),
            format!(" extreme {side}"),
            format!(" outer {side}"),
            format!(" {side} edge"),
            format!(" {side} border"),
            format!(" {side} margin"),
            format!(" as far {side} as possible"),
            format!(" as far to the {side} as possible"),
            format!(" all the way to the {side}"),
            format!(" all the way {side}"),
            format!(" completely to the {side}"),
        ];
        if let Some(before) = phrases.iter().find_map(|phrase| rest.strip_suffix(phrase.as_str())) {
            let who = [" the", " to", " on", " at", " towards", " into", " onto", " over"]
                .iter()
                .fold(before, |who, tail| who.strip_suffix(tail).unwrap_or(who));
            return (!who.is_empty()).then(|| Command::Edge { who: who.to_owned(), to_left });
        }
    }
    None
}

/// `the fox to the other side`.
fn to_the_other_side(rest: &str) -> Option<String> {
    let rest =
        rest.strip_suffix(" of the picture").or_else(|| rest.strip_suffix(" of the image")).unwrap_or(rest);
    ["other", "opposite"].iter().find_map(|side| {
        ["to", "on", "onto"]
            .iter()
            .find_map(|word| rest.strip_suffix(&format!(" {word} the {side} side")).map(str::to_owned))
    })
}

/// What the other side is that of: `the other side of the tree`.
pub(super) fn other_side(anchor: &str) -> Option<String> {
    ["the other side of ", "the opposite side of ", "the far side of "]
        .iter()
        .find_map(|side| anchor.strip_prefix(side))
        .map(str::to_owned)
}

/// `the house further back`, `the dog to the front`.
fn in_depth(rest: &str) -> Option<Command> {
    let core = without_strength(rest);
    let (who, last) = core.rsplit_once(' ')?;
    let region = match last {
        "back" | "backward" | "backwards" | "away" => Region::Background,
        "forward" | "forwards" | "closer" | "nearer" => Region::Foreground,
        _ => return None,
    };
    let who = who.trim_end_matches(" the").trim_end_matches(" to").trim_end_matches(" farther").trim();
    (!who.is_empty()).then(|| Command::Region { who: who.to_owned(), region })
}

/// Who, how and relative to what.
pub(super) fn relation(rest: &str) -> Option<(String, RelationKind, String)> {
    if let Some((who, anchor)) = rest.split_once(" between ") {
        return Some((who.to_owned(), RelationKind::Between(0), anchor.to_owned()));
    }
    if let Some((who, anchor)) = rest.split_once(" at ")
        && let Some(whole) = anchor
            .strip_suffix("'s feet")
            .or_else(|| anchor.strip_prefix("the feet of "))
            .or_else(|| anchor.strip_prefix("the foot of "))
    {
        return Some((who.to_owned(), RelationKind::InFrontOf, whole.to_owned()));
    }
    for side in ["the other side of ", "the opposite side of "] {
        let found =
            ["on", "to", "onto", "at"].iter().find_map(|word| rest.split_once(&format!(" {word} {side}")));
        if let Some((who, anchor)) = found {
            return Some((who.to_owned(), RelationKind::NextTo, format!("{side}{anchor}")));
        }
    }
    // "at the table" is beside it.
    let at = || {
        let (who, anchor) = rest.split_once(" at the ")?;
        known_kind(&lmd_layout::singular(anchor.rsplit(' ').next()?))?;
        (!is_surrounding(anchor)).then(|| (who.to_owned(), RelationKind::NextTo, format!("the {anchor}")))
    };
    english::relation_phrase(rest)
        .filter(|(who, _, anchor)| !who.is_empty() && !anchor.is_empty())
        .or_else(at)
}

/// Whether "put it on a beach" means the place: an indefinite anchor that is
/// scenery.
pub(super) fn is_place(kind: RelationKind, anchor: &str) -> bool {
    let fits = matches!(kind, RelationKind::On | RelationKind::Inside | RelationKind::InFrontOf);
    fits && is_surrounding(anchor)
}

/// Whether words name what is all around rather than something one stands on.
pub(super) fn is_surrounding(anchor: &str) -> bool {
    let own = Tags::SURFACE.and(Tags::CONTAINER).and(Tags::BOUNDED);
    anchor.split_whitespace().any(|word| tags(word).any(Tags::PLACE) && !tags(word).any(own))
}

/// `the cat a bit to the left`, `the cat up`, `the dog 20% right`.
pub(super) fn step(rest: &str) -> Option<Command> {
    if let Some((share, rest)) = share(rest) {
        return match step(&rest)? {
            Command::Nudge { who, dx, dy } => Some(Command::Shift { who, dx: dx * share, dy: dy * share }),
            _ => None,
        };
    }
    let power = strength(rest);
    let core = without_strength(rest);
    let core =
        core.trim_end_matches(" side").trim_end_matches(" of the picture").trim_end_matches(" of the image");
    let (before, last) = core.rsplit_once(' ')?;
    let (dx, dy) = direction(last)?;
    let whole_side = rest.ends_with(" side") || before.ends_with(" on the") || before.ends_with(" at the");
    let who = before.trim_end_matches(" the").trim_end_matches(" to").trim_end_matches(" towards").trim();
    if whole_side || who.is_empty() {
        return None;
    }
    Some(Command::Nudge { who: who.to_owned(), dx: dx * power, dy: dy * power })
}

/// `the cat to the top left corner`, `the dog in the centre`.
pub(super) fn into_region(rest: &str) -> Option<(String, Region)> {
    const REGIONS: [(&str, Region); 22] = [
        ("top left", Region::TopLeft),
        ("upper left", Region::TopLeft),
        ("top right", Region::TopRight),
        ("upper right", Region::TopRight),
        ("bottom left", Region::BottomLeft),
        ("lower left", Region::BottomLeft),
        ("bottom right", Region::BottomRight),
        ("lower right", Region::BottomRight),
        ("top", Region::Top),
        ("bottom", Region::Bottom),
        ("left", Region::Left),
        ("right", Region::Right),
        ("center", Region::Center),
        ("centre", Region::Center),
        ("middle", Region::Center),
        ("sky", Region::Sky),
        ("air", Region::Sky),
        ("ground", Region::Ground),
        ("floor", Region::Ground),
        ("foreground", Region::Foreground),
        ("background", Region::Background),
        ("front", Region::Foreground),
    ];
    let mut core = rest.replace("-", " ");
    if let Some(found) = into_corner(&core) {
        return Some(found);
    }
    for tail in [
        " of the picture",
        " of the image",
        " of the canvas",
        " of the scene",
        " corner",
        " side",
        " edge",
        " part",
        " half",
    ] {
        core = core.trim_end_matches(tail).to_owned();
    }
    REGIONS.iter().find_map(|(words, region)| {
        let before = core.strip_suffix(words)?.strip_suffix(' ')?;
        let mut before = before.trim_end_matches(" far").trim_end_matches(" very").trim_end_matches(" the");
        for preposition in [" to", " in", " into", " on", " onto", " at", " towards"] {
            before = before.strip_suffix(preposition).unwrap_or(before);
        }
        (!before.is_empty() && before.len() < core.len()).then(|| (before.to_owned(), *region))
    })
}

/// `the dog in the far right corner at the bottom`: who, and a corner told by
/// two sides in any order.
fn into_corner(text: &str) -> Option<(String, Region)> {
    const ABOUT: [&str; 20] = [
        "the", "far", "very", "corner", "side", "edge", "at", "in", "into", "to", "on", "of", "picture",
        "image", "hand", "and", "scene", "towards", "most", "canvas",
    ];
    let words: Vec<&str> = text.split(' ').collect();
    let across = |word: &str| matches!(english::place_word(word), Some(Region::Left | Region::Right));
    let upright = |word: &str| matches!(english::place_word(word), Some(Region::Top | Region::Bottom));
    let tail =
        words.iter().rev().take_while(|word| ABOUT.contains(word) || across(word) || upright(word)).count();
    let start = words.len() - tail;
    let told = words.get(start..)?;
    let (x, y) = (told.iter().find(|word| across(word))?, told.iter().find(|word| upright(word))?);
    let is = |word: &str, region| english::place_word(word) == Some(region);
    let region = match (is(x, Region::Left), is(y, Region::Top)) {
        (true, true) => Region::TopLeft,
        (false, true) => Region::TopRight,
        (true, false) => Region::BottomLeft,
        (false, false) => Region::BottomRight,
    };
    (start > 0).then(|| (words[..start].join(" "), region))
}

/// `the cats closer together`, `them further apart`.
pub(super) fn gathering(rest: &str) -> Option<Command> {
    let power = strength(rest);
    let core = without_strength(rest);
    for (words, factor) in [
        ("closer together", 0.6),
        ("close together", 0.6),
        ("nearer together", 0.6),
        ("together", 0.6),
        ("them closer", 0.6),
        ("them nearer", 0.6),
        ("closer to each other", 0.6),
        ("further apart", 1.5),
        ("farther apart", 1.5),
        ("apart", 1.5),
        ("away from each other", 1.5),
    ] {
        if let Some(who) = core.strip_suffix(words) {
            return Some(Command::Gather { who: named(who), factor: f64::powf(factor, power.min(1.5)) });
        }
    }
    None
}

/// `the cups out more`, `everything further apart`: what to spread.
pub(super) fn spread(rest: &str) -> Command {
    let core = without_strength(rest);
    let who = [" more", " out", " further", " farther", " apart", " out", " more", " further", " farther"]
        .iter()
        .fold(core.as_str(), |who, tail| who.strip_suffix(tail).unwrap_or(who));
    Command::Gather { who: named(who), factor: f64::powf(1.5, strength(rest).min(1.5)) }
}

/// `the cat closer to the dog`, `the cat away from the dog`.
fn approaching(rest: &str) -> Option<Command> {
    for (words, factor) in [
        (" closer to ", 0.5),
        (" nearer to ", 0.5),
        (" towards ", 0.5),
        (" further away from ", 1.6),
        (" farther away from ", 1.6),
        (" away from ", 1.6),
        (" further from ", 1.6),
        (" farther from ", 1.6),
    ] {
        if let Some((who, anchor)) = rest.split_once(words) {
            let anchor = anchor.to_owned();
            return Some(Command::Approach { who: without_strength(who), anchor, factor });
        }
    }
    None
}
