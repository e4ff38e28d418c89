//! The words of instructions about copies, equal sizes, mirroring and what
//! alone is to stay; and of those that name nothing (`bigger`, `two more`).

use super::changing::colours_of;
use super::command::{Command, Edge, Side, two_parts};
use super::giving::apart;
use super::lines::line;
use super::matching::as_large;
use super::moving::step;
use super::ordering::ordering;
use super::vocabulary::{KEPT, comparative, direction, is_verb, strength, without_strength};
use crate::lexicon::{List, known_kind};

/// What a clause asks of several objects or of the whole layout, if that.
pub(super) fn whole(text: &str) -> Option<Command> {
    keep_only(text)
        .or_else(|| away(text))
        .or_else(|| as_large(text))
        .or_else(|| ordering(text))
        .or_else(|| line(text))
        .or_else(|| same_size(text))
        .or_else(|| extreme(text))
        .or_else(|| exceed(text))
        .or_else(|| align(text))
        .or_else(|| mirror(text))
        .or_else(|| duplicate(text))
        .or_else(|| centre(text))
        .or_else(|| space(text))
        .or_else(|| apart(text.strip_prefix("separate ")?))
        .or_else(|| nameless(text))
        .or_else(|| resized(text))
        .or_else(|| one_each(text))
}

/// `make one red, one blue and one yellow`: a colour for each.
fn one_each(text: &str) -> Option<Command> {
    let each =
        ["make ", "paint ", "color ", "colour ", "want "].iter().find_map(|verb| text.strip_prefix(verb));
    let each = each.unwrap_or(text).strip_prefix("one ").map(|_| each.unwrap_or(text))?;
    colours_of(each).map(|(who, colours)| Command::Colours { who, colours })
}

/// `everything slightly smaller`, `the car a bit bigger`: who and how large, without a verb.
pub(super) fn resized(text: &str) -> Option<Command> {
    const OTHER: [&str; 9] = ["should", "must", "is", "are", "be", "to", "not", "than", "too"];
    let words: Vec<&str> = text.split(' ').collect();
    if !text.ends_with("er") || words.iter().any(|word| OTHER.contains(word)) {
        return None;
    }
    let at = (1..words.len()).find(|at| comparative(&words[*at..].join(" ")).is_some())?;
    let (who, how) = (words[..at].join(" "), words[at..].join(" "));
    // "girl smaller, boy taller" are two.
    if words[..at].iter().any(|word| comparative(word.trim_end_matches(',')).is_some()) {
        return None;
    }
    let named = matches!(words[0], "the" | "that" | "this" | "all" | "both") && who != "the"
        || at <= 3 && !is_verb(words[0]) && known_kind(&lmd_layout::singular(words[at - 1])).is_some();
    if !named && !is_all(&who) && !matches!(who.as_str(), "it" | "them" | "they") {
        return None;
    }
    let who = if is_all(&who) && !who.contains("else") && !who.contains("rest") && !who.contains("others") {
        "everything".to_owned()
    } else {
        who
    };
    let (w, h) = comparative(&how)?;
    Some(Command::Resize { who, w, h })
}

/// `remove everything except the cat`, `keep only the cat`.
fn keep_only(text: &str) -> Option<Command> {
    let kept = all_but(text);
    let only = [
        "keep only ",
        "leave only ",
        "only keep ",
        "only leave ",
        "keep nothing but ",
        "just keep ",
        "leave just ",
        "keep just ",
    ]
    .iter()
    .find_map(|words| text.strip_prefix(words));
    let stays = [
        " should stay",
        " should remain",
        " should be left",
        " should be there",
        " stays",
        " remains",
        " may stay",
    ];
    let staying =
        stays.iter().find_map(|tail| text.strip_suffix(tail)).filter(|text| text.starts_with("only "));
    let alone = staying.unwrap_or(text).strip_prefix("only ").filter(|rest| {
        rest.starts_with("the ")
            && ![" should ", " on ", " in ", " with "].iter().any(|word| rest.contains(word))
            && rest.split(' ').count() <= 4
    });
    kept.or(only).or(alone).filter(|who| !who.is_empty()).map(|who| Command::KeepOnly(who.to_owned()))
}

/// `clear everything away except for the sofa`, `everything goes but the sofa`: what is left.
fn all_but(text: &str) -> Option<&str> {
    let (all, kept) = KEPT.iter().find_map(|but| text.split_once(but))?;
    let words = all.split(' ').filter(|word| !List::Away.has(word)).collect::<Vec<_>>().join(" ");
    let (verb, what) = words.split_once(' ').unwrap_or((&words, ""));
    let taken = [" away", " out", " off", " rid of"].iter().any(|word| all.contains(word));
    let removes = (List::Removing.has(verb) || List::Taking.has(verb) && taken) && is_all(what);
    let goes = ["should", "must", "can", "may", "has to", "is to", "needs to"]
        .iter()
        .fold(words.as_str(), |words, may| words.strip_suffix(may).map_or(words, str::trim_end));
    (removes || goes != words && is_all(goes) || all.contains(' ') && is_all(&words)).then_some(kept)
}

/// Whether words mean all that there is.
fn is_all(words: &str) -> bool {
    let words = words.strip_prefix("of ").unwrap_or(words);
    List::All.has(&words.replace(' ', "-"))
}

/// `clear the lamp away`: what is taken away.
fn away(text: &str) -> Option<Command> {
    let (verb, rest) = text.split_once(' ')?;
    let (who, last) = rest.rsplit_once(' ')?;
    let names = who.starts_with("the ") || who.starts_with("that ") || who.starts_with("this ");
    let takes = List::Removing.has(verb) || List::Taking.has(verb);
    (takes && matches!(last, "away" | "out") && names).then(|| Command::Remove(who.to_owned()))
}

/// `the cat and the dog should be the same size`, `make them equally tall`.
fn same_size(text: &str) -> Option<Command> {
    let text =
        ["make ", "give ", "let ", "set "].iter().find_map(|verb| text.strip_prefix(verb)).unwrap_or(text);
    let mutual = text.ends_with(" as each other") || text.ends_with(" as one another");
    let text =
        [" as each other", " as one another"].iter().find_map(|tail| text.strip_suffix(tail)).unwrap_or(text);
    let (before, last) = text.rsplit_once(' ')?;
    let side = match last {
        "height" | "tall" | "high" => Side::Height,
        "width" | "wide" | "long" | "length" | "broad" => Side::Width,
        "size" | "sized" | "big" | "large" | "small" | "sizes" | "dimensions" | "same" | "same-sized"
        | "equal-sized" => Side::Both,
        _ => return None,
    };
    let who = match last {
        "same" => before.strip_suffix(" the")?,
        "same-sized" | "equal-sized" => before,
        _ => [
            " of the same",
            " to the same",
            " the same",
            " of equal",
            " of one",
            " equally",
            " just as",
            " equal in",
            " equal",
            " the same in",
            " same",
        ]
        .iter()
        .chain(mutual.then_some(&" as"))
        .find_map(|words| before.strip_suffix(words))?,
    };
    let who = [" should all", " must all", " should", " must", " to", " all"]
        .iter()
        .fold(without_being(who), |who, words| who.strip_suffix(words).unwrap_or(who));
    (!who.is_empty()).then(|| Command::SameSize { who: who.to_owned(), side })
}

/// The words before a form of to be or to have.
fn without_being(who: &str) -> &str {
    [
        " should all be",
        " should be",
        " should all have",
        " should have",
        " must be",
        " must have",
        " to be",
        " have",
        " are",
        " be",
        " all be",
    ]
    .iter()
    .fold(who, |who, words| who.strip_suffix(words).unwrap_or(who))
}

/// `the girl should be taller than the boy`, `make the cat bigger than the dog`.
fn exceed(text: &str) -> Option<Command> {
    let (left, anchor) = text.split_once(" than ")?;
    let left = left.strip_prefix("make ").unwrap_or(left);
    let words: Vec<&str> = left.split(' ').collect();
    let at = (1..words.len()).find(|at| comparative(&words[*at..].join(" ")).is_some())?;
    let who = words[..at].join(" ");
    let who = [" should be", " must be", " to be", " is"]
        .iter()
        .fold(who.as_str(), |who, tail| who.strip_suffix(tail).unwrap_or(who));
    Some(Command::Exceed { who: who.to_owned(), how: words[at..].join(" "), anchor: anchor.to_owned() })
}

/// `make the kettle the tallest`, `the bowl should be the largest of all`.
fn extreme(text: &str) -> Option<Command> {
    let text = [" of all", " of them", " of them all", " object", " thing", " one"]
        .iter()
        .fold(text, |text, tail| text.strip_suffix(tail).unwrap_or(text));
    let (who, best) = text.rsplit_once(" the ")?;
    let how = match best {
        "tallest" | "highest" => "taller",
        "biggest" | "largest" => "bigger",
        "smallest" => "smaller",
        "widest" | "longest" | "broadest" => "wider",
        "shortest" => "shorter",
        "narrowest" | "thinnest" => "narrower",
        _ => return None,
    };
    let who = without_being(who.strip_prefix("make ").unwrap_or(who));
    (!who.is_empty()).then(|| Command::Extreme { who: who.to_owned(), how: how.to_owned() })
}

/// `align the boy and the girl`, `align everything at the top`.
fn align(text: &str) -> Option<Command> {
    let between =
        text.strip_prefix("line ").and_then(|rest| rest.strip_suffix(" up")).map(|who| format!(" {who}"));
    let rest = text.strip_prefix("align").or_else(|| text.strip_prefix("line up")).or(between.as_deref())?;
    let rest = [
        " of the picture",
        " of the image",
        " edge",
        " edges",
        " border",
        " line",
        " side",
        " sides",
        " ends",
    ]
    .iter()
    .fold(rest, |rest, tail| rest.strip_suffix(tail).unwrap_or(rest));
    const EDGES: [(&str, Edge); 8] = [
        (" left", Edge::Left),
        (" right", Edge::Right),
        (" top", Edge::Top),
        (" bottom", Edge::Bottom),
        (" vertically", Edge::Left),
        (" horizontally", Edge::Bottom),
        (" ground", Edge::Bottom),
        (" feet", Edge::Bottom),
    ];
    let found = EDGES.iter().find_map(|(words, edge)| Some((rest.strip_suffix(words)?, *edge)));
    let (who, edge) = found.unwrap_or((rest, Edge::Bottom));
    let who = [" the", " at", " on", " to", " along", " by", " with"]
        .iter()
        .fold(who, |who, tail| who.strip_suffix(tail).unwrap_or(who));
    let who = if who.trim().is_empty() { "everything" } else { who.trim() };
    Some(Command::Align { who: who.to_owned(), edge })
}

/// `mirror it`, `flip the layout vertically`.
fn mirror(text: &str) -> Option<Command> {
    let rest = ["mirror", "flip", "reflect"].iter().find_map(|verb| text.strip_prefix(verb))?;
    let rest = rest.strip_prefix(' ').unwrap_or(rest);
    let upright = [" vertically", " upside down", " top to bottom"]
        .iter()
        .any(|words| format!(" {rest}").ends_with(words));
    let core = [
        " vertically",
        " upside down",
        " top to bottom",
        " horizontally",
        " left to right",
        " sideways",
        " around",
    ]
    .iter()
    .fold(format!(" {rest}"), |core, words| core.strip_suffix(words).map_or(core.clone(), str::to_owned));
    let who = core.trim();
    let all = matches!(
        who,
        "" | "it"
            | "everything"
            | "the layout"
            | "the picture"
            | "the scene"
            | "the image"
            | "the whole picture"
            | "all"
    );
    Some(Command::Mirror { who: (!all).then(|| who.to_owned()), upright })
}

/// `duplicate the cat`, `two more`, `another one`.
fn duplicate(text: &str) -> Option<Command> {
    let named =
        ["duplicate ", "copy ", "clone ", "make a copy of ", "make another copy of ", "add a copy of "]
            .iter()
            .find_map(|verb| text.strip_prefix(verb));
    if let Some(who) = named {
        let who = who.strip_suffix(" twice").map_or((who, 1), |who| (who, 2));
        return Some(Command::Duplicate { who: who.0.to_owned(), count: who.1 });
    }
    let text = text.strip_prefix("add ").or_else(|| text.strip_prefix("give me ")).unwrap_or(text);
    let count = match text {
        "another" | "another one" | "one more" | "more" => 1,
        _ if text
            .strip_prefix("a ")
            .and_then(|nth| nth.strip_suffix(" one"))
            .is_some_and(|nth| List::Ordinal.has(nth)) =>
        {
            1
        }
        _ => {
            let number = text.strip_suffix(" more").or_else(|| text.strip_suffix(" more of them"))?;
            lmd_layout::parse_number_word(number)? as usize
        }
    };
    (1..=20).contains(&count).then(|| Command::Duplicate { who: String::new(), count })
}

/// `centre the cat`, `centre everything`.
fn centre(text: &str) -> Option<Command> {
    let who = text.strip_prefix("center ").or_else(|| text.strip_prefix("centre "))?;
    let who = if matches!(who, "the layout" | "the picture" | "the scene") { "everything" } else { who };
    Some(Command::Centre(who.to_owned()))
}

/// `more space between the cat and the dog`.
fn space(text: &str) -> Option<Command> {
    let text = ["put ", "leave ", "make ", "add ", "have "]
        .iter()
        .find_map(|verb| text.strip_prefix(verb))
        .unwrap_or(text);
    let (amount, who) = two_parts(text, &[" between "])?;
    let power = strength(&amount);
    let factor = match without_strength(&amount).as_str() {
        "space" | "distance" | "room" if amount.contains("more") => 1.5,
        "less space" | "less distance" | "less room" => 0.6,
        "a larger gap" | "a bigger gap" | "a wider gap" => 1.5,
        "a smaller gap" => 0.6,
        _ => return None,
    };
    let who = if matches!(who.as_str(), "them" | "the objects") { None } else { Some(who) };
    Some(Command::Gather { who, factor: f64::powf(factor, power.min(1.5)) })
}

/// `bigger`, `a bit to the left`, `higher`: about what was changed last.
fn nameless(text: &str) -> Option<Command> {
    let opens = text.starts_with(|letter: char| letter.is_ascii_digit())
        || text.starts_with("by ")
        || text.starts_with("to ");
    if let Some(shift) =
        step(&format!("it {text}")).filter(|step| opens && matches!(step, Command::Shift { .. }))
    {
        return Some(shift);
    }
    let power = strength(text);
    let core = without_strength(text);
    let core = core.strip_prefix("to the ").unwrap_or(&core);
    if let Some((dx, dy)) = direction(core) {
        return Some(Command::Nudge { who: String::new(), dx: dx * power, dy: dy * power });
    }
    let (w, h) = comparative(text)?;
    Some(Command::Resize { who: String::new(), w, h })
}
