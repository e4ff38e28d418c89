//! How work is split among cores.

use rayon::prelude::*;

use super::simd::vectorized;
use super::tuning::ELEMENTS_PER_TASK;

/// Into how many tasks work is split where the split decides the order of a sum. It is not the number of cores, so the
/// result has the same bits on any machine.
pub(super) const PARTS: usize = 4;

/// The smallest number of bands per image, from `min` to `max`, with which `shares` cores have the same number of bands each
/// of a `batch` of images; `min` if there is none.
pub(super) fn balanced_split(min: usize, max: usize, batch: usize, shares: usize) -> usize {
    (min..max).find(|bands| (batch * bands).is_multiple_of(shares)).unwrap_or(min.max(max))
}

/// `work(rows of a, the same rows of b)` in parallel, of arrays `[rows, width]`.
pub(super) fn for_each_rows(
    a: &mut [f32],
    b: &[f32],
    width: usize,
    work: impl Fn(&mut [f32], &[f32]) + Sync,
) {
    let task = (ELEMENTS_PER_TASK / width.max(1)).max(1) * width;
    a.par_chunks_mut(task).zip(b.par_chunks(task)).for_each(|(a, b)| {
        vectorized(
            #[inline(always)]
            || work(a, b),
        );
    });
}
