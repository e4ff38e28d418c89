//! From the words of an instruction to [`Command`]s, clause by clause.

use super::apposed::joined;
use super::changing::{change, complement, scene_complement};
use super::command::{Command, Place, first_word, two_parts};
use super::denying::denied;
use super::doing::said_of;
use super::emptying::emptying;
use super::giving::{dressed, give};
use super::instead::{against, contrast, in_place, turned_round};
use super::moving::{gathering, into_region, movement, relation, spread, step};
use super::phrasing::{begins_clause, normalise, verb_first};
use super::refusal::{EXAMPLES, Refusal};
use super::remarks::{allowed, complaint, passive, topic, unwanted};
use super::rewording::{otherwise, reworded};
use super::sizing::{recolour, resize_verb, scale};
use super::terse::{
    also_does, bare_change, bare_step, bare_style, fewer, inherited, led_back, state, swap, trade,
    without_purpose,
};
use super::vocabulary::{
    adds, comparative, is_imperative, is_motion, is_verb, moves, places, strength, without_strength,
};
use super::whole::whole as of_whole;
use crate::RelationKind;
use crate::lexicon::{Section, Tags, after, is_adjective, names_colour, noun_tags};

/// What is cleared as a whole.
const PICTURES: [&str; 6] =
    ["the picture", "the image", "the scene", "the canvas", "the layout", "the screen"];

/// Why nothing is turned.
const UPRIGHT: &str = "boxes stand upright, a layout does not say how something is turned or tilted; say it of the thing, as in \"make the bottle tilted\"";

/// A clause and what it asks for, `None` where no rule reads it.
pub(super) struct Clause {
    pub(super) words: String,
    pub(super) command: Option<Command>,
}

/// The clauses of an instruction, in order.
pub(super) fn commands(text: &str) -> Result<Vec<Clause>, Refusal> {
    let text = normalise(text);
    let mut found = Vec::new();
    for sentence in text.split([';', '\n']).flat_map(|part| part.split(". ")) {
        clauses(&joined(sentence.trim()), None, &mut found);
    }
    match found.as_slice() {
        [] => Err(EXAMPLES.to_owned()),
        _ => Ok(found),
    }
}

/// Cuts at "and", "but", "then" and commas wherever both sides are commands; a
/// right side without a verb of its own takes the one before it.
fn clauses(text: &str, verb: Option<&str>, out: &mut Vec<Clause>) {
    let text = text.trim_start_matches("and ").trim_start_matches("but ").trim_start_matches("then ").trim();
    if text.is_empty() {
        return;
    }
    let text = turned_round(text).unwrap_or_else(|| verb_first(text));
    let whole = match verb {
        Some(verb) if !begins_clause(&text) => format!("{verb} {text}"),
        _ => text,
    };
    let mut push = |words: &str, command| out.push(Clause { words: words.to_owned(), command });
    if let Some(command) = emptying(&whole).or_else(|| of_whole(&whole)).filter(|_| !joins_commands(&whole)) {
        return push(&whole, Some(command));
    }
    let mut unread = None;
    for (at, length) in joints(&whole) {
        let (left, right) = (whole[..at].trim(), whole[at + length..].trim());
        let starts = begins_clause(right);
        if !first_word(right).is_some_and(is_verb) && shares_wearer(left, right) {
            continue;
        }
        let first = command(left).or_else(|| {
            let told = verb_first(left);
            if told == left { None } else { command(&told) }
        });
        // "the fox is small, enlarge it" explains what is wished.
        if starts && let Some(who) = topic(left, right) {
            push(left, Some(Command::Keep(who.to_owned())));
            return clauses(right, None, out);
        }
        // "red and bigger": the second says more of the same.
        if let (Some(_), Some(more)) = (&first, says_more(left, right)) {
            push(left, first);
            return push(right, Some(more));
        }
        // Of the left side alone, or what is told anew could be as long as the whole for ever.
        let verb = inherited(left, right);
        let inherits = || {
            let verb = verb.as_deref()?;
            (names_something(right) && command(&format!("{verb} {right}")).is_some()).then_some(())
        };
        if first.is_some() && (starts || inherits().is_some()) {
            push(left, first);
            return clauses(right, verb.as_deref(), out);
        }
        // "the horse should be brown and eat grass", "and the book blue"
        if let (Some(more), Some(_)) = (also_does(left, right), &first) {
            push(left, first);
            return clauses(&more, None, out);
        }
        if starts && unread.is_none() {
            unread = Some((left.to_owned(), right.to_owned()));
        }
    }
    match (command(&whole), unread) {
        (None, Some((left, right))) => {
            push(&left, None);
            clauses(&right, None, out);
        }
        (command, _) => push(&whole, command),
    }
}

/// `a hat` and `sunglasses to the woman`: both are hers.
fn shares_wearer(left: &str, right: &str) -> bool {
    let whom = ["to the ", "to him", "to her", "to it", "to them", "on the ", "on him", "on her", "on it"];
    let worn =
        left.rsplit(' ').next().is_some_and(|noun| noun_tags(&lmd_layout::singular(noun)).any(Tags::WORN));
    let placed = whom.iter().any(|whom| left.contains(&format!(" {whom}")));
    worn && !placed && whom.iter().any(|whom| right.contains(&format!(" {whom}")))
}

/// What `right` says of what `left` was about: a size, or after a size a
/// colour.
fn says_more(left: &str, right: &str) -> Option<Command> {
    if let Some((w, h)) = comparative(right) {
        return Some(Command::Resize { who: String::new(), w, h });
    }
    if let (Some(Command::Mood(_)), Some(mood @ Command::Mood(_))) =
        (command(left), scene_complement(&without_strength(right)))
    {
        return Some(mood);
    }
    let sized = matches!(command(left), Some(Command::Resize { .. }));
    (sized && (names_colour(right) || is_adjective(right)))
        .then(|| Command::Describe { who: String::new(), words: right.to_owned() })
}

/// Whether a verb follows a joint, so that there are several commands.
fn joins_commands(text: &str) -> bool {
    joints(text)
        .into_iter()
        .filter_map(|(at, length)| first_word(text.get(at + length..)?.trim()))
        .any(is_verb)
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
        [", and then ", " and then ", ", then ", ", and ", " and ", " then ", ", but ", " but ", ", "]
            .iter()
            .flat_map(|joint| text.match_indices(joint).map(|(at, _)| (at, joint.len())))
            .collect();
    // The longest joint first where several begin at one place.
    found.sort_by_key(|(at, length)| (*at, usize::MAX - length));
    found
}

/// One clause as a command, said another way where no rule reads it as it is said.
fn command(text: &str) -> Option<Command> {
    as_said(text).or_else(|| command(&verb_first(&otherwise(text)?)))
}

/// One clause as a command, as it is said.
fn as_said(text: &str) -> Option<Command> {
    if let Some((left, right)) = contrast(text) {
        // "coffee instead of tea"
        return match command(left) {
            None if joints(left).is_empty() && !left.starts_with("the ") && !is_verb(first_word(left)?) => {
                Some(Command::Fill { what: left.to_owned(), place: Place::Of(right.to_owned()) })
            }
            told => told.map(|command| against(command, right)),
        };
    }
    if let Some(command) = in_place(text) {
        return Some(command);
    }
    let instead = text.strip_suffix(" instead").and_then(as_said);
    if let Some(done @ Command::Happen { .. }) = instead {
        return Some(Command::Instead { done: Box::new(done), gone: String::new() });
    }
    let text = without_purpose(text.strip_suffix(" instead").unwrap_or(text));
    if let Some(command) =
        of_whole(text).or_else(|| unwanted(text)).or_else(|| allowed(text)).or_else(|| denied(text))
    {
        return Some(command);
    }
    if let Some(command) =
        complaint(text).or_else(|| passive(text)).and_then(|told| as_said(&reworded(&told)))
    {
        return Some(command);
    }
    if let Some(command) =
        trade(text).or_else(|| led_back(text)).or_else(|| fewer(text)).or_else(|| state(text))
    {
        return Some(command);
    }
    if let Some(what) = after(Section::Unneeded, text) {
        return remove(what);
    }
    if let Some(what) = after(Section::Unwanted, text) {
        return Some(Command::Exclude(what.trim_start_matches("any ").to_owned()));
    }
    let (verb, rest) = text.split_once(' ').unwrap_or((text, ""));
    by_verb(text, verb, rest.trim())
}

/// The command that a verb and what follows it are.
fn by_verb(text: &str, verb: &str, rest: &str) -> Option<Command> {
    match verb {
        "style" => Some(Command::Style(rest.to_owned())),
        "want" | "use" => {
            scene_complement(rest).or_else(|| non_empty(rest).map(|rest| Command::Want(rest.to_owned())))
        }
        "zoom" => {
            let factor = if rest.contains("out") { 1.0 / 1.25 } else { 1.25 };
            Some(Command::Resize { who: "everything".to_owned(), w: factor, h: factor })
        }
        "no" | "without" | "exclude" => non_empty(rest).map(|rest| Command::Exclude(rest.to_owned())),
        "draw" | "paint" | "render" | "show" if rest.starts_with("it ") || rest.starts_with("this ") => rest
            .split_once(" as ")
            .or_else(|| rest.split_once(" in "))
            .and_then(|(_, style)| scene_complement(style))
            .or_else(|| (verb == "paint").then(|| recolour(rest)).flatten()),
        _ if adds(verb) => non_empty(rest).map(|rest| Command::Add(rest.to_owned())),
        "remove" | "delete" | "erase" | "drop" | "cut" => remove(rest),
        "get" if rest.ends_with(" away") || rest.ends_with(" out") => take(rest),
        "get" => rest.strip_prefix("rid of ").map_or_else(|| movement("move", rest), remove),
        "show" => non_empty(rest).map(|rest| Command::Want(rest.to_owned())),
        "take" => take(rest),
        "keep" => kept(rest),
        "leave" => kept(rest.strip_suffix(" alone").unwrap_or(rest)),
        "don't" => kept(["change ", "touch ", "move "].iter().find_map(|verb| rest.strip_prefix(verb))?),
        "hang" if rest.contains(" from ") && !rest.starts_with("the ") => {
            Some(Command::Add(rest.replacen(" from ", " hanging from ", 1)))
        }
        _ if moves(verb) || places(verb) => movement(verb, rest),
        _ => by_change(text, verb, rest),
    }
}

/// The same for verbs that change what is there.
fn by_change(text: &str, verb: &str, rest: &str) -> Option<Command> {
    match verb {
        "raise" | "lift" => Some(nudge(rest, (0.0, -1.0))),
        "lower" => Some(nudge(rest, (0.0, 1.0))),
        "switch" if rest.starts_with("to ") => scene_complement(&rest[3..]),
        "swap" | "exchange" | "switch" => swap(rest),
        "rename" | "relabel" => {
            two_parts(rest, &[" to ", " into ", " as "]).map(|(who, to)| Command::Relabel { who, to })
        }
        "call" => called(rest),
        "surround" => with(rest, "around"),
        "decorate" => with(rest, "on"),
        "fill" => with(rest, "in"),
        "cover" => {
            let (who, what) = rest.split_once(" with ")?;
            Some(Command::Describe { who: who.to_owned(), words: format!("covered with {what}") })
        }
        "reduce" | "increase" => number_of(rest),
        "double" | "halve" if rest.starts_with("the size of ") => {
            let how = if verb == "halve" { "half the size" } else { "twice as big" };
            change("make", &format!("{} {how}", &rest["the size of ".len()..]))
        }
        "double" => Some(Command::Double(rest.strip_prefix("the number of ").unwrap_or(rest).to_owned())),
        "make" | "let" if format!("{rest} ").contains(" lean ") => Some(Command::Cannot(UPRIGHT)),
        "let" => change("make", rest),
        "replace" => two_parts(rest, &[" with ", " by "]).map(|(who, to)| Command::Rename { who, to }),
        "tilt" | "rotate" | "slant" | "incline" | "spin" | "twist" => Some(Command::Cannot(UPRIGHT)),
        "turn" | "flip"
            if ["upside down", "around", "on its side", "over"].iter().any(|way| rest.ends_with(way)) =>
        {
            Some(Command::Cannot(UPRIGHT))
        }
        "tie" | "attach" | "fasten" | "chain" | "hook" => two_parts(rest, &[" to "])
            .map(|(who, anchor)| Command::Relate { who, kind: RelationKind::NextTo, anchor }),
        "clear" | "empty" if PICTURES.contains(&rest) => Some(Command::Remove("everything".to_owned())),
        "dress" => dressed(rest),
        "spread" | "scatter" if relation(rest).is_none() => Some(spread(rest)),
        "enlarge" | "grow" | "widen" | "shrink" => resize_verb(verb, rest),
        "resize" | "scale" => scale(rest),
        "paint" | "color" | "colour" | "recolor" => recolour(rest),
        "give" => give(rest),
        "set" => number_of(rest)
            .or_else(|| relation(rest).and_then(|_| movement("put", rest)))
            .or_else(|| change(verb, rest))
            .or_else(|| movement(verb, rest)),
        "change" => number_of(rest).or_else(|| change(verb, rest)),
        "make" | "turn" | "transform" | "convert" | "have" => change(verb, rest),
        "gather" | "group" | "collect" | "cluster" | "huddle" | "bunch" => gathered(rest),
        _ if is_motion(verb) => movement(verb, rest),
        _ => bare(text),
    }
}

/// `the cups in the top left corner`, `the cups around the plate`, `the cups`: where several things come together.
fn gathered(rest: &str) -> Option<Command> {
    let rest = rest.strip_suffix(" together").or_else(|| rest.strip_suffix(" up")).unwrap_or(rest);
    let placed = into_region(rest).map(|(who, region)| Command::Region { who, region });
    placed
        .or_else(|| relation(rest).map(|(who, kind, anchor)| Command::Relate { who, kind, anchor }))
        .or_else(|| gathering(&format!("{rest} together")))
}

/// What stays as it is.
fn kept(rest: &str) -> Option<Command> {
    let rest = [" as it is", " as they are", " there", " where it is", " unchanged"]
        .iter()
        .find_map(|tail| rest.strip_suffix(tail))
        .unwrap_or(rest);
    non_empty(rest).map(|who| Command::Keep(who.to_owned()))
}

/// `the knight a jouster`: another name.
fn called(rest: &str) -> Option<Command> {
    let (at, _) = [" a ", " an "].iter().filter_map(|article| Some((rest.find(article)?, article))).min()?;
    let (who, to) = (rest.get(..at)?, rest.get(at..)?.trim());
    Some(Command::Relabel { who: who.to_owned(), to: to.to_owned() })
}

/// `the tree with mushrooms`: what is added, and where.
fn with(rest: &str, relation: &str) -> Option<Command> {
    let (where_, what) = rest.split_once(" with ")?;
    Some(Command::Add(format!("{what} {relation} {where_}")))
}

/// `the number of cups to four`, `the cups to one`.
fn number_of(rest: &str) -> Option<Command> {
    let (who, count) = two_parts(rest, &[" to "])?;
    let who = who.strip_prefix("the number of ").or_else(|| who.strip_prefix("the ")).unwrap_or(&who);
    let number = lmd_layout::parse_number_word(&count)?;
    let noun = lmd_layout::singular(who);
    let noun = if number == 1 { noun } else { lmd_layout::plural(&noun) };
    Some(Command::Want(format!("{count} {noun}")))
}

fn non_empty(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
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
    let rest = ["picture", "image", "scene", "frame"]
        .iter()
        .find_map(|frame| rest.strip_suffix(&format!(" of the {frame}")))
        .unwrap_or(rest);
    let who = rest
        .strip_prefix("away ")
        .or_else(|| rest.strip_prefix("out "))
        .or_else(|| rest.strip_prefix("off "))
        .or_else(|| rest.strip_suffix(" away"))
        .or_else(|| rest.strip_suffix(" out"))
        .or_else(|| rest.strip_suffix(" off"));
    who.and_then(remove)
}

fn nudge(who: &str, (dx, dy): (f64, f64)) -> Command {
    let power = strength(who);
    Command::Nudge { who: without_strength(who), dx: dx * power, dy: dy * power }
}

/// Instructions without a verb: `closer together`, `two more cats`, `bigger boxes`.
fn bare(text: &str) -> Option<Command> {
    if let Some(gather) = gathering(&text.replacen(" should be ", " ", 1)) {
        return Some(gather);
    }
    if let Some(mood @ Command::Mood(_)) = scene_complement(text) {
        return Some(mood);
    }
    if let Some(told) = bare_style(text).or_else(|| bare_change(text)) {
        return Some(told);
    }
    if let Some(happens) = said_of(text) {
        return Some(happens);
    }
    if let Some(step) = bare_step(text) {
        return Some(step);
    }
    if let Some((who, to)) = two_parts(text, &[" should "])
        && let Some(step) = step(&format!("{who} {}", to.rsplit(' ').next().unwrap_or_default()))
    {
        return Some(step);
    }
    // "a bigger fence": the fence is made bigger.
    let named = ["a ", "an ", "the "].iter().find_map(|article| text.strip_prefix(article)).unwrap_or(text);
    if let Some((size, who)) = named.split_once(' ')
        && size.ends_with("er")
        && let Some((w, h)) = comparative(size)
        && !who.ends_with("boxes")
        && !who.contains(" should ")
    {
        return Some(Command::Resize { who: who.to_owned(), w, h });
    }
    if let Some(who) = text.strip_prefix("more ").filter(|who| lmd_layout::is_plural(who)) {
        return Some(Command::Duplicate { who: format!("one of the {who}"), count: 2 });
    }
    if let Some(boxes) = text.strip_suffix(" boxes").and_then(comparative) {
        return Some(Command::Resize { who: "everything".to_owned(), w: boxes.0, h: boxes.1 });
    }
    let (first, _) = text.split_once(' ')?;
    let counted = lmd_layout::parse_number_word(first).is_some()
        && !text.contains(" of the ")
        && !text.contains(" of them ");
    if counted && !text.contains(" more ") {
        return Some(Command::Want(text.to_owned()));
    }
    let told = text.starts_with("a bit ") || text.contains(" should ");
    if !told && (counted || matches!(first, "another" | "more" | "a" | "an")) {
        return Some(Command::Add(text.to_owned()));
    }
    if let Some((who, what)) = two_parts(text, &[" needs ", " should have ", " should get ", " must have "])
        && matches!(first_word(&what), Some("a" | "an" | "some"))
    {
        return give(&format!("{who} {what}"));
    }
    // "the woman with glasses"
    if first == "the"
        && let Some((who, what)) = text.split_once(" with ")
        && !who.contains(" should ")
        && !who.split(' ').skip(1).any(is_verb)
    {
        return Some(Command::Describe { who: who.to_owned(), words: format!("with {what}") });
    }
    if first == "there" { None } else { wished_state(text) }
}

/// What something should be, have or look like: `the cat should be on the left`.
fn wished_state(text: &str) -> Option<Command> {
    let joints =
        [" should be ", " should have ", " should look ", " must be ", " has to be ", " needs to be "];
    two_parts(text, &joints)
        .and_then(|(who, to)| {
            let to = to.strip_prefix("like ").unwrap_or(&to).to_owned();
            // A darker mane is no dim light.
            let dim = matches!(to.as_str(), "darker" | "brighter" | "dimmer") && who.contains(' ');
            let scene = ["scene", "picture", "image", "light", "lighting", "background", "sky", "weather"];
            let whole = !dim || scene.iter().any(|whole| who.ends_with(whole));
            scene_complement(&to)
                .filter(|_| whole)
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
        })
        .or_else(|| {
            let (who, to) = two_parts(text, &[" should "])?;
            // An unknown verb must not become an adjective.
            first_word(&to).filter(|verb| {
                is_imperative(verb)
                    || matches!(*verb, "wear" | "hold" | "look")
                    || comparative(verb).is_some()
            })?;
            change("make", &format!("{who} {to}"))
        })
}
