//! The whole method against an independent PyTorch version of it, written from
//! the formulas of docs/method.md (bench/parity/method.py), on a small random
//! Stable Diffusion that diffusers saved. Everything needed is in the repository.
#![allow(clippy::unwrap_used)] // helpers of tests

mod common;

use std::path::Path;

use common::{check_energies, check_frames, difference, floats};
use lmd_diffusion::config::DrawConfig;
use lmd_diffusion::methods::lmd::{Traced, draw_traced};
use lmd_diffusion::{Job, Seeds, Silent, StepEnergies};
use lmd_layout::Mask;
use safetensors::SafeTensors;
use serde::Deserialize;

/// What make_method.py writes.
#[derive(Deserialize)]
struct Case {
    objects: Vec<(String, [f64; 4])>,
    background: String,
    seeds: Seeds,
    config: DrawConfig,
    expected: Expected,
}

#[derive(Deserialize)]
struct Expected {
    prompt: String,
    boxes: Vec<ExpectedBox>,
    energies: Vec<Vec<f64>>,
}

#[derive(Deserialize)]
struct ExpectedBox {
    offset: [isize; 2],
    mask: Vec<String>,
    placed_mask: Vec<String>,
    energies: Vec<Vec<f64>>,
}

fn rows(mask: &Mask) -> Vec<String> {
    let row = |y| (0..mask.width()).map(|x| if mask.get(x, y) { '#' } else { '.' }).collect();
    (0..mask.height()).map(row).collect()
}

fn check_box(name: &str, k: usize, expected: &ExpectedBox, tensors: &SafeTensors<'_>, traced: &Traced) {
    let (name, cut) = (format!("{name}, box {k}"), &traced.boxes[k]);
    check_frames(&name, &cut.drawn.frames, &floats(tensors, &format!("box{k}.latents")));
    check_energies(&name, &cut.energies, &expected.energies);
    assert_eq!(rows(&cut.drawn_mask), expected.mask, "{name}: mask where it was drawn");
    assert_eq!(rows(&cut.mask), expected.placed_mask, "{name}: mask in its place");
    assert_eq!([cut.offset.x, cut.offset.y], expected.offset, "{name}: offset");
}

/// Draws a case and compares everything; returns it for what a case is about.
fn check(name: &str) -> Traced {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/method").join(name);
    let case = std::fs::read_to_string(path.with_extension("json")).unwrap();
    let case: Case = serde_json::from_str(&case).unwrap();
    let bytes = std::fs::read(path.with_extension("safetensors")).unwrap();
    let tensors = SafeTensors::deserialize(&bytes).unwrap();

    let objects: Vec<(&str, [f64; 4])> = case.objects.iter().map(|(n, b)| (n.as_str(), *b)).collect();
    let layout = common::layout(&objects, &case.background);
    let job = Job { layout: &layout, prompt: "", seeds: case.seeds, config: &case.config };
    let traced = draw_traced(&common::small_model(), &job, &mut Silent).unwrap();

    let noise = floats(&tensors, "noise");
    let drawn = case.config.noise.randn(case.seeds.background, noise.len());
    assert!(difference(&drawn, &noise) <= 2e-6, "{name}: noise");
    assert_eq!(traced.drawn.recipe.encoded_prompt, case.expected.prompt);
    assert_eq!(traced.boxes.len(), case.expected.boxes.len());
    for (k, expected) in case.expected.boxes.iter().enumerate() {
        check_box(name, k, expected, &tensors, &traced);
    }
    check_frames(&format!("{name}, overall"), &traced.overall.frames, &floats(&tensors, "overall.latents"));
    check_energies(&format!("{name}, overall"), &traced.drawn.recipe.energies, &case.expected.energies);
    let picture = tensors.tensor("picture").unwrap();
    let bytes = traced.drawn.picture.pixels.iter().zip(picture.data());
    let (height, width) = (traced.drawn.picture.height, traced.drawn.picture.width);
    assert_eq!(picture.shape(), [height, width, 3]);
    assert!(bytes.clone().all(|(a, b)| a.abs_diff(*b) <= 1), "{name}: the picture differs");
    traced
}

fn iterations(energies: &[StepEnergies]) -> usize {
    energies.iter().map(|step| step.energies.len()).sum()
}

#[test]
fn one_object() {
    check("one");
}

#[test]
fn two_objects() {
    check("two");
}

#[test]
fn three_objects_of_which_two_share_a_caption() {
    let traced = check("repeated");
    assert_eq!(traced.drawn.recipe.encoded_prompt, "the table with two cats, a dog");
}

#[test]
fn a_picture_wider_than_high() {
    check("wide");
}

#[test]
fn an_energy_below_the_threshold_ends_guidance_for_good() {
    let traced = check("crossing");
    let full = traced.drawn.recipe.config.lmd.per_box.max_iter[0];
    assert!(iterations(&traced.boxes[0].energies) <= full, "the per-box run stopped in its first step");
    assert!(traced.boxes[0].energies.len() == 1 && traced.drawn.recipe.energies.len() <= 2);
}

#[test]
fn lmd_plus_draws_things_in_their_places_by_grounding_layers() {
    let traced = check("plus");
    assert!(traced.boxes.iter().all(|piece| piece.energies.is_empty() && piece.offset.x == 0));
    assert!(iterations(&traced.drawn.recipe.energies) > 0);
}

#[test]
fn lmd_plus_as_the_reference_guides_it_with_null_tokens() {
    check("plus_reference");
}

#[test]
fn another_sampler_with_the_references_step_size() {
    check("dpm");
}

#[test]
fn without_things_multidiffusion_draws_the_background_alone() {
    let model = common::small_model();
    let layout = common::layout(&[], "the table");
    let config = DrawConfig {
        width: Some(64),
        height: Some(64),
        steps: 4,
        cfg_scale: Some(3.0),
        negative_prompt: Some(String::new()),
        ..DrawConfig::default()
    };
    let draw = |method: &'static str, prompt| {
        let config = DrawConfig { method: method.into(), ..config.clone() };
        let job = Job { layout: &layout, prompt, seeds: Seeds::of(5), config: &config };
        lmd_diffusion::draw(&model, &job, &mut Silent).unwrap().picture
    };
    assert_eq!(draw("multidiffusion", ""), draw("plain", "the table"));
}

#[test]
fn regions_of_multidiffusion_leave_the_rest_to_the_background() {
    let model = common::small_model();
    let config = DrawConfig {
        method: "multidiffusion".into(),
        width: Some(64),
        height: Some(64),
        steps: 1, // no plain colours, so that regions do not see each other
        ..DrawConfig::default()
    };
    let latents = |objects: &[(&str, [f64; 4])]| {
        let layout = common::layout(objects, "the table");
        let job = Job { layout: &layout, prompt: "", seeds: Seeds::of(5), config: &config };
        let drawn = lmd_diffusion::draw(&model, &job, &mut Silent).unwrap();
        drawn.latents.into_data().iter::<f32>().collect::<Vec<_>>()
    };
    let (without, with) = (latents(&[]), latents(&[("a cat", [0.0, 0.0, 256.0, 512.0])]));
    // 16 x 16 cells in four channels: the left half is the cat's.
    for (cell, (a, b)) in without.iter().zip(&with).enumerate() {
        assert_eq!((a - b).abs() < 1e-5, cell % 16 >= 8, "cell {cell}: {a} and {b}");
    }
}

/// Every sampler with both methods that keep, compose and hold latents.
#[test]
fn every_sampler_with_lmd() {
    for case in ["dpm_mended", "euler", "euler_reference", "pndm", "lcm"] {
        check(case);
    }
}

#[test]
fn every_sampler_with_lmd_plus() {
    for case in ["dpm_plus", "euler_plus", "pndm_plus", "lcm_plus"] {
        check(case);
    }
}

#[test]
fn the_reference_enlarges_the_regions_of_multidiffusion() {
    let model = common::small_model();
    let draw = |place: [f64; 4], fidelity: &str, bootstrapping: f64| {
        let layout = common::layout(&[("a red ball", place)], "the table");
        let config = serde_json::json!({
            "method": "multidiffusion", "width": 64, "height": 64, "steps": 3, "fidelity": fidelity,
            "multidiffusion": {"bootstrapping": bootstrapping},
        });
        let config: DrawConfig = serde_json::from_value(config).unwrap();
        let job = Job { layout: &layout, prompt: "", seeds: Seeds::of(5), config: &config };
        lmd_diffusion::draw(&model, &job, &mut Silent).unwrap().picture
    };
    // Twice as large, and at the upper left, the small box is the left half.
    let (small, half) = ([128.0, 128.0, 128.0, 256.0], [0.0, 0.0, 256.0, 512.0]);
    let (reference, ours) = ("reference", "corrected");
    assert_eq!(draw(small, reference, 0.0), draw(half, ours, 0.0));
    assert_ne!(draw(small, ours, 0.0), draw(half, ours, 0.0));
    // Colours and noise around regions are others.
    assert_ne!(draw(half, reference, 1.0), draw(half, ours, 1.0));
}

#[test]
fn an_object_can_have_a_seed_and_terms_of_its_own() {
    let model = common::small_model();
    let layout = common::layout(
        &[("a red ball", [32.0, 128.0, 192.0, 256.0]), ("a blue cup", [288.0, 128.0, 192.0, 256.0])],
        "the table",
    );
    let draw = |objects: serde_json::Value| {
        let config = serde_json::json!({"width": 64, "height": 64, "steps": 3, "lmd": {"objects": objects}});
        let config: DrawConfig = serde_json::from_value(config).unwrap();
        let job = Job { layout: &layout, prompt: "", seeds: Seeds::of(5), config: &config };
        draw_traced(&model, &job, &mut Silent).unwrap()
    };
    let drawn = |traced: &Traced, object: usize| {
        let found = traced.boxes.iter().find(|b| b.object == object).unwrap();
        (found.seed, found.drawn.clone())
    };
    let (usual, other) = (draw(serde_json::json!([])), draw(serde_json::json!([{"object": 1, "seed": 77}])));
    assert_eq!(drawn(&usual, 0), drawn(&other, 0));
    assert_eq!(drawn(&other, 1).0, 77);
    assert_ne!(drawn(&usual, 1).1, drawn(&other, 1).1);
    let terms = draw(serde_json::json!([{"object": 0, "negative": "wheels"}]));
    assert_ne!(drawn(&usual, 0).1, drawn(&terms, 0).1);
    assert_eq!(drawn(&usual, 1), drawn(&terms, 1));
}

/// The cells of a 16 x 16 grid in four channels in which the last latents of two pictures differ.
fn changed(a: &Traced, b: &Traced) -> Vec<(usize, usize)> {
    let last = |traced: &Traced| traced.overall.frames.last().cloned().unwrap();
    let (a, b) = (last(a), last(b));
    let differs = |cell: &usize| (0..4).any(|channel| a[256 * channel + cell] != b[256 * channel + cell]);
    (0..256).filter(differs).map(|cell| (cell % 16, cell / 16)).collect()
}

#[test]
fn one_object_is_drawn_again_and_the_rest_stays() {
    let model = common::small_model();
    let places = [[0.0, 128.0, 128.0, 192.0], [256.0, 128.0, 128.0, 192.0], [416.0, 0.0, 64.0, 64.0]];
    let [ball, cup, bird] = places;
    let layout =
        common::layout(&[("a red ball", ball), ("a blue cup", cup), ("a small bird", bird)], "the table");
    let draw = |lmd: serde_json::Value| {
        let config = serde_json::json!({"width": 64, "height": 64, "steps": 4, "lmd": lmd});
        let config: DrawConfig = serde_json::from_value(config).unwrap();
        let job = Job { layout: &layout, prompt: "", seeds: Seeds::of(5), config: &config };
        draw_traced(&model, &job, &mut Silent).unwrap()
    };
    let objects = serde_json::json!([{"object": 1, "seed": 77}]);
    let usual = draw(serde_json::json!({}));
    let held = draw(serde_json::json!({"objects": objects}));
    let loose = draw(serde_json::json!({"objects": objects, "hold_rest": false}));
    // What the cup is in one of the two pictures, and its box, may change: nothing else, and not nothing.
    let mask = |traced: &Traced| traced.boxes.iter().find(|b| b.object == 1).unwrap().mask.clone();
    let (before, after) = (mask(&usual), mask(&held));
    let allowed = |&(x, y): &(usize, usize)| {
        ((8..12).contains(&x) && (4..10).contains(&y)) || before.get(x, y) || after.get(x, y)
    };
    let cells = changed(&usual, &held);
    let others: Vec<_> = cells.iter().filter(|cell| !allowed(cell)).collect();
    assert!(others.is_empty(), "{others:?}");
    assert!(
        cells.iter().filter(|(x, y)| (8..12).contains(x) && (4..10).contains(y)).count() >= 20,
        "{cells:?}"
    );
    assert!(!changed(&usual, &loose).iter().all(allowed));
}
