//! Asking a planner, with a word now and then while it is silent.

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use lmd_engine::{Engine, EngineError};

use crate::screen::Screen;

/// A silent planner is spoken for this often.
const PATIENCE: Duration = Duration::from_secs(10);

/// Tells which planner is asked, once.
pub(crate) fn announce(engine: &Engine, screen: &Screen) -> Result<(), EngineError> {
    screen.tell(engine.planner()?.1)
}

/// Does something that may wait for a language model, and says so when it waits long.
pub(crate) fn patiently<T>(screen: &Screen, ask: impl FnOnce() -> T) -> T {
    if screen.is_quiet() {
        return ask();
    }
    thread::scope(|scope| {
        let (done, waits) = channel::<()>();
        let start = Instant::now();
        let speaker = move || {
            while waits.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
                let seconds = start.elapsed().as_secs();
                screen.note(&format!("still waiting for the language model ({seconds} s; Ctrl-C ends it)"));
            }
        };
        // Without a thread for it nothing is said, which changes nothing else.
        let _ = thread::Builder::new().spawn_scoped(scope, speaker);
        let answer = ask();
        drop(done);
        answer
    })
}
