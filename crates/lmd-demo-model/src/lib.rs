//! The bytes of the demonstration model that the `lmd` command carries: a small
//! Stable Diffusion in diffusers' form, made by `training/`, so that there is a
//! picture without any download. This crate depends on nothing; whoever links
//! it hands [`FILES`] to whatever reads models from memory.

/// What the model is called.
pub const NAME: &str = "bundled";

macro_rules! model_files {
    ($($path:literal),* $(,)?) => {
        &[$(($path, include_bytes!(concat!(env!("LMD_DEMO_MODEL"), "/", $path)) as &[u8])),*]
    };
}

/// The model's files: path below the model's folder, content. A static and no constant, so that the program holds them once however many
/// places use them.
pub static FILES: &[(&str, &[u8])] = model_files![
    "detector/config.json",
    "detector/model.safetensors",
    "gligen/diffusion_pytorch_model.safetensors",
    "lmd.json",
    "scheduler/scheduler_config.json",
    "segmenter/config.json",
    "segmenter/model.safetensors",
    "segmenter/preprocessor_config.json",
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::path::{Path, PathBuf};

    /// Files below `folder` that a model's reader opens.
    fn on_disk(folder: &Path, found: &mut BTreeSet<PathBuf>, root: &Path) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                on_disk(&path, found, root);
            } else if path
                .extension()
                .is_some_and(|end| end == "json" || end == "txt" || end == "safetensors")
            {
                found.insert(path.strip_prefix(root).unwrap().to_owned());
            }
        }
    }

    #[test]
    fn every_file_of_the_model_is_carried() {
        let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../assets/model");
        let mut found = BTreeSet::new();
        on_disk(&root, &mut found, &root);
        let carried: BTreeSet<PathBuf> = FILES.iter().map(|(path, _)| PathBuf::from(path)).collect();
        let lost: Vec<_> = carried.difference(&found).collect();
        assert!(lost.is_empty(), "carried but not there: {lost:?}");
        // Not read: the tokenizer once more as other programs want it.
        let unread = |path: &Path| {
            ["tokenizer/tokenizer.json", "tokenizer/special_tokens_map.json"].map(Path::new).contains(&path)
        };
        let there = |path: &PathBuf| path.components().count() > 1 && !unread(path);
        let forgotten: Vec<_> = found.difference(&carried).filter(|path| there(path)).collect();
        assert!(forgotten.is_empty(), "there but not carried: {forgotten:?}");
        assert!(FILES.iter().map(|(_, bytes)| bytes.len()).sum::<usize>() > 1 << 20);
    }
}
