//! Attention of a picture's wide heads to itself: keys and values are brought into the order of panels once for all queries.
//!
//! Scores are formed for some rows of queries at a time, so that they stay in the cache. Their rows lie a
//! little more than a power of two apart: lines that do share few places of the first cache.

use rayon::prelude::*;

use super::PARTS;
use super::attention::{
    Heads, Limits, exponentials_of_rows, rows_at_once, scale, scale_rows, through_softmax,
};
use super::gemm::Matrix;
use super::product::{COLUMNS, Panel, Panels};
use super::scratch::{unfilled, with_scratch};
use super::simd::vectorized;

/// Scores that stay in the cache.
const LIMITS: Limits = (1 << 18, 16..128);

/// Whether so many keys are taken.
pub(super) const fn fits(keys: usize) -> bool {
    keys.is_multiple_of(COLUMNS)
}

/// From one row of scores to the next.
const fn apart(keys: usize) -> usize {
    keys + COLUMNS
}

/// `softmax(s q kᵀ) v` of one picture, all heads, `[rows, heads·d]`.
pub(super) fn attend(q: Heads<'_>, k: Heads<'_>, v: Heads<'_>, heads: usize, out: &mut [f32]) {
    let (keys, d) = (k.rows, q.width);
    let [mirrored, padded] = [Panels::length(d, keys), Panels::length(keys, d)];
    let mut panels = unfilled(heads * (mirrored + padded));
    panels.par_chunks_exact_mut(mirrored + padded).enumerate().for_each(|(head, panels)| {
        let (of_keys, of_values) = panels.split_at_mut(mirrored);
        Panels::of(k.whole(head).transposed(), of_keys);
        Panels::of(v.whole(head), of_values);
    });
    let (width, wide) = (heads * d, padded / keys);
    let at_once = rows_at_once([q.rows, keys], LIMITS, 2 * PARTS);
    out.par_chunks_mut(at_once * width).enumerate().for_each(|(task, out)| {
        let rows = out.len() / width;
        with_scratch(rows * (apart(keys) + wide + 1), |scratch| {
            let (p, scratch) = scratch.split_at_mut(rows * apart(keys));
            let (sums, inverse) = scratch.split_at_mut(rows * wide);
            for (head, panels) in panels.chunks_exact(mirrored + padded).enumerate() {
                let (of_keys, of_values) = panels.split_at(mirrored);
                let queries = q.head(head, task * at_once..task * at_once + rows);
                exponentials_of(queries, Panels::ordered(of_keys, d), keys, p, inverse);
                let p = Matrix::rows(p, rows, keys, apart(keys));
                Panels::ordered(of_values, keys).multiply(sums, wide, false, p);
                // Each row's sum divides the few results instead of the many exponentials.
                for ((row, sums), inverse) in
                    out.chunks_exact_mut(width).zip(sums.chunks_exact(wide)).zip(&*inverse)
                {
                    row[head * d..][..d].iter_mut().zip(sums).for_each(|(out, sum)| *out = sum * inverse);
                }
            }
        });
    });
}

/// `exp(s q kᵀ − its row's largest)` of some rows, and the inverse of each row's sum.
fn exponentials_of(q: Matrix<'_>, keys: Panels<'_>, count: usize, out: &mut [f32], inverse: &mut [f32]) {
    keys.multiply(out, apart(count), false, q);
    exponentials_of_rows(out, [count, apart(count)], None, scale(q.columns), inverse);
}

/// Gradients of q, k and v of one head, side by side, `[places, 3·d]`, given the gradient g of the result.
pub(super) fn backward([q, k, v, g]: [Heads<'_>; 4], head: usize, out: &mut [f32]) {
    let (places, d) = (q.rows, q.width);
    let (mirrored, padded) = (Panels::length(d, places), Panels::length(places, d));
    let mut memory = unfilled(2 * mirrored + padded);
    let (of_keys, rest) = memory.split_at_mut(mirrored);
    let (of_values, keys) = rest.split_at_mut(mirrored);
    let [of_keys, of_values] = [(k, of_keys), (v, of_values)]
        .map(|(side, memory)| Panels::of(side.whole(head).transposed(), memory));
    let keys = Panels::of(k.whole(head), keys);
    // dkᵀ and dvᵀ: with the scores as columns of the product nothing as large as they has to be copied.
    let mut gradients = [unfilled(d * places), unfilled(d * places)];
    let (apart, wide) = (apart(places), padded / places);
    let at_once = rows_at_once([places; 2], LIMITS, 1);
    with_scratch(at_once * (2 * apart + wide + 1 + 2 * d), |scratch| {
        let (p, scratch) = scratch.split_at_mut(at_once * apart);
        let (ds, scratch) = scratch.split_at_mut(at_once * apart);
        let (dq, scratch) = scratch.split_at_mut(at_once * wide);
        let (inverse, turned) = scratch.split_at_mut(at_once);
        for start in (0..places).step_by(at_once) {
            let rows = start..(start + at_once).min(places);
            let [q, g] = [q, g].map(|side| side.head(head, rows.clone()));
            let [p, ds] = [&mut *p, &mut *ds].map(|scores| &mut scores[..rows.len() * apart]);
            exponentials_of(q, of_keys, places, p, inverse);
            of_values.multiply(ds, apart, false, g);
            vectorized(
                #[inline(always)]
                || scale_rows(p.chunks_exact_mut(apart).map(|row| &mut row[..places]), inverse),
            );
            through_softmax(p, ds, [places, apart], d);
            keys.multiply(dq, wide, false, Matrix::rows(ds, rows.len(), places, apart));
            for (out, dq) in
                out[start * 3 * d..].chunks_exact_mut(3 * d).zip(dq.chunks_exact(wide)).take(rows.len())
            {
                out[..d].copy_from_slice(&dq[..d]);
            }
            for ((side, scores), sums) in [(q, &*ds), (g, &*p)].into_iter().zip(&mut gradients) {
                let turned = &mut turned[..d * rows.len()];
                for (i, out) in turned.iter_mut().enumerate() {
                    *out = side.data[i % rows.len() * side.rows_apart + i / rows.len()];
                }
                let turned = Matrix::dense(turned, d, rows.len());
                let scores = Panel { values: scores, inputs: rows.len(), columns: places, apart };
                scores.multiply(sums, places, start > 0, turned);
            }
        }
    });
    for (place, out) in out.chunks_exact_mut(3 * d).enumerate() {
        for (out, sums) in out[d..].chunks_exact_mut(d).zip(&gradients) {
            out.iter_mut().enumerate().for_each(|(i, out)| *out = sums[i * places + place]);
        }
    }
}
