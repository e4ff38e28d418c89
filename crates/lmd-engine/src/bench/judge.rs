//! The last step: detectors look at a picture, and what they found is judged.

use lmd_eval::pictures::{Finding, Verdict, judge, questions};
use lmd_eval::suites::{Rules, Task};
use lmd_nn::Detection;
use serde::{Deserialize, Serialize};

use super::folder::{BenchFolder, Kind, PictureRecord, key};
use super::request::{Judge, PictureBench};
use crate::error::EngineError;
use crate::pixels::decode;

/// Detections less sure than this are not kept.
const LOWEST_SCORE: f32 = 0.01;

/// What a detector found in a picture, before any selection.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Looked {
    /// Width and height of the picture in pixels.
    size: [usize; 2],
    detections: Vec<Detection>,
}

/// A picture as one detector sees it.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) verdict: Verdict,
    /// What counts, in shares of the picture.
    pub(super) detections: Vec<Detection>,
    pub(super) size: [usize; 2],
}

/// Looks at a picture, or reads what was seen before.
pub(super) fn look(
    folder: &BenchFolder,
    (name, record): (&str, &PictureRecord),
    (task, rules): (&Task, Rules),
    one: &Judge,
) -> Result<Seen, EngineError> {
    if let Some(error) = &record.error {
        return Ok(Seen { verdict: Verdict::of(vec![error.clone()]), detections: Vec::new(), size: [1, 1] });
    }
    let texts: Vec<String> = questions(task, rules).iter().map(|question| question.text()).collect();
    let queries: Vec<&str> = texts.iter().map(String::as_str).collect();
    let place = key(&(name, one.detector.digests(), &queries))?;
    let looked = match folder.read::<Looked>(Kind::Detections, &place) {
        Some(known) => known,
        None => {
            let looked = look_anew(folder, name, &queries, one)?;
            folder.write(Kind::Detections, &place, &looked)?;
            looked
        }
    };
    let detections = one.selection.of(&looked.detections);
    let [width, height] = looked.size.map(|side| side as f32);
    let finding = |found: &Detection| {
        let [left, top, right, bottom] = found.corners;
        let corners = [left * width, top * height, right * width, bottom * height];
        Finding { question: found.query, score: found.score, corners }
    };
    let findings: Vec<Finding> = detections.iter().map(finding).collect();
    Ok(Seen { verdict: judge(task, rules, &findings), detections, size: looked.size })
}

fn look_anew(folder: &BenchFolder, name: &str, queries: &[&str], one: &Judge) -> Result<Looked, EngineError> {
    let place = folder.place(Kind::Picture, name);
    let damaged = |source| EngineError::NoPicture { name: place.display().to_string(), source };
    let picture = decode(&folder.bytes(Kind::Picture, name).unwrap_or_default()).map_err(damaged)?;
    let mut detections = one.detector.detect(&picture, queries)?;
    detections.retain(|found| found.score >= LOWEST_SCORE);
    Ok(Looked { size: [picture.width, picture.height], detections })
}

/// Refuses prompts about things that a detector does not know, before anything is drawn.
pub(super) fn check_words(bench: &PictureBench<'_>) -> Result<(), EngineError> {
    let tasks = || bench.tasks.iter().filter_map(|index| bench.suite.tasks.get(*index));
    for one in &bench.judges {
        if let Some(unknown) = tasks().find_map(|task| one.unknown(task, bench.suite.head.rules)) {
            let known = one.detector.vocabulary().map(ToString::to_string).unwrap_or_default();
            return Err(EngineError::Usage(format!(
                "the detector {} does not know {unknown:?}, which a prompt of the suite {} is about; it knows {known}. Take \
                 another detector (--detectors), another suite, or leave such prompts out (--skip-unknown)",
                one.detector.name(),
                bench.suite.head.name
            )));
        }
    }
    Ok(())
}

impl Judge {
    /// The first query about a picture of this prompt that the detector does not understand.
    #[must_use]
    pub fn unknown(&self, task: &Task, rules: Rules) -> Option<String> {
        let texts = questions(task, rules).into_iter().map(|question| question.text());
        texts.into_iter().find(|text| !self.detector.knows(text))
    }
}
