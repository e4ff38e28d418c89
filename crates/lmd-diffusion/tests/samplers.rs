//! Every sampler with every method and every preset draws a picture, not noise
//! (docs/samplers.md). The bundled model draws, small and with few boxes.
//!
//! Whether a sampler's numbers are right, `samplers/tests.rs` (against diffusers)
//! and `method.rs` (LMD and LMD+ against PyTorch) say; here the question is
//! whether all of them go together.
#![allow(clippy::unwrap_used)] // helpers of tests

mod common;

use std::path::Path;

use lmd_diffusion::{DrawConfig, Drawn, Job, Name, Pipeline, Preset, Registry, Rgb, Seeds, Silent};

/// Mean difference of neighbouring pixels, as a share of the pixels' standard deviation. Measured when this test was
/// written: pictures 0.04 to 0.10; the noise that Euler drew when its start was scaled twice 0.17 to 0.20; noise
/// decoded 0.16 and more.
const ROUGHEST: f64 = 0.13;
const SIDE: usize = 128;

fn bundled() -> Pipeline {
    common::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/model")).unwrap()
}

fn grays(picture: &Rgb) -> Vec<f64> {
    picture.pixels.chunks(3).map(|rgb| rgb.iter().map(|value| f64::from(*value)).sum::<f64>() / 3.0).collect()
}

/// Mean difference of neighbours, horizontally and vertically, over the standard deviation.
fn roughness(picture: &Rgb) -> f64 {
    let (grays, width) = (grays(picture), picture.width);
    let count = grays.len() as f64;
    let mean = grays.iter().sum::<f64>() / count;
    let deviation = (grays.iter().map(|gray| (gray - mean) * (gray - mean)).sum::<f64>() / count).sqrt();
    let right = grays.chunks(width).flat_map(|row| row.windows(2).map(|two| (two[0] - two[1]).abs()));
    let down = grays.iter().zip(grays.iter().skip(width)).map(|(a, b)| (a - b).abs());
    let differences: Vec<f64> = right.chain(down).collect();
    differences.iter().sum::<f64>() / differences.len() as f64 / deviation.max(1.0)
}

/// The preset's settings with fewer steps: the same parts in the same shares.
fn config(preset: Preset, method: &str, sampler: &str) -> DrawConfig {
    let mut config = preset.config();
    let share = |steps: usize| (steps * 10).div_ceil(config.steps);
    let shortened = share(config.lmd.overall.max_index_step);
    for guidance in [&mut config.lmd.per_box, &mut config.lmd.overall] {
        guidance.max_index_step = shortened;
        guidance.max_iter = vec![2, 2, 1];
    }
    // PNDM, whose pictures are rough in few steps (a warning says so), gets more of them.
    config.steps =
        if Registry::shared().samplers().any(|s| s.name == sampler && s.least_steps > 10) { 24 } else { 10 };
    (config.width, config.height) = (Some(SIDE), Some(SIDE));
    (config.method, config.sampler) = (Name::from(method.to_owned()), Name::from(sampler.to_owned()));
    config
}

fn draw(pipeline: &Pipeline, config: &DrawConfig) -> Drawn {
    let objects = [("a red ball", [30.0, 150.0, 200.0, 210.0]), ("a blue car", [266.0, 180.0, 220.0, 200.0])];
    let layout = common::layout(&objects, "a beach");
    let job = Job { layout: &layout, prompt: "", seeds: Seeds::of(5), config };
    lmd_diffusion::draw(pipeline, &job, &mut Silent).unwrap()
}

#[test]
fn every_sampler_with_every_method_and_preset_draws_a_picture() {
    let (pipeline, registry) = (bundled(), Registry::shared());
    let mut failures = Vec::new();
    for preset in Preset::ALL {
        for method in registry.methods().map(|method| method.name()) {
            // Only LMD's settings differ from preset to preset in such a short run.
            let same = preset != Preset::Fast && !method.starts_with("lmd");
            for sampler in registry.samplers().map(|sampler| sampler.name).filter(|_| !same) {
                let drawn = draw(&pipeline, &config(preset, method, sampler));
                let rough = roughness(&drawn.picture);
                eprintln!("{preset:?} {method} {sampler}: roughness {rough:.3}");
                if rough >= ROUGHEST {
                    failures.push(format!("{preset:?} {method} {sampler}: {rough:.3}"));
                }
            }
        }
    }
    assert!(failures.is_empty(), "noise: {failures:#?}");
}

/// The bar tells noise: unit noise, decoded, is above it.
#[test]
fn noise_is_told_from_pictures() {
    let pipeline = bundled();
    for (seed, scale) in [(1, 0.3), (2, 1.0), (3, 3.0)] {
        let noise = lmd_diffusion::NoiseSource::Mt19937.randn(seed, 4 * 16 * 16);
        let noise = noise.into_iter().map(|value| scale * value).collect();
        let rough = roughness(&pipeline.decode(pipeline.latents(noise, (16, 16))).unwrap());
        assert!(rough > ROUGHEST, "noise of {scale}: roughness {rough}");
    }
}
