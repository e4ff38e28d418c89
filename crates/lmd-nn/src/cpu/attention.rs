//! Self- and cross-attention on rows as the linear layers leave them, `[batch, tokens, heads·d]`.
//!
//! Heads of 8 and 16 elements go to `small_head_attention`, others to `flash_attention`; neither stores the matrix of
//! probabilities. Where cross-attention maps are read, and in the backward pass of cross-attention, probabilities are
//! computed here, for some rows at a time.
//!
//! With `P = softmax(s Q Kᵀ)`, `O = P V` and the gradient dO: `dV = Pᵀ dO`, `dP = dO Vᵀ`,
//! `dS = s P ∘ (dP − rowsum(P ∘ dP))`, `dQ = dS K`, `dK = dSᵀ Q` (FlashAttention, arXiv:2205.14135, appendix B.2).
//!
//! Reference: `defined` in `layers/tests.rs`, the formula in Burn's operations; tests `attention_to_itself_is_its_definition` and
//! `attention_to_a_text_is_its_definition` there.
#![allow(unsafe_code)] // for outputs that are not cleared first

use std::fmt;
use std::ops::Range;
use std::sync::OnceLock;

use rayon::prelude::*;

use super::flash_attention;
use super::gemm::{Matrix, multiply};
use super::heads::{HeadBackward, Heads, UpstreamGrad, scale};
use super::op::{Array, ArrayOp};
use super::partition::PARTS;
use super::scratch::{uninit, with_scratch};
use super::simd::{softmax_numerators, sum2, vectorized};
use super::small_head_attention::{self as small, MAX_WIDTH};
use super::tuning::{ROWS_AT_ONCE, SCORES_AT_ONCE};
use crate::workers::get_or_compute;

/// `softmax(s q kᵀ)` of some rows.
fn probabilities(q: Matrix<'_>, k: Matrix<'_>, out: &mut [f32]) {
    multiply(out, k.rows, false, q, k.transposed());
    let scale = scale(q.columns);
    vectorized(
        #[inline(always)]
        || {
            for row in out.chunks_exact_mut(k.rows) {
                let inverse = 1.0 / softmax_numerators(row, scale);
                row.iter_mut().for_each(|x| *x *= inverse);
            }
        },
    );
}

/// dS in place of dP, given P.
fn softmax_backward(p: &[f32], dp: &mut [f32], columns: usize, width: usize) {
    let scale = scale(width);
    vectorized(
        #[inline(always)]
        || {
            for (p, dp) in p.chunks_exact(columns).zip(dp.chunks_exact_mut(columns)) {
                let delta = sum2(p, dp, |p, d| p * d);
                dp.iter_mut().zip(p).for_each(|(d, p)| *d = scale * p * (*d - delta));
            }
        },
    );
}

/// Rows of scores `[rows, columns]` that are computed at once: few enough for `tasks` tasks, as far as that leaves a GEMM.
fn rows_per_task([rows, columns]: [usize; 2], tasks: usize) -> usize {
    let share = rows.div_ceil(tasks).max(ROWS_AT_ONCE.start);
    (SCORES_AT_ONCE / columns.max(1)).clamp(ROWS_AT_ONCE.start, ROWS_AT_ONCE.end).min(share)
}

/// `softmax(s q kᵀ) v` of one image, all heads; returns the statistics of the softmax that the backward pass needs, those of
/// [`flash_attention::forward`] or [`small::forward`].
fn forward_image([q, k, v]: [Heads<'_>; 3], heads: usize, causal: bool, out: &mut [f32]) -> Vec<f32> {
    if !small::fits(q.width) || causal {
        // SAFETY: flash attention writes the lse of every row and head.
        let mut stats = unsafe { uninit(q.rows * heads) };
        flash_attention::forward([q, k, v], heads, causal, out, &mut stats);
        return stats;
    }
    let width = heads * q.width;
    // SAFETY: every task writes both statistics of its rows, for every head.
    let mut stats = unsafe { uninit(2 * q.rows * heads) };
    let rows_per_task = rows_per_task([q.rows, k.rows], 2 * PARTS);
    let tasks =
        out.par_chunks_mut(rows_per_task * width).zip(stats.par_chunks_mut(2 * rows_per_task * heads));
    tasks.enumerate().for_each(|(task, (out, stats))| {
        let rows = task * rows_per_task..task * rows_per_task + out.len() / width;
        with_scratch(small::scratch_size(k.rows), |scratch| {
            for head in 0..heads {
                let [keys, values] = [k.whole(head), v.whole(head)];
                let saved = [&mut out[head * q.width..], &mut stats[2 * head..]];
                small::forward(q.head(head, rows.clone()), [keys, values], saved, heads, scratch);
            }
        });
    });
    stats
}

/// Self-attention of `[batch, tokens, 3·heads·d]`: queries, keys and values concatenated.
#[derive(Debug)]
pub(crate) struct SelfAttention {
    heads: usize,
    /// Each token attends to itself and those before it.
    causal: bool,
    /// Whether a backward pass follows, for which the forward pass saves its output and statistics.
    requires_grad: bool,
    saved: OnceLock<Saved>,
}

/// What the forward pass saves for the backward pass: its output, and each image's statistics of the softmax.
struct Saved {
    output: Vec<f32>,
    stats: Vec<Vec<f32>>,
}

impl fmt::Debug for Saved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Saved({} elements)", self.output.len())
    }
}

impl SelfAttention {
    pub(crate) fn new(heads: usize, causal: bool, requires_grad: bool) -> Self {
        Self { heads, causal, requires_grad, saved: OnceLock::new() }
    }

    /// Queries, keys and values of one image.
    fn qkv<'a>(&self, x: &'a [f32], rows: usize, width: usize) -> [Heads<'a>; 3] {
        let d = width / 3 / self.heads;
        [0, 1, 2].map(|part| Heads {
            values: &x[part * width / 3..],
            rows,
            row_stride: width,
            head_stride: d,
            width: d,
        })
    }

    /// The forward pass.
    fn run_forward(&self, x: Array<'_>) -> Saved {
        let (tokens, width) = (x.shape[1], x.shape[2]);
        // SAFETY: attention of each image writes all of its output.
        let mut output = unsafe { uninit(x.values.len() / 3) };
        let images = output.par_chunks_mut(tokens * width / 3).zip(x.values.par_chunks(tokens * width));
        let stats_of_image = |(out, x): (&mut [f32], _)| {
            forward_image(self.qkv(x, tokens, width), self.heads, self.causal, out)
        };
        let stats = images.map(stats_of_image).collect();
        Saved { output, stats }
    }

    /// Gradients of q, k and v of one head, concatenated, `[tokens, 3·d]`.
    fn backward_head(
        &self,
        qkv: [Heads<'_>; 3],
        grad: Heads<'_>,
        (o, stats): (Heads<'_>, &[f32]),
        head: usize,
    ) -> Vec<f32> {
        // SAFETY: both kernels write the three gradients of every token.
        let mut out = unsafe { uninit(grad.rows * 3 * grad.width) };
        let [q, k, v] = qkv.map(|part| part.whole(head));
        let (o, grad, causal) = (o.whole(head), grad.whole(head), self.causal);
        let is_small = small::fits(grad.columns) && !causal;
        let stats_per_row = if is_small { 2 } else { 1 };
        let (stats, stats_stride) = (&stats[stats_per_row * head..], stats_per_row * self.heads);
        let inputs = HeadBackward { q, k, v, o, grad, stats, stats_stride, causal };
        if is_small {
            backward_small(inputs, &mut out);
        } else {
            flash_attention::backward(&inputs, &mut out);
        }
        out
    }
}

/// Gradients of q, k and v of one small head, concatenated.
fn backward_small(head: HeadBackward<'_>, out: &mut [f32]) {
    let (tokens, d) = (head.grad.rows, head.grad.columns);
    // SAFETY: the kernel writes the first `d` columns of every row, the only ones that are read.
    let mut gradients = unsafe { uninit(2 * tokens * MAX_WIDTH) };
    let (dk, dv) = gradients.split_at_mut(tokens * MAX_WIDTH);
    with_scratch(small::scratch_size(tokens), |scratch| {
        small::backward_qkv(head, out, 3 * d, [&mut *dk, &mut *dv], scratch);
    });
    let rows = dk.chunks_exact(MAX_WIDTH).zip(dv.chunks_exact(MAX_WIDTH));
    for (out, (dk, dv)) in out.chunks_exact_mut(3 * d).zip(rows) {
        out[d..2 * d].copy_from_slice(&dk[..d]);
        out[2 * d..].copy_from_slice(&dv[..d]);
    }
}

impl ArrayOp for SelfAttention {
    fn output_shape(&self, input: &[usize]) -> Vec<usize> {
        let last = input.len() - 1;
        [&input[..last], &[input[last] / 3]].concat()
    }

    fn forward(&self, x: Array<'_>) -> Vec<f32> {
        let saved = self.run_forward(x);
        if !self.requires_grad {
            return saved.output;
        }
        get_or_compute(&self.saved, || saved).output.clone()
    }

    fn backward(&self, x: Array<'_>, grad: &[f32]) -> Vec<f32> {
        let (tokens, width) = (x.shape[1], x.shape[2]);
        let d = width / 3 / self.heads;
        // SAFETY: the gradients of every head of every image are copied into it below.
        let mut dx = unsafe { uninit(x.values.len()) };
        let saved = get_or_compute(&self.saved, || self.run_forward(x));
        let image = tokens * width / 3;
        let heads_of =
            |values| Heads { values, rows: tokens, row_stride: width / 3, head_stride: d, width: d };
        let images = x.values.chunks(3 * image).zip(grad.chunks(image));
        for (i, ((x, grad), dx)) in images.zip(dx.chunks_mut(3 * image)).enumerate() {
            let (qkv, grad) = (self.qkv(x, tokens, width), heads_of(grad));
            let saved = (heads_of(&saved.output[i * image..]), saved.stats[i].as_slice());
            let of_head = |head| self.backward_head(qkv, grad, saved, head);
            let heads: Vec<Vec<f32>> = (0..self.heads).into_par_iter().map(of_head).collect();
            dx.par_chunks_mut(width).enumerate().for_each(|(token, dx)| {
                for (i, dx) in dx.chunks_exact_mut(d).enumerate() {
                    let (part, head) = (i / self.heads, i % self.heads);
                    let start = (3 * token + part) * d;
                    dx.copy_from_slice(&heads[head][start..start + d]);
                }
            });
        }
        dx
    }
}

/// Keys or values of some prompts, `[batch, heads, tokens, d]`; one prompt serves every image.
pub(crate) struct TextHeads {
    pub(crate) values: Vec<f32>,
    pub(crate) shape: [usize; 4],
}

impl fmt::Debug for TextHeads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TextHeads({:?})", self.shape)
    }
}

impl TextHeads {
    fn of(&self, image: usize) -> Heads<'_> {
        let [batch, heads, rows, width] = self.shape;
        let start = image % batch * heads * rows * width;
        Heads { values: &self.values[start..], rows, row_stride: width, head_stride: rows * width, width }
    }
}

/// Queries `[pixels, heads·d]` of one image.
fn queries(x: &[f32], [_, heads, _, d]: [usize; 4]) -> Heads<'_> {
    Heads { values: x, rows: x.len() / (heads * d), row_stride: heads * d, head_stride: d, width: d }
}

/// Cross-attention of queries `[batch, pixels, heads·d]` to a text.
#[derive(Debug)]
pub(crate) struct CrossAttention {
    pub(crate) keys: TextHeads,
    pub(crate) values: TextHeads,
}

impl ArrayOp for CrossAttention {
    fn output_shape(&self, input: &[usize]) -> Vec<usize> {
        input.to_vec()
    }

    fn forward(&self, x: Array<'_>) -> Vec<f32> {
        let image = x.shape[1] * x.shape[2];
        // SAFETY: attention of each image writes all of its output.
        let mut out = unsafe { uninit(x.values.len()) };
        out.par_chunks_mut(image).zip(x.values.par_chunks(image)).enumerate().for_each(|(i, (out, x))| {
            let heads = self.keys.shape[1];
            let qkv = [queries(x, self.keys.shape), self.keys.of(i), self.values.of(i)];
            forward_image(qkv, heads, false, out);
        });
        out
    }

    fn backward(&self, x: Array<'_>, grad: &[f32]) -> Vec<f32> {
        let image = x.shape[1] * x.shape[2];
        backward_queries(x, &self.keys, |i, head, rows| {
            let grad = queries(&grad[i * image..(i + 1) * image], self.keys.shape).head(head, rows);
            UpstreamGrad::Output { grad, v: self.values.of(i).whole(head) }
        })
    }
}

/// The attention maps of some text tokens in [`CrossAttention`], `[batch, pixels, heads·d]` → `[batch, heads, pixels, columns]`.
///
/// Guidance reads the columns of a few tokens; the others are not stored.
#[derive(Debug)]
pub(crate) struct CrossProbabilities {
    pub(crate) keys: TextHeads,
    pub(crate) columns: Vec<usize>,
}

impl CrossProbabilities {
    /// The columns of some rows of one head.
    fn of_rows(&self, q: Matrix<'_>, k: Matrix<'_>, out: &mut [f32]) {
        if small::fits(q.columns) {
            return with_scratch(small::scratch_size(k.rows), |scratch| {
                small::columns(q, k, &self.columns, out, scratch);
            });
        }
        with_scratch(q.rows * k.rows, |p| {
            probabilities(q, k, p);
            for (out, p) in out.chunks_exact_mut(self.columns.len()).zip(p.chunks_exact(k.rows)) {
                out.iter_mut().zip(&self.columns).for_each(|(out, column)| *out = p[*column]);
            }
        });
    }
}

impl ArrayOp for CrossProbabilities {
    fn output_shape(&self, input: &[usize]) -> Vec<usize> {
        vec![input[0], self.keys.shape[1], input[1], self.columns.len()]
    }

    fn forward(&self, x: Array<'_>) -> Vec<f32> {
        let [_, heads, tokens, _] = self.keys.shape;
        let (pixels, image) = (x.shape[1], x.shape[1] * x.shape[2]);
        let columns = self.columns.len();
        if columns == 0 {
            return Vec::new();
        }
        // SAFETY: every row of every head is written, all columns of it.
        let mut out = unsafe { uninit(x.shape[0] * heads * pixels * columns) };
        let rows_per_task = rows_per_task([pixels, tokens], 1);
        out.par_chunks_mut(pixels * columns).enumerate().for_each(|(i, out)| {
            let (i, head) = (i / heads, i % heads);
            let q = queries(&x.values[i * image..(i + 1) * image], self.keys.shape);
            for (task, out) in out.chunks_mut(rows_per_task * columns).enumerate() {
                let rows = task * rows_per_task..task * rows_per_task + out.len() / columns;
                self.of_rows(q.head(head, rows), self.keys.of(i).whole(head), out);
            }
        });
        out
    }

    fn backward(&self, x: Array<'_>, grad: &[f32]) -> Vec<f32> {
        let (heads, pixels, columns) = (self.keys.shape[1], x.shape[1], self.columns.len());
        if columns == 0 {
            return vec![0.0; x.values.len()];
        }
        backward_queries(x, &self.keys, |i, head, rows| {
            let start = (i * heads + head) * pixels + rows.start;
            UpstreamGrad::Probabilities(&self.columns, &grad[start * columns..][..rows.len() * columns])
        })
    }
}

/// Gradient of the queries `[batch, pixels, heads·d]` of cross-attention; `upstream(image, head, rows)` is the gradient of those
/// rows' probabilities.
fn backward_queries<'a>(
    x: Array<'_>,
    keys: &TextHeads,
    upstream: impl Fn(usize, usize, Range<usize>) -> UpstreamGrad<'a> + Sync,
) -> Vec<f32> {
    let image = x.shape[1] * x.shape[2];
    let [_, heads, tokens, d] = keys.shape;
    // SAFETY: every task writes dq of its rows for every head.
    let mut dx = unsafe { uninit(x.values.len()) };
    let rows_per_task = rows_per_task([x.shape[1], tokens], 2 * PARTS);
    dx.par_chunks_mut(image).enumerate().for_each(|(i, dx)| {
        let q = queries(&x.values[i * image..(i + 1) * image], keys.shape);
        dx.par_chunks_mut(rows_per_task * heads * d).enumerate().for_each(|(task, dx)| {
            let rows = task * rows_per_task..task * rows_per_task + dx.len() / (heads * d);
            for head in 0..heads {
                let (q, k) = (q.head(head, rows.clone()), keys.of(i).whole(head));
                backward_head([q, k], upstream(i, head, rows.clone()), &mut dx[head * d..], heads * d);
            }
        });
    });
    dx
}

/// dQ of some rows of one head, with leading dimension `row_stride`.
fn backward_head([q, k]: [Matrix<'_>; 2], upstream: UpstreamGrad<'_>, dq: &mut [f32], row_stride: usize) {
    if small::fits(q.columns) {
        return with_scratch(small::scratch_size(k.rows), |scratch| {
            small::backward_queries([q, k], upstream, dq, row_stride, scratch);
        });
    }
    with_scratch(2 * q.rows * k.rows, |scratch| {
        let (p, dp) = scratch.split_at_mut(q.rows * k.rows);
        probabilities(q, k, p);
        upstream.write(dp, k.rows);
        softmax_backward(p, dp, k.rows, q.columns);
        multiply(dq, row_stride, false, Matrix::dense(dp, q.rows, k.rows), k);
    });
}
