//! Other layouts of a sentence.

use std::collections::BTreeSet;

use lmd_layout::check_layout;

use crate::offline::OfflinePlanner;
use crate::verify::PromptFacts;
use crate::{Conversation, PlanError, Planner};

const SENTENCES: [&str; 14] = [
    "a cat",
    "a cat to the right of a dog",
    "a red car and a dog",
    "three cats and a tree",
    "a lamp on a table",
    "two cats on a sofa under a painting of a ship",
    "a cat next to a dog and a bird in the sky",
    "a bird above a house",
    "an apple in a bowl on a table",
    "a dog between two trees",
    "a man in front of a car",
    "a ball in the top left corner and a cube at the bottom right",
    "a bottle, a cup, a plate and a spoon",
    "five red balls",
];

#[test]
fn every_variant_says_the_same_in_another_arrangement() {
    for prompt in SENTENCES {
        let base = OfflinePlanner.plan(prompt).unwrap().layout;
        let facts = PromptFacts::of(prompt);
        let mut seen = BTreeSet::from([serde_json::to_string(&base).unwrap()]);
        for number in 1..=3 {
            let layout = match OfflinePlanner.plan_variant(prompt, number) {
                Ok(plan) => plan.layout,
                Err(error) => panic!("{prompt}, variant {number}: {error}"),
            };
            assert!(seen.insert(serde_json::to_string(&layout).unwrap()), "{prompt}, variant {number}");
            assert_eq!(facts.violated_by(&layout), facts.violated_by(&base), "{prompt}, variant {number}");
            assert!(check_layout(&layout).len() <= check_layout(&base).len(), "{prompt}, variant {number}");
            assert_eq!(layout.objects().len(), base.objects().len());
        }
    }
}

#[test]
fn another_and_another_are_three_layouts() {
    let (mut conversation, first) = Conversation::start(&OfflinePlanner, "a red car and a dog").unwrap();
    let second = conversation.say(&OfflinePlanner, "another layout").unwrap().layout;
    let third = conversation.say(&OfflinePlanner, "show me another layout").unwrap().layout;
    assert!(first.layout != second && second != third && third != first.layout);
    assert_eq!(OfflinePlanner.plan_variant("a red car and a dog", 2).unwrap().layout, third);
}

#[test]
fn how_many_there_are_is_told() {
    let full = OfflinePlanner.plan_variant("a cat", 100_000);
    assert!(matches!(full, Err(PlanError::Variant { .. })), "{full:?}");
}
