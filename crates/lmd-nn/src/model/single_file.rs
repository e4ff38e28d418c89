//! Single-file checkpoints of Stable Diffusion 1 and 2: their shape, as far as the tensors tell it, and what the U-Net
//! predicts.

use std::path::Path;

use super::ldm_names::{CLIP, OPEN_CLIP, UNET, VAE, count, is_open_clip, side};
use crate::PredictionType;
use crate::clip::{ClipTextConfig, HiddenAct};
use crate::unet::{PerLevel, UNetConfig};
use crate::vae::VaeConfig;
use crate::weights::{Checkpoint, WeightsError, whole_number};

/// Width of an attention head in Stable Diffusion 2 and in both text encoders.
const HEAD_WIDTH: usize = 64;
/// Widths of the text embeddings of Stable Diffusion 1 and 2.
const TEXT_WIDTHS: [usize; 2] = [768, 1024];
/// A layer of the U-Net that reads the text, in every version.
const TEXT_LAYER: &str = "middle_block.1.transformer_blocks.0.attn2.to_k.weight";
/// Sides of the latents that Stable Diffusion 2 was trained on: 512 and 768 pixels.
const SIDES: [usize; 2] = [64, 96];
/// The training step of `512-base-ema`, the first Stable Diffusion 2, which predicts ε.
const BASE_STEP: i64 = 875_000;

/// Fails when a network is not in the file, and names it.
pub(super) fn require_parts(path: &Path, all: &Checkpoint) -> Result<(), WeightsError> {
    let text = if is_open_clip(all) { OPEN_CLIP } else { CLIP };
    let text_layer =
        match (is_open_clip(all), all.contains("cond_stage_model.transformer.final_layer_norm.weight")) {
            (true, _) => "transformer.resblocks.0.mlp.c_fc.weight",
            (false, true) => "encoder.layers.0.mlp.fc1.weight",
            (false, false) => "text_model.encoder.layers.0.mlp.fc1.weight",
        };
    let parts = [
        ("U-Net", UNET, TEXT_LAYER),
        ("text encoder", text, text_layer),
        ("autoencoder (VAE)", VAE, "encoder.down.0.block.0.conv1.weight"),
    ];
    for (part, prefix, needed) in parts {
        if all.contains(&format!("{prefix}{needed}")) {
            continue;
        }
        let any = all.names().any(|name| name.starts_with(prefix));
        let kind = if any {
            format!("incomplete: its {part} has no tensor {prefix}{needed}")
        } else {
            format!("without {part}: it has no {prefix}*")
        };
        let hint = "take a file that holds U-Net, text encoder and autoencoder".to_owned();
        return Err(WeightsError::Unsupported { path: path.to_owned(), kind, hint });
    }
    Ok(())
}

/// Whether this is a Stable Diffusion 2.
pub(super) fn is_version_two(all: &Checkpoint) -> bool {
    is_open_clip(all) || text_width(all) == TEXT_WIDTHS[1]
}

/// Width of the text embeddings that the U-Net reads.
pub(super) fn text_width(all: &Checkpoint) -> usize {
    side(all, &format!("{UNET}{TEXT_LAYER}"), 1)
}

/// What the U-Net predicts, and whether the file says so (else it is assumed, as diffusers does).
///
/// Stable Diffusion 1 predicts ε. Of the second version, 2-base and its kin predict ε and all others the velocity; a file
/// tells by its metadata (modelspec), by a tensor `v_pred`, or by the training step.
///
/// # Errors
///
/// When the file says something that is not supported.
pub(super) fn prediction(path: &Path, all: &Checkpoint) -> Result<(PredictionType, bool), WeightsError> {
    let stated = |kind| Ok((kind, true));
    match all.metadata("modelspec.prediction_type") {
        Some("epsilon") => return stated(PredictionType::Epsilon),
        Some("v" | "v_prediction" | "velocity") => return stated(PredictionType::Velocity),
        Some(other) => {
            let other: String = other.chars().take(40).collect();
            let kind = format!("a model whose U-Net predicts {other:?} (modelspec.prediction_type)");
            let hint = "expected epsilon or v".to_owned();
            return Err(WeightsError::Unsupported { path: path.to_owned(), kind, hint });
        }
        None => {}
    }
    if all.contains("v_pred") {
        return stated(PredictionType::Velocity);
    }
    match all.metadata("modelspec.architecture") {
        Some("stable-diffusion-v2-768-v") => return stated(PredictionType::Velocity),
        Some("stable-diffusion-v2-512") => return stated(PredictionType::Epsilon),
        _ => {}
    }
    if !is_version_two(all) {
        return stated(PredictionType::Epsilon);
    }
    let step = all.contains("global_step").then(|| whole_number(all, "global_step")).transpose()?;
    match step {
        Some(BASE_STEP) => stated(PredictionType::Epsilon),
        _ => Ok((PredictionType::Velocity, false)),
    }
}

/// Side of the square latents the model was trained on.
fn sample_size(all: &Checkpoint, prediction: PredictionType) -> usize {
    let stated = all.metadata("modelspec.resolution").and_then(|text| {
        let (width, height) = text.split_once('x')?;
        let pixels: usize = width.trim().parse().ok().filter(|_| width.trim() == height.trim())?;
        (pixels.is_multiple_of(64) && (64..=4096).contains(&pixels)).then_some(pixels / 8)
    });
    let large = is_version_two(all) && prediction == PredictionType::Velocity;
    stated.unwrap_or(SIDES[usize::from(large)])
}

/// The configuration of a U-Net out of `all`, which has diffusers names in `unet`.
pub(super) fn unet_config(all: &Checkpoint, unet: &Checkpoint, prediction: PredictionType) -> UNetConfig {
    let levels = count(unet, "down_blocks.");
    let width = |i: usize| side(unet, &format!("down_blocks.{i}.resnets.0.conv1.weight"), 0);
    let widths: Vec<usize> = (0..levels).map(width).collect();
    let types = |stage: &str| {
        let lower = stage.to_lowercase();
        let name = |i: usize| {
            let cross = unet.contains(&format!("{lower}_blocks.{i}.attentions.0.norm.weight"));
            format!("{}{stage}Block2D", if cross { "CrossAttn" } else { "" })
        };
        (0..levels).map(name).collect()
    };
    let text = text_width(all);
    let heads = widths.iter().map(|w| w / HEAD_WIDTH).collect();
    let wide_heads = has_wide_heads(unet, text);
    UNetConfig {
        in_channels: side(unet, "conv_in.weight", 1),
        out_channels: side(unet, "conv_out.weight", 0),
        sample_size: Some(sample_size(all, prediction)),
        attention_head_dim: if wide_heads { PerLevel::Each(heads) } else { PerLevel::Same(8) },
        block_out_channels: widths,
        down_block_types: types("Down"),
        up_block_types: types("Up"),
        cross_attention_dim: text,
        // The tensors do not say which Stable Diffusion 2 this is; 2.1 needs it, none is harmed.
        upcast_attention: wide_heads,
        ..UNetConfig::default()
    }
}

/// Whether the heads are 64 wide (Stable Diffusion 2) instead of eight in number (1). The width of the text tells it; for
/// other widths, whether projections are stored as matrices.
fn has_wide_heads(unet: &Checkpoint, text: usize) -> bool {
    match TEXT_WIDTHS.iter().position(|&width| width == text) {
        Some(version) => version == 1,
        None => {
            unet.entry("mid_block.attentions.0.proj_in.weight").is_some_and(|entry| entry.shape.len() == 2)
        }
    }
}

/// The configuration that these tensors (with diffusers names) have.
pub(super) fn vae_config(vae: &Checkpoint) -> VaeConfig {
    let levels = count(vae, "encoder.down_blocks.");
    let width = |i: usize| side(vae, &format!("encoder.down_blocks.{i}.resnets.0.conv1.weight"), 0);
    VaeConfig { block_out_channels: (0..levels).map(width).collect(), ..VaeConfig::default() }
}

/// The configuration that these tensors (with transformers names, with or without the outer `text_model`) have.
pub(super) fn text_config(text: &Checkpoint, all: &Checkpoint) -> ClipTextConfig {
    let outer = if text.contains("final_layer_norm.weight") { "" } else { "text_model." };
    let embeddings = format!("{outer}embeddings.token_embedding.weight");
    let layers = format!("{outer}encoder.layers.");
    let width = side(text, &embeddings, 1);
    ClipTextConfig {
        vocab_size: side(text, &embeddings, 0),
        hidden_size: width,
        intermediate_size: side(text, &format!("{layers}0.mlp.fc1.weight"), 0),
        num_hidden_layers: count(text, &layers),
        num_attention_heads: width / HEAD_WIDTH,
        hidden_act: if is_open_clip(all) { HiddenAct::Gelu } else { HiddenAct::QuickGelu },
        ..ClipTextConfig::default()
    }
}
