//! A layer of CLIP's transformers, of the text encoder and of the image encoder alike (arXiv:2103.00020).

use burn::tensor::Tensor;
use burn::tensor::activation::{gelu, sigmoid};
use serde::{Deserialize, Serialize};

use crate::NnError;
use crate::config_check::{EPSILON, require, require_number, require_sizes};
use crate::layers::{Conv, ConvArgs, LayerNorm, Prologue, self_attention};
use crate::weights::{Weights, WeightsError};

/// Most layers of a transformer.
const MAX_LAYERS: usize = 256;

/// The two activation functions of CLIP's feed-forward layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HiddenAct {
    /// `x · σ(1.702 x)`: OpenAI's CLIP, Stable Diffusion 1.
    QuickGelu,
    /// The exact GELU: OpenCLIP, Stable Diffusion 2.
    Gelu,
}

/// Shape of a layer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LayerShape {
    pub(crate) width: usize,
    /// Inside the feed-forward layers.
    pub(crate) inner: usize,
    pub(crate) heads: usize,
    pub(crate) act: HiddenAct,
    pub(crate) epsilon: f64,
    /// Whether each token sees itself and those before it alone.
    pub(crate) causal: bool,
}

impl LayerShape {
    /// Checks that there can be a transformer of `count` such layers, part of `network`.
    ///
    /// # Errors
    ///
    /// Names the first field that does not fit, as `config.json` calls it.
    pub(crate) fn check(&self, network: &'static str, count: usize) -> Result<(), NnError> {
        let Self { width, inner, heads, epsilon, .. } = *self;
        let sizes = [
            ("hidden_size", width),
            ("intermediate_size", inner),
            ("num_hidden_layers", count),
            ("num_attention_heads", heads),
        ];
        require_sizes(network, &sizes)?;
        require_number(network, "layer_norm_eps", epsilon, EPSILON)?;
        require(network, count <= MAX_LAYERS, || {
            format!("num_hidden_layers is {count}, expected at most {MAX_LAYERS}")
        })?;
        require(network, width.is_multiple_of(heads), || {
            format!("hidden_size {width} cannot be split into {heads} heads")
        })
    }
}

/// The layer.
#[derive(Clone, Debug)]
pub(crate) struct TransformerLayer {
    layer_norm1: LayerNorm,
    /// Queries, keys and values side by side.
    qkv_proj: Conv,
    out_proj: Conv,
    layer_norm2: LayerNorm,
    fc1: Conv,
    fc2: Conv,
    shape: LayerShape,
}

impl TransformerLayer {
    pub(crate) fn load(w: &Weights, shape: LayerShape) -> Result<Self, WeightsError> {
        let LayerShape { width, inner, epsilon, .. } = shape;
        let attention = w.pp("self_attn");
        let parts = ["q_proj", "k_proj", "v_proj"].map(|name| attention.pp(name));
        let norm = |name| LayerNorm::load(&w.pp(name), width, epsilon);
        Ok(Self {
            layer_norm1: norm("layer_norm1")?,
            qkv_proj: Conv::linear_concat(&parts, width, width, true)?,
            out_proj: Conv::linear(&attention.pp("out_proj"), width, width)?,
            layer_norm2: norm("layer_norm2")?,
            fc1: Conv::linear(&w.pp("mlp.fc1"), width, inner)?,
            fc2: Conv::linear(&w.pp("mlp.fc2"), inner, width)?,
            shape,
        })
    }

    /// `[B, tokens, C]` → `[B, tokens, C]`
    pub(crate) fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let qkv = self.qkv_proj.apply(x.clone(), ConvArgs::after(Prologue::LayerNorm(&self.layer_norm1)));
        let attn_output = self_attention(qkv, self.shape.heads, self.shape.causal);
        let x = self.out_proj.apply(attn_output, ConvArgs::after(Prologue::Identity).residual(x));
        self.feed_forward(x)
    }

    fn feed_forward(&self, x: Tensor<3>) -> Tensor<3> {
        let h = self.fc1.apply(x.clone(), ConvArgs::after(Prologue::LayerNorm(&self.layer_norm2)));
        let h = match self.shape.act {
            HiddenAct::QuickGelu => h.clone() * sigmoid(h * 1.702),
            HiddenAct::Gelu => gelu(h),
        };
        self.fc2.apply(h, ConvArgs::after(Prologue::Identity).residual(x))
    }
}
