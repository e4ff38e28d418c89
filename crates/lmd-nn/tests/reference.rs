//! Against the original implementation of LLM-grounded Diffusion, where its numbers are at hand.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use std::path::Path;

use common::{Golden, cpu, reference_folder};
use lmd_layout::Fidelity;
use lmd_nn::{LoadOptions, ModelFolder, UNetRequest};
use serde_json::Value;

const TOLERANCE: f64 = 1e-4;

fn model(folder: &Path) -> ModelFolder {
    ModelFolder::open(&folder.join("tiny-sd15")).unwrap()
}

fn json(path: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap()
}

fn numbers(value: &Value, pointer: &str) -> Vec<usize> {
    serde_json::from_value(value.pointer(pointer).unwrap().clone()).unwrap()
}

#[test]
#[ignore = "needs LMD_TEST_DATA, the folder with golden/"]
fn tokens_and_positions_are_those_of_the_original() {
    let folder = reference_folder();
    let tokenizer = model(&folder).tokenizer().unwrap();
    let facts = json(&folder.join("energy_standalone.json"));
    let encoded = tokenizer.encode(text(&facts, "/prompt")).unwrap();
    let expected: Vec<u32> = serde_json::from_value(facts["token_ids"].clone()).unwrap();
    assert_eq!(encoded.ids, expected);
    assert!(!encoded.truncated);
    for (i, word) in numbers(&facts, "/word_token_indices").into_iter().enumerate() {
        for fidelity in [Fidelity::Reference, Fidelity::Corrected] {
            let at = |list: &str| text(&facts, &format!("/{list}/{i}")).to_owned();
            let found =
                tokenizer.locate(text(&facts, "/prompt"), &at("phrases"), &at("words"), fidelity).unwrap();
            assert_eq!(found.word, word);
            assert_eq!(found.tokens, numbers(&facts, &format!("/object_positions/{i}")));
        }
    }
}

#[test]
#[ignore = "needs LMD_TEST_DATA, the folder with golden/"]
fn noise_and_attention_are_those_of_the_original() {
    let folder = reference_folder();
    let model = model(&folder);
    let options = LoadOptions::new(&cpu());
    let (tokenizer, encoder) = (model.tokenizer().unwrap(), model.text_encoder(&options).unwrap());
    let unet = model.unet(&options).unwrap();
    let facts = json(&folder.join("energy_standalone.json"));
    let golden = Golden::open(&folder.join("energy_standalone.safetensors"));
    let prompts = ["/negative", "/prompt"].map(|p| tokenizer.encode(text(&facts, p)).unwrap().ids);
    let text = unet.text_context(&encoder.forward(&prompts).unwrap().last_hidden).unwrap();
    let latents = golden.tensor::<4>("latents");
    let pair = latents.clone().repeat_dim(0, 2);
    let noise = unet.forward(pair, &[501.0], &text, &UNetRequest::noise()).unwrap().noise.unwrap();
    golden.assert_close("eps", noise, TOLERANCE);
    let keys =
        golden.names("attn.").iter().map(|key| key.replace('_', ".").parse().unwrap()).collect::<Vec<_>>();
    assert!(!keys.is_empty());
    let output = unet.forward(latents, &[501.0], &text.select(1..2), &UNetRequest::only_maps(&keys)).unwrap();
    for (key, map) in output.maps {
        let name = format!("attn.{}_0", key.to_string().replace('.', "_"));
        golden.assert_close(&name, map.squeeze_dim::<3>(0), TOLERANCE);
    }
}

#[test]
#[ignore = "needs LMD_TEST_DATA, the folder with golden/"]
fn text_embeddings_are_those_of_the_original() {
    let folder = reference_folder();
    let model = model(&folder);
    let encoder = model.text_encoder(&LoadOptions::new(&cpu())).unwrap();
    let tokenizer = model.tokenizer().unwrap();
    let facts = json(&folder.join("lmd_a.json"));
    let golden = Golden::open(&folder.join("lmd_a.safetensors"));
    for (name, prompt) in [
        ("text.so_cond", "/per_box/0/prompt"),
        ("text.overall_cond", "/overall/prompt"),
        ("text.overall_uncond", "/overall/negative"),
    ] {
        let ids = tokenizer.encode(text(&facts, prompt)).unwrap().ids;
        golden.assert_close(name, encoder.forward(&[ids]).unwrap().last_hidden, TOLERANCE);
    }
}

#[test]
#[ignore = "needs LMD_TEST_DATA, the folder with golden/"]
fn the_autoencoder_is_that_of_the_original() {
    let folder = reference_folder();
    let vae = model(&folder).vae(&LoadOptions::new(&cpu())).unwrap();
    let golden = Golden::open(&folder.join("energy_standalone.safetensors"));
    let posterior = vae.encode(golden.tensor("vae.encode_in")).unwrap();
    golden.assert_close("vae.encode_mean", posterior.mean, TOLERANCE);
    golden.assert_close("vae.encode_logvar", posterior.logvar, TOLERANCE);
    let latents = golden.tensor::<4>("vae.latents_div_scaled_in") / vae.config().scaling_factor;
    golden.assert_close("vae.decoded_f32", vae.decode(latents).unwrap(), TOLERANCE);
}
