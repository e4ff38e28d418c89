//! Shares of a number of steps or regions as whole numbers.

/// `int(ratio · count)`, the ratio clamped to [0, 1].
pub(crate) fn share(ratio: f64, count: usize) -> usize {
    (ratio.clamp(0.0, 1.0) * count as f64) as usize
}

/// The least whole number that is at least `ratio · count`, the ratio clamped to [0, 1]. What rounding alone puts above
/// a whole number stays at it.
pub(crate) fn share_rounded_up(ratio: f64, count: usize) -> usize {
    (ratio.clamp(0.0, 1.0) * count as f64 - 1e-9).ceil().max(0.0) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_what_they_were_as_whole_numbers() {
        for steps in 1..=1000 {
            assert_eq!(share_rounded_up(0.2, steps), steps.div_ceil(5));
            assert_eq!(share_rounded_up(0.5, steps), steps.div_ceil(2));
            assert_eq!(share(0.4, steps), 2 * steps / 5, "{steps}");
        }
    }
}
