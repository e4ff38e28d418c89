//! Scores a planner of one's own on the paper's benchmark (A.7, A.8): here one that reads nothing and always draws a
//! single car, so that only the few prompts a car satisfies pass.
//!
//! `cargo run -p lmd-eval --example score_a_planner`
#![allow(clippy::print_stdout)]

use lmd_eval::{benchmark, report};
use lmd_layout::{BBox, Layout, Object};

fn main() {
    let report = report::run("one car, always", &benchmark::prompts(), |_prompt| {
        one_car().map_err(|error| error.to_string())
    });
    for score in &report.families {
        println!("{}: {} of {}", score.family, score.rate.passed, score.rate.attempted);
    }
    for failure in report.failures.iter().take(3) {
        println!("{}: {}", failure.prompt, failure.reason);
    }
}

fn one_car() -> Result<Layout, Box<dyn std::error::Error>> {
    let car = Object::new("a car", BBox::new(0.2, 0.5, 0.4, 0.3)?)?;
    Ok(Layout::new(vec![car], "A street", "")?)
}
