//! `lmd bench`: how good layouts are, on the paper's benchmark and on
//! sentences in free wording.

use std::fmt::Display;
use std::path::Path;
use std::time::{Duration, Instant};

use lmd_engine::{EngineError, Settings, is_hopeless};
use lmd_eval::report::Report;
use lmd_eval::sentences::{SentenceReport, Set};
use lmd_eval::{benchmark, report, sentences};
use lmd_layout::Layout;
use lmd_planner::cache::ReferenceCache;
use lmd_planner::{PlanError, Planner};
use serde_json::json;

use crate::cli::{BenchCommon, BenchLayoutsArgs, BenchSentencesArgs, SentenceSet};
use crate::exit::Exit;
use crate::screen::{self, Screen};
use crate::session;

/// A planner that takes its time is heard of this often.
const PROGRESS_EVERY: Duration = Duration::from_secs(5);

pub(crate) fn layouts(args: &BenchLayoutsArgs, settings: &Settings, screen: &Screen) -> anyhow::Result<Exit> {
    let engine = session::engine(settings, screen)?;
    let answers = args.answers.as_deref().map(answers).transpose()?;
    let planner: &dyn Planner = match &answers {
        Some(answers) => answers,
        None => {
            session::announce(&engine, screen)?;
            engine.planner()?.0
        }
    };
    let layouts = bench_layouts(planner, screen)?;
    let mut rates: Vec<f64> = layouts.families.iter().map(|score| score.rate.percent).collect();
    if !args.sentences {
        print(&args.common, &layouts, || serde_json::to_value(&layouts))?;
        return Ok(verdict(&args.common, &rates));
    }
    let sentences = bench_sentences(planner, SentenceSet::All, screen)?;
    rates.push(sentences.overall.percent);
    print(&args.common, format_args!("{layouts}\n{sentences}"), || {
        Ok(
            json!({ "layouts": serde_json::to_value(&layouts)?, "sentences": serde_json::to_value(&sentences)? }),
        )
    })?;
    Ok(verdict(&args.common, &rates))
}

/// A file of answers. One that is not there is a slip of the command line.
pub(super) fn answers(path: &Path) -> anyhow::Result<ReferenceCache> {
    if !path.exists() {
        return Err(EngineError::Usage(format!("there is no file {}", path.display())).into());
    }
    Ok(ReferenceCache::open(path)?)
}

pub(crate) fn free_wording(
    args: &BenchSentencesArgs,
    settings: &Settings,
    screen: &Screen,
) -> anyhow::Result<Exit> {
    let engine = session::engine(settings, screen)?;
    session::announce(&engine, screen)?;
    let report = bench_sentences(engine.planner()?.0, args.set, screen)?;
    print(&args.common, &report, || serde_json::to_value(&report))?;
    Ok(verdict(&args.common, &[report.overall.percent]))
}

fn bench_layouts(planner: &dyn Planner, screen: &Screen) -> anyhow::Result<Report> {
    let mut asking = Asking::new(planner, screen);
    let report = report::run(&planner.name(), &benchmark::prompts(), |prompt| asking.plan(prompt));
    asking.finish(report)
}

fn bench_sentences(
    planner: &dyn Planner,
    set: SentenceSet,
    screen: &Screen,
) -> anyhow::Result<SentenceReport> {
    let mut chosen = sentences::sentences()?;
    match set {
        SentenceSet::All => {}
        SentenceSet::Dev => chosen.retain(|sentence| sentence.set == Set::Dev),
        SentenceSet::HeldOut => chosen.retain(|sentence| sentence.set == Set::HeldOut),
    }
    let mut asking = Asking::new(planner, screen);
    let report = sentences::run(&planner.name(), &chosen, |prompt| asking.plan(prompt));
    asking.finish(report)
}

/// Asks a planner for many layouts and gives up when it cannot be asked.
struct Asking<'a> {
    planner: &'a dyn Planner,
    screen: &'a Screen,
    asked: usize,
    /// When something was last said about progress.
    told: Instant,
    hopeless: Option<PlanError>,
}

impl<'a> Asking<'a> {
    fn new(planner: &'a dyn Planner, screen: &'a Screen) -> Self {
        Self { planner, screen, asked: 0, told: Instant::now(), hopeless: None }
    }

    fn plan(&mut self, prompt: &str) -> Result<Layout, String> {
        if self.hopeless.is_some() {
            return Err("the planner cannot be asked".to_owned());
        }
        self.asked += 1;
        if self.told.elapsed() >= PROGRESS_EVERY {
            self.screen.note(&format!("{} prompts planned", self.asked - 1));
            self.told = Instant::now();
        }
        self.planner.plan(prompt).map(|plan| plan.layout).map_err(|error| {
            let text = error.to_string();
            if is_hopeless(&error) {
                self.hopeless = Some(error);
            }
            text
        })
    }

    /// The report, unless the planner could not be asked.
    fn finish<T>(self, report: T) -> anyhow::Result<T> {
        self.hopeless.map_or(Ok(report), |error| Err(error.into()))
    }
}

fn print(
    common: &BenchCommon,
    text: impl Display,
    json: impl FnOnce() -> serde_json::Result<serde_json::Value>,
) -> anyhow::Result<()> {
    if common.json {
        screen::print_json(&json()?)?;
    } else {
        screen::print(&*screen::clean(&text.to_string()))?;
    }
    Ok(())
}

fn verdict(common: &BenchCommon, rates: &[f64]) -> Exit {
    let bar = common.fail_under.unwrap_or(0.0);
    if rates.iter().any(|rate| *rate < bar) { Exit::Failed } else { Exit::Ok }
}
