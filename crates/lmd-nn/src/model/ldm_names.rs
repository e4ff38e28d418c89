//! The names of CompVis' and Stability's single files, made those of diffusers.

use std::collections::BTreeSet;

use crate::weights::Checkpoint;

pub(super) const UNET: &str = "model.diffusion_model.";
pub(super) const VAE: &str = "first_stage_model.";
pub(super) const CLIP: &str = "cond_stage_model.transformer.";
pub(super) const OPEN_CLIP: &str = "cond_stage_model.model.";
/// Residual blocks per level in both versions.
const LAYERS: usize = 2;
/// Width of the text encoder of Stable Diffusion 2, and how many of its 24 layers are read.
const VIT_H: (usize, usize) = (1024, 23);

/// Beginnings of tensors that belong to the training or to other programs, and that no drawing needs.
const BAGGAGE: [&str; 23] = [
    "model_ema.",
    "betas",
    "alphas_cumprod",
    "sqrt_",
    "log_one_minus_alphas_cumprod",
    "posterior_",
    "logvar",
    "lvlb_weights",
    "ddim_",
    "loss.",
    "first_stage_model.loss.",
    "first_stage_model.model_ema.",
    "cond_stage_model.model.visual.",
    "cond_stage_model.model.attn_mask",
    "cond_stage_model.logit_scale",
    "cond_stage_model.text_projection",
    "control_model.",
    "embedding_manager.",
    "safety_checker.",
    "global_step",
    "v_pred",
    "denoiser.",
    "epoch",
];

/// The tensors that belong to no part of Stable Diffusion and are not known to be of no use.
pub(super) fn unknown_tensors(all: &Checkpoint) -> Vec<&str> {
    let text = if is_open_clip(all) { OPEN_CLIP } else { CLIP };
    let known = |name: &&str| [UNET, VAE, text].iter().chain(&BAGGAGE).any(|start| name.starts_with(start));
    all.names().filter(|name| !known(name)).collect()
}

/// The tensors of one network: named by `rename`, which gets the name behind `prefix`. One that it does not know keeps
/// its whole name, so that it is refused as unknown instead of being left out in silence.
fn network(all: &Checkpoint, prefix: &str, rename: impl Fn(&str) -> Option<String>) -> Checkpoint {
    all.renamed(|name| {
        let own = name.strip_prefix(prefix)?;
        let baggage = BAGGAGE.iter().any(|start| name.starts_with(start));
        (!baggage).then(|| rename(own).unwrap_or_else(|| name.to_owned()))
    })
}

/// The U-Net's tensors by their diffusers names.
pub(super) fn unet(all: &Checkpoint) -> Checkpoint {
    network(all, UNET, unet_name)
}

fn unet_name(name: &str) -> Option<String> {
    for (old, new) in [
        ("time_embed.0.", "time_embedding.linear_1."),
        ("time_embed.2.", "time_embedding.linear_2."),
        ("input_blocks.0.0.", "conv_in."),
        ("out.0.", "conv_norm_out."),
        ("out.2.", "conv_out."),
        ("middle_block.1.", "mid_block.attentions.0."),
    ] {
        if let Some(rest) = name.strip_prefix(old) {
            return Some(format!("{new}{rest}"));
        }
    }
    let (half, rest) = name.split_once('.')?;
    let (first, rest) = rest.split_once('.')?;
    let first: usize = first.parse().ok()?;
    if half == "middle_block" {
        return Some(format!("mid_block.resnets.{}.{}", first / 2, resnet_name(rest)));
    }
    let (second, rest) = rest.split_once('.')?;
    match half {
        "input_blocks" => {
            let first = first.checked_sub(1)?;
            let (block, layer) = (first / (LAYERS + 1), first % (LAYERS + 1));
            Some(format!("down_blocks.{block}.{}", down_name(layer, second, rest)?))
        }
        "output_blocks" => {
            let (block, layer) = (first / (LAYERS + 1), first % (LAYERS + 1));
            Some(format!("up_blocks.{block}.{}", up_name(layer, second, rest)?))
        }
        _ => None,
    }
}

fn down_name(layer: usize, part: &str, rest: &str) -> Option<String> {
    match (part, rest.strip_prefix("op.")) {
        ("0", Some(rest)) => Some(format!("downsamplers.0.conv.{rest}")),
        ("0", None) => Some(format!("resnets.{layer}.{}", resnet_name(rest))),
        ("1", _) => Some(format!("attentions.{layer}.{rest}")),
        _ => None,
    }
}

fn up_name(layer: usize, part: &str, rest: &str) -> Option<String> {
    match (part, rest.strip_prefix("conv.")) {
        ("0", _) => Some(format!("resnets.{layer}.{}", resnet_name(rest))),
        ("1" | "2", Some(rest)) => Some(format!("upsamplers.0.conv.{rest}")),
        ("1", None) => Some(format!("attentions.{layer}.{rest}")),
        _ => None,
    }
}

fn resnet_name(rest: &str) -> String {
    let table = [
        ("in_layers.0.", "norm1."),
        ("in_layers.2.", "conv1."),
        ("emb_layers.1.", "time_emb_proj."),
        ("out_layers.0.", "norm2."),
        ("out_layers.3.", "conv2."),
        ("skip_connection.", "conv_shortcut."),
    ];
    replace_start(rest, &table)
}

fn replace_start(name: &str, table: &[(&str, &str)]) -> String {
    let hit = table.iter().find_map(|(old, new)| Some(format!("{new}{}", name.strip_prefix(old)?)));
    hit.unwrap_or_else(|| name.to_owned())
}

/// The autoencoder's tensors by their diffusers names.
pub(super) fn vae(all: &Checkpoint) -> Checkpoint {
    let levels = count(all, &format!("{VAE}decoder.up."));
    network(all, VAE, |name| match name.split_once('.')? {
        (half @ ("encoder" | "decoder"), rest) => Some(format!("{half}.{}", vae_name(rest, levels)?)),
        ("quant_conv" | "post_quant_conv", _) => Some(name.to_owned()),
        _ => None,
    })
}

fn vae_name(name: &str, levels: usize) -> Option<String> {
    let (part, rest) = name.split_once('.')?;
    Some(match part {
        "conv_in" | "conv_out" => name.to_owned(),
        "norm_out" => format!("conv_norm_out.{rest}"),
        "mid" => vae_mid_name(rest),
        "down" | "up" => {
            let (level, rest) = rest.split_once('.')?;
            let level: usize = level.parse().ok()?;
            // Upstream counts the decoder's levels from the other end.
            let block = if part == "up" { levels.checked_sub(level + 1)? } else { level };
            let table =
                [("block.", "resnets."), ("downsample.", "downsamplers.0."), ("upsample.", "upsamplers.0.")];
            let rest = replace_start(rest, &table).replace("nin_shortcut", "conv_shortcut");
            format!("{part}_blocks.{block}.{rest}")
        }
        _ => return None,
    })
}

fn vae_mid_name(rest: &str) -> String {
    let table = [
        ("block_1.", "mid_block.resnets.0."),
        ("block_2.", "mid_block.resnets.1."),
        ("attn_1.norm.", "mid_block.attentions.0.group_norm."),
        ("attn_1.q.", "mid_block.attentions.0.to_q."),
        ("attn_1.k.", "mid_block.attentions.0.to_k."),
        ("attn_1.v.", "mid_block.attentions.0.to_v."),
        ("attn_1.proj_out.", "mid_block.attentions.0.to_out.0."),
    ];
    replace_start(rest, &table)
}

/// The text encoder's tensors by their transformers names.
pub(super) fn text_encoder(all: &Checkpoint) -> Checkpoint {
    if !is_open_clip(all) {
        return network(all, CLIP, |name| Some(name.to_owned()));
    }
    let mut open_clip = network(all, OPEN_CLIP, |name| Some(open_clip_name(name)));
    split_projections(&mut open_clip);
    drop_unread_layers(&mut open_clip);
    open_clip
}

/// Whether the text encoder is OpenCLIP's, as in Stable Diffusion 2.
pub(super) fn is_open_clip(all: &Checkpoint) -> bool {
    all.names().any(|name| name.starts_with(OPEN_CLIP))
}

const LAYER: &str = "text_model.encoder.layers.";

fn open_clip_name(name: &str) -> String {
    let table = [
        ("token_embedding.", "text_model.embeddings.token_embedding."),
        ("positional_embedding", "text_model.embeddings.position_embedding.weight"),
        ("ln_final.", "text_model.final_layer_norm."),
        ("transformer.resblocks.", LAYER),
        ("text_projection", "text_projection.weight"),
    ];
    replace_start(name, &table)
        .replace(".ln_1.", ".layer_norm1.")
        .replace(".ln_2.", ".layer_norm2.")
        .replace(".attn.", ".self_attn.")
        .replace(".c_fc.", ".fc1.")
        .replace(".c_proj.", ".fc2.")
}

/// OpenCLIP keeps queries, keys and values in one matrix.
fn split_projections(text: &mut Checkpoint) {
    let joined: Vec<String> = text.names().filter(|n| n.contains(".in_proj_")).map(str::to_owned).collect();
    for name in joined {
        let rows = side(text, &name, 0) / 3;
        for (i, part) in ["q_proj.", "k_proj.", "v_proj."].iter().enumerate() {
            text.add_rows(&name, name.replace("in_proj_", part), i * rows..(i + 1) * rows);
        }
        text.remove(&name);
    }
}

/// Stable Diffusion 2 reads the output of the last layer but one, the 23rd of 24.
///
/// Files that diffusers' converter wrote have no 24th layer, nor the projection behind it.
fn drop_unread_layers(text: &mut Checkpoint) {
    let layers = count(text, LAYER);
    let width = side(text, "text_model.final_layer_norm.weight", 0);
    let whole = text.contains("text_projection.weight") || text.contains("logit_scale");
    let read = match width {
        width if width == VIT_H.0 => VIT_H.1,
        _ if whole => layers.saturating_sub(1),
        _ => layers,
    };
    let unread = |name: &str| {
        let layer = name.strip_prefix(LAYER).and_then(|rest| rest.split('.').next()?.parse::<usize>().ok());
        layer.is_some_and(|layer| layer >= read)
    };
    let dropped: Vec<String> = text.names().filter(|name| unread(name)).map(str::to_owned).collect();
    for name in dropped {
        text.remove(&name);
    }
}

/// How many different numbers follow `prefix` among the names.
pub(super) fn count(all: &Checkpoint, prefix: &str) -> usize {
    let numbers = all.names().filter_map(|name| name.strip_prefix(prefix)?.split('.').next());
    numbers.collect::<BTreeSet<_>>().len()
}

/// The length of a dimension of a tensor; 0, which no configuration accepts, where there is none.
pub(super) fn side(all: &Checkpoint, name: &str, dimension: usize) -> usize {
    all.entry(name).and_then(|entry| entry.shape.get(dimension).copied()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::{Path, PathBuf};

    use super::*;
    use crate::PredictionType;
    use crate::model::single_file::{unet_config, vae_config};
    use crate::unet::UNetConfig;

    const WEIGHTS: &str = "diffusion_pytorch_model.safetensors";

    fn data(name: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
    }

    /// The small model under the names of single files, which diffusers' converter proved.
    fn single_file(part: &str) -> (Checkpoint, Checkpoint) {
        let names = std::fs::read_to_string(data("ldm_names.json")).unwrap();
        let names: BTreeMap<String, BTreeMap<String, String>> = serde_json::from_str(&names).unwrap();
        let old: BTreeMap<&String, &String> = names[part].iter().map(|(old, new)| (new, old)).collect();
        let diffusers = Checkpoint::open(&data("sd1").join(part).join(WEIGHTS)).unwrap();
        (diffusers.renamed(|name| old.get(&name.to_owned()).map(ToString::to_string)), diffusers)
    }

    fn assert_same(ours: &Checkpoint, expected: &Checkpoint) {
        assert!(ours.names().eq(expected.names()));
        for name in ours.names() {
            let [a, b] = [ours, expected].map(|c| c.read(name).unwrap());
            assert_eq!((a.shape, a.bytes), (b.shape, b.bytes), "{name}");
        }
    }

    #[test]
    fn the_unet_gets_its_diffusers_names_and_its_shape() {
        let (single, diffusers) = single_file("unet");
        let renamed = unet(&single);
        assert_same(&renamed, &diffusers);
        let expected = std::fs::read_to_string(data("sd1/unet/config.json")).unwrap();
        let expected = UNetConfig::from_json(&expected).unwrap();
        let inferred = UNetConfig {
            norm_num_groups: expected.norm_num_groups,
            sample_size: expected.sample_size,
            ..unet_config(&single, &renamed, PredictionType::Epsilon)
        };
        assert_eq!(inferred, expected);
    }

    #[test]
    fn the_autoencoder_gets_its_diffusers_names_and_its_shape() {
        let (single, diffusers) = single_file("vae");
        let renamed = vae(&single);
        assert_same(&renamed, &diffusers);
        assert_eq!(vae_config(&renamed).block_out_channels, [8, 16, 16]);
    }

    /// A file with nothing but empty tensors.
    fn empty(names: &[&str]) -> Checkpoint {
        let entry = |name: &&str| format!(r#""{name}":{{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}"#);
        let header = format!("{{{}}}", names.iter().map(entry).collect::<Vec<_>>().join(","));
        let length = (header.len() as u64).to_le_bytes();
        Checkpoint::from_bytes("empty", [&length, header.as_bytes()].concat()).unwrap()
    }

    #[test]
    fn unknown_tensors_keep_their_names_and_baggage_is_left_out() {
        let unknown = [
            "first_stage_model.decoder.x",
            "first_stage_model.new.weight",
            "model.diffusion_model.new.0.weight",
        ];
        let baggage = ["first_stage_model.loss.logvar", "model_ema.x", "betas", "control_model.x", "v_pred"];
        let all = empty(
            &[&unknown[..], &baggage, &["cond_stage_model.transformer.new.weight", "other.x"]].concat(),
        );
        assert_eq!(vae(&all).names().collect::<Vec<_>>(), unknown[..2]);
        assert_eq!(unet(&all).names().collect::<Vec<_>>(), unknown[2..]);
        assert_eq!(text_encoder(&all).names().collect::<Vec<_>>(), ["new.weight"]);
        assert_eq!(unknown_tensors(&all), ["other.x"]);
    }

    /// ViT-H has 24 layers; files of diffusers' converter have the 23 that are read.
    #[test]
    fn of_the_wide_text_encoder_the_first_23_layers_are_read() {
        for layers in [24, 23] {
            let blocks: Vec<String> =
                (0..layers).map(|i| format!("{OPEN_CLIP}transformer.resblocks.{i}.ln_1.bias")).collect();
            let entry =
                |name: &String| format!(r#""{name}":{{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}"#);
            let header = format!(
                r#"{{"{OPEN_CLIP}ln_final.weight":{{"dtype":"U8","shape":[1024],"data_offsets":[0,1024]}},{}}}"#,
                blocks.iter().map(entry).collect::<Vec<_>>().join(",")
            );
            let length = (header.len() as u64).to_le_bytes();
            let bytes = [&length, header.as_bytes(), &[0; 1024]].concat();
            let text = text_encoder(&Checkpoint::from_bytes("wide", bytes).unwrap());
            assert_eq!(count(&text, LAYER), 23, "{layers}");
        }
    }

    #[test]
    fn the_text_encoder_of_version_one_loses_its_prefix() {
        let plain = Checkpoint::open(&data("sd1/text_encoder/model.safetensors")).unwrap();
        let single = plain.renamed(|name| Some(format!("{CLIP}{name}")));
        assert_same(&text_encoder(&single), &plain);
    }

    /// One OpenCLIP layer of width 2, then a second one that is not read.
    fn open_clip() -> Checkpoint {
        let mut header = Vec::new();
        let mut bytes: Vec<u8> = Vec::new();
        let mut add = |name: String, shape: &[usize]| {
            let start = bytes.len();
            for i in 0..shape.iter().product() {
                bytes.extend((i as f32).to_le_bytes());
            }
            let entry =
                serde_json::json!({"dtype": "F32", "shape": shape, "data_offsets": [start, bytes.len()]});
            header.push(format!("\"{OPEN_CLIP}{name}\":{entry}"));
        };
        add("positional_embedding".to_owned(), &[3, 2]);
        add("ln_final.weight".to_owned(), &[2]);
        add("text_projection".to_owned(), &[2, 2]);
        for layer in 0..2 {
            let block = format!("transformer.resblocks.{layer}");
            add(format!("{block}.attn.in_proj_weight"), &[6, 2]);
            add(format!("{block}.attn.in_proj_bias"), &[6]);
            add(format!("{block}.attn.out_proj.weight"), &[2, 2]);
            add(format!("{block}.ln_1.bias"), &[2]);
            add(format!("{block}.mlp.c_fc.weight"), &[4, 2]);
        }
        let header = format!("{{{}}}", header.join(","));
        let length = (header.len() as u64).to_le_bytes();
        Checkpoint::from_bytes("open_clip", [&length, header.as_bytes(), &bytes].concat()).unwrap()
    }

    #[test]
    fn the_text_encoder_of_version_two_is_split() {
        let text = text_encoder(&open_clip());
        let layer = "text_model.encoder.layers.0";
        let mut expected: Vec<String> = [
            "layer_norm1.bias",
            "mlp.fc1.weight",
            "self_attn.k_proj.bias",
            "self_attn.k_proj.weight",
            "self_attn.out_proj.weight",
            "self_attn.q_proj.bias",
            "self_attn.q_proj.weight",
            "self_attn.v_proj.bias",
            "self_attn.v_proj.weight",
        ]
        .iter()
        .map(|name| format!("{layer}.{name}"))
        .collect();
        expected.insert(0, "text_model.embeddings.position_embedding.weight".to_owned());
        expected.push("text_model.final_layer_norm.weight".to_owned());
        expected.push("text_projection.weight".to_owned());
        assert_eq!(text.names().collect::<Vec<_>>(), expected);
        let keys = text.read(&format!("{layer}.self_attn.k_proj.weight")).unwrap();
        assert_eq!(keys.shape, [2, 2]);
        assert_eq!(keys.bytes[..4], 4.0_f32.to_le_bytes());
    }
}
