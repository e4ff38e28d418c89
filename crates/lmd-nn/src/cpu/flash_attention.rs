//! Flash attention, for heads of any width: the scores of a block of queries and keys at a time, so that they stay in the
//! cache (FlashAttention-2, arXiv:2307.08691: the forward pass is algorithm 1, the backward pass algorithm 2).
//!
//! | here | paper |
//! |---|---|
//! | `row_max`, `row_sum` of the online softmax | m, ℓ |
//! | `acc`, the output before its division by `row_sum` | Õ |
//! | `lse`, saved for the backward pass | L |
//! | `delta`, `rowsum(dO ∘ O)` | D |
//!
//! Keys and values are packed into panels once for all queries. The softmax is to base 2: the queries are scaled by
//! `s log₂e`, so `P = 2^(score − lse)` with `lse = log₂ Σ 2^score`.
//!
//! Reference: `defined` in `layers/tests.rs`; test `attention_to_itself_is_its_definition` there.
#![allow(unsafe_code)] // for outputs that are not cleared first

use std::ops::Range;

use rayon::prelude::*;

use super::gemm::Matrix;
use super::heads::{HeadBackward, Heads, scale};
use super::microkernel::{COLUMNS, PANEL, Panel, Panels};
use super::partition::PARTS;
use super::scratch::{uninit, with_scratch};
use super::simd::{LOG2_E, exp2, max, sum, sum2, vectorized};
use super::tuning::{FLASH_KEY_ELEMENTS, FLASH_KEYS, FLASH_QUERIES};

const LN_2: f32 = std::f32::consts::LN_2;

/// Keys of a block, for heads of this width.
fn keys_per_block(width: usize) -> usize {
    (FLASH_KEY_ELEMENTS / width).clamp(FLASH_KEYS.start, FLASH_KEYS.end) / PANEL * PANEL
}

/// A leading dimension off power-of-two strides, which would cause set conflicts in the L1 cache.
const fn padded_stride(keys: usize) -> usize {
    keys + COLUMNS
}

/// How many of a block of keys the query of row `row` attends to.
fn visible_keys(causal: bool, row: usize, keys: &Range<usize>) -> usize {
    if causal { (row + 1).saturating_sub(keys.start).min(keys.len()) } else { keys.len() }
}

/// `softmax(s q kᵀ) v` of one image, all heads, to `out [rows, heads·d]`, and the log-sum-exp of each row's scores, to base 2,
/// to `lse [rows, heads]`; with `causal`, each row attends to the keys up to its own index.
pub(super) fn forward(
    [q, k, v]: [Heads<'_>; 3],
    heads: usize,
    causal: bool,
    out: &mut [f32],
    lse: &mut [f32],
) {
    let (keys, d) = (k.rows, q.width);
    let [keys_len, values_len] = [Panels::packed_len(d, keys), Panels::packed_len(keys, d)];
    // SAFETY: the loop below packs the keys and values of every head, which fills all panels.
    let mut panels = unsafe { uninit(heads * (keys_len + values_len)) };
    panels.par_chunks_exact_mut(keys_len + values_len).enumerate().for_each(|(head, panels)| {
        let (keys_t, values) = panels.split_at_mut(keys_len);
        Panels::pack(k.whole(head).transposed(), keys_t);
        Panels::pack(v.whole(head), values);
    });
    let block = q.rows.div_ceil(2 * PARTS).clamp(FLASH_QUERIES.start, FLASH_QUERIES.end);
    let tasks = out.par_chunks_mut(block * heads * d).zip(lse.par_chunks_mut(block * heads));
    tasks.enumerate().for_each(|(task, (out, lse))| {
        let rows = task * block..task * block + lse.len() / heads;
        for (head, panels) in panels.chunks_exact(keys_len + values_len).enumerate() {
            let (keys_t, values) = panels.split_at(keys_len);
            let queries = Queries { q: q.head(head, rows.clone()), first: rows.start, causal };
            let panels = [Panels::from_packed(keys_t, d), Panels::from_packed(values, keys)];
            queries.forward(panels, keys, [&mut out[head * d..], &mut lse[head..]], heads);
        }
    });
}

/// A block of queries of one head.
struct Queries<'a> {
    q: Matrix<'a>,
    /// Index of the first.
    first: usize,
    causal: bool,
}

impl Queries<'_> {
    /// One block of keys after another, with an online softmax; rows of `out` are `heads · d` elements from one another, of `lse` `heads`.
    fn forward(
        &self,
        [keys_t, values]: [Panels<'_>; 2],
        keys: usize,
        [out, lse]: [&mut [f32]; 2],
        heads: usize,
    ) {
        let (rows, d) = (self.q.rows, self.q.columns);
        let (block, out_stride) = (keys_per_block(d), d.next_multiple_of(COLUMNS));
        with_scratch(rows * (d + padded_stride(block) + out_stride + 2), |scratch| {
            let (scaled, scratch) = scratch.split_at_mut(rows * d);
            let (scores, scratch) = scratch.split_at_mut(rows * padded_stride(block));
            let (acc, scratch) = scratch.split_at_mut(rows * out_stride);
            let (row_max, row_sum) = scratch.split_at_mut(rows);
            scale_queries(self.q, scaled);
            row_max.fill(f32::NEG_INFINITY);
            row_sum.fill(0.0);
            let last = if self.causal { (self.first + rows).min(keys) } else { keys };
            for start in (0..last).step_by(block) {
                let keys_range = start..(start + block).min(keys);
                let queries = Matrix::dense(scaled, rows, d);
                keys_t.columns(keys_range.clone()).multiply(scores, padded_stride(block), false, queries);
                self.online_softmax(&keys_range, scores, [acc, row_max, row_sum]);
                let p = Matrix::rows(scores, rows, keys_range.len(), padded_stride(block));
                for (column, panel) in values.each(keys_range) {
                    panel.multiply(&mut acc[column..], out_stride, start > 0, p);
                }
            }
            for (i, acc) in acc.chunks_exact(out_stride).enumerate() {
                let out = &mut out[i * heads * d..][..d];
                out.iter_mut().zip(acc).for_each(|(out, sum)| *out = sum / row_sum[i]);
                lse[i * heads] = row_max[i] + row_sum[i].log2();
            }
        });
    }

    /// Replaces the scores of a block of keys by `2^(score − row_max)`, with the maximum over this block and those before;
    /// rescales `acc` and `row_sum` where the maximum has grown.
    fn online_softmax(
        &self,
        keys: &Range<usize>,
        scores: &mut [f32],
        [acc, row_max, row_sum]: [&mut [f32]; 3],
    ) {
        let (score_stride, out_stride) = (scores.len() / self.q.rows, acc.len() / self.q.rows);
        vectorized(
            #[inline(always)]
            || {
                let rows = scores.chunks_exact_mut(score_stride).zip(acc.chunks_exact_mut(out_stride));
                for (i, (row, acc)) in rows.enumerate() {
                    let (row, masked) =
                        row[..keys.len()].split_at_mut(visible_keys(self.causal, self.first + i, keys));
                    masked.fill(0.0);
                    let new_max = max(row).max(row_max[i]);
                    if new_max > row_max[i] {
                        let factor = exp2(row_max[i] - new_max);
                        row_sum[i] *= factor;
                        if keys.start > 0 {
                            acc.iter_mut().for_each(|sum| *sum *= factor);
                        }
                        row_max[i] = new_max;
                    }
                    row.iter_mut().for_each(|x| *x = exp2(*x - new_max));
                    row_sum[i] += sum(row, |x| x);
                }
            },
        );
    }
}

/// `s log₂e q`, `[rows, d]`.
fn scale_queries(q: Matrix<'_>, out: &mut [f32]) {
    let factor = scale(q.columns) * LOG2_E;
    for (i, out) in out.chunks_exact_mut(q.columns).enumerate() {
        out.iter_mut().zip(&q.data[i * q.row_stride..]).for_each(|(out, q)| *out = factor * q);
    }
}

/// A head's inputs, packed as the GEMMs of the backward pass read them.
struct Packed<'a> {
    /// Kᵀ and Vᵀ, `[d, tokens]`.
    keys_t: Panels<'a>,
    values_t: Panels<'a>,
    /// K, `[tokens, d]`.
    keys: Panels<'a>,
    /// Scaled queries, `[tokens, d]`.
    queries: &'a [f32],
    /// The scaled queries and dO, transposed, `[d, padded_stride(tokens)]`.
    queries_t: &'a [f32],
    grad_t: &'a [f32],
    /// `rowsum(dO ∘ O)`.
    delta: &'a [f32],
}

/// Gradients of one head: dQ `[tokens, out_stride]`, dKᵀ and dVᵀ `[d, padded_stride(tokens)]`. Transposed, dK and dV have dS and
/// P as the right factors of their GEMMs, which are then read where they were computed instead of being transposed.
struct Gradients<'a> {
    q: &'a mut [f32],
    k: &'a mut [f32],
    v: &'a mut [f32],
}

/// Gradients of q, k and v of one head, concatenated, `[tokens, 3·d]`.
pub(super) fn backward(head: &HeadBackward<'_>, out: &mut [f32]) {
    head.qkv_gradients(out);
}

impl HeadBackward<'_> {
    fn qkv_gradients(&self, out: &mut [f32]) {
        let (tokens, d) = (self.q.rows, self.q.columns);
        let out_stride = d.next_multiple_of(COLUMNS);
        let [keys_len, values_len] = [Panels::packed_len(d, tokens), Panels::packed_len(tokens, d)];
        // SAFETY: `Packed` below is made by packing Kᵀ, Vᵀ and K into the three parts, which fills them.
        let mut panels = unsafe { uninit(2 * keys_len + values_len) };
        let (keys_t, rest) = panels.split_at_mut(keys_len);
        let (values_t, keys) = rest.split_at_mut(keys_len);
        // SAFETY: `scale_queries` writes every row.
        let mut queries = unsafe { uninit(tokens * d) };
        scale_queries(self.q, &mut queries);
        let [queries_t, grad_t] = [transposed(Matrix::dense(&queries, tokens, d)), transposed(self.grad)];
        let packed = Packed {
            keys_t: Panels::pack(self.k.transposed(), keys_t),
            values_t: Panels::pack(self.v.transposed(), values_t),
            keys: Panels::pack(self.k, keys),
            queries: &queries,
            queries_t: &queries_t,
            grad_t: &grad_t,
            delta: &self.delta(),
        };
        // SAFETY: the first block of keys writes all of dQ, the first block of queries all columns of dKᵀ and dVᵀ that are read;
        // later blocks add to them.
        let [mut q, mut k, mut v] = unsafe {
            [
                uninit(tokens * out_stride),
                uninit(d * padded_stride(tokens)),
                uninit(d * padded_stride(tokens)),
            ]
        };
        let mut gradients = Gradients { q: &mut q, k: &mut k, v: &mut v };
        self.blocks(&packed, &mut gradients);
        let scale = scale(d);
        for (token, out) in out.chunks_exact_mut(3 * d).enumerate() {
            let (dq, rest) = out.split_at_mut(d);
            let (dk, dv) = rest.split_at_mut(d);
            dq.iter_mut().zip(&q[token * out_stride..]).for_each(|(out, sum)| *out = scale * sum);
            for i in 0..d {
                // dK needs the queries scaled by s, and `queries_t` has s log₂e.
                dk[i] = LN_2 * k[i * padded_stride(tokens) + token];
                dv[i] = v[i * padded_stride(tokens) + token];
            }
        }
    }

    /// `rowsum(dO ∘ O)`
    fn delta(&self) -> Vec<f32> {
        let row = |x: &Matrix<'_>, i: usize| i * x.row_stride..i * x.row_stride + x.columns;
        // SAFETY: the loop writes every row's.
        let mut delta = unsafe { uninit(self.q.rows) };
        vectorized(
            #[inline(always)]
            || {
                for (i, delta) in delta.iter_mut().enumerate() {
                    *delta = sum2(
                        &self.o.data[row(&self.o, i)],
                        &self.grad.data[row(&self.grad, i)],
                        |o, grad| o * grad,
                    );
                }
            },
        );
        delta
    }

    /// One block of keys after another, so that it stays in the cache for all queries.
    fn blocks(&self, packed: &Packed<'_>, gradients: &mut Gradients<'_>) {
        let (tokens, d) = (self.q.rows, self.q.columns);
        let block = keys_per_block(d) / 2 / PANEL * PANEL;
        with_scratch(2 * FLASH_QUERIES.end * padded_stride(block), |scratch| {
            let (p, ds) = scratch.split_at_mut(FLASH_QUERIES.end * padded_stride(block));
            for start in (0..tokens).step_by(block) {
                let keys = start..(start + block).min(tokens);
                for start in (0..tokens).step_by(FLASH_QUERIES.end) {
                    let rows = start..(start + FLASH_QUERIES.end).min(tokens);
                    self.block(packed, [&rows, &keys], [&mut *p, &mut *ds], gradients);
                }
            }
        });
    }

    /// What a block of queries (`rows`) and keys contributes to the gradients.
    fn block(
        &self,
        packed: &Packed<'_>,
        [rows, keys]: [&Range<usize>; 2],
        [p, ds]: [&mut [f32]; 2],
        gradients: &mut Gradients<'_>,
    ) {
        let (tokens, d) = (self.q.rows, self.q.columns);
        let (score_stride, out_stride) = (p.len() / FLASH_QUERIES.end, d.next_multiple_of(COLUMNS));
        let queries = Matrix::dense(packed.queries, tokens, d).row_range(rows);
        packed.keys_t.columns(keys.clone()).multiply(p, score_stride, false, queries);
        packed.values_t.columns(keys.clone()).multiply(ds, score_stride, false, self.grad.row_range(rows));
        self.softmax_backward(packed.delta, [rows, keys], [&mut *p, &mut *ds], score_stride);
        let scores = Matrix::rows(ds, rows.len(), keys.len(), score_stride);
        for (column, panel) in packed.keys.each(keys.clone()) {
            let out = &mut gradients.q[rows.start * out_stride + column..];
            panel.multiply(out, out_stride, keys.start > 0, scores);
        }
        for (left, scores, acc) in
            [(packed.queries_t, ds, &mut gradients.k), (packed.grad_t, p, &mut gradients.v)]
        {
            let left = Matrix::rows(&left[rows.start..], d, rows.len(), padded_stride(tokens));
            let columns = keys.len().next_multiple_of(COLUMNS);
            let scores = Panel { values: scores, depth: rows.len(), columns, row_stride: score_stride };
            scores.multiply(&mut acc[keys.start..], padded_stride(tokens), rows.start > 0, left);
        }
    }

    /// Replaces the scores by P, and dP by dS without the factor s.
    fn softmax_backward(
        &self,
        delta: &[f32],
        [rows, keys]: [&Range<usize>; 2],
        [p, dp]: [&mut [f32]; 2],
        score_stride: usize,
    ) {
        vectorized(
            #[inline(always)]
            || {
                let scores = p.chunks_exact_mut(score_stride).zip(dp.chunks_exact_mut(score_stride));
                for (i, (p, dp)) in rows.clone().zip(scores) {
                    let (lse, delta) = (self.stats[i * self.stats_stride], delta[i]);
                    let visible = visible_keys(self.causal, i, keys);
                    for (p, dp) in p[..visible].iter_mut().zip(&mut dp[..visible]) {
                        *p = exp2(*p - lse);
                        *dp = *p * (*dp - delta);
                    }
                    p[visible..keys.len()].fill(0.0);
                    dp[visible..keys.len()].fill(0.0);
                }
            },
        );
    }
}

/// A transposed copy of a matrix, with leading dimension [`padded_stride`].
fn transposed(matrix: Matrix<'_>) -> Vec<f32> {
    // SAFETY: the loop writes every row up to the padding, which nothing reads.
    let mut out = unsafe { uninit(matrix.columns * padded_stride(matrix.rows)) };
    for (j, out) in out.chunks_exact_mut(padded_stride(matrix.rows)).enumerate() {
        let column = matrix.data[j..].iter().step_by(matrix.row_stride);
        out[..matrix.rows].iter_mut().zip(column).for_each(|(out, value)| *out = *value);
    }
    out
}
