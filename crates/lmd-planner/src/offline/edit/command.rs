//! From the words of an instruction to [`Command`]s.

use super::Refusal;
use super::vocabulary::{
    COLOURS, MOODS, STYLES, VERBS, comparative, direction, relation_of, strength, without_strength,
};
use crate::offline::sizes::is_known;
use crate::{Region, RelationKind, english};

/// One thing to do. References stay words until they are carried out, since
/// an earlier clause may change what they mean.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Command {
    /// Add what the words describe.
    Add(String),
    /// Put objects somewhere relative to another.
    Relate { who: String, kind: RelationKind, anchor: String },
    /// Put objects into a part of the picture.
    Region { who: String, region: Region },
    /// Move objects by a step.
    Nudge { who: String, dx: f64, dy: f64 },
    /// Bring objects together (below 1) or apart (above 1).
    Gather { who: Option<String>, factor: f64 },
    /// Bring objects nearer to another (below 1) or away from it.
    Approach { who: String, anchor: String, factor: f64 },
    /// Exchange the places of two objects.
    Swap(String, String),
    /// Remove objects.
    Remove(String),
    /// Give objects an attribute.
    Describe { who: String, words: String },
    /// Turn objects into something else.
    Rename { who: String, to: String },
    /// Scale objects.
    Resize { who: String, w: f64, h: f64 },
    /// Set the place around the objects.
    Background(String),
    /// Set the time of day, season or weather.
    Mood(String),
    /// Set the kind of picture.
    Style(String),
    /// Exclude something from the picture.
    Exclude(String),
}

/// What one could say, for refusals.
const EXAMPLES: &str = "try for instance \"move the cat to the right\", \"add two birds in the sky\", \"make the car red\", \"remove the dog\" or \"change the background to a beach\"";

/// The commands of an instruction, in order.
pub(super) fn commands(text: &str) -> Result<Vec<Command>, Refusal> {
    let text = normalise(text);
    let mut found = Vec::new();
    for sentence in text.split([';', '\n']).flat_map(|part| part.split(". ")) {
        clauses(sentence.trim(), None, &mut found)?;
    }
    if found.is_empty() { Err(EXAMPLES.to_owned()) } else { Ok(found) }
}

/// Lower case, without politeness and punctuation that carries nothing.
fn normalise(text: &str) -> String {
    let mut text = text.to_lowercase().replace(['!', '?', '"'], " ").replace('’', "'");
    for politeness in [
        "please ",
        " please",
        "can you ",
        "could you ",
        "would you ",
        "i want you to ",
        "i'd like you to ",
        "let's ",
        "now ",
        "also ",
        "just ",
    ] {
        text = format!(" {text}").replace(&format!(" {}", politeness.trim_start()), " ");
    }
    let text = text.replace(", please", "").replace(" please", "");
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").trim_end_matches(['.', ',', ' ']).to_owned()
}

/// Cuts at "and", "then" and commas wherever both sides are commands; a right
/// side without a verb of its own takes the one before it.
fn clauses(text: &str, verb: Option<&str>, out: &mut Vec<Command>) -> Result<(), Refusal> {
    let text = text.trim_start_matches("and ").trim_start_matches("then ").trim();
    if text.is_empty() {
        return Ok(());
    }
    let own_verb = first_word(text).filter(|word| VERBS.contains(word));
    let whole = match (own_verb, verb) {
        (None, Some(verb)) => format!("{verb} {text}"),
        _ => text.to_owned(),
    };
    let verb = first_word(&whole).map(str::to_owned);
    for (at, length) in joints(&whole) {
        let (left, right) = (whole[..at].trim(), whole[at + length..].trim());
        let starts = first_word(right)
            .is_some_and(|word| VERBS.contains(&word) || matches!(word, "no" | "then" | "without"));
        let inherits = verb
            .as_deref()
            .is_some_and(|verb| command(&format!("{verb} {right}")).is_some() && names_something(right));
        if (starts || inherits)
            && let Some(first) = command(left)
        {
            out.push(first);
            return clauses(right, verb.as_deref(), out);
        }
    }
    out.push(command(&whole).ok_or_else(|| EXAMPLES.to_owned())?);
    Ok(())
}

/// Whether the words begin with something one can point at.
fn names_something(text: &str) -> bool {
    first_word(text).is_some_and(|word| {
        matches!(word, "the" | "a" | "an" | "both" | "all" | "it" | "them" | "another" | "some" | "one")
            || lmd_layout::parse_number_word(word).is_some()
    })
}

/// Where a sentence could be cut, from left to right.
fn joints(text: &str) -> Vec<(usize, usize)> {
    let mut found: Vec<(usize, usize)> =
        [", and then ", " and then ", ", then ", ", and ", " and ", " then ", ", "]
            .iter()
            .flat_map(|joint| text.match_indices(joint).map(|(at, _)| (at, joint.len())))
            .collect();
    // The longest joint first where several begin at one place.
    found.sort_by_key(|(at, length)| (*at, usize::MAX - length));
    found
}

fn first_word(text: &str) -> Option<&str> {
    text.split_whitespace().next()
}

/// One clause as a command.
fn command(text: &str) -> Option<Command> {
    let (verb, rest) = text.split_once(' ').unwrap_or((text, ""));
    let rest = rest.trim();
    match verb {
        "no" | "without" | "exclude" => non_empty(rest).map(|rest| Command::Exclude(rest.to_owned())),
        _ if text.starts_with("there should be no ") => Some(Command::Exclude(text[19..].to_owned())),
        "add" | "insert" | "include" | "draw" => non_empty(rest).map(|rest| Command::Add(rest.to_owned())),
        "remove" | "delete" | "erase" | "drop" | "cut" => remove(rest),
        "get" => rest.strip_prefix("rid of ").and_then(remove),
        "take" => take(rest),
        "move" | "put" | "place" | "shift" | "bring" | "push" | "pull" | "slide" | "drag" => {
            movement(verb, rest)
        }
        "raise" | "lift" => Some(nudge(rest, (0.0, -1.0))),
        "lower" => Some(nudge(rest, (0.0, 1.0))),
        "swap" | "exchange" | "switch" => swap(rest),
        "replace" => two_parts(rest, &[" with ", " by "]).map(|(who, to)| Command::Rename { who, to }),
        "spread" => Some(Command::Gather {
            who: named(rest.trim_end_matches(" out").trim_end_matches(" apart")),
            factor: 1.5,
        }),
        "enlarge" | "grow" | "widen" | "shrink" => resize_verb(verb, rest),
        "resize" | "scale" => scale(rest),
        "paint" | "color" | "colour" | "recolor" => recolour(rest),
        "give" => give(rest),
        "make" | "turn" | "change" | "set" | "transform" | "convert" | "have" => change(verb, rest),
        _ => bare(text),
    }
}

fn non_empty(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

fn named(who: &str) -> Option<String> {
    let who = who.trim();
    (!matches!(who, "" | "them" | "everything" | "it" | "out" | "all")).then(|| who.to_owned())
}

fn remove(rest: &str) -> Option<Command> {
    let rest = rest
        .trim_end_matches(" from the picture")
        .trim_end_matches(" from the image")
        .trim_end_matches(" from the scene");
    non_empty(rest).map(|rest| Command::Remove(rest.to_owned()))
}

/// `take the dog away`, `take away the dog`, `take out the dog`.
fn take(rest: &str) -> Option<Command> {
    let who = rest
        .strip_prefix("away ")
        .or_else(|| rest.strip_prefix("out "))
        .or_else(|| rest.strip_suffix(" away"))
        .or_else(|| rest.strip_suffix(" out"));
    who.and_then(remove)
}

fn nudge(who: &str, (dx, dy): (f64, f64)) -> Command {
    let power = strength(who);
    Command::Nudge { who: without_strength(who), dx: dx * power, dy: dy * power }
}

/// Moving: by a step, into a region, or relative to something.
fn movement(verb: &str, rest: &str) -> Option<Command> {
    if let Some(gather) = gathering(rest) {
        return Some(gather);
    }
    if let Some(approach) = approaching(rest) {
        return Some(approach);
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
    let (who, kind, anchor) = relation(rest)?;
    if matches!(who.as_str(), "it" | "them" | "everything" | "the scene" | "this") && is_place(kind, &anchor)
    {
        return Some(Command::Background(anchor));
    }
    let adds = matches!(verb, "put" | "place")
        && matches!(first_word(&who), Some("a" | "an" | "another" | "some"))
        || matches!(verb, "put" | "place")
            && first_word(&who).is_some_and(|word| lmd_layout::parse_number_word(word).is_some());
    Some(if adds { Command::Add(rest.to_owned()) } else { Command::Relate { who, kind, anchor } })
}

/// Who, how and relative to what.
fn relation(rest: &str) -> Option<(String, RelationKind, String)> {
    let extra = [(" between ", RelationKind::Between(0))];
    for (words, kind) in extra {
        if let Some((who, anchor)) = rest.split_once(words) {
            return Some((who.to_owned(), kind, anchor.to_owned()));
        }
    }
    let known =
        english::relation_phrase(rest).filter(|(who, _, anchor)| !who.is_empty() && !anchor.is_empty());
    known.or_else(|| {
        let words: Vec<&str> = rest.split(' ').collect();
        let at = words.iter().position(|word| relation_of(word).is_some())?;
        let kind = relation_of(words[at])?;
        (at > 0 && at + 1 < words.len()).then(|| (words[..at].join(" "), kind, words[at + 1..].join(" ")))
    })
}

/// Whether "put it on a beach" means the place: an indefinite anchor that is
/// scenery.
fn is_place(kind: RelationKind, anchor: &str) -> bool {
    const PLACES: [&str; 30] = [
        "beach",
        "forest",
        "desert",
        "city",
        "street",
        "park",
        "room",
        "kitchen",
        "garden",
        "field",
        "meadow",
        "mountain",
        "mountains",
        "sea",
        "ocean",
        "lake",
        "space",
        "moon",
        "farm",
        "jungle",
        "office",
        "snow",
        "road",
        "studio",
        "cave",
        "library",
        "classroom",
        "bedroom",
        "village",
        "market",
    ];
    let fits = matches!(kind, RelationKind::On | RelationKind::Inside | RelationKind::InFrontOf);
    fits && anchor.split_whitespace().any(|word| PLACES.contains(&word))
}

/// `the cat a bit to the left`, `the cat up`, `the dog 20% right`.
fn step(rest: &str) -> Option<Command> {
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
fn into_region(rest: &str) -> Option<(String, Region)> {
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

/// `the cats closer together`, `them further apart`.
fn gathering(rest: &str) -> Option<Command> {
    let power = strength(rest);
    let core = without_strength(rest);
    for (words, factor) in [
        ("closer together", 0.6),
        ("close together", 0.6),
        ("nearer together", 0.6),
        ("together", 0.6),
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

/// `the cat closer to the dog`, `the cat away from the dog`.
fn approaching(rest: &str) -> Option<Command> {
    for (words, factor) in [
        (" closer to ", 0.5),
        (" nearer to ", 0.5),
        (" towards ", 0.5),
        (" away from ", 1.6),
        (" further from ", 1.6),
    ] {
        if let Some((who, anchor)) = rest.split_once(words) {
            let anchor = anchor.to_owned();
            return Some(Command::Approach { who: without_strength(who), anchor, factor });
        }
    }
    None
}

/// `the cat and the dog`, `the cat with the dog`.
fn swap(rest: &str) -> Option<Command> {
    let rest = rest
        .strip_prefix("the positions of ")
        .or_else(|| rest.strip_prefix("the places of "))
        .unwrap_or(rest);
    two_parts(rest, &[" and ", " with ", " for "]).map(|(one, other)| Command::Swap(one, other))
}

fn two_parts(text: &str, joints: &[&str]) -> Option<(String, String)> {
    let (one, other) = joints.iter().find_map(|joint| text.split_once(joint))?;
    (!one.is_empty() && !other.is_empty()).then(|| (one.trim().to_owned(), other.trim().to_owned()))
}

fn resize_verb(verb: &str, rest: &str) -> Option<Command> {
    let word = match verb {
        "shrink" => "smaller",
        "widen" => "wider",
        _ => "bigger",
    };
    let power = ["slightly", "a bit", "a little", "a lot", "much"]
        .into_iter()
        .find(|words| rest.ends_with(words))
        .unwrap_or("");
    let (w, h) = comparative(format!("{power} {word}").trim())?;
    non_empty(&without_strength(rest)).map(|who| Command::Resize { who: who.to_owned(), w, h })
}

/// `the cat by 1.5`, `the cat to 50%`.
fn scale(rest: &str) -> Option<Command> {
    let (who, amount) = two_parts(rest, &[" by ", " to "])?;
    let factor: f64 = match amount.strip_suffix('%') {
        Some(percent) => percent.trim().parse::<f64>().ok()? / 100.0,
        None => amount.trim_end_matches('x').parse().ok()?,
    };
    (0.05..=20.0).contains(&factor).then_some(Command::Resize { who, w: factor, h: factor })
}

/// `paint the car blue`.
fn recolour(rest: &str) -> Option<Command> {
    let (who, colour) = rest.rsplit_once(' ')?;
    let who = who.trim_end_matches(" in");
    COLOURS.contains(&colour).then(|| Command::Describe { who: who.to_owned(), words: colour.to_owned() })
}

/// `give the man a hat`: a hat on the man.
fn give(rest: &str) -> Option<Command> {
    let words: Vec<&str> = rest.split(' ').collect();
    let at = words.iter().skip(1).position(|word| matches!(*word, "a" | "an" | "some"))? + 1;
    Some(Command::Add(format!("{} on {}", words[at..].join(" "), words[..at].join(" "))))
}

/// `make`, `change` and `turn`: whatever comes after who is meant.
fn change(verb: &str, rest: &str) -> Option<Command> {
    if let Some(command) = scenery(rest) {
        return Some(command);
    }
    if let Some(gather) = gathering(rest) {
        return Some(gather);
    }
    if let Some((who, colour)) = colour_phrase(rest) {
        return Some(Command::Describe { who, words: colour });
    }
    let rest = rest.split(" instead of ").next().unwrap_or(rest);
    let rest = rest.trim_end_matches(" instead");
    let joints: &[&str] = if verb == "make" { &[" into "] } else { &[" into ", " to be ", " to "] };
    if let Some((who, to)) = two_parts(rest, joints) {
        return complement(&who, &to);
    }
    split_complement(rest)
}

/// `the car's colour to blue`, `the colour of the car to blue`.
fn colour_phrase(rest: &str) -> Option<(String, String)> {
    let rest = rest.replace("colour", "color");
    let (target, colour) = two_parts(&rest, &[" to "])?;
    let who = target.strip_prefix("the color of ").map(str::to_owned).or_else(|| {
        target.strip_suffix(" color").map(|who| who.trim_end_matches("'s").trim_end_matches('\'').to_owned())
    })?;
    Some((who, colour))
}

/// Background, style and mood.
fn scenery(rest: &str) -> Option<Command> {
    let rest = rest.strip_suffix(" instead").unwrap_or(rest);
    for subject in [
        "the background",
        "background",
        "the scene",
        "the setting",
        "the picture",
        "the image",
        "it",
        "everything",
        "this",
        "the style",
    ] {
        let Some(rest) = rest.strip_prefix(subject).and_then(|rest| rest.strip_prefix(' ')) else { continue };
        let rest = ["into ", "to be ", "to ", "look like ", "as "]
            .iter()
            .find_map(|joint| rest.strip_prefix(joint))
            .unwrap_or(rest);
        if let Some(command) = scene_complement(rest) {
            return Some(command);
        }
        if subject.ends_with("background") || matches!(subject, "the scene" | "the setting") {
            return Some(Command::Background(rest.to_owned()));
        }
    }
    None
}

/// A style or a mood.
fn scene_complement(words: &str) -> Option<Command> {
    let core = words
        .trim_start_matches("a ")
        .trim_start_matches("an ")
        .trim_start_matches("the ")
        .trim_start_matches("at ")
        .trim_start_matches("in ");
    if let Some((_, phrase)) = MOODS.iter().find(|(mood, phrase)| *mood == core || *phrase == words) {
        return Some(Command::Mood((*phrase).to_owned()));
    }
    let is_style = words.split_whitespace().any(|word| STYLES.contains(&word));
    is_style.then(|| Command::Style(words.to_owned()))
}

/// `the car red`, `the cat a bit bigger`, `the dog wear a hat`: tries every
/// place where who could end.
fn split_complement(rest: &str) -> Option<Command> {
    let words: Vec<&str> = rest.split(' ').collect();
    let size = (1..words.len()).find_map(|at| {
        let (w, h) = comparative(&words[at..].join(" "))?;
        Some(Command::Resize { who: words[..at].join(" "), w, h })
    });
    size.or_else(|| {
        let at = complement_start(&words)?;
        complement(&words[..at].join(" "), &words[at..].join(" "))
    })
}

/// Where the complement begins: at an article, a verb of wearing, a colour at
/// the end, or the last word.
fn complement_start(words: &[&str]) -> Option<usize> {
    let from = if matches!(words.first(), Some(&("it" | "them" | "this" | "that"))) { 1 } else { 2 };
    let article = (from..words.len())
        .find(|at| matches!(words[*at], "a" | "an" | "wear" | "wearing" | "look" | "more" | "very"));
    let joined =
        words.iter().rposition(|word| *word == "and").filter(|at| *at > from && *at + 2 == words.len());
    let list = joined.and_then(|at| at.checked_sub(1)).filter(|at| *at >= from);
    let last = words.len().checked_sub(1).filter(|at| *at >= from);
    article.or(list).or(last)
}

/// What `who` is to become.
fn complement(who: &str, to: &str) -> Option<Command> {
    if who.is_empty() || to.is_empty() {
        return None;
    }
    let who = who.to_owned();
    if let Some((w, h)) = comparative(to) {
        return Some(Command::Resize { who, w, h });
    }
    let to = to.strip_prefix("look ").unwrap_or(to);
    let colours = to
        .split([' ', ','])
        .filter(|word| *word != "and" && !word.is_empty())
        .all(|word| COLOURS.contains(&word));
    let article = matches!(first_word(to), Some("a" | "an" | "the"));
    let counted = first_word(to).is_some_and(|word| lmd_layout::parse_number_word(word).is_some());
    let worn = matches!(first_word(to), Some("wear" | "wearing" | "hold" | "holding" | "with"));
    if !colours && !worn && (article || counted || is_known(&lmd_layout::singular(to))) {
        return Some(Command::Rename { who, to: to.to_owned() });
    }
    Some(Command::Describe { who, words: to.to_owned() })
}

/// Instructions without a verb: `closer together`, `two more cats`, `bigger boxes`.
fn bare(text: &str) -> Option<Command> {
    if let Some(gather) = gathering(text) {
        return Some(gather);
    }
    if let Some(boxes) = text.strip_suffix(" boxes").and_then(comparative) {
        return Some(Command::Resize { who: "everything".to_owned(), w: boxes.0, h: boxes.1 });
    }
    let (first, rest) = text.split_once(' ')?;
    let counted =
        lmd_layout::parse_number_word(first).is_some() || matches!(first, "another" | "more" | "a" | "an");
    if counted {
        return Some(Command::Add(text.to_owned()));
    }
    match rest.strip_prefix("should be ") {
        Some(_) => None,
        None => two_parts(text, &[" should be ", " should have "]).and_then(|(who, to)| {
            scene_complement(&to)
                .or_else(|| {
                    into_region(&format!("{who} {to}")).map(|(who, region)| Command::Region { who, region })
                })
                .or_else(|| {
                    relation(&format!("{who} {to}")).map(|(who, kind, anchor)| Command::Relate {
                        who,
                        kind,
                        anchor,
                    })
                })
                .or_else(|| complement(&who, &to))
        }),
    }
}
