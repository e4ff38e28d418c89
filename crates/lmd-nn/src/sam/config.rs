//! [`SamConfig`]: the `config.json` of transformers' `SamModel`.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::NnError;
use crate::config_check::{EPSILON, parse, require, require_number, require_sizes};

const NETWORK: &str = "SAM";
/// Most tokens of the encoded picture: the square of its grid's side. SAM's own sizes have 64 × 64.
const MAX_TOKENS: usize = 128 * 128;
/// Most layers of a transformer.
pub(super) const MAX_LAYERS: usize = 128;
/// Most candidates for a prompt.
pub(super) const MAX_CANDIDATES: usize = 16;

/// Shape of the image encoder, with the upstream names; defaults are those of ViT-B.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default)]
pub struct SamVisionConfig {
    /// Width of the tokens.
    pub hidden_size: usize,
    /// Channels of the encoded picture.
    pub output_channels: usize,
    /// Transformer layers.
    pub num_hidden_layers: usize,
    /// Heads of every attention.
    pub num_attention_heads: usize,
    /// Pixels of a side of the picture.
    pub image_size: usize,
    /// Pixels of a side of a token.
    pub patch_size: usize,
    /// Epsilon of the layer normalisations.
    pub layer_norm_eps: f64,
    /// Whether queries, keys and values have a bias.
    pub qkv_bias: bool,
    /// Width inside the feed-forward layers as a multiple of the tokens', where `mlp_dim` is absent.
    pub mlp_ratio: f64,
    /// Width inside the feed-forward layers.
    pub mlp_dim: Option<usize>,
    /// Whether tokens have learned positions.
    pub use_abs_pos: bool,
    /// Whether attention has learned relative positions.
    pub use_rel_pos: bool,
    /// Tokens of a side of a window, within which most layers attend; 0 is no window.
    pub window_size: usize,
    /// The layers that attend to the whole picture.
    pub global_attn_indexes: Vec<usize>,
    /// Frequencies of the positions of points and cells.
    pub num_pos_feats: usize,
}

impl Default for SamVisionConfig {
    fn default() -> Self {
        Self {
            hidden_size: 768,
            output_channels: 256,
            num_hidden_layers: 12,
            num_attention_heads: 12,
            image_size: 1024,
            patch_size: 16,
            layer_norm_eps: 1e-6,
            qkv_bias: true,
            mlp_ratio: 4.0,
            mlp_dim: None,
            use_abs_pos: true,
            use_rel_pos: true,
            window_size: 14,
            global_attn_indexes: vec![2, 5, 8, 11],
            num_pos_feats: 128,
        }
    }
}

impl SamVisionConfig {
    /// Width inside the feed-forward layers.
    #[must_use]
    pub fn inner_size(&self) -> usize {
        #[allow(clippy::cast_precision_loss)]
        self.mlp_dim.unwrap_or((self.hidden_size as f64 * self.mlp_ratio) as usize)
    }

    /// Tokens of a side of the picture.
    #[must_use]
    pub fn grid(&self) -> usize {
        self.image_size / self.patch_size.max(1)
    }

    /// Tokens of a side of the window of a layer; 0 where it attends to the whole picture.
    #[must_use]
    pub fn window_of(&self, layer: usize) -> usize {
        if self.global_attn_indexes.contains(&layer) { 0 } else { self.window_size }
    }

    fn check(&self) -> Result<(), NnError> {
        const PART: &str = "SAM's image encoder";
        let sizes = [
            ("hidden_size", self.hidden_size),
            ("output_channels", self.output_channels),
            ("num_hidden_layers", self.num_hidden_layers),
            ("num_attention_heads", self.num_attention_heads),
            ("image_size", self.image_size),
            ("patch_size", self.patch_size),
            ("num_pos_feats", self.num_pos_feats),
        ];
        require_sizes(PART, &sizes)?;
        require_number(PART, "layer_norm_eps", self.layer_norm_eps, EPSILON)?;
        require_number(PART, "mlp_ratio", self.mlp_ratio, [0.0, 64.0])?;
        require_sizes(PART, &[("mlp_dim", self.inner_size())])?;
        let (layers, width, heads) = (self.num_hidden_layers, self.hidden_size, self.num_attention_heads);
        require(PART, layers <= MAX_LAYERS, || {
            format!("num_hidden_layers is {layers}, expected at most {MAX_LAYERS}")
        })?;
        require(PART, width.is_multiple_of(heads), || {
            format!("hidden_size {width} cannot be split into {heads} heads")
        })?;
        require(PART, self.image_size.is_multiple_of(self.patch_size), || {
            let (image, patch) = (self.image_size, self.patch_size);
            format!("image_size {image} is no multiple of patch_size {patch}")
        })?;
        let grid = self.grid();
        require(PART, grid.saturating_mul(grid) <= MAX_TOKENS && self.image_size <= 4096, || {
            format!(
                "image_size {} gives {grid} × {grid} tokens, expected at most 4096 pixels and {MAX_TOKENS} tokens",
                self.image_size
            )
        })?;
        require(PART, self.window_size <= grid, || {
            format!("window_size is {}, expected at most the {grid} tokens of a side", self.window_size)
        })
    }
}

/// Shape of the prompt encoder, with the upstream names.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default)]
pub struct SamPromptConfig {
    /// Width of the embeddings.
    pub hidden_size: usize,
    /// Pixels of a side of the picture.
    pub image_size: usize,
    /// Pixels of a side of a token.
    pub patch_size: usize,
    /// Channels of a mask that is given as a prompt, on its way to the tokens.
    pub mask_input_channels: usize,
    /// Epsilon of the layer normalisations.
    pub layer_norm_eps: f64,
}

impl Default for SamPromptConfig {
    fn default() -> Self {
        Self {
            hidden_size: 256,
            image_size: 1024,
            patch_size: 16,
            mask_input_channels: 16,
            layer_norm_eps: 1e-6,
        }
    }
}

/// Shape of the mask decoder, with the upstream names.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default)]
pub struct SamDecoderConfig {
    /// Width of the tokens.
    pub hidden_size: usize,
    /// Width inside the feed-forward layers.
    pub mlp_dim: usize,
    /// Layers of the two-way transformer.
    pub num_hidden_layers: usize,
    /// Heads of every attention.
    pub num_attention_heads: usize,
    /// How much narrower attention between tokens and picture is.
    pub attention_downsample_rate: usize,
    /// Candidates beside the single mask.
    pub num_multimask_outputs: usize,
    /// Layers of the head that tells how good a mask is.
    pub iou_head_depth: usize,
    /// Their width.
    pub iou_head_hidden_dim: usize,
    /// Epsilon of the layer normalisations.
    pub layer_norm_eps: f64,
}

impl Default for SamDecoderConfig {
    fn default() -> Self {
        Self {
            hidden_size: 256,
            mlp_dim: 2048,
            num_hidden_layers: 2,
            num_attention_heads: 8,
            attention_downsample_rate: 2,
            num_multimask_outputs: 3,
            iou_head_depth: 3,
            iou_head_hidden_dim: 256,
            layer_norm_eps: 1e-6,
        }
    }
}

impl SamDecoderConfig {
    fn check(&self) -> Result<(), NnError> {
        const PART: &str = "SAM's mask decoder";
        let sizes = [
            ("hidden_size", self.hidden_size),
            ("mlp_dim", self.mlp_dim),
            ("num_hidden_layers", self.num_hidden_layers),
            ("num_attention_heads", self.num_attention_heads),
            ("attention_downsample_rate", self.attention_downsample_rate),
            ("num_multimask_outputs", self.num_multimask_outputs),
            ("iou_head_hidden_dim", self.iou_head_hidden_dim),
        ];
        require_sizes(PART, &sizes)?;
        require_number(PART, "layer_norm_eps", self.layer_norm_eps, EPSILON)?;
        let (layers, depth) = (self.num_hidden_layers, self.iou_head_depth);
        require(PART, layers <= MAX_LAYERS && (2..=16).contains(&depth), || {
            format!("{layers} layers and iou_head_depth {depth}, expected at most {MAX_LAYERS} and 2 to 16")
        })?;
        require(PART, self.num_multimask_outputs <= MAX_CANDIDATES, || {
            let found = self.num_multimask_outputs;
            format!("num_multimask_outputs is {found}, expected at most {MAX_CANDIDATES}")
        })?;
        let (width, heads) = (self.hidden_size, self.num_attention_heads);
        let rate = self.attention_downsample_rate;
        let divides = width.is_multiple_of(8)
            && width.is_multiple_of(heads)
            && width.is_multiple_of(rate)
            && (width / rate).is_multiple_of(heads);
        require(PART, divides, || {
            format!(
                "hidden_size {width} cannot be divided by 8, by {heads} heads and by attention_downsample_rate {rate}"
            )
        })
    }
}

/// Shape of SAM.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SamConfig {
    /// The image encoder.
    pub vision: SamVisionConfig,
    /// The prompt encoder.
    pub prompt: SamPromptConfig,
    /// The mask decoder.
    pub decoder: SamDecoderConfig,
}

impl SamConfig {
    /// Reads and checks a `config.json`.
    ///
    /// # Errors
    ///
    /// When the text is not JSON, is of another kind of model, asks for mathematics this network does not have, or a size
    /// cannot be true.
    pub fn from_json(text: &str) -> Result<Self, NnError> {
        let whole: Value = parse(NETWORK, text, &[("model_type", json!("sam"))])?;
        require(NETWORK, whole.is_object(), || "it is no object".to_owned())?;
        let part = |name: &str| match whole.get(name) {
            Some(part) if !part.is_null() => part.to_string(),
            _ => "{}".to_owned(),
        };
        let gelu = ("hidden_act", json!("gelu"));
        let config = Self {
            vision: parse(
                "SAM's image encoder",
                &part("vision_config"),
                &[gelu.clone(), ("num_channels", json!(3))],
            )?,
            prompt: parse(
                "SAM's prompt encoder",
                &part("prompt_encoder_config"),
                &[gelu, ("num_point_embeddings", json!(4))],
            )?,
            decoder: parse(
                "SAM's mask decoder",
                &part("mask_decoder_config"),
                &[("hidden_act", json!("relu"))],
            )?,
        };
        config.check()?;
        Ok(config)
    }

    /// Checks that the sizes fit together.
    ///
    /// # Errors
    ///
    /// Names the first field that does not fit.
    pub fn check(&self) -> Result<(), NnError> {
        self.vision.check()?;
        self.decoder.check()?;
        let (vision, prompt) = (&self.vision, &self.prompt);
        require_number(NETWORK, "layer_norm_eps", prompt.layer_norm_eps, EPSILON)?;
        let channels = prompt.mask_input_channels;
        require(NETWORK, (4..=4096).contains(&channels) && channels.is_multiple_of(4), || {
            format!("mask_input_channels is {channels}, expected a multiple of 4 from 4 to 4096")
        })?;
        let sizes = [(vision.image_size, prompt.image_size), (vision.patch_size, prompt.patch_size)];
        require(NETWORK, sizes.iter().all(|(a, b)| a == b), || {
            "image encoder and prompt encoder have other image or patch sizes".to_owned()
        })?;
        let widths =
            [vision.output_channels, prompt.hidden_size, self.decoder.hidden_size, 2 * vision.num_pos_feats];
        require(NETWORK, widths.iter().all(|width| *width == widths[0]), || {
            format!(
                "output_channels, the hidden_size of prompts and of the decoder, and twice num_pos_feats are {widths:?}, expected the same number four times"
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absent_fields_are_those_of_vit_b() {
        let config = SamConfig::from_json(r#"{"model_type": "sam"}"#).unwrap();
        assert_eq!(config, SamConfig::default());
        assert_eq!((config.vision.inner_size(), config.vision.grid()), (3072, 64));
        assert_eq!((config.vision.window_of(1), config.vision.window_of(2)), (14, 0));
    }

    #[test]
    fn the_huge_encoder_is_read() {
        let text = r#"{"vision_config": {"hidden_size": 1280, "num_hidden_layers": 32,
            "num_attention_heads": 16, "global_attn_indexes": [7, 15, 23, 31], "mlp_dim": 5120}}"#;
        let config = SamConfig::from_json(text).unwrap();
        assert_eq!(config.vision.window_of(31), 0);
        assert_eq!(config.vision.inner_size(), 5120);
    }

    #[test]
    fn what_cannot_be_is_refused() {
        for (text, told) in [
            (r#"{"model_type": "sam2"}"#, "model_type is \"sam2\", but only \"sam\" is supported"),
            ("[]", "no object"),
            (r#"{"vision_config": {"hidden_act": "relu"}}"#, "hidden_act"),
            (r#"{"vision_config": {"image_size": 1000}}"#, "no multiple"),
            (r#"{"vision_config": {"image_size": 0}}"#, "image_size is 0"),
            (r#"{"vision_config": {"patch_size": 1}}"#, "tokens"),
            (r#"{"vision_config": {"window_size": 65}}"#, "window_size"),
            (r#"{"vision_config": {"mlp_ratio": 1e300}}"#, "mlp_ratio"),
            (r#"{"vision_config": {"num_attention_heads": 7}}"#, "7 heads"),
            (r#"{"vision_config": {"output_channels": 128}}"#, "four times"),
            (r#"{"prompt_encoder_config": {"image_size": 512}}"#, "other image or patch sizes"),
            (r#"{"prompt_encoder_config": {"mask_input_channels": 6}}"#, "mask_input_channels"),
            (r#"{"mask_decoder_config": {"num_multimask_outputs": 1000}}"#, "num_multimask_outputs"),
            (r#"{"mask_decoder_config": {"iou_head_depth": 1}}"#, "iou_head_depth"),
            (r#"{"mask_decoder_config": {"attention_downsample_rate": 3}}"#, "attention_downsample_rate"),
        ] {
            let error = SamConfig::from_json(text).unwrap_err().to_string();
            assert!(error.contains(told), "{text}: {error}");
        }
    }
}
