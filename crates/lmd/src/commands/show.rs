//! `lmd show`: what made a picture, read from the picture itself.

use std::path::Path;

use lmd_engine::input::Input;
use lmd_engine::output::Outputs;
use lmd_engine::picture::{Noted, right_picture};
use lmd_engine::{BoxTrace, EngineError, Recipe};
use lmd_layout::{Canvas, Mark};

use crate::cli::ShowArgs;
use crate::exit::Exit;
use crate::files::{self, Form};
use crate::screen::{self, Screen};
use crate::{laid_over, show};

pub(crate) fn run(args: &ShowArgs, screen: &Screen) -> anyhow::Result<Exit> {
    let output = args.output.as_deref().map(files::target).transpose()?;
    let outputs = Outputs::new(args.overwrite).having_read([&args.picture]);
    if let Some((path, _)) = output {
        files::try_place(path, &outputs, screen)?;
    }
    let masks = args.masks.as_deref().map(target).transpose()?;
    if let Some((path, _)) = masks {
        files::try_place(path, &outputs, screen)?;
    }
    let input = files::open(&args.picture)?;
    let noted = input.noted()?;
    if let Some((path, form)) = masks {
        files::put(path, &with_masks(&input, &noted, form)?, &outputs)?;
    }
    if let Some((path, form)) = output {
        files::deliver(&noted.recipe.layout, form, path, &outputs)?;
    }
    if args.json {
        screen::print_json(&noted.recipe)?;
    } else if args.output.is_none() && args.masks.is_none() {
        screen::print(lines(&noted, screen.has_colour()))?;
    }
    Ok(Exit::Ok)
}

/// A place for a picture with masks, with the form that its ending asks for.
fn target(path: &Path) -> Result<(&Path, Form), EngineError> {
    match Form::of(path) {
        Ok(form @ (Form::Svg | Form::Png)) => Ok((path, form)),
        _ => Err(EngineError::Usage(format!("{} must end in .png or .svg", path.display()))),
    }
}

/// The picture with the masks and boxes of its objects over it.
fn with_masks(input: &Input, noted: &Noted, form: Form) -> anyhow::Result<Vec<u8>> {
    let picture = files::pixels(input)?;
    let picture = if noted.side_by_side { right_picture(&picture) } else { picture };
    let marks = marks(&noted.recipe);
    if marks.is_empty() {
        let text = format!("{} has no masks: `{}` makes none", input.name, noted.recipe.config.method);
        return Err(EngineError::Usage(text).into());
    }
    if form == Form::Svg {
        Ok(laid_over::svg(&picture, &marks)?.into_bytes())
    } else {
        laid_over::png(&picture, &marks)
    }
}

/// The mask of every object that has one, with its box and its caption.
fn marks(recipe: &Recipe) -> Vec<Mark> {
    let objects = recipe.layout.objects();
    let traces = recipe.boxes.iter().filter(|trace| !trace.mask.is_empty());
    let mark = |trace: &BoxTrace| {
        let object = objects.get(trace.object)?;
        Some(Mark {
            label: object.caption.as_str().to_owned(),
            corners: object.bbox.to_xyxy(Canvas::new(1.0, 1.0)),
            mask: trace.mask.clone(),
        })
    };
    traces.filter_map(mark).collect()
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
