//! A small random detector against what PyTorch computes with it (`bench/parity/detector.py --small`), and damaged or
//! mismatched files of detectors: each gives one clear error.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use std::fs;
use std::path::Path;

use common::{Golden, cpu, data, relative_error, write};
use lmd_nn::weights::{StoredType, TensorView};
use lmd_nn::{
    CenterNetConfig, Checkpoint, DetectError, Detection, Detector, DetectorFolder, LoadOptions, RgbView,
    Selection,
};
use tempfile::TempDir;

const TOLERANCE: f64 = 1e-4;

fn open(folder: &Path) -> Result<Box<dyn Detector>, DetectError> {
    DetectorFolder::on_disk(folder).open(&LoadOptions::new(&cpu()))
}

fn pixels() -> Vec<u8> {
    Golden::open(&data("detector").join("golden.safetensors")).bytes("pixels")
}

fn look(detector: &dyn Detector, queries: &[&str]) -> Result<Vec<Detection>, DetectError> {
    detector.detect(RgbView::new(64, 64, &pixels())?, queries)
}

#[test]
fn the_same_is_seen_as_in_pytorch() {
    let detector = open(&data("detector")).unwrap();
    let golden = Golden::open(&data("detector").join("golden.safetensors"));
    let config =
        CenterNetConfig::from_json(&fs::read_to_string(data("detector").join("config.json")).unwrap())
            .unwrap();
    let nouns: Vec<&str> = config.nouns.iter().map(String::as_str).collect();
    let mut found = look(detector.as_ref(), &nouns).unwrap();
    found.sort_by(|a, b| b.score.total_cmp(&a.score));
    let expected = golden.floats("seen");
    let expected: Vec<&[f32]> = expected.chunks(7).collect();
    assert!(expected.len() >= 5);
    assert_eq!(found.len(), expected.len());
    for (ours, theirs) in found.iter().zip(expected) {
        let [score, noun, paint, corners @ ..] = theirs else { panic!("rows of seven") };
        let colour = &config.paints[*paint as usize];
        let noun = nouns[*noun as usize];
        let label = if colour == "natural" { noun.to_owned() } else { format!("{colour} {noun}") };
        assert_eq!((ours.label.as_str(), nouns[ours.query]), (label.as_str(), noun));
        assert!((ours.score - score).abs() < 1e-4, "{} against {score}", ours.score);
        let inside: Vec<f32> = corners.iter().map(|side| (side / 64.0).clamp(0.0, 1.0)).collect();
        let error = relative_error(&ours.corners, &inside);
        assert!(error < TOLERANCE, "{:?} against {inside:?}: {error:.1e}", ours.corners);
    }
}

#[test]
fn queries_choose_among_what_is_seen() {
    let detector = open(&data("detector")).unwrap();
    let all = look(detector.as_ref(), &["a dog", "a hot dog", "a car"]).unwrap();
    let red = look(detector.as_ref(), &["a photo of a red dog", "a hot dog"]).unwrap();
    assert!(!red.is_empty() && red.len() < all.len());
    assert!(red.iter().all(|one| ["red dog", "hot dog", "red hot dog"].contains(&one.label.as_str())));
    let told = look(detector.as_ref(), &["a zebra"]).unwrap_err().to_string();
    assert!(
        told.contains("\"a zebra\"") && told.contains("it knows car, dog, hot dog; in red, blue"),
        "{told}"
    );
    assert!(look(detector.as_ref(), &[]).is_err());
}

#[test]
fn pictures_of_other_sizes_are_looked_at_as_well() {
    let detector = open(&data("detector")).unwrap();
    for (width, height) in [(1, 1), (64, 64), (100, 30), (7, 300)] {
        let bytes = vec![90; width * height * 3];
        let found = detector.detect(RgbView::new(width, height, &bytes).unwrap(), &["a dog"]).unwrap();
        assert!(found.iter().all(|one| one.corners.iter().all(|side| (0.0..=1.0).contains(side))));
    }
    let Selection { threshold, max_overlap, class_aware } = detector.selection();
    assert_eq!((threshold, max_overlap, class_aware), (0.35, 0.6, false));
}

/// The small detector in a folder of its own, its tensors as `change` leaves them.
fn changed(change: impl Fn(&str, &mut Vec<usize>, &mut Vec<u8>) -> bool) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::copy(data("detector").join("config.json"), folder.path().join("config.json")).unwrap();
    let checkpoint = Checkpoint::open(&data("detector").join("model.safetensors")).unwrap();
    let kept = checkpoint.names().filter_map(|name| {
        let view = checkpoint.read(name).unwrap();
        let (mut shape, mut bytes) = (view.shape.to_vec(), view.bytes.to_vec());
        change(name, &mut shape, &mut bytes).then(|| (name.to_owned(), shape, bytes))
    });
    let kept: Vec<_> = kept.collect();
    let views: Vec<(String, TensorView<'_>)> = kept
        .iter()
        .map(|(name, shape, bytes)| {
            (name.clone(), TensorView { dtype: StoredType::F16, shape, bytes: bytes.as_slice().into() })
        })
        .collect();
    write(&folder.path().join("model.safetensors"), &views);
    folder
}

fn refused(folder: &Path) -> String {
    open(folder).unwrap_err().to_string()
}

#[test]
fn attack_weights_of_another_network() {
    let missing = changed(|name, _, _| name != "merge.conv1.weight");
    assert!(refused(missing.path()).contains("merge.conv1.weight"));
    let misshaped = changed(|name, shape, _| {
        if name == "head.weight" {
            shape.swap(0, 1);
        }
        true
    });
    assert!(refused(misshaped.path()).contains("head.weight"));
    // Of another vocabulary: the last outputs are missing.
    let text = fs::read_to_string(data("detector").join("config.json")).unwrap();
    let other = changed(|_, _, _| true);
    fs::write(other.path().join("config.json"), text.replace("\"car\"", "\"car\", \"bus\"")).unwrap();
    assert!(refused(other.path()).contains("head.weight"));
    // The weights of a U-Net.
    let unet = data("sd1").join("unet/diffusion_pytorch_model.safetensors");
    fs::copy(unet, other.path().join("model.safetensors")).unwrap();
    assert!(refused(other.path()).contains("stem.weight"));
}

#[test]
fn attack_numbers_that_are_none() {
    let nan = changed(|name, _, bytes| {
        if name == "stem.weight" {
            bytes[..2].copy_from_slice(&[0x00, 0x7e]);
        }
        true
    });
    assert!(refused(nan.path()).contains("stem.weight"));
    // All finite, but what is computed with them is not.
    let huge = changed(|name, _, bytes| {
        if name == "last.conv2.bias" || name == "head.weight" || name == "norm.weight" {
            bytes.as_chunks_mut::<2>().0.iter_mut().for_each(|half| *half = [0xff, 0x7b]);
        }
        true
    });
    match open(huge.path()).and_then(|detector| look(detector.as_ref(), &["a dog"])) {
        Ok(found) => {
            assert!(found.iter().all(|one| one.corners.iter().all(|side| (0.0..=1.0).contains(side))));
        }
        Err(error) => assert!(error.to_string().contains("damaged"), "{error}"),
    }
}

#[test]
fn attack_folders_that_are_no_detectors() {
    let folder = tempfile::tempdir().unwrap();
    assert!(refused(folder.path()).contains("config.json"));
    let told = |config: &str| {
        fs::write(folder.path().join("config.json"), config).unwrap();
        refused(folder.path())
    };
    assert!(told("{").contains("not valid JSON"));
    assert!(told("{}").contains("names no model_type"));
    assert!(
        told(r#"{"model_type": "bert"}"#).contains("\"bert\", expected one of center_net, owlvit, owlv2")
    );
    assert!(told(r#"{"model_type": "center_net", "nouns": 5}"#).contains("expected a sequence"));
    let config = fs::read_to_string(data("detector").join("config.json")).unwrap();
    assert!(told(&config).contains("model.safetensors"));
    fs::write(folder.path().join("model.safetensors"), b"garbage").unwrap();
    assert!(refused(folder.path()).contains("model.safetensors"));
    assert!(told(&"x".repeat(2 << 20)).contains("more than"));
}
