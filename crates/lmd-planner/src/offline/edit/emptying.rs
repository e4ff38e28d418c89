//! What takes things off something: `clear the table`, `nothing on the table
//! anymore`, `only the lamp stays on the table`.

use super::command::{Command, first_word};
use super::vocabulary::{BUT, left_out};
use crate::lexicon::{Tags, head, tags};

/// Ways to say that there is to be something.
const WISHES: [&str; 9] = [
    "there should be ",
    "there must be ",
    "there is to be ",
    "there may be ",
    "leave ",
    "keep ",
    "put ",
    "let there be ",
    "want ",
];
/// Forms of being and staying.
const STATES: [&str; 15] = [
    " should stay",
    " should remain",
    " should be left",
    " should be",
    " should stand",
    " should lie",
    " must be",
    " must stay",
    " may stay",
    " may be",
    " stays",
    " stay",
    " remains",
    " is",
    " left",
];
/// What stands between things and what they are on.
const PLACES: [&str; 4] = [" on top of ", " on ", " in ", " inside "];
/// What a clause takes off something, if that.
pub(super) fn emptying(text: &str) -> Option<Command> {
    cleared(text).or_else(|| nothing(text)).or_else(|| only(text)).or_else(|| taken(text))
}

/// `clear the table`, `empty the bowl`, `the table should be empty`.
fn cleared(text: &str) -> Option<Command> {
    let verb = [
        "clear off ",
        "clear out ",
        "clear up ",
        "clear ",
        "empty out ",
        "empty ",
        "clean off ",
        "clean up ",
    ]
    .iter()
    .find_map(|verb| text.strip_prefix(verb));
    let state =
        [" empty", " cleared", " bare"].iter().find_map(|word| text.strip_suffix(word)).and_then(|who| {
            let made = who.strip_prefix("make ").or_else(|| who.strip_prefix("leave "));
            let said = [" should be", " must be", " is to be", " has to be", " needs to be"]
                .iter()
                .find_map(|state| who.strip_suffix(state));
            made.or(said)
        });
    // A bare tree has lost its leaves.
    let bears =
        |who: &&str| !text.ends_with(" bare") || tags(head(who)).any(Tags::SURFACE.and(Tags::CONTAINER));
    let state = state.filter(bears);
    // "clear everything away" takes nothing off anything.
    let away = |what: &str| what.split(' ').any(|word| matches!(word, "away" | "out"));
    let what = verb.or(state).filter(|what| known(what) && !away(what))?;
    match but(what) {
        (what, Some(but)) => Some(Command::Remove(format!("everything on {what} except {but}"))),
        (what, None) => Some(Command::Clear(what.to_owned())),
    }
}

/// Whether words point at something that is there.
fn known(what: &str) -> bool {
    matches!(
        first_word(what),
        Some("the" | "it" | "this" | "that" | "everything" | "all" | "both" | "object" | "his" | "her")
    )
}

/// The words before and after a word that leaves something out.
fn but(text: &str) -> (&str, Option<&str>) {
    left_out(text).map_or((text, None), |(what, but)| (what, Some(but)))
}

/// `nothing should be on the table`, `there should be nothing on the table but the book`.
fn nothing(text: &str) -> Option<Command> {
    let text = WISHES.iter().find_map(|wish| text.strip_prefix(wish)).unwrap_or(text);
    let rest = ["nothing else", "nothing", "no things", "no objects", "not a thing"]
        .iter()
        .find_map(|none| text.strip_prefix(none))?;
    let (early, rest) =
        match rest.strip_prefix(' ').and_then(|rest| BUT.iter().find_map(|but| rest.strip_prefix(*but))) {
            // "nothing but the lamp on the table"
            Some(rest) => {
                let (who, place) = PLACES
                    .iter()
                    .find_map(|place| Some((rest.rfind(place)?, place)))
                    .map(|(at, place)| (&rest[..at], &rest[at + place.len()..]))?;
                (Some(who), place)
            }
            None => {
                let rest = STATES.iter().fold(rest, |rest, state| rest.strip_prefix(state).unwrap_or(rest));
                (None, PLACES.iter().find_map(|place| rest.strip_prefix(place))?)
            }
        };
    let (anchor, late) = but(rest);
    let kept = early.map(|who| STATES.iter().fold(who, |who, state| who.strip_suffix(state).unwrap_or(who)));
    known(anchor).then(|| match kept.or(late) {
        Some(kept) => Command::Remove(format!("everything on {anchor} except {kept}")),
        None => Command::Clear(anchor.to_owned()),
    })
}

/// `only the lamp stays on the table`, `leave just the lamp on the table`.
fn only(text: &str) -> Option<Command> {
    let text =
        ["leave ", "keep ", "want ", "let "].iter().find_map(|verb| text.strip_prefix(verb)).unwrap_or(text);
    let rest = text
        .strip_prefix("only ")
        .or_else(|| text.strip_prefix("just "))
        .or_else(|| text.strip_prefix("nothing but "))?;
    let rest = rest.strip_prefix("leave ").or_else(|| rest.strip_prefix("keep ")).unwrap_or(rest);
    let (at, place) = PLACES.iter().filter_map(|place| Some((rest.rfind(place)?, place))).max()?;
    let (who, anchor) = (rest.get(..at)?, rest.get(at + place.len()..)?);
    let who = STATES.iter().fold(who, |who, state| who.strip_suffix(state).unwrap_or(who));
    let picture = matches!(
        anchor,
        "the picture"
            | "the image"
            | "the scene"
            | "it"
            | "the middle"
            | "the left"
            | "the right"
            | "the background"
    );
    (known(who) && known(anchor) && !picture)
        .then(|| Command::Remove(format!("everything on {anchor} except {who}")))
}

/// `take everything off the table`, `remove the book from the table`.
fn taken(text: &str) -> Option<Command> {
    let rest = ["take ", "remove ", "get ", "clear ", "delete ", "sweep "]
        .iter()
        .find_map(|verb| text.strip_prefix(verb))?;
    let joints = [" off of ", " off ", " from the top of ", " away from ", " from "];
    let (who, place) = joints.iter().find_map(|joint| rest.split_once(joint))?;
    let frame = ["the picture", "the image", "the scene", "the layout", "the frame"].contains(&place)
        || place.starts_with("the negative")
        || place.starts_with("the exclu");
    // "get him off the horse, he should stand beside it" goes on.
    if frame || !known(place) || place.contains(", ") {
        return None;
    }
    let (place, but) = but(place);
    let but = but.map_or_else(String::new, |but| format!(" except {but}"));
    Some(match who {
        "everything" | "all" | "all things" | "all objects" | "all the things" => {
            Command::Remove(format!("everything on {place}{but}"))
        }
        _ => Command::Remove(who.to_owned()),
    })
}
