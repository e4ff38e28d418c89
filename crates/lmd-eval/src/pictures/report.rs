//! Rates of the benchmark of pictures: per family and overall, with Wilson's intervals, as table and JSON.

use std::fmt;

use serde::Serialize;

use super::wilson::{Interval, wilson};
use crate::report::Rate;
use crate::suites::{Rules, Suite, SuiteHead};

/// One judged picture.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Sample {
    /// Which way of drawing and which detector, by the index of its column.
    pub column: usize,
    /// The prompt's place in the suite, from 0.
    pub prompt: usize,
    /// The seed.
    pub seed: u64,
    /// Its file in the folder of the run, which is missing where drawing failed.
    pub picture: String,
    /// Whether its layout is right.
    pub layout_right: bool,
    /// Whether the picture is.
    pub right: bool,
    /// Why not.
    pub reasons: Vec<String>,
}

/// What pictures were drawn and looked at with.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Column {
    /// Its name in the table.
    pub name: String,
    /// Who planned the layouts.
    pub planner: String,
    /// Who looked.
    pub detector: String,
    /// The lowest score that counted.
    pub threshold: f32,
    /// The overlap at which the better box remained.
    pub nms: f32,
    /// Whether only boxes of one query suppressed each other.
    pub class_aware_nms: bool,
}

/// A rate with its interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Cell {
    /// How many of how many.
    #[serde(flatten)]
    pub rate: Rate,
    /// Wilson's interval of 95 %.
    #[serde(rename = "wilson_95")]
    pub interval: Interval,
}

impl Cell {
    fn of(samples: &[&Sample], passed: impl Fn(&Sample) -> bool) -> Self {
        let mut rate = Rate::default();
        samples.iter().for_each(|sample| rate.add(passed(sample)));
        Self { rate, interval: wilson(rate.passed, rate.attempted) }
    }
}

/// How one family went.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FamilyScore {
    /// The family.
    pub family: String,
    /// Layouts that are right.
    pub layouts: Cell,
    /// Pictures that are right.
    pub pictures: Cell,
}

/// How one column went.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Score {
    /// What it stands for.
    #[serde(flatten)]
    pub column: Column,
    /// Per family.
    pub families: Vec<FamilyScore>,
    /// All layouts together.
    pub layouts: Cell,
    /// All pictures together.
    pub pictures: Cell,
    /// The mean of the families' rates in percent, which GenEval calls overall.
    pub mean_of_families: f64,
}

/// What came of a benchmark of pictures.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PictureReport {
    /// The suite.
    #[serde(flatten)]
    pub suite: SuiteHead,
    /// How many of its prompts were tried.
    pub prompts: usize,
    /// Pictures per prompt.
    pub seeds: usize,
    /// A line per column.
    pub scores: Vec<Score>,
    /// Every picture.
    pub samples: Vec<Sample>,
}

impl PictureReport {
    /// Counts what was judged.
    #[must_use]
    pub fn new(
        suite: &Suite,
        columns: &[Column],
        prompts: usize,
        seeds: usize,
        samples: Vec<Sample>,
    ) -> Self {
        let score = |(index, column): (usize, &Column)| {
            let own: Vec<&Sample> = samples.iter().filter(|sample| sample.column == index).collect();
            let family = |name: &str| {
                let is =
                    |sample: &&&Sample| suite.tasks.get(sample.prompt).is_some_and(|task| task.tag == name);
                let of: Vec<&Sample> = own.iter().filter(is).copied().collect();
                let (layouts, pictures) = cells(&of);
                (!of.is_empty()).then(|| FamilyScore { family: name.to_owned(), layouts, pictures })
            };
            let families: Vec<FamilyScore> = suite.families().into_iter().filter_map(family).collect();
            let sum: f64 = families.iter().map(|family| family.pictures.rate.percent).sum();
            let mean_of_families = sum / families.len().max(1) as f64;
            let (layouts, pictures) = cells(&own);
            Score { column: column.clone(), families, layouts, pictures, mean_of_families }
        };
        let scores = columns.iter().enumerate().map(score).collect();
        Self { suite: suite.head.clone(), prompts, seeds, scores, samples }
    }
}

fn cells(samples: &[&Sample]) -> (Cell, Cell) {
    (Cell::of(samples, |sample| sample.layout_right), Cell::of(samples, |sample| sample.right))
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Interval { low, high } = self.interval;
        f.pad(&format!("{:.1} ({low:.0}-{high:.0})", self.rate.percent))
    }
}

impl fmt::Display for PictureReport {
    /// Rates of pictures in percent, with intervals; below them those of layouts.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |score: &Score| score.column.name.chars().count();
        let widest = self.scores.iter().map(name).max().unwrap_or(0).max(16);
        let families: Vec<&str> = match self.scores.first() {
            Some(first) => first.families.iter().map(|family| family.family.as_str()).collect(),
            None => Vec::new(),
        };
        let seeds = if self.seeds == 1 {
            "one picture each".to_owned()
        } else {
            format!("{} pictures each", self.seeds)
        };
        writeln!(
            f,
            "suite {}: {} prompts, {seeds}; percent right (95 % interval)",
            self.suite.name, self.prompts
        )?;
        write!(f, "{:<widest$}", "")?;
        families.iter().try_for_each(|family| write!(f, "  {family:>16}"))?;
        let means = self.suite.rules == Rules::GenEval;
        writeln!(f, "  {:>16}{}", "overall", if means { "  mean of families" } else { "" })?;
        for score in &self.scores {
            write!(f, "{:<widest$}", score.column.name)?;
            score.families.iter().try_for_each(|family| write!(f, "  {:>16}", family.pictures))?;
            write!(f, "  {:>16}", score.pictures)?;
            writeln!(
                f,
                "{}",
                if means { format!("  {:>16.1}", score.mean_of_families) } else { String::new() }
            )?;
        }
        let mut planners: Vec<(&str, &Score)> = Vec::new();
        for score in &self.scores {
            if planners.iter().all(|(planner, _)| *planner != score.column.planner) {
                planners.push((&score.column.planner, score));
            }
        }
        for (planner, score) in planners {
            write!(f, "{:<widest$}", format!("layouts: {planner}"))?;
            score.families.iter().try_for_each(|family| write!(f, "  {:>16}", family.layouts))?;
            writeln!(f, "  {:>16}", score.layouts)?;
        }
        Ok(())
    }
}
