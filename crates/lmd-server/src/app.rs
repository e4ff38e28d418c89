//! [`App`]: what all requests share.

use std::sync::{Arc, Mutex, PoisonError};

use axum::http::StatusCode;
use lmd_engine::Settings;
use lmd_engine::config::ServeConfig;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::error::ApiError;
use crate::jobs::body::{JobBody, ProgressBody};
use crate::jobs::events::EventKind;
use crate::jobs::line::{Cancelled, Line, Live, Refused};
use crate::keys::{Asker, Keys};
use crate::metrics::Metrics;
use crate::notices::bodies;
use crate::order::{Order, PlannerWanted};
use crate::painter::Painter;
use crate::pictures::Pictures;
use crate::planning::Planning;
use crate::store::{Finish, JobRow, Status, Store, StoreFault, new_id};

/// Most requests that wait for a language model at once.
pub(crate) const MOST_ASKING: usize = 16;

/// What all requests share.
pub(crate) struct App {
    pub(crate) options: ServeConfig,
    pub(crate) settings: Settings,
    pub(crate) keys: Keys,
    pub(crate) store: Store,
    pub(crate) pictures: Pictures,
    pub(crate) planning: Planning,
    pub(crate) line: Line,
    pub(crate) painter: Box<dyn Painter>,
    pub(crate) metrics: Metrics,
    pub(crate) openapi: String,
    /// Room for requests that wait for a language model: each keeps a thread.
    pub(crate) asking: Semaphore,
    /// The model that the API of A1111 draws with, where a client chose one.
    pub(crate) checkpoint: Mutex<Option<String>>,
    /// Thrown when the server ends: streams close.
    pub(crate) ending: tokio::sync::watch::Sender<bool>,
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App").finish_non_exhaustive()
    }
}

/// The state of handlers.
pub(crate) type Shared = axum::extract::State<Arc<App>>;

impl App {
    /// Runs something that waits for a disk or computes, away from the threads that answer.
    pub(crate) async fn blocking<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Self) -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let app = Arc::clone(self);
        match tokio::task::spawn_blocking(move || work(&app)).await {
            Ok(result) => result,
            Err(error) => Err(ApiError::internal(&error)),
        }
    }

    /// Room for a request that may wait for a language model.
    pub(crate) fn room_to_ask(&self, wanted: PlannerWanted) -> Result<Option<SemaphorePermit<'_>>, ApiError> {
        if !self.planning.asks_llm(wanted) {
            return Ok(None);
        }
        self.asking.try_acquire().map(Some).map_err(|_| {
            let told = format!("{MOST_ASKING} requests wait for the language model already; try again later");
            ApiError::new(StatusCode::TOO_MANY_REQUESTS, "language_model_busy", &told).retry_after(5)
        })
    }

    /// Keeps an order and puts it into the line. When this returns, it survives whatever ends the program.
    pub(crate) fn accept(
        &self,
        request: &serde_json::Value,
        order: &Order,
        asker: Asker,
    ) -> Result<(String, Live), ApiError> {
        let adapters = crate::loras::adapters(&self.options, &order.loras);
        let notices = bodies(&self.painter.check(&order.model, &order.draw, &adapters)?);
        let place = self.line.reserve(asker).map_err(|refused| {
            let (code, told) = match refused {
                Refused::Ending => return ApiError::ending(),
                Refused::Full => {
                    let told = format!("{} jobs wait already; try again later", self.options.max_queue);
                    ("queue_full", told)
                }
                Refused::Yours => {
                    let most = self.options.max_per_key;
                    ("too_many_jobs", format!("{most} jobs of this key are unfinished; try again later"))
                }
            };
            self.metrics.refused.inc();
            let wait = self.metrics.typical_job_seconds().clamp(1, 3600);
            ApiError::new(StatusCode::TOO_MANY_REQUESTS, code, &told).retry_after(wait)
        })?;
        let id = new_id();
        self.store.add_job(&id, request, order, &notices)?;
        let live = place.fill(&id);
        tracing::info!(job = %id, pictures = order.shots.len(), "job accepted");
        Ok((id, live))
    }

    /// Cancels a job; `false` when it is over already.
    pub(crate) fn cancel(&self, id: &str) -> Result<bool, ApiError> {
        let row = self.row(id)?;
        if row.status.is_over() {
            return Ok(false);
        }
        let live = self.line.live(id);
        match self.line.cancel(id) {
            Cancelled::Running => Ok(true),
            Cancelled::Waiting => {
                self.store.finish_job(id, &Finish::Cancelled, &row.notices)?;
                self.metrics.job_over(Status::Cancelled, std::time::Duration::ZERO);
                if let Some(live) = live {
                    live.events.tell(EventKind::Cancelled, &serde_json::json!({}));
                }
                Ok(true)
            }
            Cancelled::Neither => Ok(false),
        }
    }

    /// A job's row.
    pub(crate) fn row(&self, id: &str) -> Result<JobRow, ApiError> {
        self.store.job(id)?.ok_or_else(|| ApiError::missing("job"))
    }

    /// A job with all that is known of it now.
    pub(crate) fn job_body(&self, id: &str) -> Result<Option<JobBody>, StoreFault> {
        let Some(row) = self.store.job(id)? else { return Ok(None) };
        self.with_news(row).map(Some)
    }

    /// A job's row with its pictures, its place in the line and its progress.
    pub(crate) fn with_news(&self, row: JobRow) -> Result<JobBody, StoreFault> {
        let pictures = self.store.pictures_of(&row.id)?;
        let mut body = JobBody::of(row, &pictures);
        match body.status {
            Status::Queued => body.queue_position = self.line.position(&body.id),
            Status::Generating => body.progress = self.progress(&body.id),
            _ => {}
        }
        Ok(body)
    }

    /// How far a job's drawing is.
    pub(crate) fn progress(&self, id: &str) -> Option<ProgressBody> {
        let event = self.line.live(id)?.events.newest(EventKind::Progress)?;
        serde_json::from_str(&event.data).ok()
    }

    /// The model that the API of A1111 draws with.
    pub(crate) fn checkpoint(&self) -> Option<String> {
        self.checkpoint.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Chooses the model that the API of A1111 draws with.
    pub(crate) fn set_checkpoint(&self, model: String) {
        *self.checkpoint.lock().unwrap_or_else(PoisonError::into_inner) = Some(model);
    }

    /// Removes pictures and jobs that have been kept long enough.
    pub(crate) fn tidy(&self) -> Result<(), StoreFault> {
        let day = 24 * 3600 * 1000;
        let options = &self.options;
        let since = |days: u32| crate::store::now_ms() - i64::from(days) * day;
        let before = (options.keep_days > 0).then(|| since(options.keep_days));
        let most = (options.keep_mib > 0).then_some(options.keep_mib << 20);
        for id in self.store.outlived(before, most)? {
            self.store.remove_picture(&id)?;
            self.pictures.remove(&id);
        }
        self.store.forget_jobs(since(if options.keep_days > 0 { options.keep_days.min(7) } else { 7 }))?;
        Ok(())
    }
}
