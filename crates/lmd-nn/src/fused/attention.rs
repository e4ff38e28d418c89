//! Attention on rows as the linear maps leave them, `[batch, places, heads·d]`: narrow heads in `narrow`, others in `wide`,
//! neither of which ever holds all probabilities; those of a text's maps, and on the way back to a text, are formed here, for
//! some rows at a time.
//!
//! With `P = softmax(s q kᵀ)`, `o = P v` and the gradient g of o: `dv = Pᵀ g`,
//! `dP = g vᵀ`, `dS = s P ∘ (dP − rowsum(P ∘ dP))`, `dq = dS k`, `dk = dSᵀ q`.

use std::fmt;
use std::ops::Range;
use std::sync::OnceLock;

use rayon::prelude::*;

use super::PARTS;
use super::gemm::{Matrix, multiply};
use super::narrow::{self, WIDEST};
use super::op::{Array, ArrayOp};
use super::scratch::{unfilled, with_scratch};
use super::simd::{exponentials, sum2, vectorized};
use super::wide;
use crate::workers::get_or_compute;

/// Scores formed at once, and rows of a task: enough for a product, and few enough to share among cores.
const SCORES: usize = 1 << 19;
const ROWS: Range<usize> = 32..256;

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

/// `softmax(s q kᵀ)` of some rows.
fn probabilities(q: Matrix<'_>, k: Matrix<'_>, out: &mut [f32]) {
    multiply(out, k.rows, false, q, k.transposed());
    let scale = scale(q.columns);
    vectorized(
        #[inline(always)]
        || {
            for row in out.chunks_exact_mut(k.rows) {
                let inverse = 1.0 / exponentials(row, scale);
                row.iter_mut().for_each(|x| *x *= inverse);
            }
        },
    );
}

/// dS in place of dP, given P.
fn through_softmax(p: &[f32], dp: &mut [f32], columns: usize, width: usize) {
    let scale = scale(width);
    vectorized(
        #[inline(always)]
        || {
            for (p, dp) in p.chunks_exact(columns).zip(dp.chunks_exact_mut(columns)) {
                let mean = sum2(p, dp, |p, d| p * d);
                dp.iter_mut().zip(p).for_each(|(d, p)| *d = scale * p * (*d - mean));
            }
        },
    );
}

/// Rows whose scores are formed at once, for so many columns: few enough that there are `tasks` tasks, where that leaves a
/// product.
fn rows_at_once([rows, columns]: [usize; 2], tasks: usize) -> usize {
    let share = rows.div_ceil(tasks).max(ROWS.start);
    (SCORES / columns.max(1)).clamp(ROWS.start, ROWS.end).min(share)
}

/// `softmax(s q kᵀ) v` of one picture, all heads; returns what [`wide::attend`] or [`narrow::attend`] leaves for the way back.
fn attend([q, k, v]: [Heads<'_>; 3], heads: usize, causal: bool, out: &mut [f32]) -> Vec<f32> {
    if !narrow::fits(q.width) || causal {
        let mut logs = unfilled(q.rows * heads);
        wide::attend([q, k, v], heads, causal, out, &mut logs);
        return logs;
    }
    let width = heads * q.width;
    let mut logs = unfilled(2 * q.rows * heads);
    let at_once = rows_at_once([q.rows, k.rows], 2 * PARTS);
    let tasks = out.par_chunks_mut(at_once * width).zip(logs.par_chunks_mut(2 * at_once * heads));
    tasks.enumerate().for_each(|(task, (out, logs))| {
        let rows = task * at_once..task * at_once + out.len() / width;
        with_scratch(narrow::scratch_size(k.rows), |scratch| {
            for head in 0..heads {
                let [keys, values] = [k.whole(head), v.whole(head)];
                let left = [&mut out[head * q.width..], &mut logs[2 * head..]];
                narrow::attend(q.head(head, rows.clone()), [keys, values], left, heads, scratch);
            }
        });
    });
    logs
}

/// Attention of a sequence to itself, of `[batch, places, 3·heads·d]`: queries, keys and values side by side.
#[derive(Debug)]
pub(crate) struct SelfAttention {
    heads: usize,
    /// Each place sees itself and those before it.
    causal: bool,
    /// Whether there is going to be a way back.
    tracked: bool,
    /// What the way there leaves for it.
    left: OnceLock<Left>,
}

/// Results, and of each picture what [`attend`] returned.
struct Left {
    results: Vec<f32>,
    logs: Vec<Vec<f32>>,
}

impl fmt::Debug for Left {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Left({} results)", self.results.len())
    }
}

impl SelfAttention {
    pub(crate) fn new(heads: usize, causal: bool, tracked: bool) -> Self {
        Self { heads, causal, tracked, left: OnceLock::new() }
    }

    /// Queries, keys and values of one picture.
    fn parts<'a>(&self, x: &'a [f32], rows: usize, width: usize) -> [Heads<'a>; 3] {
        let d = width / 3 / self.heads;
        [0, 1, 2].map(|part| Heads { values: &x[part * width / 3..], rows, apart: width, step: d, width: d })
    }

    /// The way there.
    fn seen(&self, x: Array<'_>) -> Left {
        let (places, width) = (x.shape[1], x.shape[2]);
        let mut results = unfilled(x.values.len() / 3);
        let pictures = results.par_chunks_mut(places * width / 3).zip(x.values.par_chunks(places * width));
        let attend =
            |(out, x): (&mut [f32], _)| attend(self.parts(x, places, width), self.heads, self.causal, out);
        let logs = pictures.map(attend).collect();
        Left { results, logs }
    }

    /// Gradients of q, k and v of one head, side by side, `[places, 3·d]`, given results and what else was left.
    fn backward_head(
        &self,
        parts: [Heads<'_>; 3],
        g: Heads<'_>,
        (o, logs): (Heads<'_>, &[f32]),
        head: usize,
    ) -> Vec<f32> {
        let mut out = unfilled(g.rows * 3 * g.width);
        let [q, k, v] = parts.map(|part| part.whole(head));
        let (o, g, causal) = (o.whole(head), g.whole(head), self.causal);
        let narrow = narrow::fits(g.columns) && !causal;
        let each = if narrow { 2 } else { 1 };
        let (logs, logs_apart) = (&logs[each * head..], each * self.heads);
        let given = HeadBackward { q, k, v, o, g, logs, logs_apart, causal };
        if narrow {
            backward_narrow(given, &mut out);
        } else {
            given.run(&mut out);
        }
        out
    }
}

/// One head on the way back.
pub(super) struct HeadBackward<'a> {
    pub(super) q: Matrix<'a>,
    pub(super) k: Matrix<'a>,
    pub(super) v: Matrix<'a>,
    /// What the way there gave, and its gradient.
    pub(super) o: Matrix<'a>,
    pub(super) g: Matrix<'a>,
    /// What else it left: row i's at `logs[i · logs_apart]`, two numbers where the head is narrow.
    pub(super) logs: &'a [f32],
    pub(super) logs_apart: usize,
    pub(super) causal: bool,
}

/// Gradients of q, k and v of one narrow head, side by side.
fn backward_narrow(head: HeadBackward<'_>, out: &mut [f32]) {
    let (places, d) = (head.g.rows, head.g.columns);
    let mut gradients = unfilled(2 * places * WIDEST);
    let (dk, dv) = gradients.split_at_mut(places * WIDEST);
    with_scratch(narrow::scratch_size(places), |scratch| {
        narrow::backward_to_all(head, out, 3 * d, [&mut *dk, &mut *dv], scratch);
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
        let left = self.seen(x);
        if !self.tracked {
            return plus(left.results, addend);
        }
        plus(get_or_compute(&self.left, || left).results.clone(), addend)
    }

    fn backward(&self, x: Array<'_>, grad: &[f32]) -> Vec<f32> {
        let (places, width) = (x.shape[1], x.shape[2]);
        let d = width / 3 / self.heads;
        let mut dx = unfilled(x.values.len());
        let left = get_or_compute(&self.left, || self.seen(x));
        let picture = places * width / 3;
        let heads_of = |values| Heads { values, rows: places, apart: width / 3, step: d, width: d };
        let pictures = x.values.chunks(3 * picture).zip(grad.chunks(picture));
        for (i, ((x, grad), dx)) in pictures.zip(dx.chunks_mut(3 * picture)).enumerate() {
            let (parts, grad) = (self.parts(x, places, width), heads_of(grad));
            let left = (heads_of(&left.results[i * picture..]), left.logs[i].as_slice());
            let of_head = |head| self.backward_head(parts, grad, left, head);
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
                let parts = [queries(x, self.keys.shape), self.keys.of(i), self.values.of(i)];
                attend(parts, heads, false, out);
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

    fn forward(&self, x: Array<'_>, addend: Option<&[f32]>) -> Vec<f32> {
        let [_, heads, tokens, _] = self.keys.shape;
        let (places, picture) = (x.shape[1], x.shape[1] * x.shape[2]);
        let columns = self.columns.len();
        if columns == 0 {
            return Vec::new();
        }
        let mut out = unfilled(x.shape[0] * heads * places * columns);
        let at_once = rows_at_once([places, tokens], 1);
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
    let at_once = rows_at_once([x.shape[1], tokens], 2 * PARTS);
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
            narrow::backward([q, k], above, dq, apart, scratch);
        });
    }
    with_scratch(2 * q.rows * k.rows, |scratch| {
        let (p, dp) = scratch.split_at_mut(q.rows * k.rows);
        probabilities(q, k, p);
        above.write(dp, k.rows);
        through_softmax(p, dp, k.rows, q.columns);
        multiply(dq, apart, false, Matrix::dense(dp, q.rows, k.rows), k);
    });
}

fn plus(mut out: Vec<f32>, addend: Option<&[f32]>) -> Vec<f32> {
    if let Some(addend) = addend {
        out.iter_mut().zip(addend).for_each(|(out, more)| *out += more);
    }
    out
}
