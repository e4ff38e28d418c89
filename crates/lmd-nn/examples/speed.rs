//! Times the parts of a model; `bench/peers/speed.py` prints the same lines for PyTorch.
//!
//! `speed MODEL [--runs N] [--only PART,PART] [--device KIND] [--dtype PRECISION]`: MODEL is a diffusers
//! folder. The parts are `unet-1`, `unet-2` (a picture under one prompt and under two), `guided` (to the guided
//! maps mid and up.1, and back to the latents), `decode`, `text` and `load`.
#![allow(clippy::print_stdout)]

use std::path::PathBuf;
use std::time::Instant;

use lmd_nn::{
    Accelerator, AttnKey, Autoencoder, ClipTextEncoder, Device, LoadOptions, ModelFolder, Precision, Tensor,
    TensorData, TextContext, UNet, UNetRequest, device, with_spinning_pool,
};

/// The allocator of the command.
#[path = "../../lmd/src/allocator.rs"]
mod allocator;

/// Something that is timed.
type Part<'a> = dyn Fn() -> Outcome + 'a;

type Outcome<T = ()> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

const TOKENS: usize = 77;
const COLUMNS: [usize; 2] = [4, 5];

fn main() -> Outcome {
    allocator::keep_memory();
    let options = Options::read()?;
    let load = || Subject::load(&options);
    let subject = load()?;
    let parts: [(&str, Box<Part<'_>>); 6] = [
        ("unet-1", Box::new(|| subject.noise(1))),
        ("unet-2", Box::new(|| subject.noise(2))),
        ("guided", Box::new(|| subject.guided())),
        ("decode", Box::new(|| subject.decode())),
        ("text", Box::new(|| subject.encode_text())),
        ("load", Box::new(|| load().map(drop))),
    ];
    for (name, part) in parts {
        if options.only.is_empty() || options.only.iter().any(|only| only == name) {
            report(name, options.runs, &part)?;
        }
    }
    Ok(())
}

/// Runs a part once unseen and then `runs` times.
fn report(name: &str, runs: usize, part: &Part<'_>) -> Outcome {
    part()?;
    let mut times = Vec::new();
    let before = processor_time();
    for _ in 0..runs {
        let started = Instant::now();
        part()?;
        times.push(1e3 * started.elapsed().as_secs_f64());
    }
    times.sort_by(f64::total_cmp);
    let least = times.first().copied().unwrap_or(f64::NAN);
    let median = times.get(times.len() / 2).copied().unwrap_or(f64::NAN);
    #[allow(clippy::cast_precision_loss)]
    let processor = (processor_time() - before) / runs as f64;
    println!("{name:8} median {median:9.2} ms, least {least:9.2} ms, processor time {processor:9.2} ms");
    Ok(())
}

/// Milliseconds of all cores this process has used so far, where the kernel tells (in steps of 10).
fn processor_time() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2);
    fields.map(|ticks| 10.0 * ticks.parse::<f64>().unwrap_or(f64::NAN)).sum()
}

struct Options {
    model: PathBuf,
    runs: usize,
    only: Vec<String>,
    device: Accelerator,
    precision: Precision,
}

impl Options {
    fn read() -> Outcome<Self> {
        let mut arguments = std::env::args().skip(1);
        let model = PathBuf::from(arguments.next().ok_or("expected a model's folder")?);
        let (device, precision) = (Accelerator::Cpu, Precision::F32);
        let mut options = Self { model, runs: 9, only: Vec::new(), device, precision };
        while let Some(flag) = arguments.next() {
            let value = arguments.next().ok_or_else(|| format!("expected a value after {flag}"))?;
            match flag.as_str() {
                "--runs" => options.runs = value.parse()?,
                "--only" => options.only = value.split(',').map(str::to_owned).collect(),
                "--device" => options.device = value.parse()?,
                "--dtype" => options.precision = value.parse()?,
                _ => {
                    return Err(
                        format!("no option {flag}; expected --runs, --only, --device or --dtype").into()
                    );
                }
            }
        }
        Ok(options)
    }
}

struct Subject {
    device: Device,
    unet: UNet,
    vae: Autoencoder,
    text: ClipTextEncoder,
    width: usize,
    side: usize,
}

impl Subject {
    fn load(options: &Options) -> Outcome<Self> {
        let device = device(options.device)?;
        let model = ModelFolder::open(&options.model)?;
        let load = LoadOptions { precision: options.precision, ..LoadOptions::new(&device) };
        let unet = model.unet(&load)?;
        let width = unet.config().cross_attention_dim;
        let side = unet.config().sample_size.unwrap_or(64);
        Ok(Self {
            unet,
            vae: model.autoencoder(&load)?,
            text: model.text_encoder(&load)?,
            width,
            side,
            device,
        })
    }

    fn latents(&self) -> Tensor<4> {
        let values = scattered(4 * self.side * self.side, 3);
        Tensor::from_data(TensorData::new(values, [1, 4, self.side, self.side]), &self.device)
    }

    fn embeddings(&self, batch: usize) -> Tensor<3> {
        let values = scattered(batch * TOKENS * self.width, 4);
        Tensor::from_data(TensorData::new(values, [batch, TOKENS, self.width]), &self.device)
    }

    /// One picture under so many prompts.
    fn noise(&self, prompts: usize) -> Outcome {
        let text = self.unet.text_context(&self.embeddings(prompts))?;
        let output = self.unet.forward(self.latents(), &[501.0], &text, &UNetRequest::noise())?;
        check(output.noise.ok_or("no noise")?.into_data())
    }

    fn guided(&self) -> Outcome {
        let text = self.unet.text_context(&self.embeddings(1))?;
        let guided = |key: &AttnKey| *key == AttnKey::mid() || key.to_string().starts_with("up.1.");
        let keys: Vec<AttnKey> = self.unet.attention_keys().into_iter().filter(guided).collect();
        let request = UNetRequest::only_maps(&keys).columns(&COLUMNS);
        let latents = self.latents();
        with_spinning_pool(|| self.gradient(latents, &text, &request))
    }

    fn gradient(&self, latents: Tensor<4>, text: &TextContext, request: &UNetRequest) -> Outcome {
        let leaf = latents.autodiff().require_grad();
        let maps = self.unet.forward(leaf.clone(), &[501.0], text, request)?.maps;
        let energy = maps.into_values().map(|map| map.square().sum()).reduce(|a, b| a + b);
        let gradients = energy.ok_or("no maps")?.backward();
        check(leaf.grad(&gradients).ok_or("no gradient")?.into_data())
    }

    fn decode(&self) -> Outcome {
        check(self.vae.decode(self.latents())?.into_data())
    }

    fn encode_text(&self) -> Outcome {
        #[allow(clippy::cast_possible_truncation)]
        let prompt = |row: usize| (0..TOKENS).map(|i| 1 + (17 * i + row) as u32 % 1000).collect();
        check(self.text.forward(&[prompt(0), prompt(1)])?.last_hidden.into_data())
    }
}

/// A result with numbers in it.
fn check(data: TensorData) -> Outcome {
    let data = data.convert::<f32>();
    let values = data.as_slice::<f32>().map_err(|e| format!("{e:?}"))?;
    if values.iter().all(|x| x.is_finite()) { Ok(()) } else { Err("a result is not finite".into()) }
}

/// Numbers that look random, about -1.7 to 1.7.
fn scattered(count: usize, seed: u64) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        #[allow(clippy::cast_precision_loss)]
        let unit = (state >> 40) as f32 / (1u64 << 24) as f32;
        3.46 * (unit - 0.5)
    };
    (0..count).map(|_| next()).collect()
}
