//! The threads that compute. They belong to the process: the first that asks
//! for them says how many there are.

use std::error::Error;
use std::sync::Mutex;
use std::thread::available_parallelism;

use rayon::{ThreadPoolBuildError, ThreadPoolBuilder, current_num_threads};

use crate::error::EngineError;
use crate::notice::Notice;

/// Most threads that may be asked for.
pub const MOST_THREADS: usize = 1024;

/// Starts the threads that compute, `wanted` of them or, for 0, as many as
/// there are processors (or as `RAYON_NUM_THREADS` says). Does nothing when
/// they run already.
///
/// # Errors
/// [`EngineError::Threads`] when not even one can be started.
pub fn start(wanted: usize) -> Result<Option<Notice>, EngineError> {
    static STARTED: Mutex<bool> = Mutex::new(false);
    let mut started = STARTED.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if *started {
        return Ok(None);
    }
    let wanted = if wanted > 0 { wanted } else { usual() };
    // A pool for the process can be tried once only, one of our own again and again.
    let mut count = wanted;
    while let Err(error) = pool(count) {
        if count == 1 {
            return Err(EngineError::Threads(error.to_string()));
        }
        count = count.div_ceil(2);
    }
    let global = ThreadPoolBuilder::new().num_threads(count).build_global();
    // Somebody who started threads before decides how many there are.
    let have = match global {
        Ok(()) => count,
        // The room was taken between the trial and now: not even asking for the number would work.
        Err(error) if error.source().is_some() => return Err(EngineError::Threads(error.to_string())),
        Err(_) => current_num_threads(),
    };
    *started = true;
    Ok((have < wanted && have == count).then_some(Notice::FewerThreads { wanted, started: have }))
}

/// Whether so many threads can be started. When it returns, they have all ended, so that they take no room from the
/// threads that are started next.
fn pool(count: usize) -> Result<(), ThreadPoolBuildError> {
    let mut started = Vec::new();
    let tried = ThreadPoolBuilder::new().num_threads(count).spawn_handler(|thread| {
        started.push(std::thread::Builder::new().spawn(move || thread.run())?);
        Ok(())
    });
    let tried = tried.build().map(drop);
    for thread in started {
        let ended = thread.join();
        debug_assert!(ended.is_ok(), "a thread of a trial does nothing, so it cannot have panicked");
    }
    tried
}

fn usual() -> usize {
    let said = std::env::var("RAYON_NUM_THREADS").ok().and_then(|text| text.trim().parse().ok());
    said.filter(|count| (1..=MOST_THREADS).contains(count))
        .unwrap_or_else(|| available_parallelism().map_or(1, usize::from))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_are_started_once() {
        assert_eq!(start(1).unwrap(), None);
        assert_eq!(current_num_threads(), 1);
        assert_eq!(start(3).unwrap(), None);
        assert_eq!(current_num_threads(), 1);
    }
}
