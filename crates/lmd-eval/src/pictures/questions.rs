//! What a detector is asked about a picture.

use crate::benchmark::with_article;
use crate::suites::{Rules, Task};

/// The colours that GenEval tells apart.
const GENEVAL_COLOURS: [&str; 10] =
    ["red", "orange", "yellow", "green", "blue", "purple", "pink", "brown", "black", "white"];

/// One query with what it asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The class, in the singular.
    pub class: String,
    /// The colour, where it is part of the query.
    pub colour: Option<String>,
}

impl Question {
    /// The query as it is put to a detector: "a photo of a red car".
    #[must_use]
    pub fn text(&self) -> String {
        format!("a photo of {}", with_article(&phrase(&self.class, self.colour.as_deref())))
    }
}

/// A class with its colour, where it has one.
pub(super) fn phrase(class: &str, colour: Option<&str>) -> String {
    colour.into_iter().chain([class]).collect::<Vec<_>>().join(" ")
}

/// The questions about a picture of a prompt, each once. By LMD's rules a phrase is one query, with its colour. By
/// GenEval's a class that must have a colour is asked for in each colour, so that every box gets the colour that suits it
/// best.
#[must_use]
pub fn questions(task: &Task, rules: Rules) -> Vec<Question> {
    let of = |class: &str, colour: Option<&str>| Question {
        class: class.to_owned(),
        colour: colour.map(str::to_owned),
    };
    let mut all: Vec<Question> = Vec::new();
    let mut ask = |question: Question| {
        if !all.contains(&question) {
            all.push(question);
        }
    };
    for clause in &task.include {
        match (rules, &clause.color) {
            (Rules::GenEval, Some(colour)) => {
                let known = GENEVAL_COLOURS.contains(&colour.as_str());
                let colours = GENEVAL_COLOURS.into_iter().chain((!known).then_some(colour.as_str()));
                colours.for_each(|colour| ask(of(&clause.class, Some(colour))));
            }
            (_, colour) => ask(of(&clause.class, colour.as_deref())),
        }
    }
    task.exclude.iter().for_each(|limit| ask(of(&limit.class, None)));
    all
}
