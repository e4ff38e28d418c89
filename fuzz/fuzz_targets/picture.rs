//! Pictures: any bytes give a recipe or one short error, without a panic and
//! without much memory; a recipe that was read can be written and read again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use lmd_engine::picture::{encode, recipe};
use lmd_engine::Rgb;

fuzz_target!(|bytes: &[u8]| match recipe(bytes) {
    Ok(read) => {
        let pixel = Rgb { width: 1, height: 1, pixels: vec![0; 3] };
        let written = encode(&pixel, Some(&read)).expect("a recipe that was read can be written");
        let again = recipe(&written).expect("a recipe that was written can be read");
        assert_eq!(again.recipe.layout, read.recipe.layout);
    }
    Err(error) => assert!(error.to_string().len() < 2 << 20),
});
