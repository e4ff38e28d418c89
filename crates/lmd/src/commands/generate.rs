//! `lmd generate`: a sentence becomes a layout, the layout a picture.

use std::path::Path;

use lmd_diffusion::PlannedBy;
use lmd_planner::Source;

use crate::cli::GenerateArgs;
use crate::config::Loaded;
use crate::drawing::{self, Subject};
use crate::exit::Exit;
use crate::screen::Screen;
use crate::{files, planners, show};

pub(crate) fn run(args: &GenerateArgs, loaded: &Loaded, screen: &Screen) -> anyhow::Result<Exit> {
    let ready = drawing::prepare(&args.drawing, loaded)?;
    let prompt = match args.prompt.as_str() {
        "-" => files::read(Path::new("-"))?,
        given => given.to_owned(),
    };
    let plan = planners::choose(loaded, screen)?.plan(&prompt)?;
    planners::warn(&plan, screen);
    screen.note(&show::table(&plan.layout, false));
    let planner = match plan.source {
        Source::Offline => Some(PlannedBy { name: "offline".to_owned(), answer: None }),
        Source::Llm { model, answer, .. } => Some(PlannedBy { name: model, answer: Some(answer) }),
        _ => None,
    };
    let subject = Subject { layout: plan.layout, prompt: prompt.trim().to_owned(), planner, seeds: None };
    drawing::run(&args.drawing, ready, &subject, loaded, screen)?;
    Ok(Exit::Ok)
}
