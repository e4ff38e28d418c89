//! How [`DrawConfig`] is read: known settings by name, old names, and the
//! tables of methods, which the registry knows.

use std::borrow::Cow;
use std::collections::BTreeMap;

use lmd_layout::Fidelity;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::config::{DrawConfig, FIELDS, LmdConfig, MethodSettings, Name};
use crate::methods::gligen::set_beta;
use crate::{NoiseSource, Registry};

/// The settings as they stand in a file or a recipe.
#[derive(Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct RawDrawConfig {
    /// Which method. Default `lmd`.
    method: Name,
    /// Width in pixels, a multiple of 64. Default: the model's own size.
    width: Option<usize>,
    /// Height in pixels, a multiple of 64. Default: the model's own size.
    height: Option<usize>,
    /// Denoising steps, at least 1. Default 50.
    steps: usize,
    /// Classifier-free guidance scale; 1 is none. Default: the model's
    /// (`lmd.json` in its folder), else the paper's 7.5 (MultiDiffusion's 10).
    cfg_scale: Option<f64>,
    /// Terms after the layout's own negative prompt. Default: the model's
    /// (`lmd.json` in its folder), else the paper's.
    negative_prompt: Option<String>,
    /// Factor on every step of guidance, above 0. Default: the model's (`lmd.json` in its folder), else 1.
    guidance_strength: Option<f64>,
    /// The sampler. Default `ddim`.
    sampler: Name,
    /// Where noise comes from. Default PyTorch's CPU generator.
    noise: NoiseSource,
    /// Whether the reference's quirks are reproduced. Default: mended.
    fidelity: Fidelity,
    /// The settings of LMD and LMD+.
    lmd: LmdConfig,
    /// What version 0.1.0 called `gligen.beta` ([`OLD_BETA`](crate::config::OLD_BETA)).
    #[schemars(skip)]
    grounding_beta: Option<f64>,
    #[serde(flatten)]
    rest: BTreeMap<String, Value>,
}

impl Default for RawDrawConfig {
    fn default() -> Self {
        let d = DrawConfig::default();
        Self {
            method: d.method,
            width: d.width,
            height: d.height,
            steps: d.steps,
            cfg_scale: d.cfg_scale,
            negative_prompt: d.negative_prompt,
            guidance_strength: d.guidance_strength,
            sampler: d.sampler,
            noise: d.noise,
            fidelity: d.fidelity,
            lmd: d.lmd,
            grounding_beta: None,
            rest: BTreeMap::new(),
        }
    }
}

impl TryFrom<RawDrawConfig> for DrawConfig {
    type Error = String;

    fn try_from(raw: RawDrawConfig) -> Result<Self, Self::Error> {
        let mut methods = MethodSettings::defaults(Registry::shared());
        for (name, value) in raw.rest {
            let Value::Object(table) = value else {
                let tables = methods.names();
                let known = FIELDS.into_iter().chain(tables).map(|name| format!("`{name}`"));
                let known = known.collect::<Vec<_>>().join(", ");
                return Err(format!("unknown field `{name}`, expected one of {known}"));
            };
            methods.lay(&name, table);
        }
        if let Some(beta) = raw.grounding_beta {
            set_beta(&mut methods, beta);
        }
        Ok(Self {
            method: raw.method,
            width: raw.width,
            height: raw.height,
            steps: raw.steps,
            cfg_scale: raw.cfg_scale,
            negative_prompt: raw.negative_prompt,
            guidance_strength: raw.guidance_strength,
            sampler: raw.sampler,
            noise: raw.noise,
            fidelity: raw.fidelity,
            lmd: raw.lmd,
            methods,
        })
    }
}

/// With the names and the tables of the registry's entries.
impl JsonSchema for DrawConfig {
    fn schema_name() -> Cow<'static, str> {
        "DrawConfig".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = RawDrawConfig::json_schema(generator);
        let registry = Registry::shared();
        let refiners = registry.refiners().map(|refiner| refiner.name()).collect::<Vec<_>>();
        let lmd = generator.definitions_mut().get_mut(LmdConfig::schema_name().as_ref());
        if let Some(refiner) = lmd.and_then(|lmd| lmd.pointer_mut("/properties/mask_refiner")) {
            refiner["enum"] = json!(refiners);
        }
        let names = [
            ("method", registry.methods().map(|method| method.name()).collect::<Vec<_>>()),
            ("sampler", registry.samplers().map(|sampler| sampler.name).collect()),
        ];
        schema.insert("additionalProperties".to_owned(), json!(false));
        let Some(Value::Object(properties)) = schema.get_mut("properties") else { return schema };
        for (setting, names) in names {
            if let Some(Value::Object(property)) = properties.get_mut(setting) {
                property.insert("enum".to_owned(), json!(names));
            }
        }
        for spec in registry.settings() {
            properties.insert(spec.name.to_owned(), (spec.schema)(generator).to_value());
        }
        schema
    }
}
