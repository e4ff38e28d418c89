//! Gradients to the latents against central finite differences, through a random U-Net.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use common::{Golden, cpu, data, floats, scattered};
use lmd_nn::{AttnKey, LoadOptions, ModelFolder, Tensor, TensorData, TextContext, UNet, UNetRequest};

const TOLERANCE: f64 = 1e-2;
const STEP: f64 = 1e-2;
const COLUMNS: [usize; 2] = [3, 7];

struct Subject {
    unet: UNet,
    text: TextContext,
    latents: Tensor<4>,
}

impl Subject {
    fn new(model: &str) -> Self {
        let folder = data(model);
        let golden = Golden::open(&folder.join("golden.safetensors"));
        let unet = ModelFolder::open(&folder).unwrap().unet(&LoadOptions::new(&cpu())).unwrap();
        Self {
            text: unet.text_context(&golden.tensor("unet.text")).unwrap().select(0..1),
            latents: golden.tensor::<4>("unet.latents").narrow(0, 0, 1),
            unet,
        }
    }

    /// Two columns of one map, each place with its own weight, so that nothing cancels.
    fn energy(&self, key: AttnKey, latents: Tensor<4>) -> Tensor<1> {
        let request = UNetRequest::only_maps(&[key]).columns(&COLUMNS);
        let output = self.unet.forward(latents, &[501.0], &self.text, &request).unwrap();
        let map = output.maps[&key].clone();
        let weights = scattered(map.dims().iter().product(), 5);
        let weights = Tensor::<4>::from_data(TensorData::new(weights, map.dims()), &cpu());
        (map * weights).sum()
    }

    fn at(&self, key: AttnKey, direction: &[f32], distance: f64) -> f64 {
        let moved = floats(self.latents.clone())
            .iter()
            .zip(direction)
            .map(|(z, d)| z + d * distance as f32)
            .collect();
        let moved = Tensor::from_data(TensorData::new::<f32, _>(moved, self.latents.dims()), &cpu());
        f64::from(floats(self.energy(key, moved))[0])
    }

    fn gradient(&self, key: AttnKey) -> Vec<f32> {
        let leaf = self.latents.clone().autodiff().require_grad();
        let energy = self.energy(key, leaf.clone());
        floats(leaf.grad(&energy.backward()).unwrap())
    }
}

/// The steepest direction and a scattered one, both of length 1.
fn directions(gradient: &[f32]) -> [Vec<f32>; 2] {
    let unit = |v: Vec<f32>| {
        let norm = v.iter().map(|x| x * x).sum::<f32>().sqrt();
        v.into_iter().map(|x| x / norm).collect::<Vec<f32>>()
    };
    let scatter = scattered(gradient.len(), 9);
    // Leaning towards the gradient, so that the derivative is not lost in rounding.
    let steep = unit(gradient.to_vec());
    let mixed = unit(scatter).iter().zip(&steep).map(|(a, b)| a + b).collect();
    [steep, unit(mixed)]
}

#[test]
fn every_map_has_the_gradient_of_finite_differences() {
    for model in ["sd1", "sd2"] {
        let subject = Subject::new(model);
        for key in subject.unet.config().attention_keys() {
            let gradient = subject.gradient(key);
            for direction in directions(&gradient) {
                let by_graph: f64 = gradient.iter().zip(&direction).map(|(g, d)| f64::from(g * d)).sum();
                let ahead = subject.at(key, &direction, STEP);
                let by_difference = (ahead - subject.at(key, &direction, -STEP)) / (2.0 * STEP);
                let error = (by_graph - by_difference).abs() / by_difference.abs();
                eprintln!("{model} {key}: {by_graph:.5} and {by_difference:.5}, relative error {error:.1e}");
                assert!(
                    error < TOLERANCE,
                    "{model} {key}: {by_graph} by the graph, {by_difference} by difference"
                );
            }
        }
    }
}

#[test]
fn only_the_latents_have_a_gradient() {
    let subject = Subject::new("sd1");
    let energy = subject.energy(AttnKey::mid(), subject.latents.clone());
    assert!(!energy.is_tracked(), "weights must be constants");
}
