//! The names that training programs give to the tensors of a LoRA.
//!
//! | from | example |
//! |---|---|
//! | kohya's scripts, LyCORIS | `lora_unet_down_blocks_0_..._to_q.lora_down.weight`, `lora_te_text_model_...` |
//! | diffusers | `unet.down_blocks.0....to_q.lora_A.weight` |
//! | PEFT alone | `base_model.model.down_blocks.0....to_q.lora_A.weight` |
//! | diffusers' older attention processors | `unet....attn1.processor.to_q_lora.down.weight` |
//! | diffusers' text encoders | `text_encoder....q_proj.lora_linear_layer.down.weight` |

/// Which tensor of a module a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    Alpha,
    Down,
    Up,
    Mid,
    HadaW1A,
    HadaW1B,
    HadaW2A,
    HadaW2B,
    HadaT1,
    HadaT2,
    KronW1,
    KronW1A,
    KronW1B,
    KronW2,
    KronW2A,
    KronW2B,
    KronT2,
}

const PARTS: [(&str, Part); 28] = [
    (".alpha", Part::Alpha),
    (".lora_down.weight", Part::Down),
    (".lora_up.weight", Part::Up),
    (".lora_mid.weight", Part::Mid),
    (".lora_A.weight", Part::Down),
    (".lora_B.weight", Part::Up),
    (".lora_A.default.weight", Part::Down),
    (".lora_B.default.weight", Part::Up),
    (".lora.down.weight", Part::Down),
    (".lora.up.weight", Part::Up),
    ("_lora.down.weight", Part::Down),
    ("_lora.up.weight", Part::Up),
    (".lora_linear_layer.down.weight", Part::Down),
    (".lora_linear_layer.up.weight", Part::Up),
    ("_lora_linear_layer.down.weight", Part::Down),
    ("_lora_linear_layer.up.weight", Part::Up),
    (".hada_w1_a", Part::HadaW1A),
    (".hada_w1_b", Part::HadaW1B),
    (".hada_w2_a", Part::HadaW2A),
    (".hada_w2_b", Part::HadaW2B),
    (".hada_t1", Part::HadaT1),
    (".hada_t2", Part::HadaT2),
    (".lokr_w1", Part::KronW1),
    (".lokr_w1_a", Part::KronW1A),
    (".lokr_w1_b", Part::KronW1B),
    (".lokr_w2", Part::KronW2),
    (".lokr_w2_a", Part::KronW2A),
    (".lokr_w2_b", Part::KronW2B),
];
const KRON_CORE: &str = ".lokr_t2";

/// The names of a text encoder's projections in diffusers' old attention processors, and those of the layers.
const OLD_PROJECTIONS: [(&str, &str); 4] = [
    ("_self_attn_to_q", "_self_attn_q_proj"),
    ("_self_attn_to_k", "_self_attn_k_proj"),
    ("_self_attn_to_v", "_self_attn_v_proj"),
    ("_self_attn_to_out", "_self_attn_out_proj"),
];

/// The part that a module lacks, of those it must have.
pub(super) fn missing(has: impl Fn(Part) -> bool) -> Option<&'static str> {
    let lacks =
        |parts: &[(Part, &'static str)]| parts.iter().find(|(part, _)| !has(*part)).map(|(_, name)| *name);
    let hadamard = [
        (Part::HadaW1A, "hada_w1_a"),
        (Part::HadaW1B, "hada_w1_b"),
        (Part::HadaW2A, "hada_w2_a"),
        (Part::HadaW2B, "hada_w2_b"),
    ];
    if hadamard.iter().any(|(part, _)| has(*part)) {
        return lacks(&hadamard);
    }
    let kronecker = [Part::KronW1, Part::KronW1A, Part::KronW1B, Part::KronW2, Part::KronW2A, Part::KronW2B];
    if !kronecker.into_iter().any(&has) {
        return lacks(&[(Part::Down, "down"), (Part::Up, "up")]);
    }
    let left = if has(Part::KronW1) {
        None
    } else {
        lacks(&[(Part::KronW1A, "lokr_w1"), (Part::KronW1B, "lokr_w1_b")])
    };
    let right = if has(Part::KronW2) {
        None
    } else {
        lacks(&[(Part::KronW2A, "lokr_w2"), (Part::KronW2B, "lokr_w2_b")])
    };
    left.or(right)
}

/// The module of a tensor, as its file writes it, and the part it is.
pub(super) fn split(tensor: &str) -> Option<(&str, Part)> {
    if let Some(module) = tensor.strip_suffix(KRON_CORE) {
        return Some((module, Part::KronT2));
    }
    PARTS.iter().find_map(|(end, part)| Some((tensor.strip_suffix(end)?, *part)))
}

/// The key of a module as a LoRA file writes it: the network, `unet` or `te`, and the module's path with underscores.
pub(super) fn key(module: &str) -> String {
    let flat = module.replace(".processor", "").replace("to_out_lora", "to_out").replace('.', "_");
    let flat = strip_all(&flat, &["lora_", "lycoris_", "base_model_model_"]);
    let (network, rest) = if let Some(rest) = flat.strip_prefix("text_encoder_") {
        ("te", rest)
    } else if let Some(rest) = flat.strip_prefix("te_") {
        ("te", rest)
    } else if let Some(rest) = flat.strip_prefix("unet_") {
        ("unet", rest)
    } else if flat.starts_with("text_model_") || flat.starts_with("encoder_layers_") {
        ("te", flat)
    } else {
        ("unet", flat)
    };
    let rest = strip_all(rest, &["base_model_model_"]);
    if network == "te" {
        let old = OLD_PROJECTIONS.iter().find(|(old, _)| rest.ends_with(old));
        let rest = old.map_or(rest.to_owned(), |(old, new)| rest.replace(old, new));
        return canonical("te", &rest);
    }
    // The old attention processors left out the index inside `to_out`.
    let index = if rest.ends_with("_to_out") { "_0" } else { "" };
    canonical(network, &format!("{rest}{index}"))
}

/// The key of a network's own module.
pub(super) fn key_of_weight(network: &str, module: &str) -> String {
    canonical(network, &module.replace('.', "_"))
}

/// transformers 5 leaves out the outer `text_model` that earlier versions write, in models and in LoRAs.
fn canonical(network: &str, module: &str) -> String {
    let module = if network == "te" { module.strip_prefix("text_model_").unwrap_or(module) } else { module };
    format!("{network}_{module}")
}

fn strip_all<'a>(text: &'a str, prefixes: &[&str]) -> &'a str {
    prefixes.iter().fold(text, |text, prefix| text.strip_prefix(prefix).unwrap_or(text))
}

/// The kind of model a LoRA was made for, where a tensor's name shows that it is none of those that are read.
pub(super) fn other_model(tensor: &str) -> Option<&'static str> {
    const XL: &str = "Stable Diffusion XL, which has two text encoders";
    const TRANSFORMER: &str = "a diffusion transformer (FLUX, Stable Diffusion 3 or the like)";
    [
        ("lora_te1_", XL),
        ("lora_te2_", XL),
        ("te2_", XL),
        ("text_encoder_2.", XL),
        ("transformer.", TRANSFORMER),
        ("diffusion_model.", TRANSFORMER),
        ("lora_transformer_", TRANSFORMER),
        ("lora_unet_double_blocks", TRANSFORMER),
        ("lora_unet_single_blocks", TRANSFORMER),
        ("lora_unet_joint_blocks", TRANSFORMER),
    ]
    .into_iter()
    .find_map(|(start, model)| tensor.starts_with(start).then_some(model))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key_of(tensor: &str) -> String {
        key(split(tensor).unwrap().0)
    }

    #[test]
    fn the_dialects_agree_on_the_unet() {
        for tensor in [
            "lora_unet_mid_block_attentions_0_transformer_blocks_0_attn1_to_out_0.lora_down.weight",
            "lora_unet_mid_block_attentions_0_transformer_blocks_0_attn1_to_out_0.hada_w1_a",
            "lora_unet_mid_block_attentions_0_transformer_blocks_0_attn1_to_out_0.lokr_w2_b",
            "lora_unet_mid_block_attentions_0_transformer_blocks_0_attn1_to_out_0.lokr_t2",
            "unet.mid_block.attentions.0.transformer_blocks.0.attn1.to_out.0.lora_A.weight",
            "mid_block.attentions.0.transformer_blocks.0.attn1.to_out.0.lora_B.weight",
            "base_model.model.mid_block.attentions.0.transformer_blocks.0.attn1.to_out.0.lora_A.weight",
            "base_model.model.mid_block.attentions.0.transformer_blocks.0.attn1.to_out.0.lora_A.default.weight",
            "unet.base_model.model.mid_block.attentions.0.transformer_blocks.0.attn1.to_out.0.lora_A.weight",
            "unet.mid_block.attentions.0.transformer_blocks.0.attn1.to_out.0.lora.up.weight",
            "unet.mid_block.attentions.0.transformer_blocks.0.attn1.processor.to_out_lora.down.weight",
        ] {
            let expected = "unet_mid_block_attentions_0_transformer_blocks_0_attn1_to_out_0";
            assert_eq!(key_of(tensor), expected, "{tensor}");
        }
    }

    #[test]
    fn the_dialects_agree_on_the_text_encoder_with_and_without_its_outer_name() {
        let expected = "te_encoder_layers_0_self_attn_q_proj";
        for tensor in [
            "lora_te_text_model_encoder_layers_0_self_attn_q_proj.lora_down.weight",
            "text_encoder.text_model.encoder.layers.0.self_attn.q_proj.lora_B.weight",
            "text_encoder.encoder.layers.0.self_attn.q_proj.lora_B.weight",
            "text_encoder.text_model.encoder.layers.0.self_attn.q_proj.lora_linear_layer.down.weight",
            "text_encoder.text_model.encoder.layers.0.self_attn.to_q_lora.down.weight",
            "base_model.model.text_model.encoder.layers.0.self_attn.q_proj.lora_A.weight",
            "base_model.model.encoder.layers.0.self_attn.q_proj.lora_A.weight",
        ] {
            assert_eq!(key_of(tensor), expected, "{tensor}");
        }
        let out = "text_encoder.encoder.layers.0.self_attn.to_out_lora.up.weight";
        assert_eq!(key_of(out), "te_encoder_layers_0_self_attn_out_proj");
        for module in ["text_model.encoder.layers.0.self_attn.q_proj", "encoder.layers.0.self_attn.q_proj"] {
            assert_eq!(key_of_weight("te", module), expected);
        }
    }

    #[test]
    fn a_form_needs_all_its_factors() {
        use Part::{Alpha, Down, HadaW1A, HadaW1B, HadaW2A, HadaW2B, KronW1, KronW2A, KronW2B, Up};
        for (parts, lacking) in [
            (&[Down, Up, Alpha][..], None),
            (&[Down], Some("up")),
            (&[Alpha], Some("down")),
            (&[HadaW1A, HadaW1B, HadaW2A, HadaW2B], None),
            (&[HadaW1A], Some("hada_w1_b")),
            (&[KronW1, KronW2A, KronW2B], None),
            (&[KronW1, KronW2A], Some("lokr_w2_b")),
            (&[KronW2A, KronW2B], Some("lokr_w1")),
        ] {
            assert_eq!(missing(|part| parts.contains(&part)), lacking, "{parts:?}");
        }
    }

    #[test]
    fn other_tensors_and_other_models_are_seen() {
        for tensor in ["emb_params", "lora_unet_x.dora_scale", "lora_unet_x.oft_blocks", "lora_unet_x.diff"] {
            assert!(split(tensor).is_none(), "{tensor}");
        }
        assert!(other_model("lora_te1_text_model_encoder_layers_0_mlp_fc1.alpha").unwrap().contains("XL"));
        assert!(other_model("transformer.single_blocks.0.lora_A.weight").unwrap().contains("FLUX"));
        assert!(other_model("lora_te_text_model_encoder_layers_0_mlp_fc1.alpha").is_none());
    }
}
