//! `GET /api/v1/jobs/{id}/events`: what happens to a job, as it happens.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::sse::{Event as SseEvent, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream::{Stream, unfold};
use tokio::sync::watch;

use crate::app::{App, Shared};
use crate::error::ApiError;
use crate::extract::Id;
use crate::jobs::events::{Event, EventKind, EventLog};
use crate::store::Status;

/// How often a silent stream says that it is there.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// What happens to a job. Each event has an `id`; who sends the last one seen as `Last-Event-ID` gets what came after it.
/// Events: `queued`, `layout`, `progress`, `preview`, and one of `completed`, `failed`, `cancelled`, which is the last.
#[utoipa::path(get, path = "/api/v1/jobs/{id}/events", tag = "jobs",
    params(("id" = String, Path, description = "The job's identifier"),
           ("last-event-id" = Option<String>, Header, description = "The last event seen")),
    responses((status = 200, description = "Events, until the last", content_type = "text/event-stream", body = String)))]
pub(crate) async fn follow(State(app): Shared, Id(id): Id, headers: HeaderMap) -> Result<Response, ApiError> {
    let seen = headers
        .get("last-event-id")
        .and_then(|value| value.to_str().ok())
        .and_then(|text| text.trim().parse().ok());
    let seen = seen.unwrap_or(0);
    let looked_up = Arc::clone(&app);
    let log = match app.line.live(&id) {
        Some(live) => live.events,
        // It ended long ago, or before the server was started.
        None => looked_up.blocking(move |app| past(app, &id)).await?,
    };
    Ok(answer(&app, events(&app, log, seen)))
}

/// The log of a job that nothing more happens to: its last event.
fn past(app: &App, id: &str) -> Result<Arc<EventLog>, ApiError> {
    let body = app.job_body(id)?.ok_or_else(|| ApiError::missing("job"))?;
    let log = EventLog::new();
    match body.status {
        Status::Failed => log.tell(EventKind::Failed, &serde_json::json!({ "error": body.error })),
        Status::Cancelled => log.tell(EventKind::Cancelled, &serde_json::json!({})),
        _ => log.tell(EventKind::Completed, &body),
    }
    Ok(Arc::new(log))
}

/// An answer that is a stream of events.
pub(crate) fn answer(app: &Arc<App>, events: impl Stream<Item = SseEvent> + Send + 'static) -> Response {
    use futures_util::StreamExt;
    let open = Open::new(app);
    let events = events.map(move |event| {
        let _held = &open;
        Ok::<_, Infallible>(event)
    });
    let stream = Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE));
    let headers = [
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")),
    ];
    (headers, stream).into_response()
}

/// The events of a job behind number `seen`, as they are sent.
fn events(app: &Arc<App>, log: Arc<EventLog>, seen: u64) -> impl Stream<Item = SseEvent> + Send + use<> {
    use futures_util::StreamExt;
    follow_log(app, log, seen)
        .map(|event| SseEvent::default().id(event.id.to_string()).event(event.kind.name()).data(&*event.data))
}

/// The events of a job behind number `seen`, until the last one or the server's end.
pub(crate) fn follow_log(
    app: &Arc<App>,
    log: Arc<EventLog>,
    seen: u64,
) -> impl Stream<Item = Event> + Send + use<> {
    struct Reader {
        log: Arc<EventLog>,
        news: watch::Receiver<u64>,
        ending: watch::Receiver<bool>,
        seen: u64,
        ready: VecDeque<Event>,
        over: bool,
    }
    let reader = Reader {
        news: log.follow(),
        log,
        ending: app.ending.subscribe(),
        seen,
        ready: VecDeque::new(),
        over: false,
    };
    unfold(reader, |mut reader| async move {
        loop {
            if let Some(event) = reader.ready.pop_front() {
                reader.seen = event.id;
                reader.over |= event.kind.is_last();
                return Some((event, reader));
            }
            if reader.over {
                return None;
            }
            reader.news.mark_unchanged();
            let over = reader.log.is_over();
            reader.ready = reader.log.after(reader.seen).into();
            if !reader.ready.is_empty() {
                continue;
            }
            if over {
                return None;
            }
            tokio::select! {
                more = reader.news.changed() => more.ok()?,
                _ = reader.ending.wait_for(|ending| *ending) => return None,
            }
        }
    })
}

/// Counts an open stream until it is dropped.
struct Open(Arc<App>);

impl Open {
    fn new(app: &Arc<App>) -> Self {
        app.metrics.streams.inc();
        Self(Arc::clone(app))
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.metrics.streams.dec();
    }
}
