//! The `lmd` command.

use std::process::ExitCode;

/// Tensors come and go by the hundred thousand; this allocator keeps their memory instead of
/// returning it to the system and asking for it anew.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    lmd_cli::main().into()
}
