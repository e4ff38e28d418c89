//! The command line of LLM-grounded diffusion: the thinnest room of the house.
//!
//! stdout carries results or the paths of written files, stderr everything
//! else. Each verb has its own file in `commands`.

mod cli;
mod commands;
pub mod config;
mod exit;
mod files;
mod planners;
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
    let load = |flags| config::load(&cli.global, flags, &lookup);
    match cli.command {
        Command::Layout(args) => commands::layout::run(&args, &load(args.planning.flags())?, screen),
        Command::Chat(args) => commands::chat::run(&args, &load(args.planning.flags())?, screen),
        Command::Bench(args) => commands::bench::run(&args, &load(args.planning().flags())?, screen),
        Command::Config(args) => commands::config::run(&args, &load(Vec::new())?, screen),
        Command::Completions(args) => commands::completions::run(&args),
        Command::Doctor(args) => commands::doctor::run(&args, load(Vec::new()), screen),
    }
}
