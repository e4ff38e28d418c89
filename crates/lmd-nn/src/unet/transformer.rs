//! The spatial transformer of Latent Diffusion (arXiv:2112.10752): self-attention, GLIGEN, cross-attention, feed-forward.

use burn::tensor::Tensor;

use super::attention::{CrossAttention, FeedForward, LAYER_NORM_EPSILON, SelfAttention, TransformerShape};
use super::gligen::Fuser;
use super::request::MapCollector;
use super::text_context::{KeysValues, TextContext};
use crate::AttnKey;
use crate::layers::{Conv, ConvArgs, GroupNorm, LayerNorm, Prologue, repeated};
use crate::weights::{Weights, WeightsError};

const NORM_EPSILON: f64 = 1e-6;

/// A transformer over the pixels of an image, between two projections, with a residual connection around all.
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
            proj_in: Conv::linear(&w.pp("proj_in"), channels, channels)?,
            block: TransformerBlock::load(&w.pp("transformer_blocks.0"), shape)?,
            proj_out: Conv::linear(&w.pp("proj_out"), channels, channels)?,
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

    /// `[B, H, W, C]` → `[B, H, W, C]`, or `None` when the forward pass may end here. With more prompts than images, B
    /// becomes the number of prompts.
    pub(super) fn forward(
        &self,
        x: Tensor<4>,
        text: &TextContext,
        collector: &mut MapCollector<'_>,
    ) -> Option<Tensor<4>> {
        let [batch, height, width, channels] = x.dims();
        let h = self.proj_in.apply(x.clone(), ConvArgs::after(Prologue::GroupNorm(&self.norm)));
        let h = h.reshape([batch, height * width, channels]);
        let h = self.block.forward(h, self.key, text, collector)?;
        let batch = h.dims()[0];
        let h = h.reshape([batch, height, width, channels]);
        Some(self.proj_out.apply(h, ConvArgs::after(Prologue::Identity).residual(repeated(x, batch))))
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

    /// `[B, N, C]` → `[B, N, C]`, or `None` when the forward pass may end at this block's map.
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
