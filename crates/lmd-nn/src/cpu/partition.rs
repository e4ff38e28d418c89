//! How work is split among cores.

/// Into how many tasks work is split where the split decides the order of a sum. It is not the number of cores, so the
/// result has the same bits on any machine.
pub(super) const PARTS: usize = 4;

/// The smallest number of bands per image, from `min` to `max`, with which `shares` cores have the same number of bands each
/// of a `batch` of images; `min` if there is none.
pub(super) fn balanced_split(min: usize, max: usize, batch: usize, shares: usize) -> usize {
    (min..max).find(|bands| (batch * bands).is_multiple_of(shares)).unwrap_or(min.max(max))
}
