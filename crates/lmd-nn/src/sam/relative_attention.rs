//! Self-attention of cells with learned relative positions, apart for rows and columns (arXiv:2112.01526, section 4.1).

use burn::tensor::module::attention;
use burn::tensor::ops::AttentionModuleOptions;
use burn::tensor::{Int, Tensor};

use super::SamVisionConfig;
use crate::layers::{Conv, join_heads, self_attention, split_heads};
use crate::weights::{Weights, WeightsError};

/// Most scores whose positions are in memory at once: 64 MB in f32.
const SCORES_AT_ONCE: usize = 1 << 24;

/// One layer's attention.
#[derive(Clone, Debug)]
pub(super) struct RelativeAttention {
    /// Queries, keys and values side by side.
    qkv: Conv,
    proj: Conv,
    heads: usize,
    /// Of rows and of columns, where there are any.
    positions: Option<[RelativePositions; 2]>,
}

impl RelativeAttention {
    /// For a square of `side` × `side` cells.
    pub(super) fn load(w: &Weights, config: &SamVisionConfig, side: usize) -> Result<Self, WeightsError> {
        let (width, heads) = (config.hidden_size, config.num_attention_heads);
        let table = |name| RelativePositions::load(w, name, side, width / heads);
        let positions = match config.use_rel_pos {
            true => Some([table("rel_pos_h")?, table("rel_pos_w")?]),
            false => None,
        };
        Ok(Self {
            qkv: Conv::linear_concat(&[w.pp("qkv")], width, 3 * width, config.qkv_bias)?,
            proj: Conv::linear(&w.pp("proj"), width, width)?,
            heads,
            positions,
        })
    }

    /// `[B, side, side, C]` → `[B, side, side, C]`; each of the batch attends to itself.
    pub(super) fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let shape @ [batch, height, width, channels] = x.dims();
        let qkv = self.qkv.forward(x).reshape([batch, height * width, 3 * channels]);
        let seen = match &self.positions {
            None => self_attention(qkv, self.heads, false),
            Some(positions) => self.with_positions(&qkv, positions, height),
        };
        self.proj.forward(seen.reshape(shape))
    }

    /// `[B, side², 3·C]` → `[B, side², C]`, some heads at a time.
    fn with_positions(&self, qkv: &Tensor<3>, positions: &[RelativePositions; 2], side: usize) -> Tensor<3> {
        let [batch, tokens, width] = qkv.dims();
        let (channels, all) = (width / 3, batch * self.heads);
        let part = |i: usize| {
            let heads = split_heads(qkv.clone().narrow(2, i * channels, channels), self.heads);
            heads.reshape([1, all, tokens, channels / self.heads])
        };
        let [q, k, v] = [0, 1, 2].map(part);
        let step = (SCORES_AT_ONCE / (tokens * tokens).max(1)).clamp(1, all);
        let some = (0..all).step_by(step).map(|first| {
            let [q, k, v] = [&q, &k, &v].map(|x| x.clone().narrow(1, first, step.min(all - first)));
            let bias = position_scores(q.clone(), positions, side);
            attention(q, k, v, None, Some(bias), AttentionModuleOptions::default())
        });
        let seen = Tensor::cat(some.collect(), 1);
        join_heads(seen.reshape([batch, self.heads, tokens, channels / self.heads]))
    }
}

/// What positions add to the scores: `q·r[row − row'] + q·c[column − column']`, of queries that are not scaled.
///
/// `[1, heads, side², d]` → `[1, heads, side², side²]`
fn position_scores(q: Tensor<4>, [rows, columns]: &[RelativePositions; 2], side: usize) -> Tensor<4> {
    let [_, heads, tokens, width] = q.dims();
    let q = q.reshape([heads, side, side, width]);
    let by_row = q.clone().matmul(rows.table.clone().unsqueeze());
    let by_column = q.swap_dims(1, 2).matmul(columns.table.clone().unsqueeze()).swap_dims(1, 2);
    let by_row = by_row.reshape([heads, tokens, side, 1]);
    let by_column = by_column.reshape([heads, tokens, 1, side]);
    (by_row + by_column).reshape([1, heads, tokens, tokens])
}

/// The embeddings of all distances along one axis.
#[derive(Clone, Debug)]
struct RelativePositions {
    /// `[side, d, side]`: of each position, by channels, the embedding of its distance to every other.
    table: Tensor<3>,
}

impl RelativePositions {
    fn load(w: &Weights, name: &str, side: usize, width: usize) -> Result<Self, WeightsError> {
        let distances: Tensor<2> = w.tensor(name, [2 * side - 1, width])?;
        if w.is_dry_run() {
            return Ok(Self { table: Tensor::zeros([1; 3], w.device()) });
        }
        let pairs = (0..side).flat_map(|to| (0..side).map(move |from| to + side - 1 - from));
        #[allow(clippy::cast_possible_wrap)]
        let pairs: Vec<i64> = pairs.map(|distance| distance as i64).collect();
        let pairs = Tensor::<1, Int>::from_data(pairs.as_slice(), w.device());
        Ok(Self { table: distances.select(0, pairs).reshape([side, side, width]).swap_dims(1, 2) })
    }
}
