//! The methods that LMD is compared with, against an independent PyTorch version of them, written from the formulas of
//! docs/method.md (bench/parity/rivals.py), on a small random Stable Diffusion that diffusers saved.
#![allow(clippy::unwrap_used)] // helpers of tests

mod common;

use std::path::Path;

use common::{check_energies, check_frames, floats};
use lmd_diffusion::config::DrawConfig;
use lmd_diffusion::{Job, Seeds, Silent, Wants, draw_recorded};
use safetensors::SafeTensors;
use serde::Deserialize;

/// What make_rivals.py writes.
#[derive(Deserialize)]
struct Case {
    objects: Vec<(String, [f64; 4])>,
    background: String,
    seeds: Seeds,
    config: DrawConfig,
    energies: Vec<Vec<f64>>,
}

fn check(name: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/rivals").join(name);
    let case = std::fs::read_to_string(path.with_extension("json")).unwrap();
    let case: Case = serde_json::from_str(&case).unwrap();
    let bytes = std::fs::read(path.with_extension("safetensors")).unwrap();
    let expected = floats(&SafeTensors::deserialize(&bytes).unwrap(), "latents");

    let objects: Vec<(&str, [f64; 4])> = case.objects.iter().map(|(n, b)| (n.as_str(), *b)).collect();
    let layout = common::layout(&objects, &case.background);
    let job = Job { layout: &layout, prompt: "", seeds: case.seeds, config: &case.config };
    let wants = Wants { latents: true, ..Wants::default() };
    let (drawn, recording) = draw_recorded(&common::small_model(), &job, wants, &mut Silent).unwrap();

    let latents = &recording.arrays["latents/overall"];
    let steps: Vec<Vec<f32>> =
        latents.values.chunks(latents.values.len() / latents.shape[0]).map(<[f32]>::to_vec).collect();
    check_frames(name, &steps, &expected);
    check_energies(name, &drawn.recipe.energies, &case.energies);
}

#[test]
fn layout_guidance() {
    check("backward_guidance");
}

#[test]
fn boxdiff_as_its_paper_has_it() {
    check("boxdiff");
}

#[test]
fn boxdiff_as_the_comparison_of_lmd_has_it() {
    check("boxdiff_reference");
}

#[test]
fn grounding_layers_alone() {
    check("gligen");
}

#[test]
fn regions_joined_at_every_step() {
    check("multidiffusion");
}
