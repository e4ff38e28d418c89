//! Files that are cut off, damaged or made to do harm: one error each, no
//! panic, and no memory beyond what the file's own size allows.

// Here a panic is how a test fails.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use common::{Entry, Gguf, model};
use lmd_local_llm::gguf::{GgufError, Header};
use lmd_local_llm::{Description, Family, Shape};
use proptest::prelude::*;

fn read(bytes: &[u8]) -> Result<Header, GgufError> {
    Header::read(bytes, bytes.len() as u64)
}

fn refused(bytes: &[u8]) -> String {
    let error = read(bytes).unwrap_err().to_string();
    assert!(error.len() < 400 && !error.contains(char::is_control), "{error:?}");
    error
}

/// Found by fuzzing: letters that are written as escapes are counted as they are written.
#[test]
fn names_of_odd_letters_do_not_swell_messages() {
    let mut bytes = with_text(head(3, 1, 0), &"\u{10ffff}".repeat(60));
    bytes.extend(9_u32.to_le_bytes());
    bytes.extend([0; 64]);
    assert!(refused(&bytes).contains("has 9 dimensions"));
}

/// Magic, version, number of tensors, number of entries.
fn head(version: u32, tensors: u64, entries: u64) -> Vec<u8> {
    let mut bytes = b"GGUF".to_vec();
    bytes.extend(version.to_le_bytes());
    bytes.extend(tensors.to_le_bytes());
    bytes.extend(entries.to_le_bytes());
    bytes
}

fn with_text(mut bytes: Vec<u8>, text: &str) -> Vec<u8> {
    bytes.extend((text.len() as u64).to_le_bytes());
    bytes.extend(text.as_bytes());
    bytes
}

#[test]
fn a_sound_file_is_described() {
    for (name, family) in [
        ("qwen2", Family::Qwen2),
        ("qwen3", Family::Qwen3),
        ("llama", Family::Llama),
        ("gemma3", Family::Gemma3),
    ] {
        let bytes = model(name).bytes();
        let header = read(&bytes).unwrap();
        let shape = Shape::of(&header).unwrap();
        assert_eq!((shape.family, shape.layers, shape.width, shape.head_width), (family, 7, 32, 8));
        assert_eq!(header.tensors()["blk.0.ffn_up.weight"].shape, [48, 32]);
        let last = header.tensors().values().max_by_key(|tensor| tensor.start).unwrap();
        assert_eq!(last.start + last.bytes, bytes.len() as u64);
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), &bytes).unwrap();
        let description = Description::of(file.path()).unwrap();
        assert_eq!(description.name, format!("Tiny {name}"));
        assert!(!description.has_template && description.parameters > 40_000);
    }
}

#[test]
fn every_cut_is_an_error() {
    let bytes = model("qwen2").bytes();
    let step = (bytes.len() / 997).max(1);
    for end in (0..bytes.len()).step_by(step).chain(bytes.len() - 3..bytes.len()) {
        let error = refused(&bytes[..end]);
        assert!(error.contains("cut off") || error.contains("no GGUF"), "{end}: {error}");
    }
    assert!(read(&bytes).is_ok());
}

#[test]
fn counts_beyond_the_file_take_no_memory() {
    assert!(refused(&head(3, u64::MAX, 0)).contains("number of tensors is 18446744073709551615"));
    assert!(refused(&head(3, 0, 1 << 40)).contains("number of entries"));
    assert!(refused(&head(3, 60_000, 0)).contains("needs 1920000 bytes, and 8 are left"));
    // A text and a list that announce gigabytes.
    let mut key = head(3, 0, 1);
    key.extend((1_u64 << 19).to_le_bytes());
    key.resize(64, 0);
    assert!(refused(&key).contains("cut off"));
    let mut list = with_text(head(3, 0, 1), "k");
    list.extend(9_u32.to_le_bytes());
    list.extend(8_u32.to_le_bytes());
    list.extend((1_u64 << 20).to_le_bytes());
    assert!(refused(&list).contains("a list's length needs 8388608 bytes"));
    list.truncate(list.len() - 8);
    list.extend(u64::MAX.to_le_bytes());
    assert!(refused(&list).contains("at most"));
}

#[test]
fn other_files_versions_and_types_are_named() {
    assert!(refused(b"").contains("no GGUF file"));
    assert!(refused(b"\x89PNG\r\n\x1a\n").contains("no GGUF file"));
    assert!(refused(&head(1, 0, 0)).contains("version 1"));
    assert!(refused(&head(3_u32.swap_bytes(), 0, 0)).contains("little-endian"));
    let entry = |kind: u32, rest: &[u8]| {
        let mut bytes = with_text(head(3, 0, 1), "key");
        bytes.extend(kind.to_le_bytes());
        bytes.extend(rest);
        bytes
    };
    assert!(refused(&entry(13, &[0; 16])).contains("unknown type 13"));
    assert!(refused(&entry(7, &[2; 16])).contains("a bool is 2"));
    let lists = [9_u32.to_le_bytes(), 0_u32.to_le_bytes(), 0_u32.to_le_bytes()].concat();
    assert!(refused(&entry(9, &lists)).contains("a list holds lists"));
}

/// One tensor with these sides, kind and offset in a file of a kilobyte.
fn tensor(sides: &[u64], kind: u32, offset: u64) -> Vec<u8> {
    let mut bytes = with_text(head(3, 1, 0), "t\u{1b}[31m");
    bytes.extend((sides.len() as u32).to_le_bytes());
    bytes.extend(sides.iter().flat_map(|side| side.to_le_bytes()));
    bytes.extend(kind.to_le_bytes());
    bytes.extend(offset.to_le_bytes());
    bytes.resize(1_024, 0);
    bytes
}

#[test]
fn tensors_lie_inside_of_the_file_and_apart() {
    assert!(read(&tensor(&[8, 2], 0, 0)).is_ok());
    assert!(refused(&tensor(&[8, 2], 0, u64::MAX)).contains("outside"));
    assert!(refused(&tensor(&[8, 2], 0, 2_000)).contains("0 are left"));
    assert!(refused(&tensor(&[1 << 40, 1 << 40], 0, 0)).contains("larger than any file"));
    assert!(refused(&tensor(&[8, 0], 0, 0)).contains("empty"));
    assert!(refused(&tensor(&[], 0, 0)).contains("0 dimensions"));
    assert!(refused(&tensor(&[1; 5], 0, 0)).contains("5 dimensions"));
    assert!(refused(&tensor(&[100], 12, 0)).contains("whole blocks of 256"));
    assert!(refused(&tensor(&[32], 39, 0)).contains("number 39"));
    assert!(refused(&tensor(&[4_096], 0, 0)).contains("needs 16384 bytes"));
    // Two names for one place.
    let mut twice = model("llama");
    twice.tensors.truncate(2);
    twice.tensors[1] = twice.tensors[0].clone();
    assert!(refused(&twice.bytes()).contains("twice"));
    let mut over = Vec::new();
    for name in ["a", "b"] {
        over = with_text(over, name);
        over.extend(1_u32.to_le_bytes());
        over.extend(8_u64.to_le_bytes());
        over.extend([0; 12]);
    }
    let mut bytes = head(3, 2, 0);
    bytes.extend(over);
    bytes.resize(1_024, 0);
    assert!(refused(&bytes).contains("lies over another"));
}

#[test]
fn sizes_no_model_has_are_refused_by_name() {
    let wrong = |key: &str, entry: Entry| {
        let mut gguf = model("qwen2");
        gguf.set(key, entry);
        Shape::of(&read(&gguf.bytes()).unwrap()).unwrap_err().to_string()
    };
    assert!(wrong("general.architecture", Entry::Text("mamba\u{7}".to_owned())).contains("\"mamba\\u{7}\""));
    assert!(wrong("general.architecture", Entry::U32(1)).contains("is an integer, expected a text"));
    assert!(wrong("qwen2.attention.head_count", Entry::U32(0)).contains("is 0, expected 1 to 1024"));
    assert!(wrong("qwen2.attention.head_count_kv", Entry::U32(3)).contains("4 heads share 3"));
    assert!(wrong("qwen2.attention.key_length", Entry::U32(7)).contains("expected an even number"));
    assert!(wrong("qwen2.context_length", Entry::U32(u32::MAX)).contains("context_length"));
    assert!(wrong("qwen2.block_count", Entry::F32(f32::NAN)).contains("is a float, expected an integer"));
    assert!(wrong("qwen2.attention.layer_norm_rms_epsilon", Entry::F32(f32::NAN)).contains("NaN"));
    assert!(wrong("qwen2.rope.freq_base", Entry::F32(-1.0)).contains("positive"));
    assert!(wrong("tokenizer.ggml.tokens", Entry::Texts(Vec::new())).contains("has 0 tokens"));
    assert!(wrong("qwen2.expert_count", Entry::U32(8)).contains("experts"));
    let empty = Gguf::default().bytes();
    assert!(Shape::of(&read(&empty).unwrap()).unwrap_err().to_string().contains("no `general.architecture`"));
}

#[test]
fn alignments_are_powers_of_two() {
    for wrong in [0, 7, 48, 1 << 20] {
        let mut gguf = model("qwen2");
        gguf.set("general.alignment", Entry::U32(wrong));
        assert!(refused(&gguf.bytes()).contains("power of two"), "{wrong}");
    }
}

proptest! {
    /// Whatever is changed in the header, it is read or refused, and what is
    /// read lies inside of the file.
    #[test]
    fn changed_bytes_do_no_harm(changes in prop::collection::vec((0_usize..6_000, any::<u8>()), 1..8)) {
        let mut bytes = model("qwen3").bytes();
        for (at, byte) in changes {
            let length = bytes.len();
            bytes[at % length] = byte;
        }
        if let Ok(header) = read(&bytes) {
            for tensor in header.tensors().values() {
                prop_assert!(tensor.start + tensor.bytes <= bytes.len() as u64);
            }
            let _ = Shape::of(&header);
        }
    }
}
