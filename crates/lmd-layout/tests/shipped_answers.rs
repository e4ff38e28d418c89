//! The reference's 400 GPT-3.5 answers through parser and filter (A.5).

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::collections::BTreeMap;
use std::path::Path;

use lmd_layout::{Draft, FilterOptions, filter_boxes, parse_answer};

/// The shipped answers, which are not part of the repository.
fn drafts() -> Vec<Draft> {
    let data = std::env::var("LMD_TEST_DATA").unwrap();
    let text = std::fs::read_to_string(Path::new(&data).join("layouts-gpt-3.5.json")).unwrap();
    let answers: BTreeMap<String, Vec<String>> = serde_json::from_str(&text).unwrap();
    answers.values().flatten().map(|answer| parse_answer(answer).unwrap().draft).collect()
}

#[test]
#[ignore = "needs LMD_TEST_DATA, the folder with layouts-gpt-3.5.json"]
fn twenty_three_of_four_hundred_are_rescaled() {
    let drafts = drafts();
    assert_eq!(drafts.len(), 400);
    let filtered: Vec<_> =
        drafts.iter().map(|d| filter_boxes(d, &FilterOptions::default()).unwrap()).collect();
    assert_eq!(filtered.iter().filter(|f| f.rescaled).count(), 23);
    for (draft, done) in drafts.iter().zip(&filtered) {
        assert_eq!(done.layout.objects().len() + done.dropped.len(), draft.objects.len());
    }
}
