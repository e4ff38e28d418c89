//! Remarks that are wishes: `the fox is too small`, `the cyclist may not be
//! there`, `pedestrians are allowed again`.

use super::command::{Command, first_word};
use super::vocabulary::{is_verb, strength};
use crate::lexicon::{Section, after};

/// A complaint as the instruction that mends it: `the fox is too small` as
/// `make the fox bigger`.
pub(super) fn complaint(text: &str) -> Option<String> {
    let verbs =
        [" is ", " are ", " looks ", " look ", " seems ", " seem ", " stands ", " stand ", " appears "];
    let text = text.replace("isn't ", "is not ").replace("aren't ", "are not ");
    let (at, verb) = verbs.iter().filter_map(|verb| Some((text.find(verb)?, *verb))).min()?;
    let (who, said) = (text.get(..at)?, text.get(at + verb.len()..)?);
    let lacks = said.strip_prefix("not ").and_then(|said| said.strip_suffix(" enough"));
    let (amount, what) = match lacks {
        Some(what) => ("", opposite(what)?),
        None => {
            let (amount, what) = match said.strip_prefix("too ") {
                Some(what) => ("", what),
                None => said.split_once(" too ")?,
            };
            (amount, what)
        }
    };
    let amount = match strength(amount) {
        power if power < 1.0 => "a bit ",
        power if power > 1.0 => "much ",
        _ => "",
    };
    mended(who, what, amount)
}

/// `big` of `small`.
fn opposite(what: &str) -> Option<&'static str> {
    Some(match what {
        "big" | "large" => "small",
        "small" | "little" => "big",
        "tall" => "short",
        "wide" | "broad" | "long" => "narrow",
        "narrow" | "thin" => "wide",
        "high" => "low",
        "low" => "high",
        _ => return None,
    })
}

/// What to do about something that is too much so.
fn mended(who: &str, what: &str, amount: &str) -> Option<String> {
    for (close, further) in [("close to ", "away from"), ("near to ", "away from"), ("near ", "away from")] {
        if let Some(anchor) = what.strip_prefix(close).filter(|anchor| *anchor != "each other") {
            return Some(format!("move {who} {further} {anchor}"));
        }
    }
    for far in ["far away from ", "far from "] {
        if let Some(anchor) = what.strip_prefix(far).filter(|anchor| *anchor != "each other") {
            return Some(format!("move {who} closer to {anchor}"));
        }
    }
    let bare = what.trim_start_matches("far ").trim_start_matches("much ");
    let bare =
        ["to the ", "on the ", "at the "].iter().find_map(|words| bare.strip_prefix(words)).unwrap_or(bare);
    let step = |way: &str| Some(format!("move {who} {amount}{way}").replace("much ", "far "));
    match bare {
        "small" | "little" | "tiny" => Some(format!("make {who} {amount}bigger")),
        "big" | "large" | "huge" => Some(format!("make {who} {amount}smaller")),
        "tall" => Some(format!("make {who} {amount}shorter")),
        "short" => Some(format!("make {who} {amount}taller")),
        "wide" | "broad" | "long" | "fat" => Some(format!("make {who} {amount}narrower")),
        "narrow" | "thin" | "slim" => Some(format!("make {who} {amount}wider")),
        "left" => step("to the right"),
        "right" => step("to the left"),
        "high" | "high up" | "up" => step("down"),
        "low" | "low down" | "down" => step("up"),
        "close together" | "close to each other" | "near to each other" => {
            Some(format!("move {who} further apart"))
        }
        "apart" | "away from each other" | "from each other" => Some(format!("move {who} closer together")),
        "back" | "away" => Some(format!("move {who} forward")),
        "forward" | "close" | "near" => Some(format!("move {who} back")),
        _ => None,
    }
}

/// Of what a remark speaks that something else said about it explains: `the
/// fox is small, enlarge it`.
pub(super) fn topic<'a>(remark: &'a str, next: &str) -> Option<&'a str> {
    let back = |word: &str| matches!(word, "it" | "them" | "him" | "her" | "that");
    let points = next.split([' ', ',']).any(back);
    // "nobody wants cars, get them out"
    let hidden = ["i can not see ", "i can hardly see ", "i can barely see ", "you can not see "];
    let unseen = hidden.iter().find_map(|lead| remark.strip_prefix(lead));
    if let Some(who) = after(Section::Unneeded, remark).or(unseen) {
        return Some(who).filter(|_| points);
    }
    let verbs = [" is ", " are ", " looks ", " look ", " seems ", " seem ", " has ", " have ", " does "];
    let (at, _) = verbs.iter().filter_map(|verb| Some((remark.find(verb)?, *verb))).min()?;
    let who = remark.get(..at)?;
    let named = matches!(
        first_word(who),
        Some("the" | "it" | "they" | "both" | "all" | "this" | "that" | "these" | "he" | "she")
    );
    (named && points).then_some(who)
}

/// Ways to say that something is not to be there.
const ABSENT: [&str; 18] = [
    "not be there",
    "not be here",
    "not be in the picture",
    "not be in it",
    "not be in the image",
    "not be in the scene",
    "not be visible",
    "not be seen",
    "not be shown",
    "not appear",
    "be gone",
    "go",
    "go away",
    "disappear",
    "vanish",
    "leave",
    "not exist",
    "not be present",
];

/// `the cyclist may not be there`, `the dog must go`: what is to go.
pub(super) fn unwanted(text: &str) -> Option<Command> {
    let text = text
        .replace("shouldn't ", "should not ")
        .replace("mustn't ", "must not ")
        .replace("needn't ", "need not ");
    let modals = [
        " may ",
        " should ",
        " must ",
        " has to ",
        " have to ",
        " need ",
        " can ",
        " shall ",
        " needs to ",
        " ought to ",
    ];
    let said = modals.iter().find_map(|modal| text.split_once(modal));
    if let Some((who, what)) = said
        && ABSENT.iter().any(|absent| absent.strip_prefix("not ") == Some(what))
    {
        let nobody = matches!(who, "nobody" | "no one" | "no-one").then_some("people");
        if let Some(none) =
            nobody.or_else(|| who.strip_prefix("no ")).or_else(|| who.strip_prefix("none of "))
        {
            return Some(Command::Exclude(none.to_owned()));
        }
    }
    let gone = said.filter(|(_, what)| ABSENT.contains(what)).map(|(who, _)| who);
    let needless = [
        " is not needed",
        " isn't needed",
        " are not needed",
        " aren't needed",
        " is unnecessary",
        " are unnecessary",
        " is superfluous",
        " are superfluous",
        " is not necessary",
        " are not necessary",
        " is no longer needed",
        " are no longer needed",
        " is not wanted",
        " is unwanted",
        " are unwanted",
        " is out of place",
    ];
    let who = gone.or_else(|| needless.iter().find_map(|words| text.strip_suffix(words)))?;
    let known = matches!(
        first_word(who),
        Some("the" | "it" | "they" | "both" | "all" | "this" | "that" | "these" | "one")
    );
    let who = if who == "they" { "them" } else { who };
    Some(if known { Command::Remove(who.to_owned()) } else { Command::Exclude(who.to_owned()) })
}

/// `allow pedestrians again`, `stop excluding cars`, `people may be there
/// again`: what is no longer excluded.
pub(super) fn allowed(text: &str) -> Option<Command> {
    let text = [" again", " anymore", " any more", " any longer", " after all", " now"]
        .iter()
        .fold(text, |text, tail| text.strip_suffix(tail).unwrap_or(text));
    let starts = [
        "allow ",
        "permit ",
        "re-allow ",
        "do not exclude ",
        "don't exclude ",
        "do not forbid ",
        "don't forbid ",
        "don't avoid ",
        "do not avoid ",
        "stop excluding ",
        "stop forbidding ",
        "stop avoiding ",
        "no longer exclude ",
        "no longer forbid ",
        "no longer avoid ",
        "there may be ",
        "tolerate ",
        "unforbid ",
    ];
    let ends = [
        " are allowed",
        " is allowed",
        " may be there",
        " can be there",
        " are ok",
        " are okay",
        " are fine",
        " is ok",
        " is fine",
        " may appear",
        " can appear",
        " are permitted",
        " may be in it",
        " may be in the picture",
        " may be shown",
        " need not be excluded",
    ];
    let negative =
        ["from the negative prompt", "from the negative", "from the excluded things", "from the exclusions"]
            .iter()
            .find_map(|words| text.strip_suffix(words))
            .and_then(|rest| {
                ["remove ", "delete ", "take ", "drop ", "erase "]
                    .iter()
                    .find_map(|verb| rest.strip_prefix(verb))
            });
    if matches!(text, "clear the negative prompt" | "empty the negative prompt" | "allow everything") {
        return Some(Command::Allow(String::new()));
    }
    let found = negative
        .or_else(|| starts.iter().find_map(|start| text.strip_prefix(start)))
        .or_else(|| ends.iter().find_map(|end| text.strip_suffix(end)))?;
    Some(Command::Allow(
        found.trim().trim_end_matches(" to be there").trim_end_matches(" to appear").to_owned(),
    ))
}

/// `the dog should be removed` as `remove the dog`.
pub(super) fn passive(text: &str) -> Option<String> {
    let joints = [
        " should be ",
        " must be ",
        " has to be ",
        " have to be ",
        " needs to be ",
        " need to be ",
        " can be ",
        " shall be ",
    ];
    let (who, said) = joints.iter().find_map(|joint| text.split_once(joint))?;
    let (done, rest) = said.split_once(' ').unwrap_or((said, ""));
    // "made of glass" says how it is.
    let verb = lemma(done, "ed").filter(|_| !rest.starts_with("of "))?;
    // A colour or a place is a state, not something done.
    Some(format!("{verb} {who} {rest}").trim_end().to_owned())
}

/// The verb of a participle that instructions begin with: `swap` of `swapped` and of `swapping`.
pub(super) fn lemma(done: &str, ending: &str) -> Option<String> {
    let irregular = match done {
        "taken" => Some("take"),
        "drawn" => Some("draw"),
        "given" => Some("give"),
        "made" => Some("make"),
        "put" | "cut" | "set" => Some(done),
        "hung" => Some("hang"),
        _ => None,
    };
    if let Some(verb) = irregular {
        return Some(verb.to_owned());
    }
    let stem = done.strip_suffix(ending)?;
    let silent = format!("{stem}e");
    let mut letters: Vec<char> = stem.chars().collect();
    let last = letters.pop();
    let single: String = letters.iter().collect();
    let doubled = last.is_some() && letters.last() == last.as_ref();
    [Some(silent), Some(stem.to_owned()), doubled.then_some(single)]
        .into_iter()
        .flatten()
        .find(|verb| is_verb(verb))
}
