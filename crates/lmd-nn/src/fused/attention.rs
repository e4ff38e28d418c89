//! Attention on rows as the linear maps leave them, `[batch, places, heads·d]`; probabilities are formed
//! for some rows at a time and formed anew on the way back (FlashAttention, arXiv:2205.14135).
//!
//! With `P = softmax(s q kᵀ)`, `o = P v` and the gradient g of o: `dv = Pᵀ g`,
//! `dP = g vᵀ`, `dS = s P ∘ (dP − rowsum(P ∘ dP))`, `dq = dS k`, `dk = dSᵀ q`.

use std::fmt;
use std::ops::Range;

use rayon::prelude::*;

use super::PARTS;
use super::gemm::{Matrix, multiply};
use super::narrow::{self, WIDEST};
use super::op::{Array, ArrayOp};
use super::scratch::{unfilled, with_scratch};
use super::simd::{exponentials, sum2, vectorized};
use super::wide;

/// Rows of a task: enough for a product, and few enough to share among cores.
const LIMITS: Limits = (1 << 19, 32..256);

/// The heads of one picture: rows of numbers in which each head has its own columns.
#[derive(Clone, Copy)]
pub(super) struct Heads<'a> {
    values: &'a [f32],
    pub(super) rows: usize,
    apart: usize,
    /// From one head to the next.
    step: usize,
    pub(super) width: usize,
}

impl<'a> Heads<'a> {
    pub(super) fn head(&self, head: usize, rows: Range<usize>) -> Matrix<'a> {
        let start = head * self.step + rows.start * self.apart;
        Matrix::rows(&self.values[start..], rows.len(), self.width, self.apart)
    }

    pub(super) fn whole(&self, head: usize) -> Matrix<'a> {
        self.head(head, 0..self.rows)
    }
}

/// `1 / √width`, the factor of the scores.
pub(super) fn scale(width: usize) -> f32 {
    #[allow(clippy::cast_precision_loss)]
    let width = width as f32;
    1.0 / width.sqrt()
}

/// `exp(s q kᵀ − its row's largest)` of some rows and the inverse of each row's sum; with `causal`,
/// the first row's number, each sees the columns up to its own.
fn exponentials_of(
    q: Matrix<'_>,
    k: Matrix<'_>,
    causal: Option<usize>,
    out: &mut [f32],
    inverse: &mut [f32],
) {
    multiply(out, k.rows, false, q, k.transposed());
    exponentials_of_rows(out, [k.rows, k.rows], causal, scale(q.columns), inverse);
}

/// The same of scores `q kᵀ` in place; rows of so many columns begin `apart` numbers after one another.
pub(super) fn exponentials_of_rows(
    scores: &mut [f32],
    [columns, apart]: [usize; 2],
    causal: Option<usize>,
    scale: f32,
    inverse: &mut [f32],
) {
    vectorized(
        #[inline(always)]
        || {
            for ((i, row), inverse) in scores.chunks_exact_mut(apart).enumerate().zip(inverse) {
                let seen = causal.map_or(columns, |first| (first + i + 1).min(columns));
                let (seen, hidden) = row[..columns].split_at_mut(seen);
                *inverse = 1.0 / exponentials(seen, scale);
                hidden.fill(0.0);
            }
        },
    );
}

/// Rows times their numbers.
#[inline(always)]
pub(super) fn scale_rows<'a>(rows: impl Iterator<Item = &'a mut [f32]>, factors: &[f32]) {
    for (row, factor) in rows.zip(factors) {
        row.iter_mut().for_each(|x| *x *= factor);
    }
}

/// `softmax(s q kᵀ)` of some rows.
fn probabilities(q: Matrix<'_>, k: Matrix<'_>, causal: Option<usize>, out: &mut [f32]) {
    let mut inverse = vec![0.0; q.rows];
    exponentials_of(q, k, causal, out, &mut inverse);
    vectorized(
        #[inline(always)]
        || scale_rows(out.chunks_exact_mut(k.rows), &inverse),
    );
}

/// dS in place of dP, given P; rows of so many columns begin `apart` numbers after one another.
pub(super) fn through_softmax(p: &[f32], dp: &mut [f32], [columns, apart]: [usize; 2], width: usize) {
    let scale = scale(width);
    vectorized(
        #[inline(always)]
        || {
            for (p, dp) in p.chunks_exact(apart).zip(dp.chunks_exact_mut(apart)) {
                let (p, dp) = (&p[..columns], &mut dp[..columns]);
                let mean = sum2(p, dp, |p, d| p * d);
                dp.iter_mut().zip(p).for_each(|(d, p)| *d = scale * p * (*d - mean));
            }
        },
    );
}

/// How many scores are formed at once, and how many rows a task may have.
pub(super) type Limits = (usize, Range<usize>);

/// Rows whose scores are formed at once, for so many columns: few enough that there are `tasks` tasks, where that leaves a
/// product.
pub(super) fn rows_at_once([rows, columns]: [usize; 2], (scores, limits): Limits, tasks: usize) -> usize {
    let share = rows.div_ceil(tasks).max(limits.start);
    (scores / columns.max(1)).clamp(limits.start, limits.end).min(share)
}

/// `softmax(s q kᵀ) v` of one picture, all heads.
fn attend(q: Heads<'_>, k: Heads<'_>, v: Heads<'_>, heads: usize, causal: bool, out: &mut [f32]) {
    if wide::fits(k.rows) && !narrow::fits(q.width) && !causal {
        return wide::attend(q, k, v, heads, out);
    }
    let width = heads * q.width;
    let at_once = rows_at_once([q.rows, k.rows], LIMITS, 2 * PARTS);
    out.par_chunks_mut(at_once * width).enumerate().for_each(|(task, out)| {
        let start = task * at_once;
        let rows = start..start + out.len() / width;
        if narrow::fits(q.width) && !causal {
            return with_scratch(narrow::scratch_size(k.rows), |scratch| {
                for head in 0..heads {
                    let [keys, values] = [k.whole(head), v.whole(head)];
                    let out = &mut out[head * q.width..];
                    narrow::attend(q.head(head, rows.clone()), [keys, values], out, width, scratch);
                }
            });
        }
        with_scratch(rows.len() * (k.rows + 1), |scratch| {
            let (p, inverse) = scratch.split_at_mut(rows.len() * k.rows);
            for head in 0..heads {
                let queries = q.head(head, rows.clone());
                exponentials_of(queries, k.whole(head), causal.then_some(start), p, inverse);
                let p = Matrix::dense(p, rows.len(), k.rows);
                let first = head * q.width;
                multiply(&mut out[first..], width, false, p, v.whole(head));
                // Each row's sum divides the few results instead of the many exponentials.
                let results = out.chunks_exact_mut(width).map(|row| &mut row[first..first + q.width]);
                scale_rows(results, inverse);
            }
        });
    });
}

/// Attention of a sequence to itself, of `[batch, places, 3·heads·d]`: queries, keys and values side by side.
#[derive(Debug)]
pub(crate) struct SelfAttention {
    pub(crate) heads: usize,
    /// Each place sees itself and those before it.
    pub(crate) causal: bool,
}

impl SelfAttention {
    /// Queries, keys and values of one picture.
    fn parts<'a>(&self, x: &'a [f32], rows: usize, width: usize) -> [Heads<'a>; 3] {
        let d = width / 3 / self.heads;
        [0, 1, 2].map(|part| Heads { values: &x[part * width / 3..], rows, apart: width, step: d, width: d })
    }

    /// Gradients of q, k and v of one head, side by side, `[places, 3·d]`.
    fn backward_head(&self, parts: [Heads<'_>; 3], grad: Heads<'_>, head: usize) -> Vec<f32> {
        let (places, d) = (grad.rows, grad.width);
        let mut out = unfilled(places * 3 * d);
        if narrow::fits(d) && !self.causal {
            backward_narrow(parts, grad, head, &mut out);
            return out;
        }
        if wide::fits(places) && !self.causal {
            let [q, k, v] = parts;
            wide::backward([q, k, v, grad], head, &mut out);
            return out;
        }
        let at_once = rows_at_once([places; 2], LIMITS, 1);
        with_scratch(2 * at_once * places, |scratch| {
            let (p, dp) = scratch.split_at_mut(at_once * places);
            for start in (0..places).step_by(at_once) {
                let rows = start..(start + at_once).min(places);
                let [p, dp] = [&mut *p, &mut *dp].map(|scores| &mut scores[..rows.len() * places]);
                self.backward_rows(parts, grad, (head, rows), [p, dp], &mut out);
            }
        });
        out
    }

    /// The share of some rows in these gradients.
    fn backward_rows(
        &self,
        [q, k, v]: [Heads<'_>; 3],
        grad: Heads<'_>,
        (head, rows): (usize, Range<usize>),
        [p, dp]: [&mut [f32]; 2],
        out: &mut [f32],
    ) {
        let (places, d, apart, add) = (q.rows, q.width, 3 * q.width, rows.start > 0);
        let (q, g) = (q.head(head, rows.clone()), grad.head(head, rows.clone()));
        probabilities(q, k.whole(head), self.causal.then_some(rows.start), p);
        multiply(dp, places, false, g, v.whole(head).transposed());
        multiply(&mut out[2 * d..], apart, add, Matrix::dense(p, rows.len(), places).transposed(), g);
        through_softmax(p, dp, [places, places], d);
        let ds = Matrix::dense(dp, rows.len(), places);
        multiply(&mut out[rows.start * apart..], apart, false, ds, k.whole(head));
        multiply(&mut out[d..], apart, add, ds.transposed(), q);
    }
}

/// Gradients of q, k and v of one narrow head, side by side.
fn backward_narrow([q, k, v]: [Heads<'_>; 3], grad: Heads<'_>, head: usize, out: &mut [f32]) {
    let (places, d) = (grad.rows, grad.width);
    let mut gradients = unfilled(2 * places * WIDEST);
    let (dk, dv) = gradients.split_at_mut(places * WIDEST);
    let above = Above::Weighed { g: grad.whole(head), v: v.whole(head) };
    with_scratch(narrow::scratch_size(places), |scratch| {
        let of_keys = Some([&mut *dk, &mut *dv]);
        narrow::backward([q.whole(head), k.whole(head)], above, out, 3 * d, of_keys, scratch);
    });
    let rows = dk.chunks_exact(WIDEST).zip(dv.chunks_exact(WIDEST));
    for (out, (dk, dv)) in out.chunks_exact_mut(3 * d).zip(rows) {
        out[d..2 * d].copy_from_slice(&dk[..d]);
        out[2 * d..].copy_from_slice(&dv[..d]);
    }
}

impl ArrayOp for SelfAttention {
    fn output_shape(&self, input: &[usize]) -> Vec<usize> {
        let (last, first) = input.split_last().unwrap_or((&0, &[]));
        [first, &[last / 3]].concat()
    }

    fn forward(&self, x: Array<'_>, addend: Option<&[f32]>) -> Vec<f32> {
        let (places, width) = (x.shape[1], x.shape[2]);
        let mut out = unfilled(x.values.len() / 3);
        let pictures = out.par_chunks_mut(places * width / 3).zip(x.values.par_chunks(places * width));
        pictures.for_each(|(out, x)| {
            let [q, k, v] = self.parts(x, places, width);
            attend(q, k, v, self.heads, self.causal, out);
        });
        plus(out, addend)
    }

    fn backward(&self, x: Array<'_>, grad: &[f32]) -> Vec<f32> {
        let (places, width) = (x.shape[1], x.shape[2]);
        let d = width / 3 / self.heads;
        let mut dx = unfilled(x.values.len());
        let pictures = x.values.chunks(places * width).zip(grad.chunks(places * width / 3));
        for ((x, grad), dx) in pictures.zip(dx.chunks_mut(places * width)) {
            let grad = Heads { values: grad, rows: places, apart: width / 3, step: d, width: d };
            let parts = self.parts(x, places, width);
            let of_head = |head| self.backward_head(parts, grad, head);
            let heads: Vec<Vec<f32>> = (0..self.heads).into_par_iter().map(of_head).collect();
            dx.par_chunks_mut(width).enumerate().for_each(|(place, dx)| {
                for (i, dx) in dx.chunks_exact_mut(d).enumerate() {
                    let (part, head) = (i / self.heads, i % self.heads);
                    let start = (3 * place + part) * d;
                    dx.copy_from_slice(&heads[head][start..start + d]);
                }
            });
        }
        dx
    }
}

/// Keys or values of some prompts, `[batch, heads, tokens, d]`; one prompt serves every picture.
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
    fn of(&self, picture: usize) -> Heads<'_> {
        let [batch, heads, rows, width] = self.shape;
        let start = picture % batch * heads * rows * width;
        Heads { values: &self.values[start..], rows, apart: width, step: rows * width, width }
    }
}

/// Queries `[places, heads·d]` of one picture.
fn queries(x: &[f32], [_, heads, _, d]: [usize; 4]) -> Heads<'_> {
    Heads { values: x, rows: x.len() / (heads * d), apart: heads * d, step: d, width: d }
}

/// Attention of queries `[batch, places, heads·d]` to a text.
#[derive(Debug)]
pub(crate) struct CrossAttention {
    pub(crate) keys: TextHeads,
    pub(crate) values: TextHeads,
}

impl ArrayOp for CrossAttention {
    fn output_shape(&self, input: &[usize]) -> Vec<usize> {
        input.to_vec()
    }

    fn forward(&self, x: Array<'_>, addend: Option<&[f32]>) -> Vec<f32> {
        let picture = x.shape[1] * x.shape[2];
        let mut out = unfilled(x.values.len());
        out.par_chunks_mut(picture).zip(x.values.par_chunks(picture)).enumerate().for_each(
            |(i, (out, x))| {
                let heads = self.keys.shape[1];
                attend(queries(x, self.keys.shape), self.keys.of(i), self.values.of(i), heads, false, out);
            },
        );
        plus(out, addend)
    }

    fn backward(&self, x: Array<'_>, grad: &[f32]) -> Vec<f32> {
        let picture = x.shape[1] * x.shape[2];
        backward_queries(x, &self.keys, |i, head, rows| {
            let g = queries(&grad[i * picture..(i + 1) * picture], self.keys.shape).head(head, rows);
            Above::Weighed { g, v: self.values.of(i).whole(head) }
        })
    }
}

/// Some columns of the probabilities of [`CrossAttention`], `[batch, places, heads·d]` → `[batch, heads, places, columns]`.
///
/// The others would be written, copied and added to for nothing.
#[derive(Debug)]
pub(crate) struct CrossProbabilities {
    pub(crate) keys: TextHeads,
    pub(crate) columns: Vec<usize>,
}

impl CrossProbabilities {
    /// The columns of some rows of one head.
    fn of_rows(&self, q: Matrix<'_>, k: Matrix<'_>, out: &mut [f32]) {
        if narrow::fits(q.columns) {
            return with_scratch(narrow::scratch_size(k.rows), |scratch| {
                narrow::columns(q, k, &self.columns, out, scratch);
            });
        }
        with_scratch(q.rows * k.rows, |p| {
            probabilities(q, k, None, p);
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

    fn forward(&self, x: Array<'_>, addend: Option<&[f32]>) -> Vec<f32> {
        let [_, heads, tokens, _] = self.keys.shape;
        let (places, picture) = (x.shape[1], x.shape[1] * x.shape[2]);
        let columns = self.columns.len();
        if columns == 0 {
            return Vec::new();
        }
        let mut out = unfilled(x.shape[0] * heads * places * columns);
        let at_once = rows_at_once([places, tokens], LIMITS, 1);
        out.par_chunks_mut(places * columns).enumerate().for_each(|(i, out)| {
            let (i, head) = (i / heads, i % heads);
            let q = queries(&x.values[i * picture..(i + 1) * picture], self.keys.shape);
            for (task, out) in out.chunks_mut(at_once * columns).enumerate() {
                let rows = task * at_once..task * at_once + out.len() / columns;
                self.of_rows(q.head(head, rows), self.keys.of(i).whole(head), out);
            }
        });
        plus(out, addend)
    }

    fn backward(&self, x: Array<'_>, grad: &[f32]) -> Vec<f32> {
        let (heads, places, columns) = (self.keys.shape[1], x.shape[1], self.columns.len());
        if columns == 0 {
            return vec![0.0; x.values.len()];
        }
        backward_queries(x, &self.keys, |i, head, rows| {
            let start = (i * heads + head) * places + rows.start;
            Above::Columns(&self.columns, &grad[start * columns..][..rows.len() * columns])
        })
    }
}

/// Where the gradient dP of some rows of probabilities comes from.
#[derive(Clone, Copy)]
pub(super) enum Above<'a> {
    /// Values `v` were weighed, and `g` is the gradient of that.
    Weighed { g: Matrix<'a>, v: Matrix<'a> },
    /// It is given for some columns, at least one, `[queries, columns]`, and nothing for the others.
    Columns(&'a [usize], &'a [f32]),
}

impl Above<'_> {
    /// dP, `[queries, keys]`.
    fn write(&self, dp: &mut [f32], keys: usize) {
        match *self {
            Self::Weighed { g, v } => multiply(dp, keys, false, g, v.transposed()),
            Self::Columns(columns, grad) => {
                dp.fill(0.0);
                for (dp, grad) in dp.chunks_exact_mut(keys).zip(grad.chunks_exact(columns.len())) {
                    columns.iter().zip(grad).for_each(|(column, grad)| dp[*column] += grad);
                }
            }
        }
    }
}

/// Gradients of queries `[batch, places, heads·d]` to a text, given what is above the probabilities of a picture's head in
/// some rows.
fn backward_queries<'a>(
    x: Array<'_>,
    keys: &TextHeads,
    above: impl Fn(usize, usize, Range<usize>) -> Above<'a> + Sync,
) -> Vec<f32> {
    let picture = x.shape[1] * x.shape[2];
    let [_, heads, tokens, d] = keys.shape;
    let mut dx = unfilled(x.values.len());
    let at_once = rows_at_once([x.shape[1], tokens], LIMITS, 2 * PARTS);
    dx.par_chunks_mut(picture).enumerate().for_each(|(i, dx)| {
        let q = queries(&x.values[i * picture..(i + 1) * picture], keys.shape);
        dx.par_chunks_mut(at_once * heads * d).enumerate().for_each(|(task, dx)| {
            let rows = task * at_once..task * at_once + dx.len() / (heads * d);
            for head in 0..heads {
                let (q, k) = (q.head(head, rows.clone()), keys.of(i).whole(head));
                backward_head([q, k], above(i, head, rows.clone()), &mut dx[head * d..], heads * d);
            }
        });
    });
    dx
}

/// dq of some rows of one head, row i at `dq[i · apart ..]`.
fn backward_head([q, k]: [Matrix<'_>; 2], above: Above<'_>, dq: &mut [f32], apart: usize) {
    if narrow::fits(q.columns) {
        return with_scratch(narrow::scratch_size(k.rows), |scratch| {
            narrow::backward([q, k], above, dq, apart, None, scratch);
        });
    }
    with_scratch(2 * q.rows * k.rows, |scratch| {
        let (p, dp) = scratch.split_at_mut(q.rows * k.rows);
        probabilities(q, k, None, p);
        above.write(dp, k.rows);
        through_softmax(p, dp, [k.rows; 2], q.columns);
        multiply(dq, apart, false, Matrix::dense(dp, q.rows, k.rows), k);
    });
}

fn plus(mut out: Vec<f32>, addend: Option<&[f32]>) -> Vec<f32> {
    if let Some(addend) = addend {
        out.iter_mut().zip(addend).for_each(|(out, more)| *out += more);
    }
    out
}
