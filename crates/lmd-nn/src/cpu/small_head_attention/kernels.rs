//! The inner loops, none of them inlined (see [`outlined`]).

use pulp::{NullaryFnOnce, Simd};

use super::super::simd::{LANES, exp2, outlined};
use super::lanes::{MAX_WIDTH, to_array};

/// Independent accumulators of a reduction, which hide the latency of its additions.
const ACCUMULATORS: usize = 4;

/// The dot product of every lane with every row: `out[row] = Σ_j lanes[j] · row[j]`.
#[inline(always)]
pub(super) fn dots<S: Simd, const D: usize, const P: usize>(
    simd: S,
    lanes: &[S::f32s; D],
    rows: &[[f32; D]],
    out: &mut [S::f32s],
) {
    for (part, lanes) in lanes.as_chunks::<P>().0.iter().enumerate() {
        let out = &mut *out;
        if S::F32_LANES == LANES {
            outlined(simd, DotsLoop::<S, D, P, 8> { simd, lanes, rows, part, out });
        } else {
            outlined(simd, DotsLoop::<S, D, P, 4> { simd, lanes, rows, part, out });
        }
    }
}

/// The `part`-th `P` columns of [`dots`], for `R` rows at once, which hides the latency of the additions.
struct DotsLoop<'a, S: Simd, const D: usize, const P: usize, const R: usize> {
    simd: S,
    lanes: &'a [S::f32s; P],
    rows: &'a [[f32; D]],
    part: usize,
    out: &'a mut [S::f32s],
}

impl<S: Simd, const D: usize, const P: usize, const R: usize> NullaryFnOnce for DotsLoop<'_, S, D, P, R> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self { simd, lanes, rows, part, out } = self;
        let lanes = *lanes;
        let (rows, rows_left) = rows.as_chunks::<R>();
        let (out, out_left) = out.as_chunks_mut::<R>();
        for (out, rows) in out.iter_mut().zip(rows) {
            *out = dots_block(simd, &lanes, rows, part, out);
        }
        for (out, row) in out_left.iter_mut().zip(rows_left) {
            [*out] = dots_block(simd, &lanes, &[*row], part, &[*out]);
        }
    }
}

/// Adds the `part`-th columns of `R` rows to their partial dot products.
#[inline(always)]
fn dots_block<S: Simd, const D: usize, const P: usize, const R: usize>(
    simd: S,
    lanes: &[S::f32s; P],
    rows: &[[f32; D]; R],
    part: usize,
    partial: &[S::f32s; R],
) -> [S::f32s; R] {
    let mut sums = if part == 0 { [simd.splat_f32s(0.0); R] } else { *partial };
    for (j, lanes) in lanes.iter().enumerate() {
        for (sum, row) in sums.iter_mut().zip(rows) {
            *sum = simd.mul_add_f32s(*lanes, simd.splat_f32s(row[part * P + j]), *sum);
        }
    }
    sums
}

/// `Σ weight · row` over all rows, lane by lane: P V of a vector of queries.
#[inline(always)]
pub(super) fn weighted_sum<S: Simd, const D: usize, const P: usize>(
    simd: S,
    weights: &[S::f32s],
    rows: &[[f32; D]],
) -> [S::f32s; D] {
    let mut out = [simd.splat_f32s(0.0); D];
    for (part, out) in out.as_chunks_mut::<P>().0.iter_mut().enumerate() {
        outlined(simd, WeightedSum { simd, weights, rows, part, out });
    }
    out
}

/// The `part`-th `P` columns of [`weighted_sum`].
struct WeightedSum<'a, S: Simd, const D: usize, const P: usize> {
    simd: S,
    weights: &'a [S::f32s],
    rows: &'a [[f32; D]],
    part: usize,
    out: &'a mut [S::f32s; P],
}

impl<S: Simd, const D: usize, const P: usize> NullaryFnOnce for WeightedSum<'_, S, D, P> {
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

/// The numerators `2^(score − row_max)` of one vector of queries for all keys; returns 1 / row sum.
#[inline(always)]
pub(super) fn softmax_numerators<S: Simd, const D: usize, const P: usize>(
    simd: S,
    q: &[S::f32s; D],
    k: &[[f32; D]],
    out: &mut [f32],
) -> S::f32s {
    let row_max = simd.splat_f32s(f32::NEG_INFINITY);
    let OnlineSoftmax { sum, .. } = online_softmax::<S, D, P>(simd, q, k, row_max, out);
    simd.div_f32s(simd.splat_f32s(1.0), sum)
}

/// The state of an online softmax after a block of keys, lane by lane.
pub(super) struct OnlineSoftmax<S: Simd> {
    /// The maximum over this block and those before.
    pub(super) row_max: S::f32s,
    /// `2^(old row_max − row_max)`, which rescales what was accumulated before.
    pub(super) factor: S::f32s,
    /// The sum of this block's numerators.
    pub(super) sum: S::f32s,
}

/// The numerators `2^(score − row_max)` of one vector of queries for a block of keys, given the maximum of the blocks before.
#[inline(always)]
pub(super) fn online_softmax<S: Simd, const D: usize, const P: usize>(
    simd: S,
    q: &[S::f32s; D],
    k: &[[f32; D]],
    row_max: S::f32s,
    out: &mut [f32],
) -> OnlineSoftmax<S> {
    dots::<S, D, P>(simd, q, k, S::as_mut_simd_f32s(out).0);
    outlined(simd, OnlineSoftmaxLoop { simd, row_max, scores: out })
}

/// The loop of [`online_softmax`], on scores in place.
struct OnlineSoftmaxLoop<'a, S: Simd> {
    simd: S,
    row_max: S::f32s,
    scores: &'a mut [f32],
}

impl<S: Simd> NullaryFnOnce for OnlineSoftmaxLoop<'_, S> {
    type Output = OnlineSoftmax<S>;

    #[inline(always)]
    fn call(self) -> OnlineSoftmax<S> {
        let Self { simd, row_max: old_max, scores } = self;
        let mut row_max = [old_max; ACCUMULATORS];
        for scores in S::as_simd_f32s(scores).0.chunks(ACCUMULATORS) {
            for (row_max, score) in row_max.iter_mut().zip(scores) {
                *row_max = simd.max_f32s(*row_max, *score);
            }
        }
        let [a, b, c, d] = row_max;
        let row_max = simd.max_f32s(simd.max_f32s(a, b), simd.max_f32s(c, d));
        let max = to_array(simd, row_max);
        for scores in scores.chunks_exact_mut(S::F32_LANES) {
            for (score, max) in scores.iter_mut().zip(&max) {
                *score = exp2(*score - max);
            }
        }
        let mut sums = [simd.splat_f32s(0.0); ACCUMULATORS];
        for numerators in S::as_simd_f32s(scores).0.chunks(ACCUMULATORS) {
            for (sum, numerator) in sums.iter_mut().zip(numerators) {
                *sum = simd.add_f32s(*sum, *numerator);
            }
        }
        let mut factors = to_array(simd, old_max);
        for (factor, max) in factors.iter_mut().zip(&max) {
            *factor = exp2(*factor - max);
        }
        OnlineSoftmax { row_max, factor: S::as_simd_f32s(&factors).0[0], sum: sum_of(simd, sums) }
    }
}

/// The sum of the accumulators.
#[inline(always)]
fn sum_of<S: Simd>(simd: S, [a, b, c, d]: [S::f32s; ACCUMULATORS]) -> S::f32s {
    simd.add_f32s(simd.add_f32s(a, b), simd.add_f32s(c, d))
}

/// Given the numerators of P, dP in `gradients`, and 1 / row sum, replaces dP by dS without the factors s and 1 / row sum.
#[inline(always)]
pub(super) fn softmax_backward<S: Simd>(
    simd: S,
    inv_row_sum: S::f32s,
    weights: &[f32],
    gradients: &mut [f32],
) {
    outlined(simd, SoftmaxBackward { simd, inv_row_sum, weights, gradients });
}

/// The loop of [`softmax_backward`].
struct SoftmaxBackward<'a, S: Simd> {
    simd: S,
    inv_row_sum: S::f32s,
    weights: &'a [f32],
    gradients: &'a mut [f32],
}

impl<S: Simd> NullaryFnOnce for SoftmaxBackward<'_, S> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self { simd, inv_row_sum, weights, gradients } = self;
        let (weights, gradients) = (S::as_simd_f32s(weights).0, S::as_mut_simd_f32s(gradients).0);
        let mut delta = [simd.splat_f32s(0.0); ACCUMULATORS];
        for (weights, gradients) in weights.chunks(ACCUMULATORS).zip(gradients.chunks(ACCUMULATORS)) {
            for ((delta, weight), gradient) in delta.iter_mut().zip(weights).zip(gradients) {
                *delta = simd.mul_add_f32s(*weight, *gradient, *delta);
            }
        }
        multiply_centred(simd, simd.mul_f32s(sum_of(simd, delta), inv_row_sum), weights, gradients);
    }
}

/// `P ∘ (dP − delta)`, in place of dP.
#[inline(always)]
fn multiply_centred<S: Simd>(simd: S, delta: S::f32s, weights: &[S::f32s], gradients: &mut [S::f32s]) {
    for (weight, gradient) in weights.iter().zip(gradients) {
        *gradient = simd.mul_f32s(*weight, simd.sub_f32s(*gradient, delta));
    }
}

/// Replaces the scores of a block of keys by the numerators of P, and dP by dS without the factors s and 1 / row sum, given row max
/// and delta `rowsum(dO ∘ O)` (FlashAttention-2, algorithm 2).
#[inline(always)]
pub(super) fn softmax_backward_saved<S: Simd>(
    simd: S,
    [row_max, delta]: [S::f32s; 2],
    scores: &mut [f32],
    gradients: &mut [f32],
) {
    outlined(simd, SoftmaxBackwardSaved { simd, row_max, delta, scores, gradients });
}

/// The loop of [`softmax_backward_saved`].
struct SoftmaxBackwardSaved<'a, S: Simd> {
    simd: S,
    row_max: S::f32s,
    delta: S::f32s,
    scores: &'a mut [f32],
    gradients: &'a mut [f32],
}

impl<S: Simd> NullaryFnOnce for SoftmaxBackwardSaved<'_, S> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self { simd, row_max, delta, scores, gradients } = self;
        let row_max = to_array(simd, row_max);
        for scores in scores.chunks_exact_mut(S::F32_LANES) {
            for (score, row_max) in scores.iter_mut().zip(&row_max) {
                *score = exp2(*score - row_max);
            }
        }
        multiply_centred(simd, delta, S::as_simd_f32s(scores).0, S::as_mut_simd_f32s(gradients).0);
    }
}

/// `out (+)= weightsᵀ · rows`, with `D` columns: a vector of queries' share of dK or dV.
#[inline(always)]
pub(super) fn add_outer<S: Simd, const D: usize>(
    simd: S,
    weights: &[f32],
    rows: &[[f32; MAX_WIDTH]; LANES],
    out: &mut [f32],
    add: bool,
) {
    for first in (0..D).step_by(S::F32_LANES) {
        let out = &mut out[first..];
        if S::F32_LANES == LANES {
            outlined(simd, OuterLoop::<S, 8> { simd, weights, rows, first, out, add });
        } else {
            outlined(simd, OuterLoop::<S, 4> { simd, weights, rows, first, out, add });
        }
    }
}

/// One vector of columns, from `first` on, of [`add_outer`], for `K` keys at once.
struct OuterLoop<'a, S, const K: usize> {
    simd: S,
    weights: &'a [f32],
    rows: &'a [[f32; MAX_WIDTH]; LANES],
    first: usize,
    out: &'a mut [f32],
    add: bool,
}

impl<S: Simd, const K: usize> NullaryFnOnce for OuterLoop<'_, S, K> {
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
        for (weights, out) in whole.zip(out.chunks_mut(K * MAX_WIDTH)) {
            outer_block::<S, K>(simd, columns, weights, out, add);
        }
        for (weights, out) in rest.chunks_exact(S::F32_LANES).zip(out.chunks_mut(MAX_WIDTH).skip(keys)) {
            outer_block::<S, 1>(simd, columns, weights, out, add);
        }
    }
}

/// `K` keys of an [`OuterLoop`].
#[inline(always)]
fn outer_block<S: Simd, const K: usize>(
    simd: S,
    columns: &[S::f32s],
    weights: &[f32],
    out: &mut [f32],
    add: bool,
) {
    let mut sums = [simd.splat_f32s(0.0); K];
    if add {
        for (key, sum) in sums.iter_mut().enumerate() {
            *sum = S::as_simd_f32s(&out[key * MAX_WIDTH..]).0[0];
        }
    }
    for (lane, column) in columns.iter().enumerate() {
        for (sum, weights) in sums.iter_mut().zip(weights.chunks_exact(S::F32_LANES)) {
            *sum = simd.mul_add_f32s(simd.splat_f32s(weights[lane]), *column, *sum);
        }
    }
    for (key, sum) in sums.iter().enumerate() {
        S::as_mut_simd_f32s(&mut out[key * MAX_WIDTH..]).0[0] = *sum;
    }
}
