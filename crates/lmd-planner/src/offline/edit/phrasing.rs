//! The words around an instruction: politeness, wishes and what stands in
//! front of its verb, so that every clause begins with what is to be done.

use super::command::first_word;
use super::moving::movement;
use super::remarks::lemma;
use super::rewording::{reworded, tells};
use super::terse::is_terse;
use super::vocabulary::{adds, comparative, is_verb, places};
use super::whole::resized;
use crate::lexicon::{Section, Tags, after, names_colour, noun_tags};

/// What follows a name and says what is to become of it.
const MODALS: [&str; 16] = [
    " is to ",
    " are to ",
    " should ",
    " must ",
    " has to ",
    " have to ",
    " needs to ",
    " need to ",
    " may not ",
    " shouldn't ",
    " is too ",
    " are too ",
    " is ",
    " are ",
    " goes ",
    " belongs ",
];

/// Lower case, without politeness and punctuation that carries nothing.
pub(super) fn normalise(text: &str) -> String {
    let mut text = text.to_lowercase().replace(['!', '?', '"'], " ").replace('’', "'");
    text = casual(&text);
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
        "actually ",
        "pls ",
        " pls",
        " plz",
        "ok, ",
        "ok ",
        "just ",
    ] {
        text = format!(" {text}").replace(&format!(" {}", politeness.trim_start()), " ");
    }
    let text = text.replace(", please ", ", ").replace(", please", "").replace(" please", "");
    let text = [" ought to ", " is supposed to ", " are supposed to ", " had better ", " shall "]
        .iter()
        .fold(text, |text, modal| text.replace(modal, " should "));
    let text = text.replace(" either side", " both sides");
    let text = [" any more", " anymore", " any longer", " either", " again"]
        .iter()
        .fold(text, |text, tail| text.replace(tail, ""));
    let text = spelled_out(&text);
    let text = with_owner(&contrasted(text));
    let words: Vec<&str> = text.split_whitespace().collect();
    let text = as_wish(&not_but(&corrected(&words.join(" "))));
    let text = text.trim_end_matches(['.', ',', ' ']);
    let text = [
        "everything but keep ",
        "everything, keep only ",
        "everything, keep ",
        "everything and keep only ",
        "everything, but keep ",
    ]
    .iter()
    .fold(text.to_owned(), |text, words| text.replace(words, "everything but "));
    text.strip_suffix(", remove it")
        .filter(|text| text.starts_with("i don't like"))
        .unwrap_or(&text)
        .to_owned()
}

/// `u` as `you`, and `just` as what it says: what alone is to stay, elsewhere nothing.
fn casual(text: &str) -> String {
    let plain = |word| match word {
        "u" => "you",
        "ur" => "your",
        "r" => "are",
        word => word,
    };
    let text = text.split(' ').map(plain).collect::<Vec<&str>>().join(" ");
    // "don't move the dog, just add a ball": a command like any other.
    let leads = |text: &str| first_word(text).is_some_and(|word| is_verb(word) && !keeps(word));
    let text = [", just ", ", only "].iter().fold(text, |text, just| match text.split_once(just) {
        Some((before, after)) if leads(after) => format!("{before}, {after}"),
        _ => text,
    });
    let bare = ["just ", "only "].iter().find_map(|just| text.strip_prefix(just)).filter(|rest| leads(rest));
    let text = bare.map(str::to_owned).unwrap_or(text);
    [
        ("leave just ", "leave only "),
        ("keep just ", "keep only "),
        ("just leave ", "only leave "),
        (", just ", ", only "),
        ("just keep ", "only keep "),
    ]
    .iter()
    .fold(text, |text, (alone, only)| text.replace(alone, only))
}

/// Whether what such a command names is all that stays.
fn keeps(verb: &str) -> bool {
    matches!(verb, "keep" | "leave" | "want" | "show" | "use")
}

/// `there's` as `there is`, `shouldn't` as `should not`.
fn spelled_out(text: &str) -> String {
    [
        ("there's ", "there is "),
        ("it's ", "it is "),
        ("he's ", "he is "),
        ("she's ", "she is "),
        ("they're ", "they are "),
        ("'s missing", " is missing"),
        ("'s gone", " is gone"),
        ("'s too ", " is too "),
        ("isn't", "is not"),
        ("aren't", "are not"),
        ("doesn't", "does not"),
        ("hasn't", "has not"),
        ("shouldn't", "should not"),
        ("mustn't", "must not"),
        ("needn't", "need not"),
        ("can't", "can not"),
    ]
    .iter()
    .fold(text.to_owned(), |text, (short, long)| text.replace(short, long))
}

/// `a dog, not a cat` as `a dog instead of a cat`; `two guards, one on each side` as two on both.
fn contrasted(text: String) -> String {
    let text = [" too", " as well"].iter().fold(text, |text, tail| {
        text.trim_end_matches(['.', ' ']).strip_suffix(tail).map_or(text.clone(), str::to_owned)
    });
    // "make the goat bigger, not the wolf"
    let text = match text.split_once(", not the ") {
        Some((before, other))
            if begins_clause(before) && !other.contains(',') && !other.contains(" and ") =>
        {
            before.to_owned()
        }
        _ => text,
    };
    let text = text
        .replace(", one on each side of ", " on both sides of ")
        .replace(", one on either side of ", " on both sides of ");
    [", not a ", " not a ", ", not an ", " not an "].iter().fold(text, |text, not| {
        match text.split_once(not).filter(|(before, _)| before.contains(" a ") || before.contains(" an ")) {
            Some((before, denied)) => format!("{before} instead of a {denied}"),
            None => text,
        }
    })
}

/// `a hat on its head` and `a box to its left` as what is on or beside it.
fn with_owner(text: &str) -> String {
    const OWNERS: [(&str, &str); 4] = [("its", "it"), ("his", "him"), ("her", "her"), ("their", "them")];
    // "a man with a hat on his head" says whose it is.
    if ["with ", "who ", "holding ", "wearing ", "has "].iter().any(|word| text.contains(word)) {
        return text.to_owned();
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    let mut told: Vec<String> = Vec::new();
    let mut skip = false;
    for (at, word) in words.iter().enumerate() {
        if std::mem::take(&mut skip) {
            continue;
        }
        let owner = OWNERS.iter().find(|(owner, _)| owner == word).map(|(_, whom)| *whom);
        let placed =
            at > 0 && ["on", "to", "in", "at", "around", "behind", "above", "under"].contains(&words[at - 1]);
        let part = words.get(at + 1).filter(|part| {
            matches!(part.trim_matches(','), "left" | "right" | "side")
                || noun_tags(part.trim_matches(',')).any(Tags::PART)
        });
        match (owner, part) {
            (Some(whom), Some(part)) if placed => {
                told.push(format!("the {part} of {whom}"));
                skip = true;
            }
            _ => told.push((*word).to_owned()),
        }
    }
    told.join(" ")
}

/// `no, two canoes`: what was wanted before, in another number; `no wait, remove the cat` without its beginning.
fn corrected(text: &str) -> String {
    const STARTS: [&str; 6] = ["no wait, ", "wait, ", "no, ", "sorry, ", "actually, ", "oops, "];
    let Some(rest) = STARTS.iter().find_map(|start| text.strip_prefix(start)) else {
        return text.to_owned();
    };
    let counted = first_word(rest).is_some_and(|word| lmd_layout::parse_number_word(word).is_some());
    match counted {
        true => format!("make it {rest}"),
        false if begins_clause(rest) => rest.to_owned(),
        // "no, green"
        false if rest.split(' ').all(|word| word == "and" || names_colour(word)) => rest.to_owned(),
        false => text.to_owned(),
    }
}

/// `the boy should stand behind the dog` as where he should be.
fn as_wish(text: &str) -> String {
    const PLACES: [&str; 14] = [
        "left", "right", "behind", "in", "next", "on", "under", "beside", "between", "near", "to", "at",
        "above", "below",
    ];
    [" should stand ", " should sit ", " should lie "].iter().fold(text.to_owned(), |text, state| match text
        .split_once(state)
    {
        Some((who, place)) if first_word(place).is_some_and(|word| PLACES.contains(&word)) => {
            format!("{who} should be {place}")
        }
        _ => text,
    })
}

/// A clause with its verb first: a wish as an instruction, and what stands in
/// front of the verb (`instead of the owl, add a squirrel`) behind it.
pub(super) fn verb_first(clause: &str) -> String {
    let clause = &reworded(clause);
    const NICE: [&str; 11] = [
        " it would be better",
        " it would look better",
        " it would be nicer",
        " would be nice",
        " would be good",
        " would be great",
        " would be better",
        " would look good",
        " would look nice",
        " would fit",
        " is missing",
    ];
    let nice = NICE.iter().find_map(|tail| clause.strip_suffix(tail));
    if let Some(what) = nice.map(|what| what.trim_end_matches(',')) {
        let told = ["without ", "no "].iter().any(|start| what.starts_with(start));
        return if told { what.to_owned() } else { format!("want {what}") };
    }
    let clause = fronted(clause);
    let clause =
        clause.replacen("i only want ", "i want only ", 1).replacen("should only be ", "should be only ", 1);
    let wished = after(Section::InstructionWishes, &clause);
    let (clause, wished) = (wished.unwrap_or(&clause), wished.is_some());
    let wish = wished.then(|| reworded(&format!("want {clause}")));
    match (exact_number(clause), wish) {
        (Some(number), _) => format!("want {number}"),
        (None, Some(wish)) => wish.strip_prefix("want ").map_or(wish.clone(), as_command),
        (None, None) => clause.to_owned(),
    }
}

/// `only one cup`, `four cups in total`: how many there should be.
fn exact_number(clause: &str) -> Option<String> {
    let made = clause.strip_prefix("make it ").or_else(|| clause.strip_prefix("make that "));
    let (clause, made) = (made.unwrap_or(clause), made.is_some());
    let tail = [
        " in total",
        " altogether",
        " in all",
        " overall",
        " only",
        " are enough",
        " is enough",
        " will do",
        " suffice",
    ]
    .iter()
    .find_map(|tail| clause.strip_suffix(tail));
    let head =
        ["only ", "exactly ", "no more than ", "just "].iter().find_map(|head| clause.strip_prefix(head));
    let what = tail.or(head).unwrap_or(clause);
    let counted = lmd_layout::parse_number_word(first_word(what)?).is_some();
    let told = tail.is_some() || head.is_some() || made;
    match what.contains(' ') {
        // "make it 20 % taller" counts nothing.
        true => (counted && told && comparative(what).is_none()).then(|| what.to_owned()),
        false => (counted && head.is_some()).then(|| format!("{what} of them")),
    }
}

/// Whether the words begin a clause of their own.
pub(super) fn begins_clause(text: &str) -> bool {
    let first = first_word(text).unwrap_or_default();
    let subject = matches!(
        first,
        "the"
            | "it"
            | "they"
            | "both"
            | "all"
            | "there"
            | "that"
            | "this"
            | "everybody"
            | "everyone"
            | "he"
            | "she"
    );
    // "the dog that is on the left" is no clause of its own.
    let related = [" that is ", " that are ", " who is ", " which is ", " which are "];
    let related = related.iter().any(|words| text.contains(words));
    is_verb(first)
        || is_terse(text)
        || text.split(' ').count() <= 4 && resized(text).is_some()
        || matches!(first, "no" | "then" | "without" | "don't" | "neither")
        || after(Section::InstructionWishes, text).is_some()
        || (subject && !related && (MODALS.iter().any(|modal| text.contains(modal)) || tells(text)))
        || verb_first(text) != text
}

/// What is wished for as an instruction: `the cat on the left` is put there,
/// `no dogs` are excluded, anything else should be there.
fn as_command(what: &str) -> String {
    let first = first_word(what).unwrap_or_default();
    match first {
        _ if is_verb(first) || matches!(first, "no" | "to") => what.trim_start_matches("to ").to_owned(),
        "the" | "it" | "them" | "both" | "all" if what.contains(" to be ") => {
            what.replacen(" to be ", " should be ", 1)
        }
        "the" | "it" | "them" | "both" | "all" if what.contains(" to ") => {
            what.replacen(" to ", " should ", 1)
        }
        "the" | "it" | "them" | "both" | "all" => {
            let (who, last) = what.rsplit_once(' ').unwrap_or((what, ""));
            match what.split(' ').find_map(|word| lemma(word, "ed").map(|_| word)) {
                _ if movement("put", what).is_some() => format!("put {what}"),
                Some(done) => what.replacen(done, &format!("should be {done}"), 1),
                None if who.is_empty() || last.is_empty() => format!("put {what}"),
                None => format!("make {what}"),
            }
        }
        _ => format!("want {what}"),
    }
}

/// `on the left put a tree` as `put a tree on the left`.
fn fronted(clause: &str) -> String {
    const FRONTS: [&str; 18] = [
        "in", "on", "at", "to", "above", "below", "under", "behind", "next", "between", "beside", "near",
        "around", "where", "instead", "left", "right", "inside",
    ];
    if !first_word(clause).is_some_and(|word| FRONTS.contains(&word)) {
        return clause.to_owned();
    }
    let words: Vec<&str> = clause.split(' ').collect();
    let of_place = |at: usize| {
        matches!(words[at - 1], "in" | "the" | "its" | "his" | "her" | "their" | "same" | "that")
            || words[at - 1].ends_with("'s")
    };
    let verb = (1..words.len())
        .find(|at| (adds(words[*at]) || places(words[*at]) || words[*at] == "have") && !of_place(*at));
    let wish = |at: &usize| {
        let rest = words[*at..].join(" ");
        after(Section::InstructionWishes, &rest).is_some()
    };
    let Some(at) = verb.or_else(|| (1..words.len()).find(wish)) else { return clause.to_owned() };
    let front = words[..at].join(" ");
    format!("{} {}", words[at..].join(" "), front.trim_end_matches(','))
}

/// `make the cat not black but white` as `make the cat white`.
fn not_but(text: &str) -> String {
    const LONGEST: usize = 4;
    let plain = || text.to_owned();
    let Some((before, rest)) = text.split_once(" not ") else { return plain() };
    let Some((denied, said)) = rest.split_once(" but ") else { return plain() };
    let denied: Vec<&str> = denied.trim_end_matches(',').split(' ').collect();
    let modal = ["should", "must"].iter().any(|modal| before.ends_with(modal));
    let be = denied.first() == Some(&"be") && denied.len() > 1;
    // "do not move the cat but the dog" denies a deed.
    let deed = ["do", "does", "did", "is", "are", "can", "will"].iter().any(|verb| before.ends_with(verb));
    if said.is_empty() || denied.len() > LONGEST || deed || modal != be || begins_clause(said) {
        return plain();
    }
    let be = if be && !said.starts_with("be ") { "be " } else { "" };
    format!("{before} {be}{said}")
}
