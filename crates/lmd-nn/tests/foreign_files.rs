//! Files as other programs write them: LoRAs of PEFT, diffusers, kohya's names and LyCORIS, CLIP's whole vocabulary,
//! tokenizers with padding and tokens of their own, single files. Made by `bench/parity/make_foreign.py`.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::{Golden, cpu, data, floats, relative_error};
use lmd_nn::{Adapters, LoadOptions, Lora, ModelFolder, Tokenizer, UNetRequest};

fn foreign(name: &str) -> PathBuf {
    data("foreign").join(name)
}

fn with_lora(path: &Path, strength: f32) -> LoadOptions {
    let adapters = Adapters::default().with(Lora::open(path).unwrap(), strength);
    LoadOptions { adapters, ..LoadOptions::new(&cpu()) }
}

/// The noise of the small U-Net, at the inputs of its golden file.
fn noise(options: &LoadOptions) -> Vec<f32> {
    let golden = Golden::open(&data("sd1/golden.safetensors"));
    let unet = ModelFolder::open(&data("sd1")).unwrap().unet(options).unwrap();
    let text = unet.text_context(&golden.tensor("unet.text")).unwrap();
    let output = unet.forward(golden.tensor("unet.latents"), &[501.0, 37.0], &text, &UNetRequest::noise());
    floats(output.unwrap().noise.unwrap())
}

fn pooled(folder: &Path, options: &LoadOptions) -> Vec<f32> {
    let golden = Golden::open(&data("sd1/golden.safetensors"));
    let encoder = ModelFolder::open(folder).unwrap().text_encoder(options).unwrap();
    floats(encoder.forward(&golden.rows("text.ids")).unwrap().pooled)
}

#[test]
fn every_form_of_lora_is_merged_as_its_own_library_does() {
    let golden = Golden::open(&foreign("golden.safetensors"));
    let plain = golden.floats("plain");
    for (name, path) in [
        ("peft_alpha", "peft_alpha.safetensors"),
        ("peft_stabilised", "peft_stabilised.safetensors"),
        ("kohya_whole_alpha", "kohya_whole_alpha.safetensors"),
        ("adapter_lora", "adapter_lora/adapter_model.safetensors"),
        ("adapter_loha", "adapter_loha/adapter_model.safetensors"),
        ("adapter_lokr", "adapter_lokr/adapter_model.safetensors"),
        ("locon_tucker", "locon_tucker.safetensors"),
        ("loha", "loha.safetensors"),
        ("loha_tucker", "loha_tucker.safetensors"),
        ("lokr", "lokr.safetensors"),
        ("lokr_both", "lokr_both.safetensors"),
        ("lokr_tucker", "lokr_tucker.safetensors"),
        ("lokr_whole", "lokr_whole.safetensors"),
    ] {
        let expected = golden.floats(name);
        let error = relative_error(&noise(&with_lora(&foreign(path), 1.0)), &expected);
        let effect = relative_error(&plain, &expected);
        eprintln!("{name}: relative error {error:.1e}, effect {effect:.1e}");
        assert!(error < 1e-4, "{name}: {error:.1e}");
        assert!(error < effect / 100.0, "{name} changes too little to show anything: {effect:.1e}");
    }
}

/// Folders by transformers 5 lack the outer `text_model` in the tensors' names, older ones and single files have it.
#[test]
fn a_lora_for_the_text_encoder_fits_whoever_saved_the_model() {
    let golden = Golden::open(&foreign("golden.safetensors"));
    let renamed = tempfile::tempdir().unwrap();
    for part in ["unet", "text_encoder"] {
        fs::create_dir(renamed.path().join(part)).unwrap();
        fs::copy(data("sd1").join(part).join("config.json"), renamed.path().join(part).join("config.json"))
            .unwrap();
    }
    let all = lmd_nn::Checkpoint::open(&data("sd1/text_encoder/model.safetensors")).unwrap();
    let other = |name: &str| match name.strip_prefix("text_model.") {
        Some(inner) => inner.to_owned(),
        None => format!("text_model.{name}"),
    };
    let mut tensors: Vec<_> = all.names().map(|name| (other(name), all.read(name).unwrap())).collect();
    tensors.sort_by(|a, b| a.0.cmp(&b.0));
    common::write(&renamed.path().join("text_encoder/model.safetensors"), &tensors);
    for folder in [data("sd1"), renamed.path().to_owned()] {
        for name in ["text_kohya", "text_old_names"] {
            let options = with_lora(&foreign(&format!("{name}.safetensors")), 1.0);
            let error = relative_error(&pooled(&folder, &options), &golden.floats(name));
            assert!(error < 1e-4, "{name} in {}: {error:.1e}", folder.display());
        }
        let plain = pooled(&folder, &LoadOptions::new(&cpu()));
        assert!(relative_error(&plain, &golden.floats("text_plain")) < 1e-4);
        assert!(relative_error(&plain, &golden.floats("text_kohya")) > 1e-2);
    }
}

#[test]
fn the_vocabulary_of_clip_gives_the_ids_of_transformers() {
    let golden: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(foreign("clip_ids.json")).unwrap()).unwrap();
    for (version_two, pad) in [(false, "<|endoftext|>"), (true, "!")] {
        let tokenizer = Tokenizer::clip(version_two).unwrap();
        assert_eq!(tokenizer.vocab_size(), 49_408);
        for (text, ids) in
            golden["texts"].as_array().unwrap().iter().zip(golden["ids"][pad].as_array().unwrap())
        {
            let ids: Vec<u32> = serde_json::from_value(ids.clone()).unwrap();
            assert_eq!(tokenizer.encode(text.as_str().unwrap()).unwrap().ids, ids, "{text} {pad}");
        }
    }
}

/// A copy of the small tokenizer with these files beside it.
fn tokenizer(files: &[(&str, &str)]) -> Result<Tokenizer, lmd_nn::NnError> {
    let folder = tempfile::tempdir().unwrap();
    for name in ["vocab.json", "merges.txt"] {
        fs::copy(data("tokenizer").join(name), folder.path().join(name)).unwrap();
    }
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    Tokenizer::open(folder.path())
}

/// Stable Diffusion 2 on the hub: the end token pads by one file, "!" by the other, which transformers lets win.
#[test]
fn the_map_of_special_tokens_wins_for_the_padding() {
    let config = r#"{"pad_token": "<|endoftext|>"}"#;
    let padding =
        |files: &[(&str, &str)]| *tokenizer(files).unwrap().encode("a cat").unwrap().ids.last().unwrap();
    let end = padding(&[("tokenizer_config.json", config)]);
    assert_eq!(padding(&[]), end);
    for map in [r#"{"pad_token": "!"}"#, r#"{"pad_token": {"content": "!", "lstrip": false}}"#] {
        assert_eq!(padding(&[("tokenizer_config.json", config), ("special_tokens_map.json", map)]), 0);
        assert_eq!(padding(&[("special_tokens_map.json", map)]), 0);
    }
    // Where the configuration lists the tokens itself, transformers does not read the map.
    let whole = r#"{"pad_token": "<|endoftext|>", "added_tokens_decoder": {}}"#;
    let map = r#"{"pad_token": "!"}"#;
    assert_eq!(padding(&[("tokenizer_config.json", whole), ("special_tokens_map.json", map)]), end);
}

#[test]
fn added_tokens_are_known_from_all_three_places() {
    let size = tokenizer(&[]).unwrap().vocab_size() as u32;
    let plain = tokenizer(&[]).unwrap().pieces("a <cat-toy> on it").unwrap();
    let end = size - 1;
    let files = [
        ("added_tokens.json", format!(r#"{{"<cat-toy>": {size}, "<|endoftext|>": {end}}}"#)),
        (
            "tokenizer_config.json",
            format!(
                r#"{{"added_tokens_decoder": {{"{size}": {{"content": "<cat-toy>", "special": false}}, "{end}": {{"content": "<|endoftext|>", "special": true}}}}}}"#
            ),
        ),
        (
            "tokenizer.json",
            format!(r#"{{"added_tokens": [{{"id": {size}, "content": "<cat-toy>", "special": false}}]}}"#),
        ),
    ];
    for (name, text) in &files {
        let tokenizer = tokenizer(&[(name, text)]).unwrap();
        assert_eq!(tokenizer.vocab_size() as u32, size + 1, "{name}");
        for text in ["a <cat-toy> on it", "a <CAT-TOY> on it"] {
            let pieces = tokenizer.pieces(text).unwrap();
            assert!(pieces.contains(&size) && pieces.len() < plain.len(), "{name}: {pieces:?}");
        }
        // No text can end itself.
        assert!(!tokenizer.pieces("a <|endoftext|> cat").unwrap().contains(&end), "{name}");
    }
    let gap = format!(r#"{{"<cat-toy>": {}}}"#, size + 5);
    let error = tokenizer(&[("added_tokens.json", &gap)]).unwrap_err().to_string();
    assert!(error.contains("<cat-toy>") && error.contains(&size.to_string()), "{error}");
    assert!(tokenizer(&[("added_tokens.json", r#"{"<cat-toy>": "x"}"#)]).is_err());
}
