//! The OpenAPI document: whole, and as it was when it was last looked at.

// Here a panic is how a test fails.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod common;

use std::path::Path;

use common::Running;
use serde_json::Value;

fn document() -> Value {
    serde_json::from_str(&lmd_server::openapi_document().unwrap()).unwrap()
}

/// The document is part of the interface: who changes it looks at the difference. `LMD_TEST_BLESS=1` writes it anew.
#[test]
fn the_document_is_the_one_that_was_looked_at() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/openapi.json");
    let now = lmd_server::openapi_document().unwrap() + "\n";
    if std::env::var_os("LMD_TEST_BLESS").is_some() {
        std::fs::write(&file, &now).unwrap();
    }
    let kept = std::fs::read_to_string(&file).unwrap();
    assert!(
        now == kept,
        "the document changed; look at `LMD_TEST_BLESS=1 cargo test --release -p lmd-server --test openapi && git diff`"
    );
}

#[test]
fn every_route_is_in_the_document() {
    // Routes that are added without a description are these alone: the document, its page and the page itself.
    let source = include_str!("../src/openapi.rs");
    let bare: Vec<&str> = source
        .match_indices(".route(\"")
        .map(|(at, found)| {
            let rest = &source[at + found.len()..];
            &rest[..rest.find('"').unwrap()]
        })
        .collect();
    assert_eq!(
        bare,
        ["/openapi.json", "/docs", "/docs/explorer.js", "/", "/favicon.ico", "/icon.svg", "/assets/{*path}"]
    );
    for entry in walk(Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
        let text = std::fs::read_to_string(&entry).unwrap();
        let described = entry.ends_with("openapi.rs");
        assert!(described || !text.contains(".route("), "{} adds routes of its own", entry.display());
        // Every described handler is among the routes.
        for (at, _) in text.match_indices("#[utoipa::path(") {
            let rest = &text[at..];
            let name = rest.split("pub(crate) async fn ").nth(1).unwrap();
            let name = &name[..name.find(['(', '<']).unwrap()];
            let module = entry.file_stem().unwrap().to_str().unwrap();
            assert!(source.contains(&format!("{module}::{name}")), "{module}::{name} is no route");
        }
    }
}

fn walk(folder: std::path::PathBuf) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { walk(path) } else { vec![path] }).collect()
}

#[test]
fn the_document_is_sound_and_served() {
    let document = document();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"), "{}", document["openapi"]);
    let text = document.to_string();
    for (at, _) in text.match_indices("\"$ref\":\"#") {
        let rest = &text[at + "\"$ref\":\"#".len()..];
        let pointer = &rest[..rest.find('"').unwrap()];
        assert!(document.pointer(pointer).is_some(), "nothing is at {pointer}");
    }
    let mut names = std::collections::BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            assert!(operation["tags"][0].is_string() && operation["summary"].is_string(), "{method} {path}");
            assert!(operation["responses"]["401"].is_object(), "{method} {path}");
            assert!(names.insert(operation["operationId"].to_string()), "{} twice", operation["operationId"]);
        }
    }
    let dir = tempfile::tempdir().unwrap();
    let server = Running::start(dir.path(), "");
    assert_eq!(server.get("/openapi.json").json(), document);
}
