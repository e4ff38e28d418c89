//! Draws a layout with a model, printing the energy of every step, and writes a PPM picture.
//!
//! `cargo run --release -p lmd-diffusion --example draw -- MODEL PICTURE.ppm`, where MODEL is a diffusers folder.
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::ops::ControlFlow;
use std::path::PathBuf;

use lmd_diffusion::{Job, Pipeline, Preset, Progress, Seeds, draw};
use lmd_layout::{BBox, Layout, Object};
use lmd_nn::{Accelerator, LoadOptions, ModelFolder, device};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let bundled = concat!(env!("CARGO_MANIFEST_DIR"), "/../../assets/model");
    let path = arguments.next().unwrap_or_else(|| PathBuf::from(bundled));
    let target = arguments.next().unwrap_or_else(|| std::env::temp_dir().join("lmd-example.ppm"));

    let device = device(Accelerator::Cpu)?;
    let model = Pipeline::load(&ModelFolder::open(&path)?, &LoadOptions::new(&device))?;
    let car = Object::new("a red car", BBox::new(0.1, 0.5, 0.5, 0.35)?)?;
    let layout = Layout::new(vec![car], "A beach", "")?;

    // Anything of a preset may be set otherwise.
    let mut config = Preset::Fast.config();
    config.steps = 8;
    let job = Job { layout: &layout, prompt: "a red car on a beach", seeds: Seeds::of(1), config: &config };
    let mut observer = |progress: &Progress<'_>| {
        if let (None, Some(energy)) = (progress.iteration, progress.energy) {
            eprintln!(
                "{:?}: step {} of {}, energy {energy:.3}",
                progress.phase,
                progress.step + 1,
                progress.steps
            );
        }
        ControlFlow::Continue(())
    };
    let drawn = draw(&model, &job, &mut observer)?;

    let picture = drawn.picture;
    let mut ppm = format!("P6\n{} {}\n255\n", picture.width, picture.height).into_bytes();
    ppm.extend(picture.pixels);
    std::fs::write(&target, ppm)?;
    println!("{}", target.display());
    Ok(())
}
