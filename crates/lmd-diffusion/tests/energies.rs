//! The energies of the rivals against an independent PyTorch version, written from the formulas of docs/method.md
//! (`bench/parity/make_energies.py`).
#![allow(clippy::unwrap_used)] // helpers of tests

use lmd_diffusion::energy::{
    AttentionMap, AttentionMaps, BoxdiffEdges, BoxdiffEnergy, BoxdiffTokens, Energy, GuidedObject,
    boxdiff_energy, ratio_energy,
};
use lmd_diffusion::network::LayerId;
use lmd_diffusion::{DiffusionError, NoiseSource};
use serde::Deserialize;

/// What make_energies.py writes.
#[derive(Deserialize)]
struct Case {
    heads: usize,
    side: usize,
    tokens: usize,
    seed: u64,
    things: Vec<(Vec<[f64; 4]>, Vec<usize>, usize)>,
    ratio: Expected,
    boxdiff: Expected,
    boxdiff_reference: Expected,
}

/// An energy, its gradient's sum with weights, and its length.
#[derive(Deserialize)]
struct Expected {
    value: f64,
    slope: f64,
    norm: f64,
}

impl Case {
    fn maps(&self, seed: u64) -> AttentionMaps {
        let map = |i| {
            let noise =
                NoiseSource::Mt19937.randn(seed + i, self.heads * self.side * self.side * self.tokens);
            let values = noise.iter().map(|v| (0.7 * v).exp() * 0.02).collect();
            AttentionMap::new(self.heads, (self.side, self.side), (0..self.tokens).collect(), values).unwrap()
        };
        [(LayerId(0), map(0)), (LayerId(1), map(1))].into()
    }

    fn check(
        &self,
        expected: &Expected,
        energy: impl Fn(&AttentionMaps, &[GuidedObject]) -> Result<Energy, DiffusionError>,
    ) {
        let things = self.things.iter().cloned();
        let things: Vec<_> =
            things.map(|(boxes, tokens, word)| GuidedObject { boxes, tokens, word }).collect();
        let ours = energy(&self.maps(self.seed), &things).unwrap();
        let weights = self.maps(self.seed + 10);
        let pairs =
            || ours.gradient.iter().flat_map(|(key, slopes)| slopes.iter().zip(weights[key].values()));
        let slope: f64 = pairs().map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
        let norm = pairs().map(|(a, _)| f64::from(a * a)).sum::<f64>().sqrt();
        for (name, got, wanted) in [
            ("value", ours.value, expected.value),
            ("slope", slope, expected.slope),
            ("norm", norm, expected.norm),
        ] {
            assert!((got - wanted).abs() <= 1e-4 * wanted.abs(), "{name}: {got}, expected {wanted}");
        }
    }
}

#[test]
fn energies_agree_with_pytorch() {
    let case: Case = serde_json::from_str(include_str!("data/energies.json")).unwrap();
    case.check(&case.ratio, ratio_energy);
    case.check(&case.boxdiff, |maps, things| boxdiff_energy(maps, things, &BoxdiffEnergy::default()));
    let (tokens, edges) = (BoxdiffTokens::Phrase, BoxdiffEdges::EachPastEnd);
    let reference = BoxdiffEnergy { tokens, edges, ..BoxdiffEnergy::default() };
    case.check(&case.boxdiff_reference, |maps, things| boxdiff_energy(maps, things, &reference));
}
