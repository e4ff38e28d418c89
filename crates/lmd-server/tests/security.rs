//! The promises of the server: who may use it, what it takes, what it tells.

// Here a panic is how a test fails.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod common;

use common::{Fake, Running, layout, settings};
use lmd_server::Server;
use serde_json::{Value, json};

const KEY: &str = "0123456789abcdef0123456789abcdef";

fn keyed(dir: &std::path::Path) -> Running {
    let file = dir.join("keys");
    std::fs::write(&file, format!("# for tests\n{KEY}\nanother-key-of-somebody-else\n")).unwrap();
    owner_only(&file, 0o600);
    Running::start(dir, &format!("api_key_file = {:?}", file.display().to_string()))
}

#[cfg(unix)]
fn owner_only(file: &std::path::Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(mode)).unwrap();
}

/// Every operation of the document, with something for each part of its path.
fn operations() -> Vec<(String, String)> {
    let document: Value = serde_json::from_str(&lmd_server::openapi_document().unwrap()).unwrap();
    let paths = document["paths"].as_object().unwrap().iter();
    let all: Vec<_> = paths
        .flat_map(|(path, methods)| {
            let path = path.replace("{id}", "018f0000-0000-7000-8000-000000000000");
            methods.as_object().unwrap().keys().map(move |method| (method.to_uppercase(), path.clone()))
        })
        .collect();
    assert!(all.len() > 25, "{all:?}");
    all
}

#[test]
fn without_a_key_the_server_stays_on_its_machine() {
    let dir = tempfile::tempdir().unwrap();
    let open = |more: &str| Server::with_painter(settings(dir.path(), more), Box::new(Fake::default()));
    let told = open("host = \"0.0.0.0\"").unwrap_err().to_string();
    assert!(told.contains("--api-key-file") && told.contains("--insecure"), "{told}");
    assert!(open("host = \"::\"").is_err() && open("host = \"example.org\"").is_err());
    assert!(open("host = \"0.0.0.0\"\ninsecure = true").is_ok());
    assert!(open("").unwrap().address().unwrap().ip().is_loopback());
}

#[cfg(unix)]
#[test]
fn keys_that_others_may_read_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("keys");
    std::fs::write(&file, KEY).unwrap();
    owner_only(&file, 0o644);
    let more = format!("api_key_file = {:?}", file.display().to_string());
    let open = || Server::with_painter(settings(dir.path(), &more), Box::new(Fake::default()));
    assert!(open().unwrap_err().to_string().contains("chmod 600"));
    owner_only(&file, 0o600);
    open().unwrap();
    for bad in ["", "# none\n", "short\n"] {
        std::fs::write(&file, bad).unwrap();
        assert!(open().unwrap_err().to_string().contains("at least 16"), "{bad:?}");
    }
}

#[test]
fn one_key_does_not_fill_the_queue() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = keyed(dir.path());
    server.key = Some(KEY.to_owned());
    let slow = json!({ "prompt": "slow", "layout": layout() });
    let mut jobs: Vec<String> = (0..4).map(|_| server.draw(&slow)).collect();
    let refused = server.post("/api/v1/images", &slow);
    assert_eq!((refused.status, &refused.json()["error"]["code"]), (429, &json!("too_many_jobs")));
    assert!(refused.header("retry-after").parse::<u64>().unwrap() >= 1);
    let openai = json!({ "prompt": "slow", "lmd": { "layout": layout() } });
    assert_eq!(server.post("/v1/images/generations", &openai).status, 429);
    assert_eq!(server.post("/sdapi/v1/txt2img", &openai).status, 429);
    // Somebody else still has room, and a cancelled job makes some.
    server.key = Some("another-key-of-somebody-else".to_owned());
    jobs.push(server.draw(&slow));
    server.key = Some(KEY.to_owned());
    assert_eq!(server.delete(&format!("/api/v1/jobs/{}", jobs[3])).status, 202);
    jobs.push(server.draw(&slow));
    for job in jobs {
        server.delete(&format!("/api/v1/jobs/{job}"));
    }
}

#[test]
fn everything_needs_the_key_but_what_is_allowed_by_name() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = keyed(dir.path());
    let mut asked = operations();
    for path in [
        "/openapi.json",
        "/docs",
        "/docs/explorer.js",
        "/nothing",
        "/assets/../v1/models",
        "/api/v1/../../health",
    ] {
        asked.push(("GET".to_owned(), path.to_owned()));
    }
    for (method, path) in asked {
        let open = method == "GET" && ["/health", "/ready"].contains(&path.as_str());
        let headers = [("content-type", "application/json")];
        for key in [None, Some("Bearer wrong"), Some("Bearer "), Some("Basic Og=="), Some("bearer")] {
            let headers: Vec<_> = headers.into_iter().chain(key.map(|key| ("authorization", key))).collect();
            let body: &[u8] = if method == "GET" || method == "DELETE" { b"" } else { b"{}" };
            let answer = server.request(&method, &path, &headers, body);
            // Files of the page are looked up by name; what is none is not there.
            let asset = path.starts_with("/assets/");
            let expected = if open {
                200
            } else if asset {
                404
            } else {
                401
            };
            assert_eq!(answer.status, expected, "{method} {path} {key:?}: {}", answer.text());
            if !open && !asset {
                assert_eq!(answer.json()["error"]["type"], "authentication_error");
                assert_eq!(answer.header("www-authenticate"), "Bearer");
                // What else the request holds was not read.
                assert_eq!(answer.header("connection"), "close");
            }
        }
    }
    assert_eq!(server.get("/").status, 200);
    server.key = Some(KEY.to_owned());
    assert_eq!(server.get("/api/v1/capabilities").status, 200);
    server.key = Some("another-key-of-somebody-else".to_owned());
    assert_eq!(server.get("/metrics").status, 200);
    // Clients of A1111 send a name and a password.
    server.key = None;
    let basic = format!("Basic {}", base64(&format!("me:{KEY}")));
    assert_eq!(server.request("GET", "/sdapi/v1/samplers", &[("authorization", &basic)], b"").status, 200);
}

fn base64(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}

#[test]
fn other_names_and_other_sites_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let more = "allowed_hosts = [\"pictures.example.org\"]\nallowed_origins = [\"https://a.example\"]";
    let server = Running::start(dir.path(), more);
    let status = |headers: &[(&str, &str)]| server.request("GET", "/api/v1/models", headers, b"").status;
    assert_eq!(status(&[("host", "evil.example")]), 403);
    assert_eq!(status(&[("host", "localhost.evil.example:7860")]), 403);
    assert_eq!(status(&[("host", "pictures.example.org")]), 200);
    assert_eq!(status(&[("host", "localhost:1")]), 200);
    assert_eq!(status(&[("origin", "https://evil.example")]), 403);
    assert_eq!(status(&[("origin", "null")]), 403);
    assert_eq!(status(&[("origin", &server.url)]), 200);
    assert_eq!(status(&[("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "no-cors")]), 403);
    let allowed = server.request("GET", "/api/v1/models", &[("origin", "https://a.example")], b"");
    assert_eq!((allowed.status, allowed.header("access-control-allow-origin")), (200, "https://a.example"));
    let ask = [("origin", "https://a.example"), ("access-control-request-method", "POST")];
    let preflight = server.request("OPTIONS", "/api/v1/images", &ask, b"");
    assert_eq!(preflight.status, 204);
    assert!(server.get("/api/v1/models").header("access-control-allow-origin").is_empty());
}

#[test]
fn limits_are_held_before_anything_is_queued() {
    let dir = tempfile::tempdir().unwrap();
    let server =
        Running::start(dir.path(), "max_steps = 50\nmax_n = 3\nmax_pixels = 65536\nmax_body_bytes = 65536");
    let limits = server.get("/api/v1/capabilities").json()["limits"].clone();
    assert_eq!(
        (&limits["max_steps"], &limits["max_n"], &limits["max_pixels"]),
        (&json!(50), &json!(3), &json!(65536))
    );
    let long = "x".repeat(4001);
    let wrong: Vec<(Value, u16, &str)> = vec![
        (json!({ "steps": 51 }), 400, "steps"),
        (json!({ "steps": 0 }), 400, "steps"),
        (json!({ "n": 4 }), 400, "n"),
        (json!({ "n": 0 }), 400, "n"),
        (json!({ "width": 512, "height": 512 }), 400, "width"),
        (json!({ "width": 100 }), 400, "width"),
        (json!({ "preset": "faithful", "steps": 51 }), 400, "steps"),
        (json!({ "cfg_scale": 1e9 }), 400, "cfg_scale"),
        (json!({ "method": "magic" }), 400, "method"),
        (json!({ "sampler": "magic" }), 400, "sampler"),
        (json!({ "model": "../../etc/passwd" }), 404, "model"),
        (json!({ "seed": -2 }), 400, "seed"),
        (json!({ "seed": "x" }), 400, "seed"),
        (json!({ "prompt": long }), 400, "prompt"),
        (json!({ "prompt": " \u{202e}\n" }), 400, "prompt"),
        (json!({ "steps": "many" }), 422, "steps"),
        (json!({ "unknown": 1 }), 422, "unknown"),
        (json!({ "layout": { "objects": [{ "caption": "a", "box": [0.5, 0, 1, 1] }] } }), 422, "layout"),
    ];
    for (more, status, param) in wrong {
        let mut body = json!({ "prompt": "a cat" });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let answer = server.post("/api/v1/images", &body);
        assert_eq!(answer.status, status, "{more}: {}", answer.text());
        let told = answer.json()["error"].clone();
        assert!(
            told["param"].as_str().unwrap_or_default().starts_with(param)
                || told["message"].as_str().unwrap().contains(param),
            "{more}: {told}"
        );
    }
    let big = json!({ "prompt": "a cat", "negative": "x".repeat(70_000) });
    assert_eq!(server.post("/api/v1/images", &big).status, 413);
    let raw = |kind: &str, body: &[u8]| {
        server.request("POST", "/api/v1/images", &[("content-type", kind)], body).status
    };
    assert_eq!(
        (raw("text/plain", b"{}"), raw("application/json", b"{"), raw("application/json", b"{} {}")),
        (415, 400, 400)
    );
    assert!(matches!(raw("application/json", &b"[".repeat(60_000)), 400 | 422));
    assert_eq!(server.get("/api/v1/jobs").json()["jobs"], json!([]), "nothing was queued");
}

#[test]
fn nothing_leads_out_of_the_folder_of_pictures() {
    let dir = tempfile::tempdir().unwrap();
    let server = Running::start(dir.path(), "");
    for id in [
        "..%2f..%2flmd.toml",
        "%2e%2e",
        "lmd.sqlite",
        "%00",
        "018F0000-0000-7000-8000-000000000000",
        "CON",
        "018f0000-0000-7000-8000-00000000000/..",
    ] {
        for path in ["pictures/{}", "pictures/{}/thumb", "pictures/{}/recipe", "jobs/{}", "jobs/{}/events"] {
            let answer = server.get(&format!("/api/v1/{}", path.replace("{}", id)));
            assert_eq!(answer.status, 404, "{path} {id}: {}", answer.text());
        }
    }
    assert_eq!(server.get("/assets/..%2f..%2fCargo.toml").status, 404);
    assert_eq!(server.get("/assets/%2e%2e/index.html").status, 404);
}

#[test]
fn answers_tell_no_paths() {
    let dir = tempfile::tempdir().unwrap();
    let server = Running::start(dir.path(), "");
    let id = server.draw(&json!({ "prompt": "model", "layout": layout() }));
    let failed = server.wait(&id, &["failed"]);
    assert_eq!(failed["error"]["message"], "cannot read …/sd15: no such file");
    let home = dir.path().display().to_string();
    for path in [
        "/api/v1/capabilities",
        "/api/v1/models",
        "/sdapi/v1/sd-models",
        "/sdapi/v1/options",
        "/v1/models",
        "/api/v1/settings/llm",
        "/metrics",
    ] {
        let text = server.get(path).text();
        assert!(
            !text.contains(&home) && !text.contains("/root/") && !text.contains("/home/"),
            "{path}: {text}"
        );
    }
}

#[test]
fn the_key_of_a_language_model_goes_in_and_never_comes_out() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = Running::start(dir.path(), "");
    let set = server.put(
        "/api/v1/settings/llm",
        &json!({ "url": "http://127.0.0.1:9", "model": "m", "key": "sk-secret" }),
    );
    assert_eq!((set.status, &set.json()["key_set"], &set.json()["model"]), (200, &json!(true), &json!("m")));
    assert!(!set.text().contains("sk-secret"));
    server.end();
    let server = Running::start(dir.path(), "");
    let kept = server.get("/api/v1/settings/llm");
    assert_eq!((&kept.json()["url"], &kept.json()["key_set"]), (&json!("http://127.0.0.1:9"), &json!(true)));
    let moved = server.put("/api/v1/settings/llm", &json!({ "url": "http://127.0.0.1:10" }));
    assert_eq!(moved.json()["key_set"], false, "a key does not follow a new address");
    assert_eq!(server.put("/api/v1/settings/llm", &json!({ "url": "ftp://x" })).status, 400);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(dir.path().join("data/llm.json")).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0);
    }
}
