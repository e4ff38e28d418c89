//! Masks by Segment Anything: what it is asked, which of its answers is taken, and that it is missed before anything is drawn.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use common::{layout, nn_data, small_model};
use lmd_diffusion::mask::{TokenMap, shrunk};
use lmd_diffusion::refiners::MaskEvidence;
use lmd_diffusion::{DrawConfig, Job, LmdConfig, Pipeline, Registry, Rgb, Seeds, Silent, check, draw};
use lmd_layout::{Fidelity, Mask};
use lmd_nn::detect::RgbView;
use lmd_nn::{LoadOptions, Sam, SamPrompt};

fn sam() -> Sam {
    let device = lmd_nn::device(lmd_nn::Accelerator::Cpu).unwrap();
    Sam::open(&nn_data("sam"), &LoadOptions::new(&device)).unwrap()
}

fn config(method: &str) -> DrawConfig {
    let text = format!(
        r#"{{"method": "{method}", "width": 128, "height": 128, "steps": 2, "lmd": {{"mask_refiner": "sam",
            "mask_confidence": 0, "mask_overlap": 0, "per_box": {{"max_index_step": 1}}, "overall": {{"max_index_step": 1}}}}}}"#
    );
    serde_json::from_str(&text).unwrap()
}

fn scene() -> lmd_layout::Layout {
    layout(&[("a cat", [60.0, 120.0, 200.0, 260.0]), ("a dog", [300.0, 60.0, 180.0, 300.0])], "the table")
}

/// The largest of the candidates, on the latents' grid of 32 × 32 cells; one without confidence only where all are.
fn largest(sam: &Sam, picture: &Rgb, prompt: &SamPrompt) -> Mask {
    let view = RgbView::new(picture.width, picture.height, &picture.pixels).unwrap();
    let image = sam.encode(view).unwrap();
    let masks = sam.masks(&image, prompt, None).unwrap();
    let scaled = sam.scaled_masks(&image, &masks);
    let candidates = (0..3).map(|index| {
        let cells = scaled.cells(index);
        let mask = Mask::from_fn(picture.width, picture.height, |x, y| cells[y * picture.width + x]);
        (masks.iou[index] >= 0.0, shrunk(&mask, 32, 32))
    });
    candidates.rev().max_by_key(|(confident, mask)| (*confident, mask.area())).unwrap().1
}

#[test]
fn lmd_asks_by_the_point_of_the_highest_attention_and_lmd_plus_by_the_box() {
    let sam = sam();
    let pixels = (0..128 * 128 * 3).map(|i: usize| (i * i % 251) as u8).collect();
    let picture = Rgb { width: 128, height: 128, pixels };
    let mut values = vec![0.0; 256];
    values[5 * 16 + 9] = 1.0;
    let attention = TokenMap { width: 16, height: 16, values };
    let drawn_box = Mask::from_fn(32, 32, |x, y| (4..20).contains(&x) && (8..16).contains(&y));
    let lmd = LmdConfig { mask_confidence: 0.0, mask_overlap: 0.0, ..LmdConfig::default() };
    let evidence = MaskEvidence {
        prompt: "a cat",
        attention: &attention,
        drawn_box: &drawn_box,
        picture: Some(&picture),
        sam: Some(&sam),
        place: None,
        fidelity: Fidelity::Reference,
        config: &lmd,
    };
    let refiner = Registry::shared().refiner(&"sam".into()).unwrap();
    let point = |x, y| largest(&sam, &picture, &SamPrompt::point(x, y));
    assert!(refiner.refine(&evidence).unwrap() == point(72.0, 40.0), "the cell's corner");
    let corrected = MaskEvidence { fidelity: Fidelity::Corrected, ..evidence };
    assert!(refiner.refine(&corrected).unwrap() == point(76.0, 44.0), "its middle");
    let evidence = MaskEvidence { place: Some([0.125, 0.25, 0.625, 0.5]), ..corrected };
    let boxed = largest(&sam, &picture, &SamPrompt::of_box([16.0, 32.0, 80.0, 64.0]));
    assert!(refiner.refine(&evidence).unwrap() == boxed);
    assert!(boxed != point(76.0, 44.0) && boxed.area() > 0, "the prompts tell the masks apart");
    let without = MaskEvidence { sam: None, ..evidence };
    assert!(refiner.refine(&without).unwrap_err().to_string().contains("--sam PATH"));
}

fn drawn(pipeline: &Pipeline, config: &DrawConfig) -> lmd_diffusion::Drawn {
    let layout = scene();
    let job = Job { layout: &layout, prompt: "", seeds: Seeds::of(3), config };
    draw(pipeline, &job, &mut Silent).unwrap()
}

#[test]
fn both_methods_draw_with_its_masks() {
    let pipeline = small_model().with_sam(sam());
    for method in ["lmd", "lmd_plus"] {
        let config = config(method);
        let by_sam = drawn(&pipeline, &config);
        assert!(by_sam.recipe.weights.iter().any(|(file, _)| file == "sam/model.safetensors"));
        let mut by_attention = config.clone();
        by_attention.lmd.mask_refiner = "attention".into();
        let by_attention = drawn(&pipeline, &by_attention);
        assert!(by_sam.recipe.boxes != by_attention.recipe.boxes, "{method}: the masks are the same");
        assert!(drawn(&pipeline, &config).picture == by_sam.picture, "{method}: drawn again");
    }
}

#[test]
fn it_is_missed_before_anything_is_drawn_and_only_where_masks_are_made() {
    let pipeline = small_model();
    let layout = scene();
    for (method, missed) in [("lmd", true), ("lmd_plus", true), ("plain", false), ("gligen", false)] {
        let config = config(method);
        let job = Job { layout: &layout, prompt: "", seeds: Seeds::of(3), config: &config };
        match check(&pipeline, &job) {
            Ok(_) => assert!(!missed, "{method}"),
            Err(error) => {
                assert!(missed && error.to_string().contains("--masks attention"), "{method}: {error}");
            }
        }
    }
}
