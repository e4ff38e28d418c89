//! Headers of weight files: reading never panics, and what is accepted lies
//! inside the file, in order, without overlap.
//!
//! The reader is included by its path, since its crate brings a tensor library along.
#![no_main]
#![allow(dead_code)]

#[path = "../../crates/lmd-nn/src/weights/error.rs"]
mod error;
#[path = "../../crates/lmd-nn/src/weights/header.rs"]
mod header;

use error::HeaderError;
use header::read_header;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    check(input);
    // The length is hard to guess, so the same bytes are tried as a header with data behind.
    let (json, data) = input.split_at(input.iter().rposition(|&b| b == b'}').map_or(0, |i| i + 1));
    check(&[&(json.len() as u64).to_le_bytes(), json, data].concat());
});

fn check(file: &[u8]) {
    match read_header(file) {
        Ok(entries) => {
            let mut ranges: Vec<_> = entries.values().map(|entry| entry.range.clone()).collect();
            ranges.sort_by_key(|range| (range.start, range.end));
            assert!(ranges.iter().all(|range| range.start <= range.end && range.end <= file.len()));
            assert!(ranges.windows(2).all(|pair| pair[0].end == pair[1].start));
            for entry in entries.values() {
                let count: usize = entry.shape.iter().product();
                assert_eq!(count * entry.dtype.size(), entry.range.len());
            }
        }
        Err(error) => assert!(error.to_string().len() < 4_000),
    }
}
