//! A server of one test: on a port and in a folder of its own, with a painter that is quick and does as the prompt says.

// Here a panic is how a test fails; not every test uses everything.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, dead_code, unreachable_pub)]

use std::io::{BufRead, BufReader, Read};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use lmd_engine::{Adapter, CancelToken, DrawConfig, EngineError, Notice, Part, Rgb, Settings, Sources};
use lmd_server::{Commission, Glance, Painter, Painting, Server, Watch};
use serde_json::{Value, json};
use tokio::sync::oneshot;

/// Steps of a picture, and how long one takes when the prompt says `slow`.
pub const STEPS: usize = 200;
const SLOW: Duration = Duration::from_millis(20);

/// Draws plain colours by the seed. The prompt says what goes wrong.
#[derive(Debug, Default)]
pub struct Fake {
    pub drawn: Arc<AtomicUsize>,
    pub steps: Arc<AtomicUsize>,
}

impl Painter for Fake {
    fn check(
        &self,
        _model: &str,
        config: &DrawConfig,
        _adapters: &[Adapter],
    ) -> Result<Vec<Notice>, EngineError> {
        if config.width == Some(1984) {
            return Err(memory());
        }
        Ok(Vec::new())
    }

    fn paint(
        &self,
        what: &Commission<'_>,
        cancel: &CancelToken,
        watch: Watch<'_>,
    ) -> Result<Painting, EngineError> {
        let prompt = what.subject.prompt.as_str();
        assert!(!prompt.contains("panic"), "as the prompt says, in /home/somebody/secret.rs");
        if prompt.contains("memory") {
            return Err(memory());
        }
        if prompt.contains("model") {
            return Err(EngineError::Usage(
                "cannot read /home/somebody/models/sd15: no such file".to_owned(),
            ));
        }
        let steps = if prompt.contains("slow") { STEPS } else { 3 };
        let pixels = picture(what.seeds.background);
        for step in 0..steps {
            self.steps.fetch_add(1, Ordering::SeqCst);
            if steps > 3 {
                std::thread::sleep(SLOW);
            }
            let glance = Glance {
                part: if step < steps / 2 {
                    Part::Boxes { first: 0, count: 1, total: 1 }
                } else {
                    Part::Whole
                },
                step,
                steps,
                energy: Some(0.5),
                done: step as u64 + 1,
                total: steps as u64,
                preview: &|| Some(pixels.clone()),
            };
            if cancel.is_cancelled() || watch(&glance) == ControlFlow::Break(()) {
                return Err(EngineError::Cancelled);
            }
        }
        self.drawn.fetch_add(1, Ordering::SeqCst);
        let png = lmd_engine::picture::encode(&pixels, None).unwrap();
        Ok(Painting { png, pixels, notices: Vec::new(), heatmaps: Vec::new() })
    }
}

fn memory() -> EngineError {
    EngineError::Memory { what: "drawing".to_owned(), needed: 2 << 30, available: 1 << 30, reducible: true }
}

fn picture(seed: u64) -> Rgb {
    let colour = seed.to_le_bytes();
    Rgb { width: 8, height: 8, pixels: colour[..3].repeat(64) }
}

/// A server that runs until it is dropped.
pub struct Running {
    pub url: String,
    pub agent: ureq::Agent,
    pub key: Option<String>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<Result<(), EngineError>>>,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: ureq::http::HeaderMap,
    pub bytes: Vec<u8>,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

/// Settings for a folder, with more lines below `[serve]`.
pub fn settings(data: &Path, more: &str) -> Settings {
    let file = data.join("lmd.toml");
    let data = data.join("data");
    let text = format!(
        "planner = \"offline\"\n[serve]\nport = 0\ndata_dir = {:?}\n{more}\n",
        data.display().to_string()
    );
    std::fs::write(&file, text).unwrap();
    Settings::load(&Sources { file: Some(file), ..Sources::default() }).unwrap()
}

impl Running {
    /// With the quick painter.
    pub fn start(data: &Path, more: &str) -> Self {
        Self::with(data, more, Fake::default())
    }

    pub fn with(data: &Path, more: &str, fake: Fake) -> Self {
        Self::of(Server::with_painter(settings(data, more), Box::new(fake)).unwrap())
    }

    /// With the engine and the bundled model.
    pub fn real(data: &Path, more: &str) -> Self {
        Self::of(Server::open(settings(data, more)).unwrap())
    }

    fn of(server: Server) -> Self {
        let url = format!("http://{}", server.address().unwrap());
        let (stop, stopped) = oneshot::channel::<()>();
        let thread = std::thread::spawn(move || {
            server.run_until(async move {
                let _ = stopped.await;
            })
        });
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(120)));
        Self { url, agent: config.build().into(), key: None, stop: Some(stop), thread: Some(thread) }
    }

    /// Ends it as a signal would.
    pub fn end(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap().unwrap();
        }
    }

    pub fn request(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let mut request = ureq::http::Request::builder().method(method).uri(format!("{}{path}", self.url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(key) = &self.key {
            request = request.header("authorization", format!("Bearer {key}"));
        }
        let answer = if body.is_empty() && matches!(method, "GET" | "DELETE" | "HEAD" | "OPTIONS") {
            self.agent.run(request.body(()).unwrap())
        } else {
            self.agent.run(request.body(body).unwrap())
        };
        let mut answer = answer.unwrap();
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let mut bytes = Vec::new();
        answer.body_mut().as_reader().read_to_end(&mut bytes).unwrap();
        Answer { status, headers, bytes }
    }

    pub fn get(&self, path: &str) -> Answer {
        self.request("GET", path, &[], b"")
    }

    pub fn delete(&self, path: &str) -> Answer {
        self.request("DELETE", path, &[], b"")
    }

    pub fn post(&self, path: &str, body: &Value) -> Answer {
        self.request("POST", path, &[("content-type", "application/json")], body.to_string().as_bytes())
    }

    pub fn put(&self, path: &str, body: &Value) -> Answer {
        self.request("PUT", path, &[("content-type", "application/json")], body.to_string().as_bytes())
    }

    /// Accepts a job and gives its identifier.
    pub fn draw(&self, body: &Value) -> String {
        let answer = self.post("/api/v1/images", body);
        assert_eq!(answer.status, 202, "{}", answer.text());
        assert_eq!(
            answer.header("location"),
            format!("/api/v1/jobs/{}", answer.json()["id"].as_str().unwrap())
        );
        answer.json()["id"].as_str().unwrap().to_owned()
    }

    pub fn job(&self, id: &str) -> Value {
        self.get(&format!("/api/v1/jobs/{id}")).json()
    }

    /// Waits until a job has one of these states.
    pub fn wait(&self, id: &str, states: &[&str]) -> Value {
        let begun = Instant::now();
        loop {
            let job = self.job(id);
            if states.contains(&job["status"].as_str().unwrap()) {
                return job;
            }
            assert!(begun.elapsed() < Duration::from_secs(90), "{job}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// The events of a job until the last, as (id, kind, data).
    pub fn events(&self, id: &str, last_seen: Option<u64>) -> Vec<(u64, String, Value)> {
        let mut request = ureq::http::Request::builder().uri(format!("{}/api/v1/jobs/{id}/events", self.url));
        if let Some(seen) = last_seen {
            request = request.header("last-event-id", seen.to_string());
        }
        let mut answer = self.agent.run(request.body(()).unwrap()).unwrap();
        assert_eq!(answer.status().as_u16(), 200);
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        assert_eq!(
            (&answer.headers()["cache-control"], &answer.headers()["x-accel-buffering"]),
            (&"no-store".parse().unwrap(), &"no".parse().unwrap())
        );
        read_events(BufReader::new(answer.body_mut().as_reader()))
    }
}

/// The events of a stream.
pub fn read_events(stream: impl BufRead) -> Vec<(u64, String, Value)> {
    let (mut events, mut id, mut kind) = (Vec::new(), 0, String::new());
    for line in stream.lines() {
        let line = line.unwrap();
        match line.split_once(": ").or_else(|| line.split_once(':')) {
            Some(("id", value)) => id = value.parse().unwrap(),
            Some(("event", value)) => kind = value.to_owned(),
            Some(("data", value)) => events.push((id, kind.clone(), serde_json::from_str(value).unwrap())),
            _ => {}
        }
    }
    events
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A test that failed has said why.
            let _ = thread.join();
        }
    }
}

/// A layout of one box.
pub fn layout() -> Value {
    json!({ "objects": [{ "caption": "a red ball", "box": [0.1, 0.2, 0.4, 0.4] }], "background": "a beach", "negative": "" })
}
