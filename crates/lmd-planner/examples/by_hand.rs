//! Planning with any language model behind any door: prints what the model is sent, and turns its answer into a plan.
//! The answer is held against the facts of the sentence, exactly as an automatic planner's is.
//!
//! `cargo run -p lmd-planner --example by_hand`
#![allow(clippy::print_stdout)]

use lmd_planner::llm::{plan_from_answer, print_prompt};

const SENTENCE: &str = "a cat to the right of a dog";
/// Pasted from somewhere; it has mixed up left and right.
const ANSWER: &str = "[('a cat', [40, 200, 180, 200]), ('a dog', [290, 180, 190, 220])]\n\
                      Background prompt: A realistic scene\nNegative prompt: ";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("{}\n", print_prompt(SENTENCE)?);

    let plan = plan_from_answer(SENTENCE, ANSWER)?;
    for warning in &plan.warnings {
        eprintln!("warning: {warning}");
    }
    println!("{}", serde_json::to_string_pretty(&plan.layout)?);
    Ok(())
}
