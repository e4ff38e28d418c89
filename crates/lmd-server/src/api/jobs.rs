//! Jobs: list, look at, cancel.

// The macro of utoipa writes the paths of parameters whole.
#![allow(unused_qualifications)]

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::app::Shared;
use crate::error::ApiError;
use crate::extract::{Id, Json, Query, page_length};
use crate::jobs::body::JobBody;
use crate::store::Status;

/// Which jobs.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    /// Only those of this status.
    #[param(inline)]
    status: Option<Status>,
    /// At most so many, 1 to 200 [default: 50].
    #[param(minimum = 1, maximum = 200)]
    limit: Option<usize>,
}

/// Jobs, the newest first.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct Jobs {
    jobs: Vec<JobBody>,
}

/// The jobs of this server, the newest first.
#[utoipa::path(get, path = "/api/v1/jobs", tag = "jobs", params(Wanted),
    responses((status = 200, description = "The jobs", body = Jobs)))]
pub(crate) async fn list(State(app): Shared, Query(wanted): Query<Wanted>) -> Result<Json<Jobs>, ApiError> {
    let limit = page_length(wanted.limit)?;
    let read = app.blocking(move |app| {
        let rows = app.store.jobs(wanted.status, limit)?;
        let jobs = rows.into_iter().map(|row| app.with_news(row)).collect::<Result<_, _>>()?;
        Ok(Jobs { jobs })
    });
    read.await.map(Json)
}

/// A job.
#[utoipa::path(get, path = "/api/v1/jobs/{id}", tag = "jobs", params(("id" = String, Path, description = "The job's identifier")),
    responses((status = 200, description = "The job", body = JobBody)))]
pub(crate) async fn show(State(app): Shared, Id(id): Id) -> Result<Json<JobBody>, ApiError> {
    let read = app.blocking(move |app| app.job_body(&id)?.ok_or_else(|| ApiError::missing("job")));
    read.await.map(Json)
}

/// Cancel a job: at once where it waits, within one evaluation of the network where it is drawn.
#[utoipa::path(delete, path = "/api/v1/jobs/{id}", tag = "jobs", params(("id" = String, Path, description = "The job's identifier")),
    responses((status = 202, description = "It will end", body = JobBody)))]
pub(crate) async fn cancel(State(app): Shared, Id(id): Id) -> Result<(StatusCode, Json<JobBody>), ApiError> {
    let cancelled = app.blocking(move |app| {
        if !app.cancel(&id)? {
            return Err(ApiError::new(StatusCode::CONFLICT, "job_over", "the job is over already"));
        }
        app.job_body(&id)?.ok_or_else(|| ApiError::missing("job"))
    });
    Ok((StatusCode::ACCEPTED, Json(cancelled.await?)))
}
