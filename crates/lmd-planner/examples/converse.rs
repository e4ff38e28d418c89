//! A conversation without a language model: the first argument is a sentence,
//! every further one is said about its layout. Without arguments, that of the next line.
//!
//! `cargo run --example converse -- "a cat to the right of a dog" "move the cat to the left" "what could I add?"`
#![allow(clippy::print_stdout)]

use lmd_planner::offline::OfflinePlanner;
use lmd_planner::{Conversation, Reply, Wishes};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let given: Vec<String> = std::env::args().skip(1).collect();
    let usual = ["a cat to the right of a dog", "move the cat to the left", "what could I add?"];
    let said = if given.is_empty() { usual.map(str::to_owned).to_vec() } else { given };
    let mut said = said.into_iter();
    let prompt = said.next().unwrap_or_default();
    let (mut conversation, plan) = Conversation::start(&OfflinePlanner, &prompt)?;
    println!("{}", lmd_layout::write_text(&plan.layout));
    for said in said {
        println!("> {said}");
        match conversation.respond(&OfflinePlanner, &said, &Wishes::default()) {
            Ok(Reply::Layout(plan)) => {
                println!("{}", lmd_layout::write_text(&plan.layout));
                plan.warnings.iter().for_each(|warning| println!("note: {warning}"));
            }
            Ok(Reply::Answer(answer)) => println!("{}", answer.to_text()),
            Err(error) => println!("error: {error}"),
        }
    }
    Ok(())
}
