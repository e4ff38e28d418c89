//! Sentences: the English parser and the offline planner take any text, give a valid layout or an error that a person
//! can read, and do the same thing twice. What follows the first line break is a follow-up instruction.
#![no_main]

use libfuzzer_sys::fuzz_target;
use lmd_layout::{MAX_OBJECTS, layout_from_json};
use lmd_planner::offline::OfflinePlanner;
use lmd_planner::{Conversation, Plan, PlanError, Planner};

fuzz_target!(|text: &str| {
    let (sentence, instruction) = text.split_once('\n').unwrap_or((text, ""));
    let planned = OfflinePlanner.plan(sentence);
    check(&planned);
    let again = OfflinePlanner.plan(sentence);
    assert_eq!(planned.as_ref().ok(), again.as_ref().ok());
    if let Ok(plan) = planned {
        let conversation = Conversation::from_layout(sentence, plan.layout);
        check(&OfflinePlanner.revise(&conversation, instruction));
    }
});

fn check(planned: &Result<Plan, PlanError>) {
    match planned {
        Ok(plan) => {
            assert!(plan.layout.objects().len() <= MAX_OBJECTS);
            let written = serde_json::to_string(&plan.layout).expect("a layout can be written");
            assert_eq!(layout_from_json(&written).as_ref(), Ok(&plan.layout), "{written}");
            assert!(plan.warnings.iter().all(|warning| !warning.is_empty()));
        }
        Err(error) => {
            let words = error.to_string();
            assert!(!words.is_empty() && words.len() < 20_000, "{} bytes of error", words.len());
        }
    }
}
