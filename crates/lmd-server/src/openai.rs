//! OpenAI's image API, with layouts in an object of their own, `lmd`.

use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::sse::Event as SseEvent;
use axum::response::{IntoResponse, Response};
use futures_util::stream::{Stream, unfold};
use lmd_engine::Preset;
use lmd_layout::Layout;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::events::answer;
use crate::api::images::{ImageRequest, SeedWanted};
use crate::app::{App, Shared};
use crate::error::{ApiError, ErrorBody};
use crate::extract::Json;
use crate::jobs::body::{PreviewBody, ProgressBody};
use crate::jobs::events::{Event, EventKind};
use crate::keys::Asker;
use crate::loras::LoraWanted;
use crate::notices::NoticeBody;
use crate::order::PlannerWanted;
use crate::pictures::base64;
use crate::sync::{Finished, Waited};

/// Most partial images of a stream.
const MAX_PARTIAL: u32 = 3;
/// What names of OpenAI's own models mean: the server's own.
const FOREIGN: [&str; 3] = ["gpt-image", "dall-e", "chatgpt-image"];

/// What lmd takes besides what OpenAI's API has.
#[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct LmdOptions {
    /// The layout; planned from the prompt where there is none.
    #[schema(schema_with = crate::schema::layout)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) layout: Option<Layout>,
    /// Who plans it then.
    pub(crate) planner: PlannerWanted,
    /// `fast`, `balanced` or `faithful`.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) preset: Option<Preset>,
    /// How the layout becomes a picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) method: Option<String>,
    /// Denoising steps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) steps: Option<u32>,
    /// The sampler.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sampler: Option<String>,
    /// Strength of classifier-free guidance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cfg_scale: Option<f64>,
    /// The first picture's seed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) seed: Option<SeedWanted>,
    /// What to leave out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) negative: Option<String>,
    /// LoRA adapters to add to the model.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) loras: Vec<LoraWanted>,
}

impl LmdOptions {
    /// A request of our own API that has these and nothing else.
    pub(crate) fn request(&self) -> ImageRequest {
        let Self { layout, planner, preset, method, steps, sampler, cfg_scale, seed, negative, loras } =
            self.clone();
        ImageRequest {
            layout,
            planner,
            preset,
            method,
            steps,
            sampler,
            cfg_scale,
            seed,
            negative,
            loras,
            ..ImageRequest::default()
        }
    }
}

/// A request of OpenAI's image API. Fields that mean nothing here are read and left alone.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub(crate) struct OpenAiRequest {
    /// What should be in the picture.
    prompt: String,
    /// A name of `/v1/models`; OpenAI's own names mean the server's default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    model: Option<String>,
    /// How many pictures.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    n: Option<u32>,
    /// `512x512`, or `auto`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    size: Option<String>,
    /// `b64_json` (default) or `url`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    response_format: Option<String>,
    /// `png`, the one there is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    output_format: Option<String>,
    /// Whether events are sent as the picture grows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    stream: Option<bool>,
    /// Partial images of a stream, 0 to 3.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(maximum = 3)]
    partial_images: Option<u32>,
    /// What lmd takes besides.
    #[serde(default)]
    lmd: LmdOptions,
}

/// The pictures.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct OpenAiImages {
    /// When, in seconds since 1970.
    created: i64,
    data: Vec<OpenAiImage>,
    /// `png`.
    output_format: String,
    /// `512x512`.
    size: String,
    /// What lmd gives besides.
    lmd: LmdAnswer,
}

/// A picture.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct OpenAiImage {
    /// The PNG.
    #[serde(skip_serializing_if = "Option::is_none")]
    b64_json: Option<String>,
    /// Where it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
}

/// What lmd gives besides.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct LmdAnswer {
    /// The job, as in the native API.
    pub(crate) job: String,
    /// The layout that was drawn.
    #[schema(schema_with = crate::schema::layout)]
    pub(crate) layout: Option<Layout>,
    /// The first picture's seed, as text.
    pub(crate) seed: String,
    /// What a person should know.
    pub(crate) notices: Vec<NoticeBody>,
}

impl LmdAnswer {
    /// What is said of a job that is over.
    pub(crate) fn of(finished: &Finished) -> Self {
        let job = &finished.job;
        Self {
            job: job.id.clone(),
            layout: job.layout.clone(),
            seed: job.seed_text.clone(),
            notices: job.notices.clone(),
        }
    }
}

/// Draw pictures as OpenAI's image API does. Whoever goes away cancels them.
#[utoipa::path(post, path = "/v1/images/generations", tag = "openai", request_body = OpenAiRequest,
    responses((status = 200, description = "The pictures, or with `stream` events `image_generation.partial_image` and `image_generation.completed`", body = OpenAiImages)))]
pub(crate) async fn generate(
    State(app): Shared,
    Extension(asker): Extension<Asker>,
    headers: HeaderMap,
    Json(request): Json<OpenAiRequest>,
) -> Result<Response, ApiError> {
    let streams = request.stream.unwrap_or(false);
    let partial = request.partial_images.unwrap_or(0);
    if partial > MAX_PARTIAL {
        return Err(ApiError::invalid("partial_images", "partial_images must be 0 to 3"));
    }
    let by_url = match request.response_format.as_deref() {
        None | Some("b64_json") => false,
        Some("url") => true,
        Some(_) => {
            return Err(ApiError::invalid("response_format", "response_format must be b64_json or url"));
        }
    };
    if !matches!(request.output_format.as_deref(), None | Some("png")) {
        return Err(ApiError::invalid(
            "output_format",
            "output_format must be png, the one form this server writes",
        ));
    }
    let wanted = app.blocking(move |app| native(app, &request, streams && partial > 0)).await?;
    let waited = Waited::start(&app, wanted, asker).await?;
    if streams {
        return Ok(answer(&app, stream(waited, partial)));
    }
    let finished = waited.end().await?;
    Ok(Json(images(&finished, by_url.then(|| base(&headers)).as_deref())).into_response())
}

/// The request as our own API would have it.
fn native(app: &App, request: &OpenAiRequest, preview: bool) -> Result<ImageRequest, ApiError> {
    let (width, height) = size(request.size.as_deref())?;
    let known = crate::models::names(&app.settings.config);
    let foreign =
        |name: &String| FOREIGN.iter().any(|start| name.starts_with(start)) && !known.contains(name);
    Ok(ImageRequest {
        prompt: Some(request.prompt.clone()),
        width,
        height,
        n: request.n,
        model: request.model.clone().filter(|name| !foreign(name)),
        preview: Some(preview),
        ..request.lmd.request()
    })
}

/// `512x768` as two sides.
fn size(text: Option<&str>) -> Result<(Option<u32>, Option<u32>), ApiError> {
    let Some(text) = text.filter(|text| *text != "auto") else { return Ok((None, None)) };
    let sides =
        text.split_once('x').and_then(|(width, height)| Some((width.parse().ok()?, height.parse().ok()?)));
    match sides {
        Some((width, height)) => Ok((Some(width), Some(height))),
        None => Err(ApiError::invalid(
            "size",
            "size must be auto or WIDTHxHEIGHT in pixels, for instance 512x512",
        )),
    }
}

/// The address under which the client knows this server.
fn base(headers: &HeaderMap) -> String {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let scheme =
        text("x-forwarded-proto").filter(|scheme| matches!(*scheme, "http" | "https")).unwrap_or("http");
    format!("{scheme}://{}", text(header::HOST.as_str()).unwrap_or("localhost"))
}

fn images(finished: &Finished, base: Option<&str>) -> OpenAiImages {
    let image = |(picture, png): (&crate::jobs::body::JobPicture, &Vec<u8>)| match base {
        Some(base) => OpenAiImage { b64_json: None, url: Some(format!("{base}{}", picture.url)) },
        None => OpenAiImage { b64_json: Some(base64(png)), url: None },
    };
    OpenAiImages {
        created: crate::store::now_ms() / 1000,
        data: finished.job.pictures.iter().zip(&finished.pngs).map(image).collect(),
        output_format: "png".to_owned(),
        size: shown_size(finished),
        lmd: LmdAnswer::of(finished),
    }
}

fn shown_size(finished: &Finished) -> String {
    finished
        .job
        .pictures
        .first()
        .map_or("auto".to_owned(), |picture| format!("{}x{}", picture.width, picture.height))
}

/// How far a stream is.
struct Growing<S> {
    waited: Waited,
    events: std::pin::Pin<Box<S>>,
    /// Partial images wanted and sent.
    partial: (u32, u32),
    /// Work done as a share of all.
    done: f64,
    ready: std::collections::VecDeque<SseEvent>,
    over: bool,
}

/// The events of a picture that grows: previews spread over its drawing, then the picture.
fn stream(waited: Waited, partial: u32) -> impl Stream<Item = SseEvent> + Send {
    let events = Box::pin(waited.events());
    let growing = Growing { waited, events, partial: (partial, 0), done: 0.0, ready: [].into(), over: false };
    unfold(growing, |mut growing| async move {
        use futures_util::StreamExt;
        loop {
            if let Some(event) = growing.ready.pop_front() {
                return Some((event, growing));
            }
            if growing.over {
                return None;
            }
            match growing.events.next().await {
                Some(event) if !event.kind.is_last() => growing.take(&event),
                _ => {
                    let finished = growing.waited.finished().await;
                    growing.ready = last_events(finished).into();
                    growing.over = true;
                }
            }
        }
    })
}

impl<S> Growing<S> {
    fn take(&mut self, event: &Event) {
        let (wanted, sent) = self.partial;
        match event.kind {
            EventKind::Progress => {
                if let Ok(progress) = serde_json::from_str::<ProgressBody>(&event.data) {
                    self.done = progress.step as f64 / progress.total.max(1) as f64;
                }
            }
            EventKind::Preview if sent < wanted && self.done >= f64::from(sent) / f64::from(wanted + 1) => {
                let Some(image) = PreviewBody::base64_of(event) else { return };
                self.ready.push_back(named("image_generation.partial_image", serde_json::json!({
                    "b64_json": image, "partial_image_index": sent, "created_at": crate::store::now_ms() / 1000,
                    "size": "auto", "quality": "auto", "background": "opaque", "output_format": "png",
                })));
                self.partial.1 += 1;
            }
            _ => {}
        }
    }
}

/// An event whose data name it, too.
fn named(kind: &str, mut data: serde_json::Value) -> SseEvent {
    if let Some(fields) = data.as_object_mut() {
        fields.insert("type".to_owned(), kind.into());
    }
    SseEvent::default().event(kind).data(data.to_string())
}

fn last_events(finished: Result<Finished, ApiError>) -> Vec<SseEvent> {
    let finished = match finished {
        Ok(finished) => finished,
        Err(error) => {
            let body = serde_json::to_value(ErrorBody { error: error.detail().clone() }).unwrap_or_default();
            return vec![named("error", body)];
        }
    };
    let lmd = serde_json::to_value(LmdAnswer::of(&finished)).unwrap_or_default();
    let size = shown_size(&finished);
    let event = |png: &Vec<u8>| {
        named(
            "image_generation.completed",
            serde_json::json!({
                "b64_json": base64(png), "created_at": crate::store::now_ms() / 1000, "size": size,
                "quality": "auto", "background": "opaque", "output_format": "png",
                "usage": { "input_tokens": 0, "output_tokens": 0, "total_tokens": 0,
                           "input_tokens_details": { "image_tokens": 0, "text_tokens": 0 } },
                "lmd": lmd,
            }),
        )
    };
    finished.pngs.iter().map(event).collect()
}

/// Models as OpenAI lists them.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct OpenAiModels {
    /// `list`.
    object: String,
    data: Vec<OpenAiModel>,
}

/// A model as OpenAI lists it.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct OpenAiModel {
    id: String,
    /// `model`.
    object: String,
    created: i64,
    owned_by: String,
}

/// The models there are, as OpenAI lists them.
#[utoipa::path(get, path = "/v1/models", tag = "openai",
    responses((status = 200, description = "The models", body = OpenAiModels)))]
pub(crate) async fn models(State(app): Shared) -> Result<Json<OpenAiModels>, ApiError> {
    let listed = app.blocking(|app| {
        let model =
            |id| OpenAiModel { id, object: "model".to_owned(), created: 0, owned_by: "lmd".to_owned() };
        let data = crate::models::names(&app.settings.config).into_iter().map(model).collect();
        Ok(OpenAiModels { object: "list".to_owned(), data })
    });
    listed.await.map(Json)
}
