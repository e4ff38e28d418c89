//! Endpoints that answer when the picture is there: a job like any other, cancelled when nobody waits any more.

use std::sync::Arc;

use axum::http::StatusCode;
use futures_util::{Stream, StreamExt};

use crate::api::events::follow_log;
use crate::api::images::{ImageRequest, accept};
use crate::app::App;
use crate::error::ApiError;
use crate::jobs::body::JobBody;
use crate::jobs::events::Event;
use crate::jobs::line::Live;
use crate::keys::Asker;
use crate::store::Status;

/// A job that somebody waits for. Dropping it before [`Self::finished`] cancels the job: whoever waited went away.
#[derive(Debug)]
pub(crate) struct Waited {
    app: Arc<App>,
    id: String,
    live: Live,
    /// Nothing is cancelled any more.
    over: bool,
}

impl Waited {
    /// Accepts a request.
    pub(crate) async fn start(app: &Arc<App>, wanted: ImageRequest, asker: Asker) -> Result<Self, ApiError> {
        let shared = Arc::clone(app);
        let started = app.blocking(move |app| {
            let (id, live) = accept(app, &wanted, asker)?;
            Ok(Self { app: shared, id, live, over: false })
        });
        started.await
    }

    /// All events of the job.
    pub(crate) fn events(&self) -> impl Stream<Item = Event> + Send + use<> {
        follow_log(&self.app, Arc::clone(&self.live.events), 0)
    }

    /// Waits until the job is over, and gives its pictures.
    pub(crate) async fn end(mut self) -> Result<Finished, ApiError> {
        let mut events = std::pin::pin!(self.events());
        while events.next().await.is_some() {}
        self.finished().await
    }

    /// What came of a job that is over.
    pub(crate) async fn finished(&mut self) -> Result<Finished, ApiError> {
        let id = self.id.clone();
        let finished = self.app.blocking(move |app| finished(app, &id)).await;
        self.over = true;
        finished
    }
}

impl Drop for Waited {
    fn drop(&mut self) {
        if self.over {
            return;
        }
        self.live.cancel.cancel();
        self.live.unwanted.cancel();
        let (app, id) = (Arc::clone(&self.app), std::mem::take(&mut self.id));
        // The database is not waited for where futures are dropped.
        let cancelled = move || {
            if let Err(error) = app.cancel(&id) {
                tracing::warn!(job = %id, ?error, "a job that nobody waits for could not be cancelled");
            }
        };
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn_blocking(cancelled)),
            Err(_) => cancelled(),
        }
    }
}

/// A job that is over, with the bytes of its pictures.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) job: JobBody,
    pub(crate) pngs: Vec<Vec<u8>>,
}

fn finished(app: &App, id: &str) -> Result<Finished, ApiError> {
    let row = app.row(id)?;
    match row.status {
        Status::Completed => {}
        Status::Failed => {
            let failed = row.error.map(|(status, detail)| ApiError::kept(status, detail));
            return Err(failed.unwrap_or_else(|| ApiError::internal(&"a job failed without saying why")));
        }
        Status::Cancelled => {
            return Err(ApiError::new(StatusCode::CONFLICT, "cancelled", "somebody cancelled the job"));
        }
        Status::Queued | Status::Generating => return Err(ApiError::ending()),
    }
    let job = app.with_news(row)?;
    let read = |picture: &crate::jobs::body::JobPicture| {
        app.pictures.read(&picture.id).map_err(|error| ApiError::internal(&error))
    };
    let pngs = job.pictures.iter().map(read).collect::<Result<_, _>>()?;
    Ok(Finished { job, pngs })
}
