//! `lmd draw`: a layout becomes a picture.

use std::path::Path;

use lmd_engine::picture::Noted;
use lmd_engine::{Engine, EngineError, Settings, Subject};

use crate::cli::DrawArgs;
use crate::drawing::Easel;
use crate::exit::Exit;
use crate::screen::Screen;
use crate::{files, session};

/// `again` is what the picture named by `--from` notes about itself; its settings are
/// already part of the configuration.
pub(crate) fn run(
    args: &DrawArgs,
    again: Option<Noted>,
    settings: &Settings,
    screen: &Screen,
) -> anyhow::Result<Exit> {
    let mut subject = match (&again, &args.layout) {
        (Some(noted), _) => Subject::of_recipe(&noted.recipe),
        (None, Some(path)) => files::open(path)?.subject()?,
        (None, None) => {
            return Err(EngineError::Usage("give a layout, or a picture with --from".to_owned()).into());
        }
    };
    if let Some(prompt) = &args.prompt {
        subject = subject.with_prompt(prompt)?;
    }
    let engine = session::engine(settings, screen)?;
    let read = [&args.layout, &args.from].into_iter().flatten().chain(&settings.files);
    let read: Vec<&Path> = read.map(|path| &**path).collect();
    // A flag that names another method asks for one picture of it.
    let both = again.as_ref().is_some_and(|noted| noted.side_by_side) && args.drawing.method.is_none();
    let easel = Easel::new(&args.drawing, &engine, &read, args.drawing.side_by_side || both, screen)?;
    screen.tell(&subject.notices)?;
    screen.tell(&Engine::layout_doubts(&subject.layout))?;
    if let Some(noted) = &again {
        let other = engine.compare(&easel.ready, &noted.recipe)?;
        screen.tell(&other)?;
    }
    easel.draw(&subject, again.map(|noted| noted.recipe.seeds))?;
    Ok(Exit::Ok)
}
