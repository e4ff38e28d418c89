//! Compares the networks that look at pictures, in their true shapes, with what transformers computed, and measures them:
//! `looking FOLDER...`
//!
//! The folders are made by `bench/parity/sam_base.py` and `bench/parity/owl_base.py`.
#![allow(clippy::print_stdout)]

use std::path::{Path, PathBuf};
use std::time::Instant;

use lmd_nn::{
    Accelerator, Checkpoint, Device, LoadOptions, Owl, RgbView, Sam, SamPrompt, Tensor, TensorData, device,
};

type Failure = Box<dyn std::error::Error>;
type Outcome = Result<(), Failure>;

/// Width and height of the golden pictures.
const SIZE: [usize; 2] = [512, 384];

fn main() -> Outcome {
    let folders: Vec<PathBuf> = std::env::args().skip(1).map(PathBuf::from).collect();
    if folders.is_empty() {
        return Err("expected the folders that sam_base.py and owl_base.py made".into());
    }
    for folder in folders {
        let golden = Golden {
            tensors: Checkpoint::open(&folder.join("golden.safetensors"))?,
            device: device(Accelerator::Cpu)?,
        };
        println!("{}", folder.display());
        if golden.tensors.contains("logits") { owl(&folder, &golden)? } else { sam(&folder, &golden)? }
    }
    Ok(())
}

fn sam(folder: &Path, golden: &Golden) -> Outcome {
    let started = Instant::now();
    let sam = Sam::open(folder, &LoadOptions::new(&golden.device))?;
    println!("loaded in {:.1} s", started.elapsed().as_secs_f32());
    let bytes = golden.bytes("picture")?;
    let started = Instant::now();
    let image = sam.encode(RgbView::new(SIZE[0], SIZE[1], &bytes)?)?;
    println!("picture encoded in {:.1} s, peak of memory {}", started.elapsed().as_secs_f32(), peak());
    golden.compare("features", image.features.clone())?;
    let (on, beside) = (([20.0, 9.0], true), ([31.0, 22.0], false));
    let corners = [5.0, 3.0, 30.0, 25.0];
    let prompts = [
        ("point", SamPrompt::point(20.0, 9.0)),
        ("points", SamPrompt { points: vec![on, beside], corners: None }),
        ("box", SamPrompt::of_box(corners)),
        ("both", SamPrompt { points: vec![on], corners: Some(corners) }),
    ];
    for (name, prompt) in prompts {
        let started = Instant::now();
        let masks = sam.masks(&image, &prompt, None)?;
        println!("{name}: {:.2} s", started.elapsed().as_secs_f32());
        golden.compare(&format!("{name}.masks"), masks.logits)?;
        let count = masks.iou.len();
        let iou = TensorData::new(masks.iou, [count]);
        golden.compare(&format!("{name}.iou"), Tensor::<1>::from_data(iou, &golden.device))?;
    }
    Ok(())
}

fn owl(folder: &Path, golden: &Golden) -> Outcome {
    let started = Instant::now();
    let owl = Owl::open(folder, &LoadOptions::new(&golden.device))?;
    println!("loaded in {:.1} s", started.elapsed().as_secs_f32());
    let bytes = golden.bytes("picture")?;
    let pixels = owl.pixels(RgbView::new(SIZE[0], SIZE[1], &bytes)?);
    golden.compare("pixels", pixels.clone())?;
    let started = Instant::now();
    let output = owl.forward(pixels, &golden.rows("ids")?)?;
    println!("answered in {:.1} s, peak of memory {}", started.elapsed().as_secs_f32(), peak());
    golden.compare("logits", output.logits)?;
    golden.compare("boxes", output.boxes)?;
    if let Some(objectness) = output.objectness {
        golden.compare("objectness", objectness)?;
    }
    Ok(())
}

/// What transformers computed.
struct Golden {
    tensors: Checkpoint,
    device: Device,
}

impl Golden {
    /// Numbers of 32 bits, and the tensor's shape.
    fn words(&self, name: &str) -> Result<(Vec<[u8; 4]>, Vec<usize>), Failure> {
        let view = self.tensors.read(name)?;
        Ok((view.bytes.as_chunks::<4>().0.to_vec(), view.shape.to_vec()))
    }

    fn floats(&self, name: &str) -> Result<Vec<f32>, Failure> {
        Ok(self.words(name)?.0.into_iter().map(f32::from_le_bytes).collect())
    }

    fn bytes(&self, name: &str) -> Result<Vec<u8>, Failure> {
        Ok(self.floats(name)?.into_iter().map(|value| value as u8).collect())
    }

    fn rows(&self, name: &str) -> Result<Vec<Vec<u32>>, Failure> {
        let (words, shape) = self.words(name)?;
        let numbers: Vec<u32> = words.into_iter().map(u32::from_le_bytes).collect();
        Ok(numbers.chunks(shape.last().copied().unwrap_or(1)).map(<[u32]>::to_vec).collect())
    }

    fn compare<const D: usize>(&self, name: &str, ours: Tensor<D>) -> Outcome {
        let (ours, expected) = (ours.into_data(), self.floats(name)?);
        let ours: Vec<f32> = ours.iter::<f32>().collect();
        let scale = expected.iter().fold(0.0_f32, |m, e| m.max(e.abs()));
        let differences = ours.iter().zip(&expected).map(|(a, b)| (a - b).abs());
        let worst = differences.fold(0.0, |worst, d| if d > worst || d.is_nan() { d } else { worst });
        let same = ours.len() == expected.len();
        println!("{name}: relative error {:.2e}{}", worst / scale, if same { "" } else { " (OTHER SHAPE)" });
        Ok(())
    }
}

/// The most memory so far, as the kernel counts it.
fn peak() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|rest| rest.split_whitespace().next()?.parse::<f64>().ok());
    kilobytes.map_or_else(|| "unknown".to_owned(), |kilobytes| format!("{:.2} GB", kilobytes / 1_048_576.0))
}
