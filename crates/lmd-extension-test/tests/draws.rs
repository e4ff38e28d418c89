//! A method, a sampler, a mask refiner and a schedule from outside, used like lmd's own.
#![allow(clippy::unwrap_used)] // helpers of tests

use std::path::Path;
use std::sync::Arc;

use lmd_diffusion::samplers::{SamplerPlan, SamplerState};
use lmd_diffusion::schedule::{NoiseSchedule, SchedulerConfig};
use lmd_diffusion::{DrawConfig, Drawn, Job, NoiseSource, Pipeline, Registry, Seeds, Silent};
use lmd_extension_test::{RectifiedFlow, StripsConfig, THREE_BALLS, registry};
use lmd_layout::{BBox, Canvas, Layout, Object};
use lmd_nn::{Accelerator, LoadOptions, ModelFolder};
use lmd_planner::Planner;
use lmd_planner::llm::{LlmConfig, LlmPlanner};

fn pipeline() -> Pipeline {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/model");
    let device = lmd_nn::device(Accelerator::Cpu).unwrap();
    Pipeline::load(&ModelFolder::open(&folder).unwrap(), &LoadOptions::new(&device)).unwrap()
}

fn layout() -> Layout {
    let object =
        |name: &str, xywh| Object::new(name, BBox::from_xywh(xywh, Canvas::REFERENCE).unwrap()).unwrap();
    let objects = vec![
        object("a red ball", [30.0, 150.0, 200.0, 220.0]),
        object("a blue car", [270.0, 180.0, 220.0, 200.0]),
    ];
    Layout::new(objects, "a beach", "").unwrap()
}

fn config(text: &str) -> DrawConfig {
    let mut config: DrawConfig = serde_json::from_str(text).unwrap();
    (config.width, config.height, config.steps) = (Some(64), Some(64), 4);
    let short = lmd_diffusion::GuidanceConfig { max_index_step: 1, ..Default::default() };
    (config.lmd.per_box, config.lmd.overall) = (short.clone(), short);
    config
}

fn draw(registry: &Registry, pipeline: &Pipeline, config: &DrawConfig) -> Drawn {
    let layout = layout();
    let job = Job { layout: &layout, prompt: "", seeds: Seeds::of(3), config };
    registry.draw(pipeline, &job, &mut Silent).unwrap()
}

#[test]
fn a_method_from_outside_draws_with_its_own_settings() {
    let (registry, pipeline) = (registry().unwrap(), pipeline());
    let gentle = config(r#"{"method": "strips", "strips": {"strength": 0.001}}"#);
    let strong = config(r#"{"method": "strips", "strips": {"strength": 50.0, "guided_steps": 3}}"#);
    assert_eq!(strong.settings::<StripsConfig>().unwrap().guided_steps, 3);
    let (gentle, strong) = (draw(&registry, &pipeline, &gentle), draw(&registry, &pipeline, &strong));
    assert_eq!(strong.recipe.energies.len(), 3, "guided in three steps");
    assert!(gentle.picture != strong.picture, "the settings change nothing");
    let recipe = serde_json::to_string(&strong.recipe).unwrap();
    assert!(recipe.contains(r#""strips":{"strength":50.0,"guided_steps":3}"#), "{recipe}");
    let again: DrawConfig =
        serde_json::from_value(serde_json::to_value(&strong.recipe.config).unwrap()).unwrap();
    assert!(draw(&registry, &pipeline, &again).picture == strong.picture, "drawn again from its recipe");
}

#[test]
fn wrong_settings_of_a_method_from_outside_are_refused() {
    let registry = registry().unwrap();
    let refusal = |text| config(text).check_with(&registry).unwrap_err().to_string();
    assert!(refusal(r#"{"strips": {"strength": -1}}"#).starts_with("strips.strength is -1"));
    assert!(refusal(r#"{"strips": {"stength": 1}}"#).contains("unknown field `stength`"));
    let unknown = config(r#"{"method": "strips"}"#).check().unwrap_err().to_string();
    assert!(unknown.contains("strips") && unknown.contains("multidiffusion"), "{unknown}");
}

#[test]
fn a_sampler_from_outside_draws_with_every_kind_of_method() {
    let (registry, pipeline) = (registry().unwrap(), pipeline());
    for method in ["plain", "lmd", "multidiffusion", "strips"] {
        let text = format!(r#"{{"method": "{method}", "sampler": "ab2"}}"#);
        let drawn = draw(&registry, &pipeline, &config(&text));
        assert_eq!(drawn.recipe.config.sampler, "ab2");
        let pixels = &drawn.picture.pixels;
        let mean = pixels.iter().map(|p| f64::from(*p)).sum::<f64>() / pixels.len() as f64;
        assert!((20.0..235.0).contains(&mean), "{method}: a picture, not a blank: mean {mean}");
    }
    let few = config(r#"{"method": "plain", "sampler": "ab2"}"#);
    let few = DrawConfig { steps: 1, ..few };
    let warnings = draw(&registry, &pipeline, &few).warnings;
    assert!(warnings.iter().any(|warning| warning.kind() == "few_steps"), "{warnings:?}");
}

#[test]
fn a_mask_refiner_from_outside_makes_the_masks() {
    let (registry, pipeline) = (registry().unwrap(), pipeline());
    // Large enough that an ellipse shows.
    let draw = |text| {
        let config = DrawConfig { width: Some(192), height: Some(192), ..config(text) };
        draw(&registry, &pipeline, &config).recipe.boxes
    };
    let ours = draw(r#"{"method": "lmd", "lmd": {"mask_refiner": "rounded_box"}}"#);
    let attention = draw(r#"{"method": "lmd"}"#);
    assert!(ours.iter().zip(&attention).all(|(a, b)| a.mask != b.mask));
    // An ellipse: narrower at its top than in its middle.
    let widths: Vec<usize> =
        ours[0].mask.iter().map(|row| row.matches('#').count()).filter(|n| *n > 0).collect();
    assert!(widths[0] < widths[widths.len() / 2], "{widths:?}");
}

/// Every sampler, lmd's and the one from outside, recovers the picture on a straight path when the network is perfect.
#[test]
fn samplers_follow_a_schedule_from_outside() {
    let (registry, pipeline) = (registry().unwrap(), pipeline());
    let schedule: Arc<dyn NoiseSchedule> = Arc::new(RectifiedFlow);
    let config = SchedulerConfig::default();
    let tensor = |seed| pipeline.latents(NoiseSource::Mt19937.randn(seed, 4 * 8 * 8), (8, 8));
    let (clean, noise) = (tensor(1), tensor(2));
    for spec in registry.samplers() {
        let plan = SamplerPlan { schedule: Arc::clone(&schedule), config: &config, steps: 8 };
        let sampler = (spec.construct)(&plan).unwrap();
        let mut state = SamplerState::new(sampler.noised(0, clean.clone(), noise.clone()));
        // The velocity of a network that knows the picture.
        for _ in 0..sampler.timesteps().len() {
            let velocity = noise.clone() - clean.clone();
            state = sampler.advance(state, velocity, &mut || noise.clone()).state;
        }
        let off = (state.latents - clean.clone()).abs().max().into_data().iter::<f32>().next().unwrap();
        assert!(off < 0.05, "{}: {off} from the picture", spec.name);
    }
}

#[test]
fn a_chat_model_from_outside_plans_what_is_drawn() {
    lmd_planner::llm::register(THREE_BALLS).unwrap();
    assert!(lmd_planner::llm::register(THREE_BALLS).is_err(), "its name is taken now");
    let llm = LlmConfig { api: "three-balls".to_owned(), model: "any".to_owned(), ..LlmConfig::default() };
    let plan = LlmPlanner::new(llm).unwrap().plan("three red balls on a beach").unwrap();
    assert_eq!(plan.layout.objects().len(), 3, "{plan:?}");
    let config = config(r#"{"method": "plain"}"#);
    let job = Job { layout: &plan.layout, prompt: "", seeds: Seeds::of(3), config: &config };
    let drawn = registry().unwrap().draw(&pipeline(), &job, &mut Silent).unwrap();
    assert_eq!((drawn.picture.width, drawn.picture.height), (64, 64));
}
