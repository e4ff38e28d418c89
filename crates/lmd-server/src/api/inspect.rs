//! `POST /api/v1/inspect`: everything a dropped picture knows about itself, ours and other programs'.

use std::collections::BTreeMap;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use lmd_engine::Registry;
use lmd_engine::infotext::Infotext;
use lmd_engine::picture::{self, PictureError};
use lmd_layout::{Layout, clean_text};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::{App, Shared};
use crate::error::ApiError;
use crate::extract::{Json, body};

/// What a picture knows about itself.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct Inspected {
    /// `lmd` for our own, `a1111` for what other programs wrote.
    pub(crate) kind: String,
    /// The sentence.
    pub(crate) prompt: String,
    /// What was left out, besides what the layout leaves out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) negative: Option<String>,
    /// The layout; only ours have one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = crate::schema::layout)]
    pub(crate) layout: Option<Layout>,
    /// The settings, by the names of a request for pictures where lmd has them.
    pub(crate) settings: InspectedSettings,
    /// The seed as text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) seed: Option<String>,
    /// All pairs that another program wrote.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub(crate) parameters: Vec<(String, String)>,
}

/// The settings of a picture, as a request for pictures takes them.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub(crate) struct InspectedSettings {
    #[serde(skip_serializing_if = "Option::is_none")]
    method: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    steps: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sampler: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cfg_scale: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    width: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    height: Option<usize>,
    /// The model that drew it.
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<String>,
    /// Seeds of single objects, by their places in the layout, as text.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    object_seeds: BTreeMap<String, String>,
    /// What the pictures of single objects left out, by their places in the layout.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    object_negatives: BTreeMap<String, String>,
}

/// Read what a PNG knows about itself: our recipe, or the text that AUTOMATIC1111's web UI and others write.
#[utoipa::path(post, path = "/api/v1/inspect", tag = "pictures", request_body(content = Vec<u8>, content_type = "image/png"),
    responses((status = 200, description = "What it knows", body = Inspected)))]
pub(crate) async fn inspect(State(app): Shared, request: Request) -> Result<Json<Inspected>, ApiError> {
    let bytes = body(request, &()).await?;
    app.blocking(move |_: &App| inspected(&bytes)).await.map(Json)
}

/// What a picture knows about itself.
pub(crate) fn inspected(bytes: &[u8]) -> Result<Inspected, ApiError> {
    let wrong = |error: &PictureError| {
        let code = if matches!(error, PictureError::NoRecipe { .. }) { "no_recipe" } else { "no_picture" };
        ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, code, &error.to_string())
    };
    match picture::recipe(bytes) {
        Ok(noted) => Ok(ours(&noted.recipe)),
        Err(PictureError::NoRecipe { .. }) => {
            match picture::parameters(bytes).map_err(|error| wrong(&error))? {
                Some(text) => Ok(theirs(&Infotext::read(&text))),
                None => Err(wrong(&PictureError::NoRecipe { parameters: None })),
            }
        }
        Err(error) => Err(wrong(&error)),
    }
}

fn ours(recipe: &lmd_engine::Recipe) -> Inspected {
    let config = &recipe.config;
    let objects = || config.lmd.objects.iter();
    Inspected {
        kind: "lmd".to_owned(),
        prompt: recipe.prompt.clone(),
        negative: config.negative_prompt.clone(),
        layout: Some(recipe.layout.clone()),
        settings: InspectedSettings {
            method: Some(config.method.as_str().to_owned()),
            steps: Some(config.steps),
            sampler: Some(config.sampler.as_str().to_owned()),
            cfg_scale: config.cfg_scale,
            width: Some(recipe.size.0),
            height: Some(recipe.size.1),
            model: Some(recipe.model.clone()),
            object_seeds: objects()
                .filter_map(|one| Some((one.object.to_string(), one.seed?.to_string())))
                .collect(),
            object_negatives: objects()
                .filter_map(|one| Some((one.object.to_string(), one.negative.clone()?)))
                .collect(),
        },
        seed: Some(recipe.seeds.background.to_string()),
        parameters: Vec::new(),
    }
}

/// A sampler by any of the names that the web UI gave it.
pub(crate) fn known_sampler(name: &str) -> Option<&'static str> {
    let plain = |name: &str| name.to_lowercase().replace([' ', '_', '-'], "").replace("karras", "");
    let wanted = plain(name);
    let mut known = Registry::shared().samplers();
    known.find(|one| plain(one.infotext) == wanted || plain(one.name) == wanted).map(|one| one.name)
}

fn theirs(text: &Infotext) -> Inspected {
    let size = text.get("size").and_then(|size| size.split_once('x'));
    let side = |side: &str| side.trim().parse().ok();
    let sampler =
        text.get("sampler").map(|name| known_sampler(name).map_or_else(|| clean_text(name), str::to_owned));
    Inspected {
        kind: "a1111".to_owned(),
        prompt: clean_text(&text.prompt),
        negative: Some(clean_text(&text.negative)).filter(|terms| !terms.is_empty()),
        layout: None,
        settings: InspectedSettings {
            method: None,
            steps: text.get("steps").and_then(|steps| steps.parse().ok()),
            sampler,
            cfg_scale: text
                .get("cfg scale")
                .and_then(|scale| scale.parse().ok())
                .filter(|scale: &f64| scale.is_finite()),
            width: size.and_then(|(width, _)| side(width)),
            height: size.and_then(|(_, height)| side(height)),
            model: text.get("model").map(clean_text),
            ..InspectedSettings::default()
        },
        seed: text.get("seed").filter(|seed| seed.parse::<u64>().is_ok()).map(str::to_owned),
        parameters: text.pairs.iter().map(|(key, value)| (clean_text(key), clean_text(value))).collect(),
    }
}
