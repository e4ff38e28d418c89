//! The command line of LLM-grounded diffusion, the thinnest room of the house:
//! arguments, screen and exit codes around `lmd-engine`.
//!
//! stdout carries results or the paths of written files, stderr everything
//! else. Each verb has its own file in `commands`.

mod cli;
mod commands;
mod drawing;
mod exit;
mod exports;
mod fault;
mod files;
mod gguf;
mod interrupt;
mod laid_over;
mod progress;
mod screen;
mod session;
mod show;

use clap::Parser;
use lmd_engine::picture::Noted;
use lmd_engine::{Environment, Override, Settings, Sources};

use cli::{BenchArgs, BenchCommand, Cli, Command, DrawArgs, Global};
pub use exit::Exit;
pub use fault::explain_panics;
use screen::Screen;

/// Runs the command of this process and says how it ended.
#[must_use]
pub fn main() -> Exit {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return exit::of_clap(&error),
    };
    let screen = Screen::new(cli.global.quiet, cli.global.strict);
    match run(cli, &screen) {
        Ok(exit) => exit,
        Err(error) => exit::report(&screen, &error),
    }
}

fn run(cli: Cli, screen: &Screen) -> anyhow::Result<Exit> {
    let load = |flags| load(&sources(&cli.global, flags), screen);
    match cli.command {
        Command::Generate(args) => {
            let flags = args.planning.flags().into_iter().chain(args.drawing.flags());
            commands::generate::run(&args, &load(flags.collect())?, screen)
        }
        Command::Draw(args) => draw(&args, &cli.global, screen),
        Command::Show(args) => commands::show::run(&args, screen),
        Command::Detect(args) => commands::detect::run(&args, &load(Vec::new())?, screen),
        Command::Models(args) => commands::models::run(&args, &load(Vec::new())?, screen),
        Command::Layout(args) => commands::layout::run(&args, &load(args.planning.flags())?, screen),
        Command::Serve(args) => commands::serve::run(load(args.flags())?, cli.global.quiet, screen),
        Command::Chat(args) => {
            let flags = args.planning.flags().into_iter().chain(args.drawing.flags());
            commands::chat::run(&args, &load(flags.collect())?, screen)
        }
        Command::Bench(args) => bench(&args, &load, screen),
        Command::Config(args) => commands::config::run(&args, &load(Vec::new())?),
        Command::Completions(args) => commands::completions::run(&args),
        Command::Doctor(args) => {
            let flags = cli::local_llm(args.llm.as_deref());
            commands::doctor::run(&args, Settings::load(&sources(&cli.global, flags)), screen)
        }
    }
}

/// A benchmark of pictures has settings of its own for every way of drawing.
fn bench(
    args: &BenchArgs,
    load: &dyn Fn(Vec<Override>) -> anyhow::Result<Settings>,
    screen: &Screen,
) -> anyhow::Result<Exit> {
    match &args.what {
        BenchCommand::Layouts(args) => {
            commands::bench::layouts(args, &load(args.common.planning.flags())?, screen)
        }
        BenchCommand::Sentences(args) => {
            commands::bench::free_wording(args, &load(args.common.planning.flags())?, screen)
        }
        BenchCommand::Pictures(args) => commands::pictures::pictures(args, load, screen),
        BenchCommand::Ablations(args) => commands::pictures::ablations(args, load, screen),
    }
}

/// The settings of a picture that is drawn again lie below the flags.
fn draw(args: &DrawArgs, global: &Global, screen: &Screen) -> anyhow::Result<Exit> {
    let again: Option<Noted> =
        args.from.as_deref().map(|path| anyhow::Ok(files::open(path)?.noted()?)).transpose()?;
    let picture = args.from.clone().zip(again.as_ref().map(|noted| noted.recipe.clone()));
    let sources = Sources { picture, ..sources(global, args.drawing.flags()) };
    commands::draw::run(args, again, &load(&sources, screen)?, screen)
}

/// The settings of these sources, and on the screen what a person should know about them.
fn load(sources: &Sources, screen: &Screen) -> anyhow::Result<Settings> {
    let settings = Settings::load(sources)?;
    screen.tell(&settings.notices)?;
    Ok(settings)
}

fn sources(global: &Global, explicit: Vec<Override>) -> Sources {
    Sources {
        file: global.config.clone(),
        environment: Environment::of_process(),
        explicit,
        ..Sources::default()
    }
}
