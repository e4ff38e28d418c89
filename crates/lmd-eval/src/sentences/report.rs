//! The report on sentences: a rate per half, per kind of fact, and failures.

use std::collections::BTreeMap;
use std::fmt;

use lmd_layout::Layout;
use serde::Serialize;

use super::{ExpectationKind, Sentence, Set};
use crate::report::{Boxed, Rate, boxes, write_objects};

/// What came of planning sentences. A sentence passes when all its facts hold.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct SentenceReport {
    /// Who planned.
    pub source: String,
    /// All sentences together.
    pub overall: Rate,
    /// Each half of them.
    pub sets: BTreeMap<Set, Rate>,
    /// Single facts, by kind.
    pub facts: BTreeMap<ExpectationKind, Rate>,
    /// Sentences for which there was no layout. They and their facts count as
    /// failures.
    pub errors: usize,
    /// Every sentence that failed.
    pub failures: Vec<FailedSentence>,
}

/// A sentence that failed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FailedSentence {
    /// Its half.
    pub set: Set,
    /// Its text.
    pub text: String,
    /// Each violated fact and what was wrong, or why there is no layout.
    pub reasons: Vec<String>,
    /// The layout's objects.
    pub objects: Vec<Boxed>,
    /// The layout's background prompt.
    pub background: String,
}

/// Plans every sentence with `plan` and checks its facts.
pub fn run(
    source: &str,
    sentences: &[Sentence],
    mut plan: impl FnMut(&str) -> Result<Layout, String>,
) -> SentenceReport {
    let mut report = SentenceReport { source: source.to_owned(), ..SentenceReport::default() };
    for sentence in sentences {
        report.add(sentence, plan(&sentence.text));
    }
    report
}

impl SentenceReport {
    fn add(&mut self, sentence: &Sentence, answer: Result<Layout, String>) {
        let mut reasons = Vec::new();
        match &answer {
            Ok(layout) => {
                for fact in &sentence.facts {
                    let verdict = fact.check(layout);
                    self.facts.entry(fact.kind()).or_default().add(verdict.is_ok());
                    reasons.extend(verdict.err().map(|why| format!("{fact}: {why}")));
                }
            }
            Err(why) => {
                self.errors += 1;
                reasons.push(format!("no layout: {why}"));
                for fact in &sentence.facts {
                    self.facts.entry(fact.kind()).or_default().add(false);
                }
            }
        }
        self.overall.add(reasons.is_empty());
        self.sets.entry(sentence.set).or_default().add(reasons.is_empty());
        if !reasons.is_empty() {
            self.failures.push(FailedSentence::new(sentence, reasons, answer.ok().as_ref()));
        }
    }
}

impl FailedSentence {
    fn new(sentence: &Sentence, reasons: Vec<String>, layout: Option<&Layout>) -> Self {
        Self {
            set: sentence.set,
            text: sentence.text.clone(),
            reasons,
            objects: layout.map(boxes).unwrap_or_default(),
            background: layout.map(|l| l.background().to_owned()).unwrap_or_default(),
        }
    }
}

impl Set {
    /// Its name in lower case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Dev => "dev",
            Self::HeldOut => "held-out",
        }
    }
}

impl fmt::Display for SentenceReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "sentences by {}", self.source)?;
        writeln!(f, "{:<14} {:>6} {:>9} {:>7}", "sentences", "passed", "attempted", "percent")?;
        for (set, rate) in &self.sets {
            writeln!(f, "{:<14} {rate}", set.name())?;
        }
        writeln!(f, "{:<14} {}", "overall", self.overall)?;
        writeln!(f, "\n{:<14} {:>6} {:>9} {:>7}", "facts", "passed", "attempted", "percent")?;
        for (kind, rate) in &self.facts {
            writeln!(f, "{:<14} {rate}", kind.name())?;
        }
        if self.errors > 0 {
            writeln!(f, "without a layout: {}", self.errors)?;
        }
        for failure in &self.failures {
            writeln!(f, "\nfailed: {} ({})", failure.text, failure.set.name())?;
            for reason in &failure.reasons {
                writeln!(f, "    {reason}")?;
            }
            write_objects(f, &failure.objects)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sentences::read;

    #[test]
    fn facts_and_sentences_are_counted_apart() {
        let text = "[[sentence]]\ntext = \"nothing\"\nfacts = [\"total = 0\", \"count cat = 1\"]\n\
                    [[sentence]]\ntext = \"empty\"\nfacts = [\"total = 0\"]\n\
                    [[sentence]]\ntext = \"broken\"\nfacts = [\"total = 0\"]\n";
        let sentences = read(text, Set::Dev).unwrap();
        let report = run("a test", &sentences, |text| {
            if text == "broken" { Err("tired".to_owned()) } else { Ok(Layout::default()) }
        });
        assert_eq!((report.overall.passed, report.overall.attempted, report.errors), (1, 3, 1));
        assert_eq!(report.facts[&ExpectationKind::Total].passed, 2);
        assert_eq!(report.facts[&ExpectationKind::Total].attempted, 3);
        assert_eq!(report.failures.len(), 2);
        assert!(report.to_string().contains("count cat = 1: 0 × cat, 1 expected"));
        assert!(serde_json::to_string(&report).unwrap().contains("\"dev\""));
    }
}
