//! Settings and model folders that make no sense: each gives one clear error.
#![allow(clippy::unwrap_used)] // helpers of tests

mod common;

use std::path::Path;

use lmd_diffusion::config::DrawConfig;
use lmd_diffusion::{Job, Registry, Seeds, Silent, draw};
use serde_json::{Value, json};

/// The settings with the value at `path` (`lmd.per_box.loss_scale`) replaced.
fn with(path: &str, value: &Value) -> DrawConfig {
    let mut config = serde_json::to_value(DrawConfig::default()).unwrap();
    assert!(config.pointer("/boxdiff/step_size").is_some(), "settings of methods stand among the defaults");
    let (table, name) = path.rsplit_once('.').unwrap_or(("", path));
    let table = if table.is_empty() { String::new() } else { format!("/{}", table.replace('.', "/")) };
    // What is not set stands in no table.
    config.pointer_mut(&table).unwrap().as_object_mut().unwrap().insert(name.to_owned(), value.clone());
    serde_json::from_value(config).unwrap()
}

/// Every setting with a range, and values outside of it.
fn out_of_range() -> Vec<(&'static str, Value)> {
    let mut bad = vec![
        ("steps", json!(0)),
        ("steps", json!(u64::MAX)),
        ("cfg_scale", json!(-1.0)),
        ("cfg_scale", json!(1e300)),
        ("gligen.beta", json!(1.5)),
        ("boxdiff.guided_share", json!(1.5)),
        ("boxdiff.max_iter", json!(1001)),
        ("boxdiff.step_size", json!(-1.0)),
        ("boxdiff.sharpness", json!(0.0)),
        ("boxdiff.top_p", json!(2.0)),
        ("backward_guidance.guided_share", json!(-0.1)),
        ("backward_guidance.loss_scale", json!(0.0)),
        ("backward_guidance.max_iter", json!(u64::MAX)),
        ("multidiffusion.bootstrapping", json!(-0.5)),
        ("multidiffusion.batch", json!(0)),
        ("guidance_strength", json!(0.0)),
        ("guidance_strength", json!(1e9)),
        ("lmd.mask_from_step", json!(u64::MAX)),
        ("lmd.overall.max_index_step", json!(u64::MAX)),
        ("lmd.transfer_weight", json!(-2.0)),
        ("lmd.mask_sigma", json!(0.0)),
        ("lmd.mask_sigma", json!(1e12)),
        ("lmd.batch", json!(0)),
        ("lmd.batch", json!(u64::MAX)),
        ("lmd.per_box.max_iter", json!([4, 18_446_744_073_709_551_615_u64])),
    ];
    for share in ["frozen_step_ratio", "fg_blending_ratio", "floor_padding", "mask_threshold"] {
        let path: &'static str = format!("lmd.{share}").leak();
        bad.extend([(path, json!(-0.1)), (path, json!(1.1))]);
    }
    for run in ["per_box", "overall"] {
        for (name, value) in [
            ("loss_scale", 0.0),
            ("loss_scale", -5.0),
            ("loss_threshold", -1.0),
            ("energy.fg_top_p", 0.0),
            ("energy.fg_top_p", 1.5),
            ("energy.bg_top_p", -0.2),
            ("energy.fg_weight", -1.0),
            ("energy.bg_weight", 1e30),
        ] {
            bad.push((format!("lmd.{run}.{name}").leak(), json!(value)));
        }
    }
    bad
}

#[test]
fn every_setting_out_of_range_is_named_with_its_value() {
    for (path, value) in out_of_range() {
        let error = with(path, &value).check().unwrap_err().to_string();
        assert!(error.starts_with(&format!("{path} is ")) && error.contains("must be"), "{error}");
    }
    DrawConfig::default().check().unwrap();
}

/// A setting and how to set it.
type Change = (&'static str, fn(&mut DrawConfig, f64));

#[test]
fn numbers_that_are_none_are_refused() {
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let changes: [Change; 6] = [
            ("cfg_scale", |config, bad| config.cfg_scale = Some(bad)),
            ("lmd.frozen_step_ratio", |config, bad| config.lmd.frozen_step_ratio = bad),
            ("lmd.mask_sigma", |config, bad| config.lmd.mask_sigma = bad),
            ("lmd.per_box.loss_scale", |config, bad| config.lmd.per_box.loss_scale = bad),
            ("lmd.overall.loss_threshold", |config, bad| config.lmd.overall.loss_threshold = bad),
            ("lmd.overall.energy.bg_top_p", |config, bad| config.lmd.overall.energy.bg_top_p = bad as f32),
        ];
        for (setting, change) in changes {
            let mut config = DrawConfig::default();
            change(&mut config, bad);
            let error = config.check().unwrap_err().to_string();
            assert!(error.starts_with(setting), "{setting}: {error}");
        }
    }
}

#[test]
fn picture_sizes_that_cannot_be_drawn_are_refused() {
    for (width, height) in [(100, 512), (512, 0), (64, 4160), (usize::MAX, 64)] {
        let config = DrawConfig { width: Some(width), height: Some(height), ..DrawConfig::default() };
        let error = config.check().unwrap_err().to_string();
        assert!(error.contains("multiples of 64 from 64 to 4096"), "{error}");
    }
}

/// The largest numbers there are, in every whole-number setting, are refused at once: nothing walks the steps.
#[test]
fn huge_settings_are_refused_in_bounded_time() {
    let start = std::time::Instant::now();
    for path in ["steps", "width", "lmd.mask_from_step", "lmd.batch", "lmd.overall.max_index_step"] {
        for value in [1_u64 << 62, (1 << 63) - 1, 1 << 63, u64::MAX] {
            let config = with(path, &json!(value));
            assert!(config.check().is_err(), "{path} = {value}");
            assert!(Registry::shared().work(&config, 3).is_err(), "{path} = {value}");
        }
    }
    assert!(start.elapsed().as_secs() < 5);
}

#[test]
fn names_that_the_registry_does_not_know_are_refused_with_those_it_knows() {
    for (path, known) in
        [("method", "backward_guidance"), ("sampler", "dpm++2m"), ("lmd.mask_refiner", "attention")]
    {
        let error = with(path, &json!("magic")).check().unwrap_err().to_string();
        assert!(error.contains("\"magic\"") && error.contains(known), "{error}");
    }
}

/// Both methods look at the settings before anything is computed.
#[test]
fn drawing_refuses_bad_settings() {
    let (model, layout) =
        (common::small_model(), common::layout(&[("a cat", [0.0, 0.0, 256.0, 256.0])], "it"));
    for method in ["lmd", "plain"] {
        for (path, value) in [("steps", json!(0)), ("cfg_scale", json!(-3.0)), ("width", json!(100))] {
            let mut config = with(path, &value);
            config.method = serde_json::from_value(json!(method)).unwrap();
            let job = Job { layout: &layout, prompt: "", seeds: Seeds::of(1), config: &config };
            let error = draw(&model, &job, &mut Silent).unwrap_err().to_string();
            assert!(error.contains(&value.to_string().replace(".0", "")), "{method}, {path}: {error}");
        }
    }
    let mut config = with("lmd.guided_layers", &json!(["up.7.0"]));
    (config.width, config.height) = (Some(64), Some(64));
    let job = Job { layout: &layout, prompt: "", seeds: Seeds::of(1), config: &config };
    let error = draw(&model, &job, &mut Silent).unwrap_err().to_string();
    assert!(error.contains("no attention layer up.7.0"), "{error}");
}

/// GLIGEN layers hold 30 boxes, a layout 32 objects; a check says so before anything is drawn.
#[test]
fn more_objects_than_grounding_layers_hold_are_refused_by_the_check() {
    let model = common::small_model();
    for (count, fits) in [(30, true), (31, false)] {
        let layout = common::layout(&vec![("a cat", [0.0, 0.0, 256.0, 256.0]); count], "it");
        for method in ["gligen", "lmd_plus"] {
            let mut config = DrawConfig { method: method.into(), ..DrawConfig::default() };
            (config.width, config.height) = (Some(64), Some(64));
            let job = Job { layout: &layout, prompt: "", seeds: Seeds::of(1), config: &config };
            match lmd_diffusion::check(&model, &job) {
                Ok(_) => assert!(fits, "{method}: {count} objects"),
                Err(error) => assert!(!fits && error.to_string().contains("at most 30"), "{method}: {error}"),
            }
        }
    }
}

/// What loading says of the small model after a change to its folder.
fn refusal(change: impl Fn(&Path)) -> String {
    let folder = tempfile::tempdir().unwrap();
    common::assemble("sd1", folder.path());
    change(folder.path());
    common::load(folder.path()).unwrap_err().to_string()
}

#[test]
fn a_broken_scheduler_configuration_is_refused() {
    let with = |text: &str| {
        refusal(|folder| {
            std::fs::create_dir(folder.join("scheduler")).unwrap();
            std::fs::write(folder.join("scheduler/scheduler_config.json"), text).unwrap();
        })
    };
    assert!(with("{").contains("scheduler/scheduler_config.json"));
    assert!(with(r#"{"beta_schedule": "cosine"}"#).contains("cosine"));
    assert!(with(r#"{"beta_start": -1.0}"#).contains("beta_start"));
    assert!(with(r#"{"num_train_timesteps": 18446744073709551615}"#).contains("num_train_timesteps"));
    assert!(with(r#"{"thresholding": true}"#).contains("thresholding"));
    // Diffusers writes each of these, and the file is named once.
    for text in [r#"{"thresholding": true}"#, r#"{"steps_offset": 1000}"#] {
        let error = with(text);
        assert!(
            !error.contains("diffusers") && error.matches("scheduler_config.json").count() == 1,
            "{error}"
        );
    }
}

/// A spacing of noise levels that is not reproduced is refused for the samplers that have a table of them, before
/// anything is drawn; the others do not read it.
#[test]
fn karras_spacing_is_refused_for_the_samplers_it_concerns() {
    let folder = tempfile::tempdir().unwrap();
    common::assemble("sd1", folder.path());
    std::fs::create_dir(folder.path().join("scheduler")).unwrap();
    let file = folder.path().join("scheduler/scheduler_config.json");
    std::fs::write(file, r#"{"use_karras_sigmas": true}"#).unwrap();
    let (model, layout) = (common::load(folder.path()).unwrap(), common::layout(&[], "it"));
    for sampler in Registry::shared().samplers().map(|sampler| sampler.name) {
        let config = DrawConfig {
            method: "plain".into(),
            sampler: sampler.into(),
            width: Some(64),
            height: Some(64),
            ..DrawConfig::default()
        };
        let job = Job { layout: &layout, prompt: "it", seeds: Seeds::of(1), config: &config };
        match lmd_diffusion::check(&model, &job) {
            Err(error) => assert!(error.to_string().contains("use_karras_sigmas"), "{sampler}: {error}"),
            Ok(_) => assert!(
                !["euler", "dpm++2m"].contains(&sampler),
                "{sampler} takes another spacing in silence"
            ),
        }
    }
}

#[test]
fn a_text_encoder_of_another_model_is_refused() {
    let error = refusal(|folder| {
        for file in ["config.json", "model.safetensors"] {
            let from = common::nn_data("sd2/text_encoder").join(file);
            std::fs::copy(from, folder.join("text_encoder").join(file)).unwrap();
        }
    });
    assert!(error.contains("width of the text embeddings 40, expected 24"), "{error}");
}

#[test]
fn a_tokenizer_for_longer_prompts_is_refused() {
    let error = refusal(|folder| {
        std::fs::write(folder.join("tokenizer/tokenizer_config.json"), r#"{"model_max_length": 248}"#)
            .unwrap();
    });
    assert!(error.contains("tokens of a prompt 248, expected 77"), "{error}");
}

#[test]
fn a_missing_part_is_named() {
    for part in ["vae", "text_encoder", "tokenizer"] {
        let error = refusal(|folder| std::fs::remove_dir_all(folder.join(part)).unwrap());
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn settings_of_objects_are_checked() {
    for objects in [
        json!([{"object": 32}]),
        json!([{"object": 1}, {"object": 1, "seed": 3}]),
        json!([{"object": 1, "seed": u64::MAX}]),
        json!([{"object": 1, "negative": "x".repeat(2001)}]),
    ] {
        let config: DrawConfig = serde_json::from_value(json!({"lmd": {"objects": objects}})).unwrap();
        let error = config.check().unwrap_err().to_string();
        assert!(error.starts_with("lmd.objects."), "{error}");
    }
    let fine = json!({"lmd": {"objects": [{"object": 0, "seed": 3, "negative": "wheels"}, {"object": 1}]}});
    serde_json::from_value::<DrawConfig>(fine).unwrap().check().unwrap();
}
