//! Jobs from acceptance to pictures: order, events, cancelling, panics, what a restart keeps.

// Here a panic is how a test fails.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod common;

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use common::{Fake, Running, STEPS, layout};
use serde_json::{Value, json};

#[test]
fn a_job_ends_with_its_pictures_in_the_gallery_once() {
    let dir = tempfile::tempdir().unwrap();
    let server = Running::start(dir.path(), "");
    let id = server.draw(
        &json!({ "prompt": "a red ball", "layout": layout(), "seed": 7, "n": 2, "plain_beside": true }),
    );
    let job = server.wait(&id, &["completed"]);
    let pictures = job["pictures"].as_array().unwrap();
    let told: Vec<_> =
        pictures.iter().map(|p| (p["seed"].as_u64().unwrap(), p["method"].as_str().unwrap())).collect();
    assert_eq!(told, [(7, "plain"), (7, "lmd"), (8, "plain"), (8, "lmd")]);
    assert_eq!((&job["seed_text"], &job["layout"]), (&json!("7"), &layout()));
    assert!(job["command_line"].as_str().unwrap().contains("--seed 7"), "{job}");
    let png = server.get(pictures[1]["url"].as_str().unwrap());
    assert!(png.bytes.starts_with(b"\x89PNG") && png.header("content-type") == "image/png");
    let again = server.request(
        "GET",
        pictures[1]["url"].as_str().unwrap(),
        &[("if-none-match", png.header("etag"))],
        b"",
    );
    assert_eq!((again.status, again.bytes.len()), (304, 0));
    assert!(server.get(pictures[1]["thumb_url"].as_str().unwrap()).bytes.starts_with(b"\x89PNG"));

    let gallery = server.get("/api/v1/gallery?limit=3").json();
    assert_eq!(gallery["pictures"].as_array().unwrap().len(), 3);
    let rest =
        server.get(&format!("/api/v1/gallery?limit=3&before={}", gallery["next"].as_str().unwrap())).json();
    assert_eq!((rest["pictures"].as_array().unwrap().len(), &rest["next"]), (1, &Value::Null));
    assert_eq!(server.get("/api/v1/gallery?q=ball%20plain").json()["pictures"].as_array().unwrap().len(), 2);
    assert_eq!(server.delete(pictures[1]["url"].as_str().unwrap()).status, 204);
    assert_eq!(server.get(pictures[1]["url"].as_str().unwrap()).status, 404);
    assert_eq!(server.job(&id)["pictures"].as_array().unwrap().len(), 3);
}

#[test]
fn events_tell_everything_in_order_and_can_be_taken_up_again() {
    let dir = tempfile::tempdir().unwrap();
    let server = Running::start(dir.path(), "preview_ms = 0");
    let id = server.draw(&json!({ "prompt": "a red ball to the left of a blue cube" }));
    let events = server.events(&id, None);
    assert!(events.is_sorted_by(|a, b| a.0 < b.0), "{events:?}");
    let kinds: Vec<&str> = events.iter().map(|(_, kind, _)| kind.as_str()).collect();
    let first = |kind: &str| {
        kinds.iter().position(|known| *known == kind).unwrap_or_else(|| panic!("{kind}: {kinds:?}"))
    };
    assert!(
        first("queued") < first("layout")
            && first("layout") < first("progress")
            && first("progress") < first("preview")
    );
    assert_eq!(kinds.last(), Some(&"completed"));
    let layout = &events[first("layout")].2["layout"];
    assert_eq!(layout["objects"].as_array().unwrap().len(), 2);
    let progress = &events[first("progress")].2;
    assert_eq!(
        (&progress["total"], &progress["part"], &progress["energy"]),
        (&json!(3), &json!("object"), &json!(0.5))
    );
    assert!(events[first("preview")].2["image"].as_str().unwrap().starts_with("data:image/png;base64,"));
    assert_eq!(events.last().unwrap().2["status"], "completed");

    // Whoever has seen the layout gets what came after it, and no more.
    let seen = events[first("layout")].0;
    let rest = server.events(&id, Some(seen));
    assert!(rest.iter().all(|(number, kind, _)| *number > seen && kind != "queued" && kind != "layout"));
    assert_eq!(rest.last().unwrap().1, "completed");
    assert!(server.events(&id, Some(events.last().unwrap().0)).is_empty());
}

#[test]
fn a_drawing_is_cancelled_within_one_step_and_a_waiting_job_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let fake = Fake::default();
    let (steps, drawn) = (fake.steps.clone(), fake.drawn.clone());
    let server = Running::with(dir.path(), "", fake);
    let running = server.draw(&json!({ "prompt": "slow", "layout": layout() }));
    let waiting = server.draw(&json!({ "prompt": "slow too", "layout": layout() }));
    server.wait(&running, &["generating"]);
    assert_eq!(server.job(&waiting)["queue_position"], 1);
    assert_eq!(server.delete(&format!("/api/v1/jobs/{waiting}")).status, 202);
    assert_eq!(server.job(&waiting)["status"], "cancelled");
    let before = steps.load(Ordering::SeqCst);
    assert_eq!(server.delete(&format!("/api/v1/jobs/{running}")).status, 202);
    server.wait(&running, &["cancelled"]);
    let taken = steps.load(Ordering::SeqCst) - before;
    assert!(taken < STEPS / 4, "it went on for {taken} steps");
    assert_eq!(server.delete(&format!("/api/v1/jobs/{running}")).status, 409);
    assert_eq!(server.events(&running, None).last().unwrap().1, "cancelled");
    // The next job is drawn as if nothing had been.
    let next = server.draw(&json!({ "prompt": "quick", "layout": layout() }));
    server.wait(&next, &["completed"]);
    assert_eq!(drawn.load(Ordering::SeqCst), 1);
}

#[test]
fn a_full_queue_is_told_with_a_time_to_come_back() {
    let dir = tempfile::tempdir().unwrap();
    let server = Running::start(dir.path(), "max_queue = 2");
    let running = server.draw(&json!({ "prompt": "slow", "layout": layout() }));
    server.wait(&running, &["generating"]);
    let waiting = [0, 1].map(|_| server.draw(&json!({ "prompt": "slow", "layout": layout() })));
    let refused = server.post("/api/v1/images", &json!({ "prompt": "slow", "layout": layout() }));
    assert_eq!((refused.status, &refused.json()["error"]["code"]), (429, &json!("queue_full")));
    assert!(refused.header("retry-after").parse::<u64>().unwrap() >= 1);
    server.delete(&format!("/api/v1/jobs/{}", waiting[0]));
    server.draw(&json!({ "prompt": "slow", "layout": layout() }));
    let listed = server.get("/api/v1/jobs?status=queued").json();
    assert_eq!(listed["jobs"].as_array().unwrap().len(), 2, "the refused one left nothing behind");
    let metrics = server.get("/metrics").text();
    assert!(
        metrics.contains("lmd_jobs_refused_total 1") && metrics.contains("lmd_jobs_waiting 2"),
        "{metrics}"
    );
    server.delete(&format!("/api/v1/jobs/{running}"));
}

#[test]
fn a_panic_fails_one_job_and_says_nothing_of_where() {
    let dir = tempfile::tempdir().unwrap();
    let server = Running::start(dir.path(), "");
    let bad = server.draw(&json!({ "prompt": "panic", "layout": layout() }));
    let good = server.draw(&json!({ "prompt": "fine", "layout": layout() }));
    let failed = server.wait(&bad, &["failed"]);
    assert_eq!(failed["error"]["code"], "internal");
    assert!(!failed.to_string().contains("/home"), "{failed}");
    server.wait(&good, &["completed"]);
    assert_eq!(server.events(&bad, None).last().unwrap().1, "failed");
    assert!(server.get("/metrics").text().contains("lmd_job_panics_total 1"));
}

#[test]
fn memory_that_is_missing_is_507_and_the_next_job_is_drawn() {
    let dir = tempfile::tempdir().unwrap();
    let server = Running::start(dir.path(), "");
    // Known before it is queued, or only while it is drawn.
    let early = server.post("/api/v1/images", &json!({ "prompt": "a cat", "width": 1984, "height": 64 }));
    assert_eq!((early.status, &early.json()["error"]["type"]), (507, &json!("insufficient_memory_error")));
    let late =
        server.post("/v1/images/generations", &json!({ "prompt": "memory", "lmd": { "layout": layout() } }));
    assert_eq!((late.status, &late.json()["error"]["code"]), (507, &json!("out_of_memory")));
    let next = server.draw(&json!({ "prompt": "fine", "layout": layout() }));
    server.wait(&next, &["completed"]);
}

#[test]
fn what_was_accepted_survives_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = Running::start(dir.path(), "shutdown_s = 0");
    let done = server.draw(&json!({ "prompt": "done", "layout": layout() }));
    server.wait(&done, &["completed"]);
    let running = server.draw(&json!({ "prompt": "slow", "layout": layout(), "seed": 5 }));
    let waiting = server.draw(&json!({ "prompt": "waiting", "seed": 6, "layout": layout() }));
    server.wait(&running, &["generating"]);
    let begun = Instant::now();
    server.end();
    assert!(begun.elapsed() < Duration::from_secs(8), "{:?}", begun.elapsed());

    let server = Running::start(dir.path(), "");
    assert_eq!(server.job(&done)["status"], "completed");
    assert_eq!(server.events(&done, None).last().unwrap().1, "completed");
    let redrawn = server.wait(&running, &["completed"]);
    let drawn = server.wait(&waiting, &["completed"]);
    assert_eq!(
        (redrawn["pictures"][0]["seed"].as_u64(), drawn["pictures"][0]["seed"].as_u64()),
        (Some(5), Some(6))
    );
    assert_eq!(server.get("/api/v1/gallery").json()["pictures"].as_array().unwrap().len(), 3);
}

#[test]
fn a_shutdown_lets_the_drawing_finish_and_takes_no_more() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = Running::start(dir.path(), "shutdown_s = 20");
    let id = server.draw(&json!({ "prompt": "slow", "layout": layout() }));
    server.wait(&id, &["generating"]);
    server.end();
    let server = Running::start(dir.path(), "");
    let job = server.job(&id);
    assert_eq!(job["status"], "completed", "{job}");
}

#[test]
fn one_folder_has_one_server() {
    let dir = tempfile::tempdir().unwrap();
    let _server = Running::start(dir.path(), "");
    let second =
        lmd_server::Server::with_painter(common::settings(dir.path(), ""), Box::new(Fake::default()));
    assert!(second.unwrap_err().to_string().contains("another server"));
}
