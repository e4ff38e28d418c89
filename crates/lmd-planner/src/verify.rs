//! From an answer to a layout that was held against its prompt.
//!
//! The facts are read from the prompt by the English parser; a prompt it does
//! not understand gives none, and then only the answer's own form is checked.

use lmd_layout::{FilterOptions, Filtered, Layout, filter_boxes, parse_answer};

use crate::facts::{Fact, facts_of};
use crate::llm::LlmError;
use crate::{Plan, Source, english};

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
    let notes = notes(&filtered);
    Ok(ReadAnswer { layout: filtered.layout, notes })
}

fn notes(filtered: &Filtered) -> Vec<String> {
    let left_out = filtered.dropped.iter().map(|d| format!("\"{}\" was left out: {}", d.caption, d.reason));
    let rescaled = filtered.rescaled.then(|| {
        "a box left the picture, so all boxes were scaled and moved to fit (as the method does)".to_owned()
    });
    left_out.chain(rescaled).collect()
}

/// What a prompt demands of its layout.
#[derive(Debug)]
pub(crate) struct PromptFacts(Vec<Fact>);

impl PromptFacts {
    /// The facts of `prompt`, as far as they are certain. Where some of its
    /// words were not understood, they could have changed what a count, a
    /// place or a relation means; then only what is there and what is not
    /// there is demanded. A prompt that is not understood demands nothing.
    pub(crate) fn of(prompt: &str) -> Self {
        let Ok(scene) = english::parse(prompt) else { return Self(Vec::new()) };
        let mut facts = facts_of(&scene);
        if !scene.not_understood.is_empty() {
            facts.retain(|fact| matches!(fact, Fact::Present { .. } | Fact::Absent { .. }));
        }
        Self(facts)
    }

    /// What `layout` violates, one sentence each.
    pub(crate) fn violated_by(&self, layout: &Layout) -> Vec<String> {
        let demanded = self.0.iter().filter(|fact| !is_scenery(fact, layout));
        demanded.filter_map(|fact| fact.violation(layout)).collect()
    }
}

/// Whether the one thing a fact demands is in the background prompt: a
/// kitchen counter or a study is a thing to one reader and a place to another.
fn is_scenery(fact: &Fact, layout: &Layout) -> bool {
    let (Fact::Count { phrase, exactly: 1 } | Fact::Present { phrase }) = fact else { return false };
    let noun = phrase.rsplit(' ').next().unwrap_or(phrase);
    let background = layout.background().to_lowercase();
    background.split(|c: char| !c.is_alphanumeric()).any(|word| word == noun)
}

/// The plan of an answer that nobody can be asked about again.
pub(crate) fn hand_made(prompt: &str, read: ReadAnswer) -> Plan {
    let mut warnings = read.notes;
    warnings.extend(PromptFacts::of(prompt).violated_by(&read.layout));
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
