//! The files of SAM's authors: their names for the tensors, and the shape of the network, which is read from the tensors
//! since no configuration comes with them.

use super::{SamConfig, SamDecoderConfig, SamPromptConfig, SamVisionConfig};
use crate::weights::Checkpoint;

/// Parts of names, theirs and transformers'. A part ends at a dot or at the end of the name.
const PARTS: [(&str, &str); 18] = [
    (
        "prompt_encoder.pe_layer.positional_encoding_gaussian_matrix",
        "shared_image_embedding.positional_embedding",
    ),
    ("image_encoder", "vision_encoder"),
    ("patch_embed.proj", "patch_embed.projection"),
    ("blocks", "layers"),
    ("neck.0", "neck.conv1"),
    ("neck.1", "neck.layer_norm1"),
    ("neck.2", "neck.conv2"),
    ("neck.3", "neck.layer_norm2"),
    ("norm1", "layer_norm1"),
    ("norm2", "layer_norm2"),
    ("norm3", "layer_norm3"),
    ("norm4", "layer_norm4"),
    ("norm_final_attn", "layer_norm_final_attn"),
    ("point_embeddings", "point_embed"),
    ("mask_downscaling.0", "mask_embed.conv1"),
    ("mask_downscaling.1", "mask_embed.layer_norm1"),
    ("mask_downscaling.3", "mask_embed.conv2"),
    ("mask_downscaling.4", "mask_embed.layer_norm2"),
];
const MORE_PARTS: [(&str, &str); 4] = [
    ("mask_downscaling.6", "mask_embed.conv3"),
    ("output_upscaling.0", "upscale_conv1"),
    ("output_upscaling.1", "upscale_layer_norm"),
    ("output_upscaling.3", "upscale_conv2"),
];
/// Whether these are the authors' names.
pub(super) fn are_authors(all: &Checkpoint) -> bool {
    all.names().any(|name| name.starts_with("image_encoder."))
}

/// The same tensors under transformers' names.
pub(super) fn renamed(all: &Checkpoint) -> Checkpoint {
    let depth = iou_depth(all);
    all.renamed(|name| {
        let name = PARTS
            .iter()
            .chain(&MORE_PARTS)
            .fold(name.to_owned(), |name, (old, new)| replaced(&name, old, new));
        let name = mlp_layer(name, ".iou_prediction_head.layers.", depth);
        Some((0..MAX_FILTERS).fold(name, |name, i| {
            mlp_layer(name, &format!(".output_hypernetworks_mlps.{i}.layers."), FILTER_DEPTH)
        }))
    })
}

/// Masks whose filters are renamed; a network with more is refused.
const MAX_FILTERS: usize = 17;
/// Layers of a filter's network.
const FILTER_DEPTH: usize = 3;

/// A name with its part `old` replaced by `new`, where it has that whole part.
fn replaced(name: &str, old: &str, new: &str) -> String {
    let Some(at) = name.find(old) else { return name.to_owned() };
    let (before, after) = (&name[..at], &name[at + old.len()..]);
    let whole = (before.is_empty() || before.ends_with('.')) && (after.is_empty() || after.starts_with('.'));
    if whole { format!("{before}{new}{after}") } else { name.to_owned() }
}

/// A layer of a small network under transformers' name: its first and its last have names of their own.
fn mlp_layer(name: String, prefix: &str, depth: usize) -> String {
    let Some((before, after)) = name.split_once(prefix) else { return name };
    let Some((number, kind)) = after.split_once('.') else { return name };
    let Ok(number) = number.parse::<usize>() else { return name };
    let stem = prefix.trim_end_matches("layers.");
    match number {
        0 => format!("{before}{stem}proj_in.{kind}"),
        last if last + 1 == depth => format!("{before}{stem}proj_out.{kind}"),
        between => format!("{before}{prefix}{}.{kind}", between - 1),
    }
}

/// Layers of the head that tells how good a mask is.
fn iou_depth(all: &Checkpoint) -> usize {
    count(all, "mask_decoder.iou_prediction_head.layers.")
}

/// How many numbers follow a prefix: one more than the largest.
fn count(all: &Checkpoint, prefix: &str) -> usize {
    let numbers =
        all.names().filter_map(|name| name.strip_prefix(prefix)?.split('.').next()?.parse::<usize>().ok());
    numbers.max().map_or(0, |last| last.saturating_add(1))
}

/// The shape of the network whose tensors these are, under the authors' names. Where a tensor is missing, the field is
/// that of ViT-B, and loading tells what is missing.
pub(super) fn config(all: &Checkpoint) -> SamConfig {
    let side = |name: &str, dimension: usize| {
        all.entry(name).and_then(|entry| entry.shape.get(dimension)).copied().unwrap_or(0)
    };
    let or = |found: usize, default: usize| if found == 0 { default } else { found };
    let standard = SamConfig::default();
    let block = |i: usize, end: &str| format!("image_encoder.blocks.{i}.{end}");
    let patch = "image_encoder.patch_embed.proj.weight";
    let hidden_size = or(side(patch, 0), standard.vision.hidden_size);
    let patch_size = or(side(patch, 3), standard.vision.patch_size);
    let grid = or(side("image_encoder.pos_embed", 1), standard.vision.grid());
    let layers = count(all, "image_encoder.blocks.");
    // A table of relative positions has two entries for each but one of the positions.
    let sides: Vec<usize> = (0..layers.min(MAX_LAYERS))
        .map(|i| side(&block(i, "attn.rel_pos_h"), 0).saturating_add(1) / 2)
        .collect();
    let window = sides.iter().copied().filter(|&side| side > 0 && side < grid).min();
    let global = |i: &usize| window.is_none_or(|window| sides.get(*i) != Some(&window));
    let output_channels = or(side("image_encoder.neck.0.weight", 0), standard.vision.output_channels);
    let vision = SamVisionConfig {
        hidden_size,
        output_channels,
        num_hidden_layers: or(layers, standard.vision.num_hidden_layers),
        num_attention_heads: match side(&block(0, "attn.rel_pos_h"), 1) {
            0 => standard.vision.num_attention_heads,
            width => (hidden_size / width).max(1),
        },
        image_size: grid.saturating_mul(patch_size),
        patch_size,
        qkv_bias: all.contains(&block(0, "attn.qkv.bias")),
        mlp_dim: Some(or(side(&block(0, "mlp.lin1.weight"), 0), standard.vision.inner_size())),
        use_abs_pos: all.contains("image_encoder.pos_embed"),
        use_rel_pos: all.contains(&block(0, "attn.rel_pos_h")),
        window_size: window.unwrap_or(0),
        global_attn_indexes: (0..sides.len()).filter(global).collect(),
        num_pos_feats: output_channels / 2,
        ..standard.vision
    };
    let decoder = |end: &str| format!("mask_decoder.{end}");
    let inner = side(&decoder("transformer.layers.0.cross_attn_token_to_image.q_proj.weight"), 0);
    SamConfig {
        prompt: SamPromptConfig {
            hidden_size: output_channels,
            image_size: vision.image_size,
            patch_size,
            mask_input_channels: or(
                side("prompt_encoder.mask_downscaling.3.weight", 0),
                standard.prompt.mask_input_channels,
            ),
            ..standard.prompt
        },
        decoder: SamDecoderConfig {
            hidden_size: output_channels,
            mlp_dim: or(side(&decoder("transformer.layers.0.mlp.lin1.weight"), 0), standard.decoder.mlp_dim),
            num_hidden_layers: or(
                count(all, "mask_decoder.transformer.layers."),
                standard.decoder.num_hidden_layers,
            ),
            attention_downsample_rate: match inner {
                0 => standard.decoder.attention_downsample_rate,
                inner => (output_channels / inner).max(1),
            },
            num_multimask_outputs: or(
                side(&decoder("mask_tokens.weight"), 0).saturating_sub(1),
                standard.decoder.num_multimask_outputs,
            ),
            iou_head_depth: or(iou_depth(all), standard.decoder.iou_head_depth),
            iou_head_hidden_dim: or(
                side(&decoder("iou_prediction_head.layers.0.weight"), 0),
                standard.decoder.iou_head_hidden_dim,
            ),
            ..standard.decoder
        },
        vision,
    }
}

/// Layers of which the windows are looked at; a network with more is refused.
const MAX_LAYERS: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_whole() {
        assert_eq!(replaced("a.norm1.weight", "norm1", "layer_norm1"), "a.layer_norm1.weight");
        assert_eq!(replaced("a.layer_norm1.weight", "norm1", "layer_norm1"), "a.layer_norm1.weight");
        assert_eq!(replaced("a.neck.10.b", "neck.1", "x"), "a.neck.10.b");
    }

    #[test]
    fn ends_of_small_networks_have_their_own_names() {
        let renamed = |i: usize| {
            mlp_layer(format!("m.iou_prediction_head.layers.{i}.bias"), ".iou_prediction_head.layers.", 4)
        };
        assert_eq!(renamed(0), "m.iou_prediction_head.proj_in.bias");
        assert_eq!(renamed(1), "m.iou_prediction_head.layers.0.bias");
        assert_eq!(renamed(2), "m.iou_prediction_head.layers.1.bias");
        assert_eq!(renamed(3), "m.iou_prediction_head.proj_out.bias");
    }
}
