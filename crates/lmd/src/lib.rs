//! The command line of LLM-grounded diffusion: the thinnest room of the house.
//!
//! stdout carries results or the paths of written files, stderr everything
//! else. Each verb has its own file in `commands`.

mod bundle;
mod cli;
mod commands;
pub mod config;
mod drawing;
mod exit;
mod files;
mod infotext;
mod models;
pub mod picture;
mod planners;
mod progress;
mod screen;
mod show;

use std::env;

use clap::Parser;

use cli::{Cli, Command};
pub use exit::Exit;
use screen::Screen;

/// Runs the command of this process and says how it ended.
#[must_use]
pub fn main() -> Exit {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return exit::of_clap(&error),
    };
    let screen = Screen::new(cli.global.quiet);
    match run(cli, &screen) {
        Ok(exit) => exit,
        Err(error) => exit::report(&screen, &error),
    }
}

fn run(cli: Cli, screen: &Screen) -> anyhow::Result<Exit> {
    let lookup = |name: &str| env::var(name).ok();
    let load = |flags| config::load(&cli.global, None, flags, &lookup);
    match cli.command {
        Command::Generate(args) => {
            let flags = args.planning.flags().into_iter().chain(args.drawing.flags());
            commands::generate::run(&args, &load(flags.collect())?, screen)
        }
        Command::Draw(args) => {
            let again = args.from.as_deref().map(files::read_recipe).transpose()?;
            let picture = args.from.as_deref().zip(again.as_ref().map(|recipe| &recipe.config));
            let loaded = config::load(&cli.global, picture, args.drawing.flags(), &lookup)?;
            commands::draw::run(&args, again, &loaded, screen)
        }
        Command::Show(args) => commands::show::run(&args, screen),
        Command::Models(args) => commands::models::run(&args, &load(Vec::new())?, screen),
        Command::Layout(args) => commands::layout::run(&args, &load(args.planning.flags())?, screen),
        Command::Chat(args) => commands::chat::run(&args, &load(args.planning.flags())?, screen),
        Command::Bench(args) => commands::bench::run(&args, &load(args.planning().flags())?, screen),
        Command::Config(args) => commands::config::run(&args, &load(Vec::new())?, screen),
        Command::Completions(args) => commands::completions::run(&args),
        Command::Doctor(args) => commands::doctor::run(&args, load(Vec::new()), screen),
    }
}
