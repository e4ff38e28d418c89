//! API keys. Whatever is not allowed by name needs one, where there are any.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::app::App;
use crate::error::ApiError;
use crate::keys::Asker;

/// What anybody may have: whether the server is there, and the page's own files, which hold nothing of anybody's.
fn is_open(method: &Method, path: &str) -> bool {
    let reads = matches!(*method, Method::GET | Method::HEAD);
    reads
        && (matches!(path, "/" | "/health" | "/ready" | "/favicon.ico" | "/icon.svg")
            || path.starts_with("/assets/"))
}

/// The key of a request: `Authorization: Bearer KEY`, or `Basic` with the key as its password, as clients of A1111 send.
fn key_of(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, rest) = value.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(rest.trim().to_owned());
    }
    if scheme.eq_ignore_ascii_case("basic") {
        use base64::Engine as _;
        let decoded = base64::engine::general_purpose::STANDARD.decode(rest.trim()).ok()?;
        return Some(String::from_utf8(decoded).ok()?.split_once(':')?.1.to_owned());
    }
    None
}

/// Lets through what may be had without a key, or has one.
pub(crate) async fn check(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    let key = key_of(request.headers()).and_then(|key| app.keys.find(&key));
    let allowed = app.keys.is_empty() || is_open(request.method(), request.uri().path()) || key.is_some();
    if allowed {
        request.extensions_mut().insert(Asker(key));
        return next.run(request).await;
    }
    let told = "an API key is needed: Authorization: Bearer KEY";
    ApiError::new(StatusCode::UNAUTHORIZED, "invalid_api_key", told).into_response()
}
