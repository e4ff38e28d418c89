//! The words of changing: what "make", "change" and "turn" make of things,
//! and of the scene as a whole.

use super::command::{Command, first_word, two_parts};
use super::doing::acted;
use super::moving::gathering;
use super::vocabulary::{comparative, is_motion, is_time, is_without_colour, mood, moods, names_style};
use crate::lexicon::{
    VerbForm, doing, is_adjective, is_colour, is_known_verb, known_kind, names_colour, verb,
};

/// `make`, `change` and `turn`: whatever comes after who is meant.
pub(super) fn change(verb: &str, rest: &str) -> Option<Command> {
    if let Some(command) = scenery(rest) {
        return Some(command);
    }
    if let Some((who, like)) = two_parts(rest, &[" colored like "]) {
        return Some(Command::Describe { who, words: format!("colored like {like}") });
    }
    // A layout does not say which way things face.
    if verb == "turn" && rest.ends_with(" around") {
        return None;
    }
    if let Some((from, to)) = two_parts(rest, &[" into ", " to "])
        && is_time(&from)
        && let Some(mood @ Command::Mood(_)) = scene_complement(&to)
    {
        return Some(mood);
    }
    if let Some(gather) = gathering(rest) {
        return Some(gather);
    }
    if let Some((who, to)) = caption_of(rest) {
        return Some(Command::Relabel { who, to });
    }
    if let Some((who, colours)) = colours_of(rest) {
        return Some(Command::Colours { who, colours });
    }
    if let Some(placed) = posed(rest) {
        return Some(placed);
    }
    if matches!(verb, "make" | "have")
        && let Some(happens) = acted(rest)
    {
        return Some(happens);
    }
    if let Some((who, colour)) = colour_phrase(rest) {
        return Some(Command::Describe { who, words: colour });
    }
    let joints: &[&str] = if verb == "make" { &[" into "] } else { &[" into ", " to be ", " to "] };
    match two_parts(rest, joints) {
        // "the steak to fish" is no deed.
        Some((who, to)) if names_thing(&to) && !names_colour(&to) => Some(Command::Rename { who, to }),
        Some((who, to)) => complement(&who, &to),
        None => split_complement(rest),
    }
}

/// `the caption of the knight to a jouster`.
fn caption_of(rest: &str) -> Option<(String, String)> {
    let rest = ["the caption of ", "the name of ", "the label of "]
        .iter()
        .find_map(|words| rest.strip_prefix(words))?;
    two_parts(rest, &[" to ", " into "])
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
        "the room",
        "the setting",
        "the picture",
        "the image",
        "it",
        "everything",
        "this",
        "the style",
    ] {
        let Some(rest) = rest.strip_prefix(subject).and_then(|rest| rest.strip_prefix(' ')) else { continue };
        let rest = ["into ", "to be ", "to ", "look like ", "as ", "be "]
            .iter()
            .find_map(|joint| rest.strip_prefix(joint))
            .unwrap_or(rest);
        if let Some(command) = scene_complement(rest) {
            return Some(command);
        }
        if is_without_colour(rest) && !matches!(subject, "it" | "this") {
            return Some(Command::Style(format!("{rest} photo")));
        }
        if subject.ends_with("background") || matches!(subject, "the scene" | "the setting") {
            if rest.split(' ').all(|word| word == "and" || is_adjective(word)) {
                return Some(Command::Style(format!("scene with a {rest} background")));
            }
            let place = ["in ", "on ", "at "].iter().find_map(|preposition| rest.strip_prefix(preposition));
            return Some(Command::Background(place.unwrap_or(rest).to_owned()));
        }
    }
    None
}

/// `the cat sit on the dog`, `the dog run`: a posture says where, an action is
/// said of who does it.
fn posed(rest: &str) -> Option<Command> {
    const POSTURES: [&str; 12] =
        ["sit", "stand", "lie", "be", "go", "come", "move", "stay", "rest", "hover", "float", "lean"];
    let words: Vec<&str> = rest.split(' ').collect();
    let at = (1..words.len()).find(|at| {
        POSTURES.contains(&words[*at]) || (*at > 1 && is_motion(words[*at])) || doing(words[*at]).is_some()
    })?;
    // "the taxi drive to the right"
    if is_motion(words[at]) || matches!(words[at], "go" | "come" | "move") {
        let moved = format!("{} {}", words[..at].join(" "), words[at + 1..].join(" "));
        let moved = super::moving::movement("move", moved.trim_end());
        if let Some(moved) = moved.filter(|_| at + 1 < words.len()) {
            return Some(moved);
        }
    }
    let (who, what) = (words[..at].join(" "), words[at + 1..].join(" "));
    if what.is_empty() {
        return doing(words[at]).map(|words| Command::Describe { who, words });
    }
    if !POSTURES.contains(&words[at]) {
        return None;
    }
    let placed = format!("{who} {what}");
    if let Some((_, kind, anchor)) = super::moving::relation(&placed)
        && matches!(first_word(&anchor), Some("a" | "an"))
        && super::moving::is_place(kind, &anchor)
    {
        return Some(Command::Background(anchor));
    }
    let region = super::moving::into_region(&placed).map(|(who, region)| Command::Region { who, region });
    region.or_else(|| {
        super::moving::relation(&placed).map(|(who, kind, anchor)| Command::Relate { who, kind, anchor })
    })
}

/// `the apples red, green and yellow`: who, and a colour for each.
pub(super) fn colours_of(rest: &str) -> Option<(String, Vec<String>)> {
    let rest = rest.replace(", and ", ", ");
    let parts: Vec<&str> = rest.split(", ").flat_map(|part| part.split(" and ")).collect();
    let (first, others) = parts.split_first()?;
    let (who, colour) = first.rsplit_once(' ')?;
    // "one red, one blue and one yellow" of those that are there
    let each: Vec<&str> = parts.iter().filter_map(|part| part.strip_prefix("one ")).collect();
    if each.len() == parts.len() && each.len() > 1 && each.iter().all(|colour| names_colour(colour)) {
        return Some(("them".to_owned(), each.iter().map(|colour| (*colour).to_owned()).collect()));
    }
    let several = who == "them" || who.rsplit(' ').next().is_some_and(lmd_layout::is_plural);
    let colours: Vec<String> = std::iter::once(&colour).chain(others).map(|one| (*one).to_owned()).collect();
    let all = colours.len() > 2 && colours.iter().all(|one| names_colour(one));
    (several && all).then(|| (who.to_owned(), colours))
}

/// A style or a mood.
pub(super) fn scene_complement(words: &str) -> Option<Command> {
    let core = words
        .trim_start_matches("a ")
        .trim_start_matches("an ")
        .trim_start_matches("the ")
        .trim_start_matches("at ")
        .trim_start_matches("in ");
    if let Some(phrase) = mood(words, core) {
        return Some(Command::Mood(phrase.to_owned()));
    }
    if let Some(phrase) = moods(words) {
        return Some(Command::Mood(phrase));
    }
    names_style(words).then(|| Command::Style(words.to_owned()))
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
    let alone =
        ["it", "them", "this", "that", "everyone", "everybody", "everything", "him", "her", "both", "all"];
    let from = if words.first().is_some_and(|word| alone.contains(word)) { 1 } else { 2 };
    let from = match words {
        ["them", "both" | "all", ..] | ["both" | "all", "of", "them" | "these" | "those", ..] => {
            words.len().min(from + 1)
        }
        _ => from,
    };
    let article = (from..words.len()).find(|at| {
        matches!(words[*at], "a" | "an" | "wear" | "wearing" | "look" | "more" | "very" | "colored")
    });
    // "blue with a yellow tail": what is told begins before "with".
    let article = article.map(|at| {
        let with = at.checked_sub(1).filter(|with| *with >= from && words[*with] == "with");
        let Some(with) = with else { return at };
        let told = words[from..with].iter().rev().take_while(|word| is_adjective(word) || names_colour(word));
        with - told.count()
    });
    let joined =
        words.iter().rposition(|word| *word == "and").filter(|at| *at > from && *at + 2 == words.len());
    let list = joined.and_then(|at| at.checked_sub(1)).filter(|at| *at >= from);
    let last = words.len().checked_sub(1).filter(|at| *at >= from);
    // "light blue" is one colour.
    let last = last.map(|at| match at.checked_sub(1).filter(|before| *before >= from) {
        Some(before) if names_colour(words[at]) && is_colour(words[before]) => before,
        _ => at,
    });
    // "green with white dots"
    let with = (from + 1..words.len().saturating_sub(1)).find(|at| {
        words[*at] == "with"
            && words[*at + 1] != "a"
            && (names_colour(words[*at - 1]) || is_adjective(words[*at - 1]))
    });
    article.or(with.map(|at| at - 1)).or(list).or(last)
}

/// What `who` is to become.
pub(super) fn complement(who: &str, to: &str) -> Option<Command> {
    // A comparison that no rule reads must not become a name.
    if who.is_empty() || to.is_empty() || to.contains(" than ") {
        return None;
    }
    // Nor must a place: "closer to the boy".
    if first_word(to).is_some_and(|word| {
        matches!(
            word,
            "closer" | "nearer" | "further" | "farther" | "away" | "far" | "near" | "close" | "towards"
        )
    }) {
        return super::moving::movement("move", &format!("{who} {to}"));
    }
    let who = who.to_owned();
    if let Some((w, h)) = comparative(to) {
        return Some(Command::Resize { who, w, h });
    }
    let to = to.strip_prefix("look ").unwrap_or(to);
    if to.starts_with("colored like ") {
        return Some(Command::Describe { who, words: to.to_owned() });
    }
    let colours = to.split([' ', ',']).filter(|word| *word != "and" && !word.is_empty()).all(names_colour);
    let article = matches!(first_word(to), Some("a" | "an" | "the"));
    let counted = first_word(to).is_some_and(|word| lmd_layout::parse_number_word(word).is_some());
    let worn = matches!(first_word(to), Some("wear" | "wearing" | "hold" | "holding" | "with"));
    // "make the dog bark"
    let deed = verb(to).filter(|deed| deed.form == VerbForm::Base && is_known_verb(to) && !is_adjective(to));
    if let Some(deed) = deed.filter(|_| !colours && !names_colour(to)) {
        return Some(Command::Describe { who, words: deed.attribute });
    }
    if !colours && !worn && (article || counted || names_thing(to)) {
        return Some(Command::Rename { who, to: to.to_owned() });
    }
    Some(Command::Describe { who, words: to.to_owned() })
}

/// Whether bare words name a thing something can turn into, not what it can be like.
fn names_thing(words: &str) -> bool {
    // "lost his horse" is no horse.
    let told = words
        .split(' ')
        .skip(1)
        .any(|word| matches!(word, "the" | "his" | "her" | "its" | "their" | "a" | "of"));
    !told
        && !words.contains(" with ")
        && known_kind(&lmd_layout::singular(words)).is_some()
        && !is_adjective(words)
}
