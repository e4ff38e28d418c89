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
    assert!(
        question.ends_with(
            "Caption: zwei Katzen links neben einem Hund\nWords: katzen = cat, hund = dog\nEnglish:"
        ),
        "{question}"
    );
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

#[test]
fn a_translation_that_lacks_a_word_is_asked_for_again_and_told_if_it_stays_lost() {
    let prompt = "Cuatro globos y un perro";
    let better = vec![chat("four lights and a dog"), chat("four balloons and a dog"), chat(JSON)];
    let server = Server::start(better);
    let plan = planner(&server).plan(prompt).unwrap();
    let requests = server.requests();
    let remark = requests[1].body["messages"][2]["content"].as_str().unwrap();
    assert!(remark.starts_with("The translation lacks: balloon (globos)."), "{remark}");
    let question = requests[2].body["messages"][0]["content"].as_str().unwrap();
    assert!(question.ends_with("Caption: four balloons and a dog\nLayout:"), "{question}");
    assert!(!plan.warnings.iter().any(|w| w.contains("does not name")), "{:?}", plan.warnings);

    let server = Server::start(vec![chat("four lights and a dog"), chat("a dog and lamps"), chat(JSON)]);
    let plan = planner(&server).plan(prompt).unwrap();
    let told = "the translation \"four lights and a dog\" does not name \"balloon\" (globos), as the prompt seems to";
    assert!(plan.warnings.iter().any(|w| w == told), "{:?}", plan.warnings);
}
