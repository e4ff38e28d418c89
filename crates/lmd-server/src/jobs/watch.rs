//! From the engine's progress to events: steps, energy, the time that is left, previews now and then.

use std::sync::Arc;
use std::time::{Duration, Instant};

use lmd_engine::Part;

use super::body::{PartName, ProgressBody};
use super::events::{EventKind, EventLog};
use crate::painter::Glance;

/// Least time between two events of progress within one step.
const PROGRESS_EVERY: Duration = Duration::from_millis(50);

/// Watches one picture of a job.
#[derive(Debug)]
pub(crate) struct Watch {
    events: Arc<EventLog>,
    /// Which picture of how many.
    picture: (usize, usize),
    /// When it was first looked at, and the work done by then: loading a model is not drawing.
    started: Option<(Instant, u64)>,
    told: Option<(Instant, usize, PartName)>,
    previewed: Option<Instant>,
    /// Least time between previews; none for no previews.
    preview_every: Option<Duration>,
    /// The objects of the layout in the order in which boxes are drawn.
    drawn_order: Vec<usize>,
}

impl Watch {
    pub(crate) fn new(
        events: Arc<EventLog>,
        picture: (usize, usize),
        preview_every: Option<Duration>,
        drawn_order: Vec<usize>,
    ) -> Self {
        Self { events, picture, started: None, told: None, previewed: None, preview_every, drawn_order }
    }

    /// Tells those who listen.
    pub(crate) fn look(&mut self, glance: &Glance<'_>) {
        let now = Instant::now();
        let objects = self.objects(glance.part);
        let part = if objects.is_some() { PartName::Object } else { PartName::Whole };
        let object = objects.as_ref().and_then(|objects| objects.first().copied());
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
                eta_s: self.left(glance, now),
                picture: index,
                pictures: count,
            };
            self.events.tell(EventKind::Progress, &body);
        }
        self.preview(glance, now);
    }

    /// The objects that are drawn now, where boxes are drawn alone.
    fn objects(&self, part: Part) -> Option<Vec<usize>> {
        match part {
            Part::Boxes { first, count, .. } => {
                Some(self.drawn_order.iter().skip(first).take(count).copied().collect())
            }
            _ => None,
        }
    }

    /// The seconds that are left, by the work that is done.
    fn left(&mut self, glance: &Glance<'_>, now: Instant) -> Option<f64> {
        let done = glance.done.min(glance.total);
        let (begun, before) = *self.started.get_or_insert((now, done));
        let since = done.saturating_sub(before);
        if since == 0 {
            return None;
        }
        let per_unit = now.duration_since(begun).as_secs_f64() / since as f64;
        Some((per_unit * (glance.total - done) as f64 * 10.0).round() / 10.0)
    }

    fn preview(&mut self, glance: &Glance<'_>, now: Instant) {
        let Some(every) = self.preview_every else { return };
        if self.previewed.is_some_and(|at| now.duration_since(at) < every) {
            return;
        }
        let Some(pixels) = (glance.preview)() else { return };
        if let Some(image) = crate::pictures::preview_url(&pixels) {
            let object = self.objects(glance.part).and_then(|objects| objects.first().copied());
            self.events.tell(
                EventKind::Preview,
                &super::body::PreviewBody { image, object, picture: self.picture.0 },
            );
            self.previewed = Some(Instant::now());
        }
    }
}
