//! Segment Anything against what transformers computes with the same random weights (`bench/parity/make_sam.py`).
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use common::{Golden, cpu, data};
use lmd_nn::detect::RgbView;
use lmd_nn::sam::SamImage;
use lmd_nn::{LoadOptions, Sam, SamPrompt, Tensor, TensorData};

const TOLERANCE: f64 = 1e-4;
/// Width and height of the golden picture.
const SIZE: [usize; 2] = [40, 28];

fn options() -> LoadOptions {
    LoadOptions::new(&cpu())
}

fn golden() -> Golden {
    Golden::open(&data("sam").join("golden.safetensors"))
}

/// The folder of transformers, and the authors' single file.
fn both() -> [Sam; 2] {
    [data("sam"), data("sam").join("authors.safetensors")].map(|path| Sam::open(&path, &options()).unwrap())
}

fn prompt(name: &str) -> SamPrompt {
    let (on, beside) = (([20.0, 9.0], true), ([31.0, 22.0], false));
    let corners = [5.0, 3.0, 30.0, 25.0];
    match name {
        "points" => SamPrompt { points: vec![on, beside], corners: None },
        "box" => SamPrompt::of_box(corners),
        "both" => SamPrompt { points: vec![on], corners: Some(corners) },
        _ => SamPrompt::point(20.0, 9.0),
    }
}

#[test]
fn pictures_are_encoded_as_by_transformers() {
    let golden = golden();
    for sam in both() {
        golden.assert_close("features", sam.features(golden.tensor("pixels")).unwrap(), TOLERANCE);
        let bytes = golden.bytes("picture");
        // The authors' file states no statistics and no size; both are those of the folder.
        let image = sam.encode(RgbView::new(SIZE[0], SIZE[1], &bytes).unwrap()).unwrap();
        golden.assert_close("features", image.features, TOLERANCE);
    }
}

#[test]
fn masks_and_their_iou_are_those_of_transformers() {
    let golden = golden();
    for sam in both() {
        let image = SamImage::of_features(golden.tensor("features"), SIZE);
        for name in ["point", "points", "box", "both", "mask"] {
            let mask = (name == "mask").then(|| golden.tensor::<2>("mask"));
            let masks = sam.masks(&image, &prompt(name), mask).unwrap();
            golden.assert_close(&format!("{name}.masks"), masks.logits, TOLERANCE);
            let iou = Tensor::<1>::from_data(TensorData::new(masks.iou, [3]), &cpu());
            golden.assert_close(&format!("{name}.iou"), iou, TOLERANCE);
        }
    }
}

#[test]
fn masks_are_scaled_as_by_transformers() {
    let golden = golden();
    let [sam, _] = both();
    let image = SamImage::of_features(golden.tensor("features"), SIZE);
    let masks = sam.masks(&image, &prompt("point"), None).unwrap();
    let scaled = sam.scaled_masks(&image, &masks);
    let values = TensorData::new(scaled.logits.concat(), [3, scaled.height, scaled.width]);
    golden.assert_close("point.scaled", Tensor::<3>::from_data(values, &cpu()), TOLERANCE);
    let expected: Vec<bool> = golden.floats("point.scaled").iter().take(40 * 28).map(|v| *v > 0.0).collect();
    assert_eq!(scaled.cells(0), expected);
    assert!(scaled.cells(3).is_empty());
}

#[test]
fn prompts_without_sense_are_refused() {
    let golden = golden();
    let [sam, _] = both();
    let image = SamImage::of_features(golden.tensor("features"), SIZE);
    let told = |prompt: &SamPrompt, mask| sam.masks(&image, prompt, mask).unwrap_err().to_string();
    assert!(told(&SamPrompt::point(f32::NAN, 0.0), None).contains("got NaN, expected finite numbers"));
    let many = SamPrompt { points: vec![([0.0; 2], true); 257], corners: None };
    assert!(told(&many, None).contains("at most 256"));
    let mask = Some(golden.tensor::<2>("mask").narrow(0, 0, 8));
    assert!(told(&prompt("point"), mask).contains("expected [16, 16]"));
    let small = sam.features(golden.tensor::<4>("pixels").narrow(1, 0, 16)).unwrap_err().to_string();
    assert!(small.contains("got 16, 32, 3, expected 32, 32, 3"), "{small}");
}
