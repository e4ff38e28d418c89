//! A conversation without a language model: the first argument is a sentence,
//! every further one is said about its layout.
//!
//! `cargo run --example converse -- "a cat to the right of a dog" "move the cat to the left" "what could I add?"`
#![allow(clippy::print_stdout)]

use lmd_planner::offline::OfflinePlanner;
use lmd_planner::{Conversation, Reply, Wishes};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut said = std::env::args().skip(1);
    let prompt = said.next().ok_or("say what should be in the picture")?;
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
