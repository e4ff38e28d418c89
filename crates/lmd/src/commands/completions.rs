//! `lmd completions`: a script that lets a shell complete our flags.

use clap::CommandFactory;

use crate::cli::{Cli, CompletionsArgs};
use crate::exit::Exit;
use crate::screen;

pub(crate) fn run(args: &CompletionsArgs) -> anyhow::Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "lmd", &mut script);
    screen::print(script)?;
    Ok(Exit::Ok)
}
