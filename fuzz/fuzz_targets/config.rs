//! Configuration files: any text is read, or refused with a line it has; what
//! is read can be written and read again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use lmd_engine::config::{ConfigError, parse};

fuzz_target!(|text: &str| match parse(text, "lmd.toml") {
    Ok(settings) => {
        let written = toml::to_string(&settings).expect("settings that were read can be written");
        let again = parse(&written, "lmd.toml").expect("settings that were written can be read");
        // As text, because a NaN is not equal to itself.
        assert_eq!(toml::to_string(&again).expect("they can be written again"), written);
    }
    Err(error) => check_error(text, &error),
});

fn check_error(text: &str, error: &ConfigError) {
    assert!(error.to_string().len() < 2_000);
    if let ConfigError::Text { line, .. } = error {
        assert!(*line >= 1 && *line <= text.matches('\n').count() + 1);
    }
}
