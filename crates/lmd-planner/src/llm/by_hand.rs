//! Planning by hand: print the question, paste the answer.

use lmd_layout::FilterOptions;

use super::LlmError;
use super::template::{self, AnswerForm};
use super::words::shorten;
use crate::verify::{hand_made, read_answer};
use crate::{Plan, PlanError, normalize_prompt};

/// Characters of a text that are quoted when it is no layout.
const EXCERPT_CHARS: usize = 160;

/// The question about `prompt` as it would be sent, in the text grammar, to
/// be pasted into any chat.
///
/// # Errors
/// [`PlanError::EmptyPrompt`], [`PlanError::PromptTooLong`].
pub fn print_prompt(prompt: &str) -> Result<String, PlanError> {
    Ok(template::opening(&normalize_prompt(prompt)?, AnswerForm::Text))
}

/// The layout of an answer somebody pasted. What it violates of the prompt is
/// a warning. With an empty prompt nothing is held against it.
///
/// # Errors
/// [`PlanError::NotALayout`] when it is none.
///
/// ```
/// let answer = "Objects: [('a red car', [50, 200, 300, 200])]\nBackground prompt: a road\nNegative prompt:";
/// let plan = lmd_planner::llm::plan_from_answer("a red car", answer)?;
/// assert_eq!((plan.layout.background(), plan.warnings.len()), ("a road", 0));
/// # Ok::<(), lmd_planner::PlanError>(())
/// ```
pub fn plan_from_answer(prompt: &str, answer: &str) -> Result<Plan, PlanError> {
    let read = read_answer(answer, &FilterOptions::default()).map_err(|error| match error {
        LlmError::BadAnswer { reason, answer } => {
            PlanError::NotALayout { reason, excerpt: shorten(&answer, EXCERPT_CHARS) }
        }
        other => other.into(),
    })?;
    Ok(hand_made(prompt, read))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Source;

    #[test]
    fn the_question_is_complete() {
        let text = print_prompt(" a red car. ").unwrap();
        assert!(text.ends_with("Caption: a red car\nObjects:"));
        assert_eq!(text.matches("Caption: ").count(), 8);
        assert!(print_prompt(" . ").is_err());
    }

    #[test]
    fn a_pasted_answer_becomes_a_plan() {
        let answer = "Sure!\n```\nObjects: [('a red car', [50, 200, 300, 200])]\n\
                      Background prompt: A realistic scene\nNegative prompt: \n```";
        let plan = plan_from_answer("a red car", answer).unwrap();
        assert_eq!(plan.source, Source::ByHand);
        assert_eq!(plan.layout.objects()[0].caption.as_str(), "a red car");
        let error = plan_from_answer("a red car", "I cannot draw.").unwrap_err().to_string();
        assert!(error.contains("not a layout") && error.contains("I cannot draw"), "{error}");
    }
}
