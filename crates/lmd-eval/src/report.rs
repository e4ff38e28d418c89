//! Reports of the benchmark: rates per family, and every failure by name.

use std::fmt;

use lmd_layout::{Canvas, Layout};
use serde::Serialize;

use crate::benchmark::{Family, Prompt};
use crate::predicates::Predicate;

/// What came of planning a list of prompts.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// Who planned: `offline`, `llm gpt-4o`, a file of answers.
    pub source: String,
    /// One line per family that was tried.
    pub families: Vec<Score>,
    /// All of them together.
    pub overall: Rate,
    /// Prompts for which there was no layout at all. They count as failures.
    pub errors: usize,
    /// Every prompt that failed, in the benchmark's order.
    pub failures: Vec<Failure>,
}

/// How one family went.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Score {
    /// The family.
    pub family: Family,
    /// Its rate.
    #[serde(flatten)]
    pub rate: Rate,
}

/// How many of how many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Rate {
    /// How many passed.
    pub passed: usize,
    /// How many were tried.
    pub attempted: usize,
    /// Their share in percent, 0 when nothing was tried.
    pub percent: f64,
}

impl Rate {
    /// Counts one more attempt.
    pub fn add(&mut self, passed: bool) {
        self.passed += usize::from(passed);
        self.attempted += 1;
        self.percent = 100.0 * self.passed as f64 / self.attempted as f64;
    }
}

/// A prompt that failed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Failure {
    /// Its place in the list, from 0.
    pub index: usize,
    /// Its family.
    pub family: Family,
    /// Its text.
    pub prompt: String,
    /// What was wrong.
    pub reason: String,
    /// Whether there was no layout at all.
    pub error: bool,
    /// The layout's objects.
    pub objects: Vec<Boxed>,
}

/// An object of a layout as reports show it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Boxed {
    /// Its caption.
    pub caption: String,
    /// `[x, y, w, h]` in pixels of the 512 canvas, rounded.
    #[serde(rename = "box_512")]
    pub xywh: [f64; 4],
}

/// Plans every prompt with `plan` and checks what comes back.
pub fn run(source: &str, prompts: &[Prompt], mut plan: impl FnMut(&str) -> Result<Layout, String>) -> Report {
    let mut report = Report {
        source: source.to_owned(),
        families: Vec::new(),
        overall: Rate::default(),
        errors: 0,
        failures: Vec::new(),
    };
    for (index, prompt) in prompts.iter().enumerate() {
        let failure = judge(prompt, plan(&prompt.text)).err().map(|f| Failure { index, ..f });
        report.add(prompt.family, failure);
    }
    report
}

/// Checks one answer.
fn judge(prompt: &Prompt, answer: Result<Layout, String>) -> Result<(), Failure> {
    let failure = |reason, error, objects| Failure {
        index: 0,
        family: prompt.family,
        prompt: prompt.text.clone(),
        reason,
        error,
        objects,
    };
    let layout = answer.map_err(|reason| failure(format!("no layout: {reason}"), true, Vec::new()))?;
    let predicate = Predicate::read(&prompt.text).ok_or_else(|| {
        failure("no rule of the benchmark applies to this prompt".to_owned(), true, Vec::new())
    })?;
    predicate.check(&layout).map_err(|reason| failure(reason, false, boxes(&layout)))
}

/// The objects of `layout` for a report.
#[must_use]
pub fn boxes(layout: &Layout) -> Vec<Boxed> {
    let boxed = |object: &lmd_layout::Object| Boxed {
        caption: object.caption.as_str().to_owned(),
        xywh: object.bbox.to_xywh(Canvas::REFERENCE).map(f64::round),
    };
    layout.objects().iter().map(boxed).collect()
}

impl Report {
    fn add(&mut self, family: Family, failure: Option<Failure>) {
        let position = self.families.iter().position(|score| score.family == family).unwrap_or_else(|| {
            self.families.push(Score { family, rate: Rate::default() });
            self.families.len() - 1
        });
        self.families[position].rate.add(failure.is_none());
        self.overall.add(failure.is_none());
        self.errors += usize::from(failure.as_ref().is_some_and(|f| f.error));
        self.failures.extend(failure);
    }

    /// The share of a family in percent, `None` when it was not tried.
    #[must_use]
    pub fn percent(&self, family: Family) -> Option<f64> {
        self.families.iter().find(|score| score.family == family).map(|score| score.rate.percent)
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>6} {:>9} {:>7.1}", self.passed, self.attempted, self.percent)
    }
}

impl fmt::Display for Boxed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [x, y, w, h] = self.xywh;
        write!(f, "{} [{x}, {y}, {w}, {h}]", self.caption)
    }
}

/// Writes the objects of a failure on one line.
pub(crate) fn write_objects(f: &mut fmt::Formatter<'_>, objects: &[Boxed]) -> fmt::Result {
    if objects.is_empty() {
        return Ok(());
    }
    let text: Vec<String> = objects.iter().map(Boxed::to_string).collect();
    writeln!(f, "    objects: {}", text.join("; "))
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "layouts by {}", self.source)?;
        writeln!(f, "{:<12} {:>6} {:>9} {:>7}", "family", "passed", "attempted", "percent")?;
        for score in &self.families {
            writeln!(f, "{:<12} {}", score.family, score.rate)?;
        }
        writeln!(f, "{:<12} {}", "overall", self.overall)?;
        if self.errors > 0 {
            writeln!(f, "without a layout: {}", self.errors)?;
        }
        for failure in &self.failures {
            writeln!(f, "\nfailed: {} ({}, prompt {})", failure.prompt, failure.family, failure.index)?;
            writeln!(f, "    {}", failure.reason)?;
            write_objects(f, &failure.objects)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::benchmark;
    use lmd_layout::{BBox, Object};

    #[test]
    fn errors_are_failures_and_are_named() {
        let report = run("a test", &benchmark::prompts(), |prompt| {
            if prompt.contains("without") { Ok(Layout::default()) } else { Err("tired".to_owned()) }
        });
        assert_eq!(report.percent(Family::Negation), Some(100.0));
        assert_eq!(report.percent(Family::Numeracy), Some(0.0));
        assert_eq!((report.overall.passed, report.overall.attempted, report.errors), (100, 400, 300));
        assert_eq!(report.failures[0].index, 100);
        let text = report.to_string();
        assert!(text.contains("overall         100       400    25.0"), "{text}");
        assert!(text.contains("no layout: tired"));
    }

    #[test]
    fn a_failure_shows_the_objects() {
        let prompts: Vec<Prompt> = benchmark::prompts().into_iter().take(1).collect();
        let backpack = Object::new("a backpack", BBox::new(0.5, 0.5, 0.25, 0.25).unwrap()).unwrap();
        let layout = Layout::new(vec![backpack], "", "").unwrap();
        let report = run("a test", &prompts, |_| Ok(layout.clone()));
        assert_eq!(report.failures.len(), 1);
        assert!(report.to_string().contains("a backpack [256, 256, 128, 128]"));
        let json = serde_json::to_value(&report).unwrap();
        assert_eq!(json["families"][0]["attempted"], 1);
        assert_eq!(json["failures"][0]["objects"][0]["box_512"][2], 128.0);
    }
}
