//! What is said when lmd itself is at fault.

use std::io::{self, Write};
use std::panic::{self, PanicHookInfo};

use crate::screen::clean;

/// Where faults are told; empty where the package names no place.
const REPOSITORY: &str = env!("CARGO_PKG_REPOSITORY");

/// From now on a panic says that it is a fault of lmd and how to report it.
/// Results are written beside their places and moved there whole, so that a
/// panic leaves no torn file.
pub fn explain_panics() {
    panic::set_hook(Box::new(|info| {
        // There is nowhere to say that stderr is gone.
        let _ = writeln!(io::stderr().lock(), "{}", text(info));
    }));
}

fn text(info: &PanicHookInfo<'_>) -> String {
    let payload = info.payload();
    let what = payload
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| payload.downcast_ref::<&str>().copied())
        .unwrap_or("no reason is known");
    let place =
        info.location().map_or(String::new(), |place| format!(" ({}:{})", place.file(), place.line()));
    let (os, cpu) = (std::env::consts::OS, std::env::consts::ARCH);
    let place_to_tell = if REPOSITORY.is_empty() { "the project" } else { REPOSITORY };
    format!(
        "error: lmd stumbled over a fault of its own: {}{place}\n  \
         Nothing is wrong with what you did, and no file was left half written.\n  \
         Please report it to {place_to_tell} with the command line and these lines: lmd {} on {os} {cpu}.",
        clean(what),
        env!("CARGO_PKG_VERSION"),
    )
}
