//! Plans a sentence offline, carries out a follow-up instruction, and prints both layouts.
//!
//! `cargo run -p lmd-planner --example plan_sentence -- "a cat to the right of a dog" "move the cat to the left"`
#![allow(clippy::print_stdout)]

use lmd_planner::offline::OfflinePlanner;
use lmd_planner::{Conversation, Plan};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let sentence = arguments.next().unwrap_or_else(|| "a cat to the right of a dog in a garden".to_owned());
    let instruction = arguments.next().unwrap_or_else(|| "move the cat to the left".to_owned());

    let (mut conversation, plan) = Conversation::start(&OfflinePlanner, &sentence)?;
    print(&sentence, &plan)?;
    let plan = conversation.say(&OfflinePlanner, &instruction)?;
    print(&instruction, &plan)
}

fn print(asked: &str, plan: &Plan) -> Result<(), Box<dyn std::error::Error>> {
    for warning in &plan.warnings {
        eprintln!("warning: {warning}");
    }
    println!("{asked}\n{}", serde_json::to_string_pretty(&plan.layout)?);
    Ok(())
}
