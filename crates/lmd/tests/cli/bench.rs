//! `lmd bench`.

use std::path::Path;

use super::Home;

/// Answers of GPT-3.5 to the whole benchmark, which are not part of this repository: the published numbers must come out.
#[test]
#[ignore = "needs LMD_TEST_DATA, the folder with layouts-gpt-3.5.json"]
fn gpt_3_5_scores_as_published() {
    let answers = Path::new(&std::env::var("LMD_TEST_DATA").unwrap()).join("layouts-gpt-3.5.json");
    let answers = answers.to_str().unwrap();
    let out = Home::new().run(&["bench", "layouts", "--answers", answers, "--json"]).ok();
    let report: serde_json::Value = serde_json::from_str(&out).unwrap();
    let passed: Vec<u64> =
        report["families"].as_array().unwrap().iter().map(|f| f["passed"].as_u64().unwrap()).collect();
    assert_eq!(passed, [100, 97, 100, 99]);
    let failed: Vec<&str> =
        report["failures"].as_array().unwrap().iter().map(|f| f["prompt"].as_str().unwrap()).collect();
    assert_eq!(failed.len(), 4);
    assert!(failed[0].ends_with("one cat"), "{failed:?}");
    assert!(failed[1].ends_with("two chairs") && failed[2].ends_with("two chairs"), "{failed:?}");
    assert!(failed[3].contains("dog") && failed[3].contains("bowl"), "{failed:?}");
}

#[test]
fn the_offline_planner_is_measured() {
    let home = Home::new();
    let out = home.run(&["bench", "layouts", "--planner", "offline", "--fail-under", "99"]).ok();
    assert!(out.contains("overall") && out.contains("400"), "{out}");
    let out = home.run(&["bench", "sentences", "--planner", "offline", "--set", "dev", "--json"]).ok();
    let report: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert!(report["overall"]["attempted"].as_u64().unwrap() >= 85);
    assert!(report["sets"]["held-out"].is_null());
}

#[test]
fn a_bar_that_is_missed_fails() {
    let home = Home::new();
    let empty = home.write("empty.json", "{}");
    let args = ["bench", "layouts", "--answers", empty.to_str().unwrap(), "--fail-under", "50"];
    let ran = home.run(&args);
    assert_eq!(ran.code, 1);
    assert!(ran.out.contains("without a layout: 400"), "{}", ran.out);
    home.run(&["bench", "layouts", "--answers", "missing.json"]).failed(2);
}

#[test]
fn a_model_that_cannot_be_asked_ends_it() {
    let home = Home::new();
    let args =
        ["bench", "layouts", "--planner", "llm", "--llm-url", "http://127.0.0.1:1", "--llm-model", "m"];
    assert!(home.run(&args).failed(3).contains("cannot reach"));
}
