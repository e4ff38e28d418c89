//! [`judge`]: the verdict on a picture by the rules of its suite.

use super::finding::{Finding, Verdict};
use super::questions::questions;
use super::{geneval, lmd};
use crate::suites::{Rules, Task};

/// Judges a picture by what was found for the [`questions`] of its prompt.
#[must_use]
pub fn judge(task: &Task, rules: Rules, findings: &[Finding]) -> Verdict {
    let asked = questions(task, rules);
    Verdict::of(match rules {
        Rules::Lmd => lmd::faults(task, &asked, findings),
        Rules::GenEval => geneval::faults(task, &asked, findings),
    })
}
