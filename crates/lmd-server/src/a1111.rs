//! The API of AUTOMATIC1111's web UI, as far as clients use it to draw from text. Layouts go in an object of their own, `lmd`.

use axum::Extension;
use axum::extract::State;
use lmd_engine::Registry;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::api::images::{ImageRequest, SeedWanted};
use crate::api::inspect::known_sampler;
use crate::app::{App, Shared};
use crate::error::ApiError;
use crate::extract::Json;
use crate::jobs::body::PreviewBody;
use crate::jobs::events::EventKind;
use crate::keys::Asker;
use crate::openai::{LmdAnswer, LmdOptions};
use crate::pictures::base64;
use crate::sync::Waited;

/// What is to be drawn. Fields that mean nothing here are read and left alone.
#[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(default)]
pub(crate) struct Txt2Img {
    prompt: String,
    negative_prompt: String,
    /// -1 for a random one.
    seed: Option<SeedWanted>,
    steps: Option<u32>,
    cfg_scale: Option<f64>,
    width: Option<u32>,
    height: Option<u32>,
    /// A name of `/sdapi/v1/samplers`.
    sampler_name: Option<String>,
    /// The same under its old name.
    sampler_index: Option<Value>,
    batch_size: Option<u32>,
    n_iter: Option<u32>,
    /// Whether the pictures are in the answer.
    send_images: Option<bool>,
    #[schema(value_type = Object)]
    override_settings: Value,
    lmd: LmdOptions,
}

/// The pictures.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct Txt2ImgAnswer {
    /// PNGs in Base64.
    images: Vec<String>,
    /// The request.
    #[schema(value_type = Object)]
    parameters: Value,
    /// JSON as text: seeds, infotexts and so on.
    info: String,
    /// What lmd gives besides.
    lmd: LmdAnswer,
}

/// Draw from text, as AUTOMATIC1111's web UI does. Whoever goes away cancels it.
#[utoipa::path(post, path = "/sdapi/v1/txt2img", tag = "a1111", request_body = Txt2Img,
    responses((status = 200, description = "The pictures", body = Txt2ImgAnswer)))]
pub(crate) async fn txt2img(
    State(app): Shared,
    Extension(asker): Extension<Asker>,
    Json(request): Json<Txt2Img>,
) -> Result<Json<Txt2ImgAnswer>, ApiError> {
    let finished = Waited::start(&app, native(&app, &request)?, asker).await?.end().await?;
    let infotexts: Vec<String> = finished.pngs.iter().map(|png| infotext(png)).collect();
    let job = &finished.job;
    let seeds: Vec<u64> = job.pictures.iter().map(|picture| picture.seed).collect();
    let first = job.pictures.first();
    let info = json!({
        "prompt": job.prompt, "all_prompts": vec![&job.prompt; seeds.len()],
        "negative_prompt": request.negative_prompt, "seed": job.seed, "all_seeds": seeds, "subseed": -1,
        "width": first.map(|picture| picture.width), "height": first.map(|picture| picture.height),
        "batch_size": seeds.len(), "index_of_first_image": 0, "infotexts": infotexts,
    });
    let sent = request.send_images.unwrap_or(true);
    Ok(Json(Txt2ImgAnswer {
        images: if sent { finished.pngs.iter().map(|png| base64(png)).collect() } else { Vec::new() },
        parameters: serde_json::to_value(&request).map_err(|error| ApiError::internal(&error))?,
        info: info.to_string(),
        lmd: LmdAnswer::of(&finished),
    }))
}

/// The text that a picture carries for other programs.
fn infotext(png: &[u8]) -> String {
    lmd_engine::picture::parameters(png).ok().flatten().unwrap_or_default()
}

/// The request as our own API would have it.
fn native(app: &App, request: &Txt2Img) -> Result<ImageRequest, ApiError> {
    let lmd = request.lmd.request();
    let named =
        request.sampler_name.clone().or_else(|| request.sampler_index.as_ref()?.as_str().map(str::to_owned));
    let asked =
        request.override_settings.get("sd_model_checkpoint").and_then(Value::as_str).map(str::to_owned);
    let count = request.batch_size.unwrap_or(1).saturating_mul(request.n_iter.unwrap_or(1));
    Ok(ImageRequest {
        prompt: Some(request.prompt.clone()),
        steps: lmd.steps.or(request.steps),
        sampler: lmd
            .sampler
            .or(named.filter(|name| !name.is_empty()).map(|name| sampler(&name)).transpose()?),
        cfg_scale: lmd.cfg_scale.or(request.cfg_scale),
        width: request.width,
        height: request.height,
        seed: lmd.seed.or(request.seed.clone()),
        n: Some(count),
        negative: lmd
            .negative
            .or(Some(request.negative_prompt.clone()).filter(|terms| !terms.trim().is_empty())),
        model: asked.or_else(|| app.checkpoint()),
        preview: Some(true),
        ..lmd
    })
}

/// The sampler of a request, or which names there are.
fn sampler(name: &str) -> Result<String, ApiError> {
    match known_sampler(name) {
        Some(known) => Ok(known.to_owned()),
        None => {
            let names: Vec<&str> = Registry::shared().samplers().map(|sampler| sampler.infotext).collect();
            let shown: String = name.chars().take(80).collect();
            Err(ApiError::invalid(
                "sampler_name",
                &format!("there is no sampler \"{shown}\"; there are {}", names.join(", ")),
            ))
        }
    }
}

/// How far the picture is that is drawn now.
#[utoipa::path(get, path = "/sdapi/v1/progress", tag = "a1111", params(("skip_current_image" = Option<bool>, Query, description = "Leave the preview out")),
    responses((status = 200, description = "Progress from 0 to 1, seconds left, state, and a preview", body = Object)))]
pub(crate) async fn progress(
    State(app): Shared,
    crate::extract::Query(query): crate::extract::Query<ProgressQuery>,
) -> Json<Value> {
    let running = app.line.running().into_iter().next();
    let news = running.as_deref().and_then(|id| app.progress(id));
    let preview = running
        .as_deref()
        .filter(|_| !query.skips())
        .and_then(|id| app.line.live(id))
        .and_then(|live| PreviewBody::base64_of(&live.events.newest(EventKind::Preview)?));
    let (waiting, _) = app.line.lengths();
    let share = news.as_ref().map_or(0.0, |news| {
        let one = news.step as f64 / news.total.max(1) as f64;
        ((news.picture as f64 + one) / news.pictures.max(1) as f64).min(1.0)
    });
    Json(json!({
        "progress": share,
        "eta_relative": news.as_ref().and_then(|news| news.eta_s).unwrap_or(0.0),
        "state": {
            "skipped": false, "interrupted": false, "stopping_generation": false,
            "job": running.unwrap_or_default(), "job_count": waiting + usize::from(news.is_some()), "job_timestamp": "0", "job_no": 0,
            "sampling_step": news.as_ref().map_or(0, |news| news.part_step),
            "sampling_steps": news.as_ref().map_or(0, |news| news.part_steps),
        },
        "current_image": preview,
        "textinfo": null,
    }))
}

/// What of the progress is wanted.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ProgressQuery {
    skip_current_image: Option<String>,
}

impl ProgressQuery {
    /// Whether the preview is left out. Clients write switches in many ways.
    fn skips(&self) -> bool {
        let said = self.skip_current_image.as_deref().unwrap_or_default().to_lowercase();
        matches!(said.as_str(), "true" | "1" | "on" | "yes")
    }
}

/// Cancel what is drawn now.
#[utoipa::path(post, path = "/sdapi/v1/interrupt", tag = "a1111",
    responses((status = 200, description = "Nothing more is said", body = Object)))]
pub(crate) async fn interrupt(State(app): Shared) -> Result<Json<Value>, ApiError> {
    let ended = app.blocking(|app| app.line.running().iter().try_for_each(|id| app.cancel(id).map(drop)));
    ended.await.map(|()| Json(json!({})))
}

/// A picture to be looked at.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub(crate) struct PngInfoRequest {
    /// A PNG in Base64, with or without `data:image/png;base64,` before it.
    image: String,
}

/// What a picture carries for other programs.
#[utoipa::path(post, path = "/sdapi/v1/png-info", tag = "a1111", request_body = PngInfoRequest,
    responses((status = 200, description = "The text, and what it says", body = Object)))]
pub(crate) async fn png_info(
    State(app): Shared,
    Json(request): Json<PngInfoRequest>,
) -> Result<Json<Value>, ApiError> {
    let read = app.blocking(move |_| {
        use base64::Engine as _;
        let data = request.image.split_once(";base64,").map_or(request.image.as_str(), |(_, data)| data);
        let wrong = |_| ApiError::invalid("image", "the image must be a PNG in Base64");
        let png = base64::engine::general_purpose::STANDARD.decode(data.trim()).map_err(wrong)?;
        let text = lmd_engine::picture::parameters(&png)
            .map_err(|error| ApiError::invalid("image", &error.to_string()))?
            .unwrap_or_default();
        let read = lmd_engine::infotext::Infotext::read(&text);
        let mut parameters: serde_json::Map<String, Value> =
            read.pairs.iter().map(|(key, value)| (key.clone(), Value::from(value.as_str()))).collect();
        parameters.insert("Prompt".to_owned(), read.prompt.into());
        parameters.insert("Negative prompt".to_owned(), read.negative.into());
        let layout = lmd_engine::picture::recipe(&png).ok().map(|noted| noted.recipe.layout);
        Ok(json!({ "info": text, "items": { "parameters": text }, "parameters": parameters, "lmd": { "layout": layout } }))
    });
    read.await.map(Json)
}

/// The options that mean something here.
#[utoipa::path(get, path = "/sdapi/v1/options", tag = "a1111",
    responses((status = 200, description = "The options", body = Object)))]
pub(crate) async fn options(State(app): Shared) -> Result<Json<Value>, ApiError> {
    let read = app.blocking(|app| {
        let model = crate::models::chosen(&app.settings.config, app.checkpoint().as_deref())?;
        Ok(json!({ "sd_model_checkpoint": model, "sd_checkpoint_hash": null, "samples_format": "png" }))
    });
    read.await.map(Json)
}

/// Options that are to change.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
pub(crate) struct OptionsChange {
    /// The model that this API draws with from now on.
    sd_model_checkpoint: Option<String>,
}

/// Change the model that this API draws with; other options are read and left alone.
#[utoipa::path(post, path = "/sdapi/v1/options", tag = "a1111", request_body = OptionsChange,
    responses((status = 200, description = "Nothing more is said", body = Object)))]
pub(crate) async fn set_options(
    State(app): Shared,
    Json(change): Json<OptionsChange>,
) -> Result<Json<Value>, ApiError> {
    let changed = app.blocking(move |app| {
        if let Some(name) = change.sd_model_checkpoint {
            app.set_checkpoint(crate::models::chosen(&app.settings.config, Some(&name))?);
        }
        Ok(Json(json!({})))
    });
    changed.await
}

/// The models there are.
#[utoipa::path(get, path = "/sdapi/v1/sd-models", tag = "a1111",
    responses((status = 200, description = "The models", body = Vec<Object>)))]
pub(crate) async fn models(State(app): Shared) -> Result<Json<Value>, ApiError> {
    let listed = app.blocking(|app| {
        let names = crate::models::names(&app.settings.config);
        let model = |name: &String| json!({ "title": name, "model_name": name, "hash": null, "sha256": null, "filename": name, "config": null });
        Ok(Value::Array(names.iter().map(model).collect()))
    });
    listed.await.map(Json)
}

/// The samplers there are, by the names that the web UI gave them.
#[utoipa::path(get, path = "/sdapi/v1/samplers", tag = "a1111",
    responses((status = 200, description = "The samplers", body = Vec<Object>)))]
pub(crate) async fn samplers() -> Json<Value> {
    let samplers = Registry::shared().samplers();
    Json(Value::Array(
        samplers
            .map(|sampler| json!({ "name": sampler.infotext, "aliases": [sampler.name], "options": {} }))
            .collect(),
    ))
}
