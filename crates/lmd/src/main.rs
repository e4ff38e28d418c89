//! The `lmd` command.

mod allocator;
#[cfg(target_os = "linux")]
mod stdio;

use std::process::ExitCode;

fn main() -> ExitCode {
    allocator::keep_memory();
    lmd_cli::explain_panics();
    lmd_cli::main().into()
}
