//! The same picture, whatever the number of threads, whatever was drawn
//! before, and however many boxes are drawn at once.
#![allow(clippy::unwrap_used)] // helpers of tests

mod common;

use lmd_diffusion::config::{DrawConfig, GuidanceConfig};
use lmd_diffusion::methods::lmd::{Traced, draw_traced};
use lmd_diffusion::{Job, Pipeline, Seeds, Silent};
use lmd_layout::Layout;

fn config(batch: usize) -> DrawConfig {
    let guidance = GuidanceConfig { max_index_step: 2, max_iter: vec![2, 1], ..GuidanceConfig::default() };
    let mut config = DrawConfig { steps: 4, cfg_scale: Some(2.0), ..DrawConfig::default() };
    (config.width, config.height) = (Some(64), Some(64));
    (config.lmd.per_box, config.lmd.overall) = (guidance.clone(), guidance);
    config.lmd.mask_threshold = 0.5;
    config.lmd.batch = batch;
    config
}

fn scene() -> Layout {
    let objects = [
        ("a gray cat", [20.0, 30.0, 200.0, 180.0]),
        ("a dog", [280.0, 40.0, 180.0, 220.0]),
        ("a dog", [30.0, 270.0, 200.0, 200.0]),
        ("a cathedral", [300.0, 290.0, 180.0, 190.0]),
        ("a labradoodle", [180.0, 180.0, 150.0, 150.0]),
    ];
    common::layout(&objects, "the table")
}

fn draw(model: &Pipeline, layout: &Layout, seed: u64, config: &DrawConfig) -> Traced {
    let job = Job { layout, prompt: "", seeds: Seeds::of(seed), config };
    draw_traced(model, &job, &mut Silent).unwrap()
}

/// The final latents, bit by bit.
fn bits(traced: &Traced) -> Vec<u32> {
    traced.overall.frames.concat().iter().map(|v| v.to_bits()).collect()
}

fn largest_difference(a: &Traced, b: &Traced) -> f32 {
    let pairs =
        a.boxes.iter().zip(&b.boxes).map(|(a, b)| (&a.drawn, &b.drawn)).chain([(&a.overall, &b.overall)]);
    pairs
        .flat_map(|(a, b)| a.frames.concat().into_iter().zip(b.frames.concat()))
        .map(|(a, b)| (a - b).abs())
        .fold(0.0, f32::max)
}

/// Five boxes four at a time (a full batch and a rest), all at once, and one
/// by one. Matrix products of other sizes are summed in another order, so the
/// latents are equal only up to rounding.
#[test]
fn boxes_drawn_together_are_those_drawn_one_by_one() {
    let (model, layout) = (common::small_model(), scene());
    let alone = draw(&model, &layout, 3, &config(1));
    for batch in [4, 100] {
        let together = draw(&model, &layout, 3, &config(batch));
        let difference = largest_difference(&alone, &together);
        eprintln!("batch {batch}: latents differ by at most {difference:.1e}");
        assert!(difference <= 1e-4, "batch {batch}: latents differ by {difference}");
        for (a, b) in alone.boxes.iter().zip(&together.boxes) {
            assert_eq!((&a.drawn_mask, a.offset, a.seed), (&b.drawn_mask, b.offset, b.seed));
        }
        let pixels = |traced: &Traced| traced.drawn.picture.pixels.clone();
        let mut bytes = pixels(&alone).into_iter().zip(pixels(&together));
        assert!(bytes.all(|(a, b)| a.abs_diff(b) <= 1), "batch {batch}: the picture");
    }
}

/// A batch in which one box's guidance ends before the others'.
#[test]
fn a_box_whose_guidance_ends_early_leaves_the_batch_alone() {
    let (model, layout) = (common::small_model(), scene());
    let mut config = config(1);
    config.lmd.per_box.loss_threshold = 9.5;
    let alone = draw(&model, &layout, 3, &config);
    config.lmd.batch = 4;
    let together = draw(&model, &layout, 3, &config);
    let counts = |traced: &Traced| -> Vec<usize> {
        traced.boxes.iter().map(|b| b.energies.iter().map(|step| step.energies.len()).sum()).collect()
    };
    eprintln!("guidance iterations per box: {:?}", counts(&alone));
    assert_eq!(counts(&alone), counts(&together));
    assert!(
        counts(&alone).iter().min() < counts(&alone).iter().max(),
        "no box ended early; the test is idle"
    );
    assert!(largest_difference(&alone, &together) <= 1e-4);
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    let (model, layout, config) = (common::small_model(), scene(), config(4));
    let drawn: Vec<Traced> = [1, 2, 3, 4]
        .into_iter()
        .map(|threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| draw(&model, &layout, 5, &config))
        })
        .collect();
    for (i, other) in drawn.iter().enumerate().skip(1) {
        assert!(bits(&drawn[0]) == bits(other), "{} threads: other latents than with one", i + 1);
        assert!(drawn[0].drawn.picture == other.drawn.picture, "{} threads: another picture", i + 1);
    }
}

/// Picture k of a series is picture k drawn alone: nothing leaks from one to
/// the next, not through the model either.
#[test]
fn a_picture_of_a_series_is_the_same_seed_alone() {
    let (model, layout, config) = (common::small_model(), scene(), config(1));
    let series: Vec<Traced> = (0..3).map(|k| draw(&model, &layout, 40 + k, &config)).collect();
    for k in [2, 1] {
        let alone = draw(&common::small_model(), &layout, 40 + k, &config);
        let of_series = &series[k as usize];
        assert!(bits(&alone) == bits(of_series), "picture {k}: other latents than in the series");
        assert!(alone.drawn.picture == of_series.drawn.picture, "picture {k}");
    }
    assert!(series[0].drawn.picture != series[1].drawn.picture, "the seed changes nothing");
}
