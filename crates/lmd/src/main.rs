//! The `lmd` command.

mod allocator;

use std::process::ExitCode;

fn main() -> ExitCode {
    allocator::keep_memory();
    lmd_cli::explain_panics();
    lmd_cli::main().into()
}
