//! Attention of heads of any width, scores of a block of queries and keys at a time, so that they stay in the cache
//! (FlashAttention, arXiv:2205.14135; the way back as in FlashAttention-2, arXiv:2307.08691, algorithm 2).
//!
//! Keys and values are brought into the order of panels once for all queries. Scores are powers of two, `s log₂e q kᵀ`
//! with the factor in the queries. The way there leaves each row's `log₂ Σ 2^score`, with which the way back forms the
//! probabilities of any block alone.

use std::ops::Range;

use rayon::prelude::*;

use super::PARTS;
use super::attention::{HeadBackward, Heads, scale};
use super::gemm::Matrix;
use super::product::{COLUMNS, PANEL, Panel, Panels};
use super::scratch::{unfilled, with_scratch};
use super::simd::{exp2, largest, sum, sum2, vectorized};

/// Queries of a block.
const ROWS: Range<usize> = 16..64;
/// Keys of a block, and numbers in them: those and the scores are to fit in half a megabyte.
const KEYS: Range<usize> = 64..512;
const NUMBERS: usize = 1 << 15;
const LOG2_E: f32 = std::f32::consts::LOG2_E;
const LN_2: f32 = std::f32::consts::LN_2;

/// Keys of a block of heads of this width.
fn keys_at_once(width: usize) -> usize {
    (NUMBERS / width).clamp(KEYS.start, KEYS.end) / PANEL * PANEL
}

/// From one row of scores to the next: lines that lie a power of two apart share few places of the first cache.
const fn apart(keys: usize) -> usize {
    keys + COLUMNS
}

/// How many of some keys row `row` sees.
fn seen(causal: bool, row: usize, keys: &Range<usize>) -> usize {
    if causal { (row + 1).saturating_sub(keys.start).min(keys.len()) } else { keys.len() }
}

/// `softmax(s q kᵀ) v` of one picture, all heads, `[rows, heads·d]`, and `log₂ Σ 2^score` of each row, `[rows, heads]`;
/// with `causal`, each row sees the keys up to its own number.
pub(super) fn attend(
    [q, k, v]: [Heads<'_>; 3],
    heads: usize,
    causal: bool,
    out: &mut [f32],
    logs: &mut [f32],
) {
    let (keys, d) = (k.rows, q.width);
    let [mirrored, padded] = [Panels::length(d, keys), Panels::length(keys, d)];
    let mut panels = unfilled(heads * (mirrored + padded));
    panels.par_chunks_exact_mut(mirrored + padded).enumerate().for_each(|(head, panels)| {
        let (of_keys, of_values) = panels.split_at_mut(mirrored);
        Panels::of(k.whole(head).transposed(), of_keys);
        Panels::of(v.whole(head), of_values);
    });
    let at_once = q.rows.div_ceil(2 * PARTS).clamp(ROWS.start, ROWS.end);
    let tasks = out.par_chunks_mut(at_once * heads * d).zip(logs.par_chunks_mut(at_once * heads));
    tasks.enumerate().for_each(|(task, (out, logs))| {
        let rows = task * at_once..task * at_once + logs.len() / heads;
        for (head, panels) in panels.chunks_exact(mirrored + padded).enumerate() {
            let (of_keys, of_values) = panels.split_at(mirrored);
            let queries = Queries { q: q.head(head, rows.clone()), first: rows.start, causal };
            let panels = [Panels::ordered(of_keys, d), Panels::ordered(of_values, keys)];
            queries.attend(panels, keys, [&mut out[head * d..], &mut logs[head..]], heads);
        }
    });
}

/// Some queries of one head.
struct Queries<'a> {
    q: Matrix<'a>,
    /// The first's number.
    first: usize,
    causal: bool,
}

impl Queries<'_> {
    /// Attends to one block of keys after another; the next row of a result begins `heads` widths later.
    fn attend(
        &self,
        [of_keys, of_values]: [Panels<'_>; 2],
        keys: usize,
        [out, logs]: [&mut [f32]; 2],
        heads: usize,
    ) {
        let (rows, d) = (self.q.rows, self.q.columns);
        let (at_once, wide) = (keys_at_once(d), d.next_multiple_of(COLUMNS));
        with_scratch(rows * (d + apart(at_once) + wide + 2), |scratch| {
            let (scaled, scratch) = scratch.split_at_mut(rows * d);
            let (scores, scratch) = scratch.split_at_mut(rows * apart(at_once));
            let (sums, scratch) = scratch.split_at_mut(rows * wide);
            let (most, totals) = scratch.split_at_mut(rows);
            scale_queries(self.q, scaled);
            most.fill(f32::NEG_INFINITY);
            totals.fill(0.0);
            let last = if self.causal { (self.first + rows).min(keys) } else { keys };
            for start in (0..last).step_by(at_once) {
                let some = start..(start + at_once).min(keys);
                let queries = Matrix::dense(scaled, rows, d);
                of_keys.columns(some.clone()).multiply(scores, apart(at_once), false, queries);
                self.exponentials(&some, scores, [sums, most, totals]);
                let p = Matrix::rows(scores, rows, some.len(), apart(at_once));
                for (column, panel) in of_values.each(some) {
                    panel.multiply(&mut sums[column..], wide, start > 0, p);
                }
            }
            for (i, sums) in sums.chunks_exact(wide).enumerate() {
                let out = &mut out[i * heads * d..][..d];
                out.iter_mut().zip(sums).for_each(|(out, sum)| *out = sum / totals[i]);
                logs[i * heads] = most[i] + totals[i].log2();
            }
        });
    }

    /// `2^(score − the row's largest)` in place of the scores of some keys; what was summed before is made relative to the
    /// largest now.
    fn exponentials(&self, keys: &Range<usize>, scores: &mut [f32], [sums, most, totals]: [&mut [f32]; 3]) {
        let (apart, wide) = (scores.len() / self.q.rows, sums.len() / self.q.rows);
        vectorized(
            #[inline(always)]
            || {
                let rows = scores.chunks_exact_mut(apart).zip(sums.chunks_exact_mut(wide));
                for (i, (row, sums)) in rows.enumerate() {
                    let (row, hidden) =
                        row[..keys.len()].split_at_mut(seen(self.causal, self.first + i, keys));
                    hidden.fill(0.0);
                    let now = largest(row).max(most[i]);
                    if now > most[i] {
                        let factor = exp2(most[i] - now);
                        totals[i] *= factor;
                        if keys.start > 0 {
                            sums.iter_mut().for_each(|sum| *sum *= factor);
                        }
                        most[i] = now;
                    }
                    row.iter_mut().for_each(|x| *x = exp2(*x - now));
                    totals[i] += sum(row, |x| x);
                }
            },
        );
    }
}

/// Queries with the factor of the scores in them, `[rows, d]`.
fn scale_queries(q: Matrix<'_>, out: &mut [f32]) {
    let factor = scale(q.columns) * LOG2_E;
    for (i, out) in out.chunks_exact_mut(q.columns).enumerate() {
        out.iter_mut().zip(&q.data[i * q.rows_apart..]).for_each(|(out, q)| *out = factor * q);
    }
}

/// A head's keys, values and queries in the order they are multiplied in.
struct Ordered<'a> {
    /// With the keys as columns.
    of_keys: Panels<'a>,
    of_values: Panels<'a>,
    /// With the keys as inputs.
    keys: Panels<'a>,
    /// Scaled queries, `[places, d]`, and with the places as columns, like the gradients of the results.
    queries: &'a [f32],
    turned: [&'a [f32]; 2],
    /// `Σ g o` of each row.
    means: &'a [f32],
}

/// Gradients of one head: dq `[places, wide]`, dkᵀ and dvᵀ `[d, apart(places)]`. With the scores as columns of the products,
/// nothing as large as they has to be copied.
struct Gradients<'a> {
    q: &'a mut [f32],
    k: &'a mut [f32],
    v: &'a mut [f32],
}

impl HeadBackward<'_> {
    /// Gradients of q, k and v, side by side, `[places, 3·d]`.
    pub(super) fn run(&self, out: &mut [f32]) {
        let (places, d) = (self.q.rows, self.q.columns);
        let wide = d.next_multiple_of(COLUMNS);
        let [mirrored, padded] = [Panels::length(d, places), Panels::length(places, d)];
        let mut panels = unfilled(2 * mirrored + padded);
        let (of_keys, rest) = panels.split_at_mut(mirrored);
        let (of_values, keys) = rest.split_at_mut(mirrored);
        let mut queries = unfilled(places * d);
        scale_queries(self.q, &mut queries);
        let turned = [turned(Matrix::dense(&queries, places, d)), turned(self.g)];
        let ordered = Ordered {
            of_keys: Panels::of(self.k.transposed(), of_keys),
            of_values: Panels::of(self.v.transposed(), of_values),
            keys: Panels::of(self.k, keys),
            queries: &queries,
            turned: [&turned[0], &turned[1]],
            means: &self.means(),
        };
        let mut q = unfilled(places * wide);
        let [mut k, mut v] = [unfilled(d * apart(places)), unfilled(d * apart(places))];
        let mut gradients = Gradients { q: &mut q, k: &mut k, v: &mut v };
        self.blocks(&ordered, &mut gradients);
        let scale = scale(d);
        for (place, out) in out.chunks_exact_mut(3 * d).enumerate() {
            let (dq, rest) = out.split_at_mut(d);
            let (dk, dv) = rest.split_at_mut(d);
            dq.iter_mut().zip(&q[place * wide..]).for_each(|(out, sum)| *out = scale * sum);
            for i in 0..d {
                // The turned queries contain s log₂e where s is wanted.
                dk[i] = LN_2 * k[i * apart(places) + place];
                dv[i] = v[i * apart(places) + place];
            }
        }
    }

    fn means(&self) -> Vec<f32> {
        let row = |x: &Matrix<'_>, i: usize| i * x.rows_apart..i * x.rows_apart + x.columns;
        let mut means = unfilled(self.q.rows);
        vectorized(
            #[inline(always)]
            || {
                for (i, mean) in means.iter_mut().enumerate() {
                    *mean = sum2(&self.o.data[row(&self.o, i)], &self.g.data[row(&self.g, i)], |o, g| o * g);
                }
            },
        );
        means
    }

    /// One block of keys after another, so that they stay in the cache for all rows.
    fn blocks(&self, ordered: &Ordered<'_>, gradients: &mut Gradients<'_>) {
        let (places, d) = (self.q.rows, self.q.columns);
        let at_once = keys_at_once(d) / 2 / PANEL * PANEL;
        with_scratch(2 * ROWS.end * apart(at_once), |scratch| {
            let (p, ds) = scratch.split_at_mut(ROWS.end * apart(at_once));
            for start in (0..places).step_by(at_once) {
                let keys = start..(start + at_once).min(places);
                for start in (0..places).step_by(ROWS.end) {
                    let rows = start..(start + ROWS.end).min(places);
                    self.block(ordered, [&rows, &keys], [&mut *p, &mut *ds], gradients);
                }
            }
        });
    }

    /// The share of some rows and keys.
    fn block(
        &self,
        ordered: &Ordered<'_>,
        [rows, keys]: [&Range<usize>; 2],
        [p, ds]: [&mut [f32]; 2],
        gradients: &mut Gradients<'_>,
    ) {
        let (places, d) = (self.q.rows, self.q.columns);
        let (scores_apart, wide) = (p.len() / ROWS.end, d.next_multiple_of(COLUMNS));
        let queries = Matrix::dense(ordered.queries, places, d).some(rows);
        ordered.of_keys.columns(keys.clone()).multiply(p, scores_apart, false, queries);
        ordered.of_values.columns(keys.clone()).multiply(ds, scores_apart, false, self.g.some(rows));
        self.through_softmax(ordered.means, [rows, keys], [&mut *p, &mut *ds], scores_apart);
        let scores = Matrix::rows(ds, rows.len(), keys.len(), scores_apart);
        for (column, panel) in ordered.keys.each(keys.clone()) {
            let out = &mut gradients.q[rows.start * wide + column..];
            panel.multiply(out, wide, keys.start > 0, scores);
        }
        let [queries, above] = ordered.turned;
        for (side, scores, sums) in [(queries, ds, &mut gradients.k), (above, p, &mut gradients.v)] {
            let turned = Matrix::rows(&side[rows.start..], d, rows.len(), apart(places));
            let columns = keys.len().next_multiple_of(COLUMNS);
            let scores = Panel { values: scores, inputs: rows.len(), columns, apart: scores_apart };
            scores.multiply(&mut sums[keys.start..], apart(places), rows.start > 0, turned);
        }
    }

    /// P in place of the scores, and dS (without the factor s) in place of dP.
    fn through_softmax(
        &self,
        means: &[f32],
        [rows, keys]: [&Range<usize>; 2],
        [p, dp]: [&mut [f32]; 2],
        apart: usize,
    ) {
        vectorized(
            #[inline(always)]
            || {
                let scores = p.chunks_exact_mut(apart).zip(dp.chunks_exact_mut(apart));
                for (i, (p, dp)) in rows.clone().zip(scores) {
                    let (log, mean) = (self.logs[i * self.logs_apart], means[i]);
                    let seen = seen(self.causal, i, keys);
                    for (p, dp) in p[..seen].iter_mut().zip(&mut dp[..seen]) {
                        *p = exp2(*p - log);
                        *dp = *p * (*dp - mean);
                    }
                    p[seen..keys.len()].fill(0.0);
                    dp[seen..keys.len()].fill(0.0);
                }
            },
        );
    }
}

/// The columns of a matrix as rows, [`apart`] of its rows from one another.
fn turned(matrix: Matrix<'_>) -> Vec<f32> {
    let mut out = unfilled(matrix.columns * apart(matrix.rows));
    for (j, out) in out.chunks_exact_mut(apart(matrix.rows)).enumerate() {
        let column = matrix.data[j..].iter().step_by(matrix.rows_apart);
        out[..matrix.rows].iter_mut().zip(column).for_each(|(out, value)| *out = *value);
    }
    out
}
