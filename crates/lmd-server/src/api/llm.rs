//! The language model's settings. Its key goes in and never comes out.

use std::time::Instant;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::{App, Shared};
use crate::error::ApiError;
use crate::extract::Json;
use crate::order::PlannerWanted;

/// Longest text of a setting, in characters.
const MAX_CHARS: usize = 2000;

/// The language model's settings.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct LlmBody {
    /// The server's address.
    url: String,
    /// The model's name; empty for none.
    model: String,
    /// Whether there is a key. The key itself is never told.
    key_set: bool,
    /// Whether it is asked unless a request says otherwise.
    used: bool,
}

/// What is to change; what is left out stays.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LlmChange {
    /// The server's address. A new one forgets the key, unless one is given.
    #[serde(default)]
    url: Option<String>,
    /// The model's name; empty for none.
    #[serde(default)]
    model: Option<String>,
    /// The key; empty for none.
    #[serde(default)]
    key: Option<String>,
}

/// What came of a test.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct LlmTest {
    /// Whether a layout came back.
    ok: bool,
    /// How long it took.
    seconds: f64,
    /// What came, or what was wrong.
    message: String,
}

/// The language model's settings.
#[utoipa::path(get, path = "/api/v1/settings/llm", tag = "settings",
    responses((status = 200, description = "The settings", body = LlmBody)))]
pub(crate) async fn show(State(app): Shared) -> Json<LlmBody> {
    Json(told(&app))
}

fn told(app: &App) -> LlmBody {
    let (llm, used) = app.planning.llm();
    LlmBody { key_set: llm.key.is_some(), url: llm.url, model: llm.model, used }
}

/// Change the language model's settings. They are kept on the server.
#[utoipa::path(put, path = "/api/v1/settings/llm", tag = "settings", request_body = LlmChange,
    responses((status = 200, description = "The settings after it", body = LlmBody)))]
pub(crate) async fn change(
    State(app): Shared,
    Json(change): Json<LlmChange>,
) -> Result<Json<LlmBody>, ApiError> {
    for (name, text) in [("url", &change.url), ("model", &change.model), ("key", &change.key)] {
        let wrong = text
            .as_ref()
            .is_some_and(|text| text.chars().count() > MAX_CHARS || text.contains(char::is_control));
        if wrong {
            let told = format!("{name} must have at most {MAX_CHARS} characters, on one line");
            return Err(ApiError::invalid(name, &told));
        }
    }
    let changed = app.blocking(move |app| {
        app.planning.set_llm(change.url, change.model, change.key)?;
        Ok(told(app))
    });
    changed.await.map(Json)
}

/// Ask the language model for a small layout, not from the cache.
#[utoipa::path(post, path = "/api/v1/settings/llm/test", tag = "settings",
    responses((status = 200, description = "What came of it", body = LlmTest)))]
pub(crate) async fn test(State(app): Shared) -> Result<Json<LlmTest>, ApiError> {
    let tested = app.blocking(|app| {
        let _room = app.room_to_ask(PlannerWanted::Llm)?;
        let begun = Instant::now();
        let planned =
            app.planning.engine(PlannerWanted::Llm, true).plan("a red ball to the left of a blue cube");
        let (ok, message) = match &planned {
            Ok(planned) => {
                (true, format!("a layout with {} objects came back", planned.plan.layout.objects().len()))
            }
            Err(error) => (false, ApiError::from(error).detail().message.clone()),
        };
        Ok(LlmTest { ok, seconds: begun.elapsed().as_secs_f64(), message })
    });
    tested.await.map(Json)
}
