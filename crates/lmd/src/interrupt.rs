//! Ctrl-C: the first asks the work to end, the second ends the program at once.

use std::sync::OnceLock;

use lmd_engine::CancelToken;

use crate::Exit;

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
            });
            token
        })
        .clone()
}
