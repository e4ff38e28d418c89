//! The line of waiting jobs and those under way, in memory; what must survive is in the database.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use lmd_engine::CancelToken;

use super::events::{EventKind, EventLog};
use crate::keys::Asker;

/// How many finished jobs keep their events for readers that come late.
const REMEMBERED: usize = 64;

/// What is known of a job besides what is kept: how to stop it, and who is told.
#[derive(Clone, Debug)]
pub(crate) struct Live {
    /// Stops the drawing.
    pub(crate) cancel: CancelToken,
    /// Thrown when somebody cancelled the job, and not only the server ends.
    pub(crate) unwanted: CancelToken,
    pub(crate) events: Arc<EventLog>,
    asker: Asker,
}

/// Why a job is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// As many wait as may wait.
    Full,
    /// As many of one key are unfinished as may be.
    Yours,
    /// The server is about to end.
    Ending,
}

/// What came of a wish to cancel a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cancelled {
    /// It waited and waits no more.
    Waiting,
    /// It is being drawn and will stop.
    Running,
    /// It is neither.
    Neither,
}

#[derive(Debug, Default)]
struct Inner {
    waiting: VecDeque<String>,
    /// Places held for jobs that are being written to the database.
    reserved: usize,
    running: Vec<String>,
    live: HashMap<String, Live>,
    finished: VecDeque<String>,
    /// How many unfinished jobs each key has.
    held: HashMap<usize, usize>,
    ending: bool,
}

/// The line.
#[derive(Debug)]
pub(crate) struct Line {
    inner: Mutex<Inner>,
    changed: Condvar,
    most: usize,
    most_per_key: Option<usize>,
}

/// A place in the line, given back when it is dropped unused.
#[derive(Debug)]
pub(crate) struct Place<'a> {
    line: &'a Line,
    asker: Asker,
    used: bool,
}

impl Line {
    /// A line of at most so many, and at most so many unfinished jobs of one key.
    pub(crate) fn new(most: usize, most_per_key: Option<usize>) -> Self {
        Self { inner: Mutex::default(), changed: Condvar::new(), most, most_per_key }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Holds a place for a job that is about to be kept.
    pub(crate) fn reserve(&self, asker: Asker) -> Result<Place<'_>, Refused> {
        let mut inner = self.inner();
        if inner.ending {
            return Err(Refused::Ending);
        }
        if inner.waiting.len() + inner.reserved >= self.most {
            return Err(Refused::Full);
        }
        if let Some(key) = asker.0 {
            let held = inner.held.entry(key).or_default();
            if self.most_per_key.is_some_and(|most| *held >= most) {
                return Err(Refused::Yours);
            }
            *held += 1;
        }
        inner.reserved += 1;
        Ok(Place { line: self, asker, used: false })
    }

    /// Puts a job at the end, whether there is room or not: it was accepted before.
    pub(crate) fn put(&self, id: &str) -> Live {
        let mut inner = self.inner();
        self.put_in(&mut inner, id, Asker::default())
    }

    fn put_in(&self, inner: &mut Inner, id: &str, asker: Asker) -> Live {
        let live = Live {
            cancel: CancelToken::default(),
            unwanted: CancelToken::default(),
            events: Arc::new(EventLog::new()),
            asker,
        };
        inner.live.insert(id.to_owned(), live.clone());
        inner.waiting.push_back(id.to_owned());
        live.events.tell(EventKind::Queued, &position_data(inner.waiting.len()));
        self.changed.notify_one();
        live
    }

    /// The next job, once there is one; none when the server ends.
    pub(crate) fn take(&self) -> Option<(String, Live)> {
        let mut inner = self.inner();
        loop {
            if inner.ending {
                return None;
            }
            if let Some(id) = inner.waiting.pop_front() {
                let Some(live) = inner.live.get(&id).cloned() else { continue };
                inner.running.push(id.clone());
                tell_positions(&inner);
                return Some((id, live));
            }
            inner = self.changed.wait(inner).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// A job is over. Its events stay for a while.
    pub(crate) fn done(&self, id: &str) {
        let mut inner = self.inner();
        inner.running.retain(|running| running != id);
        remember(&mut inner, id);
    }

    /// Cancels a job that waits or is drawn.
    pub(crate) fn cancel(&self, id: &str) -> Cancelled {
        let mut inner = self.inner();
        if let Some(live) = inner.live.get(id) {
            live.unwanted.cancel();
            live.cancel.cancel();
        }
        if inner.running.iter().any(|running| running == id) {
            return Cancelled::Running;
        }
        let Some(at) = inner.waiting.iter().position(|waiting| waiting == id) else {
            return Cancelled::Neither;
        };
        inner.waiting.remove(at);
        remember(&mut inner, id);
        tell_positions(&inner);
        Cancelled::Waiting
    }

    /// What is known of a job in memory.
    pub(crate) fn live(&self, id: &str) -> Option<Live> {
        self.inner().live.get(id).cloned()
    }

    /// The place of a job in the line, from 1.
    pub(crate) fn position(&self, id: &str) -> Option<usize> {
        self.inner().waiting.iter().position(|waiting| waiting == id).map(|at| at + 1)
    }

    /// The jobs that are drawn.
    pub(crate) fn running(&self) -> Vec<String> {
        self.inner().running.clone()
    }

    /// How many wait and how many are drawn.
    pub(crate) fn lengths(&self) -> (usize, usize) {
        let inner = self.inner();
        (inner.waiting.len(), inner.running.len())
    }

    /// Gives out no more jobs.
    pub(crate) fn end(&self) {
        self.inner().ending = true;
        self.changed.notify_all();
    }

    /// Stops the jobs that are drawn.
    pub(crate) fn stop_running(&self) {
        let inner = self.inner();
        let running = inner.running.iter().filter_map(|id| inner.live.get(id));
        running.for_each(|live| live.cancel.cancel());
    }

    /// Whether it gives out no more jobs.
    pub(crate) fn is_ending(&self) -> bool {
        self.inner().ending
    }
}

impl Place<'_> {
    /// Puts a job into the place.
    pub(crate) fn fill(mut self, id: &str) -> Live {
        self.used = true;
        let mut inner = self.line.inner();
        inner.reserved = inner.reserved.saturating_sub(1);
        self.line.put_in(&mut inner, id, self.asker)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        if !self.used {
            let mut inner = self.line.inner();
            inner.reserved = inner.reserved.saturating_sub(1);
            release(&mut inner, self.asker);
        }
    }
}

/// One unfinished job less of a key.
fn release(inner: &mut Inner, asker: Asker) {
    if let Some(held) = asker.0.and_then(|key| inner.held.get_mut(&key)) {
        *held = held.saturating_sub(1);
    }
}

fn position_data(position: usize) -> serde_json::Value {
    serde_json::json!({ "queue_position": position })
}

/// Tells those that wait that they moved up.
fn tell_positions(inner: &Inner) {
    for (at, id) in inner.waiting.iter().enumerate() {
        if let Some(live) = inner.live.get(id) {
            live.events.tell(EventKind::Queued, &position_data(at + 1));
        }
    }
}

fn remember(inner: &mut Inner, id: &str) {
    if let Some(asker) = inner.live.get(id).map(|live| live.asker) {
        release(inner, asker);
    }
    inner.finished.push_back(id.to_owned());
    while inner.finished.len() > REMEMBERED {
        if let Some(old) = inner.finished.pop_front() {
            inner.live.remove(&old);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_is_bounded_and_in_order() {
        let line = Line::new(2, None);
        line.reserve(Asker::default()).unwrap().fill("a");
        let held = line.reserve(Asker::default()).unwrap();
        assert_eq!(line.reserve(Asker::default()).unwrap_err(), Refused::Full);
        drop(held);
        line.reserve(Asker::default()).unwrap().fill("b");
        assert_eq!(line.position("b"), Some(2));
        assert_eq!(line.take().unwrap().0, "a");
        assert_eq!((line.position("b"), line.lengths()), (Some(1), (1, 1)));
        assert_eq!(line.cancel("b"), Cancelled::Waiting);
        assert_eq!((line.cancel("a"), line.cancel("c")), (Cancelled::Running, Cancelled::Neither));
        line.done("a");
        assert_eq!((line.cancel("a"), line.lengths()), (Cancelled::Neither, (0, 0)));
        line.end();
        assert!(line.take().is_none() && line.reserve(Asker::default()).unwrap_err() == Refused::Ending);
    }

    #[test]
    fn finished_jobs_are_forgotten_in_time() {
        let line = Line::new(1, None);
        for number in 0..2 * REMEMBERED {
            line.put(&number.to_string());
            let (id, _) = line.take().unwrap();
            line.done(&id);
        }
        assert!(line.live("0").is_none() && line.live(&(2 * REMEMBERED - 1).to_string()).is_some());
        assert_eq!(line.inner().live.len(), REMEMBERED);
    }

    #[test]
    fn one_key_does_not_fill_the_line() {
        let line = Line::new(9, Some(2));
        let (one, other) = (Asker(Some(0)), Asker(Some(1)));
        drop(line.reserve(one).unwrap());
        line.reserve(one).unwrap().fill("a");
        line.reserve(one).unwrap().fill("b");
        assert_eq!(line.reserve(one).unwrap_err(), Refused::Yours);
        line.reserve(other).unwrap().fill("c");
        line.reserve(Asker::default()).unwrap().fill("d");
        // A job that is over, or cancelled while it waited, makes room.
        assert_eq!(line.take().unwrap().0, "a");
        line.done("a");
        line.reserve(one).unwrap().fill("e");
        assert_eq!(line.cancel("b"), Cancelled::Waiting);
        assert_eq!(line.cancel("b"), Cancelled::Neither);
        line.reserve(one).unwrap().fill("f");
        assert_eq!(line.reserve(one).unwrap_err(), Refused::Yours);
    }
}
