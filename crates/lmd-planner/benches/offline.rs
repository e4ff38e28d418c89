//! How long the offline planner takes from a sentence to a layout.

use criterion::{Criterion, criterion_group, criterion_main};
use lmd_planner::Planner;
use lmd_planner::offline::OfflinePlanner;

const SENTENCES: [(&str, &str); 4] = [
    ("one thing", "a red car"),
    ("benchmark", "A realistic photo of a scene with a bottle on the left and a chair on the right"),
    ("chain", "a cat on a mat on a table, a lamp between two chairs next to a window"),
    (
        "crowd",
        "a park with two trees, a bench, three dogs, a red bicycle next to the bench, \
         a man with a hat to the left of the bench, five birds in the sky and a house behind the trees",
    ),
];

/// Repeated up to four thousand characters, the most that a prompt may have.
const REPEATED: [(&str, &str); 5] = [
    ("cat", "cat "),
    ("clauses", "two red cars and a dog on a beach, a man with a hat, "),
    ("sentences", "A man is walking his dog in the park while a woman reads a book on a bench. "),
    ("list", "cat, "),
    ("letters", "a b "),
];

fn sentence_to_layout(c: &mut Criterion) {
    let mut group = c.benchmark_group("sentence to layout");
    for (name, sentence) in SENTENCES {
        group.bench_function(name, |b| b.iter(|| OfflinePlanner.plan(std::hint::black_box(sentence))));
    }
    group.finish();
}

fn longest_prompts(c: &mut Criterion) {
    let mut group = c.benchmark_group("four thousand characters");
    group.sample_size(10);
    for (name, part) in REPEATED {
        let prompt = part.repeat(4000 / part.len());
        group.bench_function(name, |b| b.iter(|| OfflinePlanner.plan(std::hint::black_box(&prompt))));
    }
    group.finish();
}

criterion_group!(benches, sentence_to_layout, longest_prompts);
criterion_main!(benches);
