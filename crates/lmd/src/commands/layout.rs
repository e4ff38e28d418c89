//! `lmd layout`: a sentence, an instruction or an answer becomes a layout.

use std::path::Path;

use lmd_engine::output::Outputs;
use lmd_engine::{EngineError, Planned, Response, Settings};
use lmd_layout::{Format, Layout, layout_schema};
use lmd_planner::llm::{plan_from_answer, print_prompt};
use lmd_planner::{Conversation, Wishes};

use crate::cli::LayoutArgs;
use crate::exit::Exit;
use crate::files::{self, Form};
use crate::screen::{self, Screen};
use crate::{session, show};

pub(crate) fn run(args: &LayoutArgs, settings: &Settings, screen: &Screen) -> anyhow::Result<Exit> {
    if args.schema {
        screen::print_json(&layout_schema())?;
        return Ok(Exit::Ok);
    }
    // Known before anything is asked: where the answer shall go.
    let targets = targets(args)?;
    let read = [&args.edit, &args.from_answer].into_iter().flatten().chain(&settings.files);
    let outputs = Outputs::new(args.overwrite).having_read(read);
    targets.iter().try_for_each(|(path, _)| files::try_place(path, &outputs, screen))?;
    let prompt = prompt(args)?;
    if args.print_prompt {
        screen::println(&print_prompt(&prompt)?)?;
        return Ok(Exit::Ok);
    }
    let planned = match plan(args, &prompt, settings, screen)? {
        Response::Layout(planned) => planned,
        Response::Answer(answer) => {
            if let Some((path, _)) = targets.first() {
                let path = path.display();
                return Err(EngineError::Usage(format!(
                    "that is a question, so there is no layout to write to {path}: {}",
                    answer.to_text()
                ))
                .into());
            }
            if args.json {
                screen::print_json(&answer)?;
            } else {
                screen::println(&answer.to_text())?;
            }
            return Ok(Exit::Ok);
        }
    };
    screen.tell(&planned.notices)?;
    let layout = &planned.plan.layout;
    for (path, form) in &targets {
        files::deliver(layout, *form, path, &outputs)?;
    }
    print(args, targets.is_empty(), layout, screen.has_colour())?;
    Ok(Exit::Ok)
}

/// The files that are asked for. stdout takes one thing.
fn targets(args: &LayoutArgs) -> Result<Vec<(&Path, Form)>, EngineError> {
    let svg = args.svg.as_deref().map(|path| (path, Form::Svg));
    let png = args.png.as_deref().map(|path| (path, Form::Png));
    let output = match (&args.output, format(args)) {
        (Some(path), Some(format)) => Some((path.as_path(), Form::Foreign(format))),
        (path, _) => path.as_deref().map(files::target).transpose()?,
    };
    let targets: Vec<(&Path, Form)> = [svg, png, output].into_iter().flatten().collect();
    let printed = args.json || args.text || args.format.is_some() && args.output.is_none();
    files::on_stdout(targets.iter().map(|(path, _)| *path), printed)?;
    Ok(targets)
}

/// The form of another program that is asked for.
fn format(args: &LayoutArgs) -> Option<Format> {
    args.format.as_deref().and_then(Format::of_name)
}

/// The prompt of the command line, or stdin for `-`.
fn prompt(args: &LayoutArgs) -> anyhow::Result<String> {
    let answer_from_stdin = args.from_answer.as_deref().is_some_and(files::is_dash);
    match args.prompt.as_deref() {
        Some("-") if answer_from_stdin || args.edit.as_deref().is_some_and(files::is_dash) => {
            Err(EngineError::Usage("stdin cannot give two things; write one of them to a file".to_owned())
                .into())
        }
        Some("-") => files::read(Path::new("-")),
        given => Ok(given.unwrap_or_default().to_owned()),
    }
}

fn plan(args: &LayoutArgs, prompt: &str, settings: &Settings, screen: &Screen) -> anyhow::Result<Response> {
    if let Some(path) = &args.from_answer {
        let answer = files::read(path)?;
        return Ok(Response::Layout(plan_from_answer(prompt, &answer).map(Planned::from)?));
    }
    let engine = session::engine(settings, screen)?;
    let Some(path) = &args.edit else {
        session::announce(&engine, screen)?;
        return Ok(Response::Layout(engine.plan_variant(prompt, args.variant)?));
    };
    let mut conversation = Conversation::from_layout("", files::read_layout(path, screen)?);
    session::announce(&engine, screen)?;
    let count = conversation.layout().objects().len();
    if let Some(number) = args.lock.iter().find(|number| !(1..=count).contains(*number)) {
        let given = format!("--lock {number}: the layout's objects are numbered from 1 to {count}");
        return Err(EngineError::Usage(given).into());
    }
    let locked = args.lock.iter().map(|number| number - 1).collect();
    Ok(engine.respond(&mut conversation, prompt, &Wishes { variant: args.variant, locked })?)
}

/// Prints the layout when it was asked for or nothing else is printed.
fn print(args: &LayoutArgs, alone: bool, layout: &Layout, colour: bool) -> anyhow::Result<()> {
    if let (Some(format), None) = (format(args), &args.output) {
        screen::print(Form::Foreign(format).render(layout)?)?;
    } else if args.json {
        screen::print(Form::Json.render(layout)?)?;
    } else if args.text {
        screen::print(Form::Text.render(layout)?)?;
    } else if alone {
        screen::print(show::table(layout, colour) + "\n")?;
    }
    Ok(())
}
