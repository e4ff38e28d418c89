//! From an answer to a layout that was held against its prompt.
//!
//! The facts are read from the prompt by the English parser; a prompt it does
//! not understand gives none, and then only the answer's own form is checked.

use lmd_layout::{FilterOptions, Filtered, Layout, Note, check_layout, filter_boxes, parse_answer, singular};

use crate::facts::{Fact, facts_of, found};
use crate::llm::LlmError;
use crate::{Plan, Scene, Source, english};

/// An answer read as a layout.
#[derive(Debug)]
pub(crate) struct ReadAnswer {
    pub(crate) layout: Layout,
    /// What was left out or changed on the way, one sentence each.
    pub(crate) notes: Vec<String>,
}

/// Reads an answer and filters its boxes (A.3, A.5).
pub(crate) fn read_answer(answer: &str, options: &FilterOptions) -> Result<ReadAnswer, LlmError> {
    let bad = |reason: String| LlmError::BadAnswer { reason, answer: answer.to_owned() };
    let parsed = parse_answer(answer).map_err(|e| bad(e.to_string()))?;
    let filtered = filter_boxes(&parsed.draft, options).map_err(|e| bad(e.to_string()))?;
    let told = |note: &&Note| matches!(note, Note::Guessed | Note::PartlyRead);
    let guessed = parsed.notes.iter().filter(told).map(Note::to_string);
    let notes = guessed.chain(notes(&filtered)).collect();
    Ok(ReadAnswer { layout: filtered.layout, notes })
}

fn notes(filtered: &Filtered) -> impl Iterator<Item = String> {
    let left_out = filtered.dropped.iter().map(|d| format!("\"{}\" was left out: {}", d.caption, d.reason));
    let rescaled = filtered.rescaled.then(|| {
        "a box left the picture, so all boxes were scaled and moved to fit (as the method does)".to_owned()
    });
    left_out.chain(rescaled)
}

/// What a prompt demands of its layout.
#[derive(Debug, Default)]
pub(crate) struct PromptFacts {
    facts: Vec<Fact>,
    /// What the prompt says; nothing for one that is not understood.
    scene: Scene,
    /// The words of the prompt, in the singular.
    words: Vec<String>,
}

impl PromptFacts {
    /// The facts of `prompt`, as far as they are certain. Where some of its
    /// words were not understood, they could have changed what a count, a
    /// place or a relation means; then only what is there and what is not
    /// there is demanded. A prompt that is not understood demands nothing.
    pub(crate) fn of(prompt: &str) -> Self {
        let Ok(scene) = english::parse(prompt) else { return Self::default() };
        let mut facts = facts_of(&scene);
        if !scene.not_understood.is_empty() {
            facts.retain(|fact| matches!(fact, Fact::Present { .. } | Fact::Absent { .. }));
        }
        Self { facts, scene, words: words(prompt) }
    }

    /// What the prompt says, as far as it was understood.
    pub(crate) fn scene(&self) -> &Scene {
        &self.scene
    }

    /// What `layout` violates, one sentence each.
    pub(crate) fn violated_by(&self, layout: &Layout) -> Vec<String> {
        let violated = self.broken_by(layout).filter_map(|fact| fact.violation(layout));
        let terms = negative_terms(layout.negative()).filter(|term| self.wants(term));
        let forbidden =
            terms.map(|term| format!("the negative prompt forbids \"{term}\", which the prompt asks for"));
        violated.chain(forbidden).collect()
    }

    /// Whether `layout` shows none of the things that the prompt demands.
    pub(crate) fn is_missed_by(&self, layout: &Layout) -> bool {
        let mut demanded = self.facts.iter().filter_map(|fact| match fact {
            Fact::Count { .. } | Fact::Present { .. } if is_scenery(fact, layout) => None,
            Fact::Count { phrase, .. } | Fact::Present { phrase } => phrase.rsplit(' ').next(),
            _ => None,
        });
        demanded.clone().next().is_some() && demanded.all(|noun| found(layout, noun).is_empty())
    }

    /// The facts that `layout` does not show.
    pub(crate) fn broken_by<'a>(&'a self, layout: &'a Layout) -> impl Iterator<Item = &'a Fact> {
        self.facts.iter().filter(|fact| !fact.holds(layout) && !is_scenery(fact, layout))
    }

    /// Whether the prompt asks for what a term of a negative prompt forbids.
    pub(crate) fn wants(&self, term: &str) -> bool {
        let term = words(term);
        let asked = !term.is_empty() && term.iter().all(|word| self.words.contains(word));
        asked && !self.scene.absent.iter().any(|absent| words(absent).last() == term.last())
    }
}

/// A fact of a prompt, and whether a layout shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CheckedFact {
    /// What the prompt says: `there should be exactly one red car`.
    pub text: String,
    /// Whether the layout shows it.
    pub holds: bool,
    /// What is wrong with the layout, where it does not.
    pub violation: Option<String>,
}

/// What a prompt says for certain, each held against a layout. Empty for a prompt that is not understood.
#[must_use]
pub fn checked_facts(prompt: &str, layout: &Layout) -> Vec<CheckedFact> {
    let facts = PromptFacts::of(prompt).facts.into_iter();
    let checked = facts.map(|fact| {
        let violation = fact.violation(layout).filter(|_| !is_scenery(&fact, layout));
        CheckedFact { text: fact.to_string(), holds: violation.is_none(), violation }
    });
    checked.collect()
}

/// The terms of a negative prompt.
pub(crate) fn negative_terms(negative: &str) -> impl Iterator<Item = &str> {
    negative.split([',', ';']).map(str::trim).filter(|term| !term.is_empty())
}

/// The words of a text in lower case and in the singular.
pub(crate) fn words(text: &str) -> Vec<String> {
    let lower = text.to_lowercase();
    let words = lower.split(|c: char| !c.is_alphanumeric() && c != '\'').filter(|word| !word.is_empty());
    words.map(singular).collect()
}

/// What is likely to spoil the picture of a layout, one sentence each,
/// whoever planned it.
pub(crate) fn doubts(layout: &Layout) -> impl Iterator<Item = String> {
    check_layout(layout).into_iter().map(|warning| warning.to_string())
}

/// Whether the one thing a fact demands has no box and is in the background prompt: a
/// kitchen counter or a study is a thing to one reader and a place to another.
fn is_scenery(fact: &Fact, layout: &Layout) -> bool {
    let (Fact::Count { phrase, exactly: 1 } | Fact::Present { phrase }) = fact else { return false };
    if !found(layout, phrase).is_empty() {
        return false;
    }
    let noun = phrase.rsplit_once(' ').map_or(phrase.as_str(), |(_, noun)| noun);
    let background = layout.background().to_lowercase();
    background.split(|c: char| !c.is_alphanumeric()).any(|word| word == noun)
}

/// The plan of an answer that nobody can be asked about again.
pub(crate) fn hand_made(prompt: &str, read: ReadAnswer) -> Plan {
    let mut warnings = read.notes;
    warnings.extend(PromptFacts::of(prompt).violated_by(&read.layout));
    warnings.extend(doubts(&read.layout).filter(|doubt| !warnings.contains(doubt)).collect::<Vec<_>>());
    Plan { layout: read.layout, warnings, source: Source::ByHand }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn warnings(prompt: &str, answer: &str) -> Vec<String> {
        hand_made(prompt, read_answer(answer, &FilterOptions::default()).unwrap()).warnings
    }

    const TWO: &str = "[('a red car', [10, 200, 150, 150]), ('a cat', [300, 200, 150, 150])]\nBackground prompt: A realistic scene";

    #[test]
    fn what_a_layout_violates_is_named() {
        assert_eq!(warnings("a red car to the left of a cat", TWO), [""; 0]);
        let wrong = [
            ("a red car to the right of a cat", "right"),
            ("a red car and two cats", "two cats"),
            ("a red car without cats", "no cat"),
            ("a blue car and a cat", "blue car"),
            ("a red car, a cat and a dog", "dog"),
        ];
        for (prompt, expected) in wrong {
            let warnings = warnings(prompt, TWO);
            assert!(warnings.iter().any(|w| w.contains(expected)), "{prompt}: {warnings:?}");
        }
    }

    #[test]
    fn a_negative_prompt_must_not_forbid_what_is_asked_for() {
        let answer = |negative: &str| format!("{TWO}\nNegative prompt: {negative}");
        let warned = |prompt: &str, negative: &str| {
            warnings(prompt, &answer(negative))
                .iter()
                .any(|warning| warning.contains("negative prompt forbids"))
        };
        let prompt = "a red car and a cat under a painting of a ship";
        assert!(warned(prompt, "ships") && warned(prompt, "blurry, red cars"));
        assert!(!warned(prompt, "dogs") && !warned("a red car and a cat without ships", "ships"));
    }

    #[test]
    fn other_languages_and_no_prompt_demand_nothing() {
        assert_eq!(warnings("一辆红色的汽车和两只狗", TWO), [""; 0]);
        assert_eq!(warnings("", TWO), [""; 0]);
    }

    #[test]
    fn a_place_may_be_a_thing_or_the_background() {
        let answer = "[('a kettle', [10, 200, 150, 150])]\nBackground prompt: A photo of a kitchen counter";
        assert_eq!(warnings("a kitchen counter with a kettle", answer), [""; 0]);
        let elsewhere = answer.replace("kitchen counter", "garden");
        assert_eq!(warnings("a kitchen counter with a kettle", &elsewhere).len(), 1);
    }

    #[test]
    fn boxes_left_out_are_told() {
        let answer =
            "[('a beach', [0, 0, 512, 512]), ('a cat', [10, 10, 100, 100])]\nBackground prompt: A beach";
        let warnings = warnings("", answer);
        assert!(warnings.len() == 1 && warnings[0].contains("a beach"), "{warnings:?}");
    }
}
