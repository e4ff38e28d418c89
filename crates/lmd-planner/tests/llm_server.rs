//! The LLM planner against a real HTTP server on this machine: good answers,
//! bad answers, and everything a server does instead of answering.

// Helpers of a test may panic; clippy exempts only the test functions.
#![allow(clippy::unwrap_used, clippy::panic)]

mod server;

use std::time::{Duration, Instant};

use lmd_planner::cache::{AnswerCache, CacheMode};
use lmd_planner::llm::{Endpoint, Format, LlmConfig, LlmError, LlmPlanner};
use lmd_planner::{Conversation, Plan, PlanError, Planner, Source};
use secrecy::SecretString;
use serde_json::json;
use server::{Act, Server, chat, completion, error, status};

const KEY: &str = "sk-0123456789abcdef-secret";
const PROMPT: &str = "a black cat to the left of a brown dog";
const JSON: &str = r#"{"objects":[{"caption":"a black cat","box":[0.05,0.4,0.35,0.4]},{"caption":"a brown dog","box":[0.55,0.35,0.4,0.5]}],"background":"A realistic scene","negative":""}"#;
const TEXT: &str = "Objects: [('a black cat', [26, 205, 180, 205]), ('a brown dog', [280, 180, 205, 256])]\nBackground prompt: A realistic scene\nNegative prompt:";

fn config(server: &Server) -> LlmConfig {
    LlmConfig {
        url: server.url.clone(),
        model: "test-model".to_owned(),
        key: Some(SecretString::from(KEY)),
        timeout_s: 5.0,
        backoff_s: 0.005,
        max_wait_s: 2.0,
        retries: 2,
        ..LlmConfig::default()
    }
}

fn planner(server: &Server) -> LlmPlanner {
    LlmPlanner::new(config(server)).unwrap()
}

fn captions(plan: &Plan) -> Vec<&str> {
    plan.layout.objects().iter().map(|o| o.caption.as_str()).collect()
}

fn asked(plan: &Plan) -> u32 {
    match plan.source {
        Source::Llm { asked, .. } => asked,
        ref other => panic!("{other:?}"),
    }
}

/// Plans, expects a failure, and sees to it that the key is in none of its
/// words. Gives the error and how many requests it took.
fn fails(acts: Vec<Act>) -> (LlmError, usize) {
    let server = Server::start(acts);
    let error = match planner(&server).plan(PROMPT) {
        Err(PlanError::Llm(error)) => error,
        other => panic!("{other:?}"),
    };
    for words in [error.to_string(), format!("{error:?}"), format!("{:?}", planner(&server))] {
        assert!(!words.contains("0123456789abcdef"), "{words}");
    }
    let shown = error.to_string();
    assert!(!shown.contains('\u{1b}') && shown.len() < 1_500, "{shown}");
    (error, server.requests().len())
}

#[test]
fn a_server_that_knows_schemas_is_asked_for_json() {
    let server = Server::start(vec![chat(JSON)]);
    let plan = planner(&server).plan("a black cat to the left of a brown dog.").unwrap();
    assert_eq!(captions(&plan), ["a black cat", "a brown dog"]);
    assert_eq!(plan.warnings, [""; 0]);
    assert_eq!(plan.layout.objects()[0].bbox.y(), 205.0 / 512.0);
    assert!(matches!(&plan.source, Source::Llm { model, answer, cached: false, asked: 1 }
        if model == "test-model" && answer == JSON));

    let requests = server.requests();
    let request = &requests[0];
    assert_eq!(request.path, "/v1/chat/completions");
    assert!(request.headers.to_lowercase().contains(&format!("authorization: bearer {KEY}")));
    assert_eq!(request.body["max_tokens"], 900);
    assert_eq!(request.body["temperature"], 0.25);
    assert_eq!(request.body["response_format"]["type"], "json_schema");
    assert_eq!(request.body["response_format"]["json_schema"]["strict"], true);
    assert!(request.body.get("stop").is_none());
    let question = request.body["messages"][0]["content"].as_str().unwrap();
    assert!(question.ends_with("Caption: a black cat to the left of a brown dog\nLayout:"), "{question}");
}

#[test]
fn a_server_without_schemas_is_asked_for_text_from_then_on() {
    let refusal =
        error(400, "invalid_request_error", "'response_format' of type json_schema is not supported");
    let server = Server::start(vec![refusal, chat(TEXT), chat(TEXT)]);
    let planner = planner(&server);
    for _ in 0..2 {
        assert_eq!(captions(&planner.plan(PROMPT).unwrap()), ["a black cat", "a brown dog"]);
    }
    let requests = server.requests();
    assert_eq!(requests.len(), 3, "the second plan does not try the schema again");
    for request in &requests[1..] {
        assert!(request.body.get("response_format").is_none());
        let question = request.body["messages"][0]["content"].as_str().unwrap();
        assert!(question.ends_with("\nObjects:"));
    }
}

#[test]
fn an_answer_that_cannot_be_read_is_asked_for_again() {
    let server = Server::start(vec![chat("Here you are: a nice cat!"), chat(JSON)]);
    let plan = planner(&server).plan(PROMPT).unwrap();
    assert_eq!(asked(&plan), 2);
    let messages = server.requests()[1].body["messages"].clone();
    assert_eq!(messages[1]["content"], "Here you are: a nice cat!");
    assert_eq!(messages[2]["role"], "user");
    let complaint = messages[2]["content"].as_str().unwrap();
    assert!(complaint.contains("cannot be read: line 1"), "{complaint}");
}

/// A layout that has nothing to do with the prompt.
const UNRELATED: &str =
    r#"{"objects":[{"caption":"a ship","box":[0.1,0.3,0.6,0.5]}],"background":"A harbour","negative":""}"#;

#[test]
fn a_layout_that_breaks_the_prompt_is_repaired_before_anybody_is_asked_again() {
    let wrong = JSON.replace("a brown dog", "a dog").replace("[0.05,", "[0.6,").replace("[0.55,", "[0.02,");
    let server = Server::start(vec![chat(&wrong.replace(r#""negative":"""#, r#""negative":"dogs""#))]);
    let plan = planner(&server).plan(PROMPT).unwrap();
    assert_eq!((asked(&plan), server.requests().len()), (1, 1));
    assert_eq!(captions(&plan), ["a black cat", "a brown dog"]);
    let [cat, dog] = [plan.layout.objects()[0].bbox, plan.layout.objects()[1].bbox];
    assert!(cat.center().0 < dog.center().0 && plan.layout.negative().is_empty());
    assert!(plan.warnings.iter().all(|warning| warning.starts_with("repaired: ")), "{:?}", plan.warnings);
    assert_eq!(plan.warnings.len(), 3, "{:?}", plan.warnings);
}

#[test]
fn a_layout_that_is_not_about_the_prompt_is_asked_for_again_with_the_fault_named() {
    let server = Server::start(vec![chat(UNRELATED), chat(JSON)]);
    let plan = planner(&server).plan(PROMPT).unwrap();
    assert_eq!((asked(&plan), plan.warnings.len()), (2, 0));
    let messages = server.requests()[1].body["messages"].clone();
    assert_eq!(messages[1]["content"], UNRELATED);
    let complaint = messages[2]["content"].as_str().unwrap();
    assert!(complaint.contains("shows nothing of what the prompt names"), "{complaint}");
}

#[test]
fn what_stays_violated_is_told_and_the_best_layout_kept() {
    let server = Server::start(vec![chat(UNRELATED)]);
    let plan = planner(&server).plan(PROMPT).unwrap();
    assert_eq!(asked(&plan), 3);
    assert!(captions(&plan).ends_with(&["a black cat", "a brown dog"]), "{:?}", captions(&plan));
    assert!(plan.warnings.iter().any(|w| w.contains("shows nothing")), "{:?}", plan.warnings);
    let never = LlmPlanner::new(LlmConfig { max_repairs: 0, ..config(&server) }).unwrap();
    let before = server.requests().len();
    assert!(!never.plan(PROMPT).unwrap().warnings.is_empty());
    assert_eq!(server.requests().len(), before + 1);
}

#[test]
fn an_answer_that_never_can_be_read_is_not_lost() {
    let (error, requests) = fails(vec![chat(&format!("I like cats. {KEY} {}", "cat ".repeat(2_000)))]);
    assert_eq!(requests, 3, "once, and two repairs");
    assert!(matches!(error, LlmError::BadAnswer { .. }));
    assert!(error.answer().unwrap().len() > 8_000 && error.answer().unwrap().contains("[key]"));
}

#[test]
fn a_server_error_in_a_repair_keeps_the_first_failure_apart() {
    let server = Server::start(vec![chat("no layout"), error(401, "invalid_api_key", "gone")]);
    let failure = planner(&server).plan(PROMPT).unwrap_err().to_string();
    assert!(failure.contains("refused the key"), "{failure}");
}

#[test]
fn a_layout_without_a_usable_box_is_asked_for_again() {
    let full = r#"{"objects":[{"caption":"a black cat","box":[0,0,1,1]}],"background":"x","negative":""}"#;
    let server = Server::start(vec![chat("a black tomcat and a brown dog"), chat(full), chat(JSON)]);
    let plan = planner(&server).plan("Ein schwarzer Kater und ein brauner Hund").unwrap();
    assert_eq!(asked(&plan), 2);
    let complaint = server.requests()[2].body["messages"][2]["content"].to_string();
    assert!(complaint.contains("no object has a usable box") && complaint.contains("covers"), "{complaint}");
}

#[test]
fn a_failure_while_asking_again_does_not_lose_the_layout() {
    let full = r#"{"objects":[{"caption":"a cat","box":[0,0,1,1]}],"background":"x","negative":""}"#;
    let server = Server::start(vec![chat(full), error(401, "x", "key expired")]);
    let plan = planner(&server).plan(PROMPT).unwrap();
    assert_eq!((plan.layout.background(), asked(&plan)), ("x", 1));
    assert!(plan.warnings.iter().any(|w| w.contains("key expired")), "{:?}", plan.warnings);
}

#[test]
fn a_wrong_key_is_told_without_showing_it() {
    let (error, requests) =
        fails(vec![error(401, "invalid_api_key", &format!("Incorrect API key: {KEY}\u{1b}[31m"))]);
    assert_eq!(requests, 1);
    let words = error.to_string();
    assert!(words.contains("LMD_LLM_KEY") && words.contains("[key]"), "{words}");
    assert!(matches!(
        fails(vec![Act::Say(403, String::new(), KEY.to_owned())]).0,
        LlmError::Unauthorized { .. }
    ));
}

#[test]
fn a_missing_key_names_the_variable() {
    let server = Server::start(vec![error(401, "x", "key missing")]);
    let planner = LlmPlanner::new(LlmConfig { key: None, ..config(&server) }).unwrap();
    assert!(planner.plan(PROMPT).unwrap_err().to_string().contains("set LMD_LLM_KEY"));
    assert!(!server.requests()[0].headers.to_lowercase().contains("authorization"));
}

#[test]
fn a_rate_limit_is_waited_for() {
    let busy =
        Act::Say(429, "retry-after: 1\r\n".to_owned(), r#"{"error":{"message":"slow down"}}"#.to_owned());
    let server = Server::start(vec![busy, chat(JSON)]);
    let start = Instant::now();
    assert_eq!(asked(&planner(&server).plan(PROMPT).unwrap()), 1);
    assert!(start.elapsed() >= Duration::from_secs(1));
    assert_eq!(server.requests().len(), 2);
}

#[test]
fn a_long_rate_limit_is_told_at_once() {
    let busy = Act::Say(429, "retry-after: 3600\r\n".to_owned(), r#"{"error":"slow down"}"#.to_owned());
    let (error, requests) = fails(vec![busy]);
    assert_eq!(requests, 1);
    assert_eq!(
        error,
        LlmError::RateLimited {
            retry_after: Some(Duration::from_secs(3600)),
            message: "slow down".to_owned()
        }
    );
    assert!(error.to_string().contains("3600 s"));
}

#[test]
fn an_empty_account_is_not_a_rate_limit() {
    let (error, requests) = fails(vec![error(429, "insufficient_quota", "You exceeded your current quota")]);
    assert_eq!(requests, 1);
    assert!(matches!(error, LlmError::InsufficientQuota { .. }));
}

#[test]
fn a_failing_server_is_tried_again_and_given_up() {
    let server =
        Server::start(vec![status(500, &json!({})), Act::Close, status(503, &json!({})), chat(JSON)]);
    let patient = LlmPlanner::new(LlmConfig { retries: 3, ..config(&server) }).unwrap();
    assert!(patient.plan(PROMPT).is_ok());
    let (error, requests) = fails(vec![Act::Say(500, String::new(), "<h1>Oops</h1>".to_owned())]);
    assert_eq!(requests, 3);
    assert_eq!(error, LlmError::Server { status: 500, message: "<h1>Oops</h1>".to_owned() });
}

#[test]
fn a_silent_or_trickling_server_is_not_waited_for_for_ever() {
    let endless = b"HTTP/1.1 200 OK\r\n\r\n".iter().chain(&[b' '; 1_000]).copied().collect();
    for act in [Act::Hang(Duration::from_secs(20)), Act::Trickle(endless, Duration::from_millis(10))] {
        let server = Server::start(vec![act]);
        let config = LlmConfig { timeout_s: 0.3, retries: 0, ..config(&server) };
        let start = Instant::now();
        let error = LlmPlanner::new(config).unwrap().plan(PROMPT).unwrap_err();
        assert!(matches!(error, PlanError::Llm(LlmError::Timeout { .. })), "{error:?}");
        assert!(start.elapsed() < Duration::from_secs(3));
    }
}

#[test]
fn nobody_there_is_told_with_the_address() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let config = LlmConfig { url: url.clone(), model: "m".to_owned(), ..LlmConfig::default() };
    let error = LlmPlanner::new(config).unwrap().plan(PROMPT).unwrap_err();
    assert!(matches!(error, PlanError::Llm(LlmError::Unreachable { .. })), "{error:?}");
    assert!(error.to_string().contains(&url));
}

#[test]
fn a_server_without_tls_is_not_spoken_to_in_the_clear() {
    let server = Server::start(vec![chat(JSON)]);
    let config = LlmConfig { url: server.url.replace("http://", "https://"), retries: 0, ..config(&server) };
    let error = LlmPlanner::new(config).unwrap().plan(PROMPT).unwrap_err().to_string();
    assert!(error.contains("https://127.0.0.1"), "{error}");
    assert!(server.requests().iter().all(|r| !r.headers.contains("0123456789abcdef")));
}

#[test]
fn a_huge_response_and_a_huge_answer_are_refused() {
    let (error, _) = fails(vec![Act::Say(200, String::new(), "x".repeat(3 << 20))]);
    assert!(matches!(error, LlmError::TooLarge { what: "response", .. }), "{error:?}");
    let (error, _) = fails(vec![chat(&"cat ".repeat(20_000))]);
    assert!(matches!(error, LlmError::TooLarge { what: "answer", .. }), "{error:?}");
}

#[test]
fn a_closed_connection_is_told_as_such() {
    let (error, requests) = fails(vec![Act::Close]);
    assert!(matches!(error, LlmError::Closed { .. }), "{error:?}");
    assert_eq!(requests, 3);
    let half = b"HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\n{\"choices\":".to_vec();
    assert!(matches!(fails(vec![Act::Raw(half)]).0, LlmError::Closed { .. }));
}

#[test]
fn redirects_are_not_followed_with_the_key() {
    let thief = Server::start(vec![chat(JSON)]);
    let location = format!("location: {}/v1/chat/completions\r\n", thief.url);
    let (error, _) = fails(vec![Act::Say(307, location, String::new())]);
    assert!(error.to_string().contains(&thief.url), "{error}");
    assert!(thief.requests().is_empty());
}

#[test]
fn other_servers_and_other_shapes_are_told() {
    let (error, _) = fails(vec![Act::Say(200, String::new(), "<html>Welcome to nginx".to_owned())]);
    assert!(error.to_string().contains("nginx") && matches!(error, LlmError::NotJson { .. }));
    let (error, _) = fails(vec![Act::Raw(b"220 smtp ready\r\n".to_vec())]);
    assert!(matches!(error, LlmError::NotJson { .. }), "{error:?}");
    let (error, _) = fails(vec![status(200, &json!({"result": "x"}))]);
    assert!(matches!(error, LlmError::NotJson { .. }));
    let (error, _) =
        fails(vec![status(404, &json!({"error": {"message": "model \"test-model\" not found"}}))]);
    assert!(error.to_string().contains("LMD_LLM_MODEL"), "{error}");
    let (error, _) = fails(vec![status(200, &json!({"error": {"message": "no memory", "code": 503}}))]);
    assert_eq!(error, LlmError::Server { status: 503, message: "no memory".to_owned() });
    let (error, requests) = fails(vec![status(422, &json!({"detail": [{"msg": "field required"}]}))]);
    assert!(error.to_string().contains("field required") && requests == 1, "{error}");
}

#[test]
fn refusals_and_empty_answers_differ() {
    let refusal = json!({"choices": [{"message": {"content": null, "refusal": "I cannot help"}}]});
    let (error, requests) = fails(vec![status(200, &refusal)]);
    assert_eq!(error, LlmError::Refused { message: "I cannot help".to_owned() });
    assert_eq!(requests, 1);
    let (error, _) = fails(vec![status(200, &json!({"choices": [{"message": {"content": null}}]}))]);
    assert!(error.to_string().contains("it is empty"), "{error}");
    let filtered = json!({"choices": [{"message": {"content": ""}, "finish_reason": "content_filter"}]});
    assert!(matches!(fails(vec![status(200, &filtered)]).0, LlmError::Refused { .. }));
}

#[test]
fn an_answer_cut_off_names_the_limit() {
    let cut = json!({"choices": [{"message": {"content": "<think>First I"}, "finish_reason": "length"}]});
    let (error, _) = fails(vec![status(200, &cut)]);
    assert!(error.to_string().contains("900 tokens"), "{error}");
}

#[test]
fn reasoning_and_lists_of_parts_are_understood() {
    let parts =
        json!([{"type": "text", "text": format!("<think>[('a cow', [1, 2, 3, 4])]</think>\n{TEXT}")}]);
    let server = Server::start(vec![status(200, &json!({"choices": [{"message": {"content": parts}}]}))]);
    assert_eq!(captions(&planner(&server).plan(PROMPT).unwrap()), ["a black cat", "a brown dog"]);
}

#[test]
fn newer_models_get_the_parameters_they_want() {
    let limit = error(
        400,
        "unsupported_parameter",
        "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
    );
    let warmth = error(
        400,
        "unsupported_value",
        "Unsupported value: 'temperature' does not support 0.25 with this model.",
    );
    let server = Server::start(vec![limit, warmth, chat(JSON)]);
    assert!(planner(&server).plan(PROMPT).is_ok());
    let last = server.requests()[2].body.clone();
    assert!(last.get("max_tokens").is_none() && last.get("temperature").is_none());
    assert!(last["max_completion_tokens"].as_u64().unwrap() > 900);
    assert_eq!(last["response_format"]["type"], "json_schema");
}

#[test]
fn without_chat_the_text_is_continued() {
    let missing = Act::Say(404, String::new(), r#"{"detail":"Not Found"}"#.to_owned());
    let answer = format!(" {}\n\nCaption: a tree\nObjects: []", TEXT.trim_start_matches("Objects: "));
    let server = Server::start(vec![missing, completion(&answer)]);
    assert_eq!(captions(&planner(&server).plan(PROMPT).unwrap()), ["a black cat", "a brown dog"]);
    let request = server.requests()[1].clone();
    assert_eq!(request.path, "/v1/completions");
    assert_eq!(request.body["stop"], json!(["\n\n"]));
    assert!(request.body["prompt"].as_str().unwrap().ends_with(&format!("Caption: {PROMPT}\nObjects:")));
    let (error, requests) = fails(vec![Act::Say(404, String::new(), String::new())]);
    assert!(error.to_string().contains("/chat/completions") && requests == 2, "{error}");
}

#[test]
fn a_base_model_that_begins_with_a_blank_line_is_asked_without_the_stop() {
    let server = Server::start(vec![completion(""), completion(&format!("\n\n{TEXT}\n\nCaption: next"))]);
    let config = LlmConfig { endpoint: Endpoint::Completion, ..config(&server) };
    assert_eq!(
        captions(&LlmPlanner::new(config).unwrap().plan(PROMPT).unwrap()),
        ["a black cat", "a brown dog"]
    );
    assert!(server.requests()[1].body.get("stop").is_none());
}

#[test]
fn a_follow_up_is_asked_in_the_same_conversation() {
    let moved = JSON.replace("[0.05,0.4,0.35,0.4]", "[0.6,0.1,0.35,0.2]").replace("0.55,0.35", "0.56,0.36");
    let recoloured = moved.replace("a brown dog", "a white dog");
    let server = Server::start(vec![chat(JSON), chat(&moved), chat(&recoloured)]);
    let planner = planner(&server);
    let (mut talk, first) = Conversation::start(&planner, PROMPT).unwrap();
    let second = talk.say(&planner, "move the cat to the upper right").unwrap();
    assert!(second.layout.objects()[0].bbox.x() > 0.55);
    assert_eq!(second.layout.objects()[1], first.layout.objects()[1], "the nudged dog went back");
    let third = talk.say(&planner, "make the dog white").unwrap();
    assert_eq!(captions(&third), ["a black cat", "a white dog"]);
    assert_eq!(third.layout.objects()[0], second.layout.objects()[0]);

    let messages = server.requests()[2].body["messages"].clone();
    let roles: Vec<&str> = messages.as_array().unwrap().iter().map(|m| m["role"].as_str().unwrap()).collect();
    assert_eq!(roles, ["user", "assistant", "user", "assistant", "user"]);
    assert!(messages[2]["content"].as_str().unwrap().contains("move the cat to the upper right"));
    assert!(messages[4]["content"].as_str().unwrap().contains("make the dog white"));
}

#[test]
fn a_follow_up_that_changes_nothing_is_asked_again_and_told() {
    let server = Server::start(vec![chat(JSON)]);
    let planner = planner(&server);
    let (mut talk, _) = Conversation::start(&planner, PROMPT).unwrap();
    let plan = talk.say(&planner, "make the dog white").unwrap();
    assert_eq!(asked(&plan), 3);
    assert!(plan.warnings.iter().any(|w| w.contains("same as before")), "{:?}", plan.warnings);
}

#[test]
fn answers_are_kept_and_used_again() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(vec![chat(JSON)]);
    let cached = |format, mode| {
        let config = LlmConfig { format, ..config(&server) };
        LlmPlanner::new(config).unwrap().with_cache(AnswerCache::in_dir(dir.path(), mode))
    };
    let first = cached(Format::Auto, CacheMode::ReadWrite).plan(PROMPT).unwrap();
    let again = cached(Format::Auto, CacheMode::ReadWrite).plan(&format!(" {PROMPT}. ")).unwrap();
    assert_eq!(first.layout, again.layout);
    assert!(matches!(again.source, Source::Llm { cached: true, asked: 0, .. }));
    assert_eq!(server.requests().len(), 1);
    let talk = Conversation::from_layout(PROMPT, lmd_layout::Layout::default());
    for _ in 0..2 {
        cached(Format::Auto, CacheMode::ReadWrite).revise(&talk, "add a cat and a dog").unwrap();
    }
    assert_eq!(server.requests().len(), 2);
    cached(Format::Text, CacheMode::ReadWrite).plan(PROMPT).unwrap();
    cached(Format::Auto, CacheMode::Refresh).plan(PROMPT).unwrap();
    assert_eq!(server.requests().len(), 4);
    for file in std::fs::read_dir(dir.path()).unwrap() {
        assert!(!std::fs::read_to_string(file.unwrap().path()).unwrap().contains("0123456789abcdef"));
    }
}

#[test]
fn a_damaged_cache_is_told_and_mended() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(vec![chat(JSON)]);
    let plan = || {
        planner(&server)
            .with_cache(AnswerCache::in_dir(dir.path(), CacheMode::ReadWrite))
            .plan(PROMPT)
            .unwrap()
    };
    plan();
    let file = std::fs::read_dir(dir.path()).unwrap().next().unwrap().unwrap().path();
    std::fs::write(&file, "{").unwrap();
    assert!(plan().warnings.iter().any(|w| w.contains("cache")));
    assert!(plan().warnings.is_empty());
    assert_eq!(server.requests().len(), 2);
}
