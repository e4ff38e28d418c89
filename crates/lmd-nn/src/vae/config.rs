//! [`VaeConfig`] and [`TinyVaeConfig`]: the `config.json` of `AutoencoderKL` and `AutoencoderTiny`.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::NnError;
use crate::config_check::{SCALING, parse, require, require_number, require_sizes};

const KL: &str = "autoencoder";
const TINY: &str = "tiny autoencoder";

/// Shape of `AutoencoderKL`, with the upstream names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct VaeConfig {
    /// Channels of the images encoded.
    pub in_channels: usize,
    /// Channels of the images decoded.
    pub out_channels: usize,
    /// Channels of the latents.
    pub latent_channels: usize,
    /// Channels per level, from the highest resolution to the lowest.
    pub block_out_channels: Vec<usize>,
    /// Residual blocks per level of the encoder; the decoder has one more.
    pub layers_per_block: usize,
    /// Groups of every group normalisation.
    pub norm_num_groups: usize,
    /// Latents of the diffusion = latents of the encoder × this.
    pub scaling_factor: f64,
    /// Whether a 1×1 convolution follows the encoder.
    pub use_quant_conv: bool,
    /// Whether a 1×1 convolution precedes the decoder.
    pub use_post_quant_conv: bool,
    /// Whether the middle blocks have an attention layer.
    pub mid_block_add_attention: bool,
}

impl Default for VaeConfig {
    /// The autoencoder of Stable Diffusion 1 and 2.
    fn default() -> Self {
        Self {
            in_channels: 3,
            out_channels: 3,
            latent_channels: 4,
            block_out_channels: vec![128, 256, 512, 512],
            layers_per_block: 2,
            norm_num_groups: 32,
            scaling_factor: 0.18215,
            use_quant_conv: true,
            use_post_quant_conv: true,
            mid_block_add_attention: true,
        }
    }
}

impl VaeConfig {
    /// Reads and checks a `config.json`.
    ///
    /// # Errors
    ///
    /// When the text is not JSON, a size cannot be true, or a field asks for
    /// mathematics this network does not have.
    pub fn from_json(text: &str) -> Result<Self, NnError> {
        let fixed: [(&str, Value); 4] = [
            ("act_fn", json!("silu")),
            ("down_block_types", json!("DownEncoderBlock2D")),
            ("up_block_types", json!("UpDecoderBlock2D")),
            ("shift_factor", Value::Null),
        ];
        let config: Self = parse(KL, text, &fixed)?;
        config.check()?;
        Ok(config)
    }

    /// Checks that the sizes fit together.
    ///
    /// # Errors
    ///
    /// Names the first field that does not fit.
    pub fn check(&self) -> Result<(), NnError> {
        let sizes = [
            ("in_channels", self.in_channels),
            ("out_channels", self.out_channels),
            ("latent_channels", self.latent_channels),
            ("layers_per_block", self.layers_per_block),
            ("norm_num_groups", self.norm_num_groups),
        ];
        require_sizes(KL, &sizes)?;
        check_levels(KL, &self.block_out_channels, self.layers_per_block)?;
        require_number(KL, "scaling_factor", self.scaling_factor, SCALING)?;
        for &channels in &self.block_out_channels {
            require(KL, channels.is_multiple_of(self.norm_num_groups), || {
                format!("{channels} channels cannot be split into {} groups", self.norm_num_groups)
            })?;
        }
        Ok(())
    }

    /// Pixels of the image per cell of the latents, in each direction.
    #[must_use]
    pub fn downscale(&self) -> usize {
        downscale(&self.block_out_channels)
    }
}

/// Shape of `AutoencoderTiny` (TAESD), with the upstream names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TinyVaeConfig {
    /// Channels of the images encoded.
    pub in_channels: usize,
    /// Channels of the images decoded.
    pub out_channels: usize,
    /// Channels of the latents.
    pub latent_channels: usize,
    /// Channels per level of the encoder, from the highest resolution to the lowest.
    pub encoder_block_out_channels: Vec<usize>,
    /// Channels per level of the decoder, from the lowest resolution to the highest.
    pub decoder_block_out_channels: Vec<usize>,
    /// Blocks per level of the encoder.
    pub num_encoder_blocks: Vec<usize>,
    /// Blocks per level of the decoder.
    pub num_decoder_blocks: Vec<usize>,
    /// Latents of the diffusion = latents of the encoder × this.
    pub scaling_factor: f64,
}

impl Default for TinyVaeConfig {
    /// TAESD for Stable Diffusion 1 and 2.
    fn default() -> Self {
        Self {
            in_channels: 3,
            out_channels: 3,
            latent_channels: 4,
            encoder_block_out_channels: vec![64; 4],
            decoder_block_out_channels: vec![64; 4],
            num_encoder_blocks: vec![1, 3, 3, 3],
            num_decoder_blocks: vec![3, 3, 3, 1],
            scaling_factor: 1.0,
        }
    }
}

impl TinyVaeConfig {
    /// Reads and checks a `config.json`.
    ///
    /// # Errors
    ///
    /// When the text is not JSON, a size cannot be true, or a field asks for
    /// mathematics this network does not have.
    pub fn from_json(text: &str) -> Result<Self, NnError> {
        let fixed: [(&str, Value); 3] = [
            ("act_fn", json!("relu")),
            ("upsampling_scaling_factor", json!(2)),
            ("upsample_fn", json!("nearest")),
        ];
        let config: Self = parse(TINY, text, &fixed)?;
        config.check()?;
        Ok(config)
    }

    /// Checks that the sizes fit together.
    ///
    /// # Errors
    ///
    /// Names the first field that does not fit.
    pub fn check(&self) -> Result<(), NnError> {
        let sizes = [
            ("in_channels", self.in_channels),
            ("out_channels", self.out_channels),
            ("latent_channels", self.latent_channels),
        ];
        require_sizes(TINY, &sizes)?;
        require_number(TINY, "scaling_factor", self.scaling_factor, SCALING)?;
        let halves = [
            (&self.encoder_block_out_channels, &self.num_encoder_blocks),
            (&self.decoder_block_out_channels, &self.num_decoder_blocks),
        ];
        for (channels, blocks) in halves {
            check_levels(TINY, channels, blocks.iter().copied().max().unwrap_or(0))?;
            require(TINY, channels.iter().all(|c| Some(c) == channels.first()), || {
                format!("levels of {channels:?} channels, expected the same everywhere")
            })?;
            require(TINY, channels.len() == blocks.len(), || {
                format!("{} levels of channels but {} of blocks", channels.len(), blocks.len())
            })?;
        }
        Ok(())
    }

    /// Pixels of the image per cell of the latents, in each direction.
    #[must_use]
    pub fn downscale(&self) -> usize {
        downscale(&self.decoder_block_out_channels)
    }
}

/// Every level but the last halves the image.
fn downscale(levels: &[usize]) -> usize {
    1 << levels.len().saturating_sub(1)
}

fn check_levels(network: &'static str, channels: &[usize], layers: usize) -> Result<(), NnError> {
    require(network, (1..=8).contains(&channels.len()), || {
        format!("{} levels of channels, expected 1 to 8", channels.len())
    })?;
    require(network, (1..=16).contains(&layers), || format!("{layers} layers per level, expected 1 to 16"))?;
    require_sizes(network, &channels.iter().map(|&c| ("channels of a level", c)).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_those_of_stable_diffusion() {
        let config = VaeConfig::from_json("{}").unwrap();
        assert_eq!(config.downscale(), 8);
        assert_eq!(TinyVaeConfig::from_json("{}").unwrap().downscale(), 8);
    }

    #[test]
    fn values_that_change_the_mathematics_are_refused() {
        assert!(VaeConfig::from_json(r#"{"shift_factor": 0.1}"#).is_err());
        assert!(VaeConfig::from_json(r#"{"up_block_types": ["AttnUpDecoderBlock2D"]}"#).is_err());
        assert!(VaeConfig::from_json(r#"{"block_out_channels": []}"#).is_err());
        assert!(TinyVaeConfig::from_json(r#"{"upsample_fn": "bilinear"}"#).is_err());
        assert!(TinyVaeConfig::from_json(r#"{"num_encoder_blocks": [1]}"#).is_err());
        for scale in ["0", "-1", "1e-300", "1e300"] {
            let text = format!(r#"{{"scaling_factor": {scale}}}"#);
            assert!(
                VaeConfig::from_json(&text).is_err() && TinyVaeConfig::from_json(&text).is_err(),
                "{scale}"
            );
        }
    }
}
