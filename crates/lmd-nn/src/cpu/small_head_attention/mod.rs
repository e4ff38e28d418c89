//! Flash attention of heads of 8 or 16 elements, vectorized over queries.
//!
//! Such heads are too small for GEMM, which would spend its time moving scores. Here the lanes of a vector are queries,
//! so that no reduction runs across lanes, and the scores of one vector of queries and a block of keys stay in the L1
//! cache. In the backward pass each vector of queries accumulates into dK and dV of a block while its scores are in the cache.
//!
//! The names follow `flash_attention`. Reference: `defined` in `layers/tests.rs`; tests `attention_to_itself_is_its_definition`
//! and `attention_to_a_text_is_its_definition` there.

use pulp::{Simd, WithSimd};

use self::kernels::{
    OnlineSoftmax, add_outer, dots, online_softmax, softmax_backward, softmax_backward_saved,
    softmax_numerators, weighted_sum,
};
use self::lanes::{RowsOut, load_lanes, pack, saved_stats, scaled_rows, store_rows, to_array};
use super::gemm::Matrix;
use super::heads::{HeadBackward, UpstreamGrad, scale};
use super::simd::{LANES, LOG2_E, arch};
use super::tuning::SMALL_HEAD_KEYS;

mod kernels;
mod lanes;

pub(super) use lanes::MAX_WIDTH;

/// Whether these kernels take heads of this width.
pub(super) const fn fits(width: usize) -> bool {
    matches!(width, 8 | MAX_WIDTH)
}

/// A kernel on heads of one of these widths.
trait HeadKernel {
    fn width(&self) -> usize;

    /// `D` is the width; the vectors of `P` of its columns fit in the registers.
    fn run<S: Simd, const D: usize, const P: usize>(self, simd: S);
}

/// Instantiates a kernel for its width.
struct ByWidth<J>(J);

impl<J: HeadKernel> WithSimd for ByWidth<J> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        match self.0.width() {
            8 => self.0.run::<S, 8, 8>(simd),
            // Processors with the widest vectors have twice as many registers.
            _ if S::F32_LANES == LANES => self.0.run::<S, 16, 16>(simd),
            _ => self.0.run::<S, 16, 8>(simd),
        }
    }
}

/// Elements of scratch the kernels need for this number of keys: two vectors and two rows for each.
pub(super) const fn scratch_size(keys: usize) -> usize {
    2 * (LANES + MAX_WIDTH) * keys
}

/// `softmax(s q kᵀ) v` of one of `heads` heads: row i to `out[i · heads · d ..]`, and to `stats[2 · heads · i ..]` its row max, to
/// base 2, and 1 / row sum.
pub(super) fn forward(
    q: Matrix<'_>,
    [k, v]: [Matrix<'_>; 2],
    [out, stats]: [&mut [f32]; 2],
    heads: usize,
    scratch: &mut [f32],
) {
    arch().dispatch(ByWidth(Forward { q, k, v, out, stats, heads, scratch }));
}

struct Forward<'a> {
    q: Matrix<'a>,
    k: Matrix<'a>,
    v: Matrix<'a>,
    out: &'a mut [f32],
    stats: &'a mut [f32],
    heads: usize,
    scratch: &'a mut [f32],
}

impl HeadKernel for Forward<'_> {
    fn width(&self) -> usize {
        self.q.columns
    }

    #[inline(always)]
    fn run<S: Simd, const D: usize, const P: usize>(self, simd: S) {
        let (scores, memory) = self.scratch.split_at_mut(2 * LANES * self.k.rows);
        let (keys_memory, values_memory) = memory.split_at_mut(memory.len() / 2);
        let (k, v) = (pack::<D>(self.k, keys_memory), pack::<D>(self.v, values_memory));
        for start in (0..self.q.rows).step_by(S::F32_LANES) {
            let q = load_lanes::<S, D>(&self.q, start, LOG2_E * scale(D));
            let zero = simd.splat_f32s(0.0);
            let (mut row_max, mut row_sum, mut acc) = (simd.splat_f32s(f32::NEG_INFINITY), zero, [zero; D]);
            for (k, v) in k.chunks(SMALL_HEAD_KEYS).zip(v.chunks(SMALL_HEAD_KEYS)) {
                let scores = &mut scores[..S::F32_LANES * k.len()];
                let block: OnlineSoftmax<S> = online_softmax::<S, D, P>(simd, &q, k, row_max, scores);
                row_max = block.row_max;
                row_sum = simd.mul_add_f32s(row_sum, block.factor, block.sum);
                let block_acc = weighted_sum::<S, D, P>(simd, S::as_simd_f32s(scores).0, v);
                for (sum, block_acc) in acc.iter_mut().zip(block_acc) {
                    *sum = simd.mul_add_f32s(*sum, block.factor, block_acc);
                }
            }
            let inv_row_sum = simd.div_f32s(simd.splat_f32s(1.0), row_sum);
            let (row_stride, rows) = (self.heads * D, self.q.rows - start);
            store_rows(
                simd,
                acc,
                inv_row_sum,
                &mut RowsOut { values: &mut self.out[start * row_stride..], rows, row_stride },
            );
            let stats =
                self.stats[2 * self.heads * start..].chunks_mut(2 * self.heads).take(S::F32_LANES.min(rows));
            for (stats, both) in
                stats.zip(to_array(simd, row_max).into_iter().zip(to_array(simd, inv_row_sum)))
            {
                (stats[0], stats[1]) = both;
            }
        }
    }
}

/// Some columns, at least one, of `softmax(s q kᵀ)` of one head, `[queries, columns]`.
pub(super) fn columns(q: Matrix<'_>, k: Matrix<'_>, columns: &[usize], out: &mut [f32], scratch: &mut [f32]) {
    arch().dispatch(ByWidth(Columns { q, k, columns, out, scratch }));
}

struct Columns<'a> {
    q: Matrix<'a>,
    k: Matrix<'a>,
    columns: &'a [usize],
    out: &'a mut [f32],
    scratch: &'a mut [f32],
}

impl HeadKernel for Columns<'_> {
    fn width(&self) -> usize {
        self.q.columns
    }

    #[inline(always)]
    fn run<S: Simd, const D: usize, const P: usize>(self, simd: S) {
        let (scores, memory) = self.scratch.split_at_mut(2 * LANES * self.k.rows);
        let scores = &mut scores[..S::F32_LANES * self.k.rows];
        let k = pack::<D>(self.k, memory);
        let block = S::F32_LANES * self.columns.len();
        for (start, out) in (0..self.q.rows).step_by(S::F32_LANES).zip(self.out.chunks_mut(block)) {
            let q = load_lanes::<S, D>(&self.q, start, LOG2_E * scale(D));
            let inv_row_sum = to_array(simd, softmax_numerators::<S, D, P>(simd, &q, k, scores));
            for ((lane, out), inv_row_sum) in
                out.chunks_exact_mut(self.columns.len()).enumerate().zip(inv_row_sum)
            {
                for (out, column) in out.iter_mut().zip(self.columns) {
                    *out = inv_row_sum * scores[column * S::F32_LANES + lane];
                }
            }
        }
    }
}

/// dQ of one head, with leading dimension `row_stride`.
pub(super) fn backward_queries(
    [q, k]: [Matrix<'_>; 2],
    upstream: UpstreamGrad<'_>,
    dq: &mut [f32],
    row_stride: usize,
    scratch: &mut [f32],
) {
    arch().dispatch(ByWidth(BackwardQueries { q, k, upstream, dq, row_stride, scratch }));
}

struct BackwardQueries<'a> {
    q: Matrix<'a>,
    k: Matrix<'a>,
    upstream: UpstreamGrad<'a>,
    dq: &'a mut [f32],
    row_stride: usize,
    scratch: &'a mut [f32],
}

impl HeadKernel for BackwardQueries<'_> {
    fn width(&self) -> usize {
        self.q.columns
    }

    #[inline(always)]
    fn run<S: Simd, const D: usize, const P: usize>(self, simd: S) {
        let keys = self.k.rows;
        let (scores, memory) = self.scratch.split_at_mut(2 * LANES * keys);
        let (scores, gradients) = scores[..2 * S::F32_LANES * keys].split_at_mut(S::F32_LANES * keys);
        let (keys_memory, values_memory) = memory.split_at_mut(memory.len() / 2);
        let k = pack::<D>(self.k, keys_memory);
        let v = if let UpstreamGrad::Output { v, .. } = self.upstream {
            pack::<D>(v, values_memory)
        } else {
            &[]
        };
        for start in (0..self.q.rows).step_by(S::F32_LANES) {
            let q = load_lanes::<S, D>(&self.q, start, LOG2_E * scale(D));
            let inv_row_sum = softmax_numerators::<S, D, P>(simd, &q, k, scores);
            match self.upstream {
                UpstreamGrad::Output { grad, .. } => {
                    let grad = load_lanes::<S, D>(&grad, start, 1.0);
                    dots::<S, D, P>(simd, &grad, v, S::as_mut_simd_f32s(gradients).0);
                }
                UpstreamGrad::Probabilities(columns, grad) => {
                    gradients.fill(0.0);
                    let rows = grad[start * columns.len()..].chunks_exact(columns.len());
                    for (lane, row) in rows.take(S::F32_LANES).enumerate() {
                        for (column, value) in columns.iter().zip(row) {
                            gradients[column * S::F32_LANES + lane] += value;
                        }
                    }
                }
            }
            softmax_backward(simd, inv_row_sum, scores, gradients);
            let acc = weighted_sum::<S, D, P>(simd, S::as_simd_f32s(gradients).0, k);
            let factors = simd.mul_f32s(inv_row_sum, simd.splat_f32s(scale(D)));
            let rows = self.q.rows - start;
            let values = &mut self.dq[start * self.row_stride..];
            store_rows(simd, acc, factors, &mut RowsOut { values, rows, row_stride: self.row_stride });
        }
    }
}

/// The backward pass of one head: dQ, with leading dimension `row_stride`, and `dk_dv`, dK and dV, `[keys, MAX_WIDTH]` each.
pub(super) fn backward_qkv(
    head: HeadBackward<'_>,
    dq: &mut [f32],
    row_stride: usize,
    dk_dv: [&mut [f32]; 2],
    scratch: &mut [f32],
) {
    arch().dispatch(ByWidth(BackwardQkv { head, dq, row_stride, dk_dv, scratch }));
}

struct BackwardQkv<'a> {
    head: HeadBackward<'a>,
    dq: &'a mut [f32],
    row_stride: usize,
    dk_dv: [&'a mut [f32]; 2],
    scratch: &'a mut [f32],
}

impl HeadKernel for BackwardQkv<'_> {
    fn width(&self) -> usize {
        self.head.q.columns
    }

    #[inline(always)]
    fn run<S: Simd, const D: usize, const P: usize>(self, simd: S) {
        let Self { head, dq, row_stride, dk_dv: [dk, dv], scratch } = self;
        let (scores, memory) = scratch.split_at_mut(2 * LANES * head.k.rows);
        let (scores, gradients) = scores.split_at_mut(scores.len() / 2);
        let (keys_memory, values_memory) = memory.split_at_mut(memory.len() / 2);
        let (k, v) = (pack::<D>(head.k, keys_memory), pack::<D>(head.v, values_memory));
        for start in (0..head.q.rows).step_by(S::F32_LANES) {
            let rows = head.q.rows - start;
            let [row_max, inv_row_sum] = saved_stats::<S>(&head, start);
            let factors = simd.mul_f32s(inv_row_sum, simd.splat_f32s(scale(D)));
            let q = load_lanes::<S, D>(&head.q, start, LOG2_E * scale(D));
            let [o, grad] = [&head.o, &head.grad].map(|matrix| load_lanes::<S, D>(matrix, start, 1.0));
            // rowsum(P ∘ dP) = rowsum(dO ∘ O)
            let mut delta = simd.splat_f32s(0.0);
            for (o, grad) in o.iter().zip(&grad) {
                delta = simd.mul_add_f32s(*o, *grad, delta);
            }
            let scaled_q = scaled_rows::<S, D>(simd, &head.q, start, factors);
            let scaled_grad = scaled_rows::<S, D>(simd, &head.grad, start, inv_row_sum);
            let mut acc = [simd.splat_f32s(0.0); D];
            let dk_dv_blocks =
                dk.chunks_mut(SMALL_HEAD_KEYS * MAX_WIDTH).zip(dv.chunks_mut(SMALL_HEAD_KEYS * MAX_WIDTH));
            for ((k, v), (dk, dv)) in
                k.chunks(SMALL_HEAD_KEYS).zip(v.chunks(SMALL_HEAD_KEYS)).zip(dk_dv_blocks)
            {
                let [scores, gradients] =
                    [&mut *scores, &mut *gradients].map(|whole| &mut whole[..S::F32_LANES * k.len()]);
                dots::<S, D, P>(simd, &q, k, S::as_mut_simd_f32s(scores).0);
                dots::<S, D, P>(simd, &grad, v, S::as_mut_simd_f32s(gradients).0);
                softmax_backward_saved(simd, [row_max, delta], scores, gradients);
                let block_acc = weighted_sum::<S, D, P>(simd, S::as_simd_f32s(gradients).0, k);
                for (sum, block_acc) in acc.iter_mut().zip(block_acc) {
                    *sum = simd.add_f32s(*sum, block_acc);
                }
                add_outer::<S, D>(simd, gradients, &scaled_q, dk, start > 0);
                add_outer::<S, D>(simd, scores, &scaled_grad, dv, start > 0);
            }
            store_rows(
                simd,
                acc,
                factors,
                &mut RowsOut { values: &mut dq[start * row_stride..], rows, row_stride },
            );
        }
    }
}
