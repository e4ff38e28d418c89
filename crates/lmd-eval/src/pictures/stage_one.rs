//! Whether a layout already says what its prompt says, before anything is drawn.

use lmd_layout::{Canvas, Layout};

use super::finding::{Finding, Verdict};
use super::questions::{Question, questions};
use super::verdict::judge;
use crate::predicates::Predicate;
use crate::suites::{Suite, Task};

/// Judges a layout. The paper's own suite has the paper's own predicates (A.8); of others a box whose caption holds the
/// words of a question counts as a finding.
#[must_use]
pub fn judge_layout(suite: &Suite, task: &Task, layout: &Layout) -> Verdict {
    if suite.head.name == "paper"
        && let Some(predicate) = Predicate::read(&task.prompt)
    {
        return Verdict::of(predicate.check(layout).err().into_iter().collect());
    }
    let asked = questions(task, suite.head.rules);
    let findings = layout.objects().iter().filter_map(|object| {
        let caption = format!(" {} ", object.caption.as_str().to_lowercase());
        let [left, top, right, bottom] = object.bbox.to_xyxy(Canvas::REFERENCE);
        let corners = [left, top, right, bottom].map(|side| side as f32);
        let question = answered(&asked, &caption)?;
        Some(Finding { question, score: 1.0, corners })
    });
    judge(task, suite.head.rules, &findings.collect::<Vec<_>>())
}

/// The question that a caption answers: one with its colour before one without.
fn answered(asked: &[Question], caption: &str) -> Option<usize> {
    let says = |words: &str| caption.contains(&format!(" {} ", words.to_lowercase()));
    let fits = |question: &Question| says(&question.class) && question.colour.as_deref().is_none_or(says);
    let with_colour = asked.iter().position(|question| question.colour.is_some() && fits(question));
    with_colour.or_else(|| asked.iter().position(fits))
}
