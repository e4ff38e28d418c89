//! Recipes of earlier versions are read, and recipes say everything that was decided.
#![allow(clippy::unwrap_used)] // helpers of tests

mod common;

use lmd_diffusion::methods::gligen::GligenConfig;
use lmd_diffusion::{
    DiffusionError, DrawConfig, Job, Pipeline, PromptKind, Recipe, Registry, Seeds, Silent, Warning, draw,
};

/// Written by version 0.1.0 (`lmd show --json`).
const OLD: &str = include_str!("data/recipe-0.1.0.json");

#[test]
fn a_recipe_of_version_0_1_0_is_read() {
    let recipe: Recipe = serde_json::from_str(OLD).unwrap();
    assert!(OLD.contains("\"grounding_beta\": 0.4") && !OLD.contains("\"boxdiff\""));
    assert_eq!((recipe.config.method.as_str(), recipe.config.sampler.as_str()), ("lmd_plus", "dpm++2m"));
    assert_eq!(recipe.config.settings::<GligenConfig>().unwrap().beta, Some(0.4));
    recipe.config.check().unwrap();
    let again: Recipe = serde_json::from_str(&serde_json::to_string(&recipe).unwrap()).unwrap();
    assert_eq!(again, recipe);
}

fn small(method: &'static str) -> DrawConfig {
    let mut config = DrawConfig { method: method.into(), steps: 3, ..DrawConfig::default() };
    (config.width, config.height) = (Some(64), Some(64));
    config.lmd.per_box.max_index_step = 1;
    config.lmd.overall.max_index_step = 1;
    config
}

/// The small model, as if its folder had an `lmd.json`.
fn with_hints() -> Pipeline {
    let mut pipeline = common::small_model();
    pipeline.hints.cfg_scale = Some(3.0);
    pipeline.hints.guidance_strength = Some(0.25);
    pipeline.hints.negative_prompt = Some("the table".to_owned());
    pipeline.hints.gligen_beta = Some(1.0);
    pipeline
}

#[test]
fn what_a_model_recommends_stands_in_the_recipe_and_can_be_overridden() {
    let layout = common::layout(&[("a gray cat", [40.0, 60.0, 260.0, 200.0])], "the table");
    let drawn = |pipeline: &Pipeline, config: &DrawConfig| {
        let job = Job { layout: &layout, prompt: "", seeds: Seeds::of(13), config };
        draw(pipeline, &job, &mut Silent).unwrap()
    };
    for method in ["lmd", "boxdiff", "multidiffusion", "gligen"] {
        let hinted = drawn(&with_hints(), &small(method));
        let config = &hinted.recipe.config;
        let decided = (config.cfg_scale, config.guidance_strength, config.negative_prompt.as_deref());
        assert_eq!(decided, (Some(3.0), Some(0.25), Some("the table")), "{method}");
        let beta = config.settings::<GligenConfig>().unwrap().beta;
        assert_eq!(beta, (method == "gligen").then_some(1.0), "only where there are such layers");
        // The recipe draws the same picture with a model that recommends nothing.
        assert!(drawn(&common::small_model(), config).picture == hinted.picture, "{method}");
        for change in [
            |config: &mut DrawConfig| config.cfg_scale = Some(7.0),
            |config: &mut DrawConfig| config.guidance_strength = Some(2.0),
            |config: &mut DrawConfig| config.negative_prompt = Some("a dog".to_owned()),
        ] {
            let mut config = small(method);
            change(&mut config);
            let overridden = drawn(&with_hints(), &config);
            let guided = !["multidiffusion", "gligen"].contains(&method);
            if guided || config.guidance_strength.is_none() {
                assert!(overridden.picture != hinted.picture, "{method}: {config:?}");
            }
        }
    }
}

#[test]
fn the_negative_prompt_of_multidiffusions_recipe_is_the_backgrounds() {
    let pipeline = common::small_model();
    let layout = common::layout(&[], "the table");
    let config = DrawConfig { steps: 1, ..small("multidiffusion") };
    let job = Job { layout: &layout, prompt: "", seeds: Seeds::of(1), config: &config };
    let encoded = draw(&pipeline, &job, &mut Silent).unwrap().recipe.encoded_negative;
    assert!(encoded.ends_with("close-up, partial, large, large, huge, gigantic"), "{encoded}");
}

#[test]
fn warnings_are_given_with_the_picture_and_before() {
    let pipeline = common::small_model();
    let long = vec!["the cat"; 60].join(" ");
    let layout = common::layout(&[("a gray cat", [40.0, 60.0, 260.0, 200.0])], "the table");
    let mut config = small("plain");
    config.sampler = "pndm".into();
    config.negative_prompt = Some(String::new());
    let job = Job { layout: &layout, prompt: &long, seeds: Seeds::of(1), config: &config };
    let before = lmd_diffusion::check(&pipeline, &job).unwrap();
    let kinds: Vec<&str> = before.iter().map(Warning::kind).collect();
    assert_eq!(kinds, ["few_steps", "prompt_cut"], "{before:?}");
    let told = before.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    assert!(told.contains("pndm draws poorly in 3 steps; give it at least 50"), "{told}");
    assert!(told.contains("has 122 tokens") && told.contains("\"cat the cat"), "{told}");
    assert_eq!(draw(&pipeline, &job, &mut Silent).unwrap().warnings, before);

    config.sampler = "ddim".into();
    (config.width, config.height) = (Some(64), Some(512));
    let job = Job { layout: &layout, prompt: "the table", seeds: Seeds::of(1), config: &config };
    let native = pipeline.native_size();
    let sizes = lmd_diffusion::check(&pipeline, &job).unwrap();
    assert_eq!(sizes, [Warning::Size { width: 64, height: 512, trained: native }]);
}

/// Prompts of single boxes and of regions are looked at as well.
#[test]
fn every_prompt_that_is_cut_is_named() {
    let pipeline = common::small_model();
    let background = vec!["the cat"; 45].join(" ");
    let layout = common::layout(&[("a gray cat", [40.0, 60.0, 260.0, 200.0])], &background);
    for method in ["multidiffusion", "plain", "gligen"] {
        let config = DrawConfig { negative_prompt: Some(String::new()), ..small(method) };
        let job = Job { layout: &layout, prompt: "", seeds: Seeds::of(1), config: &config };
        let warnings = lmd_diffusion::check(&pipeline, &job).unwrap();
        let expected = if method == "multidiffusion" { PromptKind::Background } else { PromptKind::Overall };
        let named =
            |warning: &Warning| matches!(warning, Warning::PromptCut { prompt, .. } if *prompt == expected);
        assert!(warnings.iter().any(named), "{method}: {warnings:?}");
    }
}

/// PNDM asks the network once more per run than there are steps, unless there is only one.
#[test]
fn the_work_counted_before_is_what_the_observer_sees() {
    let pipeline = common::small_model();
    let layout = common::layout(&[("a gray cat", [40.0, 60.0, 260.0, 200.0])], "the table");
    for method in ["plain", "multidiffusion", "boxdiff", "lmd"] {
        for (sampler, steps) in [("ddim", 1), ("ddim", 3), ("pndm", 1), ("pndm", 2), ("pndm", 3)] {
            let mut config = DrawConfig { sampler: sampler.into(), steps, ..small(method) };
            for guidance in [&mut config.lmd.per_box, &mut config.lmd.overall] {
                (guidance.max_index_step, guidance.loss_threshold) = (9, 0.0);
                guidance.max_iter = vec![1];
            }
            let mut seen = 0;
            let mut count = |_: &lmd_diffusion::observer::Progress<'_>| {
                seen += 1;
                std::ops::ControlFlow::Continue(())
            };
            let job = Job { layout: &layout, prompt: "", seeds: Seeds::of(1), config: &config };
            draw(&pipeline, &job, &mut count).unwrap();
            let work = Registry::shared().work(&config, 1).unwrap();
            assert_eq!(work.observations, seen, "{method}, {sampler}, {steps} steps");
        }
    }
}

#[test]
fn latents_that_are_no_numbers_are_an_error() {
    let layout = common::layout(&[], "the table");
    let mut pipeline = common::small_model();
    // A schedule without any signal: x̂₀ is divided by nought.
    pipeline.schedule = std::sync::Arc::new(NoSignal);
    let config = small("plain");
    let job = Job { layout: &layout, prompt: "", seeds: Seeds::of(1), config: &config };
    let error = draw(&pipeline, &job, &mut Silent).unwrap_err();
    assert!(matches!(error, DiffusionError::NotFinite { .. }), "{error}");
    let pixels = vec![f32::NAN; 4 * 16 * 16];
    let error = pipeline.decode(pipeline.latents(pixels, (16, 16))).unwrap_err();
    assert!(error.to_string().contains("pixel"), "{error}");
}

#[derive(Debug)]
struct NoSignal;

impl lmd_diffusion::schedule::NoiseSchedule for NoSignal {
    fn train_steps(&self) -> usize {
        1000
    }

    fn level(&self, _timestep: f64) -> lmd_diffusion::schedule::Level {
        lmd_diffusion::schedule::Level { signal: 0.0, noise: 1.0 }
    }

    fn level_of_ratio(&self, _ratio: f64) -> lmd_diffusion::schedule::Level {
        self.level(0.0)
    }

    fn denoised(
        &self,
        latents: lmd_diffusion::Latents,
        _output: lmd_diffusion::Latents,
        level: lmd_diffusion::schedule::Level,
    ) -> lmd_diffusion::Latents {
        latents.div_scalar(level.signal)
    }

    fn epsilon(
        &self,
        latents: lmd_diffusion::Latents,
        _output: lmd_diffusion::Latents,
        _level: lmd_diffusion::schedule::Level,
    ) -> lmd_diffusion::Latents {
        latents
    }
}
