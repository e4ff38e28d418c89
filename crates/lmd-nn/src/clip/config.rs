//! [`ClipTextConfig`]: the `config.json` of `CLIPTextModel`.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::layer::{HiddenAct, LayerShape};
use crate::NnError;
use crate::config_check::{parse, require_sizes};

const NETWORK: &str = "text encoder";

/// Shape of the text encoder, with the upstream names; defaults are those of ViT-L/14.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ClipTextConfig {
    /// Tokens known.
    pub vocab_size: usize,
    /// Width of the embeddings.
    pub hidden_size: usize,
    /// Width inside the feed-forward layers.
    pub intermediate_size: usize,
    /// Transformer layers.
    pub num_hidden_layers: usize,
    /// Heads of every attention.
    pub num_attention_heads: usize,
    /// Tokens of one prompt, ends included.
    pub max_position_embeddings: usize,
    /// Activation of the feed-forward layers.
    pub hidden_act: HiddenAct,
    /// Epsilon of the layer normalisations.
    pub layer_norm_eps: f64,
    /// End-of-text token; the value 2 of old files means "the largest id".
    pub eos_token_id: u32,
}

impl Default for ClipTextConfig {
    fn default() -> Self {
        Self {
            vocab_size: 49408,
            hidden_size: 768,
            intermediate_size: 3072,
            num_hidden_layers: 12,
            num_attention_heads: 12,
            max_position_embeddings: 77,
            hidden_act: HiddenAct::QuickGelu,
            layer_norm_eps: 1e-5,
            eos_token_id: 49407,
        }
    }
}

impl ClipTextConfig {
    /// Reads and checks a `config.json`.
    ///
    /// # Errors
    ///
    /// When the text is not JSON, is of another kind of model, or a size cannot be true.
    pub fn from_json(text: &str) -> Result<Self, NnError> {
        let fixed: [(&str, Value); 1] = [("model_type", json!("clip_text_model"))];
        let config: Self = parse(NETWORK, text, &fixed)?;
        config.check()?;
        Ok(config)
    }

    pub(crate) fn layer_shape(&self) -> LayerShape {
        LayerShape {
            width: self.hidden_size,
            inner: self.intermediate_size,
            heads: self.num_attention_heads,
            act: self.hidden_act,
            epsilon: self.layer_norm_eps,
            causal: true,
        }
    }

    /// Checks that the sizes fit together.
    ///
    /// # Errors
    ///
    /// Names the first field that does not fit.
    pub fn check(&self) -> Result<(), NnError> {
        let sizes =
            [("vocab_size", self.vocab_size), ("max_position_embeddings", self.max_position_embeddings)];
        require_sizes(NETWORK, &sizes)?;
        self.layer_shape().check(NETWORK, self.num_hidden_layers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_encoder_of_stable_diffusion_two_is_read() {
        let text = r#"{"hidden_act": "gelu", "hidden_size": 1024, "num_hidden_layers": 23,
            "num_attention_heads": 16, "intermediate_size": 4096, "model_type": "clip_text_model"}"#;
        let config = ClipTextConfig::from_json(text).unwrap();
        assert_eq!(config.hidden_act, HiddenAct::Gelu);
        assert_eq!(config.vocab_size, 49408);
    }

    #[test]
    fn other_models_are_refused() {
        assert!(ClipTextConfig::from_json(r#"{"model_type": "t5"}"#).is_err());
        assert!(ClipTextConfig::from_json(r#"{"hidden_act": "relu"}"#).is_err());
        assert!(ClipTextConfig::from_json(r#"{"num_attention_heads": 0}"#).is_err());
        for eps in ["-1e9", "0", "1e300", "1"] {
            assert!(ClipTextConfig::from_json(&format!(r#"{{"layer_norm_eps": {eps}}}"#)).is_err(), "{eps}");
        }
    }
}
