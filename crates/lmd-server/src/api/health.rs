//! Whether the server is there, whether it can work, and its numbers.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::Shared;
use crate::error::ApiError;
use crate::extract::Json;

/// That the server is there.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct Health {
    /// `ok`.
    status: String,
}

/// Whether the server is there. Needs no key.
#[utoipa::path(get, path = "/health", tag = "server", security(()),
    responses((status = 200, description = "It is", body = Health)))]
pub(crate) async fn health() -> Json<Health> {
    Json(Health { status: "ok".to_owned() })
}

/// Whether the server takes work: not while it shuts down, nor when its database or its folder is gone. Needs no key.
#[utoipa::path(get, path = "/ready", tag = "server", security(()),
    responses((status = 200, description = "It does", body = Health)))]
pub(crate) async fn ready(State(app): Shared) -> Result<Json<Health>, ApiError> {
    if app.line.is_ending() {
        return Err(ApiError::ending());
    }
    let well = app.blocking(|app| Ok(app.store.is_well() && app.pictures.is_well())).await?;
    if well {
        return Ok(Json(Health { status: "ok".to_owned() }));
    }
    let told = "the database or the folder of pictures cannot be used";
    Err(ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "not_ready", told))
}

/// Numbers for Prometheus.
#[utoipa::path(get, path = "/metrics", tag = "server",
    responses((status = 200, description = "The numbers", content_type = "application/openmetrics-text", body = String)))]
pub(crate) async fn metrics(State(app): Shared) -> Result<Response, ApiError> {
    let text = app.metrics.text(app.line.lengths()).map_err(|error| ApiError::internal(&error))?;
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(([(header::CONTENT_TYPE, kind)], text).into_response())
}
