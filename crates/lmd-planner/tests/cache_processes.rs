//! The cache under many processes and threads at once: every reader sees a
//! whole answer or none.

// Helpers of a test may panic; clippy exempts only the test functions.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::process::Command;
use std::thread;

use lmd_planner::cache::{AnswerCache, CacheKey, CacheMode};

const DIRECTORY: &str = "LMD_TEST_CACHE_DIRECTORY";
const PROCESSES: usize = 6;
const ROUNDS: usize = 40;
const PROMPTS: [&str; 3] = ["a cat", "a dog", "two birds"];

/// Answers differ in length, so that a torn file could not go unseen.
fn answer(prompt: &str, round: usize) -> String {
    format!("<{prompt}>{}</{prompt}>", "x".repeat(round * 97 % 20_000))
}

fn hammer(cache: &AnswerCache) {
    for round in 0..ROUNDS {
        for prompt in PROMPTS {
            let key = CacheKey { prompt, model: "m", template: "t", format: "f" };
            if let Some(found) = cache.get(&key).unwrap() {
                assert!(
                    found.starts_with(&format!("<{prompt}>")) && found.ends_with(&format!("</{prompt}>"))
                );
            }
            cache.put(&key, &answer(prompt, round)).unwrap();
            assert!(cache.get(&key).unwrap().is_some());
        }
    }
}

#[test]
fn many_processes_and_threads_share_one_cache() {
    if let Ok(dir) = std::env::var(DIRECTORY) {
        return hammer(&AnswerCache::in_dir(dir, CacheMode::ReadWrite));
    }
    let dir = tempfile::tempdir().unwrap();
    let this = std::env::current_exe().unwrap();
    let processes: Vec<_> = (0..PROCESSES)
        .map(|_| {
            let mut command = Command::new(&this);
            command
                .args(["--exact", "many_processes_and_threads_share_one_cache"])
                .env(DIRECTORY, dir.path());
            command.spawn().unwrap()
        })
        .collect();
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| hammer(&AnswerCache::in_dir(dir.path(), CacheMode::ReadWrite)));
        }
    });
    for mut process in processes {
        assert!(process.wait().unwrap().success());
    }
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), PROMPTS.len(), "no temporary file is left");
}
