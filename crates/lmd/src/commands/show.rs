//! `lmd show`: what made a picture, read from the picture itself.

use lmd_engine::Recipe;
use lmd_engine::output::Outputs;
use lmd_engine::picture::Noted;

use crate::cli::ShowArgs;
use crate::exit::Exit;
use crate::files;
use crate::screen::{self, Screen};
use crate::show;

pub(crate) fn run(args: &ShowArgs, screen: &Screen) -> anyhow::Result<Exit> {
    let output = args.output.as_deref().map(files::target).transpose()?;
    let outputs = Outputs::new(args.overwrite).having_read([&args.picture]);
    if let Some((path, _)) = output {
        files::try_place(path, &outputs, screen)?;
    }
    let noted = files::open(&args.picture)?.noted()?;
    if let Some((path, form)) = output {
        files::deliver(&noted.recipe.layout, form, path, &outputs)?;
    }
    if args.json {
        screen::print_json(&noted.recipe)?;
    } else if args.output.is_none() {
        screen::print(lines(&noted, screen.has_colour()))?;
    }
    Ok(Exit::Ok)
}

/// The recipe for people.
fn lines(noted: &Noted, colour: bool) -> String {
    let recipe = &noted.recipe;
    let config = &recipe.config;
    let planner = recipe.planner.as_ref().map_or("unknown", |planner| &planner.name);
    let beside = if noted.side_by_side { ", plain on the left" } else { "" };
    let rows = [
        ("prompt", recipe.prompt.clone()),
        ("planner", planner.to_owned()),
        ("model", format!("{} on {}", recipe.model, recipe.device)),
        ("method", format!("{}, {} steps of {}{beside}", config.method, config.steps, config.sampler)),
        ("cfg scale", config.cfg_scale_without_model().to_string()),
        ("seed", recipe.seeds.background.to_string()),
        ("size", format!("{} x {}", recipe.size.0, recipe.size.1)),
        ("encoded", recipe.encoded_prompt.clone()),
        ("negative", recipe.encoded_negative.clone()),
        ("energy", energies(recipe)),
        ("made by", recipe.program.clone()),
    ];
    let rows: String = rows
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(label, value)| format!("{label:<10}  {}\n", lmd_layout::clean_text(value)))
        .collect();
    format!("{}\n\n{rows}", show::table(&recipe.layout, colour))
}

/// The first and the last energy of the guidance of the whole picture.
fn energies(recipe: &Recipe) -> String {
    let all: Vec<f64> = recipe.energies.iter().flat_map(|step| step.energies.iter().copied()).collect();
    match (all.first(), all.last()) {
        (Some(first), Some(last)) => format!("{first:.2} -> {last:.2} in {} iterations", all.len()),
        _ => String::new(),
    }
}
