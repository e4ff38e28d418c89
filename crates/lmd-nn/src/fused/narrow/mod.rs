//! Attention of narrow heads, with a vector of queries in hand and a few keys at a time.
//!
//! A head of 8 numbers is too narrow for products of matrices: most of their time
//! goes into moving scores. Here lanes are queries, so that nothing is summed
//! across lanes, and scores of one vector of queries stay in the first cache.
//! On the way back, each vector of queries adds its share to the gradients of all
//! keys and values while its scores are at hand.

use pulp::{Simd, WithSimd};

use self::lanes::{Output, lanes, pack, scaled, values_of, write};
use self::loops::{Block, add_share, dots, exponentials, powers, slopes, through_softmax, weighted};
use super::attention::{Above, HeadBackward, scale};
use super::gemm::Matrix;
use super::simd::{LOG2_E, arch};

mod lanes;
mod loops;

/// The widest vectors.
const LANES: usize = 16;

/// The widest heads, and the length of rows of keys' gradients.
pub(super) const WIDEST: usize = 16;

/// Keys whose scores are formed at once, so that these stay in the first cache.
const BLOCK: usize = 128;

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

/// `softmax(s q kᵀ) v` of one of so many heads; row i at `out[i · heads · d ..]`, and at `logs[2 · heads · i ..]` its largest
/// score, times log₂ e, and 1 over the sum of powers of two.
pub(super) fn attend(
    q: Matrix<'_>,
    [k, v]: [Matrix<'_>; 2],
    [out, logs]: [&mut [f32]; 2],
    heads: usize,
    scratch: &mut [f32],
) {
    arch().dispatch(ByWidth(Forward { q, k, v, out, logs, heads, scratch }));
}

struct Forward<'a> {
    q: Matrix<'a>,
    k: Matrix<'a>,
    v: Matrix<'a>,
    out: &'a mut [f32],
    logs: &'a mut [f32],
    heads: usize,
    scratch: &'a mut [f32],
}

impl Job for Forward<'_> {
    fn width(&self) -> usize {
        self.q.columns
    }

    #[inline(always)]
    fn run<S: Simd, const D: usize, const P: usize>(self, simd: S) {
        let (scores, memory) = self.scratch.split_at_mut(2 * LANES * self.k.rows);
        let (of_keys, of_values) = memory.split_at_mut(memory.len() / 2);
        let (k, v) = (pack::<D>(self.k, of_keys), pack::<D>(self.v, of_values));
        for start in (0..self.q.rows).step_by(S::F32_LANES) {
            let q = lanes::<S, D>(&self.q, start, LOG2_E * scale(D));
            let zero = simd.splat_f32s(0.0);
            let (mut most, mut sum, mut sums) = (simd.splat_f32s(f32::NEG_INFINITY), zero, [zero; D]);
            for (k, v) in k.chunks(BLOCK).zip(v.chunks(BLOCK)) {
                let scores = &mut scores[..S::F32_LANES * k.len()];
                let block: Block<S> = powers::<S, D, P>(simd, &q, k, most, scores);
                most = block.most;
                sum = simd.mul_add_f32s(sum, block.factor, block.sum);
                let some = weighted::<S, D, P>(simd, S::as_simd_f32s(scores).0, v);
                for (sum, some) in sums.iter_mut().zip(some) {
                    *sum = simd.mul_add_f32s(*sum, block.factor, some);
                }
            }
            let inverse = simd.div_f32s(simd.splat_f32s(1.0), sum);
            let (apart, rows) = (self.heads * D, self.q.rows - start);
            write(simd, sums, inverse, &mut Output { values: &mut self.out[start * apart..], rows, apart });
            let logs =
                self.logs[2 * self.heads * start..].chunks_mut(2 * self.heads).take(S::F32_LANES.min(rows));
            for (logs, both) in logs.zip(values_of(simd, most).into_iter().zip(values_of(simd, inverse))) {
                (logs[0], logs[1]) = both;
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

/// dq of one head, given what is `above`; row i at `dq[i · apart ..]`.
pub(super) fn backward(
    [q, k]: [Matrix<'_>; 2],
    above: Above<'_>,
    dq: &mut [f32],
    apart: usize,
    scratch: &mut [f32],
) {
    arch().dispatch(ByWidth(Backward { q, k, above, dq, apart, scratch }));
}

struct Backward<'a> {
    q: Matrix<'a>,
    k: Matrix<'a>,
    above: Above<'a>,
    dq: &'a mut [f32],
    apart: usize,
    scratch: &'a mut [f32],
}

impl Job for Backward<'_> {
    fn width(&self) -> usize {
        self.q.columns
    }

    #[inline(always)]
    fn run<S: Simd, const D: usize, const P: usize>(self, simd: S) {
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
            through_softmax(simd, inverse, scores, gradients);
            let sums = weighted::<S, D, P>(simd, S::as_simd_f32s(gradients).0, k);
            let factors = simd.mul_f32s(inverse, simd.splat_f32s(scale(D)));
            let rows = self.q.rows - start;
            let values = &mut self.dq[start * self.apart..];
            write(simd, sums, factors, &mut Output { values, rows, apart: self.apart });
        }
    }
}

/// The way back of one head to queries, keys and values: dq, row i at `dq[i · apart ..]`, dk and dv, `[keys, WIDEST]` each.
pub(super) fn backward_to_all(
    given: HeadBackward<'_>,
    dq: &mut [f32],
    apart: usize,
    of_keys: [&mut [f32]; 2],
    scratch: &mut [f32],
) {
    arch().dispatch(ByWidth(BackwardToAll { given, dq, apart, of_keys, scratch }));
}

struct BackwardToAll<'a> {
    given: HeadBackward<'a>,
    dq: &'a mut [f32],
    apart: usize,
    of_keys: [&'a mut [f32]; 2],
    scratch: &'a mut [f32],
}

impl Job for BackwardToAll<'_> {
    fn width(&self) -> usize {
        self.given.q.columns
    }

    #[inline(always)]
    fn run<S: Simd, const D: usize, const P: usize>(self, simd: S) {
        let Self { given, dq, apart, of_keys: [dk, dv], scratch } = self;
        let (scores, memory) = scratch.split_at_mut(2 * LANES * given.k.rows);
        let (scores, gradients) = scores.split_at_mut(scores.len() / 2);
        let (of_keys, of_values) = memory.split_at_mut(memory.len() / 2);
        let (k, v) = (pack::<D>(given.k, of_keys), pack::<D>(given.v, of_values));
        for start in (0..given.q.rows).step_by(S::F32_LANES) {
            let rows = given.q.rows - start;
            let [most, inverse] = left::<S>(&given, start);
            let factors = simd.mul_f32s(inverse, simd.splat_f32s(scale(D)));
            let q = lanes::<S, D>(&given.q, start, LOG2_E * scale(D));
            let [o, g] = [&given.o, &given.g].map(|matrix| lanes::<S, D>(matrix, start, 1.0));
            // Σ P dP = o · g
            let mut mean = simd.splat_f32s(0.0);
            for (o, g) in o.iter().zip(&g) {
                mean = simd.mul_add_f32s(*o, *g, mean);
            }
            let of_q = scaled::<S, D>(simd, &given.q, start, factors);
            let of_g = scaled::<S, D>(simd, &given.g, start, inverse);
            let mut sums = [simd.splat_f32s(0.0); D];
            let gradients_of_keys = dk.chunks_mut(BLOCK * WIDEST).zip(dv.chunks_mut(BLOCK * WIDEST));
            for ((k, v), (dk, dv)) in k.chunks(BLOCK).zip(v.chunks(BLOCK)).zip(gradients_of_keys) {
                let [scores, gradients] =
                    [&mut *scores, &mut *gradients].map(|whole| &mut whole[..S::F32_LANES * k.len()]);
                dots::<S, D, P>(simd, &q, k, S::as_mut_simd_f32s(scores).0);
                dots::<S, D, P>(simd, &g, v, S::as_mut_simd_f32s(gradients).0);
                slopes(simd, [most, mean], scores, gradients);
                let some = weighted::<S, D, P>(simd, S::as_simd_f32s(gradients).0, k);
                for (sum, some) in sums.iter_mut().zip(some) {
                    *sum = simd.add_f32s(*sum, some);
                }
                add_share::<S, D>(simd, gradients, &of_q, dk, start > 0);
                add_share::<S, D>(simd, scores, &of_g, dv, start > 0);
            }
            write(simd, sums, factors, &mut Output { values: &mut dq[start * apart..], rows, apart });
        }
    }
}

/// The largest scores and the inverse sums of the rows from `start` on, as [`attend`] left them; zeros beyond the last.
#[inline(always)]
fn left<S: Simd>(given: &HeadBackward<'_>, start: usize) -> [S::f32s; 2] {
    let mut left = [[0.0; LANES]; 2];
    let rows = given.logs[start * given.logs_apart..].chunks(given.logs_apart).take(given.q.rows - start);
    for (lane, row) in rows.take(S::F32_LANES).enumerate() {
        (left[0][lane], left[1][lane]) = (row[0], row[1]);
    }
    left.map(|lanes| S::as_simd_f32s(&lanes).0[0])
}
