//! What is said about a layout: an instruction, a question, or a word about
//! the conversation itself (`undo`, `another layout`).

/// What somebody means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// Take the last instruction back.
    Undo,
    /// Do again what was taken back.
    Redo,
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

const UNDO: &str = "undo|undo that|undo it|undo this|undo the last change|undo last change|go back|revert|revert that|\
    take that back|take it back|step back|undo the last one|undo the last step|undo last step|as it was before|as it was|\
    the way it was|the way it was before|like before|like it was before|like it was|make it as it was|\
    make it as it was before|make it like it was|make it like before|put it back as it was|put it back the way it was|\
    put everything back|put everything back as it was|restore it|reverse that|reverse it|cancel that|cancel|never mind|\
    forget that|back to the previous layout|go back to the previous layout|back to before|previous layout|\
    the previous layout|the previous one was better|that was better before|it was better before|leave it as it was";
const REDO: &str = "redo|redo that|redo it|undo the undo|redo the last change|step forward|put it back again";
const ANOTHER: &str = "shuffle|reshuffle|rearrange|re-roll|reroll|try again|try another|next|next one|next layout|\
    something different|something else|rearrange it|rearrange everything|rearrange them|shuffle them|shuffle it|\
    shuffle everything|shuffle the objects|rearrange the objects|arrange it differently|arrange them differently|\
    do it differently|lay it out differently|another try|regenerate|another way";
/// Nouns of `another …`, `a different …`.
const LAYOUTS: &str =
    "layout|arrangement|version|variant|variation|composition|option|alternative|placement|constellation";
const ADD: &str = "what could i add|what can i add|what should i add|what else could i add|what else|what is missing|\
    what could be added|what else could be there|what else can i add|any ideas|ideas|give me ideas|\
    give me some ideas|suggest something|suggest something to add|suggest additions|what would fit|what would fit in|\
    suggest more objects|suggest an object|suggest objects|what could we add|what else should be there|inspire me|\
    suggest something new|what would you add|anything missing|is anything missing|is something missing";
const IMPROVE: &str = "suggest improvements|suggest some improvements|suggest an improvement|improve it|improve this|\
    improve the layout|improve the picture|improve the composition|improve|make it better|make the picture better|\
    make this better|how can i improve it|how could i improve it|how can i improve this|what could be better|\
    what can be improved|what could be improved|how could it be better|how can it be improved|any suggestions|\
    suggestions|what do you suggest|what would you change|what should i change|what could i change|is it good|\
    is it ok|is this ok|is this good|what do you think|any improvements|give me suggestions|critique it|\
    what is wrong|what is wrong with it|do you have suggestions|how does it look|make it nicer|make it look better";
const HELP: &str = "help|what can you do|what can i say|what can i do|how does this work|what can i ask|\
    what commands are there|how do i change it|what are my options|what now";
const DESCRIBE: &str = "what is in the picture|what is in it|what is there|what is in the image|what is in the layout|\
    what is in the scene|describe|describe it|describe the picture|describe the layout|describe the scene|\
    describe the image|what do you see|what can you see|list|list the objects|list everything|list objects|\
    what does it show|what does the picture show|what objects are there|what things are there|what have we got|\
    tell me what is there|what do we have|show me what is there|what is on the picture|what is visible|\
    what does the layout look like|what does it look like|summarize|summarise|summarize it";
/// Adjectives of `make it more …`.
const LIVELY: &str = "lively|interesting|exciting|fun|dynamic|alive|vivid|entertaining|crowded|busy|cheerful|varied|\
    animated|engaging|full|playful|funny|eventful|lifelike|rich|detailed";

fn is_one_of(list: &str, text: &str) -> bool {
    list.split('|').any(|phrase| phrase == text)
}

/// What `text` means.
pub(crate) fn meaning(text: &str) -> Meaning {
    let asks = text.trim_end().ends_with('?');
    let text = plain(text);
    let text = text.as_str();
    if is_one_of(UNDO, text) {
        return Meaning::Undo;
    }
    if is_one_of(REDO, text) {
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
    let words: Vec<&str> = lower.split_whitespace().collect();
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

fn is_another(text: &str) -> bool {
    if is_one_of(ANOTHER, text) {
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
    noun.is_some_and(|noun| is_one_of(LAYOUTS, noun.trim_end_matches(" of it").trim_end_matches('s')))
}

fn question(text: &str, asks: bool) -> Option<Question> {
    for (list, question) in [
        (ADD, Question::WhatToAdd),
        (IMPROVE, Question::Improve),
        (HELP, Question::Help),
        (DESCRIBE, Question::WhatIsThere),
    ] {
        if is_one_of(list, text) {
            return Some(question);
        }
    }
    if is_livelier(text) {
        return Some(Question::Livelier);
    }
    let wanted = [
        "any idea",
        "any suggestion",
        "ideas ",
        "some ideas",
        "do you have any ideas",
        "do you have ideas",
        "got any ideas",
        "have you got any ideas",
        "i need ideas",
    ];
    if wanted.iter().any(|lead| text.starts_with(lead)) {
        let more = ["add", "else", "missing", "put", "more"].iter().any(|word| text.contains(word));
        return Some(if more { Question::WhatToAdd } else { Question::Improve });
    }
    let after = |lead: &str| text.strip_prefix(lead).map(str::to_owned);
    if let Some(what) = after("how many ") {
        let what = ["are there", "do we have", "are in", "does it have"]
            .iter()
            .fold(what, |what, tail| what.split(tail).next().unwrap_or(&what).trim().to_owned());
        return Some(Question::HowMany(what));
    }
    if let Some(what) = ["is there ", "are there "].iter().find_map(|lead| after(lead)) {
        let what = what.trim_start_matches("any ").trim_start_matches("a ").trim_start_matches("an ");
        let what = what.split(" in the ").next().unwrap_or(what);
        return Some(Question::HowMany(what.to_owned()));
    }
    if let Some(what) = ["where is ", "where are "].iter().find_map(|lead| after(lead)) {
        return Some(Question::Where(what));
    }
    let wonders = ["what ", "why ", "who ", "which ", "how ", "is ", "are ", "does ", "do you ", "should "];
    let begins = wonders.iter().any(|word| text.starts_with(word));
    if ["what if ", "how about ", "what about "].iter().any(|lead| text.starts_with(lead)) {
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
    adjective.is_some_and(|adjective| is_one_of(LIVELY, adjective))
        || rest.is_some_and(|rest| {
            matches!(
                rest,
                "livelier" | "come alive" | "busier" | "funnier" | "fuller" | "less empty" | "richer"
            )
        })
        || matches!(
            text,
            "it is boring"
                | "it is too empty"
                | "it looks empty"
                | "it looks boring"
                | "add some life"
                | "add more life"
                | "add more details"
                | "add more detail"
                | "spice it up"
                | "liven it up"
                | "bring it to life"
                | "boring"
        )
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
            ("where is the cat?", Meaning::Question(Question::Where("the cat".to_owned()))),
            ("why is the sky blue?", Meaning::Question(Question::Other)),
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
        ] {
            assert_eq!(meaning(said), Meaning::Instruction, "{said}");
        }
    }
}
