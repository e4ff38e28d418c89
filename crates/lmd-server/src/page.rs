//! The page: files from one compressed archive in the program, served from memory.

use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::sync::OnceLock;

use axum::body::Bytes;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;

use crate::error::ApiError;

/// The page as `web/` builds it.
static ARCHIVE: &[u8] = include_bytes!("../assets/page.tar.gz");
/// Most bytes of all files, unpacked.
const MOST_BYTES: u64 = 32 << 20;
/// What the page may load: its own files, and pictures that it makes itself.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; \
    connect-src 'self'; font-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// A file of the page.
#[derive(Clone, Debug)]
struct Asset {
    bytes: Bytes,
    /// The same, packed, where that is shorter.
    packed: Option<Bytes>,
    tag: HeaderValue,
    kind: &'static str,
}

/// All files, by their paths in the archive.
fn files() -> &'static HashMap<String, Asset> {
    static FILES: OnceLock<HashMap<String, Asset>> = OnceLock::new();
    FILES.get_or_init(|| {
        unpack(ARCHIVE).unwrap_or_else(|error| {
            tracing::error!(%error, "the page cannot be unpacked");
            HashMap::new()
        })
    })
}

fn unpack(archive: &[u8]) -> io::Result<HashMap<String, Asset>> {
    let mut files = HashMap::new();
    let mut archive = tar::Archive::new(GzDecoder::new(archive).take(MOST_BYTES));
    for entry in archive.entries()? {
        let mut entry = entry?;
        if !entry.header().entry_type().is_file() {
            continue;
        }
        let path = entry.path()?.to_string_lossy().trim_start_matches("./").to_owned();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes)?;
        let kind = kind(&path);
        let packed = if is_text(kind) {
            Some(pack(&bytes)?).filter(|packed| packed.len() < bytes.len())
        } else {
            None
        };
        let digest = blake3::hash(&bytes).to_hex();
        let tag = HeaderValue::from_str(&format!("\"{}\"", &digest[..32])).map_err(io::Error::other)?;
        files.insert(path, Asset { bytes: bytes.into(), packed: packed.map(Bytes::from), tag, kind });
    }
    Ok(files)
}

fn pack(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    encoder.finish()
}

/// The kind of a file, by its ending.
fn kind(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, ending)| ending) {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        "wasm" => "application/wasm",
        _ => "application/octet-stream",
    }
}

fn is_text(kind: &str) -> bool {
    kind.starts_with("text/") || kind.starts_with("application/") || kind == "image/svg+xml"
}

/// The page.
pub(crate) async fn index(headers: HeaderMap) -> Response {
    send("index.html", &headers)
}

/// The page's sign.
pub(crate) async fn icon(headers: HeaderMap) -> Response {
    send("icon.svg", &headers)
}

/// A file that the page uses.
pub(crate) async fn asset(Path(path): Path<String>, headers: HeaderMap) -> Response {
    send(&format!("assets/{path}"), &headers)
}

fn send(path: &str, headers: &HeaderMap) -> Response {
    // Names are looked up, never opened: a path that leads elsewhere is no name.
    let Some(asset) = files().get(path) else { return ApiError::missing("file").into_response() };
    let known = headers.get(header::IF_NONE_MATCH).is_some_and(|tag| *tag == asset.tag);
    let takes_gzip = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok());
    let takes_gzip = takes_gzip.is_some_and(|value| {
        value.split(',').any(|one| one.trim().starts_with("gzip") && !one.contains("q=0"))
    });
    let mut response = match (known, asset.packed.as_ref().filter(|_| takes_gzip)) {
        (true, _) => StatusCode::NOT_MODIFIED.into_response(),
        (false, Some(packed)) => ([(header::CONTENT_ENCODING, "gzip")], packed.clone()).into_response(),
        (false, None) => asset.bytes.clone().into_response(),
    };
    let fields = response.headers_mut();
    fields.insert(header::CONTENT_TYPE, HeaderValue::from_static(asset.kind));
    fields.insert(header::ETAG, asset.tag.clone());
    fields.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    // Vite puts a digest into the names of files below assets; the page itself is asked for anew.
    let kept = if path.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    fields.insert(header::CACHE_CONTROL, HeaderValue::from_static(kept));
    if path.ends_with(".html") {
        fields.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
        fields.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_is_in_the_program() {
        let files = unpack(ARCHIVE).unwrap();
        assert!(files.contains_key("index.html"), "{:?}", files.keys());
        assert!(files["index.html"].kind.starts_with("text/html"));
    }

    #[test]
    fn damaged_archives_are_refused() {
        assert!(unpack(&ARCHIVE[..ARCHIVE.len() / 2]).is_err());
        assert!(unpack(b"no archive").is_err());
    }
}
