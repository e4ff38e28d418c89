//! Attention of narrow heads, with a vector of queries (or keys) in hand and one key (or query) at a time.
//!
//! A head of 8 numbers is too narrow for products of matrices: most of their time
//! goes into moving scores. Here lanes are queries, so that nothing is summed
//! across lanes, and scores of one vector of queries stay in the first cache.
//! On the way back, gradients of keys and values are formed with lanes as keys.

use pulp::{Arch, NullaryFnOnce, Simd, WithSimd};

use super::attention::scale;
use super::gemm::Matrix;
use super::simd::{alone, exp};

/// The widest vectors.
const LANES: usize = 16;

/// The widest heads.
const WIDEST: usize = 16;

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

/// What memory the functions need for passing results, for so many keys (or queries, where gradients of keys are formed):
/// two vectors and two rows each.
pub(super) const fn scratch_size(keys: usize) -> usize {
    2 * (LANES + WIDEST) * keys
}

/// The rows of two matrices with nothing between them, in `memory`. As they lie, a head's rows are hundreds of numbers
/// apart, and the caches have room for few at such distances: at 1024 places a guided iteration took 1.2 times as long.
#[inline(always)]
fn packed<'a, const D: usize>(matrices: [Matrix<'a>; 2], memory: &'a mut [f32]) -> [&'a [[f32; D]]; 2] {
    let (first, second) = memory.split_at_mut(memory.len() / 2);
    let [one, two] = matrices;
    [pack(one, first), pack(two, second)]
}

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
        alone(simd, Dots { simd, lanes, rows, part, out: &mut *out });
    }
}

/// The `part`-th `P` columns of [`dots`].
struct Dots<'a, S: Simd, const D: usize, const P: usize> {
    simd: S,
    lanes: &'a [S::f32s; P],
    rows: &'a [[f32; D]],
    part: usize,
    out: &'a mut [S::f32s],
}

impl<S: Simd, const D: usize, const P: usize> NullaryFnOnce for Dots<'_, S, D, P> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self { simd, lanes, rows, part, out } = self;
        let lanes = *lanes;
        for (out, row) in out.iter_mut().zip(rows) {
            let values = &row.as_chunks::<P>().0[part];
            let mut sum = if part == 0 { simd.splat_f32s(0.0) } else { *out };
            for j in 0..P {
                sum = simd.mul_add_f32s(lanes[j], simd.splat_f32s(values[j]), sum);
            }
            *out = sum;
        }
    }
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

/// `exp(s − its lane's largest)` of one vector of queries for every key; returns the largest.
#[inline(always)]
fn exponentials<S: Simd, const D: usize, const P: usize>(
    simd: S,
    q: &[S::f32s; D],
    k: &[[f32; D]],
    out: &mut [f32],
) -> S::f32s {
    let scores = S::as_mut_simd_f32s(out).0;
    dots::<S, D, P>(simd, q, k, scores);
    let most = scores.iter().fold(simd.splat_f32s(f32::NEG_INFINITY), |most, x| simd.max_f32s(most, *x));
    let mut largest = [0.0; LANES];
    S::as_mut_simd_f32s(&mut largest).0[0] = most;
    for scores in out.chunks_exact_mut(S::F32_LANES) {
        for (score, largest) in scores.iter_mut().zip(&largest) {
            *score = exp(*score - largest);
        }
    }
    most
}

/// 1 over the sums of some vectors, lane by lane.
#[inline(always)]
fn inverse_sum<S: Simd>(simd: S, vectors: &[S::f32s]) -> S::f32s {
    let sum = vectors.iter().fold(simd.splat_f32s(0.0), |sum, x| simd.add_f32s(sum, *x));
    simd.div_f32s(simd.splat_f32s(1.0), sum)
}

/// `softmax(s q kᵀ) v` of one head; row i at `out[i · apart ..]`.
pub(super) fn attend(
    q: Matrix<'_>,
    [k, v]: [Matrix<'_>; 2],
    out: &mut [f32],
    apart: usize,
    scratch: &mut [f32],
) {
    Arch::new().dispatch(ByWidth(Forward { q, k, v, out, apart, scratch }));
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
        let [k, v] = packed::<D>([self.k, self.v], memory);
        for start in (0..self.q.rows).step_by(S::F32_LANES) {
            let q = lanes::<S, D>(&self.q, start, scale(D));
            exponentials::<S, D, P>(simd, &q, k, scores);
            let (weights, _) = S::as_simd_f32s(scores);
            let sums = weighted::<S, D, P>(simd, weights, v);
            let values = &mut self.out[start * self.apart..];
            let mut out = Output { values, rows: self.q.rows - start, apart: self.apart };
            write(simd, sums, inverse_sum(simd, weights), &mut out);
        }
    }
}

/// What the keys' gradients need of every query: its scores' largest, one over the sum of
/// exponentials, and the sum of probabilities times their gradients.
pub(super) type Moments = [f32; 3];

/// dq of one head, given the gradient g of the result; row i at `dq[i · apart ..]`. Fills `moments` where wanted.
pub(super) fn backward_queries(
    [q, g]: [Matrix<'_>; 2],
    [k, v]: [Matrix<'_>; 2],
    dq: &mut [f32],
    apart: usize,
    moments: Option<&mut [Moments]>,
    scratch: &mut [f32],
) {
    Arch::new().dispatch(ByWidth(Queries { q, g, k, v, dq, apart, moments, scratch }));
}

struct Queries<'a> {
    q: Matrix<'a>,
    g: Matrix<'a>,
    k: Matrix<'a>,
    v: Matrix<'a>,
    dq: &'a mut [f32],
    apart: usize,
    moments: Option<&'a mut [Moments]>,
    scratch: &'a mut [f32],
}

impl Job for Queries<'_> {
    fn width(&self) -> usize {
        self.q.columns
    }

    #[inline(always)]
    fn run<S: Simd, const D: usize, const P: usize>(mut self, simd: S) {
        let keys = self.k.rows;
        let (scores, memory) = self.scratch.split_at_mut(2 * LANES * keys);
        let (scores, gradients) = scores[..2 * S::F32_LANES * keys].split_at_mut(S::F32_LANES * keys);
        let [k, v] = packed::<D>([self.k, self.v], memory);
        for start in (0..self.q.rows).step_by(S::F32_LANES) {
            let (q, g) = (lanes::<S, D>(&self.q, start, scale(D)), lanes::<S, D>(&self.g, start, 1.0));
            let most = exponentials::<S, D, P>(simd, &q, k, scores);
            let (weights, _) = S::as_simd_f32s(scores);
            let (gradients, _) = S::as_mut_simd_f32s(&mut gradients[..S::F32_LANES * keys]);
            dots::<S, D, P>(simd, &g, v, gradients);
            let pairs = || weights.iter().zip(&*gradients);
            let mean = pairs().fold(simd.splat_f32s(0.0), |mean, (w, g)| simd.mul_add_f32s(*w, *g, mean));
            let inverse = inverse_sum(simd, weights);
            let mean = simd.mul_f32s(mean, inverse);
            for (weight, gradient) in weights.iter().zip(&mut *gradients) {
                *gradient = simd.mul_f32s(*weight, simd.sub_f32s(*gradient, mean));
            }
            let sums = weighted::<S, D, P>(simd, gradients, k);
            let rows = self.q.rows - start;
            if let Some(moments) = &mut self.moments {
                keep(simd, [most, inverse, mean], &mut moments[start..start + rows.min(S::F32_LANES)]);
            }
            let factors = simd.mul_f32s(inverse, simd.splat_f32s(scale(D)));
            let mut out = Output { values: &mut self.dq[start * self.apart..], rows, apart: self.apart };
            write(simd, sums, factors, &mut out);
        }
    }
}

/// Lanes to rows.
#[inline(always)]
fn keep<S: Simd>(_: S, vectors: [S::f32s; 3], to: &mut [Moments]) {
    let values = vectors.map(|vector| {
        let mut values = [0.0; LANES];
        S::as_mut_simd_f32s(&mut values).0[0] = vector;
        values
    });
    for (lane, moments) in to.iter_mut().enumerate() {
        *moments = [0, 1, 2].map(|i| values[i][lane]);
    }
}

/// dk and dv of one head, rows `apart` numbers after one another; `moments` as [`backward_queries`] filled them.
pub(super) fn backward_keys(
    [q, g]: [Matrix<'_>; 2],
    [k, v]: [Matrix<'_>; 2],
    [dk, dv]: [&mut [f32]; 2],
    apart: usize,
    moments: &[Moments],
    scratch: &mut [f32],
) {
    Arch::new().dispatch(ByWidth(Keys { q, g, k, v, dk, dv, apart, moments, scratch }));
}

struct Keys<'a> {
    q: Matrix<'a>,
    g: Matrix<'a>,
    k: Matrix<'a>,
    v: Matrix<'a>,
    dk: &'a mut [f32],
    dv: &'a mut [f32],
    apart: usize,
    moments: &'a [Moments],
    scratch: &'a mut [f32],
}

impl Job for Keys<'_> {
    fn width(&self) -> usize {
        self.q.columns
    }

    #[inline(always)]
    fn run<S: Simd, const D: usize, const P: usize>(self, simd: S) {
        let queries = self.q.rows;
        let (scores, memory) = self.scratch.split_at_mut(2 * LANES * queries);
        let (scores, gradients) = scores[..2 * S::F32_LANES * queries].split_at_mut(S::F32_LANES * queries);
        let (gradients, _) = S::as_mut_simd_f32s(gradients);
        let [q, g] = packed::<D>([self.q, self.g], memory);
        for start in (0..self.k.rows).step_by(S::F32_LANES) {
            let (k, v) = (lanes::<S, D>(&self.k, start, scale(D)), lanes::<S, D>(&self.v, start, 1.0));
            dots::<S, D, P>(simd, &k, q, S::as_mut_simd_f32s(scores).0);
            dots::<S, D, P>(simd, &v, g, gradients);
            for (scores, [most, inverse, _]) in scores.chunks_exact_mut(S::F32_LANES).zip(self.moments) {
                scores.iter_mut().for_each(|score| *score = inverse * exp(*score - most));
            }
            let (weights, _) = S::as_simd_f32s(scores);
            for ((p, gradient), [_, _, mean]) in weights.iter().zip(&mut *gradients).zip(self.moments) {
                *gradient = simd.mul_f32s(*p, simd.sub_f32s(*gradient, simd.splat_f32s(*mean)));
            }
            let dk = weighted::<S, D, P>(simd, gradients, q);
            let dv = weighted::<S, D, P>(simd, weights, g);
            let rows = self.k.rows - start;
            let (at, apart) = (start * self.apart, self.apart);
            write(
                simd,
                dk,
                simd.splat_f32s(scale(D)),
                &mut Output { values: &mut self.dk[at..], rows, apart },
            );
            write(simd, dv, simd.splat_f32s(1.0), &mut Output { values: &mut self.dv[at..], rows, apart });
        }
    }
}
