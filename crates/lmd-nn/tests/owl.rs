//! OWL-ViT and OWLv2 against what transformers computes with the same random weights (`bench/parity/make_owl.py`).
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use common::{Golden, assemble, cpu, data, floats, relative_error};
use lmd_nn::detect::{Detector, RgbView};
use lmd_nn::{LoadOptions, Owl};

const TOLERANCE: f64 = 1e-4;
const KINDS: [&str; 2] = ["owlvit", "owlv2"];
const QUERIES: [&str; 3] = ["a gray cat", "two dogs on the table", "it"];

fn open(kind: &str) -> (Owl, Golden) {
    let folder = tempfile::tempdir().unwrap();
    assemble(kind, folder.path());
    let owl = Owl::open(folder.path(), &LoadOptions::new(&cpu())).unwrap();
    (owl, Golden::open(&data(kind).join("golden.safetensors")))
}

#[test]
fn pictures_are_prepared_as_by_transformers() {
    for kind in KINDS {
        let (owl, golden) = open(kind);
        for (prefix, width, height) in [("", 80, 56), ("small.", 20, 28)] {
            let bytes = golden.bytes(&format!("{prefix}picture"));
            let pixels = owl.pixels(RgbView::new(width, height, &bytes).unwrap());
            golden.assert_close(&format!("{prefix}pixels"), pixels, 1e-5);
        }
    }
}

#[test]
fn queries_have_the_tokens_of_transformers() {
    for kind in KINDS {
        let (owl, golden) = open(kind);
        let ids: Vec<Vec<u32>> = QUERIES.iter().map(|query| owl.tokens(query).unwrap()).collect();
        assert_eq!(ids, golden.rows("ids"));
        let told = owl.tokens(&"cat ".repeat(20)).unwrap_err().to_string();
        assert!(told.contains("has 20 tokens, at most 14 are read"), "{told}");
    }
}

#[test]
fn logits_and_boxes_are_those_of_transformers() {
    for kind in KINDS {
        let (owl, golden) = open(kind);
        let output = owl.forward(golden.tensor("pixels"), &golden.rows("ids")).unwrap();
        golden.assert_close("logits", output.logits, TOLERANCE);
        golden.assert_close("boxes", output.boxes, TOLERANCE);
        match output.objectness {
            Some(objectness) => golden.assert_close("objectness", objectness, TOLERANCE),
            None => assert_eq!(kind, "owlvit"),
        }
        let wrong = owl.forward(golden.tensor::<4>("pixels").narrow(1, 0, 8), &golden.rows("ids"));
        assert!(wrong.unwrap_err().to_string().contains("expected 1, 48, 48, 3"));
    }
}

#[test]
fn detections_are_those_of_transformers() {
    for kind in KINDS {
        let (owl, golden) = open(kind);
        let bytes = golden.bytes("picture");
        let found = owl.detect(RgbView::new(80, 56, &bytes).unwrap(), &QUERIES).unwrap();
        let labels: Vec<usize> = golden.floats("labels").into_iter().map(|label| label as usize).collect();
        assert_eq!(found.iter().map(|one| one.query).collect::<Vec<_>>(), labels);
        assert!(found.iter().all(|one| one.label == QUERIES[one.query]));
        let scores: Vec<f32> = found.iter().map(|one| one.score).collect();
        assert!(relative_error(&scores, &golden.floats("scores")) < TOLERANCE);
        let size = [80.0, 56.0, 80.0, 56.0];
        let inside = golden.floats("corners").into_iter().enumerate();
        let expected: Vec<f32> = inside.map(|(i, side)| (side / size[i % 4]).clamp(0.0, 1.0)).collect();
        let corners: Vec<f32> = found.iter().flat_map(|one| one.corners).collect();
        assert!(relative_error(&corners, &expected) < TOLERANCE);
        assert!(owl.detect(RgbView::new(80, 56, &bytes).unwrap(), &[]).is_err());
        assert!(owl.name().starts_with(kind) && owl.vocabulary().is_none());
    }
}

#[test]
fn a_tokenizer_of_another_text_tower_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    assemble("owlvit", folder.path());
    // CLIP's own vocabulary, which stands in where there is none, is larger than the small tower's.
    std::fs::remove_file(folder.path().join("vocab.json")).unwrap();
    let told = Owl::open(folder.path(), &LoadOptions::new(&cpu())).unwrap_err().to_string();
    assert!(told.contains("49408 tokens"), "{told}");
    let logits = floats(open("owlvit").1.tensor::<2>("logits"));
    assert!(logits.iter().all(|logit| logit.is_finite()));
}
