//! `lmd layout`: a sentence, an instruction or an answer becomes a layout.

use std::path::Path;

use lmd_layout::{Layout, layout_schema};
use lmd_planner::llm::{plan_from_answer, print_prompt};
use lmd_planner::{Conversation, Plan};

use crate::cli::LayoutArgs;
use crate::config::Loaded;
use crate::exit::{Exit, UsageError};
use crate::files::{self, Form};
use crate::screen::{self, Screen};
use crate::{planners, show};

pub(crate) fn run(args: &LayoutArgs, loaded: &Loaded, screen: &Screen) -> anyhow::Result<Exit> {
    if args.schema {
        screen::println(&serde_json::to_string_pretty(&layout_schema())?)?;
        return Ok(Exit::Ok);
    }
    // Known before anything is asked: where the answer shall go.
    let output = args.output.as_deref().map(|path| Ok((path, Form::of(path)?))).transpose();
    let output = output.map_err(|error: UsageError| error)?;
    let prompt = prompt(args)?;
    if args.print_prompt {
        screen::println(&print_prompt(&prompt)?)?;
        return Ok(Exit::Ok);
    }
    let plan = plan(args, &prompt, loaded, screen)?;
    planners::warn(&plan, screen);
    deliver(args, output, &plan.layout, screen.has_colour())?;
    Ok(Exit::Ok)
}

/// The prompt of the command line, or stdin for `-`.
fn prompt(args: &LayoutArgs) -> anyhow::Result<String> {
    let dash = Path::new("-");
    let answer_from_stdin = args.from_answer.as_deref().is_some_and(files::is_dash);
    match args.prompt.as_deref() {
        Some("-") if answer_from_stdin || args.edit.as_deref().is_some_and(files::is_dash) => {
            Err(UsageError("stdin cannot give two things; write one of them to a file".to_owned()).into())
        }
        Some("-") => Ok(files::read(dash)?),
        given => Ok(given.unwrap_or_default().to_owned()),
    }
}

fn plan(args: &LayoutArgs, prompt: &str, loaded: &Loaded, screen: &Screen) -> anyhow::Result<Plan> {
    if let Some(path) = &args.from_answer {
        return Ok(plan_from_answer(prompt, &files::read(path)?)?);
    }
    if let Some(path) = &args.edit {
        let mut conversation = Conversation::from_layout("", files::read_layout(path)?);
        return Ok(conversation.say(&*planners::choose(loaded, screen)?, prompt)?);
    }
    Ok(planners::choose(loaded, screen)?.plan(prompt)?)
}

/// Writes the files that were asked for; prints the layout when it was asked
/// for or nothing else is printed.
fn deliver(
    args: &LayoutArgs,
    output: Option<(&Path, Form)>,
    layout: &Layout,
    colour: bool,
) -> anyhow::Result<()> {
    let svg = args.svg.as_deref().map(|path| (path, Form::Svg));
    let png = args.png.as_deref().map(|path| (path, Form::Png));
    let files: Vec<(&Path, Form)> = [svg, png, output].into_iter().flatten().collect();
    for (path, form) in &files {
        files::deliver(layout, *form, path)?;
    }
    if args.json {
        screen::print(Form::Json.render(layout)?)?;
    } else if args.text {
        screen::print(Form::Text.render(layout)?)?;
    } else if files.is_empty() {
        screen::println(&show::table(layout, colour))?;
    }
    Ok(())
}
