//! The spatial transformer of Latent Diffusion (arXiv:2112.10752): self-attention, cross-attention, feed-forward.

use burn::tensor::Tensor;

use super::gligen::Fuser;
use super::request::MapCollector;
use super::text_context::{KeysValues, TextContext};
use crate::AttnKey;
use crate::layers::{
    Before, Conv, GroupNorm, LayerNorm, Use, attend_to_itself, attend_to_text, in_f32, probabilities,
    repeated, split_heads,
};
use crate::weights::{Weights, WeightsError};

const NORM_EPSILON: f64 = 1e-6;
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

/// A picture seen as a sequence of its places, between two projections and around a residual.
#[derive(Clone, Debug)]
pub(super) struct SpatialTransformer {
    key: AttnKey,
    norm: GroupNorm,
    proj_in: Conv,
    block: TransformerBlock,
    proj_out: Conv,
}

impl SpatialTransformer {
    pub(super) fn load(w: &Weights, key: AttnKey, shape: TransformerShape) -> Result<Self, WeightsError> {
        let channels = shape.channels;
        Ok(Self {
            key,
            norm: GroupNorm::load(&w.pp("norm"), channels, shape.groups, NORM_EPSILON)?,
            // Stored as a 1×1 convolution by Stable Diffusion 1, as a matrix by 2.
            proj_in: Conv::point(&w.pp("proj_in"), channels, channels)?,
            block: TransformerBlock::load(&w.pp("transformer_blocks.0"), shape)?,
            proj_out: Conv::point(&w.pp("proj_out"), channels, channels)?,
        })
    }

    pub(super) fn key(&self) -> AttnKey {
        self.key
    }

    /// The grounding layer, where there is one.
    pub(super) fn fuser(&self) -> Option<&Fuser> {
        self.block.fuser.as_ref()
    }

    /// Keys and values of the text, `[B, tokens, text_width]`.
    pub(super) fn keys_values(&self, text: Tensor<3>) -> KeysValues {
        self.block.attn2.keys_values(text)
    }

    /// `[B, H, W, C]` → `[B, H, W, C]`, or `None` when the forward may end here. Where there are more prompts than
    /// pictures, B becomes the number of prompts.
    pub(super) fn forward(
        &self,
        x: Tensor<4>,
        text: &TextContext,
        collector: &mut MapCollector<'_>,
    ) -> Option<Tensor<4>> {
        let [batch, height, width, channels] = x.dims();
        let h = self.proj_in.apply(x.clone(), Use::after(Before::GroupNorm(&self.norm)));
        let h = h.reshape([batch, height * width, channels]);
        let h = self.block.forward(h, self.key, text, collector)?;
        let batch = h.dims()[0];
        let h = h.reshape([batch, height, width, channels]);
        Some(self.proj_out.apply(h, Use::after(Before::Nothing).plus(repeated(x, batch))))
    }
}

#[derive(Clone, Debug)]
struct TransformerBlock {
    norm1: LayerNorm,
    attn1: SelfAttention,
    fuser: Option<Fuser>,
    norm2: LayerNorm,
    attn2: CrossAttention,
    norm3: LayerNorm,
    ff: FeedForward,
}

impl TransformerBlock {
    fn load(w: &Weights, shape: TransformerShape) -> Result<Self, WeightsError> {
        let channels = shape.channels;
        let norm = |name| LayerNorm::load(&w.pp(name), channels, LAYER_NORM_EPSILON);
        Ok(Self {
            norm1: norm("norm1")?,
            attn1: SelfAttention::load(&w.pp("attn1"), shape)?,
            fuser: shape.gated.then(|| Fuser::load(&w.pp("fuser"), shape)).transpose()?,
            norm2: norm("norm2")?,
            attn2: CrossAttention::load(&w.pp("attn2"), shape)?,
            norm3: norm("norm3")?,
            ff: FeedForward::load(&w.pp("ff"), channels)?,
        })
    }

    /// `[B, N, C]` → `[B, N, C]`, or `None` when the forward may end at this block's map.
    fn forward(
        &self,
        x: Tensor<3>,
        key: AttnKey,
        text: &TextContext,
        collector: &mut MapCollector<'_>,
    ) -> Option<Tensor<3>> {
        let mut x = repeated(self.attn1.forward(x, &self.norm1), text.batch());
        if let (Some(fuser), Some(tokens)) = (&self.fuser, text.gligen_tokens.get(&key)) {
            x = fuser.forward(x, tokens);
        }
        let x = self.attn2.forward(x, &self.norm2, key, text.layers.get(&key)?, collector)?;
        Some(self.ff.forward(x, &self.norm3))
    }
}

/// Multi-head attention of the places to each other, `softmax(q kᵀ / √d) v`.
#[derive(Clone, Debug)]
pub(super) struct SelfAttention {
    /// Queries, keys and values side by side.
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
            to_qkv: Conv::beside(&parts, width, width, false)?,
            to_out: Conv::point(&w.pp("to_out.0"), width, width)?,
            heads: shape.heads,
            upcast: shape.upcast,
        })
    }

    /// `attention(norm(x))`, before the last map.
    pub(super) fn seen(&self, x: Tensor<3>, norm: &LayerNorm) -> Tensor<3> {
        let qkv = self.to_qkv.apply(x, Use::after(Before::LayerNorm(norm)));
        let dtype = qkv.dtype();
        let qkv = if self.upcast { in_f32(qkv) } else { qkv };
        attend_to_itself(qkv, self.heads, false).cast(dtype)
    }

    /// `attention(norm(x)) + x`
    fn forward(&self, x: Tensor<3>, norm: &LayerNorm) -> Tensor<3> {
        let seen = self.seen(x.clone(), norm);
        self.to_out.apply(seen, Use::after(Before::Nothing).plus(x))
    }
}

/// Multi-head attention of the places to the text.
#[derive(Clone, Debug)]
struct CrossAttention {
    to_q: Conv,
    to_k: Conv,
    to_v: Conv,
    to_out: Conv,
    heads: usize,
    upcast: bool,
}

impl CrossAttention {
    fn load(w: &Weights, shape: TransformerShape) -> Result<Self, WeightsError> {
        let (width, source) = (shape.channels, shape.text_width);
        let matrix = |name: &str, inputs| Conv::beside(&[w.pp(name)], inputs, width, false);
        Ok(Self {
            to_q: matrix("to_q", width)?,
            to_k: matrix("to_k", source)?,
            to_v: matrix("to_v", source)?,
            to_out: Conv::point(&w.pp("to_out.0"), width, width)?,
            heads: shape.heads,
            upcast: shape.upcast,
        })
    }

    fn keys_values(&self, source: Tensor<3>) -> KeysValues {
        KeysValues {
            keys: split_heads(self.to_k.forward(source.clone()), self.heads),
            values: split_heads(self.to_v.forward(source), self.heads),
        }
    }

    fn attend(&self, queries: Tensor<3>, text: &KeysValues) -> Tensor<3> {
        if !self.upcast {
            return attend_to_text(queries, &text.keys, &text.values);
        }
        let dtype = queries.dtype();
        let [keys, values] = [&text.keys, &text.values].map(|x| in_f32(x.clone()));
        attend_to_text(in_f32(queries), &keys, &values).cast(dtype)
    }

    /// `attention(norm(x)) + x`; the probabilities are formed only where they are wanted.
    fn forward(
        &self,
        x: Tensor<3>,
        norm: &LayerNorm,
        key: AttnKey,
        text: &KeysValues,
        collector: &mut MapCollector<'_>,
    ) -> Option<Tensor<3>> {
        let queries = self.to_q.apply(x.clone(), Use::after(Before::LayerNorm(norm)));
        if collector.wants(key) {
            collector.keep(key, probabilities(queries.clone(), &text.keys, collector.columns()));
            if collector.ends_at(key) {
                return None;
            }
        }
        let seen = self.attend(queries, text);
        Some(self.to_out.apply(seen, Use::after(Before::Nothing).plus(x)))
    }
}

/// Two linear maps with a gate between them: GEGLU (arXiv:2002.05202).
#[derive(Clone, Debug)]
pub(super) struct FeedForward {
    gated: Conv,
    out: Conv,
}

impl FeedForward {
    pub(super) fn load(w: &Weights, width: usize) -> Result<Self, WeightsError> {
        let hidden = 4 * width;
        Ok(Self {
            gated: Conv::point(&w.pp("net.0.proj"), width, 2 * hidden)?,
            out: Conv::point(&w.pp("net.2"), hidden, width)?,
        })
    }

    /// `out(gate(gated(norm(x))))`
    pub(super) fn alone(&self, x: Tensor<3>, norm: &LayerNorm) -> Tensor<3> {
        self.mapped(x, norm, Use::after(Before::Gate))
    }

    /// `out(gate(gated(norm(x)))) + x`
    fn forward(&self, x: Tensor<3>, norm: &LayerNorm) -> Tensor<3> {
        self.mapped(x.clone(), norm, Use::after(Before::Gate).plus(x))
    }

    fn mapped(&self, x: Tensor<3>, norm: &LayerNorm, how: Use<'_, 3>) -> Tensor<3> {
        let both = self.gated.apply(x, Use::after(Before::LayerNorm(norm)));
        self.out.apply(both, how)
    }
}
