//! `lmd bench pictures` and `lmd bench ablations`: how often pictures show what their prompts say.

use std::fmt::Display;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use lmd_engine::bench::{
    BenchEvent, BenchFolder, BenchObserver, Judge, PictureBench, Variant, check, run as measure, write_html,
};
use lmd_engine::input::{self, Input};
use lmd_engine::{BUNDLED, CancelToken, Engine, EngineError, Override, Settings};
use lmd_eval::suites::Suite;
use serde_json::json;

use crate::cli::{BenchAblationsArgs, BenchPicturesArgs, PicturesCommon, PicturesDrawing};
use crate::exit::Exit;
use crate::interrupt;
use crate::screen::{self, Screen};

/// Settings with these flags over all others.
type Load<'a> = &'a dyn Fn(Vec<Override>) -> anyhow::Result<Settings>;

/// A row of the table: its name and the settings that make it.
type Row = (String, Vec<Override>);

/// The rows of the paper's table 2 besides LMD itself: what is left out or put in its place, and the settings that do it.
const ABLATIONS: [(&str, &[(&str, &str)]); 6] = [
    ("lmd without transfer", &[("draw.lmd.transfer_weight", "0")]),
    ("lmd without composed latents", &[("draw.lmd.frozen_step_ratio", "0")]),
    (
        "lmd without guidance",
        &[("draw.lmd.overall.max_index_step", "0"), ("draw.lmd.per_box.max_index_step", "0")],
    ),
    ("lmd without per-box stage", &[("draw.lmd.frozen_step_ratio", "0"), ("draw.lmd.transfer_weight", "0")]),
    ("gligen", &[("draw.method", "gligen")]),
    ("lmd_plus", &[("draw.method", "lmd_plus")]),
];

/// `lmd bench pictures`.
pub(crate) fn pictures(args: &BenchPicturesArgs, load: Load<'_>, screen: &Screen) -> anyhow::Result<Exit> {
    let mut rows = Vec::new();
    for given in &args.methods {
        let (method, own) = match given.split_once(':') {
            Some((method, preset)) => (method, vec![preset.to_owned()]),
            None => (given.as_str(), args.presets.clone()),
        };
        let with = |preset: Option<&String>| -> Row {
            let name = preset.map_or(method.to_owned(), |preset| format!("{method}:{preset}"));
            let preset = preset.map(|preset| Override::new("flag --methods", "preset", preset));
            (
                name,
                preset.into_iter().chain([Override::new("flag --methods", "draw.method", method)]).collect(),
            )
        };
        let all: Vec<Row> =
            if own.is_empty() { vec![with(None)] } else { own.iter().map(|one| with(Some(one))).collect() };
        rows.extend(all);
    }
    bench(&args.common, &rows, load, screen)
}

/// `lmd bench ablations`.
pub(crate) fn ablations(args: &BenchAblationsArgs, load: Load<'_>, screen: &Screen) -> anyhow::Result<Exit> {
    let preset = args.preset.iter().map(|preset| Override::new("flag --preset", "preset", preset));
    let row = |name: &str, settings: &[(&str, &str)]| -> Row {
        // A row that names no method of its own is LMD's.
        let method = [("draw.method", "lmd")];
        let settings =
            method.iter().chain(settings).map(|(key, value)| Override::new("the ablation", *key, *value));
        (name.to_owned(), preset.clone().chain(settings).collect())
    };
    let own = [row("plain", &[("draw.method", "plain")]), row("lmd", &[])];
    let drawing = &args.common.drawing;
    // Without weights there is nothing to compare the attention's masks with; the bundled model brings its own.
    let bundled = match drawing.models.as_slice() {
        [] => load(Vec::new())?.config.model == BUNDLED,
        models => models.iter().all(|model| model == BUNDLED),
    };
    let sam = (drawing.sam.is_some() || bundled)
        .then(|| row("lmd with SAM masks", &[("draw.lmd.mask_refiner", "sam")]));
    let rows = own.into_iter().chain(sam).chain(ABLATIONS.iter().map(|(name, settings)| row(name, settings)));
    bench(&args.common, &rows.collect::<Vec<_>>(), load, screen)
}

fn bench(args: &PicturesCommon, rows: &[Row], load: Load<'_>, screen: &Screen) -> anyhow::Result<Exit> {
    let suite = suite(&args.suite)?;
    let variants = variants(args, rows, load)?;
    let Some(first) = variants.first() else {
        return Err(EngineError::Usage("there is no method".to_owned()).into());
    };
    let engine = Engine::open(&first.config)?;
    let judges = judges(args, &engine)?;
    let tasks = tasks(args, &suite, &judges, screen)?;
    let place =
        args.output.clone().unwrap_or_else(|| PathBuf::from(format!("lmd-bench-{}", suite.head.name)));
    let bench = PictureBench { suite: &suite, tasks, seeds: args.seeds, variants, judges };
    screen.tell(&check(&bench)?)?;
    let folder = BenchFolder::open(&place)?;
    let outcome = measure(&bench, &folder, &mut Told { screen, token: interrupt::token(), waiting: false })?;
    let json = screen::json(&outcome.report)?;
    folder.write_report("report.json", |file| writeln!(file, "{json}"))?;
    let page = folder.write_report("report.html", |file| write_html(file, &suite, &outcome, &folder))?;
    if args.json {
        let seconds: serde_json::Map<_, _> =
            outcome.seconds.iter().map(|(name, mean)| (name.clone(), json!(mean))).collect();
        screen::print_json(&json!({ "report": outcome.report, "seconds_per_picture": seconds }))?;
    } else {
        screen::print(&*screen::clean(&outcome.report.to_string()))?;
        for (name, mean) in &outcome.seconds {
            screen.note(&format!("{name}: {mean:.1} s per picture"));
        }
    }
    screen.note(&format!("every picture: {}", page.display()));
    Ok(Exit::Ok)
}

/// A suite that is built in, or a file's.
fn suite(name: &str) -> anyhow::Result<Suite> {
    if let Some(known) = Suite::built_in(name) {
        return Ok(known?);
    }
    let path = Path::new(name);
    if !path.exists() {
        let known: Vec<&str> = Suite::built_in_names().collect();
        let known = known.join(", ");
        return Err(EngineError::Usage(format!(
            "there is no suite {name}; take {known}, or the path of a file"
        ))
        .into());
    }
    let file = Input::file(path)?;
    let wrong = |error: &dyn Display| EngineError::Usage(format!("{}: {error}", file.name));
    let text = input::text(&file.bytes).map_err(|error| wrong(&error))?;
    Ok(Suite::read(&text).map_err(|error| wrong(&error))?)
}

/// Every row with every planner and every model.
fn variants(args: &PicturesCommon, rows: &[Row], load: Load<'_>) -> anyhow::Result<Vec<Variant>> {
    let drawing = &args.drawing;
    let choices = |given: &[String]| -> Vec<Option<String>> {
        if given.is_empty() { vec![None] } else { given.iter().cloned().map(Some).collect() }
    };
    let answers = drawing.answers.as_deref().map(super::bench::answers).transpose()?.map(Arc::new);
    let mut variants: Vec<Variant> = Vec::new();
    for model in choices(&drawing.models) {
        for planner in choices(&drawing.planners) {
            for masks in choices(&drawing.masks) {
                let chosen: [Chosen<'_>; 3] = [
                    ("flag --models", "model", &drawing.models, &model),
                    ("flag --planners", "planner", &drawing.planners, &planner),
                    ("flag --masks", "draw.lmd.mask_refiner", &drawing.masks, &masks),
                ];
                for (name, own) in rows {
                    let variant =
                        Variant { answers: answers.clone(), ..variant(name, own, &chosen, drawing, load)? };
                    if variants.iter().any(|known| known.name == variant.name) {
                        return Err(EngineError::Usage(format!("{} is asked for twice", variant.name)).into());
                    }
                    variants.push(variant);
                }
            }
        }
    }
    Ok(variants)
}

/// What a list of flags gives to one way of drawing: the flag, its key, the whole list, and the one of it, if any.
type Chosen<'a> = (&'a str, &'a str, &'a [String], &'a Option<String>);

/// One row with one of every list.
fn variant(
    name: &str,
    own: &[Override],
    chosen: &[Chosen<'_>],
    drawing: &PicturesDrawing,
    load: Load<'_>,
) -> anyhow::Result<Variant> {
    let said = |(flag, key, _, one): &Chosen<'_>| one.as_ref().map(|one| Override::new(*flag, *key, one));
    let flags = chosen.iter().filter_map(said).chain(own.iter().cloned()).chain(drawing.flags());
    // Only what differs is part of the name.
    let extra =
        chosen.iter().filter(|(_, _, list, _)| list.len() > 1).filter_map(|(_, _, _, one)| one.as_deref());
    let name = std::iter::once(name).chain(extra).collect::<Vec<_>>().join(", ");
    Ok(Variant { name, config: load(flags.collect())?.config, answers: None })
}

fn judges(args: &PicturesCommon, engine: &Engine) -> anyhow::Result<Vec<Judge>> {
    let open = |name: &String| {
        let detector = engine.detector(name)?;
        let selection = args.looking.selection.over(detector.selection());
        Ok(Judge { detector, selection })
    };
    args.looking.detectors.iter().map(open).collect()
}

/// The prompts that are tried.
fn tasks(
    args: &PicturesCommon,
    suite: &Suite,
    judges: &[Judge],
    screen: &Screen,
) -> anyhow::Result<Vec<usize>> {
    let is_known = |index: &usize| {
        let task = suite.tasks.get(*index);
        task.is_some_and(|task| judges.iter().all(|judge| judge.unknown(task, suite.head.rules).is_none()))
    };
    let all: Vec<usize> = (0..suite.tasks.len()).collect();
    let among: Vec<usize> =
        if args.skip_unknown { all.iter().copied().filter(is_known).collect() } else { all };
    let left_out = suite.tasks.len() - among.len();
    if left_out > 0 {
        screen.note(&format!(
            "{left_out} of {} prompts are left out: they are about things that a detector does not know",
            suite.tasks.len()
        ));
    }
    if among.is_empty() {
        return Err(
            EngineError::Usage("no prompt is left; take another detector (--detectors)".to_owned()).into()
        );
    }
    let limit =
        args.limit.map_or(among.len(), |limit| usize::try_from(limit).unwrap_or(usize::MAX).min(among.len()));
    Ok(suite.spread(&among, limit))
}

/// Tells of every picture.
struct Told<'a> {
    screen: &'a Screen,
    token: CancelToken,
    /// Whether it was told that others are waited for.
    waiting: bool,
}

impl BenchObserver for Told<'_> {
    fn event(&mut self, event: &BenchEvent<'_>) {
        match event {
            BenchEvent::Judged { done, total, variant, prompt, right, drawn } => {
                self.waiting = false;
                let verdict = if *right { "right" } else { "wrong" };
                let known = if *drawn { "" } else { " (drawn before)" };
                self.screen.note(&format!("{done} of {total}: {variant}, {verdict}: {prompt}{known}"));
            }
            BenchEvent::Waiting { left } if !self.waiting => {
                self.waiting = true;
                self.screen.note(&format!("waiting for {left} pictures that other processes draw"));
            }
            _ => {}
        }
    }

    fn goes_on(&mut self) -> ControlFlow<()> {
        self.token.flow()
    }
}
