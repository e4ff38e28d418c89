//! What the attention kernels share: views of heads, and what a backward pass is given.

use std::ops::Range;

use super::gemm::{Matrix, multiply};

/// The heads of one image or prompt: a matrix of tokens in which each head has its own columns, or its own rows.
#[derive(Clone, Copy)]
pub(super) struct Heads<'a> {
    pub(super) values: &'a [f32],
    /// Tokens.
    pub(super) rows: usize,
    pub(super) row_stride: usize,
    /// Elements from one head to the next.
    pub(super) head_stride: usize,
    /// Width d of a head.
    pub(super) width: usize,
}

impl<'a> Heads<'a> {
    /// `[rows, d]` of one head.
    pub(super) fn head(&self, head: usize, rows: Range<usize>) -> Matrix<'a> {
        let start = head * self.head_stride + rows.start * self.row_stride;
        Matrix::rows(&self.values[start..], rows.len(), self.width, self.row_stride)
    }

    /// All tokens of one head.
    pub(super) fn whole(&self, head: usize) -> Matrix<'a> {
        self.head(head, 0..self.rows)
    }
}

/// `1 / √d`, the scale of the scores.
pub(super) fn scale(width: usize) -> f32 {
    #[allow(clippy::cast_precision_loss)]
    let width = width as f32;
    1.0 / width.sqrt()
}

/// The inputs of one head's backward pass.
pub(super) struct HeadBackward<'a> {
    pub(super) q: Matrix<'a>,
    pub(super) k: Matrix<'a>,
    pub(super) v: Matrix<'a>,
    /// The output O of the forward pass, and its gradient dO.
    pub(super) o: Matrix<'a>,
    pub(super) grad: Matrix<'a>,
    /// Statistics of the rows' softmax saved by the forward pass; row i's begin at `stats[i · stats_stride]`: lse for flash
    /// attention, row max and 1 / row sum for small heads.
    pub(super) stats: &'a [f32],
    pub(super) stats_stride: usize,
    pub(super) causal: bool,
}

/// Where the gradient dP of some rows of probabilities comes from.
#[derive(Clone, Copy)]
pub(super) enum UpstreamGrad<'a> {
    /// From the gradient dO of the output `O = P v`: `dP = dO vᵀ`.
    Output { grad: Matrix<'a>, v: Matrix<'a> },
    /// Given for some columns, at least one, `[queries, columns]`; zero for the others.
    Probabilities(&'a [usize], &'a [f32]),
}

impl UpstreamGrad<'_> {
    /// Writes dP, `[queries, keys]`.
    pub(super) fn write(&self, dp: &mut [f32], keys: usize) {
        match *self {
            Self::Output { grad, v } => multiply(dp, keys, false, grad, v.transposed()),
            Self::Probabilities(columns, grad) => {
                dp.fill(0.0);
                for (dp, grad) in dp.chunks_exact_mut(keys).zip(grad.chunks_exact(columns.len())) {
                    columns.iter().zip(grad).for_each(|(column, grad)| dp[*column] += grad);
                }
            }
        }
    }
}
