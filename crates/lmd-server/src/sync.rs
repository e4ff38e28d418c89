//! Endpoints that answer when the picture is there: a job like any other, cancelled when nobody waits any more.

use std::sync::Arc;

use axum::http::StatusCode;
use futures_util::StreamExt;

use crate::api::events::follow_log;
use crate::app::{App, CancelOnDrop};
use crate::error::ApiError;
use crate::jobs::body::JobBody;
use crate::jobs::line::Live;
use crate::order::Order;
use crate::store::Status;

/// A job that somebody waits for. Dropping it cancels the job.
#[derive(Debug)]
pub(crate) struct Waited {
    pub(crate) id: String,
    pub(crate) live: Live,
    guard: CancelOnDrop,
}

impl Waited {
    /// Accepts an order.
    pub(crate) async fn start(
        app: &Arc<App>,
        request: serde_json::Value,
        order: Order,
    ) -> Result<Self, ApiError> {
        let shared = Arc::clone(app);
        let started = app.blocking(move |app| {
            let (id, live) = app.accept(&request, &order)?;
            let guard = CancelOnDrop::new(&shared, &id, &live);
            Ok(Self { id, live, guard })
        });
        started.await
    }

    /// Waits until the job is over, and gives its pictures.
    pub(crate) async fn end(mut self, app: &Arc<App>) -> Result<Finished, ApiError> {
        let mut events = std::pin::pin!(follow_log(app, Arc::clone(&self.live.events), 0));
        while events.next().await.is_some() {}
        let finished = self.finished(app).await;
        self.guard.disarm();
        finished
    }

    /// What came of a job that is over.
    pub(crate) async fn finished(&mut self, app: &Arc<App>) -> Result<Finished, ApiError> {
        let id = self.id.clone();
        let finished = app.blocking(move |app| finished(app, &id)).await;
        self.guard.disarm();
        finished
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
