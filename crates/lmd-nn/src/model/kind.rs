//! What a file or folder is that is no Stable Diffusion 1 or 2, so that the refusal can name it.

use std::path::Path;

use serde_json::Value;

use super::ldm_names::UNET;
use crate::unet::purpose_of_channels;
use crate::weights::{Checkpoint, WeightsError};

/// What to do with a model of another kind.
const OTHER_MODEL: &str = "expected a Stable Diffusion 1 or 2";

/// The refusal of a single file, where its tensors show that it is something else than a whole Stable Diffusion 1 or 2.
pub(super) fn refuse_file(path: &Path, all: &Checkpoint) -> Result<(), WeightsError> {
    let unsupported = |(kind, hint): (String, &str)| {
        Err(WeightsError::Unsupported { path: path.to_owned(), kind, hint: hint.to_owned() })
    };
    if let Some((kind, hint)) = of_names(all) {
        return unsupported((kind.to_owned(), hint));
    }
    let first = all.entry("model.diffusion_model.input_blocks.0.0.weight");
    let channels = first.and_then(|entry| entry.shape.get(1).copied());
    if let Some(purpose) = channels.and_then(purpose_of_channels) {
        return unsupported((format!("a Stable Diffusion {purpose}"), PLAIN_U_NET));
    }
    if all.contains("ztsnr") {
        let kind = "a model trained with zero terminal signal-to-noise ratio (ztsnr)".to_owned();
        return unsupported((kind, "its schedule is not supported"));
    }
    if first.is_none() {
        let expected = "a whole Stable Diffusion 1 or 2 (model.diffusion_model.*)".to_owned();
        return Err(WeightsError::NoWeights { folder: path.to_owned(), expected });
    }
    Ok(())
}

const PLAIN_U_NET: &str = "take one that draws from text alone (4 channels)";

/// A name and advice for a file, by marks among its tensors' names; `None` for what may be a Stable Diffusion 1 or 2.
fn of_names(all: &Checkpoint) -> Option<(&'static str, &'static str)> {
    const LORA: (&str, &str) = ("a LoRA", "give it with --lora, and a whole model as the model");
    const PART: &str = "give a whole Stable Diffusion 1 or 2";
    let any = |mark: &str| all.names().any(|name| name.starts_with(mark));
    let anywhere = |mark: &str| all.names().any(|name| name.contains(mark));
    let xl = ("a Stable Diffusion XL checkpoint (conditioner.*)", OTHER_MODEL);
    let by_start = [
        ("conditioner.embedders.", xl),
        ("model.diffusion_model.joint_blocks.", ("a Stable Diffusion 3 checkpoint", OTHER_MODEL)),
        ("model.diffusion_model.double_blocks.", ("a FLUX checkpoint", OTHER_MODEL)),
        ("double_blocks.", ("a FLUX transformer", OTHER_MODEL)),
        ("joint_blocks.", ("a Stable Diffusion 3 transformer", OTHER_MODEL)),
        (
            "model.diffusion_model.label_emb.",
            ("a U-Net with class embeddings (Stable Diffusion XL or 2.1 unCLIP)", OTHER_MODEL),
        ),
    ];
    if let Some((_, found)) = by_start.into_iter().find(|(mark, _)| any(mark)) {
        return Some(found);
    }
    if any(UNET) {
        return None;
    }
    let lora = [
        "lora_down",
        "lora_up",
        "lora_A",
        "lora_B",
        "_lora.down",
        "lora.down",
        "lora_linear_layer",
        "hada_w",
        "lokr_w",
    ];
    if lora.into_iter().any(anywhere) {
        return Some(LORA);
    }
    let parts = [
        ("control_model.", "a ControlNet", "ControlNets are not supported"),
        ("controlnet_", "a ControlNet", "ControlNets are not supported"),
        ("emb_params", "a textual inversion", "embeddings are not supported"),
        ("string_to_param", "a textual inversion", "embeddings are not supported"),
        ("first_stage_model.", "an autoencoder (VAE) alone", PART),
        ("decoder.", "an autoencoder (VAE) alone", PART),
        ("down_blocks.", "one part of a diffusers folder (a U-Net)", "give the folder above unet/"),
        ("text_model.", "a text encoder alone", PART),
        ("position_net.", "GLIGEN's grounding layers alone", "put them into gligen/ beside a model"),
    ];
    let found = parts.into_iter().find(|(mark, _, _)| any(mark));
    found.map(|(_, kind, hint)| (kind, hint))
}

/// The refusal of a folder whose `model_index.json` is that of another kind of model; `has_unet`: whether there is a
/// U-Net in it.
pub(super) fn refuse_index(path: &Path, index: &str, has_unet: bool) -> Result<(), WeightsError> {
    let index: Option<Value> = serde_json::from_str(index).ok();
    let Some(class) = index.as_ref().and_then(|index| index.get("_class_name")?.as_str()) else {
        return Ok(());
    };
    if class.contains("XL") || !has_unet {
        let class: String = class.chars().filter(char::is_ascii_alphanumeric).take(80).collect();
        let kind = format!("a {class} (model_index.json)");
        return Err(WeightsError::Unsupported { path: path.to_owned(), kind, hint: OTHER_MODEL.to_owned() });
    }
    Ok(())
}
