//! LoRA files: any bytes are an adapter or one short error; an adapter is merged into a small text encoder or refused,
//! without a panic.
//!
//! The length before the header is hard to guess, so that the bytes up to the last brace are taken as the header.
#![no_main]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use lmd_nn::{Accelerator, Adapters, LoadOptions, Lora, ModelFolder, device};

struct Place {
    folder: ModelFolder,
    options: LoadOptions,
    file: PathBuf,
    _kept: tempfile::TempDir,
}

static PLACE: LazyLock<Place> = LazyLock::new(|| {
    let kept = tempfile::tempdir().expect("there is a temporary folder");
    let small = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/lmd-nn/tests/data/sd1");
    Place {
        folder: ModelFolder::open(&small).expect("the small model is there"),
        options: LoadOptions::new(&device(Accelerator::Cpu).expect("there is a processor")),
        file: kept.path().join("adapter.safetensors"),
        _kept: kept,
    }
});

fuzz_target!(|input: &[u8]| {
    let (json, data) = input.split_at(input.iter().rposition(|&b| b == b'}').map_or(0, |i| i + 1));
    let place = &*PLACE;
    let bytes = [&(json.len() as u64).to_le_bytes(), json, data].concat();
    fs::write(&place.file, bytes).expect("a temporary file can be written");
    match Lora::open(&place.file) {
        Ok(lora) => {
            let adapters = Adapters::default().with(lora, 0.5);
            let options = LoadOptions { adapters, ..place.options.clone() };
            if let Err(error) = place.folder.text_encoder(&options) {
                assert!(error.to_string().len() < 4_000);
            }
        }
        Err(error) => assert!(error.to_string().len() < 4_000),
    }
});
