//! The small random Stable Diffusion of lmd-nn's golden files, as one model folder.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used)]

use std::path::{Path, PathBuf};

use lmd_diffusion::{Pipeline, StepEnergies};
use lmd_layout::{BBox, Canvas, Layout, Object};
use lmd_nn::{LoadOptions, ModelFolder};
use safetensors::SafeTensors;

/// A folder of lmd-nn's golden data.
pub fn nn_data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../lmd-nn/tests/data").join(name)
}

/// Puts the parts of the small model `name` together as diffusers would.
pub fn assemble(name: &str, to: &Path) {
    let parts = [
        ("unet", nn_data(name).join("unet")),
        ("vae", nn_data(name).join("vae")),
        ("text_encoder", nn_data(name).join("text_encoder")),
        ("tokenizer", nn_data("tokenizer")),
        ("gligen", nn_data(name).join("gligen")),
    ];
    for (part, from) in parts.into_iter().filter(|(_, from)| from.is_dir()) {
        std::fs::create_dir_all(to.join(part)).unwrap();
        for file in std::fs::read_dir(from).unwrap() {
            let file = file.unwrap();
            std::fs::copy(file.path(), to.join(part).join(file.file_name())).unwrap();
        }
    }
}

/// The small model with three resolutions: 4 pixels per cell of the latents;
/// at 128 x 128 pixels its maps have 8 x 8, 16 x 16 and 32 x 32 cells.
pub fn small_model() -> Pipeline {
    let folder = tempfile::tempdir().unwrap();
    assemble("sd1", folder.path());
    load(folder.path()).unwrap()
}

/// Loads a model folder on the processor, with its grounding layers.
pub fn load(folder: &Path) -> Result<Pipeline, lmd_diffusion::DiffusionError> {
    let device = lmd_nn::device(lmd_nn::Accelerator::Cpu)?;
    let options = LoadOptions { gligen: true, ..LoadOptions::new(&device) };
    Pipeline::load(&ModelFolder::open(folder)?, &options)
}

/// A layout from captions and boxes `x, y, w, h` on 512 x 512.
pub fn layout(objects: &[(&str, [f64; 4])], background: &str) -> Layout {
    let object = |(name, xywh): &(&str, [f64; 4])| {
        Object::new(name, BBox::from_xywh(*xywh, Canvas::REFERENCE).unwrap()).unwrap()
    };
    Layout::new(objects.iter().map(object).collect(), background, "").unwrap()
}

/// Largest difference of a latent value, at every step.
const LATENTS: f32 = 5e-4;
/// Largest relative difference of an energy.
const ENERGY: f64 = 1e-4;

/// A tensor of a file.
pub fn floats(tensors: &SafeTensors<'_>, name: &str) -> Vec<f32> {
    let view = tensors.tensor(name).unwrap();
    view.data().as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()
}

/// Largest difference; a NaN is infinitely far.
pub fn difference(ours: &[f32], theirs: &[f32]) -> f32 {
    assert_eq!(ours.len(), theirs.len());
    let apart = |(a, b): (&f32, &f32)| if (a - b).is_nan() { f32::INFINITY } else { (a - b).abs() };
    ours.iter().zip(theirs).map(apart).fold(0.0, f32::max)
}

/// Compares the latents of every step.
pub fn check_frames(name: &str, ours: &[Vec<f32>], theirs: &[f32]) {
    let size = ours[0].len();
    assert_eq!(ours.len() * size, theirs.len(), "{name}: number of steps");
    let steps: Vec<f32> = ours.iter().zip(theirs.chunks(size)).map(|(a, b)| difference(a, b)).collect();
    eprintln!("{name}: latents differ by at most {:.1e}", steps.iter().copied().fold(0.0, f32::max));
    assert!(steps.iter().all(|d| *d <= LATENTS), "{name}: latents differ by {steps:?}");
}

/// Compares the energies of every step.
pub fn check_energies(name: &str, ours: &[StepEnergies], theirs: &[Vec<f64>]) {
    let mut by_step = vec![Vec::new(); theirs.len()];
    for step in ours {
        by_step[step.step].clone_from(&step.energies);
    }
    let mut worst = 0.0f64;
    for (i, (ours, theirs)) in by_step.iter().zip(theirs).enumerate() {
        assert_eq!(ours.len(), theirs.len(), "{name}: guidance iterations at step {i}");
        let errors = ours.iter().zip(theirs).map(|(a, b)| (a - b).abs() / b.abs());
        worst = errors.fold(worst, f64::max);
    }
    eprintln!("{name}: energies differ by at most {worst:.1e} of themselves");
    assert!(worst <= ENERGY, "{name}: energies {by_step:?} against {theirs:?}");
}
