//! Weight files that are damaged, lie or attack: each gives one clear error.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use std::path::Path;

use common::{cpu, data};
use lmd_nn::weights::HeaderError;
use lmd_nn::{Checkpoint, LoadOptions, ModelFolder, NnError, WeightsError};

/// A file with this header and so many bytes of data.
fn file(header: &str, data: usize) -> Vec<u8> {
    let length = (header.len() as u64).to_le_bytes();
    [&length[..], header.as_bytes(), &vec![0; data]].concat()
}

fn refusal(bytes: Vec<u8>) -> HeaderError {
    match Checkpoint::from_bytes("attack.safetensors", bytes).unwrap_err() {
        WeightsError::Header { source, .. } => source,
        other => panic!("{other}"),
    }
}

fn one(dtype: &str, shape: &str, offsets: &str) -> String {
    format!(r#"{{"w":{{"dtype":"{dtype}","shape":{shape},"data_offsets":{offsets}}}}}"#)
}

#[test]
fn a_plain_file_is_accepted() {
    let checkpoint = Checkpoint::from_bytes("plain", file(&one("F32", "[2,1]", "[0,8]"), 8)).unwrap();
    assert_eq!(checkpoint.read("w").unwrap().shape, [2, 1]);
}

#[test]
fn attack_empty_file() {
    assert_eq!(refusal(Vec::new()), HeaderError::TooShort { bytes: 0 });
}

#[test]
fn attack_truncated_header() {
    let mut bytes = file(&one("F32", "[2]", "[0,8]"), 8);
    bytes.truncate(30);
    assert!(matches!(refusal(bytes), HeaderError::TooShort { bytes: 30 }));
}

#[test]
fn attack_header_length_bomb() {
    for claimed in [u64::MAX, 100_000_001] {
        let refusal = refusal([&claimed.to_le_bytes()[..], b"{}"].concat());
        assert_eq!(refusal, HeaderError::HeaderTooLarge { claimed });
    }
}

#[test]
fn attack_truncated_data() {
    assert!(matches!(refusal(file(&one("F32", "[2]", "[0,8]"), 7)), HeaderError::Tensor { .. }));
}

#[test]
fn attack_appended_payload() {
    let header = one("F32", "[2]", "[0,8]");
    let expected = 8 + header.len() + 8;
    let refusal = refusal(file(&header, 9));
    assert_eq!(refusal, HeaderError::Size { expected, found: expected + 1 });
}

#[test]
fn attack_shape_overflow() {
    let shape = "[4294967296,4294967296,4294967296]";
    let HeaderError::Tensor { reason, .. } = refusal(file(&one("F32", shape, "[0,8]"), 8)) else {
        panic!("another error");
    };
    assert!(reason.contains("overflows"), "{reason}");
}

#[test]
fn attack_shape_and_offsets_disagree() {
    assert!(matches!(refusal(file(&one("F32", "[1000000]", "[0,8]"), 8)), HeaderError::Tensor { .. }));
    assert!(matches!(refusal(file(&one("F32", "[2]", "[8,0]"), 8)), HeaderError::Tensor { .. }));
    let beyond = one("F32", "[2]", "[18446744073709551600,18446744073709551608]");
    assert!(matches!(refusal(file(&beyond, 8)), HeaderError::Tensor { .. }));
}

#[test]
fn attack_overlapping_tensors() {
    let header = r#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},
        "b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}"#;
    let HeaderError::Tensor { reason, .. } = refusal(file(header, 12)) else {
        panic!("another error");
    };
    assert!(reason.contains("overlaps"), "{reason}");
}

#[test]
fn attack_hidden_hole() {
    let HeaderError::Tensor { reason, .. } = refusal(file(&one("F32", "[2]", "[4,12]"), 12)) else {
        panic!("another error");
    };
    assert!(reason.contains("hole"), "{reason}");
}

#[test]
fn attack_repeated_name() {
    let entry = r#""w":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}"#;
    let refused = refusal(file(&format!("{{{entry},{entry}}}"), 0));
    assert_eq!(refused, HeaderError::Twice("w".to_owned()));
}

#[test]
fn attack_name_with_a_path() {
    for name in ["../../etc/passwd", "a b", "a\\u0000b", "", &"x".repeat(257)] {
        let header = format!(r#"{{"{name}":{{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}}}"#);
        assert!(matches!(refusal(file(&header, 0)), HeaderError::Name(_)), "{name}");
    }
}

#[test]
fn attack_too_many_tensors() {
    let entry = |i: usize| format!(r#""w{i}":{{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}"#);
    let entries: Vec<String> = (0..=20_000).map(entry).collect();
    let HeaderError::Json(reason) = refusal(file(&format!("{{{}}}", entries.join(",")), 0)) else {
        panic!("another error");
    };
    assert!(reason.contains("more than 20000"), "{reason}");
}

#[test]
fn attack_unknown_number_format() {
    for dtype in ["F8_E4M3", "BOOL", "python", ""] {
        assert!(matches!(refusal(file(&one(dtype, "[8]", "[0,8]"), 8)), HeaderError::Tensor { .. }));
    }
}

#[test]
fn attack_deep_json() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(matches!(refusal(file(&format!(r#"{{"w":{deep}}}"#), 0)), HeaderError::Json(_)));
}

/// A copy of the small model whose U-Net weights were changed.
fn tampered(change: impl Fn(Vec<u8>) -> Vec<u8>) -> NnError {
    let folder = tempfile::tempdir().unwrap();
    copy_unet(folder.path());
    let path = folder.path().join("unet/diffusion_pytorch_model.safetensors");
    std::fs::write(&path, change(std::fs::read(&path).unwrap())).unwrap();
    let model = ModelFolder::open(folder.path()).unwrap();
    model.unet(&LoadOptions::new(&cpu())).unwrap_err()
}

fn copy_unet(to: &Path) {
    std::fs::create_dir(to.join("unet")).unwrap();
    for file in ["config.json", "diffusion_pytorch_model.safetensors"] {
        std::fs::copy(data("sd1/unet").join(file), to.join("unet").join(file)).unwrap();
    }
}

/// Replaces text of the header by text of the same length.
fn swap(bytes: &[u8], old: &str, new: &str) -> Vec<u8> {
    assert_eq!(old.len(), new.len());
    let at = bytes.windows(old.len()).position(|window| window == old.as_bytes()).unwrap();
    [&bytes[..at], new.as_bytes(), &bytes[at + old.len()..]].concat()
}

#[test]
fn a_renamed_tensor_is_missing_and_unknown_by_name() {
    let error = tampered(|bytes| swap(&bytes, "conv_norm_out.bias", "conv_norm_out.bIas")).to_string();
    assert!(error.contains("1 missing (conv_norm_out.bias)"), "{error}");
    assert!(error.contains("1 unknown (conv_norm_out.bIas)"), "{error}");
}

#[test]
fn a_misshaped_tensor_is_named_with_both_shapes() {
    let error = tampered(|bytes| swap(&bytes, r#""shape":[16,4,3,3]"#, r#""shape":[4,16,3,3]"#)).to_string();
    assert!(error.contains("conv_in.weight: file has [4, 16, 3, 3], expected [16, 4, 3, 3]"), "{error}");
}

#[test]
fn a_pickle_is_refused_with_the_way_to_convert_it() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["model.ckpt", "model.pth", "model.bin"] {
        let path = folder.path().join(name);
        std::fs::write(&path, b"\x80\x02}q\x00.").unwrap();
        let error = ModelFolder::open(&path).unwrap_err().to_string();
        assert!(error.contains("torch.load(old, map_location='cpu', weights_only=True)"), "{error}");
    }
}

#[test]
fn shards_cannot_lie_elsewhere() {
    let folder = tempfile::tempdir().unwrap();
    for shard in ["../model.safetensors", "/etc/passwd", "sub/model.safetensors", "model.bin", ".."] {
        let index = folder.path().join("model.safetensors.index.json");
        std::fs::write(&index, format!(r#"{{"weight_map":{{"w":"{shard}"}}}}"#)).unwrap();
        assert!(matches!(Checkpoint::open_sharded(&index), Err(WeightsError::Index { .. })), "{shard}");
    }
}

/// What opening the U-Net says when its `config.json` is this.
fn config_refusal(config: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    copy_unet(folder.path());
    std::fs::write(folder.path().join("unet/config.json"), config).unwrap();
    ModelFolder::open(folder.path()).unwrap().unet(&LoadOptions::new(&cpu())).unwrap_err().to_string()
}

#[test]
fn attack_config_with_absurd_sizes() {
    for (field, value) in [
        ("block_out_channels", "[4294967296]"),
        ("block_out_channels", "[]"),
        ("layers_per_block", "4000000000"),
        ("cross_attention_dim", "0"),
        ("norm_num_groups", "0"),
        ("in_channels", "18446744073709551615"),
    ] {
        let error = config_refusal(&format!(r#"{{"{field}": {value}}}"#));
        assert!(error.starts_with("U-Net configuration: ") && error.contains(field), "{field}: {error}");
    }
}

#[test]
fn attack_config_that_is_no_configuration() {
    assert!(config_refusal("\u{0}PK").contains("not valid JSON"));
    assert!(config_refusal(r#"{"in_channels": NaN}"#).contains("not valid JSON"));
    assert!(config_refusal(r#"{"in_channels": -4}"#).contains("invalid value"));
    assert!(config_refusal(&" ".repeat((1 << 20) + 1)).contains("this is no configuration"));
    assert!(config_refusal(&"[".repeat(100_000)).contains("not valid JSON"));
}

#[test]
fn what_is_no_model_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let empty = ModelFolder::open(folder.path()).unwrap_err().to_string();
    assert!(empty.contains("unet/config.json"), "{empty}");
    let missing = ModelFolder::open(&folder.path().join("nowhere")).unwrap_err().to_string();
    assert!(missing.contains("nowhere"), "{missing}");
    let other = folder.path().join("other.safetensors");
    std::fs::write(&other, file(&one("F32", "[2]", "[0,8]"), 8)).unwrap();
    let other = ModelFolder::open(&other).unwrap_err().to_string();
    assert!(other.contains("model.diffusion_model"), "{other}");
}

#[test]
fn a_folder_without_weights_is_named() {
    let folder = tempfile::tempdir().unwrap();
    copy_unet(folder.path());
    std::fs::remove_file(folder.path().join("unet/diffusion_pytorch_model.safetensors")).unwrap();
    let model = ModelFolder::open(folder.path()).unwrap();
    let error = model.unet(&LoadOptions::new(&cpu())).unwrap_err().to_string();
    assert!(error.contains("diffusion_pytorch_model.safetensors"), "{error}");
}

#[test]
fn a_broken_tokenizer_is_refused() {
    let refusal = |vocab: &str, merges: &str| {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("vocab.json"), vocab).unwrap();
        std::fs::write(folder.path().join("merges.txt"), merges).unwrap();
        lmd_nn::Tokenizer::open(folder.path()).unwrap_err().to_string()
    };
    assert!(refusal("{", "").contains("not valid JSON"));
    assert!(refusal("[1, 2]", "").contains("not a map from tokens to numbers"));
    assert!(refusal(r#"{"a": -1}"#, "").contains("not a map from tokens to numbers"));
    assert!(refusal(r#"{"a": 1}"#, "").contains("no token <|startoftext|>"));
    let vocab = r#"{"<|startoftext|>": 0, "<|endoftext|>": 1, "a": 2}"#;
    assert!(refusal(vocab, "a b\n").starts_with("tokenizer: "));
    let letters =
        |more: &str| format!(r#"{{"<|startoftext|>": 0, "<|endoftext|>": 1, "a": 2, "b": 3{more}}}"#);
    assert!(refusal(&letters(r#", "ab": 4"#), "a\n").contains("make no tokens for 1 of the vocabulary's 5"));
    let nothing = tempfile::tempdir().unwrap();
    let error = lmd_nn::Tokenizer::open(nothing.path()).unwrap_err().to_string();
    assert!(error.contains("tokenizer.json"), "{error}");
}

/// Such a file drew another picture, since every word fell into its letters.
#[test]
fn merges_that_do_not_make_the_vocabulary_are_refused() {
    let good = std::fs::read_to_string(data("tokenizer/merges.txt")).unwrap();
    let half = &good[..good.len() / 2];
    for merges in ["", "#version: 0.2\n", &"[".repeat(100_000), half] {
        let folder = tempfile::tempdir().unwrap();
        std::fs::copy(data("tokenizer/vocab.json"), folder.path().join("vocab.json")).unwrap();
        std::fs::write(folder.path().join("merges.txt"), merges).unwrap();
        let error = lmd_nn::Tokenizer::open(folder.path()).unwrap_err().to_string();
        assert!(error.contains("of the vocabulary's 548 entries") && error.len() < 400, "{error}");
    }
}

/// A pipe in the place of a file, which nobody writes to: nothing may wait for it.
#[cfg(unix)]
#[test]
fn pipes_and_folders_in_the_place_of_files_are_refused() {
    let pipe =
        |path: &Path| assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success());
    let folder = |path: &Path| std::fs::create_dir(path).unwrap();
    for (replace, expected) in
        [(&pipe as &dyn Fn(&Path), "it is a pipe or a device"), (&folder, "it is a folder")]
    {
        for name in ["unet/config.json", "unet/diffusion_pytorch_model.safetensors"] {
            let model = tempfile::tempdir().unwrap();
            copy_unet(model.path());
            std::fs::remove_file(model.path().join(name)).unwrap();
            replace(&model.path().join(name));
            let opened = ModelFolder::open(model.path());
            let error = opened.unwrap().unet(&LoadOptions::new(&cpu())).unwrap_err().to_string();
            assert!(error.contains(name) && error.contains(expected), "{error}");
        }
        let tokenizer = tempfile::tempdir().unwrap();
        replace(&tokenizer.path().join("vocab.json"));
        let error = lmd_nn::Tokenizer::open(tokenizer.path()).unwrap_err().to_string();
        assert!(error.contains("vocab.json") && error.contains(expected), "{error}");
    }
}

#[test]
fn files_of_other_formats_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    for (bytes, told) in [
        (&b"PK\x03\x04\x14\0\0\0\x08\x08\0\0"[..], "a PyTorch file (pickle)"),
        (b"\x80\x02}q\x00X\x05\x00\x00\x00", "a PyTorch file (pickle)"),
        (b"<!DOCTYPE html><html>", "an HTML page"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", "run `git lfs pull`"),
        (b"GGUF\x03\0\0\0\0\0\0\0", "a GGUF file"),
    ] {
        std::fs::write(&path, bytes).unwrap();
        let error = ModelFolder::open(&path).unwrap_err().to_string();
        assert!(error.contains(told), "{error}");
    }
}

#[test]
fn attack_shape_of_many_dimensions() {
    let shape = format!("[{}]", vec!["1"; 1_000_000].join(","));
    let HeaderError::Tensor { reason, .. } = refusal(file(&one("F32", &shape, "[0,4]"), 4)) else {
        panic!("another error");
    };
    assert_eq!(reason, "1000000 dimensions, at most 8");
}

#[test]
fn attack_many_entries_of_metadata() {
    let entries = |count: usize| {
        let all: Vec<String> = (0..count).map(|i| format!(r#""{i}":"x""#)).collect();
        file(&format!(r#"{{"__metadata__":{{{}}}}}"#, all.join(",")), 0)
    };
    assert!(Checkpoint::from_bytes("metadata", entries(10_000)).is_ok());
    let HeaderError::Json(reason) = refusal(entries(10_001)) else { panic!("another error") };
    assert!(reason.contains("more than 10000 entries of metadata"), "{reason}");
    let HeaderError::Json(_) = refusal(file(r#"{"__metadata__":{"a":[1]}}"#, 0)) else {
        panic!("another error")
    };
}

#[test]
fn attack_long_texts_are_not_repeated_in_full() {
    let long = "x".repeat(100_000);
    for header in [one(&long, "[1]", "[0,4]"), format!(r#"{{"w":{{"{long}":1}}}}"#)] {
        assert!(refusal(file(&header, 4)).to_string().len() < 500);
    }
}

#[test]
fn an_index_of_gigabytes_is_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let index = folder.path().join("model.safetensors.index.json");
    std::fs::File::create(&index).unwrap().set_len(3 << 30).unwrap();
    let error = Checkpoint::open_sharded(&index).unwrap_err().to_string();
    assert!(error.contains("this is no index of shards"), "{error}");
    let shards: Vec<String> = (0..513).map(|i| format!(r#""w{i}":"{i}.safetensors""#)).collect();
    std::fs::write(&index, format!(r#"{{"weight_map":{{{}}}}}"#, shards.join(","))).unwrap();
    assert!(Checkpoint::open_sharded(&index).unwrap_err().to_string().contains("at most 512"));
}

/// The last number of a file made NaN: in the U-Net, the autoencoder and the text encoder.
#[test]
fn weights_that_are_not_numbers_are_refused_at_load() {
    let folder = tempfile::tempdir().unwrap();
    let unet = "diffusion_pytorch_model.safetensors";
    for (part, file) in [("unet", unet), ("vae", unet), ("text_encoder", "model.safetensors")] {
        let to = folder.path().join(part);
        std::fs::create_dir(&to).unwrap();
        std::fs::copy(data("sd1").join(part).join("config.json"), to.join("config.json")).unwrap();
        let mut bytes = std::fs::read(data("sd1").join(part).join(file)).unwrap();
        let end = bytes.len();
        bytes[end - 2..].copy_from_slice(&0x7e00_u16.to_le_bytes());
        std::fs::write(to.join(file), bytes).unwrap();
    }
    let model = ModelFolder::open(folder.path()).unwrap();
    let options = LoadOptions::new(&cpu());
    for error in
        [model.unet(&options).err(), model.autoencoder(&options).err(), model.text_encoder(&options).err()]
    {
        let error = error.expect("refused").to_string();
        assert!(error.contains("are NaN or infinite") && error.starts_with("tensor "), "{error}");
    }
}

/// Root may read everything, so that the test needs another user.
#[cfg(unix)]
#[test]
fn a_folder_that_may_not_be_read_says_so() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    copy_unet(folder.path());
    for path in [folder.path().join("unet"), folder.path().to_owned()] {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o000)).unwrap();
        let readable = std::fs::read_dir(&path).is_ok();
        let opened = ModelFolder::open(folder.path());
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        if readable {
            eprintln!("NOT TESTED: this user may read what nobody may");
            continue;
        }
        let error = opened.unwrap_err().to_string();
        assert!(error.contains("ermission denied"), "{error}");
    }
}

fn lora(names: &[&str]) -> Result<lmd_nn::Lora, WeightsError> {
    let entry = |name: &&str| format!(r#""{name}":{{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}"#);
    let header = format!("{{{}}}", names.iter().map(entry).collect::<Vec<_>>().join(","));
    let checkpoint = Checkpoint::from_bytes("lora", file(&header, 0)).unwrap();
    lmd_nn::Lora::from_checkpoint(Path::new("lora.safetensors"), checkpoint)
}

#[test]
fn loras_of_other_kinds_are_named() {
    let good = ["lora_unet_a_to_q.lora_down.weight", "lora_unet_a_to_q.lora_up.weight"];
    assert!(lora(&good).is_ok());
    for (name, told) in [
        ("lora_te2_text_model_encoder_layers_0_mlp_fc1.lora_down.weight", "Stable Diffusion XL"),
        ("text_encoder_2.text_model.x.lora_A.weight", "Stable Diffusion XL"),
        ("transformer.single_transformer_blocks.0.attn.to_q.lora_A.weight", "FLUX"),
        ("lora_unet_a_to_q.dora_scale", "a_to_q.dora_scale is of a kind that is not read"),
        ("unet.a.to_q.lora_magnitude_vector", "is of a kind that is not read"),
        ("lora_unet_a_to_q.oft_blocks", "is of a kind that is not read"),
        ("unet.a.to_q.lora_A.weight", "are for the same layer"),
    ] {
        let error = lora(&[&good[..], &[name]].concat()).unwrap_err().to_string();
        assert!(error.contains(told), "{error}");
    }
    let bundled = lora(&[&good[..], &["bundle_emb.cat.string_to_param.x"]].concat()).unwrap();
    let warnings = lmd_nn::Adapters::default().with(bundled, 1.0).warnings();
    assert!(warnings[0].to_string().contains("bundle_emb"), "{warnings:?}");
    let folder = tempfile::tempdir().unwrap();
    let error = lmd_nn::Lora::open(folder.path()).unwrap_err().to_string();
    assert!(error.contains("it is a folder; give the file in it"), "{error}");
}
