//! The layers of a transformer block: self-attention, cross-attention and feed-forward, each after its normalisation.

use burn::tensor::Tensor;

use super::request::MapCollector;
use super::text_context::KeysValues;
use crate::AttnKey;
use crate::layers::{
    Conv, ConvArgs, LayerNorm, Prologue, cross_attention, cross_attention_probabilities, in_f32,
    self_attention, split_heads,
};
use crate::weights::{Weights, WeightsError};

pub(super) const LAYER_NORM_EPSILON: f64 = 1e-5;

/// Sizes of a spatial transformer.
#[derive(Clone, Copy, Debug)]
pub(super) struct TransformerShape {
    pub(super) channels: usize,
    pub(super) heads: usize,
    pub(super) groups: usize,
    pub(super) text_width: usize,
    /// Whether attention is computed in f32 at any precision.
    pub(super) upcast: bool,
    /// Whether there is a grounding layer.
    pub(super) gated: bool,
}

/// Multi-head self-attention, `softmax(q kᵀ / √d) v`.
#[derive(Clone, Debug)]
pub(super) struct SelfAttention {
    /// Queries, keys and values, concatenated.
    to_qkv: Conv,
    pub(super) to_out: Conv,
    heads: usize,
    upcast: bool,
}

impl SelfAttention {
    pub(super) fn load(w: &Weights, shape: TransformerShape) -> Result<Self, WeightsError> {
        let width = shape.channels;
        let parts = ["to_q", "to_k", "to_v"].map(|name| w.pp(name));
        Ok(Self {
            to_qkv: Conv::linear_concat(&parts, width, width, false)?,
            to_out: Conv::linear(&w.pp("to_out.0"), width, width)?,
            heads: shape.heads,
            upcast: shape.upcast,
        })
    }

    /// `attention(norm(x))`, before the output projection.
    pub(super) fn attend(&self, x: Tensor<3>, norm: &LayerNorm) -> Tensor<3> {
        let qkv = self.to_qkv.apply(x, ConvArgs::after(Prologue::LayerNorm(norm)));
        let dtype = qkv.dtype();
        let qkv = if self.upcast { in_f32(qkv) } else { qkv };
        self_attention(qkv, self.heads, false).cast(dtype)
    }

    /// `attention(norm(x)) + x`
    pub(super) fn forward(&self, x: Tensor<3>, norm: &LayerNorm) -> Tensor<3> {
        let attn_output = self.attend(x.clone(), norm);
        self.to_out.apply(attn_output, ConvArgs::after(Prologue::Identity).residual(x))
    }
}

/// Multi-head cross-attention to the text.
#[derive(Clone, Debug)]
pub(super) struct CrossAttention {
    to_q: Conv,
    to_k: Conv,
    to_v: Conv,
    to_out: Conv,
    heads: usize,
    upcast: bool,
}

impl CrossAttention {
    pub(super) fn load(w: &Weights, shape: TransformerShape) -> Result<Self, WeightsError> {
        let (width, source) = (shape.channels, shape.text_width);
        let matrix = |name: &str, inputs| Conv::linear_concat(&[w.pp(name)], inputs, width, false);
        Ok(Self {
            to_q: matrix("to_q", width)?,
            to_k: matrix("to_k", source)?,
            to_v: matrix("to_v", source)?,
            to_out: Conv::linear(&w.pp("to_out.0"), width, width)?,
            heads: shape.heads,
            upcast: shape.upcast,
        })
    }

    pub(super) fn keys_values(&self, source: Tensor<3>) -> KeysValues {
        KeysValues {
            keys: split_heads(self.to_k.forward(source.clone()), self.heads),
            values: split_heads(self.to_v.forward(source), self.heads),
        }
    }

    fn attend(&self, queries: Tensor<3>, text: &KeysValues) -> Tensor<3> {
        if !self.upcast {
            return cross_attention(queries, &text.keys, &text.values);
        }
        let dtype = queries.dtype();
        let [keys, values] = [&text.keys, &text.values].map(|x| in_f32(x.clone()));
        cross_attention(in_f32(queries), &keys, &values).cast(dtype)
    }

    /// `attention(norm(x)) + x`; the probabilities are computed only where their map is requested.
    pub(super) fn forward(
        &self,
        x: Tensor<3>,
        norm: &LayerNorm,
        key: AttnKey,
        text: &KeysValues,
        collector: &mut MapCollector<'_>,
    ) -> Option<Tensor<3>> {
        let queries = self.to_q.apply(x.clone(), ConvArgs::after(Prologue::LayerNorm(norm)));
        if collector.wants(key) {
            collector
                .keep(key, cross_attention_probabilities(queries.clone(), &text.keys, collector.columns()));
            if collector.ends_at(key) {
                return None;
            }
        }
        let attn_output = self.attend(queries, text);
        Some(self.to_out.apply(attn_output, ConvArgs::after(Prologue::Identity).residual(x)))
    }
}

/// Two linear layers with GEGLU between them (arXiv:2002.05202).
#[derive(Clone, Debug)]
pub(super) struct FeedForward {
    proj: Conv,
    out: Conv,
}

impl FeedForward {
    pub(super) fn load(w: &Weights, width: usize) -> Result<Self, WeightsError> {
        let hidden = 4 * width;
        Ok(Self {
            proj: Conv::linear(&w.pp("net.0.proj"), width, 2 * hidden)?,
            out: Conv::linear(&w.pp("net.2"), hidden, width)?,
        })
    }

    /// `out(geglu(proj(norm(x))))`
    pub(super) fn without_residual(&self, x: Tensor<3>, norm: &LayerNorm) -> Tensor<3> {
        self.apply(x, norm, ConvArgs::after(Prologue::Geglu))
    }

    /// `out(geglu(proj(norm(x)))) + x`
    pub(super) fn forward(&self, x: Tensor<3>, norm: &LayerNorm) -> Tensor<3> {
        self.apply(x.clone(), norm, ConvArgs::after(Prologue::Geglu).residual(x))
    }

    fn apply(&self, x: Tensor<3>, norm: &LayerNorm, args: ConvArgs<'_, 3>) -> Tensor<3> {
        let hidden = self.proj.apply(x, ConvArgs::after(Prologue::LayerNorm(norm)));
        self.out.apply(hidden, args)
    }
}
