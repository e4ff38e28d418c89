//! The gallery: pictures, their thumbnails, recipes and overlays.

// The macro of utoipa writes the paths of parameters whole.
#![allow(unused_qualifications)]

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use lmd_engine::picture::Noted;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::app::{App, Shared};
use crate::error::ApiError;
use crate::extract::{Id, Json, Query, page_length};
use crate::jobs::body::JobPicture;
use crate::store::{PictureRow, Search};

/// Most words of a search.
const MAX_WORDS: usize = 16;

/// Which pictures.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    /// Words that the prompt, the method, the model or the seed must have.
    q: Option<String>,
    /// At most so many, 1 to 200 [default: 50].
    #[param(minimum = 1, maximum = 200)]
    limit: Option<usize>,
    /// Only pictures older than this one: `next` of the answer before.
    before: Option<String>,
}

/// Pictures, the newest first.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct Gallery {
    pictures: Vec<GalleryPicture>,
    /// `before` for the pictures that follow; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// A picture of the gallery.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct GalleryPicture {
    #[serde(flatten)]
    picture: JobPicture,
    /// The job it belongs to.
    job: String,
    /// The sentence; may be empty.
    prompt: String,
    /// The model that drew it.
    model: String,
    /// When it was drawn, in milliseconds since 1970.
    created_at: i64,
}

/// What made a picture.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct RecipeBody {
    /// The recipe as the picture carries it, with its layout, settings and seeds.
    #[schema(value_type = Object)]
    recipe: serde_json::Value,
    /// The command that draws it again; absent when its job is gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    command_line: Option<String>,
}

/// The pictures there are, the newest first.
#[utoipa::path(get, path = "/api/v1/gallery", tag = "pictures", params(Wanted),
    responses((status = 200, description = "The pictures", body = Gallery)))]
pub(crate) async fn list(
    State(app): Shared,
    Query(wanted): Query<Wanted>,
) -> Result<Json<Gallery>, ApiError> {
    let limit = page_length(wanted.limit)?;
    let words: Vec<String> = wanted.q.unwrap_or_default().split_whitespace().map(str::to_owned).collect();
    if words.len() > MAX_WORDS {
        return Err(ApiError::invalid("q", &format!("at most {MAX_WORDS} words are looked for")));
    }
    let search = Search { words, before: wanted.before, limit: limit + 1 };
    let read = app.blocking(move |app| {
        let mut rows = app.store.search(&search)?;
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| more).map(|row| row.id.clone());
        Ok(Gallery { pictures: rows.iter().map(GalleryPicture::of).collect(), next })
    });
    read.await.map(Json)
}

impl GalleryPicture {
    fn of(row: &PictureRow) -> Self {
        Self {
            picture: JobPicture::of(row),
            job: row.job.clone(),
            prompt: row.prompt.clone(),
            model: row.model.clone(),
            created_at: row.created_at,
        }
    }
}

/// A picture, as PNG with its recipe.
#[utoipa::path(get, path = "/api/v1/pictures/{id}", tag = "pictures", params(("id" = String, Path, description = "The picture's identifier")),
    responses((status = 200, description = "The picture", content_type = "image/png", body = Vec<u8>)))]
pub(crate) async fn show(State(app): Shared, Id(id): Id, headers: HeaderMap) -> Result<Response, ApiError> {
    send(&app, id, &headers, |app, id| app.pictures.read(id)).await
}

/// A picture's thumbnail, at most 256 pixels a side.
#[utoipa::path(get, path = "/api/v1/pictures/{id}/thumb", tag = "pictures", params(("id" = String, Path, description = "The picture's identifier")),
    responses((status = 200, description = "The thumbnail", content_type = "image/png", body = Vec<u8>)))]
pub(crate) async fn thumb(State(app): Shared, Id(id): Id, headers: HeaderMap) -> Result<Response, ApiError> {
    send(&app, id, &headers, |app, id| app.pictures.read_thumb(id)).await
}

/// A picture of the gallery, with the bytes of one of its files.
fn kept(
    app: &App,
    id: &str,
    read: fn(&App, &str) -> std::io::Result<Vec<u8>>,
) -> Result<(PictureRow, Vec<u8>), ApiError> {
    let row = app.store.picture(id)?.ok_or_else(|| ApiError::missing("picture"))?;
    let gone = |_| ApiError::new(StatusCode::GONE, "gone", "the picture's file is gone");
    let bytes = read(app, id).map_err(gone)?;
    Ok((row, bytes))
}

/// The bytes of a picture; they never change, so that browsers may keep them.
async fn send(
    app: &std::sync::Arc<App>,
    id: String,
    headers: &HeaderMap,
    read: fn(&App, &str) -> std::io::Result<Vec<u8>>,
) -> Result<Response, ApiError> {
    let tag = format!("\"{id}\"");
    let known = headers.get(header::IF_NONE_MATCH).is_some_and(|value| value.as_bytes() == tag.as_bytes());
    let bytes = app.blocking(move |app| Ok(kept(app, &id, read)?.1)).await?;
    let fields = [
        (header::CONTENT_TYPE, HeaderValue::from_static("image/png")),
        (header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=31536000, immutable")),
    ];
    let mut response =
        if known { StatusCode::NOT_MODIFIED.into_response() } else { (fields, bytes).into_response() };
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    Ok(response)
}

/// What made a picture, and the command that draws it again.
#[utoipa::path(get, path = "/api/v1/pictures/{id}/recipe", tag = "pictures", params(("id" = String, Path, description = "The picture's identifier")),
    responses((status = 200, description = "The recipe", body = RecipeBody)))]
pub(crate) async fn recipe(State(app): Shared, Id(id): Id) -> Result<Json<RecipeBody>, ApiError> {
    let read = app.blocking(move |app| {
        let (row, noted) = noted(app, &id)?;
        let recipe = serde_json::to_value(&noted.recipe).map_err(|error| ApiError::internal(&error))?;
        let job = app.store.job(&row.job)?;
        let command_line = job.map(|job| {
            let shot =
                crate::order::Shot { id: row.id.clone(), seed: row.seed, plain: row.method == "plain" };
            let order = crate::order::Order { seed: row.seed, draw: job.order.config_of(&shot), ..job.order };
            order.command_line(&noted.recipe.layout)
        });
        Ok(RecipeBody { recipe, command_line })
    });
    read.await.map(Json)
}

/// A picture of the gallery and what it notes about itself.
pub(super) fn noted(app: &App, id: &str) -> Result<(PictureRow, Noted), ApiError> {
    let (row, bytes) = kept(app, id, |app, id| app.pictures.read(id))?;
    let noted = lmd_engine::picture::recipe(&bytes);
    noted
        .map(|noted| (row, noted))
        .map_err(|error| ApiError::new(StatusCode::NOT_FOUND, "no_recipe", &error.to_string()))
}

/// Remove a picture from the gallery and from the disk.
#[utoipa::path(delete, path = "/api/v1/pictures/{id}", tag = "pictures", params(("id" = String, Path, description = "The picture's identifier")),
    responses((status = 204, description = "It is gone")))]
pub(crate) async fn remove(State(app): Shared, Id(id): Id) -> Result<StatusCode, ApiError> {
    let removed = app.blocking(move |app| {
        if !app.store.remove_picture(&id)? {
            return Err(ApiError::missing("picture"));
        }
        app.pictures.remove(&id);
        Ok(StatusCode::NO_CONTENT)
    });
    removed.await
}
