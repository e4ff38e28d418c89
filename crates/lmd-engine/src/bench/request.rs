//! What a benchmark is asked for, and what it tells meanwhile.

use std::sync::Arc;

use lmd_planner::cache::ReferenceCache;
use std::ops::ControlFlow;

use lmd_eval::suites::Suite;
use lmd_nn::Selection;

use crate::config::Config;
use crate::detectors::OpenDetector;

/// One way of drawing.
#[derive(Clone, Debug)]
pub struct Variant {
    /// Its name in the table.
    pub name: String,
    /// Planner, model and settings.
    pub config: Config,
    /// Recorded answers that the layouts are read from, instead of the planner of the settings.
    pub answers: Option<Arc<ReferenceCache>>,
}

/// One way of looking.
#[derive(Debug)]
pub struct Judge {
    /// The detector.
    pub detector: OpenDetector,
    /// Which of its detections count.
    pub selection: Selection,
}

/// What is to be measured.
#[derive(Debug)]
pub struct PictureBench<'a> {
    /// The prompts.
    pub suite: &'a Suite,
    /// Which of them, by their places.
    pub tasks: Vec<usize>,
    /// Pictures per prompt.
    pub seeds: u32,
    /// How they are drawn.
    pub variants: Vec<Variant>,
    /// Who looks at them.
    pub judges: Vec<Judge>,
}

/// What is told while a benchmark runs.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum BenchEvent<'a> {
    /// A picture was judged.
    Judged {
        /// Judged so far, of all ways of drawing.
        done: usize,
        /// To be judged in all.
        total: usize,
        /// The way of drawing.
        variant: &'a str,
        /// The prompt.
        prompt: &'a str,
        /// Whether every detector finds it right.
        right: bool,
        /// Whether it was drawn just now.
        drawn: bool,
    },
    /// Other processes are drawing what is left.
    Waiting {
        /// So many pictures.
        left: usize,
    },
}

/// Looks on while a benchmark runs.
pub trait BenchObserver {
    /// Takes note.
    fn event(&mut self, event: &BenchEvent<'_>);

    /// Whether to go on, asked at every step of every picture.
    fn goes_on(&mut self) -> ControlFlow<()>;
}
