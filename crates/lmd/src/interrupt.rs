//! Ctrl-C and a request to terminate: the first asks the work to end, the second, or ten seconds, end the program.

use std::sync::OnceLock;
use std::thread;
use std::time::Duration;

use lmd_engine::CancelToken;

use crate::Exit;

/// What does not end by itself in this time is ended.
const GRACE: Duration = Duration::from_secs(10);

/// The switch that Ctrl-C throws, from now on. Before the first call Ctrl-C
/// ends the program at once, which is right while it only waits.
pub(crate) fn token() -> CancelToken {
    static TOKEN: OnceLock<CancelToken> = OnceLock::new();
    TOKEN
        .get_or_init(|| {
            let token = CancelToken::default();
            let thrown = token.clone();
            // Without a handler Ctrl-C ends the program at once, which will do.
            let _ = ctrlc::set_handler(move || {
                if thrown.is_cancelled() {
                    std::process::exit(Exit::Interrupted as i32);
                }
                thrown.cancel();
                // A step of a large picture may take minutes.
                let _ = thread::Builder::new().spawn(|| {
                    thread::sleep(GRACE);
                    std::process::exit(Exit::Interrupted as i32);
                });
            });
            token
        })
        .clone()
}
