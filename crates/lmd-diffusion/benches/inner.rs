//! The host's share of a guided step and of the composition, at Stable
//! Diffusion 1.5's sizes: 8 heads, maps of 8 × 8 and 16 × 16, latents of 64 × 64.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use lmd_diffusion::NoiseSource;
use lmd_diffusion::compose::{LatentFrames, Piece, compose};
use lmd_diffusion::energy::{
    AttentionMap, AttentionMaps, GuidedObject, TopKConfig, top_k_energy, transfer_energy,
};
use lmd_diffusion::mask::TokenMap;
use lmd_diffusion::network::LayerId;
use lmd_layout::Mask;

const HEADS: usize = 8;
const BOXES: [[f64; 4]; 3] = [[0.1, 0.2, 0.4, 0.6], [0.5, 0.1, 0.9, 0.5], [0.3, 0.6, 0.8, 0.95]];

fn map(side: usize, tokens: &[usize], seed: u64) -> AttentionMap {
    let noise = NoiseSource::Mt19937.randn(seed, HEADS * side * side * tokens.len());
    let values = noise.into_iter().map(|x| x.abs() / 77.0).collect();
    AttentionMap::new(HEADS, (side, side), tokens.to_vec(), values)
        .unwrap_or_else(|error| unreachable!("{error}"))
}

/// The four guided layers.
fn maps(tokens: &[usize]) -> AttentionMaps {
    let keys = [0, 1, 2, 3].map(LayerId);
    keys.into_iter().zip([8, 16, 16, 16]).map(|(key, side)| (key, map(side, tokens, 7))).collect()
}

fn energies(c: &mut Criterion) {
    let object = |(i, b): (usize, &[f64; 4])| GuidedObject {
        boxes: vec![*b],
        tokens: vec![3 * i + 2],
        word: 3 * i + 2,
    };
    let objects: Vec<GuidedObject> = BOXES.iter().enumerate().map(object).collect();
    let guided = maps(&[2, 5, 8]);
    let references: Vec<Vec<AttentionMaps>> = objects.iter().map(|o| vec![maps(&[o.word])]).collect();
    c.bench_function("box energy, 3 objects", |b| {
        b.iter(|| top_k_energy(black_box(&guided), &objects, &TopKConfig::default()));
    });
    c.bench_function("attention transfer, 3 objects", |b| {
        b.iter(|| transfer_energy(black_box(&guided), &objects, &references, 2.0));
    });
}

fn pieces(c: &mut Criterion) {
    let columns: Vec<AttentionMap> = (0..40).map(|seed| map(16, &[2], seed)).collect();
    c.bench_function("mask of 40 steps", |b| {
        b.iter(|| {
            let mean = TokenMap::mean(black_box(&columns));
            mean.map(|map| map.smoothed(1.5).normalised().above(0.25, 64, 64))
        });
    });
    let noise = |seed| NoiseSource::Mt19937.randn(seed, 4 * 64 * 64);
    c.bench_function("noise of one picture", |b| b.iter(|| noise(black_box(42))));
    let frames = |count| LatentFrames { width: 64, height: 64, frames: (0..count).map(noise).collect() };
    let background = frames(1);
    let latents: Vec<LatentFrames> = (0..3).map(|_| frames(51)).collect();
    let mask = |corners: &[f64; 4]| Mask::of_corners(&[*corners], 64, 64);
    let masks: Vec<Mask> = BOXES.iter().map(mask).collect();
    let pieces: Vec<Piece<'_>> =
        latents.iter().zip(&masks).map(|(latents, mask)| Piece { latents, mask }).collect();
    c.bench_function("composition of 3 boxes, 51 frames", |b| {
        b.iter(|| compose(black_box(&background), &pieces));
    });
}

criterion_group!(benches, energies, pieces);
criterion_main!(benches);
