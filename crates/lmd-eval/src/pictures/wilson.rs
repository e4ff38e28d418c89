//! Wilson's score interval (1927) of a rate.

use serde::Serialize;

/// The 97.5 % quantile of the normal distribution: intervals of 95 %.
const Z: f64 = 1.959_963_984_540_054;

/// Between which percentages a rate lies, with 95 % confidence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Interval {
    /// The lower end in percent.
    pub low: f64,
    /// The upper end in percent.
    pub high: f64,
}

/// The interval of `passed` of `attempted`; everything where nothing was tried.
#[must_use]
pub fn wilson(passed: usize, attempted: usize) -> Interval {
    if attempted == 0 {
        return Interval { low: 0.0, high: 100.0 };
    }
    let n = attempted as f64;
    let p = passed as f64 / n;
    let middle = p + Z * Z / (2.0 * n);
    let half = Z * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
    let whole = 1.0 + Z * Z / n;
    let percent = |part: f64| (100.0 * part / whole).clamp(0.0, 100.0);
    Interval { low: percent(middle - half), high: percent(middle + half) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Newcombe 1998, table I: 81 of 263 gives 0.2553 to 0.3662, 15 of 148 0.0624 to 0.1605, 0 of 20 0 to 0.1611.
    #[test]
    fn intervals_are_those_of_newcombes_table() {
        for (passed, attempted, low, high) in
            [(81, 263, 25.53, 36.62), (15, 148, 6.24, 16.05), (0, 20, 0.0, 16.11), (1, 29, 0.61, 17.18)]
        {
            let interval = wilson(passed, attempted);
            assert!(
                (interval.low - low).abs() < 0.006 && (interval.high - high).abs() < 0.006,
                "{interval:?}"
            );
        }
        assert_eq!(wilson(0, 0), Interval { low: 0.0, high: 100.0 });
        assert!(wilson(100, 100).high <= 100.0);
    }
}
