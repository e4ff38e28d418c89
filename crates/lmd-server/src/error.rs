//! [`ApiError`]: every answer that is no success, in the shape that OpenAI made common.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use lmd_engine::{EngineError, ErrorKind};
use lmd_layout::clean_text;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::scrub::scrub;
use crate::store::StoreFault;

/// Longest message of an error, in characters.
const MESSAGE_CHARS: usize = 1000;

/// The body of an answer that is no success.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct ErrorBody {
    /// What went wrong.
    pub(crate) error: ErrorDetail,
}

/// What went wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct ErrorDetail {
    /// Its family, for instance `invalid_request_error`.
    #[serde(rename = "type")]
    pub(crate) kind: String,
    /// What it is exactly, for programs: `queue_full`.
    pub(crate) code: String,
    /// What it is, for people.
    pub(crate) message: String,
    /// The field of the request that is wrong, where one is.
    pub(crate) param: Option<String>,
}

/// An answer that is no success.
#[derive(Clone, Debug)]
pub(crate) struct ApiError {
    status: StatusCode,
    detail: ErrorDetail,
    retry_after: Option<u64>,
}

impl ApiError {
    /// An error of this status. The message loses paths and what no terminal should be sent.
    pub(crate) fn new(status: StatusCode, code: &str, message: &str) -> Self {
        let message: String = scrub(&clean_text(message)).chars().take(MESSAGE_CHARS).collect();
        let kind = family(status).to_owned();
        let detail = ErrorDetail { kind, code: code.to_owned(), message, param: None };
        Self { status, detail, retry_after: None }
    }

    /// A request that cannot be meant.
    pub(crate) fn invalid(param: &str, message: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_value", message).about(param)
    }

    /// Nothing is there.
    pub(crate) fn missing(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", &format!("there is no such {what}"))
    }

    /// A fault of the server. What it was stands in the log.
    pub(crate) fn internal(why: &dyn std::fmt::Display) -> Self {
        tracing::error!(error = %scrub(&why.to_string()), "a fault of lmd");
        let told = "a fault of lmd; the log says more, please report it";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", told)
    }

    /// The server is about to end.
    pub(crate) fn ending() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "shutting_down", "the server is shutting down")
            .retry_after(30)
    }

    /// With the field that is wrong.
    #[must_use]
    pub(crate) fn about(mut self, param: &str) -> Self {
        self.detail.param = Some(param.to_owned());
        self
    }

    /// With the seconds after which it may be tried again.
    #[must_use]
    pub(crate) fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// Its status.
    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }

    /// What it tells.
    pub(crate) fn detail(&self) -> &ErrorDetail {
        &self.detail
    }

    /// An error that was kept with a job.
    pub(crate) fn kept(status: u16, detail: ErrorDetail) -> Self {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self { status, detail, retry_after: None }
    }
}

/// The family of a status.
fn family(status: StatusCode) -> &'static str {
    match status.as_u16() {
        401 => "authentication_error",
        403 => "permission_error",
        404 | 405 | 410 => "not_found_error",
        409 => "conflict_error",
        429 => "rate_limit_error",
        499 => "cancelled",
        502 => "upstream_error",
        503 => "unavailable_error",
        507 => "insufficient_memory_error",
        400..=499 => "invalid_request_error",
        _ => "server_error",
    }
}

impl From<EngineError> for ApiError {
    fn from(error: EngineError) -> Self {
        Self::from(&error)
    }
}

impl From<&EngineError> for ApiError {
    fn from(error: &EngineError) -> Self {
        let kind = error.kind();
        let code = match kind {
            ErrorKind::Usage => "invalid_value",
            ErrorKind::Layout => "no_layout",
            ErrorKind::Upstream => "language_model",
            ErrorKind::NoModel => "model_not_found",
            ErrorKind::Model => "model_broken",
            ErrorKind::Memory => "out_of_memory",
            ErrorKind::Warnings => "warnings",
            ErrorKind::Cancelled => "cancelled",
            ErrorKind::Internal => return Self::internal(&told(error)),
            _ => "failed",
        };
        let status = StatusCode::from_u16(kind.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self::new(status, code, &told(error))
    }
}

impl From<StoreFault> for ApiError {
    fn from(error: StoreFault) -> Self {
        Self::internal(&error)
    }
}

/// An error with its causes, in one sentence.
fn told(error: &EngineError) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(why) = cause {
        let why_text = why.to_string();
        if !text.contains(&why_text) {
            text = format!("{text}: {why_text}");
        }
        cause = why.source();
    }
    text
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        // Texts are always JSON; were they not, the status would have to do.
        let body = serde_json::to_vec(&ErrorBody { error: self.detail }).unwrap_or_default();
        let json = [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];
        let mut response = (self.status, json, body).into_response();
        let headers = response.headers_mut();
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        let unread = matches!(
            self.status,
            StatusCode::PAYLOAD_TOO_LARGE | StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN
        );
        if unread {
            // The rest of the body is not read, so the connection cannot go on; who knows it sends nothing more on it.
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
