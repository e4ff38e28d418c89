//! The model that is part of the program: a small Stable Diffusion, made by
//! `training/`, so that there is a picture without any download.

use lmd_nn::{ModelFolder, StaticFiles};

/// What the bundled model is called.
pub(crate) const NAME: &str = "bundled";

macro_rules! model_files {
    ($($path:literal),* $(,)?) => {
        &[$(($path, include_bytes!(concat!("../../../assets/model/", $path)) as &[u8])),*]
    };
}

const FILES: StaticFiles = model_files![
    "gligen/diffusion_pytorch_model.safetensors",
    "lmd.json",
    "scheduler/scheduler_config.json",
    "text_encoder/config.json",
    "text_encoder/model.safetensors",
    "tokenizer/merges.txt",
    "tokenizer/tokenizer_config.json",
    "tokenizer/vocab.json",
    "unet/config.json",
    "unet/diffusion_pytorch_model-00001-of-00003.safetensors",
    "unet/diffusion_pytorch_model-00002-of-00003.safetensors",
    "unet/diffusion_pytorch_model-00003-of-00003.safetensors",
    "unet/diffusion_pytorch_model.safetensors.index.json",
    "vae/config.json",
    "vae/diffusion_pytorch_model.safetensors",
];

/// The bundled model.
pub(crate) fn model() -> ModelFolder {
    ModelFolder::from_static(NAME, FILES)
}

/// Its size in bytes.
pub(crate) fn size() -> u64 {
    FILES.iter().map(|(_, bytes)| bytes.len() as u64).sum()
}
