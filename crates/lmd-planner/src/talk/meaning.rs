//! What is said about a layout: an instruction, a question, or a word about
//! the conversation itself (`undo`, `another layout`).

use crate::lexicon;

/// What somebody means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// Take the last instruction back.
    Undo,
    /// Do again what was taken back.
    Redo,
    /// Take all instructions back.
    Restart,
    /// Another layout of the same.
    Another,
    /// Something to be answered.
    Question(Question),
    /// Something to be done.
    Instruction,
}

/// An open question about a layout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Question {
    /// What is there?
    WhatIsThere,
    /// How many of it are there, or is there any?
    HowMany(String),
    /// Where is it?
    Where(String),
    /// Is it so?
    IsIt(String),
    /// What colour has it?
    Colour(String),
    /// How large is it?
    Size(String),
    /// Which of all is the larger or smaller?
    Which(String),
    /// What stands so to something: `on the table`?
    WhatIs(String),
    /// What could be added?
    WhatToAdd,
    /// What would make it livelier?
    Livelier,
    /// What would make it better?
    Improve,
    /// What can one say?
    Help,
    /// Any other question.
    Other,
}

const SAID: &str = include_str!("said.txt");

/// Whether a list of `said.txt` has `text`.
fn is_one_of(list: &str, text: &str) -> bool {
    lexicon::lines(SAID, list).any(|phrase| phrase == text)
}

/// What follows the longest phrase of a list that `text` opens with.
fn after<'a>(list: &str, text: &'a str) -> Option<&'a str> {
    let rests = lexicon::lines(SAID, list).filter_map(|phrase| text.strip_prefix(phrase)?.strip_prefix(' '));
    rests.min_by_key(|rest| rest.len())
}

/// What `text` means.
pub(crate) fn meaning(text: &str) -> Meaning {
    let asks = text.trim_end().ends_with('?');
    let text = plain(text);
    let text = text.as_str();
    let stepped = [" one step", " a step", " by one step", " by a step", " 1 step", " by one", " one change"];
    let text = stepped.iter().find_map(|step| text.strip_suffix(step)).unwrap_or(text);
    if is_one_of("undo", text) || goes_back(text) {
        return Meaning::Undo;
    }
    if is_one_of("restart", text) {
        return Meaning::Restart;
    }
    if is_one_of("redo", text) {
        return Meaning::Redo;
    }
    if is_another(text) {
        return Meaning::Another;
    }
    match question(text, asks) {
        Some(question) => Meaning::Question(question),
        None => Meaning::Instruction,
    }
}

/// Lower case, on one line, without politeness and closing signs.
fn plain(text: &str) -> String {
    let lower =
        text.to_lowercase().replace('’', "'").replace("what's", "what is").replace("where's", "where is");
    const CASUAL: [(&str, &str); 6] = [
        ("whats", "what is"),
        ("wheres", "where is"),
        ("wat", "what"),
        ("wats", "what is"),
        ("wut", "what"),
        ("hows", "how is"),
    ];
    let spelled = |word| CASUAL.iter().find(|(casual, _)| *casual == word).map_or(word, |(_, plain)| *plain);
    let words: Vec<&str> = lower.split_whitespace().map(spelled).collect();
    let mut text = words.join(" ");
    text.truncate(text.trim_end_matches(['.', '!', '?', ' ']).len());
    for lead in [
        "please ",
        "can you ",
        "could you ",
        "would you ",
        "will you ",
        "now ",
        "ok, ",
        "ok ",
        "no wait, ",
        "no, ",
        "wait, ",
        "oh, ",
        "actually, ",
        "actually ",
        "so ",
        "and ",
        "hey, ",
    ] {
        text = text.strip_prefix(lead).unwrap_or(&text).to_owned();
    }
    for tail in [", please", " please", " now", " for me", " then", " instead"] {
        text = text.strip_suffix(tail).unwrap_or(&text).to_owned();
    }
    text
}

/// `return to the previous version`, `back to how it was`.
fn goes_back(text: &str) -> bool {
    let Some(state) = after("going back", text) else { return false };
    let noun = after("before", state).map(|noun| noun.trim_start_matches("one "));
    let states = |noun: &str| matches!(noun, "state" | "picture" | "image" | "scene" | "one" | "step");
    is_one_of("before", state) || noun.is_some_and(|noun| is_one_of("layouts", noun) || states(noun))
}

fn is_another(text: &str) -> bool {
    if is_one_of("another", text) {
        return true;
    }
    let rest = [
        "show me ",
        "give me ",
        "try ",
        "make ",
        "i want ",
        "i'd like ",
        "use ",
        "plan ",
        "let us try ",
        "let's try ",
    ]
    .iter()
    .find_map(|lead| text.strip_prefix(lead))
    .unwrap_or(text);
    let noun = [
        "another ",
        "a different ",
        "different ",
        "a new ",
        "an alternative ",
        "a second ",
        "the next ",
        "one more ",
        "some other ",
        "an other ",
        "other ",
    ]
    .iter()
    .find_map(|lead| rest.strip_prefix(lead));
    noun.is_some_and(|noun| is_one_of("layouts", noun.trim_end_matches(" of it").trim_end_matches('s')))
}

fn question(text: &str, asks: bool) -> Option<Question> {
    for (list, question) in [
        ("add", Question::WhatToAdd),
        ("improve", Question::Improve),
        ("help", Question::Help),
        ("describe", Question::WhatIsThere),
    ] {
        if is_one_of(list, text) {
            return Some(question);
        }
    }
    if is_livelier(text) {
        return Some(Question::Livelier);
    }
    match beside_complaints(text) {
        Some(rest) if rest.is_empty() => return Some(Question::Livelier),
        Some(rest) => return question(&rest, asks),
        None => {}
    }
    if lexicon::lines(SAID, "ideas").any(|lead| text.starts_with(lead)) {
        let more = ["add", "else", "missing", "put", "more"].iter().any(|word| text.contains(word));
        return Some(if more { Question::WhatToAdd } else { Question::Improve });
    }
    if let Some(question) = about_what_is(text, asks) {
        return Some(question);
    }
    let wonders = ["what ", "why ", "who ", "which ", "how ", "is ", "are ", "does ", "do you ", "should "];
    let begins = wonders.iter().any(|word| text.starts_with(word));
    if ["what if ", "how about ", "what about ", "why not ", "why don't "]
        .iter()
        .any(|lead| text.starts_with(lead))
    {
        return None;
    }
    let about_ideas = ["suggest ", "propose ", "recommend "].iter().any(|verb| text.starts_with(verb));
    match (about_ideas, begins) {
        (true, _) if text.contains("improve") => Some(Question::Improve),
        (true, _) => Some(Question::WhatToAdd),
        (_, true) if text.contains(" add") || text.contains("missing") => Some(Question::WhatToAdd),
        (_, true) if text.contains("better") || text.contains("improve") => Some(Question::Improve),
        (_, true) if asks || text.starts_with("what ") || text.starts_with("why ") => Some(Question::Other),
        _ => None,
    }
}

/// Questions about what there is: how many, where, of what colour, and whether it is so.
fn about_what_is(text: &str, asks: bool) -> Option<Question> {
    let after = |lead: &str| text.strip_prefix(lead).map(str::to_owned);
    if let Some(what) = after("how many ").or_else(|| after("how much ")) {
        let tails =
            ["are there", "is there", "do we have", "are in the picture", "are in it", "does it have"];
        let tails = tails.iter().chain(&["do you see", "can you see", "are visible", "can be seen"]);
        let what = tails.fold(what, |what, tail| match what.split_once(tail) {
            Some((what, more)) => format!("{} {}", what.trim(), more.trim()).trim().to_owned(),
            None => what,
        });
        return Some(Question::HowMany(what.replacen(" are ", " ", 1)));
    }
    if let Some(what) = colour_of(text) {
        return Some(Question::Colour(what));
    }
    if let Some(question) = about_size(text) {
        return Some(question);
    }
    if let Some(place) =
        ["what is ", "who is ", "what stands ", "what lies ", "who stands ", "which things are "]
            .iter()
            .find_map(|lead| after(lead))
            .filter(|place| crate::english::relation_phrase(&format!("it {place}")).is_some())
    {
        return Some(Question::WhatIs(place));
    }
    if let Some(what) = ["is there ", "are there "].iter().find_map(|lead| after(lead)) {
        let what = what.trim_start_matches("any ").trim_start_matches("a ").trim_start_matches("an ");
        let frames = [" in the picture", " in the image", " in the scene", " in it", " in there", " there"];
        let what = frames.iter().find_map(|frame| what.strip_suffix(frame)).unwrap_or(what);
        return Some(Question::HowMany(what.to_owned()));
    }
    let went = ["where did ", "where has "].iter().find_map(|lead| after(lead));
    if let Some(what) =
        went.and_then(|rest| Some(rest.strip_suffix(" go").or(rest.strip_suffix(" gone"))?.to_owned()))
    {
        return Some(Question::Where(what));
    }
    if let Some(what) = ["where is ", "where are "].iter().find_map(|lead| after(lead)) {
        return Some(Question::Where(what));
    }
    let states = ["the ", "it ", "they ", "both ", "all ", "this ", "one ", "everything "];
    if asks
        && let Some(what) = ["is ", "are ", "does ", "do "].iter().find_map(|lead| after(lead))
        && states.iter().any(|start| what.starts_with(start))
    {
        return Some(Question::IsIt(what));
    }
    None
}

/// `which one is bigger`, `how big is the lake`.
fn about_size(text: &str) -> Option<Question> {
    let which = ["which one is ", "which is ", "which thing is ", "what is "]
        .iter()
        .find_map(|lead| text.strip_prefix(lead));
    let extreme = which.map(|how| how.trim_start_matches("the ").trim_end_matches(" one").to_owned());
    if let Some(how) = extreme.filter(|how| {
        matches!(
            how.as_str(),
            "bigger"
                | "larger"
                | "biggest"
                | "largest"
                | "smaller"
                | "smallest"
                | "taller"
                | "tallest"
                | "wider"
                | "widest"
        )
    }) {
        return Some(Question::Which(how));
    }
    let sizes = ["how big ", "how large ", "how tall ", "how high ", "how wide ", "how small "];
    if let Some(what) = sizes
        .iter()
        .find_map(|lead| text.strip_prefix(lead))
        .and_then(|rest| ["is ", "are ", "should "].iter().find_map(|verb| rest.strip_prefix(verb)))
    {
        return Some(Question::Size(what.to_owned()));
    }
    None
}

/// `what colour is the bird`, `which colour does the bird have`: of what.
fn colour_of(text: &str) -> Option<String> {
    let rest = ["what colour ", "what color ", "which colour ", "which color "]
        .iter()
        .find_map(|lead| text.strip_prefix(lead))?;
    let what = ["is ", "are ", "has ", "does ", "do "].iter().find_map(|verb| rest.strip_prefix(verb))?;
    Some(what.strip_suffix(" have").unwrap_or(what).to_owned())
}

/// `make it more lively`, `add some life`, `it is boring`.
fn is_livelier(text: &str) -> bool {
    let rest = [
        "make it ",
        "make the picture ",
        "make this ",
        "make the scene ",
        "make everything ",
        "make the layout ",
        "it should be ",
        "it could be ",
    ]
    .iter()
    .find_map(|lead| text.strip_prefix(lead));
    let rest = rest.map(|rest| {
        rest.trim_start_matches("look ").trim_start_matches("a bit ").trim_start_matches("a little ")
    });
    let adjective = rest
        .and_then(|rest| rest.strip_prefix("more ").or(rest.strip_prefix("less boring").map(|_| "lively")));
    adjective.is_some_and(|adjective| is_one_of("lively", adjective))
        || rest.is_some_and(|rest| {
            matches!(
                rest,
                "livelier" | "come alive" | "busier" | "funnier" | "fuller" | "less empty" | "richer"
            )
        })
        || is_one_of("more life", text)
        || enlivens(text)
}

/// `spice it up a bit`.
fn enlivens(text: &str) -> bool {
    let text =
        [" a bit", " a little", " somehow"].iter().find_map(|tail| text.strip_suffix(tail)).unwrap_or(text);
    let rest = after("enliven", text);
    let what = rest.and_then(|rest| rest.strip_suffix(" up").or_else(|| rest.strip_prefix("up ")));
    what.is_some_and(|what| is_one_of("subject", what) || what == "things")
}

/// `this looks a bit boring`.
fn complains(text: &str) -> bool {
    let text = text.replace("it's ", "it is ").replace("that's ", "that is ");
    after("subject", &text).and_then(|rest| after("seems", rest)).is_some_and(is_dull)
}

/// `a bit empty`.
fn is_dull(said: &str) -> bool {
    is_one_of("dull", after("degree", said).unwrap_or(said))
}

/// What is said beside complaints that it is dull, in one text; `None` where nobody complains.
fn beside_complaints(text: &str) -> Option<String> {
    let text = text.replace(" so ", ", ").replace(" and ", ", ");
    let parts: Vec<&str> =
        text.split([',', '.', ';', '!', '?']).map(str::trim).filter(|part| !part.is_empty()).collect();
    let rest: Vec<&str> = parts.iter().copied().filter(|part| !complains(part)).collect();
    if rest.len() == parts.len() {
        return None;
    }
    Some(rest.into_iter().filter(|part| !is_dull(part)).collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_and_instructions_are_told_apart() {
        for (said, meant) in [
            ("undo", Meaning::Undo),
            ("Undo that!", Meaning::Undo),
            ("redo", Meaning::Redo),
            ("another layout", Meaning::Another),
            ("Show me a different arrangement, please", Meaning::Another),
            ("try again", Meaning::Another),
            ("give me another version", Meaning::Another),
            ("what could I add?", Meaning::Question(Question::WhatToAdd)),
            ("What's in the picture?", Meaning::Question(Question::WhatIsThere)),
            ("make it more lively", Meaning::Question(Question::Livelier)),
            ("suggest improvements", Meaning::Question(Question::Improve)),
            ("how many cats are there?", Meaning::Question(Question::HowMany("cats".to_owned()))),
            ("is there a dog?", Meaning::Question(Question::HowMany("dog".to_owned()))),
            ("wat color is the cat", Meaning::Question(Question::Colour("the cat".to_owned()))),
            ("which one is bigger?", Meaning::Question(Question::Which("bigger".to_owned()))),
            ("how tall is the dog?", Meaning::Question(Question::Size("the dog".to_owned()))),
            ("where is the cat?", Meaning::Question(Question::Where("the cat".to_owned()))),
            ("why is the sky blue?", Meaning::Question(Question::Other)),
            ("go back one step", Meaning::Undo),
            ("go back a step", Meaning::Undo),
            ("one step back, please", Meaning::Undo),
            ("return to the previous version", Meaning::Undo),
            ("back to how it was", Meaning::Undo),
            ("go forward a step", Meaning::Redo),
            ("do that again", Meaning::Redo),
            ("bring that change back", Meaning::Redo),
            ("this looks a bit boring, spice it up", Meaning::Question(Question::Livelier)),
            ("it's too plain, jazz it up a bit", Meaning::Question(Question::Livelier)),
            ("This is dull and empty.", Meaning::Question(Question::Livelier)),
            ("the picture is a little empty, add something", Meaning::Question(Question::Livelier)),
            ("this looks dull. What would you change?", Meaning::Question(Question::Improve)),
        ] {
            assert_eq!(meaning(said), meant, "{said}");
        }
        for said in [
            "move the cat to the left",
            "could you make the car red?",
            "add another cat",
            "another one",
            "add a dog next to the cat",
            "make it bigger",
            "make it night",
            "two more",
            "put the cat back on the sofa",
            "how about a dog?",
            "what about a red hat?",
            "the cat should be on the left",
            "it looks empty, add a dog",
            "put the cat back on the sofa",
            "move it back a bit",
        ] {
            assert_eq!(meaning(said), Meaning::Instruction, "{said}");
        }
    }
}
