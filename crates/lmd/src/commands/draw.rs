//! `lmd draw`: a layout becomes a picture.

use std::path::Path;

use lmd_diffusion::Recipe;

use crate::cli::DrawArgs;
use crate::config::Loaded;
use crate::drawing::{self, Subject};
use crate::exit::{Exit, UsageError};
use crate::files;
use crate::screen::Screen;

/// `again` is the recipe of the picture named by `--from`; its settings are
/// already part of the configuration.
pub(crate) fn run(
    args: &DrawArgs,
    again: Option<Recipe>,
    loaded: &Loaded,
    screen: &Screen,
) -> anyhow::Result<Exit> {
    let ready = drawing::prepare(&args.drawing, loaded)?;
    let mut subject = match (again, &args.layout) {
        (Some(recipe), _) => Subject { seeds: Some(recipe.seeds), ..of_recipe(recipe) },
        (None, Some(path)) if is_picture(path) => of_recipe(files::read_recipe(path)?),
        (None, Some(path)) => {
            let layout = files::read_layout(path)?;
            for doubt in lmd_layout::check_layout(&layout) {
                screen.warning(&doubt.to_string());
            }
            Subject { layout, prompt: String::new(), planner: None, seeds: None }
        }
        (None, None) => return Err(UsageError("give a layout, or a picture with --from".to_owned()).into()),
    };
    if let Some(prompt) = &args.prompt {
        subject.prompt.clone_from(prompt);
    }
    drawing::run(&args.drawing, ready, &subject, loaded, screen)?;
    Ok(Exit::Ok)
}

fn of_recipe(recipe: Recipe) -> Subject {
    Subject { layout: recipe.layout, prompt: recipe.prompt, planner: recipe.planner, seeds: None }
}

fn is_picture(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("png"))
}
