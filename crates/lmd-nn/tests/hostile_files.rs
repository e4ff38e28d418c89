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
    assert_eq!(checkpoint.get("w").unwrap().shape, [2, 1]);
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
        assert!(error.contains("save_file(torch.load("), "{error}");
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
    let nothing = tempfile::tempdir().unwrap();
    let error = lmd_nn::Tokenizer::open(nothing.path()).unwrap_err().to_string();
    assert!(error.contains("tokenizer.json"), "{error}");
}
