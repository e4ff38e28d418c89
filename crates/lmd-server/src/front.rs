//! What every request goes through: a name in the log, numbers, headers that every answer has, and panics that stay inside.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::RequestBodyTimeoutLayer;

use crate::app::App;
use crate::error::ApiError;
use crate::jobs::worker::panic_text;
use crate::{auth, openapi, origin};

/// Longest silence within a body that is awaited.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);
/// Longest name of a request that is taken from its sender.
const MAX_ID: usize = 64;

/// Everything that answers.
pub(crate) fn service(app: &Arc<App>) -> Router {
    // The last layer is the first that a request meets.
    openapi::router(app)
        .layer(RequestBodyTimeoutLayer::new(BODY_TIMEOUT))
        .layer(from_fn_with_state(Arc::clone(app), auth::check))
        .layer(from_fn_with_state(Arc::clone(app), origin::check))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(Arc::clone(app), note))
}

// The layer hands the panic over.
#[allow(clippy::needless_pass_by_value)]
fn panicked(panic: Box<dyn std::any::Any + Send>) -> Response {
    ApiError::internal(&format!("a request panicked: {}", panic_text(&*panic))).into_response()
}

/// Notes a request: never its body, its query, or what stands in its path besides the route.
async fn note(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().map_or("other", MatchedPath::as_str).to_owned();
    let id = name_of(&request);
    let mut response = next.run(request).await;
    let (status, took) = (response.status().as_u16(), begun.elapsed());
    app.metrics.request(&route, shown(&method), status, took);
    tracing::info!(request = %id, method = shown(&method), route, status, ms = took.as_secs_f64() * 1000.0, "request");
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(&id) {
        headers.insert(HeaderName::from_static("x-request-id"), id);
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// A method as it is counted: unknown ones are one.
fn shown(method: &axum::http::Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "POST" => "POST",
        "PUT" => "PUT",
        "DELETE" => "DELETE",
        "HEAD" => "HEAD",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}

/// The name of a request: the one that its sender gave it, or a new one.
fn name_of(request: &Request) -> String {
    let given = request.headers().get("x-request-id").and_then(|value| value.to_str().ok());
    let good = |id: &&str| {
        !id.is_empty()
            && id.len() <= MAX_ID
            && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
    };
    given.filter(good).map_or_else(crate::store::new_id, str::to_owned)
}
