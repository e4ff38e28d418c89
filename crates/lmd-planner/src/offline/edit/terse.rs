//! What is said in few words: `cat left`, `in watercolor`, `open the book`, `bring the dog back`, `the two trade places`.

use super::changing::{complement, scene_complement};
use super::command::{Command, first_word, two_parts};
use super::moving::movement;
use super::vocabulary::{comparative as size, is_verb, is_without_colour, without_strength};
use crate::lexicon::{
    List, Section, after, comparative, is_adjective, is_known_verb, known_kind, names_colour, progressive,
};

/// `cat left`, `the big dog a bit up`: a step of what is named without a verb.
pub(super) fn bare_step(text: &str) -> Option<Command> {
    let first = first_word(text)?;
    let new = matches!(first, "a" | "an" | "another" | "some" | "more")
        || lmd_layout::parse_number_word(first).is_some();
    let found = movement("put", text).filter(|_| !new && !is_verb(first))?;
    let (Command::Nudge { who, .. }
    | Command::Shift { who, .. }
    | Command::Edge { who, .. }
    | Command::Region { who, .. }
    | Command::Put { who, .. }) = &found
    else {
        return None;
    };
    // "cup 2", "object 2"
    let number = |word: &str| word.parse::<usize>().is_ok();
    let noun = who.rsplit(' ').find(|word| !number(word)).unwrap_or_default();
    let known = known_kind(&lmd_layout::singular(noun)).is_some()
        || matches!(noun, "it" | "them" | "one" | "object" | "box" | "number" | "everything");
    let says = |word: &str| {
        matches!(
            word,
            "should"
                | "must"
                | "is"
                | "are"
                | "has"
                | "needs"
                | "stands"
                | "sits"
                | "lies"
                | "goes"
                | "stays"
        )
    };
    let article = who.split(' ').skip(1).any(|word| matches!(word, "the" | "a" | "an"));
    let plain = who.split(' ').count() <= 4 && !who.contains(',') && !article && !who.split(' ').any(says);
    (known && plain).then_some(found)
}

/// Whether a clause says no more than who goes where or becomes how large: `dog right`.
pub(super) fn is_terse(text: &str) -> bool {
    text.contains(' ') && text.split(' ').count() <= 6 && bare_step(text).is_some()
}

/// `cups in blue`, `pirate -> ninja`: a colour, or what something becomes.
pub(super) fn bare_change(text: &str) -> Option<Command> {
    let arrow = [" -> ", " => ", " → "].iter().find_map(|arrow| text.split_once(arrow));
    if let Some((who, to)) = arrow {
        return complement(who, to);
    }
    if text.split(' ').all(|word| word == "and" || names_colour(word)) {
        return Some(Command::Describe { who: "it".to_owned(), words: text.to_owned() });
    }
    // "bluer", "a bit darker": of what was spoken of, where the whole picture cannot be so.
    let plain = comparative(without_strength(text).as_str()).filter(|_| size(text).is_none());
    if let Some(plain) =
        plain.filter(|plain| !["close", "near", "far", "high", "low"].contains(&plain.as_str()))
    {
        let whole = scene_complement(&plain).filter(|told| matches!(told, Command::Mood(_)));
        return whole.or(Some(Command::Describe { who: "it".to_owned(), words: plain }));
    }
    let (who, colour) = text.split_once(" in ")?;
    let known =
        who.split(' ').count() <= 3 && known_kind(&lmd_layout::singular(who.rsplit(' ').next()?)).is_some();
    let coloured = colour.split(' ').all(names_colour);
    let new = matches!(first_word(who), Some("a" | "an" | "another" | "some" | "more"));
    (known && coloured && !new).then(|| Command::Describe { who: who.to_owned(), words: colour.to_owned() })
}

/// `in watercolor`, `oil painting style`, `as a cartoon`; `in color` is no style.
pub(super) fn bare_style(text: &str) -> Option<Command> {
    let coloured =
        ["in ", "in full ", "back in ", "back to "].iter().find_map(|lead| text.strip_prefix(lead));
    if matches!(coloured, Some("color" | "colour" | "colors" | "colours")) {
        return Some(Command::Style(String::new()));
    }
    let led = ["in the style of ", "in a ", "in an ", "in ", "as an ", "as a ", "as "];
    let bare = led.iter().find_map(|lead| text.strip_prefix(lead));
    let ends = ["style", "look", "version"].iter().any(|end| text.ends_with(&format!(" {end}")));
    let said = bare.unwrap_or(text);
    let short = said.split(' ').count() <= 4 && !said.contains(" of ");
    let told = bare.is_some() || ends || List::Medium.has(said) || is_without_colour(said);
    let said = said
        .strip_suffix(" style")
        .filter(|medium| medium.split(' ').any(|word| List::Medium.has(word)))
        .unwrap_or(said);
    let style = scene_complement(said).filter(|style| matches!(style, Command::Style(_)));
    let style = style.or_else(|| is_without_colour(said).then(|| Command::Style(format!("{said} photo"))));
    style.filter(|_| told && short)
}

/// `open the book`, `turn off the lamps`, `turn the tv off`: how something is then.
pub(super) fn state(text: &str) -> Option<Command> {
    let of = |who: &str, state: &str| {
        let named = matches!(
            first_word(who),
            Some("the" | "it" | "them" | "both" | "all" | "his" | "her" | "its" | "their" | "every" | "each")
        );
        let plain = ![" on ", " in ", " with ", " from ", " to "].iter().any(|word| who.contains(word));
        (named && plain).then(|| Command::Describe { who: who.to_owned(), words: state.to_owned() })
    };
    let entries = || Section::States.entries();
    let longest = entries().filter_map(|(verb, state)| {
        // "cut the dog" takes it away.
        if verb == "cut" && !text.ends_with(" in half") {
            return None;
        }
        let rest = text.strip_prefix(verb)?.strip_prefix(' ')?;
        let (rest, state) = match rest.strip_suffix(" in half") {
            Some(rest) => (rest, format!("{state} in half")),
            None => (rest, state.to_owned()),
        };
        Some((verb.len(), of(rest, &state)?))
    });
    let split = || {
        // "turn the tv off"
        entries().find_map(|(verb, state)| {
            let (verb, particle) = verb.split_once(' ')?;
            let who =
                text.strip_prefix(verb)?.strip_prefix(' ')?.strip_suffix(particle)?.strip_suffix(' ')?;
            of(who, state)
        })
    };
    split().or_else(|| longest.max_by_key(|(length, _)| *length).map(|(_, command)| command))
}

/// `the pig and the horse should trade places`, `let them swap positions`.
pub(super) fn trade(text: &str) -> Option<Command> {
    let rest =
        [" places", " positions", " spots", " seats"].iter().find_map(|tail| text.strip_suffix(tail))?;
    let rest = rest.strip_suffix(" their").unwrap_or(rest);
    let who = [" trade", " swap", " switch", " exchange", " change", " swapping", " trading"]
        .iter()
        .find_map(|verb| rest.strip_suffix(verb))?;
    let who = [" should", " must", " have to", " need to", " to"]
        .iter()
        .fold(who, |who, modal| who.strip_suffix(modal).unwrap_or(who));
    let who =
        ["let ", "make ", "have ", "get "].iter().find_map(|verb| who.strip_prefix(verb)).unwrap_or(who);
    match who.split_once(" and ") {
        Some((one, other)) => Some(Command::Swap(one.to_owned(), other.to_owned())),
        None => Some(Command::Swap(who.to_owned(), String::new())),
    }
}

/// `the cat and the dog`, `the cat with the dog`.
pub(super) fn swap(rest: &str) -> Option<Command> {
    let rest =
        ["the positions of ", "the places of "].iter().fold(rest, |rest, of| rest.trim_start_matches(of));
    let rest = [" around", " over", " round"].iter().fold(rest, |rest, tail| {
        rest.strip_suffix(tail).or_else(|| rest.strip_prefix(&tail[1..])).unwrap_or(rest).trim_start()
    });
    let both = matches!(
        rest,
        "" | "them"
            | "both"
            | "the two"
            | "both of them"
            | "the two of them"
            | "the objects"
            | "places"
            | "positions"
            | "sides"
            | "their places"
            | "their positions"
    );
    if both {
        return Some(Command::Swap("them".to_owned(), String::new()));
    }
    let two = two_parts(rest, &[" and ", " with ", " for "]).filter(|_| !rest.contains("size"));
    // What is not there yet cannot change places.
    if let Some((who, to)) = two.clone().filter(|(_, to)| matches!(first_word(to), Some("a" | "an"))) {
        return Some(Command::Rename { who, to });
    }
    let several = !rest.contains("size") && rest.split(' ').next_back().is_some_and(lmd_layout::is_plural);
    two.map(|(one, other)| Command::Swap(one, other))
        .or_else(|| several.then(|| Command::Swap(rest.to_owned(), String::new())))
}

/// `bring the dog back`, `bring back the dog`, `give the cat back its hat`: what was there before.
pub(super) fn led_back(text: &str) -> Option<Command> {
    let text = text.strip_suffix(" again").unwrap_or(text);
    let (verb, rest) = text.split_once(' ')?;
    if verb == "show" && matches!(rest, "it" | "them" | "him" | "her") {
        return Some(Command::Restore(rest.to_owned()));
    }
    if !matches!(verb, "bring" | "put" | "get" | "add" | "want" | "restore") {
        return None;
    }
    let restored = (verb == "restore").then_some(rest);
    let who = rest.strip_prefix("back ").or_else(|| rest.strip_suffix(" back")).or(restored)?;
    let placed = [" on ", " in ", " to ", " next ", " behind ", " under ", " at "];
    let moved = placed.iter().any(|word| who.contains(word));
    let degree = after(Section::Strength, who).is_some() || is_adjective(who) || who.ends_with(" further");
    (!moved && !degree).then(|| Command::Restore(who.to_owned()))
}

/// `one child less`, `two fewer cups`, `one less cup`: so many go.
pub(super) fn fewer(text: &str) -> Option<Command> {
    let text = ["make it ", "want ", "draw "].iter().find_map(|verb| text.strip_prefix(verb)).unwrap_or(text);
    let (number, rest) = text.split_once(' ')?;
    let number = if number == "a" { "one" } else { number };
    lmd_layout::parse_number_word(number)?;
    if matches!(rest, "less" | "fewer") {
        return Some(Command::Remove(format!("{number} of them")));
    }
    let noun = [" less", " fewer"].iter().find_map(|tail| rest.strip_suffix(tail));
    let noun = noun.or_else(|| ["less ", "fewer "].iter().find_map(|lead| rest.strip_prefix(lead)))?;
    Some(Command::Remove(format!("{number} of the {}", lmd_layout::plural(&lmd_layout::singular(noun)))))
}

/// An instruction to add or give without what it is for: `a ball to play with`.
pub(super) fn without_purpose(text: &str) -> &str {
    let new = first_word(text)
        .is_some_and(|verb| matches!(verb, "add" | "give" | "put" | "place" | "want" | "draw"));
    let Some((told, purpose)) = text.rsplit_once(" to ").filter(|_| new) else { return text };
    let words: Vec<&str> = purpose.split(' ').collect();
    let ends = words.len() == 1
        || words.len() == 2 && matches!(words[1], "with" | "on" | "in" | "from" | "at" | "under");
    if ends && is_known_verb(words[0]) && known_kind(words[0]).is_none() { told } else { text }
}

/// What a right side without a verb of its own takes from the left one: the verb, and who is given something.
pub(super) fn inherited(left: &str, right: &str) -> Option<String> {
    let verb = first_word(left)?;
    // "and the boy a kite" names somebody else.
    if verb == "give"
        && right.starts_with("the ")
        && [" a ", " an ", " some "].iter().any(|a| right.contains(a))
    {
        return Some(verb.to_owned());
    }
    let articles = || [" a ", " an ", " some "].iter().filter_map(|article| left.find(article)).min();
    let given = (verb == "give").then(articles).flatten().and_then(|at| left.get(..at));
    Some(given.unwrap_or(verb).to_owned())
}

/// `eat grass` or `the book blue` after `the horse should be brown`, `hold a lamp` after `make her wear a hat`: the same of
/// what they are to do or be.
pub(super) fn also_does(left: &str, right: &str) -> Option<String> {
    let coloured = || {
        let modal = [" should be ", " must be "].into_iter().find(|modal| left.contains(modal))?;
        let (who, state) = right.rsplit_once(' ').filter(|(who, _)| who.starts_with("the "))?;
        names_colour(state).then(|| format!("{who}{modal}{state}"))
    };
    let deed = |verb: &str| {
        is_known_verb(verb)
            && known_kind(verb).is_none()
            && progressive(verb).is_some()
            && !verb.ends_with("ing")
    };
    let modal = [" should ", " must "].iter().find_map(|modal| left.split_once(modal)).map(|(who, _)| who);
    let made = || {
        let who = ["make ", "let ", "have "].iter().find_map(|verb| left.strip_prefix(verb))?;
        let at =
            who.match_indices(' ').map(|(at, _)| at).find(|at| first_word(&who[*at..]).is_some_and(deed))?;
        who.get(..at)
    };
    let acts = || {
        let who = modal.or_else(made)?;
        first_word(right).filter(|verb| deed(verb) && !is_verb(verb)).map(|_| format!("{who} should {right}"))
    };
    coloured().or_else(acts)
}

/// Words in lower case, without the sign that ends them.
fn unmarked(text: &str) -> String {
    text.trim().trim_end_matches(['.', '!']).to_lowercase()
}

/// `a bit further away` after `move the bench closer to the tree`: the same of what was said last.
pub(super) fn distance_again(text: &str, last: &str) -> Option<String> {
    let text = unmarked(text);
    let text = text.strip_prefix("now ").unwrap_or(&text);
    const FURTHER: [&str; 6] =
        ["further away", "farther away", "further off", "farther off", "further", "farther"];
    let said = |words: &[&str]| {
        let degree = words.iter().find_map(|words| text.strip_suffix(words))?;
        without_strength(degree).is_empty().then(|| degree.to_owned())
    };
    let (degree, way) = match (said(&FURTHER), said(&["closer", "nearer"])) {
        (Some(degree), _) => (degree, "further away from"),
        (None, Some(degree)) => (degree, "closer to"),
        (None, None) => return None,
    };
    let last = unmarked(last);
    let joints = [
        " of ",
        " closer to ",
        " nearer to ",
        " towards ",
        " away from ",
        " further from ",
        " next to ",
        " beside ",
    ];
    let (_, anchor) = joints.iter().find_map(|joint| last.split_once(joint))?;
    Some(format!("move them {degree}{way} {anchor}"))
}

/// Whether words ask for more of what was just done: `a bit more`.
pub(super) fn asks_again(text: &str) -> bool {
    let text = unmarked(text);
    let more = [
        "a bit more",
        "a little more",
        "a little bit more",
        "even more",
        "some more",
        "still more",
        "a bit further",
    ];
    more.contains(&text.as_str())
        || matches!(
            text.as_str(),
            "again" | "once more" | "further" | "much more" | "a lot more" | "one more time"
        )
}
