//! What stands in the log: names of requests and jobs, and nothing that anybody wrote. Alone in its file, since a process has
//! one log.

// Here a panic is how a test fails.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod common;

use std::io::Write;
use std::sync::{Arc, Mutex};

use common::{Running, layout};
use serde_json::{Value, json};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn the_log_has_no_prompt_no_key_and_no_path() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber =
        tracing_subscriber::fmt().json().with_max_level(tracing::level_filters::LevelFilter::INFO);
    subscriber.with_writer(move || writer.clone()).init();
    let dir = tempfile::tempdir().unwrap();
    let mut server = Running::start(dir.path(), "");
    for prompt in ["zebrafinch", "zebrafinch memory", "zebrafinch model"] {
        let id = server.draw(&json!({ "prompt": prompt, "layout": layout(), "negative": "zebrafinch" }));
        server.wait(&id, &["completed", "failed"]);
    }
    server.post("/api/v1/layouts", &json!({ "prompt": "two zebrafinches" }));
    server.post("/api/v1/layouts", &json!({ "zebrafinch": 1 }));
    server.post("/v1/images/generations", &json!({ "prompt": "a zebrafinch" }));
    server.post("/sdapi/v1/txt2img", &json!({ "prompt": "a zebrafinch", "sampler_name": "zebrafinch" }));
    server.get("/api/v1/gallery?q=zebrafinch");
    server.get("/zebrafinch");
    server.put("/api/v1/settings/llm", &json!({ "key": "zebrafinch" }));
    server.request(
        "GET",
        "/health",
        &[("x-request-id", "zebra finch"), ("authorization", "Bearer zebrafinch")],
        b"",
    );
    server.request("GET", "/health", &[("x-request-id", "mine-7")], b"");
    server.end();
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(lines.len() > 15, "{text}");
    assert!(lines.iter().any(|line| line["fields"]["request"] == "mine-7"), "{text}");
    assert!(!text.contains("zebra"), "{text}");
    assert!(!text.contains("/home/") && !text.contains(&dir.path().display().to_string()), "{text}");
}
