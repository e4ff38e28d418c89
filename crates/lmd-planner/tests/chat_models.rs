//! Chat models of every kind against real HTTP servers on this machine, and
//! one registered from outside the crate.

// Helpers of a test may panic; clippy exempts only the test functions.
#![allow(clippy::unwrap_used, clippy::panic)]

mod server;

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use lmd_planner::cache::{AnswerCache, CacheMode};
use lmd_planner::llm::{
    Capabilities, ChatContext, ChatEvent, ChatModel, ChatModelEntry, ChatReply, ChatRequest, LlmConfig,
    LlmError, LlmPlanner, register,
};
use lmd_planner::{Conversation, Plan, PlanError, Planner, Source};
use secrecy::SecretString;
use serde_json::{Value, json};
use server::{Act, Server, chat, error, status};

const PROMPT: &str = "a black cat to the left of a brown dog";
const JSON: &str = r#"{"objects":[{"caption":"a black cat","box":[0.05,0.4,0.35,0.4]},{"caption":"a brown dog","box":[0.55,0.35,0.4,0.5]}],"background":"A realistic scene","negative":""}"#;

fn config(server: &Server, api: &str) -> LlmConfig {
    LlmConfig {
        api: api.to_owned(),
        url: server.url.clone(),
        model: "test-model".to_owned(),
        key: Some(SecretString::from("sk-0123456789")),
        timeout_s: 5.0,
        backoff_s: 0.005,
        retries: 2,
        ..LlmConfig::default()
    }
}

fn captions(plan: &Plan) -> Vec<&str> {
    plan.layout.objects().iter().map(|o| o.caption.as_str()).collect()
}

fn plan(server: &Server, api: &str) -> Result<Plan, LlmError> {
    match LlmPlanner::new(config(server, api)).unwrap().plan(PROMPT) {
        Ok(plan) => Ok(plan),
        Err(PlanError::Llm(error)) => Err(error),
        Err(other) => panic!("{other:?}"),
    }
}

#[test]
fn ollama_is_asked_in_its_own_words() {
    let answer = json!({"message": {"role": "assistant", "content": JSON, "thinking": "hm"},
        "done": true, "done_reason": "stop", "prompt_eval_count": 9, "eval_count": 7});
    let server = Server::start(vec![status(200, &answer)]);
    assert_eq!(captions(&plan(&server, "ollama").unwrap()), ["a black cat", "a brown dog"]);
    let request = server.requests()[0].clone();
    assert_eq!(request.path, "/api/chat");
    assert_eq!((&request.body["stream"], &request.body["options"]["num_ctx"]), (&json!(false), &json!(8192)));
    assert_eq!(request.body["options"]["num_predict"], 900);
    assert_eq!(request.body["format"]["type"], "object");

    let missing = Server::start(vec![Act::Say(
        404,
        String::new(),
        r#"{"error":"model 'test-model' not found"}"#.to_owned(),
    )]);
    let error = plan(&missing, "ollama").unwrap_err();
    assert!(
        matches!(&error, LlmError::NotFound { message, .. } if message.contains("not found")),
        "{error:?}"
    );
    let strange = Server::start(vec![Act::Say(200, String::new(), "Ollama is running".to_owned())]);
    assert!(matches!(plan(&strange, "ollama").unwrap_err(), LlmError::NotJson { .. }));
}

#[test]
fn settings_of_a_models_own_are_used_and_checked() {
    let server = Server::start(vec![status(200, &json!({"message": {"content": JSON}}))]);
    let with = |key: &str, value: Value| LlmConfig {
        options: [(key.to_owned(), value)].into(),
        ..config(&server, "ollama")
    };
    LlmPlanner::new(with("num_ctx", json!(4096))).unwrap().plan(PROMPT).unwrap();
    assert_eq!(server.requests()[0].body["options"]["num_ctx"], 4096);
    let error = LlmPlanner::new(with("num_context", json!(1))).unwrap_err().to_string();
    assert!(error.contains("num_context") && error.contains("num_ctx"), "{error}");
}

#[test]
fn anthropic_is_asked_with_a_tool_and_a_cached_prefix() {
    let layout: Value = serde_json::from_str(JSON).unwrap();
    let answer = json!({"content": [{"type": "tool_use", "name": "layout", "input": layout}],
        "stop_reason": "tool_use", "usage": {"input_tokens": 9, "output_tokens": 7}});
    let server = Server::start(vec![status(200, &answer)]);
    assert_eq!(captions(&plan(&server, "anthropic").unwrap()), ["a black cat", "a brown dog"]);
    let request = server.requests()[0].clone();
    assert_eq!(request.path, "/v1/messages");
    let headers = request.headers.to_lowercase();
    assert!(headers.contains("x-api-key: sk-0123456789") && headers.contains("anthropic-version: "));
    assert!(!headers.contains("authorization"));
    assert_eq!(request.body["tool_choice"]["name"], "layout");
    let blocks = &request.body["messages"][0]["content"];
    assert_eq!(blocks[0]["cache_control"]["type"], "ephemeral");
    assert!(!blocks[0]["text"].as_str().unwrap().contains(PROMPT));
    assert!(blocks[1]["text"].as_str().unwrap().contains(PROMPT));

    let text =
        json!({"content": [{"type": "text", "text": format!("Here:\n{JSON}")}], "stop_reason": "end_turn"});
    assert_eq!(captions(&plan(&Server::start(vec![status(200, &text)]), "anthropic").unwrap()).len(), 2);
    let busy = error(529, "overloaded_error", "Overloaded");
    let server = Server::start(vec![busy, status(200, &text)]);
    assert_eq!(captions(&plan(&server, "anthropic").unwrap()).len(), 2);
    let refusal = json!({"content": [{"type": "text", "text": "no"}], "stop_reason": "refusal"});
    let server = Server::start(vec![status(200, &refusal)]);
    assert_eq!(plan(&server, "anthropic").unwrap_err(), LlmError::Refused { message: "no".to_owned() });
    let wrong =
        json!({"type": "error", "error": {"type": "authentication_error", "message": "invalid x-api-key"}});
    let server = Server::start(vec![status(401, &wrong)]);
    assert!(matches!(plan(&server, "anthropic").unwrap_err(), LlmError::Unauthorized { .. }));
}

/// Answers every question with the same layout.
#[derive(Debug)]
struct Parrot(&'static str);

impl ChatModel for Parrot {
    fn name(&self) -> String {
        self.0.to_owned()
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::chat(false)
    }

    fn complete(&self, request: &ChatRequest, _: &ChatContext<'_>) -> Result<ChatReply, LlmError> {
        assert!(request.transcript().ends_with(&request.cue));
        Ok(ChatReply::new(
            "Objects: [('a black cat', [26, 205, 180, 205]), ('a brown dog', [280, 180, 205, 256])]\nBackground prompt: A realistic scene\nNegative prompt:",
        ))
    }
}

#[test]
fn a_model_from_outside_is_registered_and_planned_with() {
    let entry = ChatModelEntry {
        name: "parrot",
        summary: "says what it always says",
        default_url: "http://localhost",
        settings: || schemars::schema_for!(()),
        open: |_| Ok(Box::new(Parrot("polly"))),
    };
    register(entry).unwrap();
    let config = LlmConfig { api: "parrot".to_owned(), model: "any".to_owned(), ..LlmConfig::default() };
    let planner = LlmPlanner::new(config).unwrap();
    assert_eq!(planner.name(), "llm polly");
    let planner: Arc<dyn Planner> = Arc::new(planner);
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let planner = Arc::clone(&planner);
            std::thread::spawn(move || planner.plan(PROMPT).unwrap().layout)
        })
        .collect();
    for thread in threads {
        assert_eq!(thread.join().unwrap().objects().len(), 2);
    }
    let (talk, _) = Conversation::start(&*planner, PROMPT).unwrap();
    assert_eq!(talk.layout().objects().len(), 2);
}

#[test]
fn models_from_outside_do_not_share_their_answers() {
    let dir = tempfile::tempdir().unwrap();
    let asked = |name| {
        let cache = AnswerCache::in_dir(dir.path(), CacheMode::ReadWrite);
        let planner = LlmPlanner::with_model(Box::new(Parrot(name)), LlmConfig::default()).with_cache(cache);
        match planner.plan(PROMPT).unwrap().source {
            Source::Llm { asked, .. } => asked,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!([asked("polly"), asked("polly"), asked("molly")], [1, 0, 1]);
}

#[test]
fn a_server_that_fails_at_schemas_without_a_word_is_asked_without_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let failing = || status(500, &json!({}));
    let server = Server::start(vec![failing(), chat(JSON)]);
    let planner = || {
        let slow = LlmConfig { backoff_s: 60.0, max_wait_s: 60.0, ..config(&server, "openai") };
        let cache = AnswerCache::in_dir(dir.path().join("answers"), CacheMode::Refresh);
        LlmPlanner::new(slow).unwrap().with_cache(cache.with_servers(dir.path().join("servers")))
    };
    let start = Instant::now();
    assert_eq!(captions(&planner().plan(PROMPT).unwrap()).len(), 2);
    assert!(start.elapsed() < Duration::from_secs(20), "it was waited before adapting");
    assert!(!planner().model().capabilities().schema, "it is remembered between runs");
    planner().plan(PROMPT).unwrap();
    let asked: Vec<bool> =
        server.requests().iter().map(|request| request.body.get("response_format").is_some()).collect();
    assert_eq!(asked, [true, false, false]);
}

#[test]
fn what_was_remembered_wrongly_is_tried_anew() {
    let dir = tempfile::tempdir().unwrap();
    let missing = Act::Say(404, String::new(), r#"{"detail":"Not Found"}"#.to_owned());
    let server = Server::start(vec![missing.clone(), server::completion("[]"), missing, chat(JSON)]);
    let planner = || {
        let cache = AnswerCache::in_dir(dir.path().join("answers"), CacheMode::Refresh);
        let config = LlmConfig { max_repairs: 0, ..config(&server, "openai") };
        LlmPlanner::new(config).unwrap().with_cache(cache.with_servers(dir.path().join("servers")))
    };
    let _ = planner().plan("");
    let _ = planner().plan(PROMPT);
    assert!(!planner().model().capabilities().chat);
    assert_eq!(captions(&planner().plan(PROMPT).unwrap()).len(), 2);
    let paths: Vec<String> = server.requests().into_iter().map(|request| request.path).collect();
    let (chat, completion) = ("/v1/chat/completions", "/v1/completions");
    assert_eq!(paths, [chat, completion, completion, chat]);
}

#[test]
fn a_refused_key_is_no_reason_to_ask_another_way() {
    let dir = tempfile::tempdir().unwrap();
    let missing = Act::Say(404, String::new(), r#"{"detail":"Not Found"}"#.to_owned());
    let server = Server::start(vec![missing, server::completion("[]"), error(401, "x", "key expired")]);
    let planner = || {
        let cache = AnswerCache::in_dir(dir.path().join("answers"), CacheMode::Refresh);
        let config = LlmConfig { max_repairs: 0, ..config(&server, "openai") };
        LlmPlanner::new(config).unwrap().with_cache(cache.with_servers(dir.path().join("servers")))
    };
    let _ = planner().plan(PROMPT);
    let error = planner().plan(PROMPT).unwrap_err();
    assert!(matches!(error, PlanError::Llm(LlmError::Unauthorized { .. })), "{error:?}");
    assert_eq!(server.requests().len(), 3);
}

#[test]
fn options_that_no_model_has_are_refused() {
    for api in ["openai", "ollama", "anthropic"] {
        let options = [("temprature".to_owned(), json!(1))].into();
        let config = LlmConfig {
            api: api.to_owned(),
            model: "m".to_owned(),
            url: "http://localhost:1".to_owned(),
            options,
            ..LlmConfig::default()
        };
        let error = LlmPlanner::new(config).unwrap_err();
        assert!(matches!(error, LlmError::Config { setting: "options", .. }), "{api}: {error:?}");
        assert!(error.to_string().contains("temprature"), "{error}");
    }
}

#[test]
fn a_connection_that_was_left_open_and_then_closed_is_no_failed_attempt() {
    let body = json!({"choices": [{"message": {"content": JSON}, "finish_reason": "stop"}]}).to_string();
    let server = Server::start(vec![Act::LeaveOpen(body), chat(JSON)]);
    let planner = LlmPlanner::new(LlmConfig { retries: 0, ..config(&server, "openai") }).unwrap();
    for _ in 0..2 {
        assert_eq!(captions(&planner.plan(PROMPT).unwrap()).len(), 2);
    }
    assert_eq!(server.requests().len(), 2);
}

#[test]
fn streams_thoughts_and_marks_are_understood() {
    let event = |text: &str| format!("data: {}\n\n", json!({"choices": [{"delta": {"content": text}}]}));
    let (first, second) = JSON.split_at(40);
    let stream = format!("{}{}data: [DONE]\n\n", event(first), event(second));
    let thoughts = json!({"choices": [{"message": {"content": "", "reasoning_content": JSON}, "finish_reason": "stop"}]});
    let marked = format!("[THINK]objects: [\"car\"], {{\"x\": 1}}[/THINK]{JSON}");
    for act in [
        Act::Say(200, "content-type: text/event-stream\r\n".to_owned(), stream),
        status(200, &thoughts),
        chat(&marked),
        Act::Say(200, String::new(), format!("\u{feff}{}", json!({"choices": [{"text": JSON}]}))),
    ] {
        let server = Server::start(vec![act]);
        assert_eq!(captions(&plan(&server, "openai").unwrap()), ["a black cat", "a brown dog"]);
        assert_eq!(server.requests()[0].body["stream"], false);
    }
}

#[test]
fn a_reasoner_that_is_cut_off_gets_more_room_from_then_on() {
    let cut =
        json!({"choices": [{"message": {"content": "", "reasoning": "hm"}, "finish_reason": "length"}]});
    let server = Server::start(vec![status(200, &cut), chat(JSON)]);
    let planner = LlmPlanner::new(config(&server, "openai")).unwrap();
    for _ in 0..2 {
        assert_eq!(captions(&planner.plan(PROMPT).unwrap()).len(), 2);
    }
    let limits: Vec<u64> =
        server.requests().iter().map(|request| request.body["max_tokens"].as_u64().unwrap()).collect();
    assert_eq!(limits, [900, 9092, 9092]);
}

#[test]
fn the_whole_time_is_bounded_and_what_goes_on_is_told() {
    let server = Server::start(vec![Act::Hang(Duration::from_secs(30))]);
    let events = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&events);
    let config = LlmConfig { timeout_s: 0.4, retries: 50, backoff_s: 0.001, ..config(&server, "openai") };
    let planner = LlmPlanner::new(config.clone()).unwrap();
    let planner =
        planner.with_observer(move |event: &ChatEvent| told.lock().unwrap().push(event.to_string()));
    let start = Instant::now();
    assert!(matches!(planner.plan(PROMPT).unwrap_err(), PlanError::Llm(LlmError::Timeout { .. })));
    assert!(start.elapsed() < Duration::from_secs(5), "a silent server is asked twice, not 51 times");
    let told = events.lock().unwrap().join("\n");
    assert!(told.contains("did not answer within 0.4 s") && told.contains("asking again"), "{told}");

    let short = LlmConfig { timeout_s: 30.0, total_timeout_s: 0.5, ..config };
    let start = Instant::now();
    let error = LlmPlanner::new(short).unwrap().plan(PROMPT).unwrap_err().to_string();
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    assert!(error.contains("0.5 s") && error.contains("total_timeout_s"), "{error}");
}

#[test]
fn https_to_a_server_without_tls_is_told_as_such() {
    let server = Server::start(vec![chat(JSON)]);
    let url = server.url.replace("http://", "https://");
    let config = LlmConfig { url, retries: 0, timeout_s: 1.0, ..config(&server, "openai") };
    let error = LlmPlanner::new(config).unwrap().plan(PROMPT).unwrap_err();
    assert!(matches!(error, PlanError::Llm(LlmError::NotTls { .. })), "{error:?}");
    assert!(error.to_string().contains("speaks http, not https"));
    assert!(server.requests().iter().all(|request| !request.headers.contains("0123456789")));
}

#[test]
fn a_server_of_tls_that_answers_plain_http_with_400_is_not_taken_for_a_plain_one() {
    let server = Server::start(vec![Act::Say(400, String::new(), "Bad Request".to_owned())]);
    let url = server.url.replace("http://", "https://");
    let config = LlmConfig { url, retries: 0, timeout_s: 1.0, ..config(&server, "openai") };
    let error = LlmPlanner::new(config).unwrap().plan(PROMPT).unwrap_err();
    let lost = |error: &LlmError| {
        matches!(error, LlmError::Closed { .. } | LlmError::Unreachable { .. } | LlmError::Timeout { .. })
    };
    assert!(matches!(&error, PlanError::Llm(error) if lost(error)), "{error:?}");
}
