//! Attention of narrow heads, with a vector of queries in hand and a few keys at a time.
//!
//! A head of 8 numbers is too narrow for products of matrices: most of their time
//! goes into moving scores. Here lanes are queries, so that nothing is summed
//! across lanes, and scores of one vector of queries stay in the first cache.
//! On the way back, each vector of queries adds its share to the gradients of all
//! keys and values while its scores are at hand.

use pulp::{Simd, WithSimd};

use self::lanes::{Output, lanes, pack, values_of, write};
use self::loops::{add_share, dots, exponentials, through_softmax, weighted};
use super::attention::{Above, scale};
use super::gemm::Matrix;
use super::simd::{LOG2_E, arch};

mod lanes;
mod loops;

/// The widest vectors.
const LANES: usize = 16;

/// The widest heads, and the length of rows of keys' gradients.
pub(super) const WIDEST: usize = 16;

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
            through_softmax(simd, inverse, scores, gradients);
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
