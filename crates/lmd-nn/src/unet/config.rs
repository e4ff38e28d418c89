//! [`UNetConfig`]: the `config.json` of `UNet2DConditionModel`, as far as Stable Diffusion 1 and 2 use it.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::config_check::{EPSILON, parse, require, require_number, require_sizes};
use crate::{AttnKey, NnError};

const NETWORK: &str = "U-Net";

/// One number for all levels, or one per level.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum PerLevel {
    /// The same everywhere.
    Same(usize),
    /// From the highest resolution to the lowest.
    Each(Vec<usize>),
}

impl PerLevel {
    fn at(&self, level: usize) -> Option<usize> {
        match self {
            Self::Same(value) => Some(*value),
            Self::Each(values) => values.get(level).copied(),
        }
    }
}

/// What stands in a transformer beside its self- and cross-attention, by upstream's names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AttentionType {
    /// Nothing.
    #[default]
    Default,
    /// GLIGEN layers for boxes with phrases (GLIGEN, arXiv:2301.07093).
    Gated,
    /// GLIGEN layers for boxes with phrases and images, which this network does not have.
    GatedTextImage,
}

/// Shape of the U-Net, with the upstream names.
///
/// `use_linear_projection` is not among them: the projections ctx a
/// transformer are the same map whether stored as a matrix or as a 1×1
/// convolution, and either is read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct UNetConfig {
    /// Channels of the latents that come in.
    pub in_channels: usize,
    /// Channels of the prediction.
    pub out_channels: usize,
    /// Side of the latents the network was trained on.
    pub sample_size: Option<usize>,
    /// Channels per level, from the highest resolution to the lowest.
    pub block_out_channels: Vec<usize>,
    /// Residual blocks per level of the contracting path; the expanding path has one more.
    pub layers_per_block: usize,
    /// `CrossAttnDownBlock2D` or `DownBlock2D`, per level.
    pub down_block_types: Vec<String>,
    /// `CrossAttnUpBlock2D` or `UpBlock2D`, in the order of execution.
    pub up_block_types: Vec<String>,
    /// Width of the text embeddings.
    pub cross_attention_dim: usize,
    /// Despite its name the number of heads, as upstream (kept for its weights).
    pub attention_head_dim: PerLevel,
    /// Number of heads; wins over `attention_head_dim` where present.
    pub num_attention_heads: Option<PerLevel>,
    /// Groups of every group normalisation.
    pub norm_num_groups: usize,
    /// Epsilon of the group normalisations in residual blocks.
    pub norm_eps: f64,
    /// All attention in f32 whatever the precision of the weights (SD 2.1, whose
    /// scores overflow f16).
    pub upcast_attention: bool,
    /// Whether there are GLIGEN layers.
    pub attention_type: AttentionType,
    /// Cosine before sine in the time embedding.
    pub flip_sin_to_cos: bool,
    /// Shift in the frequencies of the time embedding.
    pub freq_shift: f64,
}

impl Default for UNetConfig {
    /// Upstream's defaults, which are those of Stable Diffusion 1 but for the text width.
    fn default() -> Self {
        let down = |name: &str| vec![name.to_owned(); 3];
        Self {
            in_channels: 4,
            out_channels: 4,
            sample_size: None,
            block_out_channels: vec![320, 640, 1280, 1280],
            layers_per_block: 2,
            down_block_types: [down("CrossAttnDownBlock2D"), vec!["DownBlock2D".to_owned()]].concat(),
            up_block_types: [vec!["UpBlock2D".to_owned()], down("CrossAttnUpBlock2D")].concat(),
            cross_attention_dim: 1280,
            attention_head_dim: PerLevel::Same(8),
            num_attention_heads: None,
            norm_num_groups: 32,
            norm_eps: 1e-5,
            upcast_attention: false,
            attention_type: AttentionType::Default,
            flip_sin_to_cos: true,
            freq_shift: 0.0,
        }
    }
}

/// Fields that change the mathematics and have one supported value.
fn fixed() -> Vec<(&'static str, Value)> {
    vec![
        ("act_fn", json!("silu")),
        ("addition_embed_type", Value::Null),
        ("center_input_sample", json!(false)),
        ("class_embed_type", Value::Null),
        ("class_embeddings_concat", json!(false)),
        ("conv_in_kernel", json!(3)),
        ("conv_out_kernel", json!(3)),
        ("cross_attention_norm", Value::Null),
        ("downsample_padding", json!(1)),
        ("dual_cross_attention", json!(false)),
        ("encoder_hid_dim", Value::Null),
        ("encoder_hid_dim_type", Value::Null),
        ("mid_block_only_cross_attention", json!(false)),
        ("mid_block_scale_factor", json!(1)),
        ("mid_block_type", json!("UNetMidBlock2DCrossAttn")),
        ("num_class_embeds", Value::Null),
        ("only_cross_attention", json!(false)),
        ("resnet_out_scale_factor", json!(1.0)),
        ("resnet_skip_time_act", json!(false)),
        ("resnet_time_scale_shift", json!("default")),
        ("time_cond_proj_dim", Value::Null),
        ("time_embedding_act_fn", Value::Null),
        ("time_embedding_dim", Value::Null),
        ("time_embedding_type", json!("positional")),
        ("timestep_post_act", Value::Null),
        ("transformer_layers_per_block", json!(1)),
    ]
}

impl UNetConfig {
    /// Reads and checks a `config.json`.
    ///
    /// # Errors
    ///
    /// When the text is not JSON, a size cannot be true, or a field asks for
    /// mathematics this network does not have.
    pub fn from_json(text: &str) -> Result<Self, NnError> {
        let config: Self = parse(NETWORK, text, &fixed())?;
        config.check()?;
        Ok(config)
    }

    /// Checks that the sizes fit together.
    ///
    /// # Errors
    ///
    /// Names the first field that does not fit.
    pub fn check(&self) -> Result<(), NnError> {
        require(NETWORK, self.attention_type != AttentionType::GatedTextImage, || {
            "attention_type is \"gated-text-image\", but only \"default\" and \"gated\" are supported"
                .to_owned()
        })?;
        self.check_sizes()?;
        let (input, output) = (self.in_channels, self.out_channels);
        require(NETWORK, input == output, || {
            let purpose = purpose_of_channels(input).unwrap_or("of another kind");
            format!(
                "in_channels is {input} and out_channels {output}: a U-Net {purpose}, which is not supported"
            )
        })?;
        require_number(NETWORK, "norm_eps", self.norm_eps, EPSILON)?;
        require(NETWORK, (0.0..=1.0).contains(&self.freq_shift), || {
            format!("freq_shift is {}, expected 0 to 1", self.freq_shift)
        })?;
        self.check_block_types()?;
        for level in 0..self.levels() {
            let channels = self.block_out_channels[level];
            let heads = self.heads(level);
            require(NETWORK, heads > 0 && channels.is_multiple_of(heads), || {
                format!("{channels} channels cannot be split into {heads} heads (attention_head_dim)")
            })?;
            require(NETWORK, channels.is_multiple_of(self.norm_num_groups), || {
                format!("{channels} channels cannot be split into {} groups", self.norm_num_groups)
            })?;
        }
        Ok(())
    }

    fn check_sizes(&self) -> Result<(), NnError> {
        require(NETWORK, (1..=8).contains(&self.levels()), || {
            format!("block_out_channels has {} levels, expected 1 to 8", self.levels())
        })?;
        require(NETWORK, self.layers_per_block <= 16, || {
            format!("layers_per_block is {}, expected at most 16", self.layers_per_block)
        })?;
        let named = [
            ("in_channels", self.in_channels),
            ("out_channels", self.out_channels),
            ("layers_per_block", self.layers_per_block),
            ("cross_attention_dim", self.cross_attention_dim),
            ("norm_num_groups", self.norm_num_groups),
        ];
        require_sizes(NETWORK, &named)?;
        let levels = self.block_out_channels.iter();
        require_sizes(NETWORK, &levels.map(|&c| ("block_out_channels", c)).collect::<Vec<_>>())
    }

    fn check_block_types(&self) -> Result<(), NnError> {
        for (types, stage) in [(&self.down_block_types, "Down"), (&self.up_block_types, "Up")] {
            require(NETWORK, types.len() == self.levels(), || {
                format!("{} {stage} block types for {} levels", types.len(), self.levels())
            })?;
            let (plain, cross) = (format!("{stage}Block2D"), format!("CrossAttn{stage}Block2D"));
            for name in types {
                require(NETWORK, *name == plain || *name == cross, || {
                    format!("block type {name:?}, expected {plain} or {cross}")
                })?;
            }
        }
        Ok(())
    }

    /// Number of resolutions.
    #[must_use]
    pub fn levels(&self) -> usize {
        self.block_out_channels.len()
    }

    /// Attention heads of a level, counted from the highest resolution; 0 where the configuration gives none, which
    /// [`check`](Self::check) refuses.
    #[must_use]
    pub fn heads(&self, level: usize) -> usize {
        let heads = self.num_attention_heads.as_ref().unwrap_or(&self.attention_head_dim);
        heads.at(level).unwrap_or(0)
    }

    /// Every cross-attention layer, in the order of execution.
    #[must_use]
    pub fn attention_keys(&self) -> Vec<AttnKey> {
        let cross = |types: &[String], block: usize| {
            types.get(block).is_some_and(|name| name.starts_with("CrossAttn"))
        };
        let mut keys = Vec::new();
        for block in (0..self.levels()).filter(|&b| cross(&self.down_block_types, b)) {
            keys.extend((0..self.layers_per_block).map(|layer| AttnKey::down(block, layer)));
        }
        keys.push(AttnKey::mid());
        for block in (0..self.levels()).filter(|&b| cross(&self.up_block_types, b)) {
            keys.extend((0..=self.layers_per_block).map(|layer| AttnKey::up(block, layer)));
        }
        keys
    }
}

/// What a U-Net of Stable Diffusion is for that takes so many channels in.
pub(crate) fn purpose_of_channels(channels: usize) -> Option<&'static str> {
    match channels {
        9 => Some("for inpainting (9 channels)"),
        8 => Some("for editing pictures, InstructPix2Pix (8 channels)"),
        7 => Some("for enlarging pictures (7 channels)"),
        5 => Some("with a depth map (5 channels)"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stable_diffusion_one_has_sixteen_attention_layers() {
        let keys = UNetConfig::default().attention_keys();
        assert_eq!(keys.len(), 16);
        assert!(keys.is_sorted());
        assert_eq!(keys[6], AttnKey::mid());
        assert_eq!(keys[7], AttnKey::up(1, 0));
    }

    #[test]
    fn stable_diffusion_two_gives_heads_per_level() {
        let text = r#"{"attention_head_dim": [5, 10, 20, 20], "cross_attention_dim": 1024,
            "use_linear_projection": true, "transformer_layers_per_block": [1, 1, 1, 1]}"#;
        let config = UNetConfig::from_json(text).unwrap();
        assert_eq!((config.heads(0), config.heads(3)), (5, 20));
    }

    #[test]
    fn values_that_change_the_mathematics_are_refused_by_name() {
        for (field, value) in [
            ("addition_embed_type", "\"text_time\""),
            ("transformer_layers_per_block", "[1, 2, 10]"),
            ("attention_type", "\"gated-text-image\""),
            ("block_out_channels", "[320, 999999999999]"),
            ("attention_head_dim", "7"),
            ("mid_block_type", "\"UNetMidBlock2D\""),
            ("mid_block_type", "null"),
            ("norm_eps", "-1e9"),
            ("norm_eps", "1e300"),
            ("norm_eps", "0"),
            ("freq_shift", "1e9"),
            ("in_channels", "9"),
        ] {
            let error = UNetConfig::from_json(&format!("{{\"{field}\": {value}}}")).unwrap_err();
            assert!(error.to_string().contains(field), "{error}");
        }
    }
}
