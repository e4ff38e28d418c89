//! The small random Stable Diffusion of lmd-nn's golden files, as one model folder.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used)]

use std::path::{Path, PathBuf};

use lmd_diffusion::Pipeline;
use lmd_layout::{BBox, Canvas, Layout, Object};
use lmd_nn::{LoadOptions, ModelFolder};

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
