//! `POST /api/v1/images`: from a request to a job, everything decided and checked before it is queued.

use std::collections::BTreeMap;

use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use lmd_engine::{ConfigError, DrawConfig, ObjectSettings, Override, Preset, Registry, random_seeds};
use lmd_layout::{Layout, clean_text};
use lmd_planner::MAX_PROMPT_CHARS;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::{App, Shared};
use crate::error::ApiError;
use crate::extract::Json;
use crate::jobs::line::Live;
use crate::keys::Asker;
use crate::loras::LoraWanted;
use crate::order::{Order, PlannerWanted, Shot, preset_name};
use crate::store::{Status, new_id};

/// A picture, or several of one layout.
#[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ImageRequest {
    /// What should be in the picture. May be left out where there is a layout.
    #[schema(max_length = 4000)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) prompt: Option<String>,
    /// The layout; planned from the prompt where there is none.
    #[schema(schema_with = crate::schema::layout)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) layout: Option<Layout>,
    /// Who plans the layout where there is none.
    pub(crate) planner: PlannerWanted,
    /// `fast`, `balanced` or `faithful`: where the other settings start from.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) preset: Option<Preset>,
    /// How the layout becomes a picture: a name of `/api/v1/capabilities`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) method: Option<String>,
    /// Denoising steps.
    #[schema(minimum = 1)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) steps: Option<u32>,
    /// The sampler: a name of `/api/v1/capabilities`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sampler: Option<String>,
    /// Strength of classifier-free guidance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cfg_scale: Option<f64>,
    /// In pixels, a multiple of 64.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) width: Option<u32>,
    /// In pixels, a multiple of 64.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) height: Option<u32>,
    /// The seed of the first picture, as number or text; -1 or nothing for a random one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) seed: Option<SeedWanted>,
    /// Seeds of single objects' own noise, by their places in the layout from 0: `{"1": 77}` draws the second object anew and
    /// leaves the others as they were. At most 2^63 - 1.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) object_seeds: BTreeMap<String, SeedWanted>,
    /// What the pictures of single objects leave out, by their places in the layout from 0.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) object_negatives: BTreeMap<String, String>,
    /// How many pictures, with seeds counting up.
    #[schema(minimum = 1)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) n: Option<u32>,
    /// What to leave out, besides what the layout leaves out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) negative: Option<String>,
    /// The model: a name of `/api/v1/models`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) model: Option<String>,
    /// Also draw each seed with the method `plain`, to compare: one more picture, before the other.
    pub(crate) plain_beside: bool,
    /// Whether previews are made; they are unless this is `false`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) preview: Option<bool>,
    /// LoRA adapters to add to the model, in their order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) loras: Vec<LoraWanted>,
    /// Whether heat maps of the objects are kept with the picture. They take a further evaluation of the network at every
    /// step and change nothing of the picture.
    pub(crate) heatmaps: bool,
}

/// A seed: a number, or a text where numbers are not exact beyond 2^53.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum SeedWanted {
    /// From 0 to 2^64 - 1.
    Number(u64),
    /// -1.
    Negative(i64),
    /// Digits.
    Text(String),
}

impl SeedWanted {
    /// The seed; none for a random one.
    pub(crate) fn fixed(&self) -> Result<Option<u64>, ApiError> {
        let wrong = || {
            ApiError::invalid(
                "seed",
                "the seed must be a whole number from 0 to 18446744073709551615, or -1 for a random one",
            )
        };
        match self {
            Self::Number(seed) => Ok(Some(*seed)),
            Self::Negative(-1) => Ok(None),
            Self::Text(text) if text.trim() == "-1" => Ok(None),
            Self::Text(text) => text.trim().parse().map(Some).map_err(|_| wrong()),
            Self::Negative(_) => Err(wrong()),
        }
    }
}

/// The answer to a request that was accepted.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct Accepted {
    /// The job's identifier.
    pub(crate) id: String,
    /// `queued`.
    pub(crate) status: Status,
    /// Its place in the line, from 1; absent when it is drawn already.
    pub(crate) queue_position: Option<usize>,
}

/// Draw a picture: a job is accepted, and survives whatever ends the server.
#[utoipa::path(post, path = "/api/v1/images", tag = "pictures", request_body = ImageRequest,
    responses((status = 202, description = "The job was accepted", body = Accepted)))]
pub(crate) async fn create(
    State(app): Shared,
    Extension(asker): Extension<Asker>,
    Json(request): Json<ImageRequest>,
) -> Result<Response, ApiError> {
    let accepted = app.blocking(move |app| {
        let (id, _) = accept(app, &request, asker)?;
        Ok(Accepted { queue_position: app.line.position(&id), status: Status::Queued, id })
    });
    let accepted = accepted.await?;
    let at = HeaderValue::from_str(&format!("/api/v1/jobs/{}", accepted.id));
    let mut response = (StatusCode::ACCEPTED, Json(accepted)).into_response();
    if let Ok(at) = at {
        response.headers_mut().insert(header::LOCATION, at);
    }
    Ok(response)
}

/// Decides everything about a request, keeps it as a job and puts that into the line.
pub(crate) fn accept(app: &App, request: &ImageRequest, asker: Asker) -> Result<(String, Live), ApiError> {
    let order = order(app, request)?;
    let kept = serde_json::to_value(request).map_err(|error| ApiError::internal(&error))?;
    app.accept(&kept, &order, asker)
}

/// Decides everything about a request, within the server's limits.
fn order(app: &App, request: &ImageRequest) -> Result<Order, ApiError> {
    let prompt = cleaned("prompt", request.prompt.as_deref().unwrap_or_default())?;
    if prompt.is_empty() && request.layout.is_none() {
        return Err(ApiError::invalid("prompt", "say what should be in the picture, or give a layout"));
    }
    let (limits, config) = (&app.options, &app.settings.config);
    let count = request.n.unwrap_or(1);
    if count == 0 || count as usize > limits.max_n {
        return Err(ApiError::invalid("n", &format!("n is {count}; it must be 1 to {}", limits.max_n)));
    }
    let model = crate::models::chosen(config, request.model.as_deref())?;
    let mut draw = drawing(app, request)?;
    draw.lmd.objects = single_objects(request)?;
    crate::loras::check(limits, &request.loras)?;
    check_size(app, &draw)?;
    if draw.steps > limits.max_steps {
        let told = format!("{} steps are more than the {} this server draws", draw.steps, limits.max_steps);
        return Err(ApiError::invalid("steps", &told));
    }
    let fixed = request.seed.as_ref().map(SeedWanted::fixed).transpose()?.flatten();
    let seed = fixed.unwrap_or_else(|| random_seeds().background);
    let plain = request.plain_beside && draw.method != "plain";
    let mut shots = Vec::new();
    for index in 0..count {
        let seed = seed.wrapping_add(u64::from(index));
        if plain {
            shots.push(Shot { id: new_id(), seed, plain: true });
        }
        shots.push(Shot { id: new_id(), seed, plain: false });
    }
    Ok(Order {
        prompt,
        layout: request.layout.clone(),
        planner: request.planner,
        model,
        preset: request.preset.unwrap_or(config.preset),
        draw,
        seed,
        shots,
        preview: request.preview.unwrap_or(true),
        loras: request.loras.clone(),
        heatmaps: request.heatmaps,
    })
}

/// The text of a field, cleaned and of a length that planners read.
pub(crate) fn cleaned(param: &str, text: &str) -> Result<String, ApiError> {
    let text = clean_text(text);
    let chars = text.chars().count();
    if chars > MAX_PROMPT_CHARS {
        let told =
            format!("{param} has {chars} characters, at most {MAX_PROMPT_CHARS} are allowed; shorten it");
        return Err(ApiError::invalid(param, &told));
    }
    Ok(text)
}

/// What holds for single objects, in their order.
fn single_objects(request: &ImageRequest) -> Result<Vec<ObjectSettings>, ApiError> {
    let count = request.layout.as_ref().map_or(0, |layout| layout.objects().len());
    let place = |param: &str, text: &str| {
        let known = text.parse::<usize>().ok().filter(|place| *place < count && place.to_string() == text);
        let shown: String = text.chars().take(20).collect();
        let told = format!("there is no object \"{shown}\"; the layout of the request has {count}, from 0");
        known.ok_or_else(|| ApiError::invalid(param, &told))
    };
    let mut objects: BTreeMap<usize, ObjectSettings> = BTreeMap::new();
    for (text, seed) in &request.object_seeds {
        let place = place("object_seeds", text)?;
        // Files of settings hold no larger numbers.
        let fixed = seed.fixed()?.filter(|seed| *seed <= i64::MAX as u64);
        let told = "an object's seed must be a whole number from 0 to 2^63 - 1";
        let seed = fixed.ok_or_else(|| ApiError::invalid("object_seeds", told))?;
        objects.entry(place).or_default().seed = Some(seed);
    }
    for (text, terms) in &request.object_negatives {
        let place = place("object_negatives", text)?;
        objects.entry(place).or_default().negative =
            Some(cleaned("object_negatives", terms)?).filter(|terms| !terms.is_empty());
    }
    Ok(objects.into_iter().map(|(object, settings)| ObjectSettings { object, ..settings }).collect())
}

fn check_size(app: &App, draw: &DrawConfig) -> Result<(), ApiError> {
    let (Some(width), Some(height)) = (draw.width.or(draw.height), draw.height.or(draw.width)) else {
        return Ok(());
    };
    let most = app.options.max_pixels;
    if width.saturating_mul(height) > most {
        let told = format!("{width} x {height} pixels are more than the {most} this server draws");
        return Err(ApiError::invalid("width", &told));
    }
    Ok(())
}

/// The settings of a drawing: the server's with the request's over them.
fn drawing(app: &App, request: &ImageRequest) -> Result<DrawConfig, ApiError> {
    let mut said = Vec::new();
    let mut say = |name: &str, key: &str, value: Option<String>| {
        said.extend(value.map(|value| Override::new(format!("the request's {name}"), key, value)));
    };
    say("preset", "preset", request.preset.map(preset_name));
    let method =
        request.method.as_deref().map(|name| match Registry::shared().method(&name.to_owned().into()) {
            Ok(method) => method.name().to_owned(),
            Err(_) => name.to_owned(),
        });
    say("method", "draw.method", method);
    say("sampler", "draw.sampler", request.sampler.clone());
    say("steps", "draw.steps", request.steps.map(|steps| steps.to_string()));
    say("width", "draw.width", request.width.map(|side| side.to_string()));
    say("height", "draw.height", request.height.map(|side| side.to_string()));
    say("cfg_scale", "draw.cfg_scale", request.cfg_scale.map(|scale| scale.to_string()));
    say("negative", "draw.negative_prompt", request.negative.clone());
    app.settings.overlaid(&said).map(|config| config.draw).map_err(|error| wrong(&error))
}

/// A setting of a request that is wrong.
fn wrong(error: &ConfigError) -> ApiError {
    let told = ApiError::new(StatusCode::BAD_REQUEST, "invalid_value", &error.to_string());
    match error {
        ConfigError::Setting { key, .. } | ConfigError::Value { key, .. } => {
            let name = key.rsplit('.').next().unwrap_or_default();
            told.about(if name == "negative_prompt" { "negative" } else { name })
        }
        _ => told,
    }
}
