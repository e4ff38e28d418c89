//! Guides with an energy of one's own: a word's attention is drawn to the left half of the picture. The energy is written
//! over the attention maps with its derivative; the network carries that on to the latents.
//!
//! `cargo run --release -p lmd-diffusion --example own_energy -- MODEL`, where MODEL is a diffusers folder.
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::path::PathBuf;

use lmd_diffusion::energy::{AttentionMaps, Energy};
use lmd_diffusion::network::MapRequest;
use lmd_diffusion::samplers::SamplerState;
use lmd_diffusion::{DiffusionError, GuidedPass, NoiseSource, Pipeline, Registry};
use lmd_layout::Fidelity;
use lmd_nn::{Accelerator, LoadOptions, ModelFolder, device};

const STEPS: usize = 6;
const GUIDED_STEPS: usize = 3;
const LOSS_SCALE: f64 = 30.0;
const CFG_SCALE: f64 = 5.0;

fn main() -> Result<(), Box<dyn Error>> {
    let bundled = concat!(env!("CARGO_MANIFEST_DIR"), "/../../assets/model");
    let path = std::env::args_os().nth(1).map_or_else(|| PathBuf::from(bundled), PathBuf::from);
    let device = device(Accelerator::Cpu)?;
    let model = Pipeline::load(&ModelFolder::open(&path)?, &LoadOptions::new(&device))?;

    let prompt = "a beach with a red car";
    let word = model.text.tokenizer().locate(prompt, "a red car", "car", Fidelity::Corrected)?.word;
    let (text, both) = (model.encode(&[prompt])?, model.encode(&["", prompt])?);
    let sampler = Registry::builtin().sampler(&"dpm++2m".into())?.for_config(&model.scheduler, STEPS)?;
    let layers = [model.denoiser.layer_named("up.1.0")?];
    let grid = model.latent_size(model.native_size(), model.native_size())?;
    let noise = NoiseSource::Mt19937.randn(1, model.vae.latent_channels() * grid.0 * grid.1);
    let mut state = SamplerState::new(sampler.scale_noise(model.latents(noise, grid)));

    let (mut first, mut last) = (None, 0.0);
    for step in 0..STEPS {
        if step < GUIDED_STEPS {
            let tokens = [word];
            let pass = GuidedPass {
                network: &*model.denoiser,
                sampler: &*sampler,
                step,
                prompts: &text,
                layers: &layers,
                tokens: &tokens,
            };
            let gradient = pass.gradient(&state.latents, |_, maps| {
                let energy = outside_left_half(maps, word)?;
                first.get_or_insert(energy.value);
                last = energy.value;
                Ok(energy)
            })?;
            // z ← z − √(1−ᾱ) · scale · ∇E (B.9).
            let size = LOSS_SCALE * sampler.guidance_step_size(step, false);
            if let Some(gradient) = gradient {
                state.latents = state.latents - gradient.mul_scalar(size);
            }
        }
        // Classifier-free guidance: the prediction under both prompts, the first half without the text.
        let input = sampler.scale_input(step, state.latents.clone());
        let prediction =
            model.denoiser.forward(input, sampler.timestep(step), &both, MapRequest::default())?;
        let predictions = prediction.output.ok_or("no prediction")?;
        let (without, with) = (predictions.clone().narrow(0, 0, 1), predictions.narrow(0, 1, 1));
        let guided = without.clone() + (with - without).mul_scalar(CFG_SCALE);
        state = sampler.advance(state, guided, &mut || unreachable!("this sampler draws no noise")).state;
    }
    let picture = model.decode(state.latents)?;
    println!(
        "{} x {} pixels; share of attention outside the left half: {:.3} at first, {last:.3} in the end",
        picture.width,
        picture.height,
        first.unwrap_or(last)
    );
    Ok(())
}

/// E = 1/(maps · heads) Σ (1 − Σ_left A / Σ A), and dE/dA. In 0 to 1.
fn outside_left_half(maps: &AttentionMaps, token: usize) -> Result<Energy, DiffusionError> {
    let mut energy = Energy::default();
    for (layer, map) in maps {
        let (depth, column) = (map.tokens().len(), map.column_of(token)?);
        let weight = 1.0 / (maps.len() * map.heads()) as f32;
        let mut slope = vec![0.0; map.values().len()];
        for head in 0..map.heads() {
            let at = |cell: usize| (head * map.cells() + cell) * depth + column;
            let is_left = |cell: usize| cell % map.width() < map.width() / 2;
            let all: f32 = (0..map.cells()).map(|cell| map.values()[at(cell)]).sum();
            let left: f32 = (0..map.cells()).filter(|c| is_left(*c)).map(|c| map.values()[at(c)]).sum();
            energy.value += f64::from(weight * (1.0 - left / all));
            for cell in 0..map.cells() {
                slope[at(cell)] = -weight * (f32::from(u8::from(is_left(cell))) - left / all) / all;
            }
        }
        energy.gradient.insert(*layer, slope);
    }
    Ok(energy)
}
