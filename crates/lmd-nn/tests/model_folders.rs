//! The forms in which models come: variants, shards, single files, LoRA.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use common::{Golden, cpu, data, floats, relative_error, write};
use lmd_nn::weights::{Lora, StoredType, TensorView};
use lmd_nn::{
    Accelerator, Adapters, Checkpoint, LoadOptions, ModelFolder, NnError, Precision, StaticFiles, Tensor,
    UNet, UNetConfig, UNetRequest,
};

const WEIGHTS: &str = "diffusion_pytorch_model.safetensors";

/// A model folder of nothing but a U-Net's configuration.
fn empty_folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("unet")).unwrap();
    fs::copy(data("sd1/unet/config.json"), folder.path().join("unet/config.json")).unwrap();
    folder
}

fn weights() -> Checkpoint {
    Checkpoint::open(&data("sd1/unet").join(WEIGHTS)).unwrap()
}

fn assert_golden(unet: &UNet, tolerance: f64) {
    let golden = Golden::open(&data("sd1/golden.safetensors"));
    golden.assert_close("unet.noise", noise(unet), tolerance);
}

fn noise(unet: &UNet) -> Tensor<4> {
    let golden = Golden::open(&data("sd1/golden.safetensors"));
    let text = unet.text_context(&golden.tensor("unet.text")).unwrap();
    let output = unet.forward(golden.tensor("unet.latents"), &[501.0, 37.0], &text, &UNetRequest::noise());
    output.unwrap().noise.unwrap()
}

#[test]
fn a_variant_is_found() {
    let folder = empty_folder();
    let variant = folder.path().join("unet/diffusion_pytorch_model.fp16.safetensors");
    fs::copy(data("sd1/unet").join(WEIGHTS), variant).unwrap();
    let unet = ModelFolder::open(folder.path()).unwrap().unet(&LoadOptions::new(&cpu())).unwrap();
    assert_golden(&unet, 1e-4);
}

#[test]
fn shards_are_put_together() {
    let folder = empty_folder();
    let all = weights();
    let tensors: Vec<_> = all.names().map(|name| (name.to_owned(), all.read(name).unwrap())).collect();
    let mut map = BTreeMap::new();
    for (i, part) in tensors.chunks(tensors.len() / 2 + 1).enumerate() {
        let shard = format!("diffusion_pytorch_model-{i}.safetensors");
        write(&folder.path().join("unet").join(&shard), part);
        map.extend(part.iter().map(|(name, _)| (name.clone(), shard.clone())));
    }
    let index = serde_json::json!({"metadata": {}, "weight_map": map}).to_string();
    fs::write(folder.path().join(format!("unet/{WEIGHTS}.index.json")), index).unwrap();
    let on_disk = ModelFolder::open(folder.path()).unwrap();
    let built_in = ModelFolder::from_static("built in", in_the_program(folder.path()));
    for model in [on_disk, built_in] {
        assert_golden(&model.unet(&LoadOptions::new(&cpu())).unwrap(), 1e-4);
    }
}

/// The files of `unet/`, as a program would carry them.
fn in_the_program(folder: &Path) -> StaticFiles {
    let file = |entry: std::io::Result<fs::DirEntry>| {
        let path = entry.unwrap().path();
        let name = format!("unet/{}", path.file_name().unwrap().to_str().unwrap());
        (&*name.leak(), &*fs::read(path).unwrap().leak())
    };
    let files: Vec<_> = fs::read_dir(folder.join("unet")).unwrap().map(file).collect();
    files.leak()
}

#[test]
fn a_folder_without_weights_says_what_it_expects() {
    let folder = empty_folder();
    let error = ModelFolder::open(folder.path()).unwrap().unet(&LoadOptions::new(&cpu())).unwrap_err();
    assert!(error.to_string().contains(WEIGHTS), "{error}");
    assert!(ModelFolder::open(&folder.path().join("unet")).is_err());
}

#[test]
fn digests_name_the_files() {
    let digests = ModelFolder::open(&data("sd1")).unwrap().digests(true).unwrap();
    let bytes = fs::read(data("sd1/unet").join(WEIGHTS)).unwrap();
    let expected = (format!("unet/{WEIGHTS}"), blake3::hash(&bytes).to_hex().to_string());
    assert_eq!(digests.len(), 4, "text encoder, U-Net, autoencoder, GLIGEN layers");
    assert!(digests.contains(&expected));
}

#[test]
fn an_old_autoencoder_loads_by_its_old_names() {
    let all = Checkpoint::open(&data("sd1/vae").join(WEIGHTS)).unwrap();
    let old = |name: &str| {
        let table =
            [("to_q.", "query."), ("to_k.", "key."), ("to_v.", "value."), ("to_out.0.", "proj_attn.")];
        table.iter().fold(name.to_owned(), |name, (new, old)| name.replace(new, old))
    };
    let renamed = all.renamed(|name| Some(old(name)));
    let config = lmd_nn::VaeConfig::from_json(&fs::read_to_string(data("sd1/vae/config.json")).unwrap());
    let vae = lmd_nn::AutoencoderKl::load(&config.unwrap(), &renamed, &LoadOptions::new(&cpu())).unwrap();
    let golden = Golden::open(&data("sd1/golden.safetensors"));
    golden.assert_close("vae.decoded", vae.decode(golden.tensor("vae.latents")).unwrap(), 1e-4);
}

const MODULE: &str = "mid_block.attentions.0.transformer_blocks.0.attn2.to_q";

/// The tensors of a LoRA of rank 2 for one layer of the U-Net, with α = 1.
fn lora_values() -> (Vec<f32>, Vec<f32>) {
    (common::scattered(2 * 32, 3), common::scattered(32 * 2, 4))
}

fn lora(names: [String; 3]) -> Result<Lora, lmd_nn::WeightsError> {
    let (down, up) = lora_values();
    let bytes = |v: &[f32]| v.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<u8>>();
    let (down, up, alpha) = (bytes(&down), bytes(&up), bytes(&[1.0]));
    let view = |shape: &'static [usize], bytes: &[u8]| TensorView {
        dtype: StoredType::F32,
        shape,
        bytes: bytes.to_vec().into(),
    };
    let [down_name, up_name, alpha_name] = names;
    let mut tensors = vec![
        (down_name, view(&[2, 32], &down[..])),
        (up_name, view(&[32, 2], &up[..])),
        (alpha_name, view(&[], &alpha[..])),
    ];
    tensors.sort_by(|a, b| a.0.cmp(&b.0));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lora.safetensors");
    write(&path, &tensors);
    Lora::open(&path)
}

fn kohya() -> [String; 3] {
    let module = format!("lora_unet_{}", MODULE.replace('.', "_"));
    ["lora_down.weight", "lora_up.weight", "alpha"].map(|part| format!("{module}.{part}"))
}

fn diffusers() -> [String; 3] {
    ["lora_A.weight", "lora_B.weight", "alpha"].map(|part| format!("unet.{MODULE}.{part}"))
}

/// The U-Net after `weight += strength · α/r · up · down`, worked out on the stored weights.
fn merged_by_hand(strength: f32) -> UNet {
    let all = weights();
    let name = format!("{MODULE}.weight");
    let (down, up) = lora_values();
    let stored = all.read(&name).unwrap();
    let mut values: Vec<f32> =
        stored.bytes.as_chunks::<2>().0.iter().map(|b| half::f16::from_le_bytes(*b).to_f32()).collect();
    for row in 0..32 {
        for column in 0..32 {
            let product: f32 = (0..2).map(|r| up[row * 2 + r] * down[r * 32 + column]).sum();
            values[row * 32 + column] += strength * 0.5 * product;
        }
    }
    let bytes: Vec<u8> = values.iter().flat_map(|x| x.to_le_bytes()).collect();
    let merged = TensorView { dtype: StoredType::F32, shape: &[32, 32], bytes: bytes.into() };
    let tensors: Vec<_> = all
        .names()
        .map(|n| (n.to_owned(), if n == name { merged.clone() } else { all.read(n).unwrap() }))
        .collect();
    let folder = empty_folder();
    write(&folder.path().join("unet").join(WEIGHTS), &tensors);
    ModelFolder::open(folder.path()).unwrap().unet(&LoadOptions::new(&cpu())).unwrap()
}

fn with_adapters(adapters: Adapters) -> Result<UNet, NnError> {
    let options = LoadOptions { adapters, ..LoadOptions::new(&cpu()) };
    ModelFolder::open(&data("sd1")).unwrap().unet(&options)
}

#[test]
fn a_lora_is_merged_whatever_its_dialect() {
    let expected = floats(noise(&merged_by_hand(0.7)));
    for names in [kohya(), diffusers()] {
        let unet = with_adapters(Adapters::default().with(lora(names).unwrap(), 0.7)).unwrap();
        assert!(relative_error(&floats(noise(&unet)), &expected) < 1e-5);
    }
    let plain = floats(noise(&with_adapters(Adapters::default()).unwrap()));
    assert!(relative_error(&plain, &expected) > 1e-3, "the LoRA must change the picture");
}

#[test]
fn several_loras_add_up() {
    let expected = floats(noise(&merged_by_hand(0.7)));
    let adapters =
        Adapters::default().with(lora(kohya()).unwrap(), 0.5).with(lora(diffusers()).unwrap(), 0.2);
    assert!(relative_error(&floats(noise(&with_adapters(adapters).unwrap())), &expected) < 1e-5);
}

#[test]
fn a_lora_for_another_model_is_refused() {
    let stranger = kohya().map(|name| name.replace("mid_block", "down_blocks_7"));
    let error = with_adapters(Adapters::default().with(lora(stranger).unwrap(), 1.0)).unwrap_err();
    assert!(error.to_string().contains("fit no layer"), "{error}");
    let misshaped = kohya().map(|name| name.replace("attn2_to_q", "ff_net_2"));
    let error = with_adapters(Adapters::default().with(lora(misshaped).unwrap(), 1.0)).unwrap_err();
    assert!(error.to_string().contains("do not make a weight"), "{error}");
    let unknown = kohya().map(|name| format!("{name}.hada_w1_a"));
    assert!(lora(unknown).is_err());
}

#[test]
fn half_precision_stays_near() {
    let options = LoadOptions {
        precision: Precision::F16,
        allow_unsupported_precision: true,
        ..LoadOptions::new(&lmd_nn::device(Accelerator::Cpu).unwrap())
    };
    let golden = Golden::open(&data("sd1/golden.safetensors"));
    let half = |name: &str| golden.tensor::<4>(name).cast(Precision::F16.dtype());
    let text = golden.tensor::<3>("unet.text").cast(Precision::F16.dtype());
    let checkpoint = Checkpoint::open(&data("sd1/unet/diffusion_pytorch_model.safetensors")).unwrap();
    let config = fs::read_to_string(data("sd1/unet/config.json")).unwrap();
    for upcast_attention in [false, true] {
        let config = UNetConfig { upcast_attention, ..UNetConfig::from_json(&config).unwrap() };
        let unet = UNet::load(&config, &checkpoint, &options).unwrap();
        let text = unet.text_context(&text).unwrap();
        let request = UNetRequest::with_maps(&unet.config().attention_keys());
        let output = unet.forward(half("unet.latents"), &[501.0, 37.0], &text, &request).unwrap();
        let noise = output.noise.unwrap();
        assert_eq!(noise.dtype(), Precision::F16.dtype());
        let noise = floats(noise.cast(Precision::F32.dtype()));
        assert!(relative_error(&noise, &golden.floats("unet.noise")) < 2e-2);
        for (key, map) in output.maps {
            assert_eq!(map.dtype(), Precision::F32.dtype(), "{key}");
        }
    }
}

#[test]
fn a_precision_the_processor_does_not_compute_in_is_refused_on_load() {
    let cpu = lmd_nn::device(Accelerator::Cpu).unwrap();
    let model = ModelFolder::open(&data("sd1")).unwrap();
    for precision in [Precision::F16, Precision::Bf16] {
        let options = LoadOptions { precision, ..LoadOptions::new(&cpu) };
        let refusals = [
            model.unet(&options).map(drop).unwrap_err(),
            model.autoencoder(&options).map(drop).unwrap_err(),
            model.text_encoder(&options).map(drop).unwrap_err(),
        ];
        for refusal in refusals {
            assert!(matches!(refusal, NnError::Precision { .. }), "{refusal}");
        }
    }
}
