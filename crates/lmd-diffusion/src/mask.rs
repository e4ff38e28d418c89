//! Attention of a word as a map, and masks of it (B.11).

use lmd_layout::Mask;
use serde::{Deserialize, Serialize};

use crate::energy::AttentionMap;

/// Where a Gaussian's tail is cut, in standard deviations.
const TRUNCATE: f64 = 4.0;

/// A map of one word averaged over steps and heads, row by row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TokenMap {
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// `width * height` values.
    pub values: Vec<f64>,
}

impl TokenMap {
    /// The mean over `steps` (each a map of one token) and their heads;
    /// `None` when there are none.
    #[must_use]
    pub fn mean<'a>(steps: impl IntoIterator<Item = &'a AttentionMap>) -> Option<Self> {
        let mut steps = steps.into_iter().peekable();
        let (width, height) = steps.peek().map(|map| (map.width(), map.height()))?;
        let mut values = vec![0.0; width * height];
        let mut count = 0;
        for map in steps {
            for head in 0..map.heads() {
                values.iter_mut().zip(map.cells_of(head, 0)).for_each(|(sum, a)| *sum += f64::from(a));
                count += 1;
            }
        }
        values.iter_mut().for_each(|sum| *sum /= f64::from(count.max(1)));
        Some(Self { width, height, values })
    }

    /// Gaussian smoothing with standard deviation `sigma` in cells; the map
    /// is mirrored at its edges (`d c b a | a b c d | d c b a`).
    #[must_use]
    pub fn smoothed(&self, sigma: f64) -> Self {
        let kernel = gaussian(sigma);
        let vertical = convolve(&self.values, self.height, self.width, self.width, 1, &kernel);
        let values = convolve(&vertical, self.width, 1, self.height, self.width, &kernel);
        Self { values, ..*self }
    }

    /// Scaled so that the smallest value is 0 and the largest 1. A constant
    /// map becomes 0.
    #[must_use]
    pub fn normalised(&self) -> Self {
        let low = self.values.iter().copied().fold(f64::INFINITY, f64::min);
        let high = self.values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let range = if high > low { high - low } else { 1.0 };
        Self { values: self.values.iter().map(|v| (v - low) / range).collect(), ..*self }
    }

    /// Column and row of the first of the highest values; `None` where there are none.
    #[must_use]
    pub fn highest(&self) -> Option<(usize, usize)> {
        let above = |best: (usize, f64), next: (usize, f64)| if next.1 > best.1 { next } else { best };
        let (index, _) = self.values.iter().copied().enumerate().reduce(above)?;
        Some((index % self.width.max(1), index / self.width.max(1)))
    }

    /// The cells above `threshold` on a grid of `width` × `height` cells
    /// (nearest neighbour).
    #[must_use]
    pub fn above(&self, threshold: f64, width: usize, height: usize) -> Mask {
        Mask::from_fn(width, height, |x, y| {
            let (column, row) = (x * self.width / width.max(1), y * self.height / height.max(1));
            self.values.get(row * self.width + column).is_some_and(|v| *v > threshold)
        })
    }
}

/// A normalised Gaussian kernel, radius `4σ` rounded.
fn gaussian(sigma: f64) -> Vec<f64> {
    let radius = TRUNCATE.mul_add(sigma, 0.5) as i32;
    let weights: Vec<f64> =
        (-radius..=radius).map(|i| (-0.5 * f64::from(i * i) / (sigma * sigma)).exp()).collect();
    let total: f64 = weights.iter().sum();
    weights.into_iter().map(|w| w / total).collect()
}

/// Convolves `lines` lines of `length` values each; values of a line are
/// `step` apart, lines start `line_step` apart.
fn convolve(
    values: &[f64],
    length: usize,
    step: usize,
    lines: usize,
    line_step: usize,
    kernel: &[f64],
) -> Vec<f64> {
    let mut out = vec![0.0; values.len()];
    let radius = kernel.len() / 2;
    for line in 0..lines {
        for i in 0..length {
            let at = |k: usize| {
                let j = mirrored((i + k) as isize - radius as isize, length);
                values[line * line_step + j * step]
            };
            let sum = kernel.iter().enumerate().map(|(k, w)| w * at(k)).sum();
            if let Some(target) = out.get_mut(line * line_step + i * step) {
                *target = sum;
            }
        }
    }
    out
}

/// Reflects an index about the edges, the edge value repeated.
fn mirrored(i: isize, length: usize) -> usize {
    let period = 2 * length as isize;
    let i = i.rem_euclid(period.max(1));
    if i < length as isize { i as usize } else { (period - 1 - i) as usize }
}

/// A mask on a coarser grid: a cell is on where any cell is on that bilinear interpolation without widening looks at, the
/// nearest one or two in each direction around its middle (B.11).
#[must_use]
pub fn shrunk(mask: &Mask, width: usize, height: usize) -> Mask {
    let seen = |cells: usize, of: usize| -> Vec<(usize, usize)> {
        let scale = of as f64 / cells.max(1) as f64;
        let last = of.saturating_sub(1);
        let around = |cell: usize| {
            let middle = (cell as f64 + 0.5).mul_add(scale, -0.5).max(0.0);
            ((middle.floor() as usize).min(last), (middle.ceil() as usize).min(last))
        };
        (0..cells).map(around).collect()
    };
    let (columns, rows) = (seen(width, mask.width()), seen(height, mask.height()));
    Mask::from_fn(width, height, |x, y| {
        let (Some(&(left, right)), Some(&(above, below))) = (columns.get(x), rows.get(y)) else {
            return false;
        };
        [above, below].into_iter().any(|row| mask.get(left, row) || mask.get(right, row))
    })
}

/// Shared area over united area of two masks on one grid; 0 of two empty ones.
#[must_use]
pub fn overlap(a: &Mask, b: &Mask) -> f64 {
    let (mut shared, mut united) = (0.0, 0.0);
    for (a, b) in a.cells().iter().zip(b.cells()) {
        shared += f64::from(u8::from(*a && *b));
        united += f64::from(u8::from(*a || *b));
    }
    if united > 0.0 { shared / united } else { 0.0 }
}

/// The mean cell index of a mask as a share of its size, `(x, y)`; no half
/// cell is added (B.12). `None` for an empty mask.
#[must_use]
pub fn mask_center(mask: &Mask) -> Option<(f64, f64)> {
    let area = mask.area();
    if area == 0 {
        return None;
    }
    let width = mask.width();
    let on = || mask.cells().iter().enumerate().filter(|(_, on)| **on).map(|(i, _)| i);
    let (x, y) = on().fold((0, 0), |(x, y), i| (x + i % width, y + i / width));
    let share = |sum: usize, size: usize| sum as f64 / area as f64 / size as f64;
    Some((share(x, width), share(y, mask.height())))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `scipy.ndimage.gaussian_filter(m, 1.5)` of a 5 × 5 map with a 1 in
    /// row 1, column 3, and a 2 in row 4, column 0.
    #[test]
    fn smoothing_is_scipys() {
        let mut values = vec![0.0; 25];
        (values[8], values[20]) = (1.0, 2.0);
        let map = TokenMap { width: 5, height: 5, values };
        let smooth = map.smoothed(1.5);
        let expected = [
            0.023411237746,
            0.042184923733,
            0.073950766368,
            0.098175055407,
            0.104072753091,
            0.055030256391,
            0.061794968773,
            0.079325213553,
            0.094995053790,
            0.098175055407,
            0.148849990823,
            0.118266143906,
            0.090933083220,
            0.079325213553,
            0.073950766368,
            0.313593719816,
            0.220175218888,
            0.118266143906,
            0.061794968773,
            0.042184923733,
            0.460659337982,
            0.313593719816,
            0.148849990823,
            0.055030256391,
            0.023411237746,
        ];
        for (ours, theirs) in smooth.values.iter().zip(expected) {
            assert!((ours - theirs).abs() < 1e-9, "{ours} against {theirs}");
        }
        assert!((smooth.values.iter().sum::<f64>() - 3.0).abs() < 1e-12);
    }

    #[test]
    fn thresholds_are_taken_on_the_normalised_map() {
        let map = TokenMap { width: 2, height: 2, values: vec![1.0, 2.0, 3.0, 5.0] };
        let mask = map.normalised().above(0.25, 4, 4);
        assert_eq!(mask.area(), 8, "the lower row only: 0.25 itself is not above");
        assert!(mask.get(0, 2) && mask.get(3, 3) && !mask.get(3, 0));
        let flat = TokenMap { values: vec![2.0; 4], ..map };
        assert_eq!(flat.normalised().above(0.25, 4, 4).area(), 0);
    }

    #[test]
    fn the_first_of_the_highest_cells_is_found() {
        let map = TokenMap { width: 3, height: 2, values: vec![1.0, 0.0, 2.0, 2.0, 1.0, 0.0] };
        assert_eq!(map.highest(), Some((2, 0)));
        assert_eq!(TokenMap { width: 0, height: 0, values: Vec::new() }.highest(), None);
    }

    #[test]
    fn coarse_cells_look_at_the_middle_of_what_they_cover() {
        // Of 8 × 8 pixels a cell sees the four at 3 and 4; of 4 × 4 those at 1 and 2.
        for (side, seen) in [(8, [3, 4]), (4, [1, 2])] {
            for at in 0..side {
                let one = Mask::from_fn(2 * side, side, |x, y| x == side + at && y == seen[0]);
                let coarse = shrunk(&one, 2, 1);
                assert_eq!((coarse.get(0, 0), coarse.get(1, 0)), (false, seen.contains(&at)), "{side} {at}");
            }
        }
        let mask = Mask::from_fn(3, 3, |x, y| x == 1 && y == 1);
        assert_eq!(shrunk(&mask, 3, 3), mask);
        assert_eq!(shrunk(&mask, 1, 1).area(), 1);
    }

    #[test]
    fn overlap_is_shared_over_united() {
        let (left, all) = (Mask::from_fn(2, 2, |x, _| x == 0), Mask::from_fn(2, 2, |_, _| true));
        assert_eq!((overlap(&left, &all), overlap(&left, &left)), (0.5, 1.0));
        assert_eq!(overlap(&Mask::new(2, 2), &Mask::new(2, 2)), 0.0);
    }

    #[test]
    fn centres_are_mean_indices() {
        let mask = Mask::from_fn(4, 8, |x, y| x < 2 && y == 4);
        assert_eq!(mask_center(&mask), Some((0.125, 0.5)));
        assert_eq!(mask_center(&Mask::new(3, 3)), None);
    }
}
