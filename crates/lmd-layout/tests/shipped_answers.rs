//! The reference's 400 GPT-3.5 answers through parser and filter (A.5).

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::collections::BTreeMap;
use std::path::Path;

use lmd_layout::{Draft, FilterOptions, filter_boxes, parse_answer};

/// The shipped answers, `None` where the file is not beside the checkout.
fn drafts() -> Option<Vec<Draft>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/layouts-gpt-3.5.json");
    let text = std::fs::read_to_string(&path).ok()?;
    let answers: BTreeMap<String, Vec<String>> = serde_json::from_str(&text).unwrap();
    Some(answers.values().flatten().map(|answer| parse_answer(answer).unwrap().draft).collect())
}

#[test]
fn twenty_three_of_four_hundred_are_rescaled() {
    let Some(drafts) = drafts() else {
        eprintln!("SKIPPED: shared/data/layouts-gpt-3.5.json is not here, so A.5 was not checked against it");
        return;
    };
    assert_eq!(drafts.len(), 400);
    let filtered: Vec<_> =
        drafts.iter().map(|d| filter_boxes(d, &FilterOptions::default()).unwrap()).collect();
    assert_eq!(filtered.iter().filter(|f| f.rescaled).count(), 23);
    for (draft, done) in drafts.iter().zip(&filtered) {
        assert_eq!(done.layout.objects().len() + done.dropped.len(), draft.objects.len());
    }
}
