//! The loop over ways of drawing, prompts and seeds.

use std::collections::BTreeMap;
use std::thread;

use lmd_eval::pictures::{Column, PictureReport, Sample, judge_layout};
use lmd_layout::Layout;
use lmd_nn::Detection;

use super::folder::{BenchFolder, Kind, PictureRecord};
use super::judge::{check_words, look};
use super::paint::{LayoutRecord, Painter, WAIT, go_on};
use super::request::{BenchEvent, BenchObserver, PictureBench, Variant};
use crate::engine::Engine;
use crate::error::EngineError;
use crate::job::DrawOptions;
use crate::notice::Notice;

/// Between the seeds of two pictures of one prompt.
const ROUND: u64 = 1_000_000;

/// What came of a benchmark.
#[derive(Clone, Debug)]
pub struct BenchOutcome {
    /// The numbers. They depend on nothing but what was asked for.
    pub report: PictureReport,
    /// Mean seconds of drawing one picture, by way of drawing.
    pub seconds: Vec<(String, f64)>,
    /// Every picture with what was seen in it, in the order of the report's samples.
    pub shown: Vec<Shown>,
}

/// A picture of the report.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The name of its file.
    pub(super) key: String,
    /// The layout, where there is one.
    pub(super) layout: Option<Layout>,
    /// What counted.
    pub(super) detections: Vec<Detection>,
    /// Width and height in pixels.
    pub(super) size: [usize; 2],
}

/// A picture that is to be there.
struct Job {
    task: usize,
    seed: u64,
    key: String,
    layout: LayoutRecord,
}

/// Looks for everything that a benchmark needs and says what a person should know; draws and writes nothing.
///
/// # Errors
/// When a setting, a model, a planner, or a word of the suite is not as it should be.
pub fn check(bench: &PictureBench<'_>) -> Result<Vec<Notice>, EngineError> {
    check_words(bench)?;
    let mut notices: Vec<Notice> = Vec::new();
    for variant in &bench.variants {
        let engine = Engine::open(&variant.config)?;
        let ready = engine.prepare(&DrawOptions::new(variant.config.draw.clone()))?;
        ready.check()?;
        // Recorded answers take the planner's place.
        let planner = if variant.answers.is_some() { &[] } else { engine.planner()?.1 };
        for notice in planner.iter().chain(ready.notices()) {
            if !notices.contains(notice) {
                notices.push(notice.clone());
            }
        }
    }
    Ok(notices)
}

/// Measures: makes whatever the folder does not have yet, and counts.
///
/// # Errors
/// When something is not as it should be; [`check`] finds most of it before the first picture is drawn.
/// [`EngineError::Cancelled`] when the observer says so; the next run goes on from there.
pub fn run(
    bench: &PictureBench<'_>,
    folder: &BenchFolder,
    observer: &mut dyn BenchObserver,
) -> Result<BenchOutcome, EngineError> {
    check_words(bench)?;
    let painters: Vec<Painter> = bench.variants.iter().map(Painter::new).collect::<Result<_, _>>()?;
    let planners: Vec<String> = painters.iter().map(|painter| painter.planner.clone()).collect();
    let mut run = Run { bench, folder, samples: Vec::new(), seconds: Vec::new(), done: 0 };
    for (index, (variant, painter)) in bench.variants.iter().zip(painters).enumerate() {
        // A painter goes with its model before the next one loads its own: both need not fit into memory together.
        run.variant((index, variant), &painter, observer)?;
    }
    run.samples.sort_by_key(|(sample, _)| (sample.column, sample.prompt, sample.seed));
    let (samples, shown) = run.samples.into_iter().unzip();
    let report = PictureReport::new(
        bench.suite,
        &columns(bench, &planners),
        bench.tasks.len(),
        bench.seeds as usize,
        samples,
    );
    Ok(BenchOutcome { report, seconds: run.seconds, shown })
}

/// A column for each way of drawing and each detector.
fn columns(bench: &PictureBench<'_>, planners: &[String]) -> Vec<Column> {
    let several = bench.judges.len() > 1;
    let of = |(variant, planner): (&Variant, &String)| {
        let column = |judge: &super::request::Judge| Column {
            name: if several {
                format!("{}, {}", variant.name, judge.detector.name())
            } else {
                variant.name.clone()
            },
            planner: planner.clone(),
            detector: judge.detector.name().to_owned(),
            threshold: judge.selection.threshold,
            nms: judge.selection.max_overlap,
            class_aware_nms: judge.selection.class_aware,
        };
        bench.judges.iter().map(column).collect::<Vec<_>>()
    };
    bench.variants.iter().zip(planners).flat_map(of).collect()
}

struct Run<'a> {
    bench: &'a PictureBench<'a>,
    folder: &'a BenchFolder,
    samples: Vec<(Sample, Shown)>,
    seconds: Vec<(String, f64)>,
    done: usize,
}

impl Run<'_> {
    /// Every picture of one way of drawing.
    fn variant(
        &mut self,
        (index, variant): (usize, &Variant),
        painter: &Painter,
        observer: &mut dyn BenchObserver,
    ) -> Result<(), EngineError> {
        let mut left = self.jobs(painter, observer)?;
        let total = left.len();
        let mut spent = 0.0;
        while !left.is_empty() {
            let before = left.len();
            let mut held = Vec::new();
            for job in left {
                go_on(observer)?;
                let (record, drawn) = match self.folder.finished(&job.key) {
                    Some(known) => (known, false),
                    None => {
                        let Some(claim) = self.folder.claim(&job.key)? else {
                            held.push(job);
                            continue;
                        };
                        let what = (&job.layout, job.seed);
                        painter.draw(self.folder, what, (&job.key, claim), observer)?
                    }
                };
                spent += record.seconds;
                let right = self.judge(index, &job, &record)?;
                self.tell((variant, &job), (right, drawn), observer);
            }
            left = held;
            if left.len() == before {
                observer.event(&BenchEvent::Waiting { left: before });
                thread::sleep(WAIT);
            }
        }
        self.seconds.push((variant.name.clone(), spent / total.max(1) as f64));
        Ok(())
    }

    /// What is to be drawn, with the layouts, which are planned where they are missing.
    fn jobs(&self, painter: &Painter, observer: &mut dyn BenchObserver) -> Result<Vec<Job>, EngineError> {
        let mut planned: BTreeMap<&str, LayoutRecord> = BTreeMap::new();
        let mut jobs = Vec::new();
        for round in 0..u64::from(self.bench.seeds) {
            for task in &self.bench.tasks {
                let Some(prompt) = self.bench.suite.tasks.get(*task).map(|task| task.prompt.as_str()) else {
                    continue;
                };
                go_on(observer)?;
                let layout = match planned.get(prompt) {
                    Some(known) => known.clone(),
                    None => painter.layout(self.folder, prompt, observer)?,
                };
                planned.insert(prompt, layout.clone());
                let seed = *task as u64 + 1 + round * ROUND;
                let key = painter.picture_key(&layout, seed)?;
                jobs.push(Job { task: *task, seed, key, layout });
            }
        }
        Ok(jobs)
    }

    /// Has every detector look at a picture, and says whether all find it right.
    fn judge(
        &mut self,
        variant_index: usize,
        job: &Job,
        record: &PictureRecord,
    ) -> Result<bool, EngineError> {
        let Some(task) = self.bench.suite.tasks.get(job.task) else { return Ok(false) };
        let layout = job.layout.layout.as_ref();
        let layout_right = layout.is_some_and(|layout| judge_layout(self.bench.suite, task, layout).right);
        let mut all_right = true;
        for (number, one) in self.bench.judges.iter().enumerate() {
            let seen = look(self.folder, (&job.key, record), (task, self.bench.suite.head.rules), one)?;
            all_right &= seen.verdict.right;
            let column = variant_index * self.bench.judges.len() + number;
            let (right, reasons) = (seen.verdict.right, seen.verdict.reasons);
            let picture = Kind::Picture.file(&job.key);
            let sample =
                Sample { column, prompt: job.task, seed: job.seed, picture, layout_right, right, reasons };
            let (key, size) = (job.key.clone(), seen.size);
            let shown = Shown { key, layout: layout.cloned(), detections: seen.detections, size };
            self.samples.push((sample, shown));
        }
        Ok(all_right)
    }

    /// Tells of a picture that was judged.
    fn tell(
        &mut self,
        (variant, job): (&Variant, &Job),
        (right, drawn): (bool, bool),
        observer: &mut dyn BenchObserver,
    ) {
        let Some(task) = self.bench.suite.tasks.get(job.task) else { return };
        self.done += 1;
        let total = self.bench.variants.len() * self.bench.tasks.len() * self.bench.seeds as usize;
        observer.event(&BenchEvent::Judged {
            done: self.done,
            total,
            variant: &variant.name,
            prompt: &task.prompt,
            right,
            drawn,
        });
    }
}
