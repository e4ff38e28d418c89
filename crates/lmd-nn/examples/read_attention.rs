//! Reads a cross-attention map by name: how strongly each place of the latents looks at one word of the prompt, after
//! one forward pass on noise.
//!
//! `cargo run --release -p lmd-nn --example read_attention -- MODEL "PROMPT" WORD`, where MODEL is a diffusers folder.
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::path::Path;

use lmd_layout::Fidelity;
use lmd_nn::{
    Accelerator, AttnKey, Device, LoadOptions, ModelFolder, Tensor, TensorData, UNetRequest, device,
};

const TIMESTEP: f32 = 601.0;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let bundled = concat!(env!("CARGO_MANIFEST_DIR"), "/../../assets/model");
    let path = arguments.next().unwrap_or_else(|| bundled.to_owned());
    let prompt = arguments.next().unwrap_or_else(|| "a beach with a red car".to_owned());
    let word = arguments.next().unwrap_or_else(|| "car".to_owned());

    let device = device(Accelerator::Cpu)?;
    let (folder, options) = (ModelFolder::open(Path::new(&path))?, LoadOptions::new(&device));
    let (tokenizer, unet) = (folder.tokenizer()?, folder.unet(&options)?);

    // The column of the word, and keys and values of the prompt for every cross-attention layer.
    let column = tokenizer.locate(&prompt, &word, &word, Fidelity::Corrected)?.word;
    let embeddings = folder.text_encoder(&options)?.forward(&[tokenizer.encode(&prompt)?.ids])?;
    let text = unet.text_context(&embeddings.last_hidden)?;

    // Nothing beyond the layer is computed, so there is no noise prediction.
    let layer = AttnKey::up(1, 0);
    let request = UNetRequest::only_maps(&[layer]).columns(&[column]);
    let side = unet.config().sample_size.unwrap_or(64);
    let latents = noise(unet.config().in_channels, side, &device);
    let output = unet.forward(latents, &[TIMESTEP], &text, &request)?;

    // [1, heads, cells, 1] → the mean over heads, row by row.
    let map = &output.maps[&layer];
    let [_, heads, cells, _] = map.dims();
    let values: Vec<f32> = map.clone().mean_dim(1).into_data().iter().collect();
    println!("{layer}: {heads} heads, {cells} cells, \"{word}\" at token {column}");
    print_grid(&values, cells.isqrt());
    Ok(())
}

/// Some numbers that look like noise, shape `[1, channels, side, side]`; pictures are made from real noise
/// (`lmd_diffusion::NoiseSource`).
fn noise(channels: usize, side: usize, device: &Device) -> Tensor<4> {
    let values = (0..channels * side * side).map(|i| (i as f32 * 12.9898).sin() * 1.4).collect();
    Tensor::from_data(TensorData::new(values, [1, channels, side, side]), device)
}

/// A grid as text, dark to bright.
fn print_grid(values: &[f32], width: usize) {
    let most = values.iter().copied().fold(f32::MIN_POSITIVE, f32::max);
    for row in values.chunks(width) {
        let line: String = row.iter().map(|value| shade(value / most)).collect();
        println!("{line}");
    }
}

fn shade(share: f32) -> &'static str {
    match share {
        s if s > 0.8 => "██",
        s if s > 0.6 => "▓▓",
        s if s > 0.4 => "▒▒",
        s if s > 0.2 => "░░",
        _ => "  ",
    }
}
