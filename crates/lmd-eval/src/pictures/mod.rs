//! Whether a picture shows what its prompt says, from what a detector found in it. Pure: no network, no file.

mod geneval;
mod lmd;
mod questions;
mod report;
mod stage_one;
mod wilson;

use serde::{Deserialize, Serialize};

pub use questions::{Question, questions};
pub use report::{Cell, Column, FamilyScore, PictureReport, Sample, Score};
pub use stage_one::judge_layout;
pub use wilson::{Interval, wilson};

use crate::suites::{Rules, Task};

/// A thing that a detector found, after its selection.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// Which question it answers, by its index.
    pub question: usize,
    /// What the detector calls it.
    pub label: String,
    /// How sure the detector is.
    pub score: f32,
    /// Left, top, right and bottom in pixels, or in any unit that is the same along both axes.
    pub corners: [f32; 4],
}

impl Finding {
    fn center(&self) -> [f32; 2] {
        let [left, top, right, bottom] = self.corners;
        [(left + right) / 2.0, (top + bottom) / 2.0]
    }

    fn size(&self) -> [f32; 2] {
        let [left, top, right, bottom] = self.corners;
        [right - left, bottom - top]
    }
}

/// Whether a picture is right, and if not, why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// Whether it shows what its prompt says.
    pub right: bool,
    /// What is wrong, for people; nothing where it is right.
    pub reasons: Vec<String>,
}

impl Verdict {
    /// Right where nothing is wrong.
    #[must_use]
    pub fn of(reasons: Vec<String>) -> Self {
        Self { right: reasons.is_empty(), reasons }
    }
}

/// Judges a picture by what was found for the [`questions`] of its prompt.
#[must_use]
pub fn judge(task: &Task, rules: Rules, findings: &[Finding]) -> Verdict {
    let asked = questions(task, rules);
    Verdict::of(match rules {
        Rules::Lmd => lmd::faults(task, &asked, findings),
        Rules::GenEval => geneval::faults(task, &asked, findings),
    })
}

#[cfg(test)]
mod tests;
