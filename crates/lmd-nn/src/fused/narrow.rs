//! Attention of narrow heads, with a vector of queries in hand and a few keys at a time.
//!
//! A head of 8 numbers is too narrow for products of matrices: most of their time
//! goes into moving scores. Here lanes are queries, so that nothing is summed
//! across lanes, and scores of one vector of queries stay in the first cache.
//! On the way back, each vector of queries adds its share to the gradients of all
//! keys and values while its scores are at hand.

use pulp::{NullaryFnOnce, Simd, WithSimd};

use super::attention::{Above, scale};
use super::gemm::Matrix;
use super::simd::{LOG2_E, alone, arch, exp2};

/// The widest vectors.
const LANES: usize = 16;

/// The widest heads, and the length of rows of keys' gradients.
pub(super) const WIDEST: usize = 16;

/// Sums that are formed side by side, as each waits for its last part.
const FOLDS: usize = 4;

/// Whether heads of this width are taken.
pub(super) const fn fits(width: usize) -> bool {
    matches!(width, 8 | WIDEST)
}

/// Work on heads of one of these widths.
trait Job {
    fn width(&self) -> usize;

    /// `D` is the width; vectors for `P` of its columns fit in the registers.
    fn run<S: Simd, const D: usize, const P: usize>(self, simd: S);
}

/// A job with its width made known to the compiler.
struct ByWidth<J>(J);

impl<J: Job> WithSimd for ByWidth<J> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        match self.0.width() {
            8 => self.0.run::<S, 8, 8>(simd),
            // Processors with the widest vectors have twice as many.
            _ if S::F32_LANES == LANES => self.0.run::<S, 16, 16>(simd),
            _ => self.0.run::<S, 16, 8>(simd),
        }
    }
}

/// What memory the functions need for passing results, for so many keys: two vectors and two rows each.
pub(super) const fn scratch_size(keys: usize) -> usize {
    2 * (LANES + WIDEST) * keys
}

/// A matrix's rows with nothing between them, in `memory` if need be. As they lie, a head's rows are hundreds of numbers
/// apart, and the caches have room for few at such distances: at 1024 places a guided iteration took 1.2 times as long.
#[inline(always)]
fn pack<'a, const D: usize>(matrix: Matrix<'a>, memory: &'a mut [f32]) -> &'a [[f32; D]] {
    if matrix.rows_apart == D {
        return &matrix.data.as_chunks().0[..matrix.rows];
    }
    let rows = &mut memory.as_chunks_mut().0[..matrix.rows];
    for (i, to) in rows.iter_mut().enumerate() {
        to.copy_from_slice(row::<D>(&matrix, i));
    }
    rows
}

/// Row `row` as an array.
#[inline(always)]
fn row<'a, const D: usize>(matrix: &Matrix<'a>, row: usize) -> &'a [f32] {
    &matrix.data[row * matrix.rows_apart..][..D]
}

/// Rows from `start` on, one to a lane; `[column]`. Lanes beyond the last row hold zeros.
#[inline(always)]
fn lanes<S: Simd, const D: usize>(matrix: &Matrix<'_>, start: usize, factor: f32) -> [S::f32s; D] {
    let mut columns = [[0.0; LANES]; D];
    for lane in 0..S::F32_LANES.min(matrix.rows - start) {
        for (column, value) in columns.iter_mut().zip(row::<D>(matrix, start + lane)) {
            column[lane] = factor * value;
        }
    }
    columns.map(|column| S::as_simd_f32s(&column).0[0])
}

/// Writes lanes as rows from `start` on, each multiplied by its lane's factor.
#[inline(always)]
fn write<S: Simd, const D: usize>(simd: S, columns: [S::f32s; D], factors: S::f32s, out: &mut Output<'_>) {
    for (j, column) in columns.into_iter().enumerate() {
        let mut values = [0.0; LANES];
        S::as_mut_simd_f32s(&mut values).0[0] = simd.mul_f32s(column, factors);
        for (lane, value) in values[..S::F32_LANES.min(out.rows)].iter().enumerate() {
            out.values[lane * out.apart + j] = *value;
        }
    }
}

/// Rows to be written, which begin `apart` numbers after one another.
struct Output<'a> {
    values: &'a mut [f32],
    rows: usize,
    apart: usize,
}

/// `Σ lanes · row` for every row.
#[inline(always)]
fn dots<S: Simd, const D: usize, const P: usize>(
    simd: S,
    lanes: &[S::f32s; D],
    rows: &[[f32; D]],
    out: &mut [S::f32s],
) {
    for (part, lanes) in lanes.as_chunks::<P>().0.iter().enumerate() {
        let out = &mut *out;
        if S::F32_LANES == LANES {
            alone(simd, Dots::<S, D, P, 8> { simd, lanes, rows, part, out });
        } else {
            alone(simd, Dots::<S, D, P, 4> { simd, lanes, rows, part, out });
        }
    }
}

/// The `part`-th `P` columns of [`dots`], of `R` rows at once: the sum of one row waits for its last product.
struct Dots<'a, S: Simd, const D: usize, const P: usize, const R: usize> {
    simd: S,
    lanes: &'a [S::f32s; P],
    rows: &'a [[f32; D]],
    part: usize,
    out: &'a mut [S::f32s],
}

impl<S: Simd, const D: usize, const P: usize, const R: usize> NullaryFnOnce for Dots<'_, S, D, P, R> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self { simd, lanes, rows, part, out } = self;
        let lanes = *lanes;
        let (rows, rows_left) = rows.as_chunks::<R>();
        let (out, out_left) = out.as_chunks_mut::<R>();
        for (out, rows) in out.iter_mut().zip(rows) {
            *out = dots_of(simd, &lanes, rows, part, out);
        }
        for (out, row) in out_left.iter_mut().zip(rows_left) {
            [*out] = dots_of(simd, &lanes, &[*row], part, &[*out]);
        }
    }
}

/// What `before` becomes with the `part`-th columns of some rows.
#[inline(always)]
fn dots_of<S: Simd, const D: usize, const P: usize, const R: usize>(
    simd: S,
    lanes: &[S::f32s; P],
    rows: &[[f32; D]; R],
    part: usize,
    before: &[S::f32s; R],
) -> [S::f32s; R] {
    let mut sums = if part == 0 { [simd.splat_f32s(0.0); R] } else { *before };
    for (j, lanes) in lanes.iter().enumerate() {
        for (sum, row) in sums.iter_mut().zip(rows) {
            *sum = simd.mul_add_f32s(*lanes, simd.splat_f32s(row[part * P + j]), *sum);
        }
    }
    sums
}

/// `Σ weight · row` over all rows.
#[inline(always)]
fn weighted<S: Simd, const D: usize, const P: usize>(
    simd: S,
    weights: &[S::f32s],
    rows: &[[f32; D]],
) -> [S::f32s; D] {
    let mut out = [simd.splat_f32s(0.0); D];
    for (part, out) in out.as_chunks_mut::<P>().0.iter_mut().enumerate() {
        alone(simd, Weighted { simd, weights, rows, part, out });
    }
    out
}

/// The `part`-th `P` columns of [`weighted`].
struct Weighted<'a, S: Simd, const D: usize, const P: usize> {
    simd: S,
    weights: &'a [S::f32s],
    rows: &'a [[f32; D]],
    part: usize,
    out: &'a mut [S::f32s; P],
}

impl<S: Simd, const D: usize, const P: usize> NullaryFnOnce for Weighted<'_, S, D, P> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self { simd, weights, rows, part, out } = self;
        let mut sums = [simd.splat_f32s(0.0); P];
        for (weight, row) in weights.iter().zip(rows) {
            let values = &row.as_chunks::<P>().0[part];
            for j in 0..P {
                sums[j] = simd.mul_add_f32s(*weight, simd.splat_f32s(values[j]), sums[j]);
            }
        }
        *out = sums;
    }
}

/// `2^(s − its lane's largest)` of one vector of queries for every key, and 1 over their sums.
#[inline(always)]
fn exponentials<S: Simd, const D: usize, const P: usize>(
    simd: S,
    q: &[S::f32s; D],
    k: &[[f32; D]],
    out: &mut [f32],
) -> S::f32s {
    dots::<S, D, P>(simd, q, k, S::as_mut_simd_f32s(out).0);
    alone(simd, Powers { simd, scores: out })
}

/// Scores to powers, in their place.
struct Powers<'a, S> {
    simd: S,
    scores: &'a mut [f32],
}

impl<S: Simd> NullaryFnOnce for Powers<'_, S> {
    type Output = S::f32s;

    #[inline(always)]
    fn call(self) -> S::f32s {
        let Self { simd, scores } = self;
        let mut most = [simd.splat_f32s(f32::NEG_INFINITY); FOLDS];
        for scores in S::as_simd_f32s(scores).0.chunks(FOLDS) {
            for (most, score) in most.iter_mut().zip(scores) {
                *most = simd.max_f32s(*most, *score);
            }
        }
        let [a, b, c, d] = most;
        let largest = values_of(simd, simd.max_f32s(simd.max_f32s(a, b), simd.max_f32s(c, d)));
        for scores in scores.chunks_exact_mut(S::F32_LANES) {
            for (score, largest) in scores.iter_mut().zip(&largest) {
                *score = exp2(*score - largest);
            }
        }
        let mut sums = [simd.splat_f32s(0.0); FOLDS];
        for powers in S::as_simd_f32s(scores).0.chunks(FOLDS) {
            for (sum, power) in sums.iter_mut().zip(powers) {
                *sum = simd.add_f32s(*sum, *power);
            }
        }
        simd.div_f32s(simd.splat_f32s(1.0), total(simd, sums))
    }
}

/// The sum of some sums.
#[inline(always)]
fn total<S: Simd>(simd: S, [a, b, c, d]: [S::f32s; FOLDS]) -> S::f32s {
    simd.add_f32s(simd.add_f32s(a, b), simd.add_f32s(c, d))
}

/// `softmax(s q kᵀ) v` of one head; row i at `out[i · apart ..]`.
pub(super) fn attend(
    q: Matrix<'_>,
    [k, v]: [Matrix<'_>; 2],
    out: &mut [f32],
    apart: usize,
    scratch: &mut [f32],
) {
    arch().dispatch(ByWidth(Forward { q, k, v, out, apart, scratch }));
}

struct Forward<'a> {
    q: Matrix<'a>,
    k: Matrix<'a>,
    v: Matrix<'a>,
    out: &'a mut [f32],
    apart: usize,
    scratch: &'a mut [f32],
}

impl Job for Forward<'_> {
    fn width(&self) -> usize {
        self.q.columns
    }

    #[inline(always)]
    fn run<S: Simd, const D: usize, const P: usize>(self, simd: S) {
        let (scores, memory) = self.scratch.split_at_mut(2 * LANES * self.k.rows);
        let scores = &mut scores[..S::F32_LANES * self.k.rows];
        let (of_keys, of_values) = memory.split_at_mut(memory.len() / 2);
        let (k, v) = (pack::<D>(self.k, of_keys), pack::<D>(self.v, of_values));
        for start in (0..self.q.rows).step_by(S::F32_LANES) {
            let q = lanes::<S, D>(&self.q, start, LOG2_E * scale(D));
            let inverse = exponentials::<S, D, P>(simd, &q, k, scores);
            let sums = weighted::<S, D, P>(simd, S::as_simd_f32s(scores).0, v);
            let values = &mut self.out[start * self.apart..];
            let mut out = Output { values, rows: self.q.rows - start, apart: self.apart };
            write(simd, sums, inverse, &mut out);
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

impl Job for Columns<'_> {
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
            let q = lanes::<S, D>(&self.q, start, LOG2_E * scale(D));
            let inverse = values_of(simd, exponentials::<S, D, P>(simd, &q, k, scores));
            for ((lane, out), inverse) in out.chunks_exact_mut(self.columns.len()).enumerate().zip(inverse) {
                for (out, column) in out.iter_mut().zip(self.columns) {
                    *out = inverse * scores[column * S::F32_LANES + lane];
                }
            }
        }
    }
}

/// dq of one head, given what is `above`; row i at `dq[i · apart ..]`. Where wanted and values were weighed, gradients of the
/// keys and of the values are written, `[keys, WIDEST]` each.
pub(super) fn backward(
    [q, k]: [Matrix<'_>; 2],
    above: Above<'_>,
    dq: &mut [f32],
    apart: usize,
    of_keys: Option<[&mut [f32]; 2]>,
    scratch: &mut [f32],
) {
    arch().dispatch(ByWidth(Backward { q, k, above, dq, apart, of_keys, scratch }));
}

struct Backward<'a> {
    q: Matrix<'a>,
    k: Matrix<'a>,
    above: Above<'a>,
    dq: &'a mut [f32],
    apart: usize,
    of_keys: Option<[&'a mut [f32]; 2]>,
    scratch: &'a mut [f32],
}

impl Job for Backward<'_> {
    fn width(&self) -> usize {
        self.q.columns
    }

    #[inline(always)]
    fn run<S: Simd, const D: usize, const P: usize>(mut self, simd: S) {
        let keys = self.k.rows;
        let (scores, memory) = self.scratch.split_at_mut(2 * LANES * keys);
        let (scores, gradients) = scores[..2 * S::F32_LANES * keys].split_at_mut(S::F32_LANES * keys);
        let (of_keys, of_values) = memory.split_at_mut(memory.len() / 2);
        let k = pack::<D>(self.k, of_keys);
        let v = if let Above::Weighed { v, .. } = self.above { pack::<D>(v, of_values) } else { &[] };
        for start in (0..self.q.rows).step_by(S::F32_LANES) {
            let q = lanes::<S, D>(&self.q, start, LOG2_E * scale(D));
            let inverse = exponentials::<S, D, P>(simd, &q, k, scores);
            match self.above {
                Above::Weighed { g, .. } => {
                    let g = lanes::<S, D>(&g, start, 1.0);
                    dots::<S, D, P>(simd, &g, v, S::as_mut_simd_f32s(gradients).0);
                }
                Above::Columns(columns, grad) => {
                    gradients.fill(0.0);
                    let rows = grad[start * columns.len()..].chunks_exact(columns.len());
                    for (lane, row) in rows.take(S::F32_LANES).enumerate() {
                        for (column, value) in columns.iter().zip(row) {
                            gradients[column * S::F32_LANES + lane] += value;
                        }
                    }
                }
            }
            alone(simd, ThroughSoftmax { simd, inverse, weights: scores, gradients });
            let sums = weighted::<S, D, P>(simd, S::as_simd_f32s(gradients).0, k);
            let factors = simd.mul_f32s(inverse, simd.splat_f32s(scale(D)));
            let rows = self.q.rows - start;
            let values = &mut self.dq[start * self.apart..];
            write(simd, sums, factors, &mut Output { values, rows, apart: self.apart });
            if let (Some([dk, dv]), Above::Weighed { g, .. }) = (&mut self.of_keys, self.above) {
                let add = start > 0;
                add_share::<S, D>(simd, gradients, (&self.q, start, factors), dk, add);
                add_share::<S, D>(simd, scores, (&g, start, inverse), dv, add);
            }
        }
    }
}

/// Given `2^(s − its lane's largest)` and dP of every key, and 1 over the sum of the former, makes the latter `dS` without
/// the division by that sum.
struct ThroughSoftmax<'a, S: Simd> {
    simd: S,
    inverse: S::f32s,
    weights: &'a [f32],
    gradients: &'a mut [f32],
}

impl<S: Simd> NullaryFnOnce for ThroughSoftmax<'_, S> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self { simd, inverse, weights, gradients } = self;
        let (weights, gradients) = (S::as_simd_f32s(weights).0, S::as_mut_simd_f32s(gradients).0);
        let mut means = [simd.splat_f32s(0.0); FOLDS];
        for (weights, gradients) in weights.chunks(FOLDS).zip(gradients.chunks(FOLDS)) {
            for ((mean, weight), gradient) in means.iter_mut().zip(weights).zip(gradients) {
                *mean = simd.mul_add_f32s(*weight, *gradient, *mean);
            }
        }
        let mean = simd.mul_f32s(total(simd, means), inverse);
        for (weight, gradient) in weights.iter().zip(gradients) {
            *gradient = simd.mul_f32s(*weight, simd.sub_f32s(*gradient, mean));
        }
    }
}

/// `out (+)= weightsᵀ · rows` for the rows from `start` on, one to a lane, each multiplied by its lane's factor.
#[inline(always)]
fn add_share<S: Simd, const D: usize>(
    simd: S,
    weights: &[f32],
    (matrix, start, factors): (&Matrix<'_>, usize, S::f32s),
    out: &mut [f32],
    add: bool,
) {
    let mut rows = [[0.0; WIDEST]; LANES];
    let some = S::F32_LANES.min(matrix.rows - start);
    for (lane, (to, factor)) in rows[..some].iter_mut().zip(values_of(simd, factors)).enumerate() {
        to.iter_mut().zip(row::<D>(matrix, start + lane)).for_each(|(to, value)| *to = factor * value);
    }
    for first in (0..D).step_by(S::F32_LANES) {
        let out = &mut out[first..];
        if S::F32_LANES == LANES {
            alone(simd, Share::<S, 8> { simd, weights, rows: &rows, first, out, add });
        } else {
            alone(simd, Share::<S, 4> { simd, weights, rows: &rows, first, out, add });
        }
    }
}

/// A vector of columns, from the `first` on, of [`add_share`], for `K` keys at once.
struct Share<'a, S, const K: usize> {
    simd: S,
    weights: &'a [f32],
    rows: &'a [[f32; WIDEST]; LANES],
    first: usize,
    out: &'a mut [f32],
    add: bool,
}

impl<S: Simd, const K: usize> NullaryFnOnce for Share<'_, S, K> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self { simd, weights, rows, first, out, add } = self;
        let mut columns = [simd.splat_f32s(0.0); LANES];
        for (column, row) in columns.iter_mut().zip(rows) {
            *column = S::as_simd_f32s(&row[first..]).0[0];
        }
        let columns = &columns[..S::F32_LANES];
        let whole = weights.chunks_exact(K * S::F32_LANES);
        let rest = whole.remainder();
        let keys = weights.len() / S::F32_LANES / K * K;
        for (weights, out) in whole.zip(out.chunks_mut(K * WIDEST)) {
            share_of::<S, K>(simd, columns, weights, out, add);
        }
        for (weights, out) in rest.chunks_exact(S::F32_LANES).zip(out.chunks_mut(WIDEST).skip(keys)) {
            share_of::<S, 1>(simd, columns, weights, out, add);
        }
    }
}

/// `K` keys' part of a [`Share`].
#[inline(always)]
fn share_of<S: Simd, const K: usize>(
    simd: S,
    columns: &[S::f32s],
    weights: &[f32],
    out: &mut [f32],
    add: bool,
) {
    let mut sums = [simd.splat_f32s(0.0); K];
    if add {
        for (key, sum) in sums.iter_mut().enumerate() {
            *sum = S::as_simd_f32s(&out[key * WIDEST..]).0[0];
        }
    }
    for (lane, column) in columns.iter().enumerate() {
        for (sum, weights) in sums.iter_mut().zip(weights.chunks_exact(S::F32_LANES)) {
            *sum = simd.mul_add_f32s(simd.splat_f32s(weights[lane]), *column, *sum);
        }
    }
    for (key, sum) in sums.iter().enumerate() {
        S::as_mut_simd_f32s(&mut out[key * WIDEST..]).0[0] = *sum;
    }
}

/// The lanes of a vector.
#[inline(always)]
fn values_of<S: Simd>(_: S, vector: S::f32s) -> [f32; LANES] {
    let mut values = [0.0; LANES];
    S::as_mut_simd_f32s(&mut values).0[0] = vector;
    values
}
