//! Compares networks of the true Stable Diffusion 1.5 shapes with what diffusers computed,
//! and measures a guided iteration: `full_size FOLDER [text|unet|vae|guided]...`
//!
//! The folder is made by `bench/parity/full_size.py`.
#![allow(clippy::print_stdout)]

use std::path::{Path, PathBuf};
use std::time::Instant;

use lmd_nn::{
    Accelerator, AttnKey, Checkpoint, LoadOptions, ModelFolder, NnError, Tensor, TensorData, UNet,
    UNetRequest, device,
};

type Outcome = Result<(), Box<dyn std::error::Error>>;

fn main() -> Outcome {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().ok_or("expected the folder full_size.py made")?);
    let mut parts: Vec<String> = arguments.collect();
    if parts.is_empty() {
        parts = ["text", "unet", "guided", "vae"].map(str::to_owned).to_vec();
    }
    let subject = Subject {
        model: ModelFolder::open(&folder)?,
        options: LoadOptions::new(&device(Accelerator::Cpu)?),
        folder,
    };
    for part in parts {
        match part.as_str() {
            "text" => subject.text()?,
            "unet" => subject.unet()?,
            "guided" => subject.guided()?,
            "vae" => subject.vae()?,
            other => return Err(format!("no part {other:?}; expected text, unet, guided or vae").into()),
        }
    }
    Ok(())
}

struct Subject {
    folder: PathBuf,
    model: ModelFolder,
    options: LoadOptions,
}

impl Subject {
    fn golden(&self, part: &str) -> Result<Golden, NnError> {
        Ok(Golden(Checkpoint::open(&self.folder.join(format!("golden_{part}.safetensors")))?))
    }

    fn load_unet(&self) -> Result<UNet, NnError> {
        let started = Instant::now();
        let unet = self.model.unet(&self.options)?;
        println!("unet: loaded in {:.1} s, memory {}", started.elapsed().as_secs_f32(), memory());
        Ok(unet)
    }

    fn text(&self) -> Outcome {
        let golden = self.golden("text_encoder")?;
        let encoder = self.model.text_encoder(&self.options)?;
        let ids = golden.integers("ids");
        let started = Instant::now();
        let output = encoder.forward(&[ids])?;
        println!("text encoder: {:.2} s", started.elapsed().as_secs_f32());
        golden.compare("last_hidden", output.last_hidden);
        golden.compare("pooled", output.pooled);
        Ok(())
    }

    fn unet(&self) -> Outcome {
        let golden = self.golden("unet")?;
        let unet = self.load_unet()?;
        let text = unet.text_context(&golden.tensor("text")?)?;
        let latents: Tensor<4> = golden.tensor("latents")?;
        let started = Instant::now();
        let output = unet.forward(latents.clone(), &[501.0], &text, &UNetRequest::noise())?;
        let noise = output.noise.ok_or("no noise")?;
        println!("unet: forward {:.1} s", started.elapsed().as_secs_f32());
        golden.compare("noise", noise);
        let request = UNetRequest::only_maps(&unet.attention_keys());
        for (key, map) in unet.forward(latents, &[501.0], &text, &request)?.maps {
            golden.compare(&format!("map.{key}"), map.narrow(1, 0, 1));
        }
        Ok(())
    }

    /// One iteration of guidance as LMD does it: four maps, two token columns, back to the latents.
    fn guided(&self) -> Outcome {
        let golden = self.golden("unet")?;
        let unet = self.load_unet()?;
        let text = unet.text_context(&golden.tensor("text")?)?;
        let keys = [AttnKey::mid(), AttnKey::up(1, 0), AttnKey::up(1, 1), AttnKey::up(1, 2)];
        let request = UNetRequest::only_maps(&keys).columns(&[4, 5]);
        let latents: Tensor<4> = golden.tensor("latents")?;
        reset_peak();
        let before = memory();
        let started = Instant::now();
        let leaf = latents.autodiff().require_grad();
        let maps = unet.forward(leaf.clone(), &[501.0], &text, &request)?.maps;
        let energy = maps.into_values().map(|map| map.square().sum()).reduce(|a, b| a + b);
        let energy = energy.ok_or("no maps")?;
        let forward = started.elapsed().as_secs_f32();
        let gradient = leaf.grad(&energy.backward()).ok_or("no gradient")?;
        let norm = gradient.square().sum().sqrt().into_scalar::<f32>();
        let total = started.elapsed().as_secs_f32();
        println!(
            "guided iteration: forward {forward:.1} s, with backward {total:.1} s, |gradient| {norm:.4e}"
        );
        println!("guided iteration: memory before {before}, {}", memory());
        Ok(())
    }

    fn vae(&self) -> Outcome {
        let golden = self.golden("vae")?;
        let vae = self.model.vae(&self.options)?;
        let posterior = vae.encode(golden.tensor("picture")?)?;
        golden.compare("mean", posterior.mean);
        golden.compare("logvar", posterior.logvar);
        let started = Instant::now();
        let decoded = vae.decode(golden.tensor("latents")?)?;
        println!("vae: decode 256×256 {:.1} s", started.elapsed().as_secs_f32());
        golden.compare("decoded", decoded);
        Ok(())
    }
}

struct Golden(Checkpoint);

impl Golden {
    fn words(&self, name: &str) -> Vec<[u8; 4]> {
        self.0.read(name).map(|view| view.bytes.as_chunks::<4>().0.to_vec()).unwrap_or_default()
    }

    fn floats(&self, name: &str) -> Vec<f32> {
        self.words(name).into_iter().map(f32::from_le_bytes).collect()
    }

    fn integers(&self, name: &str) -> Vec<u32> {
        self.words(name).into_iter().map(u32::from_le_bytes).collect()
    }

    fn tensor<const D: usize>(&self, name: &str) -> Result<Tensor<D>, Box<dyn std::error::Error>> {
        let view = self.0.read(name)?;
        let shape: [usize; D] = view.shape.try_into()?;
        Ok(Tensor::from_data(TensorData::new(self.floats(name), shape), &device(Accelerator::Cpu)?))
    }

    fn compare<const D: usize>(&self, name: &str, ours: Tensor<D>) {
        let (ours, expected) = (ours.into_data(), self.floats(name));
        let ours = ours.as_slice::<f32>().unwrap_or_default();
        let scale = expected.iter().fold(0.0_f32, |m, e| m.max(e.abs()));
        let worst = ours.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        let same = ours.len() == expected.len();
        println!("{name}: relative error {:.2e}{}", worst / scale, if same { "" } else { " (OTHER SHAPE)" });
    }
}

/// Memory in use and its peak, as the kernel counts them.
fn memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let gigabytes = |field: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(field));
        let kilobytes = line.and_then(|rest| rest.split_whitespace().next()?.parse::<f64>().ok());
        kilobytes.unwrap_or(f64::NAN) / 1048576.0
    };
    format!(
        "{:.2} GB (anonymous {:.2}), peak {:.2} GB",
        gigabytes("VmRSS:"),
        gigabytes("RssAnon:"),
        gigabytes("VmHWM:")
    )
}

/// Starts the kernel's peak counter anew.
fn reset_peak() {
    if Path::new("/proc/self/clear_refs").exists() {
        // Where that is not allowed the peak includes the loading, which is then said by its size.
        let _ = std::fs::write("/proc/self/clear_refs", "5");
    }
}
