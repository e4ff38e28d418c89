//! `lmd layout`.

use super::{ANSWER, Home, json};

#[test]
fn a_pasted_answer_is_shown_in_every_form() {
    let home = Home::new();
    home.write("answer.txt", ANSWER);
    let from = ["layout", "--from-answer", "answer.txt"];
    insta::assert_snapshot!("layout_table", home.run(&from).ok());
    insta::assert_snapshot!("layout_json", home.run(&[&from[..], &["--json"]].concat()).ok());
    insta::assert_snapshot!("layout_text", home.run(&[&from[..], &["--text"]].concat()).ok());
    let svg = home.run(&[&from[..], &["--svg", "-"]].concat()).ok();
    assert!(svg.starts_with("<svg") && svg.contains("a red car"), "{svg}");
}

#[test]
fn files_are_written_and_their_paths_printed() {
    let home = Home::new();
    home.write("answer.txt", ANSWER);
    let args = ["layout", "--from-answer", "answer.txt", "--svg", "a.svg", "--png", "a.png", "-o", "a.json"];
    assert_eq!(home.run(&args).ok(), "a.svg\na.png\na.json\n");
    assert_eq!(json(&home.path("a.json"))["objects"][0]["caption"], "a red car");
    assert!(std::fs::read(home.path("a.png")).unwrap().starts_with(b"\x89PNG"));
    assert!(std::fs::read_to_string(home.path("a.svg")).unwrap().contains("</svg>"));
}

#[test]
fn an_answer_comes_from_stdin_too() {
    let out = Home::new().run_with(&["layout", "--from-answer", "-", "--json"], ANSWER).ok();
    assert!(out.contains("a bird"));
}

#[test]
fn a_sentence_is_planned_offline() {
    let home = Home::new();
    let ran = home.run(&["layout", "two cats and a red car", "--json"]);
    assert!(ran.err.contains("planning offline") && ran.err.contains("LMD_LLM_URL"), "{}", ran.err);
    let layout: serde_json::Value = serde_json::from_str(&ran.ok()).unwrap();
    let captions: Vec<&str> =
        layout["objects"].as_array().unwrap().iter().map(|o| o["caption"].as_str().unwrap()).collect();
    assert_eq!(captions.iter().filter(|c| c.contains("cat")).count(), 2, "{captions:?}");
    assert_eq!(captions.iter().filter(|c| c.contains("red car")).count(), 1, "{captions:?}");
    assert_eq!(home.run(&["-q", "layout", "two cats and a red car"]).err, "");
    let piped = home.run_with(&["layout", "-", "--json", "--planner", "offline"], "two cats and a red car\n");
    assert_eq!(piped.err, "");
    assert_eq!(serde_json::from_str::<serde_json::Value>(&piped.ok()).unwrap(), layout);
}

#[test]
fn many_warnings_of_one_wording_are_counted() {
    let home = Home::new();
    let ran = home.run(&["layout", &"cats, ".repeat(650), "--planner", "offline"]);
    assert!(ran.err.lines().count() < 20 && ran.err.contains("more like it"), "{}", ran.err);
    ran.ok();
}

#[test]
fn an_edit_leaves_the_rest_alone() {
    let home = Home::new();
    home.write("answer.txt", ANSWER);
    home.run(&["layout", "--from-answer", "answer.txt", "-o", "a.json"]).ok();
    home.run(&["layout", "--edit", "a.json", "remove the car", "-o", "b.json"]).ok();
    let (before, after) = (json(&home.path("a.json")), json(&home.path("b.json")));
    assert_eq!(after["objects"].as_array().unwrap().len(), 1, "{after}");
    assert_eq!(after["objects"][0], before["objects"][1]);
}

#[test]
fn the_prompt_for_a_model_is_printed() {
    let home = Home::new();
    let out = home.run(&["layout", "a red car.", "--print-prompt"]).ok();
    assert!(out.ends_with("Caption: a red car\nObjects:\n"), "{out}");
    let schema: serde_json::Value = serde_json::from_str(&home.run(&["layout", "--schema"]).ok()).unwrap();
    assert!(schema["properties"]["objects"].is_object());
}

#[test]
fn what_is_wrong_with_an_input_is_said() {
    let home = Home::new();
    home.write("bad.txt", "I cannot draw.");
    home.write("bad.json", "{\"objects\": [{\"caption\": \"a cat\", \"box\": [0.9, 0.1, 0.5, 0.5]}]}");
    assert!(home.run(&["layout", "--from-answer", "bad.txt"]).failed(3).starts_with("error: "));
    let edit = home.run(&["layout", "--edit", "bad.json", "remove the cat"]).failed(3);
    assert!(edit.contains("bad.json is not a layout") && edit.contains("leaves the canvas"), "{edit}");
    home.run(&["layout", "--edit", "missing.json", "remove the cat"]).failed(2);
    assert!(home.run(&["layout", "a cat", "-o", "a.gif"]).failed(2).contains(".png"));
    home.run(&["layout", "   "]).failed(3);
    home.run(&["layout", "a cat", "-o", "no/such/folder/a.json"]).failed(2);
    assert!(!home.path("no").exists());
}

#[test]
fn an_unreachable_model_is_a_layout_error() {
    let home = Home::new();
    let args = [
        "layout",
        "a cat",
        "--planner",
        "llm",
        "--llm-url",
        "http://127.0.0.1:1",
        "--llm-model",
        "m",
        "--no-cache",
    ];
    assert!(home.run(&args).failed(3).contains("127.0.0.1:1"));
    assert!(home.run(&["layout", "a cat", "--planner", "llm"]).failed(3).contains("LMD_LLM_MODEL"));
}

#[cfg(target_os = "linux")]
#[test]
fn a_closed_pipe_is_no_error() {
    let home = Home::new();
    let script = format!("'{}' completions bash | head -c 1", env!("CARGO_BIN_EXE_lmd"));
    let mut shell = assert_cmd::Command::new("bash");
    shell.args(["-o", "pipefail", "-c", &script]).current_dir(home.0.path());
    assert_eq!(super::ran(shell).err, "");
}
