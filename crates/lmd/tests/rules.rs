//! The rules of the house (docs/architecture.md), read from the manifests: who
//! may use whom. `dev-dependencies` are free: tests may use anything.

// Here a panic is how a test fails.
#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Crates of command lines, terminals and HTTP servers.
const FRONTS: [&str; 14] = [
    "actix-web",
    "anstream",
    "anstyle",
    "axum",
    "clap",
    "clap_complete",
    "console",
    "crossterm",
    "ctrlc",
    "hyper",
    "indicatif",
    "rustyline",
    "tower",
    "tower-http",
];

/// Who may use the engine.
const OVER_THE_ENGINE: [&str; 3] = ["lmd", "lmd-batch", "lmd-server"];

fn crates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Every crate of the workspace and what it depends on to be built, optional or not, on any system.
fn graph() -> BTreeMap<String, BTreeSet<String>> {
    let mut graph = BTreeMap::new();
    for entry in fs::read_dir(crates()).unwrap() {
        let Ok(text) = fs::read_to_string(entry.unwrap().path().join("Cargo.toml")) else { continue };
        let manifest: toml::Table = text.parse().unwrap();
        let name = manifest["package"]["name"].as_str().unwrap().to_owned();
        let mut uses = dependencies(&manifest);
        let targets = manifest.get("target").and_then(toml::Value::as_table);
        uses.extend(
            targets.into_iter().flatten().flat_map(|(_, target)| dependencies(target.as_table().unwrap())),
        );
        graph.insert(name, uses);
    }
    assert!(graph.len() >= 8, "{graph:?}");
    graph
}

fn dependencies(table: &toml::Table) -> BTreeSet<String> {
    let listed = table.get("dependencies").and_then(toml::Value::as_table);
    listed.into_iter().flatten().map(|(name, _)| name.clone()).collect()
}

/// All that a crate uses, through others as well.
fn reach(graph: &BTreeMap<String, BTreeSet<String>>, from: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut next: Vec<&str> = vec![from];
    while let Some(name) = next.pop() {
        for used in graph.get(name).into_iter().flatten() {
            if found.insert(used.clone()) {
                next.push(used);
            }
        }
    }
    found
}

#[test]
fn no_crate_knows_one_above_it() {
    let graph = graph();
    let forbidden: [(&str, &[&str]); 6] = [
        (
            "lmd-layout",
            &["lmd-planner", "lmd-nn", "lmd-diffusion", "lmd-eval", "lmd-engine", "lmd", "burn", "ureq"],
        ),
        ("lmd-planner", &["lmd-nn", "lmd-diffusion", "lmd-eval", "lmd-engine", "lmd", "burn"]),
        ("lmd-local-llm", &["lmd-nn", "lmd-diffusion", "lmd-eval", "lmd-engine", "lmd", "burn"]),
        ("lmd-nn", &["lmd-planner", "lmd-diffusion", "lmd-eval", "lmd-engine", "lmd", "ureq"]),
        ("lmd-diffusion", &["lmd-planner", "lmd-eval", "lmd-engine", "lmd", "ureq"]),
        ("lmd-eval", &["lmd-nn", "lmd-diffusion", "lmd-engine", "lmd", "burn", "ureq"]),
    ];
    for (name, above) in forbidden {
        let used = reach(&graph, name);
        let wrong: Vec<_> = above.iter().filter(|other| used.contains(**other)).collect();
        assert!(wrong.is_empty(), "{name} must not use {wrong:?}");
    }
    for name in graph.keys() {
        assert!(!reach(&graph, name).contains(name), "{name} uses itself");
    }
}

#[test]
fn the_engine_knows_no_front() {
    let graph = graph();
    let used = reach(&graph, "lmd-engine");
    let wrong: Vec<_> = FRONTS.iter().filter(|front| used.contains(**front)).collect();
    assert!(wrong.is_empty(), "lmd-engine must not use {wrong:?}");
    for name in graph.keys().filter(|name| !OVER_THE_ENGINE.contains(&name.as_str())) {
        assert!(!reach(&graph, name).contains("clap"), "{name} must not use clap");
    }
    for (name, uses) in &graph {
        let may = OVER_THE_ENGINE.contains(&name.as_str());
        assert!(may || !uses.contains("lmd-engine"), "{name} must not use lmd-engine");
        assert!(
            name == "lmd-engine" || !uses.contains("lmd-demo-model"),
            "{name} must not use lmd-demo-model"
        );
    }
    assert!(graph["lmd-demo-model"].is_empty());
}

/// The fronts reach the networks and methods through the engine alone.
#[test]
fn the_fronts_draw_through_the_engine() {
    let graph = graph();
    for front in ["lmd", "lmd-server"] {
        for below in ["lmd-nn", "lmd-diffusion", "lmd-demo-model", "lmd-local-llm", "burn"] {
            assert!(!graph[front].contains(below), "{front} must not use {below}");
        }
    }
}

/// All `.rs` files below a folder.
fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

/// Networks may know `lmd_layout::Fidelity`, which is a word, and nothing of what layouts mean.
#[test]
fn networks_know_nothing_of_layouts() {
    let mut files = Vec::new();
    sources(&crates().join("lmd-nn/src"), &mut files);
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        for (at, _) in text.match_indices("lmd_layout::") {
            let rest = &text[at + "lmd_layout::".len()..];
            assert!(rest.starts_with("Fidelity"), "{} uses lmd_layout::{}", file.display(), &rest[..20]);
        }
    }
}

/// The engine returns; the fronts print.
#[test]
fn the_engine_prints_nothing() {
    let mut files = Vec::new();
    sources(&crates().join("lmd-engine/src"), &mut files);
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        for word in ["println!", "eprintln!", "print!", "io::stdout", "io::stderr", "process::exit"] {
            assert!(!text.contains(word), "{} uses {word}", file.display());
        }
    }
}
