//! Reads a language model's answer, repairs what is wrong with its boxes, and prints the layout as JSON with its prompts.
//!
//! `cargo run -p lmd-layout --example read_answer`
#![allow(clippy::print_stdout)]

use lmd_layout::{Fidelity, check_layout, convert_spec, parse_answer, repair_draft};

/// With a bullet list, a box that leaves the canvas of 512 by 512, and a closing remark.
const ANSWER: &str = "Objects:
- a red car [40, 280, 200, 120]
- a street lamp [430, 60, 120, 400]
Background prompt: A street at night.
Negative prompt: people
I hope this helps!";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let answer = parse_answer(ANSWER)?;
    let repaired = repair_draft(&answer.draft)?;
    for change in &repaired.changes {
        eprintln!("repaired: {change}");
    }
    for warning in check_layout(&repaired.layout) {
        eprintln!("warning: {warning}");
    }
    println!("{}", serde_json::to_string_pretty(&repaired.layout)?);

    let prompts = convert_spec(&repaired.layout, Fidelity::Corrected);
    println!("the whole picture: {}", prompts.overall.prompt);
    for object in &prompts.per_box {
        println!("one object alone: {}", object.prompt);
    }
    Ok(())
}
