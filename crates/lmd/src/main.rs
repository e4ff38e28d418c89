//! The `lmd` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    lmd_cli::main().into()
}
