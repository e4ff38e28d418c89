//! The events of one job: a short log that any number of readers follow, each at its own speed.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use tokio::sync::watch;

/// Most events of a job that are kept for readers that come late or fall behind.
const KEPT: usize = 256;

/// What an event is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EventKind {
    Queued,
    Layout,
    Progress,
    Preview,
    Completed,
    Failed,
    Cancelled,
}

impl EventKind {
    /// Its name on the wire.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Layout => "layout",
            Self::Progress => "progress",
            Self::Preview => "preview",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether it is the last of its job.
    pub(crate) const fn is_last(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Cancelled)
    }
}

/// One event.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    /// Its number, which only rises, also from one run of the program to the next.
    pub(crate) id: u64,
    pub(crate) kind: EventKind,
    /// Its data as JSON.
    pub(crate) data: Arc<str>,
}

/// The log of one job.
#[derive(Debug)]
pub(crate) struct EventLog {
    events: Mutex<VecDeque<Event>>,
    last: watch::Sender<u64>,
}

/// The number of the next event of any job: microseconds since 1970 at the start of the program, and rising.
fn next_id() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let now = u64::try_from(crate::store::now_ms()).unwrap_or_default().saturating_mul(1000);
    // The first call sets the start; a clock that is set back later changes nothing.
    let _ = NEXT.compare_exchange(0, now, Ordering::Relaxed, Ordering::Relaxed);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

impl EventLog {
    /// An empty log.
    pub(crate) fn new() -> Self {
        Self { events: Mutex::default(), last: watch::Sender::new(0) }
    }

    fn events(&self) -> MutexGuard<'_, VecDeque<Event>> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells every reader. Nothing is told after the last event. Of previews only the newest is kept, since they are large.
    pub(crate) fn tell(&self, kind: EventKind, data: &impl Serialize) {
        let data = match serde_json::to_string(data) {
            Ok(data) => data,
            Err(error) => return tracing::error!(%error, "an event is no JSON"),
        };
        let mut events = self.events();
        if events.back().is_some_and(|event| event.kind.is_last()) {
            return;
        }
        if kind == EventKind::Preview {
            events.retain(|event| event.kind != EventKind::Preview);
        }
        while events.len() >= KEPT {
            events.pop_front();
        }
        let id = next_id();
        events.push_back(Event { id, kind, data: data.into() });
        drop(events);
        self.last.send_replace(id);
    }

    /// The events behind number `seen`.
    pub(crate) fn after(&self, seen: u64) -> Vec<Event> {
        self.events().iter().filter(|event| event.id > seen).cloned().collect()
    }

    /// Whether nothing more will be told.
    pub(crate) fn is_over(&self) -> bool {
        self.events().back().is_some_and(|event| event.kind.is_last())
    }

    /// Follows the log: changes when there is more.
    pub(crate) fn follow(&self) -> watch::Receiver<u64> {
        self.last.subscribe()
    }

    /// The newest event of a kind.
    pub(crate) fn newest(&self, kind: EventKind) -> Option<Event> {
        self.events().iter().rev().find(|event| event.kind == kind).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_rise_and_the_log_is_bounded() {
        let log = EventLog::new();
        for step in 0..2 * KEPT {
            log.tell(EventKind::Progress, &step);
            log.tell(EventKind::Preview, &step);
        }
        log.tell(EventKind::Completed, &());
        log.tell(EventKind::Failed, &());
        let all = log.after(0);
        assert!(all.len() <= KEPT && all.is_sorted_by_key(|event| event.id));
        assert_eq!(all.iter().filter(|event| event.kind == EventKind::Preview).count(), 1);
        assert_eq!(all.last().unwrap().kind, EventKind::Completed);
        let middle = all[all.len() / 2].id;
        assert!(log.after(middle).iter().all(|event| event.id > middle));
        assert!(all[0].id > 1_600_000_000_000_000, "it rises from one run to the next");
    }
}
