//! Two small random models, against what diffusers and transformers compute with them.
//!
//! Made by `bench/parity/make_small.py`: one in the manner of Stable Diffusion 1
//! (eight heads, convolutional projections, f16 weights), one in the manner of 2
//! (heads per level, linear projections, exact GELU, bf16 weights).
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use common::{Golden, cpu, data};
use lmd_nn::{AttnKey, LoadOptions, ModelFolder, UNet, UNetRequest};

const TOLERANCE: f64 = 1e-4;
const MODELS: [&str; 2] = ["sd1", "sd2"];

fn open(name: &str) -> (ModelFolder, Golden) {
    let folder = data(name);
    (ModelFolder::open(&folder).unwrap(), Golden::open(&folder.join("golden.safetensors")))
}

fn unet(name: &str) -> (UNet, Golden) {
    let (folder, golden) = open(name);
    (folder.unet(&LoadOptions::new(&cpu())).unwrap(), golden)
}

#[test]
fn text_embeddings_agree() {
    for name in MODELS {
        let (folder, golden) = open(name);
        let encoder = folder.text_encoder(&LoadOptions::new(&cpu())).unwrap();
        let output = encoder.forward(&golden.rows("text.ids")).unwrap();
        golden.assert_close("text.last_hidden", output.last_hidden, TOLERANCE);
        golden.assert_close("text.pooled", output.pooled, TOLERANCE);
    }
}

#[test]
fn noise_agrees_with_fused_and_with_explicit_attention() {
    for name in MODELS {
        let (unet, golden) = unet(name);
        let text = unet.text_context(&golden.tensor("unet.text")).unwrap();
        let explicit = UNetRequest::with_maps(&unet.config().attention_keys());
        for request in [UNetRequest::noise(), explicit] {
            let output = unet.forward(golden.tensor("unet.latents"), &[501.0, 37.0], &text, &request);
            golden.assert_close("unet.noise", output.unwrap().noise.unwrap(), TOLERANCE);
        }
    }
}

#[test]
fn every_attention_map_agrees() {
    for name in MODELS {
        let (unet, golden) = unet(name);
        let keys = unet.config().attention_keys();
        assert_eq!(golden.names("unet.map.").len(), keys.len());
        let text = unet.text_context(&golden.tensor("unet.text")).unwrap();
        let output = unet.forward(
            golden.tensor("unet.latents"),
            &[501.0, 37.0],
            &text,
            &UNetRequest::only_maps(&keys),
        );
        let output = output.unwrap();
        assert!(output.noise.is_none());
        for (key, map) in output.maps {
            golden.assert_close(&format!("unet.map.{key}"), map, TOLERANCE);
        }
    }
}

#[test]
fn token_columns_are_those_of_the_whole_map() {
    let (unet, golden) = unet("sd1");
    let text = unet.text_context(&golden.tensor("unet.text")).unwrap();
    let key = AttnKey::up(1, 2);
    let columns = [5, 2, 2, 11];
    let request = UNetRequest::only_maps(&[key]).columns(&columns);
    let output = unet.forward(golden.tensor("unet.latents"), &[501.0, 37.0], &text, &request).unwrap();
    let whole = golden.tensor::<4>(&format!("unet.map.{key}"));
    let expected = columns.map(|column| whole.clone().narrow(3, column, 1));
    let expected = common::floats(lmd_nn::Tensor::cat(expected.to_vec(), 3));
    assert!(common::relative_error(&common::floats(output.maps[&key].clone()), &expected) < TOLERANCE);
    let none = UNetRequest::only_maps(&[key]).columns(&[]);
    let output = unet.forward(golden.tensor("unet.latents"), &[501.0, 37.0], &text, &none).unwrap();
    assert_eq!(output.maps[&key].dims()[3], 0);
}

#[test]
fn the_gradient_to_the_latents_agrees_with_torch() {
    for name in MODELS {
        let (unet, golden) = unet(name);
        let weights = golden.names("unet.energy_weight.");
        let keys: Vec<AttnKey> = weights.iter().map(|key| key.parse().unwrap()).collect();
        let text = unet.text_context(&golden.tensor("unet.text")).unwrap().select(0..1);
        let latents = golden.tensor::<4>("unet.latents").narrow(0, 0, 1).autodiff().require_grad();
        let request = UNetRequest::only_maps(&keys);
        let maps = unet.forward(latents.clone(), &[501.0], &text, &request).unwrap().maps;
        let terms = maps
            .into_iter()
            .map(|(key, map)| (map * golden.tensor(&format!("unet.energy_weight.{key}"))).sum());
        let energy = terms.reduce(|a, b| a + b).unwrap();
        golden.assert_close("unet.energy", energy.clone().inner(), TOLERANCE);
        let gradient = latents.grad(&energy.backward()).unwrap();
        golden.assert_close("unet.gradient", gradient, TOLERANCE);
    }
}

#[test]
fn the_autoencoder_agrees() {
    for name in MODELS {
        let (folder, golden) = open(name);
        let vae = folder.vae(&LoadOptions::new(&cpu())).unwrap();
        let posterior = vae.encode(golden.tensor("vae.picture")).unwrap();
        golden.assert_close("vae.mean", posterior.mean, TOLERANCE);
        golden.assert_close("vae.logvar", posterior.logvar, TOLERANCE);
        golden.assert_close("vae.decoded", vae.decode(golden.tensor("vae.latents")).unwrap(), TOLERANCE);
    }
}

#[test]
fn the_tiny_autoencoder_agrees() {
    for name in MODELS {
        let (folder, golden) = open(name);
        let tiny = folder.tiny_vae(&LoadOptions::new(&cpu())).unwrap().unwrap();
        golden.assert_close("tiny.encoded", tiny.encode(golden.tensor("tiny.picture")).unwrap(), TOLERANCE);
        golden.assert_close("tiny.decoded", tiny.decode(golden.tensor("tiny.latents")).unwrap(), TOLERANCE);
    }
}

#[test]
fn a_batch_gives_what_its_pictures_give_alone() {
    let (unet, golden) = unet("sd1");
    let text = unet.text_context(&golden.tensor("unet.text")).unwrap();
    let latents = golden.tensor::<4>("unet.latents");
    for (row, timestep) in [501.0, 37.0].into_iter().enumerate() {
        let one = latents.clone().narrow(0, row, 1);
        let alone = unet.forward(one, &[timestep], &text.select(row..row + 1), &UNetRequest::noise());
        let alone = common::floats(alone.unwrap().noise.unwrap());
        let expected = common::floats(golden.tensor::<4>("unet.noise").narrow(0, row, 1));
        assert!(common::relative_error(&alone, &expected) < TOLERANCE);
    }
}

#[test]
fn pictures_under_several_prompts_are_what_copies_of_them_are() {
    for name in MODELS {
        let (unet, golden) = unet(name);
        let [first, second] = [0, 1].map(|row| golden.tensor::<3>("unet.text").narrow(0, row, 1));
        let prompts = lmd_nn::Tensor::cat(vec![first.clone(), first, second.clone(), second], 0);
        let text = unet.text_context(&prompts).unwrap();
        let latents = golden.tensor::<4>("unet.latents");
        let request = UNetRequest::with_maps(&unet.config().attention_keys());
        let shared = unet.forward(latents.clone(), &[501.0, 37.0], &text, &request).unwrap();
        let copies = latents.repeat_dim(0, 2);
        let apart = unet.forward(copies, &[501.0, 37.0, 501.0, 37.0], &text, &request).unwrap();
        let expected = common::floats(apart.noise.unwrap());
        assert!(common::relative_error(&common::floats(shared.noise.unwrap()), &expected) < 1e-5);
        for (key, map) in shared.maps {
            let expected = common::floats(apart.maps[&key].clone());
            assert!(common::relative_error(&common::floats(map), &expected) < 1e-5, "{key}");
        }
    }
}

#[test]
fn wrong_inputs_are_named() {
    let (unet, golden) = unet("sd1");
    let text = unet.text_context(&golden.tensor("unet.text")).unwrap();
    let latents = || golden.tensor::<4>("unet.latents");
    let said = |latents, timesteps: &[f32], request| {
        unet.forward(latents, timesteps, &text, &request).unwrap_err().to_string()
    };
    let noise = UNetRequest::noise;
    assert!(said(latents().narrow(1, 0, 3), &[1.0], noise()).contains("channels of the latents"));
    assert!(said(latents(), &[1.0, 2.0, 3.0], noise()).contains("timesteps"));
    assert!(said(latents().narrow(2, 0, 2), &[1.0], noise()).contains("height of the latents"));
    let three = unet.text_context(&golden.tensor::<3>("unet.text").repeat_dim(0, 2)).unwrap().select(0..3);
    let said_of_three = unet.forward(latents(), &[1.0], &three, &noise()).unwrap_err().to_string();
    assert!(said_of_three.contains("prompts in the text context: got 3"), "{said_of_three}");
    let stranger = UNetRequest::with_maps(&[AttnKey::up(0, 0)]);
    assert!(said(latents(), &[1.0], stranger).contains("no attention layer up.0.0"));
    let column = UNetRequest::with_maps(&[AttnKey::mid()]).columns(&[12]);
    assert!(said(latents(), &[1.0], column).contains("token column"));
}
