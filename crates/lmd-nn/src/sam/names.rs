//! The files of SAM's authors: their names for the tensors, and the shape of the network, which is read from the tensors
//! since no configuration comes with them.

use super::config::{MAX_CANDIDATES, MAX_LAYERS};
use super::decoder::FILTER_DEPTH;
use super::{SamConfig, SamDecoderConfig, SamPromptConfig, SamVisionConfig};
use crate::weights::Checkpoint;

/// Parts of names, theirs and transformers'. A part ends at a dot or at the end of the name.
const PARTS: [(&str, &str); 22] = [
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
        let name = PARTS.iter().fold(name.to_owned(), |name, (old, new)| replaced(&name, old, new));
        let name = mlp_layer(name, ".iou_prediction_head.layers.", depth);
        // The single mask has a filter as well as the candidates.
        Some((0..=MAX_CANDIDATES).fold(name, |name, i| {
            mlp_layer(name, &format!(".output_hypernetworks_mlps.{i}.layers."), FILTER_DEPTH)
        }))
    })
}

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
    let vision = vision(all);
    let standard = SamPromptConfig::default();
    let mask_channels = side(all, "prompt_encoder.mask_downscaling.3.weight", 0);
    SamConfig {
        prompt: SamPromptConfig {
            hidden_size: vision.output_channels,
            image_size: vision.image_size,
            patch_size: vision.patch_size,
            mask_input_channels: mask_channels.unwrap_or(standard.mask_input_channels),
            ..standard
        },
        decoder: decoder(all, vision.output_channels),
        vision,
    }
}

fn vision(all: &Checkpoint) -> SamVisionConfig {
    let standard = SamVisionConfig::default();
    let first = |end: &str, dimension| side(all, &format!("image_encoder.blocks.0.{end}"), dimension);
    let patch = |dimension| side(all, "image_encoder.patch_embed.proj.weight", dimension);
    let hidden_size = patch(0).unwrap_or(standard.hidden_size);
    let patch_size = patch(3).unwrap_or(standard.patch_size);
    let grid = side(all, "image_encoder.pos_embed", 1).unwrap_or(standard.grid());
    let layers = count(all, "image_encoder.blocks.");
    let (window_size, global_attn_indexes) = windows(all, layers, grid);
    let heads = first("attn.rel_pos_h", 1).map(|width| (hidden_size / width).max(1));
    let output_channels = side(all, "image_encoder.neck.0.weight", 0).unwrap_or(standard.output_channels);
    SamVisionConfig {
        hidden_size,
        output_channels,
        num_hidden_layers: if layers == 0 { standard.num_hidden_layers } else { layers },
        num_attention_heads: heads.unwrap_or(standard.num_attention_heads),
        image_size: grid.saturating_mul(patch_size),
        patch_size,
        qkv_bias: all.contains("image_encoder.blocks.0.attn.qkv.bias"),
        mlp_dim: Some(first("mlp.lin1.weight", 0).unwrap_or(standard.inner_size())),
        use_abs_pos: all.contains("image_encoder.pos_embed"),
        use_rel_pos: first("attn.rel_pos_h", 0).is_some(),
        window_size,
        global_attn_indexes,
        num_pos_feats: output_channels / 2,
        ..standard
    }
}

/// The side of the windows (0 for none), and the layers that attend to the whole picture. A table of relative positions has
/// two entries for each but one of the positions.
fn windows(all: &Checkpoint, layers: usize, grid: usize) -> (usize, Vec<usize>) {
    let table = |i: usize| side(all, &format!("image_encoder.blocks.{i}.attn.rel_pos_h"), 0);
    // A network with more layers is refused.
    let sides = (0..layers.min(MAX_LAYERS)).map(|i| table(i).map(|entries| entries.saturating_add(1) / 2));
    let sides: Vec<Option<usize>> = sides.collect();
    let window = sides.iter().flatten().copied().filter(|&side| side < grid).min();
    let global = (0..sides.len()).filter(|&i| window.is_none() || sides.get(i) != Some(&window));
    (window.unwrap_or(0), global.collect())
}

fn decoder(all: &Checkpoint, width: usize) -> SamDecoderConfig {
    let standard = SamDecoderConfig::default();
    let of = |end: &str| side(all, &format!("mask_decoder.{end}"), 0);
    let inner = of("transformer.layers.0.cross_attn_token_to_image.q_proj.weight");
    let or = |found: usize, default: usize| if found == 0 { default } else { found };
    SamDecoderConfig {
        hidden_size: width,
        mlp_dim: of("transformer.layers.0.mlp.lin1.weight").unwrap_or(standard.mlp_dim),
        num_hidden_layers: or(count(all, "mask_decoder.transformer.layers."), standard.num_hidden_layers),
        attention_downsample_rate: inner
            .map_or(standard.attention_downsample_rate, |inner| (width / inner).max(1)),
        num_multimask_outputs: of("mask_tokens.weight")
            .map_or(standard.num_multimask_outputs, |tokens| tokens.saturating_sub(1)),
        iou_head_depth: or(iou_depth(all), standard.iou_head_depth),
        iou_head_hidden_dim: of("iou_prediction_head.layers.0.weight")
            .unwrap_or(standard.iou_head_hidden_dim),
        ..standard
    }
}

/// The length of a tensor's dimension, where it is there and not 0.
fn side(all: &Checkpoint, name: &str, dimension: usize) -> Option<usize> {
    all.entry(name).and_then(|entry| entry.shape.get(dimension)).copied().filter(|&side| side > 0)
}

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
