//! The inner loops, each a function of its own.

use pulp::{NullaryFnOnce, Simd};

use super::super::simd::{alone, exp2};
use super::lanes::values_of;
use super::{LANES, WIDEST};

/// Sums that are formed side by side, as each waits for its last part.
const FOLDS: usize = 4;

/// `Σ lanes · row` for every row.
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
pub(super) fn weighted<S: Simd, const D: usize, const P: usize>(
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
pub(super) fn exponentials<S: Simd, const D: usize, const P: usize>(
    simd: S,
    q: &[S::f32s; D],
    k: &[[f32; D]],
    out: &mut [f32],
) -> S::f32s {
    let most = simd.splat_f32s(f32::NEG_INFINITY);
    let Block { sum, .. } = powers::<S, D, P>(simd, q, k, most, out);
    simd.div_f32s(simd.splat_f32s(1.0), sum)
}

/// What [`powers`] of some keys tells, lane by lane.
pub(super) struct Block<S: Simd> {
    /// The largest score so far.
    pub(super) most: S::f32s,
    /// By what sums formed with the largest before are multiplied to fit.
    pub(super) factor: S::f32s,
    /// Of the powers.
    pub(super) sum: S::f32s,
}

/// `2^(s − the largest so far)` of one vector of queries for some keys, given the largest score before.
#[inline(always)]
pub(super) fn powers<S: Simd, const D: usize, const P: usize>(
    simd: S,
    q: &[S::f32s; D],
    k: &[[f32; D]],
    most: S::f32s,
    out: &mut [f32],
) -> Block<S> {
    dots::<S, D, P>(simd, q, k, S::as_mut_simd_f32s(out).0);
    alone(simd, Powers { simd, most, scores: out })
}

/// Scores to powers, in their place.
struct Powers<'a, S: Simd> {
    simd: S,
    most: S::f32s,
    scores: &'a mut [f32],
}

impl<S: Simd> NullaryFnOnce for Powers<'_, S> {
    type Output = Block<S>;

    #[inline(always)]
    fn call(self) -> Block<S> {
        let Self { simd, most: before, scores } = self;
        let mut most = [before; FOLDS];
        for scores in S::as_simd_f32s(scores).0.chunks(FOLDS) {
            for (most, score) in most.iter_mut().zip(scores) {
                *most = simd.max_f32s(*most, *score);
            }
        }
        let [a, b, c, d] = most;
        let most = simd.max_f32s(simd.max_f32s(a, b), simd.max_f32s(c, d));
        let largest = values_of(simd, most);
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
        let mut factors = values_of(simd, before);
        for (factor, largest) in factors.iter_mut().zip(&largest) {
            *factor = exp2(*factor - largest);
        }
        Block { most, factor: S::as_simd_f32s(&factors).0[0], sum: total(simd, sums) }
    }
}

/// The sum of some sums.
#[inline(always)]
fn total<S: Simd>(simd: S, [a, b, c, d]: [S::f32s; FOLDS]) -> S::f32s {
    simd.add_f32s(simd.add_f32s(a, b), simd.add_f32s(c, d))
}

/// Given `2^(s − its lane's largest)` and dP of every key, and 1 over the sum of the former, makes the latter `dS` without
/// the division by that sum.
#[inline(always)]
pub(super) fn through_softmax<S: Simd>(simd: S, inverse: S::f32s, weights: &[f32], gradients: &mut [f32]) {
    alone(simd, ThroughSoftmax { simd, inverse, weights, gradients });
}

/// As [`through_softmax`] takes them.
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
        weigh_apart_from(simd, simd.mul_f32s(total(simd, means), inverse), weights, gradients);
    }
}

/// `P ∘ (dP − mean)`, in the latter's place.
#[inline(always)]
fn weigh_apart_from<S: Simd>(simd: S, mean: S::f32s, weights: &[S::f32s], gradients: &mut [S::f32s]) {
    for (weight, gradient) in weights.iter().zip(gradients) {
        *gradient = simd.mul_f32s(*weight, simd.sub_f32s(*gradient, mean));
    }
}

/// Scores and dP of some keys to powers and `dS` without the division by the sum of all powers, given what is largest and
/// the mean `Σ P dP`, lane by lane.
#[inline(always)]
pub(super) fn slopes<S: Simd>(
    simd: S,
    [most, mean]: [S::f32s; 2],
    scores: &mut [f32],
    gradients: &mut [f32],
) {
    alone(simd, Slopes { simd, most, mean, scores, gradients });
}

/// As [`slopes`] takes them.
struct Slopes<'a, S: Simd> {
    simd: S,
    most: S::f32s,
    mean: S::f32s,
    scores: &'a mut [f32],
    gradients: &'a mut [f32],
}

impl<S: Simd> NullaryFnOnce for Slopes<'_, S> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self { simd, most, mean, scores, gradients } = self;
        let most = values_of(simd, most);
        for scores in scores.chunks_exact_mut(S::F32_LANES) {
            for (score, most) in scores.iter_mut().zip(&most) {
                *score = exp2(*score - most);
            }
        }
        weigh_apart_from(simd, mean, S::as_simd_f32s(scores).0, S::as_mut_simd_f32s(gradients).0);
    }
}

/// `out (+)= weightsᵀ · rows`, a row to a lane, of `D` columns.
#[inline(always)]
pub(super) fn add_share<S: Simd, const D: usize>(
    simd: S,
    weights: &[f32],
    rows: &[[f32; WIDEST]; LANES],
    out: &mut [f32],
    add: bool,
) {
    for first in (0..D).step_by(S::F32_LANES) {
        let out = &mut out[first..];
        if S::F32_LANES == LANES {
            alone(simd, Share::<S, 8> { simd, weights, rows, first, out, add });
        } else {
            alone(simd, Share::<S, 4> { simd, weights, rows, first, out, add });
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
