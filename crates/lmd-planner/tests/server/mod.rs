//! A real HTTP server on this machine that plays a language model's part.

// Every test file uses its own share of this module.
#![allow(dead_code, clippy::unwrap_used)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) path: String,
    pub(crate) headers: String,
    pub(crate) body: Value,
}

/// What the server does with one request.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    /// Answers with a status, further header lines, and a body.
    Say(u16, String, String),
    /// Sends raw bytes and closes.
    Raw(Vec<u8>),
    /// Answers with a body, leaves the connection open, and closes it without
    /// a word when the next request comes in on it.
    LeaveOpen(String),
    /// Closes without a word.
    Close,
    /// Sends raw bytes one at a time, each after a pause.
    Trickle(Vec<u8>, Duration),
    /// Says nothing for so long, then closes.
    Hang(Duration),
}

/// A server that plays a list of acts, one per request, the last for ever.
pub(crate) struct Server {
    pub(crate) url: String,
    seen: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    pub(crate) fn start(acts: Vec<Act>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&seen);
        thread::spawn(move || {
            for stream in listener.incoming() {
                serve(&stream.unwrap(), &acts, &log);
            }
        });
        Self { url, seen }
    }

    /// Every request so far.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.seen.lock().unwrap().clone()
    }
}

fn serve(stream: &TcpStream, acts: &[Act], log: &Mutex<Vec<Request>>) {
    let Some(request) = read(stream) else { return };
    let turn = {
        let mut log = log.lock().unwrap();
        log.push(request);
        log.len() - 1
    };
    let mut out = stream;
    match &acts[turn.min(acts.len() - 1)] {
        Act::Say(status, headers, body) => {
            let length = body.len();
            let head = format!(
                "HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n"
            );
            // A client that has read enough may be gone already.
            let _ = out.write_all(head.as_bytes()).and_then(|()| out.write_all(body.as_bytes()));
        }
        Act::Raw(bytes) => {
            let _ = out.write_all(bytes);
        }
        Act::LeaveOpen(body) => {
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len());
            let _ = out.write_all(head.as_bytes()).and_then(|()| out.write_all(body.as_bytes()));
            let _ = read(stream);
        }
        Act::Trickle(bytes, pause) => {
            for byte in bytes {
                thread::sleep(*pause);
                if out.write_all(&[*byte]).is_err() {
                    break;
                }
            }
        }
        Act::Close => {}
        Act::Hang(time) => thread::sleep(*time),
    }
}

fn read(stream: &TcpStream) -> Option<Request> {
    let mut reader = BufReader::new(stream);
    let mut first = String::new();
    reader.read_line(&mut first).ok()?;
    let path = first.split(' ').nth(1)?.to_owned();
    let (mut headers, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        if line.trim().is_empty() {
            break;
        }
        if let Some(n) = line.to_lowercase().strip_prefix("content-length:") {
            length = n.trim().parse().unwrap();
        }
        headers.push_str(&line);
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Request { path, headers, body: serde_json::from_slice(&body).unwrap_or(Value::Null) })
}

/// A status with a JSON body.
pub(crate) fn status(status: u16, body: &Value) -> Act {
    Act::Say(status, "content-type: application/json\r\n".to_owned(), body.to_string())
}

/// A chat server's answer.
pub(crate) fn chat(text: &str) -> Act {
    status(
        200,
        &json!({"choices": [{"message": {"role": "assistant", "content": text}, "finish_reason": "stop"}]}),
    )
}

/// A completion server's answer.
pub(crate) fn completion(text: &str) -> Act {
    status(200, &json!({"choices": [{"text": text, "finish_reason": "stop"}]}))
}

/// An error in OpenAI's shape.
pub(crate) fn error(code: u16, kind: &str, message: &str) -> Act {
    status(code, &json!({"error": {"message": message, "type": kind, "code": kind, "param": null}}))
}
