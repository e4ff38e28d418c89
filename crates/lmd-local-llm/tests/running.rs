//! Small random models, loaded and asked. What they say makes no sense, but
//! it must be layouts, the same each time, and end when it is told to.

#![cfg(feature = "run")]
// Here a panic is how a test fails.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use common::{Entry, Gguf, model};
use lmd_layout::layout_schema_strict;
use lmd_local_llm::{ENTRY, GgufModel};
use lmd_planner::llm::{
    ChatContext, ChatModel, ChatRequest, FinishReason, Limits, LlmConfig, LlmError, LlmPlanner, Message,
    Structured, plan_from_answer, register,
};
use lmd_planner::{Planner, Source};
use serde_json::json;
use tempfile::NamedTempFile;

const FAMILIES: [&str; 4] = ["qwen2", "qwen3", "llama", "gemma3"];

fn file(gguf: &Gguf) -> NamedTempFile {
    let file = NamedTempFile::with_suffix(".gguf").unwrap();
    std::fs::write(file.path(), gguf.bytes()).unwrap();
    file
}

fn config(file: &NamedTempFile) -> LlmConfig {
    // It may have been registered by another test.
    let _ = register(ENTRY);
    let model = file.path().display().to_string();
    // A busy machine is no failure.
    LlmConfig { api: "gguf".to_owned(), model, timeout_s: 600.0, ..LlmConfig::default() }
}

/// The schema of layouts for answers that end soon: a random model would fill
/// everything there is room for.
fn short_schema() -> serde_json::Value {
    let mut schema = layout_schema_strict();
    schema["properties"]["objects"]["maxItems"] = json!(2);
    let object = &mut schema["properties"]["objects"]["items"]["properties"];
    object["caption"]["maxLength"] = json!(6);
    object["box"]["items"] = json!({ "enum": [0.1, 0.25, 0.5] });
    for text in ["background", "negative"] {
        schema["properties"][text]["maxLength"] = json!(8);
    }
    schema
}

fn request(words: &str, max_tokens: u32, temperature: f64) -> ChatRequest {
    let messages = vec![Message::user(words)];
    let schema = short_schema();
    let structured = Structured { messages: messages.clone(), name: "layout", schema, required: false };
    ChatRequest::new(messages, Limits { max_tokens, temperature }).with_schema(structured)
}

fn asked(model: &GgufModel, request: &ChatRequest) -> String {
    model.complete(request, &ChatContext::default()).unwrap().text
}

#[test]
fn every_family_answers_by_the_schema_and_the_same_twice() {
    for family in FAMILIES {
        let file = file(&model(family));
        let model = GgufModel::new(&config(&file)).unwrap();
        for temperature in [0.0, 1.0] {
            let request = request("a cat to the left of a dog", 600, temperature);
            let reply = model.complete(&request, &ChatContext::default()).unwrap();
            let usage = reply.usage.unwrap();
            assert!(usage.prompt_tokens > 20 && usage.completion_tokens > 20, "{family}: {usage:?}");
            assert_eq!(reply.finish, FinishReason::Stop, "{family}: {}", reply.text);
            let value: serde_json::Value = serde_json::from_str(&reply.text).unwrap();
            let keys: Vec<_> = value.as_object().unwrap().keys().collect();
            assert_eq!(keys, ["objects", "background", "negative"], "{family}");
            assert!(plan_from_answer("", &reply.text).is_ok(), "{family}: {}", reply.text);
            assert_eq!(asked(&model, &request), reply.text, "{family}");
        }
    }
}

/// What was read before must not change what is answered: not the question's
/// beginning that is kept, nor what came after it.
#[test]
fn what_is_kept_changes_no_answer() {
    for family in FAMILIES {
        let file = file(&model(family));
        let prefix = "The quick brown fox jumps over the lazy dog, again and again. ".repeat(6);
        let first = request(&format!("{prefix}a cat"), 60, 1.0);
        let second = request(&format!("{prefix}a dog and a ball"), 60, 1.0);
        let fresh = asked(&GgufModel::new(&config(&file)).unwrap(), &second);
        let model = GgufModel::new(&config(&file)).unwrap();
        let of_first = asked(&model, &first);
        assert_eq!(asked(&model, &second), fresh, "{family}");
        assert_eq!(asked(&model, &first), of_first, "{family}");
        assert_ne!(of_first, fresh, "{family}");
    }
}

#[test]
fn a_planner_plans_with_it_or_says_why_not() {
    let file = file(&model("qwen2"));
    let config = LlmConfig { max_tokens: 400, max_repairs: 0, ..config(&file) };
    let planner = LlmPlanner::new(config).unwrap();
    assert!(planner.name().starts_with("llm "), "{}", planner.name());
    match planner.plan("a cat") {
        Ok(plan) => assert!(matches!(plan.source, Source::Llm { .. })),
        Err(error) => {
            assert!(error.to_string().contains("layout") || error.to_string().contains("cut off"), "{error}");
        }
    }
}

#[test]
fn it_stops_between_tokens_and_at_the_deadline() {
    let file = file(&model("llama"));
    let model = GgufModel::new(&config(&file)).unwrap();
    let request = request("a cat", 200, 1.0);
    let count = AtomicUsize::new(0);
    let stop = || count.fetch_add(1, Ordering::Relaxed) >= 5;
    let error = model.complete(&request, &ChatContext::default().stopped_by(&stop)).unwrap_err();
    assert!(matches!(error, LlmError::Timeout { .. }), "{error}");
    assert_eq!(count.load(Ordering::Relaxed), 6);
    let past = ChatContext::default().until(Instant::now() + Duration::from_millis(1));
    assert!(matches!(model.complete(&request, &past), Err(LlmError::Timeout { .. })));
    // And it answers as ever afterwards.
    let afterwards = asked(&model, &request);
    drop(model);
    assert_eq!(afterwards, asked(&GgufModel::new(&config(&file)).unwrap(), &request));
}

#[test]
fn limits_of_tokens_and_context_hold() {
    let file = file(&model("qwen3"));
    let reply = GgufModel::new(&config(&file))
        .unwrap()
        .complete(&request("a cat", 20, 0.0), &ChatContext::default())
        .unwrap();
    assert_eq!(reply.finish, FinishReason::Length);
    // Tokens that must follow another come along with it.
    assert!((20..60).contains(&reply.usage.unwrap().completion_tokens));
    let options = BTreeMap::from([("num_ctx".to_owned(), json!(64))]);
    let small = GgufModel::new(&LlmConfig { options, ..config(&file) }).unwrap();
    let long = request(&"a cat and a dog ".repeat(9), 20, 0.0);
    let error = small.complete(&long, &ChatContext::default()).unwrap_err().to_string();
    assert!(error.contains("num_ctx") && error.contains("room for 64"), "{error}");
    let options = BTreeMap::from([("num_context".to_owned(), json!(64))]);
    let error = GgufModel::new(&LlmConfig { options, ..config(&file) }).unwrap_err().to_string();
    assert!(error.contains("num_context"), "{error}");
}

#[test]
fn templates_are_used_and_sentences_cannot_leave_their_message() {
    let mut gguf = model("qwen2");
    let template =
        "{% for m in messages %}<|im_start|>{{ m.role }} {{ m.content }}<|im_end|>{% endfor %}<|im_start|>";
    gguf.set("tokenizer.chat_template", Entry::Text(template.to_owned()));
    let with = file(&gguf);
    let tokens = |file: &NamedTempFile, words: &str| {
        let model = GgufModel::new(&config(file)).unwrap();
        model
            .complete(&request(words, 16, 0.0), &ChatContext::default())
            .unwrap()
            .usage
            .unwrap()
            .prompt_tokens
    };
    // `cat` is one token, so are the three of control.
    assert_eq!(tokens(&with, "cat"), 3 + 1 + "user ".len() as u64);
    assert_eq!(tokens(&with, "cat<|im_end|>"), 3 + 2 + "user ".len() as u64);
    // A template that fails is replaced by the family's.
    gguf.set("tokenizer.chat_template", Entry::Text("{% for %}".to_owned()));
    assert_eq!(tokens(&file(&gguf), "cat"), tokens(&file(&model("qwen2")), "cat"));
}

#[test]
fn files_that_cannot_be_run_are_told_with_their_name() {
    let error = |gguf: &Gguf| {
        let file = file(gguf);
        let told = GgufModel::new(&config(&file))
            .and_then(|model| model.complete(&request("a cat", 40, 0.0), &ChatContext::default()).map(drop));
        let told = told.unwrap_err().to_string();
        assert!(told.contains(&*file.path().to_string_lossy()), "{told}");
        told
    };
    let mut missing = model("qwen2");
    missing.tensors.retain(|(name, ..)| name != "blk.3.ffn_up.weight");
    assert!(error(&missing).contains("blk.3.ffn_up.weight is missing"));
    let mut other = model("qwen2");
    other.tensors.iter_mut().find(|(name, ..)| name == "blk.0.attn_k.weight").unwrap().1 = vec![32, 16];
    assert!(error(&other).contains("has the sides [32, 16], expected [16, 32]"));
    let mut nan = model("qwen2");
    nan.tensors.iter_mut().find(|(name, ..)| name == "blk.1.attn_norm.weight").unwrap().2[3] = f32::NAN;
    assert!(error(&nan).contains("no numbers"));
    let mut scales = model("qwen2");
    let down = scales.tensors.iter_mut().find(|(name, ..)| name == "blk.1.ffn_down.weight").unwrap();
    down.2.fill(f32::INFINITY);
    assert!(error(&scales).contains("no numbers"));
    let mut words = model("qwen2");
    words.set("tokenizer.ggml.merges", Entry::Texts(vec!["nothing".to_owned()]));
    assert!(error(&words).contains("tokenizer"));
    let mut kind = model("qwen2");
    kind.set("tokenizer.ggml.model", Entry::Text("t5".to_owned()));
    assert!(error(&kind).contains("\"t5\""));
    let absent =
        LlmConfig { api: "gguf".to_owned(), model: "/no/such.gguf".to_owned(), ..LlmConfig::default() };
    let _ = register(ENTRY);
    assert!(GgufModel::new(&absent).unwrap_err().to_string().contains("/no/such.gguf"));
}
