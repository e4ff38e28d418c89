//! All routes, and the OpenAPI document that describes them: one list makes both.

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use utoipa::OpenApi as _;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::{
    capabilities, events, gallery, health, images, inspect, jobs, layouts, llm, overlays, validate,
};
use crate::app::{App, Shared};
use crate::error::ErrorBody;
use crate::jobs::body::{LayoutEvent, PreviewBody, ProgressBody};
use crate::{a1111, openai, page};

/// What the document says of itself.
#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "lmd",
        description = "LLM-grounded diffusion: sentences become layouts, layouts become pictures.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0")
    ),
    tags(
        (name = "layouts", description = "Sentences to layouts, layouts to other layouts"),
        (name = "pictures", description = "Pictures, drawn as jobs and kept in a gallery"),
        (name = "jobs", description = "What waits, what is drawn, what is done"),
        (name = "settings", description = "The language model"),
        (name = "server", description = "What there is and how it is"),
        (name = "openai", description = "OpenAI's image API"),
        (name = "a1111", description = "The API of AUTOMATIC1111's web UI"),
    ),
    components(schemas(ErrorBody, LayoutEvent, PreviewBody, ProgressBody))
)]
struct About;

/// The routes of the APIs, without a state yet, and their document.
fn described() -> (Router<Arc<App>>, OpenApi) {
    let native = OpenApiRouter::with_openapi(About::openapi())
        .routes(routes!(health::health))
        .routes(routes!(health::ready))
        .routes(routes!(health::metrics))
        .routes(routes!(capabilities::show))
        .routes(routes!(capabilities::models))
        .routes(routes!(layouts::plan))
        .routes(routes!(layouts::revise))
        .routes(routes!(layouts::svg))
        .routes(routes!(validate::validate))
        .routes(routes!(images::create))
        .routes(routes!(jobs::list))
        .routes(routes!(jobs::show, jobs::cancel))
        .routes(routes!(events::follow))
        .routes(routes!(gallery::list))
        .routes(routes!(gallery::show, gallery::remove))
        .routes(routes!(gallery::thumb))
        .routes(routes!(gallery::recipe))
        .routes(routes!(overlays::show))
        .routes(routes!(llm::show, llm::change))
        .routes(routes!(llm::test));
    let others = native
        .routes(routes!(openai::generate))
        .routes(routes!(openai::models))
        .routes(routes!(a1111::txt2img))
        .routes(routes!(a1111::progress))
        .routes(routes!(a1111::interrupt))
        .routes(routes!(a1111::options, a1111::set_options))
        .routes(routes!(a1111::models))
        .routes(routes!(a1111::samplers));
    // These take pictures, which are larger than JSON.
    let uploads = OpenApiRouter::new().routes(routes!(inspect::inspect)).routes(routes!(a1111::png_info));
    let limit = DefaultBodyLimit::max(lmd_engine::picture::MAX_PICTURE_BYTES);
    others.merge(uploads.layer(limit)).split_for_parts()
}

/// All routes with everything before them but who may come in.
pub(crate) fn router(app: &Arc<App>) -> Router {
    let (router, _) = described();
    router
        .route("/openapi.json", axum::routing::get(document))
        .route("/docs", axum::routing::get(explorer))
        .route("/docs/explorer.js", axum::routing::get(explorer_script))
        .route("/", axum::routing::get(page::index))
        .route("/favicon.ico", axum::routing::get(page::icon))
        .route("/icon.svg", axum::routing::get(page::icon))
        .route("/assets/{*path}", axum::routing::get(page::asset))
        .fallback(missing)
        .method_not_allowed_fallback(not_allowed)
        .layer(DefaultBodyLimit::max(app.options.max_body_bytes))
        .with_state(Arc::clone(app))
}

async fn missing() -> Response {
    let told = "there is nothing at this address; /docs lists what there is";
    crate::error::ApiError::new(axum::http::StatusCode::NOT_FOUND, "not_found", told).into_response()
}

async fn not_allowed() -> Response {
    let told = "this address takes other methods; /docs lists them";
    crate::error::ApiError::new(axum::http::StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", told)
        .into_response()
}

/// The document as JSON.
pub(crate) fn document_text() -> Result<String, serde_json::Error> {
    let (_, document) = described();
    let mut document = serde_json::to_value(document)?;
    complete(&mut document);
    serde_json::to_string_pretty(&document)
}

async fn document(State(app): Shared) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], app.openapi.clone()).into_response()
}

/// What any operation may answer besides what it says of itself.
const ERRORS: [(&str, &str); 14] = [
    ("400", "The request is wrong"),
    ("401", "An API key is needed"),
    ("403", "The name or the site is not allowed"),
    ("404", "There is no such thing"),
    ("405", "The address takes other methods"),
    ("408", "The request took too long to arrive"),
    ("409", "It is not in a state for that"),
    ("410", "It is gone"),
    ("413", "The body is larger than is read"),
    ("415", "The body is of another kind than is read"),
    ("422", "The body does not fit its schema, or there is no such layout"),
    ("429", "As many jobs wait as may wait; `Retry-After` says when to try again"),
    ("500", "A fault of lmd"),
    ("503", "The server is shutting down"),
];

/// And what operations that draw or ask a language model may answer.
const WORKING: [(&str, &str); 2] =
    [("502", "The language model's server did not answer"), ("507", "There is not enough memory")];

/// Adds what every operation has: errors, and the key.
fn complete(document: &mut Value) {
    let scheme = json!({ "type": "http", "scheme": "bearer", "description": "A key of the server's key file, where it has one" });
    if let Some(components) = document.get_mut("components").and_then(Value::as_object_mut) {
        components.insert("securitySchemes".to_owned(), json!({ "key": scheme }));
    }
    if let Some(document) = document.as_object_mut() {
        document.insert("security".to_owned(), json!([{ "key": [] }, {}]));
    }
    let Some(paths) = document.get_mut("paths").and_then(Value::as_object_mut) else { return };
    for (path, methods) in paths {
        let works = ["layouts", "images", "txt2img", "llm"].iter().any(|word| path.contains(word));
        for (method, operation) in methods.as_object_mut().into_iter().flatten() {
            if let Some(operation) = operation.as_object_mut() {
                operation.insert("operationId".to_owned(), operation_id(method, path).into());
            }
            let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) else {
                continue;
            };
            let more = WORKING.iter().filter(|_| works);
            for (status, description) in ERRORS.iter().chain(more) {
                let schema = json!({ "$ref": "#/components/schemas/ErrorBody" });
                let answer = json!({ "description": description, "content": { "application/json": { "schema": schema } } });
                responses.entry(*status).or_insert(answer);
            }
        }
    }
}

/// A name for an operation that no other has.
fn operation_id(method: &str, path: &str) -> String {
    let words = path.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    [method].into_iter().chain(words).collect::<Vec<_>>().join("_")
}

/// A page that lists all operations and tries them; it loads nothing from outside.
async fn explorer() -> Response {
    let csp = "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; connect-src 'self'; img-src 'self' data:";
    let headers =
        [(header::CONTENT_TYPE, "text/html; charset=utf-8"), (header::CONTENT_SECURITY_POLICY, csp)];
    (headers, include_str!("../assets/explorer.html")).into_response()
}

async fn explorer_script() -> Response {
    let kind = [(header::CONTENT_TYPE, "text/javascript; charset=utf-8")];
    (kind, include_str!("../assets/explorer.js")).into_response()
}
