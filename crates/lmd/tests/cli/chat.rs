//! `lmd chat`, through a pipe.

use super::{ANSWER, Home, json};

#[test]
fn turns_commands_and_undo() {
    let home = Home::new();
    home.write("answer.txt", ANSWER);
    let script = "/json\nremove the bird\n/undo\n/prompt\n/save a.json\n/svg a.svg\n/quit\nnever read\n";
    let ran = home.run_with(&["chat", "--layout", "answer.txt", "--planner", "offline"], script);
    let out = ran.ok();
    assert_eq!(out.matches('┌').count() - out.matches("┌─").count(), 5, "{out}");
    assert!(out.ends_with("a.json\na.svg\n"), "{out}");
    assert_eq!(json(&home.path("a.json"))["objects"].as_array().unwrap().len(), 2);
    assert!(home.path("a.svg").is_file());
}

#[test]
fn the_first_turn_looks_like_this() {
    let home = Home::new();
    home.write("answer.txt", ANSWER);
    let out = home.run_with(&["chat", "--layout", "answer.txt", "--planner", "offline"], "").ok();
    insta::assert_snapshot!("chat_picture", out);
}

#[test]
fn questions_are_answered_and_proposals_taken() {
    let home = Home::new();
    let script = "what could I add?\n1\n/undo\n/redo\nanother layout\n/save a.json\n";
    let out = home.run_with(&["chat", "a cat to the right of a dog", "--planner", "offline"], script).ok();
    assert!(out.contains("1. add ") && out.contains("2. add "), "{out}");
    assert_eq!(json(&home.path("a.json"))["objects"].as_array().unwrap().len(), 4);
}

#[test]
fn another_layout_is_opened() {
    let home = Home::new();
    home.write("answer.txt", ANSWER);
    let out =
        home.run_with(&["chat", "a tree", "--planner", "offline"], "/open answer.txt\n/save a.json\n").ok();
    assert!(out.ends_with("a.json\n"), "{out}");
    assert_eq!(json(&home.path("a.json"))["objects"].as_array().unwrap().len(), 2);
    let ran = home.run_with(&["chat", "a tree", "--planner", "offline"], "/redo\n/open nowhere.json\n");
    assert!(ran.code == 2 && ran.err.contains("do again") && ran.err.contains("nowhere.json"), "{}", ran.err);
}

#[test]
fn a_sentence_starts_it() {
    let home = Home::new();
    let out = home.run_with(&["chat"], "a cat and a dog\n/prompt\n").ok();
    assert!(out.contains("cat") && out.contains("dog") && out.ends_with("a cat and a dog\n"), "{out}");
}

#[test]
fn a_turn_that_fails_does_not_end_it() {
    let home = Home::new();
    home.write("answer.txt", ANSWER);
    let args = ["chat", "--layout", "answer.txt", "--planner", "offline"];
    let ran = home.run_with(&args, "/dance\nremove the zebra\n/save a.json\n");
    assert_eq!(ran.code, 2, "{}", ran.err);
    assert!(ran.err.contains("there is no /dance") && ran.err.contains("zebra"), "{}", ran.err);
    assert!(home.path("a.json").is_file());
    assert_eq!(home.run_with(&["chat"], "/undo\n").code, 2);
}
