//! Answers of language models' servers: whatever a server says with whatever status, planning ends in a valid layout or in
//! one error without the key and without control characters.
//!
//! The first byte chooses the status; the rest is the body. A server on this machine says it; one connection serves many requests.
#![no_main]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{LazyLock, Mutex};
use std::thread;

use libfuzzer_sys::fuzz_target;
use lmd_planner::Planner;
use lmd_planner::llm::{LlmConfig, LlmPlanner};

const KEY: &str = "sk-secret-of-the-fuzz-target";
const STATUSES: [u16; 12] = [200, 200, 200, 200, 201, 204, 400, 401, 404, 422, 429, 500];

/// What is answered to the next requests.
static ANSWER: Mutex<(u16, Vec<u8>)> = Mutex::new((200, Vec::new()));

static PLANNER: LazyLock<LlmPlanner> = LazyLock::new(|| {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a loopback interface");
    let address = listener.local_addr().expect("it has an address");
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || serve(&stream));
        }
    });
    let mut config = LlmConfig::default();
    config.url = format!("http://{address}/v1");
    config.model = "fuzz".to_owned();
    config.retries = 0;
    config.max_repairs = 1;
    config.timeout_s = 5.0;
    let config = config.with_env(|name| (name == "LMD_LLM_KEY").then(|| KEY.to_owned()));
    LlmPlanner::new(config).expect("the configuration is right")
});

fuzz_target!(|bytes: &[u8]| {
    let Some((choice, body)) = bytes.split_first() else { return };
    *ANSWER.lock().expect("nobody panicked") = (STATUSES[usize::from(*choice) % STATUSES.len()], body.to_vec());
    match PLANNER.plan("a red car to the left of a dog") {
        Ok(plan) => assert!(!plan.layout.objects().is_empty() || !plan.warnings.is_empty()),
        Err(error) => {
            let words = error.to_string();
            assert!(!words.contains(KEY), "the key is told: {words}");
            assert!(!words.contains('\u{1b}') && !words.contains('\u{202e}'), "not cleaned: {words:?}");
            assert!(words.len() < 20_000, "{} bytes of error", words.len());
        }
    }
});

/// Answers requests until the client closes.
fn serve(stream: &TcpStream) {
    let mut reader = BufReader::new(stream);
    let mut out = stream;
    while let Some(length) = head(&mut reader) {
        let mut request = vec![0; length];
        if reader.read_exact(&mut request).is_err() {
            return;
        }
        let (status, body) = ANSWER.lock().expect("nobody panicked").clone();
        let body = if status == 204 { Vec::new() } else { body };
        let head = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n\r\n", body.len());
        if out.write_all(&[head.as_bytes(), &body].concat()).is_err() {
            return;
        }
    }
}

/// The length of the body that follows a request's head; `None` at the end of the connection.
fn head(reader: &mut impl BufRead) -> Option<usize> {
    let mut length = 0;
    let mut line = String::new();
    loop {
        line.clear();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if line.trim().is_empty() {
            return Some(length);
        }
        if let Some(number) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = number.trim().parse().ok()?;
        }
    }
}
