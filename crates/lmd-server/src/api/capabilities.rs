//! What this server can do: models, methods, presets, samplers, limits and defaults.

use axum::extract::State;
use lmd_engine::{Preset, Registry};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::{App, Shared};
use crate::error::ApiError;
use crate::extract::Json;
use crate::order::preset_name;

/// What this server can do.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct Capabilities {
    /// The server's version.
    version: String,
    models: Vec<ModelBody>,
    methods: Vec<NamedBody>,
    presets: Vec<NamedBody>,
    samplers: Vec<NamedBody>,
    limits: LimitsBody,
    defaults: DefaultsBody,
    planner: PlannerBody,
    /// What may be set for each object of a request: `seed`, `negative`.
    per_object: Vec<String>,
    /// The names of the LoRA adapters that requests may add.
    loras: Vec<String>,
}

/// A model.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct ModelBody {
    /// What requests call it.
    name: String,
    /// Whether it is the small one that comes with the program.
    bundled: bool,
    /// Whether it draws when a request names none.
    default: bool,
    /// The words it knows, where it knows few.
    words: Option<Vec<String>>,
    /// The size it was made for; `null` where that cannot be read.
    sizes: Option<SizeBody>,
}

/// A size in pixels.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct SizeBody {
    width: usize,
    height: usize,
}

/// Something with a name.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct NamedBody {
    name: String,
    /// One line.
    summary: String,
}

/// What requests may ask for at most.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct LimitsBody {
    max_steps: usize,
    max_pixels: usize,
    max_n: usize,
    max_queue: usize,
    /// Unfinished jobs of one key; 0 for no limit.
    max_per_key: usize,
    max_body_bytes: usize,
    max_objects: usize,
    max_prompt_chars: usize,
    /// Both sides are multiples of this.
    size_multiple: usize,
}

/// What is used where a request says nothing.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct DefaultsBody {
    preset: String,
    method: String,
    steps: usize,
    sampler: String,
    /// `null` for what the model recommends.
    cfg_scale: Option<f64>,
    width: Option<usize>,
    height: Option<usize>,
}

/// Who plans where a request says nothing.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct PlannerBody {
    /// `offline` or `llm`.
    kind: String,
    /// The language model's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<String>,
}

/// All models.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct Models {
    models: Vec<ModelBody>,
}

/// What this server can do.
#[utoipa::path(get, path = "/api/v1/capabilities", tag = "server",
    responses((status = 200, description = "All of it", body = Capabilities)))]
pub(crate) async fn show(State(app): Shared) -> Result<Json<Capabilities>, ApiError> {
    app.blocking(|app| Ok(capabilities(app))).await.map(Json)
}

/// The models there are.
#[utoipa::path(get, path = "/api/v1/models", tag = "server",
    responses((status = 200, description = "The models", body = Models)))]
pub(crate) async fn models(State(app): Shared) -> Result<Json<Models>, ApiError> {
    app.blocking(|app| Ok(Models { models: list(app) })).await.map(Json)
}

fn list(app: &App) -> Vec<ModelBody> {
    let config = &app.settings.config;
    let own = crate::models::public_name(&config.model);
    let body = |name: String| {
        let configured = if name == own { config.model.as_str() } else { name.as_str() };
        let known = lmd_engine::model_facts(config, configured).ok();
        ModelBody {
            bundled: name == lmd_engine::config::BUNDLED,
            default: name == own,
            words: known.as_ref().and_then(|known| known.words.as_ref()).map(|words| {
                [&words.nouns, &words.colours, &words.backgrounds].into_iter().flatten().cloned().collect()
            }),
            sizes: known.map(|known| SizeBody { width: known.native_size, height: known.native_size }),
            name,
        }
    };
    crate::models::names(config).into_iter().map(body).collect()
}

fn capabilities(app: &App) -> Capabilities {
    let named = |name: &str, summary: &str| NamedBody { name: name.to_owned(), summary: summary.to_owned() };
    let registry = Registry::shared();
    let (options, config) = (&app.options, &app.settings.config);
    let models = list(app);
    let size = models.iter().find(|model| model.default).and_then(|model| model.sizes);
    let (llm, asks_llm) = app.planning.llm();
    Capabilities {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        models,
        methods: registry.methods().map(|method| named(method.name(), method.summary())).collect(),
        presets: Preset::ALL.into_iter().map(|preset| named(&preset_name(preset), about(preset))).collect(),
        samplers: registry.samplers().map(|sampler| named(sampler.name, sampler.summary)).collect(),
        limits: LimitsBody {
            max_steps: options.max_steps,
            max_pixels: options.max_pixels,
            max_n: options.max_n,
            max_queue: options.max_queue,
            max_per_key: options.max_per_key,
            max_body_bytes: options.max_body_bytes,
            max_objects: lmd_layout::MAX_OBJECTS,
            max_prompt_chars: lmd_planner::MAX_PROMPT_CHARS,
            size_multiple: 64,
        },
        defaults: DefaultsBody {
            preset: preset_name(config.preset),
            method: config.draw.method.as_str().to_owned(),
            steps: config.draw.steps,
            sampler: config.draw.sampler.as_str().to_owned(),
            cfg_scale: config.draw.cfg_scale,
            width: config.draw.width.or(size.map(|size| size.width)),
            height: config.draw.height.or(size.map(|size| size.height)),
        },
        per_object: ["seed", "negative"].map(str::to_owned).into(),
        loras: crate::loras::names(options),
        planner: PlannerBody {
            kind: if asks_llm { "llm" } else { "offline" }.to_owned(),
            model: asks_llm.then_some(llm.model).filter(|name| !name.is_empty()),
        },
    }
}

const fn about(preset: Preset) -> &'static str {
    match preset {
        Preset::Fast => "Quick: sixteen steps and little guidance",
        Preset::Balanced => "In between: twenty steps, guided in the paper's share of them",
        Preset::Faithful => "The paper's own settings: fifty steps of DDIM",
    }
}
