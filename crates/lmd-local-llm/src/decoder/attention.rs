//! [`Attention`]: attention of several heads to shared keys and values
//! (arXiv 2305.13245).

use candle_core::{Result, Tensor};
use candle_nn::ops::softmax_last_dim;

use super::cache::Cache;
use super::norm::Norm;
use super::rope::Rotary;
use super::weights::{Matrix, Weights};
use crate::shape::Shape;

/// The first half of a layer.
#[derive(Debug)]
pub(super) struct Attention {
    before: Norm,
    queries: Projection,
    keys: Projection,
    values: Projection,
    output: Matrix,
    after: Option<Norm>,
    cache: Cache,
    heads: usize,
    kv_heads: usize,
    head_width: usize,
}

/// From the residual stream to heads.
#[derive(Debug)]
struct Projection {
    matrix: Matrix,
    bias: Option<Tensor>,
    norm: Option<Norm>,
}

impl Projection {
    fn load(
        weights: &mut Weights<'_>,
        shape: &Shape,
        layer: usize,
        part: &str,
        heads: usize,
    ) -> Result<Self> {
        let name = |end: &str| format!("blk.{layer}.attn_{part}{end}");
        let rows = heads * shape.head_width;
        Ok(Self {
            matrix: weights.matrix(&name(".weight"), [rows, shape.width])?,
            bias: weights.optional_bias(&name(".bias"), rows)?,
            norm: weights.optional_norm(&name("_norm.weight"), shape.head_width, shape.epsilon)?,
        })
    }

    /// `[heads, tokens, head_width]`.
    fn apply(&self, stream: &Tensor, heads: usize) -> Result<Tensor> {
        let mut projected = self.matrix.multiply(stream)?;
        if let Some(bias) = &self.bias {
            projected = projected.broadcast_add(bias)?;
        }
        let (tokens, all) = projected.dims2()?;
        let split = projected.reshape((tokens, heads, all / heads))?;
        let normed = match &self.norm {
            Some(norm) => norm.apply(&split)?,
            None => split,
        };
        normed.transpose(0, 1)?.contiguous()
    }
}

impl Attention {
    pub(super) fn load(
        weights: &mut Weights<'_>,
        shape: &Shape,
        layer: usize,
        capacity: usize,
    ) -> Result<Self> {
        let name = |part: &str| format!("blk.{layer}.{part}.weight");
        Ok(Self {
            before: weights.norm(&name("attn_norm"), shape.width, shape.epsilon)?,
            queries: Projection::load(weights, shape, layer, "q", shape.heads)?,
            keys: Projection::load(weights, shape, layer, "k", shape.kv_heads)?,
            values: Projection::load(weights, shape, layer, "v", shape.kv_heads)?,
            output: weights.matrix(&name("attn_output"), [shape.width, shape.heads * shape.head_width])?,
            after: weights.optional_norm(&name("post_attention_norm"), shape.width, shape.epsilon)?,
            cache: Cache::new(capacity),
            heads: shape.heads,
            kv_heads: shape.kv_heads,
            head_width: shape.head_width,
        })
    }

    /// What is added to the stream, `[tokens, width]`, of tokens behind
    /// `past` earlier ones.
    pub(super) fn apply(
        &mut self,
        stream: &Tensor,
        rotary: &Rotary,
        mask: Option<&Tensor>,
        past: usize,
    ) -> Result<Tensor> {
        let hidden = self.before.apply(stream)?;
        let turned = |heads: Tensor| rotary.apply(&heads.unsqueeze(0)?, past)?.squeeze(0);
        let queries = turned(self.queries.apply(&hidden, self.heads)?)?;
        let keys = turned(self.keys.apply(&hidden, self.kv_heads)?)?;
        let values = self.values.apply(&hidden, self.kv_heads)?;
        let (keys, values) = self.cache.add(past, &keys, &values)?;
        let mixed = self.attend(&queries, &keys, &values, mask)?;
        let (_, tokens, _) = queries.dims3()?;
        let joined = mixed.transpose(0, 1)?.reshape((tokens, self.heads * self.head_width))?;
        let output = self.output.multiply(&joined)?;
        match &self.after {
            Some(norm) => norm.apply(&output),
            None => Ok(output),
        }
    }

    /// Heads that share keys are rows of one product: `[heads, tokens, head_width]`.
    fn attend(
        &self,
        queries: &Tensor,
        keys: &Tensor,
        values: &Tensor,
        mask: Option<&Tensor>,
    ) -> Result<Tensor> {
        let (_, tokens, width) = queries.dims3()?;
        let rows = self.heads / self.kv_heads * tokens;
        let grouped = (queries.reshape((self.kv_heads, rows, width))? * (self.head_width as f64).powf(-0.5))?;
        let scores = grouped.matmul(&keys.t()?)?;
        let all = scores.dim(2)?;
        let scores = match mask {
            Some(mask) => scores.reshape((self.heads, tokens, all))?.broadcast_add(mask)?,
            None => scores,
        };
        let shares = softmax_last_dim(&scores)?.reshape((self.kv_heads, rows, all))?;
        shares.matmul(values)?.reshape((self.heads, tokens, width))
    }
}
