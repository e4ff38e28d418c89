//! The key stays out of the log, even of the chattiest one.

// Helpers of a test may panic; clippy exempts only the test functions.
#![allow(clippy::unwrap_used, clippy::panic)]

mod server;

use std::sync::Mutex;

use lmd_planner::Planner;
use lmd_planner::llm::{LlmConfig, LlmPlanner};
use log::{LevelFilter, Log, Metadata, Record};
use secrecy::SecretString;
use server::{Server, chat, error};

const KEY: &str = "sk-0123456789abcdef-secret";

/// Keeps every line of every level.
struct Everything(Mutex<Vec<String>>);

static LOG: Everything = Everything(Mutex::new(Vec::new()));

impl Log for Everything {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        self.0.lock().unwrap().push(record.args().to_string());
    }

    fn flush(&self) {}
}

#[test]
fn the_key_is_in_no_line_of_the_log() {
    log::set_logger(&LOG).unwrap();
    log::set_max_level(LevelFilter::Trace);
    let answer = "[('a cat', [10, 20, 200, 200])]\nBackground prompt: A realistic scene\nNegative prompt:";
    let server = Server::start(vec![error(400, "x", "response_format is unknown"), chat(answer)]);
    let config = LlmConfig {
        url: server.url.clone(),
        model: "m".to_owned(),
        key: Some(SecretString::from(KEY)),
        ..LlmConfig::default()
    };
    LlmPlanner::new(config).unwrap().plan("a cat").unwrap();
    assert!(server.requests()[1].headers.contains(KEY), "the server did get it");
    let lines = LOG.0.lock().unwrap();
    assert!(
        lines.iter().any(|line| line.contains("content-type")),
        "the client logs its headers: {lines:#?}"
    );
    assert!(lines.iter().all(|line| !line.contains("0123456789abcdef")), "{lines:#?}");
}
