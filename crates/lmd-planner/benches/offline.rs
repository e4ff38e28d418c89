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

fn sentence_to_layout(c: &mut Criterion) {
    let mut group = c.benchmark_group("sentence to layout");
    for (name, sentence) in SENTENCES {
        group.bench_function(name, |b| b.iter(|| OfflinePlanner.plan(std::hint::black_box(sentence))));
    }
    group.finish();
}

criterion_group!(benches, sentence_to_layout);
criterion_main!(benches);
