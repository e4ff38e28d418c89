//! The first two steps of one way of drawing: layouts of prompts, pictures of layouts.

use std::ops::ControlFlow;
use std::thread;
use std::time::Duration;

use std::sync::Arc;

use lmd_layout::Layout;
use lmd_planner::Planner as _;
use lmd_planner::cache::ReferenceCache;
use serde::{Deserialize, Serialize};

use super::folder::{BenchFolder, Claim, Kind, PictureRecord, key};
use super::request::{BenchObserver, Variant};
use crate::engine::Engine;
use crate::error::EngineError;
use crate::job::{DrawOptions, Subject};
use crate::kind::ErrorKind;
use crate::observer::{Observer, Progress};
use crate::planners::is_hopeless;
use crate::prepared::Prepared;
use crate::stage2::{PlannedBy, Seeds};

/// Part of every name, so that pictures of different programs do not mix.
const PROGRAM: &str = concat!("lmd ", env!("CARGO_PKG_VERSION"), " bench 1");

/// How long other processes are left alone before it is looked again.
pub(super) const WAIT: Duration = Duration::from_millis(300);

/// What a planner said to a prompt.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct LayoutRecord {
    pub(super) prompt: String,
    pub(super) layout: Option<Layout>,
    planner: Option<PlannedBy>,
    /// Why there is no layout.
    error: Option<String>,
}

/// A way of drawing with everything it needs.
#[derive(Debug)]
pub(super) struct Painter {
    engine: Engine,
    ready: Prepared,
    answers: Option<Arc<ReferenceCache>>,
    pub(super) planner: String,
    /// Where layouts come from: a digest of a server's address and of how the model's things look, or of recorded answers.
    source: String,
    /// What all its pictures depend on, as JSON.
    depends: serde_json::Value,
}

impl Painter {
    /// Looks for everything; loads nothing yet.
    pub(super) fn new(variant: &Variant) -> Result<Self, EngineError> {
        let engine = Engine::open(&variant.config)?;
        let config = &variant.config;
        let ready = engine.prepare(&DrawOptions::new(config.draw.clone()))?;
        let answers = variant.answers.clone();
        let (planner, source) = match &answers {
            Some(answers) => (answers.name(), key(answers.answers())?),
            None => (engine.planner()?.0.name(), key(&(config.llm.address(), engine.looks()))?),
        };
        let (weights, device) = (ready.digests()?, ready.device_name());
        let (dtype, prediction) = (config.dtype, config.prediction_type);
        let draw = &config.draw;
        let depends = serde_json::json!([PROGRAM, draw, weights, device, dtype, prediction]);
        Ok(Self { engine, ready, answers, planner, source, depends })
    }

    /// The layout of a prompt: as it was planned before, or planned now. Nobody is asked twice.
    pub(super) fn layout(
        &self,
        folder: &BenchFolder,
        prompt: &str,
        observer: &mut dyn BenchObserver,
    ) -> Result<LayoutRecord, EngineError> {
        let name = key(&(PROGRAM, &self.planner, &self.source, prompt))?;
        let known = || folder.read::<LayoutRecord>(Kind::Layout, &name);
        loop {
            if let Some(known) = known() {
                return Ok(known);
            }
            go_on(observer)?;
            let Some(claim) = folder.claim(&format!("layout-{name}"))? else {
                thread::sleep(WAIT);
                continue;
            };
            let record = match known() {
                Some(known) => known,
                None => {
                    let record = self.plan(prompt)?;
                    folder.write(Kind::Layout, &name, &record)?;
                    record
                }
            };
            claim.fulfilled();
            return Ok(record);
        }
    }

    fn plan(&self, prompt: &str) -> Result<LayoutRecord, EngineError> {
        let nothing = LayoutRecord { prompt: prompt.to_owned(), layout: None, planner: None, error: None };
        let plan = match &self.answers {
            Some(answers) => answers.plan(prompt).map_err(EngineError::Plan),
            None => self.engine.plan(prompt).map(|planned| planned.plan),
        };
        match plan {
            Ok(plan) => {
                let Subject { layout, planner, .. } = Subject::planned(prompt, plan);
                Ok(LayoutRecord { layout: Some(layout), planner, ..nothing })
            }
            Err(EngineError::Plan(error)) if !is_hopeless(&error) => {
                Ok(LayoutRecord { error: Some(error.to_string()), ..nothing })
            }
            Err(error) => Err(error),
        }
    }

    /// The name of the picture of a layout.
    pub(super) fn picture_key(&self, layout: &LayoutRecord, seed: u64) -> Result<String, EngineError> {
        key(&(&self.depends, &layout.prompt, &layout.layout, seed))
    }

    /// Draws a picture, unless the claim's last holder has. Says how it was drawn, and whether that was now.
    pub(super) fn draw(
        &self,
        folder: &BenchFolder,
        (layout, seed): (&LayoutRecord, u64),
        (name, claim): (&str, Claim),
        observer: &mut dyn BenchObserver,
    ) -> Result<(PictureRecord, bool), EngineError> {
        if let Some(known) = folder.finished(name) {
            claim.fulfilled();
            return Ok((known, false));
        }
        let record = match &layout.layout {
            None => {
                let why = layout.error.as_deref().unwrap_or("nobody knows why");
                PictureRecord { seconds: 0.0, error: Some(format!("there is no layout: {why}")) }
            }
            Some(boxes) => {
                let planner = layout.planner.clone();
                let subject =
                    Subject { planner, prompt: layout.prompt.clone(), ..Subject::layout(boxes.clone()) };
                let drawn = self.engine.draw(&self.ready, &subject, Seeds::of(seed), &mut Steps(observer));
                match drawn {
                    Ok(picture) => {
                        folder.write_bytes(Kind::Picture, name, &picture.png)?;
                        PictureRecord { seconds: picture.seconds, error: None }
                    }
                    // Of this layout, not of the machine or the model: another run would end the same way.
                    Err(error) if matches!(error.kind(), ErrorKind::Failed | ErrorKind::Usage) => {
                        PictureRecord { seconds: 0.0, error: Some(error.to_string()) }
                    }
                    Err(error) => return Err(error),
                }
            }
        };
        folder.write(Kind::Record, name, &record)?;
        claim.fulfilled();
        Ok((record, true))
    }
}

/// Ends the work where somebody wants it to end.
pub(super) fn go_on(observer: &mut dyn BenchObserver) -> Result<(), EngineError> {
    if observer.goes_on().is_break() { Err(EngineError::Cancelled) } else { Ok(()) }
}

/// The steps of one picture, told to whoever watches the benchmark.
struct Steps<'a>(&'a mut dyn BenchObserver);

impl Observer for Steps<'_> {
    fn observe(&mut self, _: &Progress<'_>) -> ControlFlow<()> {
        self.0.goes_on()
    }

    fn goes_on(&mut self) -> ControlFlow<()> {
        self.0.goes_on()
    }
}
