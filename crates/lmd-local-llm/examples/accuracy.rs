//! How often a GGUF model's layouts keep what sentences say: `accuracy FILE.gguf [SENTENCES]`.
//!
//! `SENTENCES` is a TOML file like lmd-eval's own; without it their development half is asked. Every layout is printed
//! with its warnings, the facts that it breaks, and the time it took; at the end come the counts.

// An example prints.
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::time::Instant;

use lmd_eval::sentences::{self, Set};
use lmd_layout::Layout;
use lmd_local_llm::ENTRY;
use lmd_planner::llm::{LlmConfig, LlmPlanner, register};
use lmd_planner::{Planner, Source};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let model = arguments.next().ok_or("usage: accuracy FILE.gguf [SENTENCES]")?;
    let cases = match arguments.next() {
        Some(path) => sentences::read(&std::fs::read_to_string(path)?, Set::Dev)?,
        None => sentences::sentences()?.into_iter().filter(|sentence| sentence.set == Set::Dev).collect(),
    };
    register(ENTRY)?;
    let limits = LlmConfig { timeout_s: 600.0, total_timeout_s: 1_800.0, ..LlmConfig::default() };
    let planner = LlmPlanner::new(LlmConfig { api: "gguf".to_owned(), model, ..limits })?;
    let (mut right, mut silent, mut failed, mut asked_again) = (0, 0, 0, 0);
    for (number, sentence) in cases.iter().enumerate() {
        let (prompt, began) = (&sentence.text, Instant::now());
        let plan = match planner.plan(prompt) {
            Ok(plan) => plan,
            Err(error) => {
                failed += 1;
                println!("{}. {prompt}\n   FAILED: {error}", number + 1);
                continue;
            }
        };
        let broken = sentence.violated(&plan.layout);
        if let Source::Llm { asked, .. } = plan.source {
            asked_again += u32::from(asked > 1);
        }
        right += u32::from(broken.is_empty());
        silent += u32::from(!broken.is_empty() && plan.warnings.is_empty());
        println!(
            "{}. {prompt} ({:.1} s)\n   {}",
            number + 1,
            began.elapsed().as_secs_f64(),
            told(&plan.layout)
        );
        plan.warnings.iter().for_each(|warning| println!("   warning: {warning}"));
        broken.iter().for_each(|(_, why)| println!("   BROKEN: {why}"));
    }
    println!(
        "{right} of {} keep everything, {asked_again} after asking again; {failed} gave no layout; {silent} are wrong without a word",
        cases.len()
    );
    Ok(())
}

/// A layout on one line.
fn told(layout: &Layout) -> String {
    let objects = layout.objects().iter().map(|object| {
        let [x, y, w, h] = <[f64; 4]>::from(object.bbox);
        format!("{} [{x:.2} {y:.2} {w:.2} {h:.2}]", object.caption)
    });
    let objects = objects.collect::<Vec<_>>().join("; ");
    format!("{objects} | {} | {}", layout.background(), layout.negative())
}
