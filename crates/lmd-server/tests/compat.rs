//! The APIs that people already use: OpenAI's and AUTOMATIC1111's.

// Here a panic is how a test fails.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod common;

use std::io::{BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::atomic::Ordering;
use std::time::Duration;

use base64::Engine as _;
use common::{Fake, Running, STEPS, layout};
use serde_json::json;

fn decoded(text: &serde_json::Value) -> Vec<u8> {
    base64::engine::general_purpose::STANDARD.decode(text.as_str().unwrap()).unwrap()
}

#[test]
fn openai_requests_are_answered_with_the_layout_given_back() {
    let dir = tempfile::tempdir().unwrap();
    let server = Running::start(dir.path(), "");
    let request = json!({
        "model": "gpt-image-1", "prompt": "a red ball", "n": 2, "size": "256x256", "quality": "high", "user": "me",
        "lmd": { "layout": layout(), "seed": 9, "preset": "fast" },
    });
    let answer = server.post("/v1/images/generations", &request);
    assert_eq!(answer.status, 200, "{}", answer.text());
    let answer = answer.json();
    assert_eq!(answer["data"].as_array().unwrap().len(), 2);
    assert!(decoded(&answer["data"][0]["b64_json"]).starts_with(b"\x89PNG"));
    assert_eq!((&answer["lmd"]["layout"], &answer["lmd"]["seed"]), (&layout(), &json!("9")));
    let by_url =
        server.post("/v1/images/generations", &json!({ "prompt": "a cat", "response_format": "url" })).json();
    let url = by_url["data"][0]["url"].as_str().unwrap();
    assert_eq!(server.get(url.strip_prefix(&server.url).unwrap()).status, 200);
    assert_eq!(server.get("/v1/models").json()["data"][0]["id"], "bundled");
    for wrong in [
        json!({ "prompt": "a cat", "size": "big" }),
        json!({ "prompt": "a cat", "partial_images": 4 }),
        json!({ "prompt": "a cat", "output_format": "webp" }),
        json!({ "prompt": "a cat", "response_format": "x" }),
    ] {
        assert_eq!(server.post("/v1/images/generations", &wrong).status, 400, "{wrong}");
    }
}

#[test]
fn openai_streams_send_partial_images_and_then_the_picture() {
    let dir = tempfile::tempdir().unwrap();
    let server = Running::start(dir.path(), "preview_ms = 0");
    let body =
        json!({ "prompt": "slow", "stream": true, "partial_images": 2, "lmd": { "layout": layout() } })
            .to_string();
    let request = ureq::http::Request::post(format!("{}/v1/images/generations", server.url))
        .header("content-type", "application/json");
    let mut answer = server.agent.run(request.body(body).unwrap()).unwrap();
    let text: String = {
        let mut text = String::new();
        answer.body_mut().as_reader().read_to_string(&mut text).unwrap();
        text
    };
    // These events have no numbers of their own.
    let events = common::read_events(BufReader::new(text.as_bytes()));
    let kinds: Vec<&str> = events.iter().map(|(_, kind, _)| kind.as_str()).collect();
    assert_eq!(
        kinds,
        ["image_generation.partial_image", "image_generation.partial_image", "image_generation.completed"]
    );
    assert_eq!(
        (&events[1].2["partial_image_index"], &events[1].2["type"]),
        (&json!(1), &json!("image_generation.partial_image"))
    );
    assert!(
        decoded(&events[0].2["b64_json"]).starts_with(b"\x89PNG")
            && decoded(&events[2].2["b64_json"]).starts_with(b"\x89PNG")
    );
    assert_eq!(events[2].2["lmd"]["layout"], layout());
}

#[test]
fn whoever_goes_away_cancels_what_they_waited_for() {
    let dir = tempfile::tempdir().unwrap();
    let fake = Fake::default();
    let steps = fake.steps.clone();
    let server = Running::with(dir.path(), "", fake);
    let host = server.url.strip_prefix("http://").unwrap();
    let body = json!({ "prompt": "slow", "lmd": { "layout": layout() } }).to_string();
    let mut socket = TcpStream::connect(host).unwrap();
    write!(socket, "POST /v1/images/generations HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}", body.len()).unwrap();
    while steps.load(Ordering::SeqCst) == 0 {
        std::thread::sleep(Duration::from_millis(2));
    }
    drop(socket);
    let id = server.get("/api/v1/jobs").json()["jobs"][0]["id"].as_str().unwrap().to_owned();
    server.wait(&id, &["cancelled"]);
    assert!(steps.load(Ordering::SeqCst) < STEPS / 2);
}

#[test]
fn clients_of_a1111_draw_look_and_read() {
    let dir = tempfile::tempdir().unwrap();
    let server = Running::start(dir.path(), "");
    let request = json!({
        "prompt": "a red ball", "negative_prompt": "dogs", "steps": 20, "seed": 11, "sampler_name": "DDIM", "batch_size": 1, "n_iter": 2,
        "width": 256, "height": 256, "cfg_scale": 7, "restore_faces": false, "alwayson_scripts": {}, "sampler_index": "Euler",
        "lmd": { "layout": layout() },
    });
    let answer = server.post("/sdapi/v1/txt2img", &request);
    assert_eq!(answer.status, 200, "{}", answer.text());
    let answer = answer.json();
    assert_eq!((answer["images"].as_array().unwrap().len(), &answer["lmd"]["layout"]), (2, &layout()));
    let info: serde_json::Value = serde_json::from_str(answer["info"].as_str().unwrap()).unwrap();
    assert_eq!((&info["seed"], &info["all_seeds"]), (&json!(11), &json!([11, 12])));
    assert_eq!(server.get("/sdapi/v1/progress").json()["progress"], 0.0);
    assert!(server.get("/sdapi/v1/samplers").text().contains("DDIM"));
    assert_eq!(server.get("/sdapi/v1/sd-models").json()[0]["model_name"], "bundled");
    assert_eq!(server.get("/sdapi/v1/options").json()["sd_model_checkpoint"], "bundled");
    assert_eq!(
        server.post("/sdapi/v1/options", &json!({ "sd_model_checkpoint": "bundled", "clip_skip": 1 })).status,
        200
    );
    assert_eq!(
        server.post("/sdapi/v1/options", &json!({ "sd_model_checkpoint": "/etc/passwd" })).status,
        404
    );
    let seen = server.post("/sdapi/v1/png-info", &json!({ "image": answer["images"][0] }));
    assert_eq!((seen.status, &seen.json()["info"]), (200, &json!("")));
    assert_eq!(server.post("/sdapi/v1/png-info", &json!({ "image": "???" })).status, 400);
    assert_eq!(
        server.post("/sdapi/v1/txt2img", &json!({ "prompt": "a", "sampler_name": "magic" })).status,
        400
    );
}

#[test]
fn an_interrupt_ends_what_is_drawn() {
    let dir = tempfile::tempdir().unwrap();
    let server = Running::start(dir.path(), "");
    let id = server.draw(&json!({ "prompt": "slow", "layout": layout() }));
    server.wait(&id, &["generating"]);
    while server.get("/sdapi/v1/progress").json()["progress"].as_f64().unwrap() == 0.0 {
        std::thread::sleep(Duration::from_millis(5));
    }
    let state = server.get("/sdapi/v1/progress").json();
    assert!(
        state["current_image"].as_str().is_some() && state["state"]["sampling_steps"] == STEPS,
        "{state}"
    );
    assert_eq!(server.post("/sdapi/v1/interrupt", &json!({})).status, 200);
    server.wait(&id, &["cancelled"]);
}
