//! Captions in other languages: translated by the model, then planned and
//! checked like English ones.

// Helpers of a test may panic; clippy exempts only the test functions.
#![allow(clippy::unwrap_used, clippy::panic)]

mod server;

use lmd_planner::cache::{AnswerCache, CacheMode};
use lmd_planner::llm::{LlmConfig, LlmPlanner};
use lmd_planner::{Plan, Planner};
use server::{Server, chat};

const JSON: &str = r#"{"objects":[{"caption":"a black cat","box":[0.05,0.4,0.35,0.4]},{"caption":"a brown dog","box":[0.55,0.35,0.4,0.5]}],"background":"A realistic scene","negative":""}"#;

fn planner(server: &Server) -> LlmPlanner {
    let config = LlmConfig {
        url: server.url.clone(),
        model: "test-model".to_owned(),
        timeout_s: 5.0,
        backoff_s: 0.005,
        ..LlmConfig::default()
    };
    LlmPlanner::new(config).unwrap()
}

fn captions(plan: &Plan) -> Vec<&str> {
    plan.layout.objects().iter().map(|o| o.caption.as_str()).collect()
}

#[test]
fn a_caption_in_another_language_is_translated_and_then_held_against_the_layout() {
    let dir = tempfile::tempdir().unwrap();
    let one_cat = JSON.replace("a black cat", "a cat").replace("a brown dog", "a dog");
    let server = Server::start(vec![chat("two cats to the left of a dog"), chat(&one_cat)]);
    let planner = || planner(&server).with_cache(AnswerCache::in_dir(dir.path(), CacheMode::ReadWrite));
    let plan = planner().plan("zwei Katzen links neben einem Hund").unwrap();
    assert_eq!(captions(&plan), ["a cat", "a dog", "a cat"], "the missing one was added");
    let requests = server.requests();
    let question = requests[0].body["messages"][0]["content"].as_str().unwrap();
    assert!(question.ends_with("Caption: zwei Katzen links neben einem Hund\nEnglish:"), "{question}");
    let question = requests[1].body["messages"][0]["content"].as_str().unwrap();
    assert!(question.ends_with("Caption: two cats to the left of a dog\nLayout:"), "{question}");
    assert_eq!(planner().plan("zwei Katzen links neben einem Hund").unwrap().layout, plan.layout);
    assert_eq!(server.requests().len(), 2, "translation and answer come from the cache");
}

#[test]
fn what_is_no_translation_is_told() {
    let server = Server::start(vec![chat("zwei Katzen und ein Hund"), chat(JSON)]);
    let plan = planner(&server).plan("zwei Katzen und ein Hund").unwrap();
    assert_eq!(captions(&plan), ["a black cat", "a brown dog"]);
    assert!(plan.warnings.iter().any(|w| w.contains("no English translation")), "{:?}", plan.warnings);
}
