//! Which sizes a picture may have.

/// The sides of a picture are multiples of so many pixels.
pub(crate) const SIDE_STEP: usize = 64;
/// The longest side of a picture in pixels.
pub(crate) const LONGEST_SIDE: usize = 4096;

/// Whether a picture may have a side of so many pixels.
pub(crate) fn fits(side: usize) -> bool {
    side.is_multiple_of(SIDE_STEP) && (SIDE_STEP..=LONGEST_SIDE).contains(&side)
}
