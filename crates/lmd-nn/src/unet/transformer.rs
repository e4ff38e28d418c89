//! The spatial transformer of Latent Diffusion (arXiv:2112.10752): self-attention, cross-attention, feed-forward.

use burn::tensor::Tensor;
use burn::tensor::activation::gelu;

use super::request::MapCollector;
use super::text_context::KeysValues;
use crate::AttnKey;
use crate::layers::{
    GroupNorm, LayerNorm, Linear, attend, attend_in_f32, join_heads, probabilities, split_heads,
};
use crate::weights::{Weights, WeightsError};

const NORM_EPSILON: f64 = 1e-6;
const LAYER_NORM_EPSILON: f64 = 1e-5;

/// Sizes of a spatial transformer.
#[derive(Clone, Copy, Debug)]
pub(super) struct TransformerShape {
    pub(super) channels: usize,
    pub(super) heads: usize,
    pub(super) groups: usize,
    pub(super) text_width: usize,
    /// Whether attention is computed in f32 at any precision.
    pub(super) upcast: bool,
}

/// A picture seen as a sequence of its places, between two projections and around a residual.
#[derive(Clone, Debug)]
pub(super) struct SpatialTransformer {
    key: AttnKey,
    norm: GroupNorm,
    proj_in: Linear,
    block: TransformerBlock,
    proj_out: Linear,
}

impl SpatialTransformer {
    pub(super) fn load(w: &Weights, key: AttnKey, shape: TransformerShape) -> Result<Self, WeightsError> {
        let channels = shape.channels;
        Ok(Self {
            key,
            norm: GroupNorm::load(&w.pp("norm"), channels, shape.groups, NORM_EPSILON)?,
            // Stored as a 1×1 convolution by Stable Diffusion 1, as a matrix by 2.
            proj_in: Linear::load(&w.pp("proj_in"), channels, channels)?,
            block: TransformerBlock::load(&w.pp("transformer_blocks.0"), shape)?,
            proj_out: Linear::load(&w.pp("proj_out"), channels, channels)?,
        })
    }

    pub(super) fn key(&self) -> AttnKey {
        self.key
    }

    /// Keys and values of the text, `[B, tokens, text_width]`.
    pub(super) fn keys_values(&self, text: Tensor<3>) -> KeysValues {
        self.block.attn2.keys_values(text)
    }

    /// `[B, C, H, W]` → `[B, C, H, W]`, or `None` when the forward may end here.
    pub(super) fn forward(
        &self,
        x: Tensor<4>,
        text: &KeysValues,
        collector: &mut MapCollector<'_>,
    ) -> Option<Tensor<4>> {
        let [batch, channels, height, width] = x.dims();
        let h = self.norm.forward(x.clone());
        let h = h.reshape([batch, channels, height * width]).swap_dims(1, 2); // [B, H·W, C]
        let h = self.block.forward(self.proj_in.forward(h), self.key, text, collector)?;
        let h = self.proj_out.forward(h).swap_dims(1, 2);
        Some(h.reshape([batch, channels, height, width]) + x)
    }
}

#[derive(Clone, Debug)]
struct TransformerBlock {
    norm1: LayerNorm,
    attn1: Attention,
    norm2: LayerNorm,
    attn2: Attention,
    norm3: LayerNorm,
    ff: FeedForward,
}

impl TransformerBlock {
    fn load(w: &Weights, shape: TransformerShape) -> Result<Self, WeightsError> {
        let channels = shape.channels;
        let norm = |name| LayerNorm::load(&w.pp(name), channels, LAYER_NORM_EPSILON);
        Ok(Self {
            norm1: norm("norm1")?,
            attn1: Attention::load(&w.pp("attn1"), shape, channels)?,
            norm2: norm("norm2")?,
            attn2: Attention::load(&w.pp("attn2"), shape, shape.text_width)?,
            norm3: norm("norm3")?,
            ff: FeedForward::load(&w.pp("ff"), channels)?,
        })
    }

    /// `[B, N, C]` → `[B, N, C]`, or `None` when the forward may end at this block's map.
    fn forward(
        &self,
        x: Tensor<3>,
        key: AttnKey,
        text: &KeysValues,
        collector: &mut MapCollector<'_>,
    ) -> Option<Tensor<3>> {
        let x = self.attn1.to_itself(self.norm1.forward(x.clone())) + x;
        let x = self.attn2.to_text(self.norm2.forward(x.clone()), key, text, collector)? + x;
        Some(self.ff.forward(self.norm3.forward(x.clone())) + x)
    }
}

/// Multi-head attention, `softmax(q kᵀ / √d) v`.
#[derive(Clone, Debug)]
struct Attention {
    to_q: Linear,
    to_k: Linear,
    to_v: Linear,
    to_out: Linear,
    heads: usize,
    upcast: bool,
}

impl Attention {
    fn load(w: &Weights, shape: TransformerShape, source: usize) -> Result<Self, WeightsError> {
        let width = shape.channels;
        Ok(Self {
            to_q: Linear::load_no_bias(&w.pp("to_q"), width, width)?,
            to_k: Linear::load_no_bias(&w.pp("to_k"), source, width)?,
            to_v: Linear::load_no_bias(&w.pp("to_v"), source, width)?,
            to_out: Linear::load(&w.pp("to_out.0"), width, width)?,
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

    fn to_itself(&self, x: Tensor<3>) -> Tensor<3> {
        let KeysValues { keys, values } = self.keys_values(x.clone());
        let queries = split_heads(self.to_q.forward(x), self.heads);
        self.to_out.forward(join_heads(self.attend(queries, keys, values)))
    }

    fn attend(&self, queries: Tensor<4>, keys: Tensor<4>, values: Tensor<4>) -> Tensor<4> {
        if self.upcast { attend_in_f32(queries, keys, values) } else { attend(queries, keys, values) }
    }

    /// Attention to the text; its probabilities are formed only where they are wanted.
    fn to_text(
        &self,
        x: Tensor<3>,
        key: AttnKey,
        text: &KeysValues,
        collector: &mut MapCollector<'_>,
    ) -> Option<Tensor<3>> {
        let queries = split_heads(self.to_q.forward(x), self.heads);
        let KeysValues { keys, values } = text.clone();
        let seen = if collector.wants(key) {
            let dtype = queries.dtype();
            let map = probabilities(queries, keys); // [B, heads, H·W, tokens]
            collector.keep(key, map.clone());
            if collector.ends_at(key) {
                return None;
            }
            let map = if map.dtype() == dtype { map } else { map.cast(dtype) };
            map.matmul(values)
        } else {
            self.attend(queries, keys, values)
        };
        Some(self.to_out.forward(join_heads(seen)))
    }
}

/// Two linear maps with a gate between them: GEGLU (arXiv:2002.05202).
#[derive(Clone, Debug)]
struct FeedForward {
    gated: Linear,
    out: Linear,
    hidden: usize,
}

impl FeedForward {
    fn load(w: &Weights, width: usize) -> Result<Self, WeightsError> {
        let hidden = 4 * width;
        Ok(Self {
            gated: Linear::load(&w.pp("net.0.proj"), width, 2 * hidden)?,
            out: Linear::load(&w.pp("net.2"), hidden, width)?,
            hidden,
        })
    }

    fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let both = self.gated.forward(x);
        let value = both.clone().narrow(2, 0, self.hidden);
        let gate = both.narrow(2, self.hidden, self.hidden);
        self.out.forward(value * gelu(gate))
    }
}
