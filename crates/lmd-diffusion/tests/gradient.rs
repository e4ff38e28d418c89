//! The gradient that guides: through a random U-Net, from the latents over the
//! attention maps to the energy, against central finite differences of the
//! energy alone. The code under test is the one `denoise` runs (`GuidedPass`).
#![allow(clippy::unwrap_used)] // helpers of tests

mod common;

use std::sync::Arc;

use lmd_diffusion::config::LmdConfig;
use lmd_diffusion::energy::{AttentionMaps, Energy, GuidedObject, TopKConfig, top_k_energy, transfer_energy};
use lmd_diffusion::network::{Conditioning, LayerId};
use lmd_diffusion::phrase_tokens::PhraseTokens;
use lmd_diffusion::samplers::Sampler;
use lmd_diffusion::schedule::SchedulerConfig;
use lmd_diffusion::{GuidedPass, Latents, NoiseSource, Pipeline, Registry};
use lmd_layout::Fidelity;
use lmd_nn::TensorData;

const TOLERANCE: f64 = 1e-2;
/// Far enough that f32 does not drown the difference.
const DISTANCE: f32 = 1e-3;
/// Latents tried.
const SEEDS: [u64; 4] = [4321, 1, 2, 3];
const SIDE: usize = 16;
const STEP_INDEX: usize = 3;

/// Which energy.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Terms {
    TopK,
    Transfer,
    TopKAndTransfer,
}

struct Subject {
    model: Pipeline,
    sampler: Arc<dyn Sampler>,
    text: Conditioning,
    objects: Vec<GuidedObject>,
    tokens: Vec<usize>,
}

impl Subject {
    fn new(kind: &'static str) -> Self {
        let model = common::small_model();
        let layout = common::layout(
            &[
                ("a gray cat", [40.0, 60.0, 200.0, 180.0]),
                ("a dog", [280.0, 40.0, 150.0, 220.0]),
                ("a dog", [130.0, 300.0, 220.0, 150.0]),
            ],
            "the table",
        );
        let tokenizer = model.text.tokenizer();
        let grounding = PhraseTokens::new(&layout, tokenizer, Some(0.2), Fidelity::default()).unwrap();
        let tokens = grounding.objects.iter().flat_map(|o| o.tokens.iter().copied().chain([o.word]));
        let tokens: std::collections::BTreeSet<usize> = tokens.collect();
        Self {
            text: model.encode(&[&grounding.prompt]).unwrap(),
            sampler: Registry::shared()
                .sampler(&kind.into())
                .unwrap()
                .for_config(&SchedulerConfig::default(), 10)
                .unwrap(),
            objects: grounding.objects,
            tokens: tokens.into_iter().collect(),
            model,
        }
    }

    fn layers(&self) -> Vec<LayerId> {
        LmdConfig::default().guided_layers(&*self.model.denoiser).unwrap()
    }

    fn pass<'a>(&'a self, layers: &'a [LayerId]) -> GuidedPass<'a> {
        GuidedPass {
            network: &*self.model.denoiser,
            sampler: &*self.sampler,
            step: STEP_INDEX,
            prompts: &self.text,
            layers,
            tokens: &self.tokens,
        }
    }

    fn latents(&self, values: &[f32]) -> Latents {
        self.model.latents(values.to_vec(), (SIDE, SIDE))
    }

    /// The maps of other latents, as if the boxes had been drawn alone.
    fn references(&self, pass: &GuidedPass<'_>) -> Vec<Vec<AttentionMaps>> {
        let mut seed = 50;
        let mut own = |word: usize| -> AttentionMaps {
            seed += 1;
            let maps = pass.maps(&self.latents(&noise(seed))).unwrap().remove(0);
            maps.iter().map(|(key, map)| (*key, map.token(word).unwrap())).collect()
        };
        self.objects.iter().map(|o| o.boxes.iter().map(|_| own(o.word)).collect()).collect()
    }

    fn energy(&self, terms: Terms, maps: &AttentionMaps, references: &[Vec<AttentionMaps>]) -> Energy {
        let boxes = || top_k_energy(maps, &self.objects, &TopKConfig::default()).unwrap();
        let transfer = || transfer_energy(maps, &self.objects, references, 2.0).unwrap();
        match terms {
            Terms::TopK => boxes(),
            Terms::Transfer => transfer(),
            Terms::TopKAndTransfer => boxes().plus(&transfer()),
        }
    }

    /// The worst relative error of two directions, at the latents around which
    /// the energy is smoothest: its kinks (a cell enters the top k, an
    /// attention crosses its reference) have no derivative to compare.
    fn worst_error(&self, layers: &[LayerId], terms: Terms) -> f64 {
        let mut smoothest: Option<Comparison> = None;
        for seed in SEEDS {
            let tried = self.compare(layers, terms, seed);
            if smoothest.as_ref().is_none_or(|best| tried.kinks < best.kinks) {
                smoothest = Some(tried);
            }
            if smoothest.as_ref().is_some_and(|best| best.kinks == 0) {
                break;
            }
        }
        let smoothest = smoothest.unwrap();
        let Comparison { seed, error, kinks } = smoothest;
        eprintln!("{} {terms:?}: relative error {error:.1e} (seed {seed}, {kinks} kinks)", names(layers));
        error
    }

    fn compare(&self, layers: &[LayerId], terms: Terms, seed: u64) -> Comparison {
        let pass = self.pass(layers);
        let references = self.references(&pass);
        let start = noise(seed);
        let energy_at =
            |values: &[f32]| self.energy(terms, &pass.maps(&self.latents(values)).unwrap()[0], &references);
        let gradient = pass
            .gradient(&self.latents(&start), |_, maps| Ok(self.energy(terms, maps, &references)))
            .unwrap()
            .unwrap();
        let gradient: Vec<f32> = gradient.into_data().iter::<f32>().collect();
        let mut worst = Comparison { seed, error: 0.0, kinks: 0 };
        for direction in directions(&gradient) {
            let products = gradient.iter().zip(&direction).map(|(g, d)| f64::from(*g) * f64::from(*d));
            let (analytic, (numeric, kinks)) = (products.sum::<f64>(), slope(&start, &direction, &energy_at));
            worst.error = worst.error.max((analytic - numeric).abs() / numeric.abs());
            worst.kinks = worst.kinks.max(kinks);
        }
        worst
    }
}

/// A gradient beside central differences.
#[derive(Debug)]
struct Comparison {
    seed: u64,
    /// Relative error of the directional derivative.
    error: f64,
    /// Terms of the energy that changed sides between the two ends.
    kinks: usize,
}

fn names(layers: &[LayerId]) -> String {
    format!("{layers:?}")
}

fn noise(seed: u64) -> Vec<f32> {
    NoiseSource::Mt19937.randn(seed, 4 * SIDE * SIDE)
}

/// The central difference, and how many kinks lie between its ends.
fn slope(start: &[f32], direction: &[f32], energy_at: &impl Fn(&[f32]) -> Energy) -> (f64, usize) {
    let moved = |h: f32| start.iter().zip(direction).map(|(z, d)| z + h * d).collect::<Vec<f32>>();
    let (ahead, behind) = (energy_at(&moved(DISTANCE)), energy_at(&moved(-DISTANCE)));
    let kinks = sides(&ahead).iter().zip(sides(&behind)).filter(|(a, b)| **a != *b).count();
    ((ahead.value - behind.value) / (2.0 * f64::from(DISTANCE)), kinks)
}

/// The cells the energy depends on, and in which direction.
fn sides(energy: &Energy) -> Vec<i8> {
    let sign = |g: &f32| if *g > 0.0 { 1 } else { -i8::from(*g < 0.0) };
    energy.gradient.values().flatten().map(sign).collect()
}

/// The steepest direction, and a random one that leans towards it so that the
/// derivative is not lost in rounding; both of length 1.
fn directions(gradient: &[f32]) -> [Vec<f32>; 2] {
    let unit = |v: Vec<f32>| {
        let norm = v.iter().map(|x| x * x).sum::<f32>().sqrt();
        v.into_iter().map(|x| x / norm).collect::<Vec<f32>>()
    };
    let steep = unit(gradient.to_vec());
    let mixed = unit(noise(99)).iter().zip(&steep).map(|(a, b)| a + b).collect();
    [steep, unit(mixed)]
}

fn check(kind: &'static str, terms: Terms) {
    let subject = Subject::new(kind);
    let all = subject.layers();
    let known: Vec<&str> = all.iter().map(|id| subject.model.denoiser.layers()[id.0].name.as_str()).collect();
    assert_eq!(known, ["mid.0.0", "up.1.0", "up.1.1", "up.1.2"]);
    let alone = all.iter().map(|key| vec![*key]);
    for layers in alone.chain([all.clone()]) {
        let error = subject.worst_error(&layers, terms);
        assert!(error < TOLERANCE, "{}, {terms:?}: relative error {error}", names(&layers));
    }
}

#[test]
fn box_energy_in_every_guided_layer_and_in_all() {
    check("ddim", Terms::TopK);
}

#[test]
fn transfer_energy_in_every_guided_layer_and_in_all() {
    check("ddim", Terms::Transfer);
}

#[test]
fn both_energies_in_every_guided_layer_and_in_all() {
    check("ddim", Terms::TopKAndTransfer);
}

/// Euler scales the latents before the network sees them; the gradient is by
/// the latents before that.
#[test]
fn a_sampler_that_scales_its_input() {
    check("euler", Terms::TopKAndTransfer);
}

/// A batch's gradients are those of its pictures alone.
#[test]
fn pictures_of_a_batch_do_not_mix() {
    let subject = Subject::new("ddim");
    let layers = subject.layers();
    let pass = subject.pass(&layers);
    let both = Latents::cat(vec![subject.latents(&noise(1)), subject.latents(&noise(2))], 0);
    let text = subject.model.denoiser.join(&[&subject.text, &subject.text]).unwrap();
    let batch = GuidedPass { prompts: &text, ..pass };
    let energy =
        |_: usize, maps: &AttentionMaps| top_k_energy(maps, &subject.objects, &TopKConfig::default());
    let host = |tensor: Latents| -> Vec<f32> { TensorData::iter::<f32>(&tensor.into_data()).collect() };
    let together = host(batch.gradient(&both, energy).unwrap().unwrap());
    let alone =
        [1, 2].map(|seed| host(pass.gradient(&subject.latents(&noise(seed)), energy).unwrap().unwrap()));
    let largest = together.iter().fold(0.0f32, |m, v| m.max(v.abs()));
    for (ours, theirs) in together.iter().zip(alone.iter().flatten()) {
        assert!((ours - theirs).abs() <= 1e-5 * largest, "{ours} against {theirs}");
    }
}
