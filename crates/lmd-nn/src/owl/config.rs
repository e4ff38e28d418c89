//! [`OwlConfig`]: the `config.json` of transformers' `OwlViTForObjectDetection` and `Owlv2ForObjectDetection`.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::NnError;
use crate::clip::{ClipTextConfig, HiddenAct, LayerShape};
use crate::config_check::{parse, require, require_sizes};

const NETWORK: &str = "OWL";
/// Most patches of a picture. OWLv2's largest has 72 × 72.
const MAX_PATCHES: usize = 128 * 128;
/// `eos_token_id` that stands for the largest number in a text.
const LARGEST: u32 = 2;

/// Which of the two detectors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwlVersion {
    /// OWL-ViT.
    One,
    /// OWLv2.
    Two,
}

impl OwlVersion {
    /// The name of its tensors' root, and of its kind in `config.json`.
    #[must_use]
    pub fn root(self) -> &'static str {
        match self {
            Self::One => "owlvit",
            Self::Two => "owlv2",
        }
    }
}

/// Shape of the vision tower, with the upstream names; defaults are those of ViT-B.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default)]
pub struct OwlVisionConfig {
    /// Width of the features.
    pub hidden_size: usize,
    /// Width inside the feed-forward layers.
    pub intermediate_size: usize,
    /// Transformer layers.
    pub num_hidden_layers: usize,
    /// Heads of every attention.
    pub num_attention_heads: usize,
    /// Pixels of a side of the picture.
    pub image_size: usize,
    /// Pixels of a side of a patch.
    pub patch_size: usize,
    /// Activation of the feed-forward layers.
    pub hidden_act: HiddenAct,
    /// Epsilon of the layer normalisations.
    pub layer_norm_eps: f64,
}

impl Default for OwlVisionConfig {
    fn default() -> Self {
        Self {
            hidden_size: 768,
            intermediate_size: 3072,
            num_hidden_layers: 12,
            num_attention_heads: 12,
            image_size: 768,
            patch_size: 32,
            hidden_act: HiddenAct::QuickGelu,
            layer_norm_eps: 1e-5,
        }
    }
}

impl OwlVisionConfig {
    /// Patches of a side of the picture.
    #[must_use]
    pub fn grid(&self) -> usize {
        self.image_size / self.patch_size.max(1)
    }

    pub(super) fn layer_shape(&self) -> LayerShape {
        LayerShape {
            width: self.hidden_size,
            inner: self.intermediate_size,
            heads: self.num_attention_heads,
            act: self.hidden_act,
            epsilon: self.layer_norm_eps,
            causal: false,
        }
    }

    fn check(&self) -> Result<(), NnError> {
        const PART: &str = "OWL's vision tower";
        self.layer_shape().check(PART, self.num_hidden_layers)?;
        require_sizes(PART, &[("image_size", self.image_size), ("patch_size", self.patch_size)])?;
        let grid = self.grid();
        let fits = grid > 0 && grid.saturating_mul(grid) <= MAX_PATCHES && self.image_size <= 4096;
        require(PART, fits && self.image_size.is_multiple_of(self.patch_size), || {
            format!(
                "image_size {} and patch_size {} give no whole grid of at most {MAX_PATCHES} patches and 4096 pixels",
                self.image_size, self.patch_size
            )
        })
    }
}

/// Shape of OWL.
#[derive(Clone, Debug, PartialEq)]
pub struct OwlConfig {
    /// Which of the two it is.
    pub version: OwlVersion,
    /// The text tower.
    pub text: ClipTextConfig,
    /// The vision tower.
    pub vision: OwlVisionConfig,
    /// Width of the vector of a query.
    pub projection_dim: usize,
}

impl OwlConfig {
    /// Reads and checks a `config.json`.
    ///
    /// # Errors
    ///
    /// When the text is not JSON, is of another kind of model, or a size cannot be true.
    pub fn from_json(text: &str) -> Result<Self, NnError> {
        let whole: Value = parse(NETWORK, text, &[])?;
        let version = match whole.get("model_type").and_then(Value::as_str) {
            Some("owlvit") => OwlVersion::One,
            Some("owlv2") => OwlVersion::Two,
            other => {
                let found = other.unwrap_or("absent").chars().take(80).collect::<String>();
                let reason = format!("model_type is {found}, expected owlvit or owlv2");
                return Err(NnError::Config { network: NETWORK, reason });
            }
        };
        let part = |name: &str, defaults: Value| laid_over(defaults, whole.get(name)).to_string();
        let text = json!({
            "hidden_size": 512, "intermediate_size": 2048, "num_attention_heads": 8, "max_position_embeddings": 16,
        });
        let patch_size = if version == OwlVersion::One { 32 } else { 16 };
        let text: ClipTextConfig = parse("OWL's text tower", &part("text_config", text), &[])?;
        let vision = json!({"patch_size": patch_size});
        let dim = whole.get("projection_dim").filter(|dim| !dim.is_null());
        let projection_dim = dim.map_or(Some(512), Value::as_u64).and_then(|dim| usize::try_from(dim).ok());
        let config = Self {
            version,
            // Transformers reads the vector of the largest number, whatever the file says.
            text: ClipTextConfig { eos_token_id: LARGEST, ..text },
            vision: parse(
                "OWL's vision tower",
                &part("vision_config", vision),
                &[("num_channels", json!(3))],
            )?,
            projection_dim: projection_dim.unwrap_or(0),
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
        self.text.check()?;
        self.vision.check()?;
        require_sizes(NETWORK, &[("projection_dim", self.projection_dim)])?;
        // The class head compares its vectors, as wide as the text tower, with the projected ones.
        let (projected, text) = (self.projection_dim, self.text.hidden_size);
        require(NETWORK, projected == text, || {
            format!("projection_dim is {projected}, expected the hidden_size {text} of the text tower")
        })
    }
}

/// An object's fields over defaults; numbers of tokens, which are not read, are left out.
fn laid_over(defaults: Value, given: Option<&Value>) -> Value {
    let (Value::Object(mut all), Some(Value::Object(given))) = (defaults.clone(), given) else {
        return defaults;
    };
    let read = given.iter().filter(|(name, value)| !value.is_null() && !name.ends_with("_token_id"));
    all.extend(read.map(|(name, value)| (name.clone(), value.clone())).collect::<Map<_, _>>());
    Value::Object(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absent_fields_are_those_of_the_published_sizes() {
        let one = OwlConfig::from_json(r#"{"model_type": "owlvit"}"#).unwrap();
        assert_eq!(
            (one.version, one.vision.grid(), one.text.max_position_embeddings),
            (OwlVersion::One, 24, 16)
        );
        let two = r#"{"model_type": "owlv2", "vision_config": {"image_size": 960}, "text_config": {"eos_token_id": [1]}}"#;
        let two = OwlConfig::from_json(two).unwrap();
        assert_eq!((two.version, two.vision.grid(), two.text.hidden_size), (OwlVersion::Two, 60, 512));
    }

    #[test]
    fn what_cannot_be_is_refused() {
        for (text, told) in [
            (r#"{"model_type": "clip"}"#, "model_type is clip, expected owlvit or owlv2"),
            ("[]", "model_type is absent"),
            (r#"{"model_type": "owlv2", "vision_config": {"image_size": 100}}"#, "no whole grid"),
            (r#"{"model_type": "owlv2", "vision_config": {"patch_size": 1}}"#, "no whole grid"),
            (r#"{"model_type": "owlv2", "vision_config": {"num_channels": 4}}"#, "num_channels"),
            (r#"{"model_type": "owlv2", "vision_config": {"hidden_act": "relu"}}"#, "relu"),
            (r#"{"model_type": "owlv2", "projection_dim": 256}"#, "projection_dim is 256"),
            (r#"{"model_type": "owlv2", "projection_dim": -1}"#, "projection_dim is 0"),
            (r#"{"model_type": "owlv2", "text_config": {"num_attention_heads": 7}}"#, "7 heads"),
        ] {
            let error = OwlConfig::from_json(text).unwrap_err().to_string();
            assert!(error.contains(told), "{text}: {error}");
        }
    }
}
