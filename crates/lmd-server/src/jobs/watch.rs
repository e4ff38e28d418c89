//! From the engine's progress to events: steps, energy, the time that is left, previews now and then.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use lmd_engine::{CancelToken, Part};

use super::body::{PartName, ProgressBody};
use super::events::{EventKind, EventLog};
use crate::painter::Glance;

/// Least time between two events of progress within one step.
const PROGRESS_EVERY: Duration = Duration::from_millis(50);

/// Watches one picture of a job.
#[derive(Debug)]
pub(crate) struct Watch {
    events: Arc<EventLog>,
    cancel: CancelToken,
    /// Which picture of how many.
    picture: (usize, usize),
    started: Instant,
    told: Option<(Instant, usize, PartName)>,
    previewed: Option<Instant>,
    /// Least time between previews; none for no previews.
    preview_every: Option<Duration>,
}

impl Watch {
    pub(crate) fn new(
        events: Arc<EventLog>,
        cancel: CancelToken,
        picture: (usize, usize),
        preview_every: Option<Duration>,
    ) -> Self {
        Self { events, cancel, picture, started: Instant::now(), told: None, previewed: None, preview_every }
    }

    /// Tells those who listen, and says whether to go on.
    pub(crate) fn look(&mut self, glance: &Glance<'_>) -> ControlFlow<()> {
        self.cancel.flow()?;
        let now = Instant::now();
        let (part, object, objects) = match glance.part {
            Part::Boxes { first, count, .. } => (PartName::Object, Some(first), Some(count)),
            _ => (PartName::Whole, None, None),
        };
        let news = self.told.is_none_or(|(at, step, before)| {
            step != glance.step || before != part || now.duration_since(at) >= PROGRESS_EVERY
        });
        if news {
            self.told = Some((now, glance.step, part));
            let (index, count) = self.picture;
            let body = ProgressBody {
                step: glance.done,
                total: glance.total,
                part,
                part_step: glance.step,
                part_steps: glance.steps,
                object,
                objects,
                energy: glance.energy.filter(|energy| energy.is_finite()),
                eta_s: self.left(glance),
                picture: index,
                pictures: count,
            };
            self.events.tell(EventKind::Progress, &body);
        }
        self.preview(glance, now);
        self.cancel.flow()
    }

    /// The seconds that are left, by the work that is done.
    fn left(&self, glance: &Glance<'_>) -> Option<f64> {
        let done = glance.done.min(glance.total);
        if done == 0 {
            return None;
        }
        let per_unit = self.started.elapsed().as_secs_f64() / done as f64;
        Some((per_unit * (glance.total - done) as f64 * 10.0).round() / 10.0)
    }

    fn preview(&mut self, glance: &Glance<'_>, now: Instant) {
        let Some(every) = self.preview_every else { return };
        if self.previewed.is_some_and(|at| now.duration_since(at) < every) {
            return;
        }
        let Some(pixels) = (glance.preview)() else { return };
        if let Some(image) = crate::pictures::preview_url(&pixels) {
            let object = match glance.part {
                Part::Boxes { first, .. } => Some(first),
                _ => None,
            };
            self.events.tell(
                EventKind::Preview,
                &super::body::PreviewBody { image, object, picture: self.picture.0 },
            );
            self.previewed = Some(Instant::now());
        }
    }
}
