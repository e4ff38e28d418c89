//! Headers of GGUF files: reading never panics nor takes more memory than the
//! file's size allows, and what is accepted lies inside of the file.
//!
//! The reader is included by its path, so that nothing else is built for it.
#![no_main]
#![allow(dead_code, unused_imports, unreachable_pub)]

#[path = "../../crates/lmd-local-llm/src/gguf/mod.rs"]
mod gguf;

use gguf::Header;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    check(input);
    // The first letters and the version are hard to guess.
    check(&[b"GGUF\x03\0\0\0", input].concat());
});

fn check(file: &[u8]) {
    match Header::read(file, file.len() as u64) {
        Ok(header) => {
            let mut ranges: Vec<_> =
                header.tensors().values().map(|tensor| (tensor.start, tensor.start + tensor.bytes)).collect();
            ranges.sort_unstable();
            assert!(ranges.iter().all(|range| range.0 < range.1 && range.1 <= file.len() as u64));
            assert!(ranges.windows(2).all(|pair| pair[0].1 <= pair[1].0));
        }
        Err(error) => {
            let message = error.to_string();
            assert!(message.len() < 600 && !message.contains(char::is_control));
        }
    }
}
