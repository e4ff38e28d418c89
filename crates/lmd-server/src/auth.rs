//! API keys. Whatever is not allowed by name needs one, where there are any.

use std::path::Path;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use lmd_engine::EngineError;

use crate::app::App;
use crate::error::ApiError;

/// Most bytes of a file of keys.
const MAX_BYTES: u64 = 64 << 10;
/// Shortest key.
const LEAST_CHARS: usize = 16;

/// The keys, as digests: they can be compared and not read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Keys(Vec<blake3::Hash>);

impl Keys {
    /// The keys of a file: one per line; empty lines and those that begin with `#` are none.
    pub(crate) fn read(path: &Path) -> Result<Self, EngineError> {
        let failed = |source| EngineError::Read { path: path.to_owned(), source };
        refuse_open(path)?;
        let bytes = lmd_engine::input::read_bounded(path, MAX_BYTES).map_err(failed)?;
        let text = lmd_engine::input::text(&bytes)
            .map_err(|error| EngineError::Usage(format!("{}: {error}", path.display())))?;
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let keys: Vec<&str> = lines.collect();
        if keys.is_empty() || keys.iter().any(|key| key.chars().count() < LEAST_CHARS) {
            return Err(EngineError::Usage(format!(
                "{}: expected one key per line, each of at least {LEAST_CHARS} characters; `openssl rand -hex 32` makes one",
                path.display()
            )));
        }
        Ok(Self(keys.into_iter().map(|key| blake3::hash(key.as_bytes())).collect()))
    }

    /// Whether there are any.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a key is one of them. Takes the same time whatever it is: digests are compared whole, and all of them.
    fn knows(&self, key: &str) -> bool {
        let digest = blake3::hash(key.as_bytes());
        self.0.iter().fold(false, |known, one| known | (*one == digest))
    }
}

/// A file of keys is its owner's alone.
#[cfg(unix)]
fn refuse_open(path: &Path) -> Result<(), EngineError> {
    use std::os::unix::fs::PermissionsExt;
    let meta = path.metadata().map_err(|source| EngineError::Read { path: path.to_owned(), source })?;
    let mode = meta.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(EngineError::Usage(format!(
            "{} may be read by others (its mode is {mode:03o}); run chmod 600 on it",
            path.display()
        )));
    }
    Ok(())
}

#[cfg(not(unix))]
fn refuse_open(_: &Path) -> Result<(), EngineError> {
    Ok(())
}

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
pub(crate) async fn check(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let allowed = app.keys.is_empty()
        || is_open(request.method(), request.uri().path())
        || key_of(request.headers()).is_some_and(|key| app.keys.knows(&key));
    if allowed {
        return next.run(request).await;
    }
    let told = "an API key is needed: Authorization: Bearer KEY";
    ApiError::new(StatusCode::UNAUTHORIZED, "invalid_api_key", told).into_response()
}
