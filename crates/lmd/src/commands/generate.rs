//! `lmd generate`: a sentence becomes a layout, the layout a picture.

use std::path::Path;

use lmd_engine::{Settings, Subject};

use crate::cli::GenerateArgs;
use crate::drawing::Easel;
use crate::exit::Exit;
use crate::screen::Screen;
use crate::{files, session, show};

pub(crate) fn run(args: &GenerateArgs, settings: &Settings, screen: &Screen) -> anyhow::Result<Exit> {
    let engine = session::engine(settings, screen)?;
    let read: Vec<&Path> = settings.files.iter().map(|path| &**path).collect();
    let easel = Easel::new(&args.drawing, &engine, &read, args.drawing.side_by_side, screen)?;
    let prompt = match args.prompt.as_str() {
        "-" => files::read(Path::new("-"))?,
        given => given.to_owned(),
    };
    session::announce(&engine, screen)?;
    let planned = engine.plan_variant(&prompt, args.variant)?;
    screen.tell(&planned.notices)?;
    screen.note(&show::table(&planned.plan.layout, false));
    easel.draw(&Subject::planned(&prompt, planned.plan), None)?;
    Ok(Exit::Ok)
}
