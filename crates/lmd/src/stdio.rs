//! A stdout that was closed before the program began.
//!
//! Before `main` the standard library opens `/dev/null` in the place of a stdin, stdout or stderr that is closed, so
//! that results would be lost without a word. What runs here runs earlier.
#![allow(unsafe_code)]

use rustix::fs::{Mode, OFlags, open};
use rustix::io::fcntl_getfd;
use rustix::stdio::stdout;

#[used]
// SAFETY: the system calls what stands in this section once, before `main` and before there are other threads;
// `hold_stdout` takes what such functions are given, nothing, and uses system calls alone.
#[unsafe(link_section = ".init_array")]
static BEFORE_MAIN: extern "C" fn() = hold_stdout;

/// Puts something that cannot be written to in the place of a closed stdout: every write says so.
extern "C" fn hold_stdout() {
    while fcntl_getfd(stdout()).is_err() {
        // The lowest number that is free: stdin's, when it is closed as well, then stdout's.
        match open("/dev/null", OFlags::RDONLY, Mode::empty()) {
            // It stays open as long as the program runs.
            Ok(held) => std::mem::forget(held),
            Err(_) => return,
        }
    }
}
