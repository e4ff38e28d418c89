//! GLIGEN layers, against what diffusers computes with a small random U-Net that has them.
//!
//! Made by `bench/parity/make_small.py`.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use std::fs;

use common::{Golden, cpu, data, floats, write};
use lmd_nn::{
    AttnKey, Checkpoint, GligenBox, LoadOptions, MAX_GLIGEN_BOXES, ModelFolder, NnError, TextContext, UNet,
    UNetRequest,
};

const TOLERANCE: f64 = 1e-4;

fn golden() -> Golden {
    Golden::open(&data("sd1/gligen/golden.safetensors"))
}

fn unet() -> (UNet, Golden) {
    let options = LoadOptions { gligen: true, ..LoadOptions::new(&cpu()) };
    (ModelFolder::open(&data("sd1")).unwrap().unet(&options).unwrap(), golden())
}

fn phrases(golden: &Golden) -> Vec<GligenBox> {
    let [boxes, embeddings] = ["boxes", "phrases"].map(|name| floats(golden.tensor::<3>(name)));
    let width = embeddings.len() / (boxes.len() / 4);
    let row = |(corners, embedding): (&[f32], &[f32])| GligenBox {
        corners: [0, 1, 2, 3].map(|i| f64::from(corners[i])),
        embedding: embedding.to_vec(),
    };
    boxes.chunks(4).zip(embeddings.chunks(width)).map(row).collect()
}

fn texts(unet: &UNet, golden: &Golden) -> [TextContext; 3] {
    let plain = unet.text_context(&golden.tensor("text")).unwrap();
    let null = unet.with_gligen_boxes(&plain, &[]).unwrap();
    let grounded = unet.with_gligen_boxes(&plain, &phrases(golden)).unwrap();
    [plain, null, grounded]
}

#[test]
fn noise_agrees_with_boxes_with_null_tokens_and_past_the_gates() {
    let (unet, golden) = unet();
    let names = ["noise.passed_by", "noise.null", "noise"];
    for (text, name) in texts(&unet, &golden).iter().zip(names) {
        let output = unet.forward(golden.tensor("latents"), &[501.0], text, &UNetRequest::noise()).unwrap();
        golden.assert_close(name, output.noise.unwrap(), TOLERANCE);
    }
}

#[test]
fn maps_and_the_gradient_to_the_latents_agree() {
    let (unet, golden) = unet();
    let [_, _, text] = texts(&unet, &golden);
    let keys = unet.config().attention_keys();
    let request = UNetRequest::only_maps(&keys);
    for (key, map) in unet.forward(golden.tensor("latents"), &[501.0], &text, &request).unwrap().maps {
        golden.assert_close(&format!("map.{key}"), map, TOLERANCE);
    }
    let latents = golden.tensor::<4>("latents").autodiff().require_grad();
    let key = AttnKey::up(1, 1);
    let mut maps =
        unet.forward(latents.clone(), &[501.0], &text, &UNetRequest::only_maps(&[key])).unwrap().maps;
    let energy = maps.remove(&key).unwrap().powi_scalar(2).sum();
    golden.assert_close("gradient", latents.grad(&energy.backward()).unwrap(), TOLERANCE);
}

#[test]
fn a_batch_of_contexts_gives_what_each_gives_alone() {
    let (unet, golden) = unet();
    let [plain, null, grounded] = texts(&unet, &golden);
    assert!(TextContext::join(&[&plain, &null]).is_none(), "one has boxes, the other has not");
    let both = TextContext::join(&[&null, &grounded]).unwrap();
    let latents = || golden.tensor::<4>("latents");
    for latents in [latents().repeat_dim(0, 2), latents()] {
        let noise = unet.forward(latents, &[501.0], &both, &UNetRequest::noise()).unwrap().noise.unwrap();
        golden.assert_close("noise.null", noise.clone().narrow(0, 0, 1), TOLERANCE);
        golden.assert_close("noise", noise.narrow(0, 1, 1), TOLERANCE);
    }
    let again = both.select(1..2);
    let one = unet.forward(golden.tensor("latents"), &[501.0], &again, &UNetRequest::noise()).unwrap();
    golden.assert_close("noise", one.noise.unwrap(), TOLERANCE);
}

#[test]
fn grounding_layers_may_be_part_of_the_unet() {
    let stem = "diffusion_pytorch_model.safetensors";
    let open = |part: &str| Checkpoint::open(&data("sd1").join(part).join(stem)).unwrap();
    let whole = open("unet").and(&open("gligen")).unwrap();
    let tensors: Vec<_> = whole.names().map(|name| (name.to_owned(), whole.read(name).unwrap())).collect();
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("unet")).unwrap();
    write(&folder.path().join("unet").join(stem), &tensors);
    let config = fs::read_to_string(data("sd1/unet/config.json")).unwrap();
    let config = config.replace("\"attention_type\": \"default\"", "\"attention_type\": \"gated\"");
    fs::write(folder.path().join("unet/config.json"), config).unwrap();

    let model = ModelFolder::open(folder.path()).unwrap();
    assert!(!model.has_gligen());
    let unet = model.unet(&LoadOptions::new(&cpu())).unwrap();
    let golden = golden();
    let [_, _, text] = texts(&unet, &golden);
    let output = unet.forward(golden.tensor("latents"), &[501.0], &text, &UNetRequest::noise()).unwrap();
    golden.assert_close("noise", output.noise.unwrap(), TOLERANCE);
}

#[test]
fn without_grounding_layers_boxes_are_refused() {
    let model = ModelFolder::open(&data("sd1")).unwrap();
    assert!(model.has_gligen());
    let unet = model.unet(&LoadOptions::new(&cpu())).unwrap();
    let text = unet.text_context(&golden().tensor("text")).unwrap();
    assert!(matches!(unet.with_gligen_boxes(&text, &[]), Err(NnError::NoGligenLayers)));
}

#[test]
fn what_grounding_layers_cannot_hold_is_named() {
    let (unet, golden) = unet();
    let text = unet.text_context(&golden.tensor("text")).unwrap();
    let one = phrases(&golden).remove(0);
    let said = |phrases: &[GligenBox]| unet.with_gligen_boxes(&text, phrases).unwrap_err().to_string();
    assert!(said(&vec![one.clone(); MAX_GLIGEN_BOXES + 1]).contains("got 31, expected at most 30"));
    let narrow = GligenBox { embedding: vec![0.0; 3], ..one };
    assert!(said(&[narrow]).contains("width of a phrase's embedding"));
}
