//! Resizing: of pixels as Pillow does it, of numbers as PyTorch does.

/// The filters of Pillow that preprocessors name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Filter {
    /// The triangle.
    Bilinear,
    /// Keys' cubic convolution with a = −1/2.
    Bicubic,
}

/// Fractional bits of a weight of bytes; with 8 bits of a value and 2 to spare they fill 32.
const FRACTION: u32 = 22;

/// A channel's value of a pixel.
pub(crate) trait Sample: Copy {
    /// What it is multiplied by.
    type Weight: Copy;

    /// The weight of a share of a new value, the shares of which sum to 1.
    fn weight(share: f64) -> Self::Weight;

    /// The new value made of others.
    fn sum(weighted: impl Iterator<Item = (Self, Self::Weight)>) -> Self;
}

/// Pillow's bytes: weights are fixed-point numbers, and a sum is rounded.
impl Sample for u8 {
    type Weight = i64;

    fn weight(share: f64) -> i64 {
        (share * f64::from(1 << FRACTION)).round() as i64
    }

    fn sum(weighted: impl Iterator<Item = (Self, i64)>) -> Self {
        let sum: i64 = weighted.map(|(value, weight)| i64::from(value) * weight).sum();
        ((sum + (1 << (FRACTION - 1))) >> FRACTION).clamp(0, 255) as Self
    }
}

/// Numbers, which are not rounded.
impl Sample for f32 {
    type Weight = Self;

    fn weight(share: f64) -> Self {
        share as Self
    }

    fn sum(weighted: impl Iterator<Item = (Self, Self)>) -> Self {
        weighted.map(|(value, weight)| value * weight).sum()
    }
}

impl Filter {
    /// How far from its middle a filter reaches.
    fn support(self) -> f64 {
        match self {
            Self::Bilinear => 1.0,
            Self::Bicubic => 2.0,
        }
    }

    fn at(self, x: f64) -> f64 {
        let x = x.abs();
        match self {
            Self::Bilinear => (1.0 - x).max(0.0),
            Self::Bicubic if x < 1.0 => (1.5 * x - 2.5) * x * x + 1.0,
            Self::Bicubic if x < 2.0 => -0.5 * (((x - 5.0) * x + 8.0) * x - 4.0),
            Self::Bicubic => 0.0,
        }
    }
}

/// Which values of a line a new value is made of, and their weights.
struct Taps<W> {
    first: usize,
    weights: Vec<W>,
}

/// What `to` values are made of from `from`; widened where there are fewer, so that nothing is skipped.
fn taps<S: Sample>(filter: Filter, from: usize, to: usize) -> Vec<Taps<S::Weight>> {
    #[allow(clippy::cast_precision_loss)]
    let scale = from as f64 / to as f64;
    let stretch = scale.max(1.0);
    let support = filter.support() * stretch;
    let of = |i: usize| {
        #[allow(clippy::cast_precision_loss)]
        let middle = (i as f64 + 0.5) * scale;
        let first = (middle - support + 0.5).max(0.0) as usize;
        let end = ((middle + support + 0.5) as usize).min(from).max(first);
        #[allow(clippy::cast_precision_loss)]
        let weight = |j: usize| filter.at((j as f64 - middle + 0.5) / stretch);
        let total: f64 = (first..end).map(weight).sum();
        Taps { first, weights: (first..end).map(|j| S::weight(weight(j) / total)).collect() }
    };
    (0..to).map(of).collect()
}

/// A picture of three values per pixel in another size, as Pillow resizes it: columns, then rows, bytes rounded after each.
/// A picture of that size already is not touched.
pub(crate) fn resized<S: Sample>(values: &[S], from: [usize; 2], to: [usize; 2], filter: Filter) -> Vec<S> {
    let ([width, height], [new_width, new_height]) = (from, to);
    let wide = if width == new_width {
        values.to_vec()
    } else {
        let taps = taps::<S>(filter, width, new_width);
        let rows = values.chunks(3 * width.max(1));
        rows.flat_map(|row| line(row, &taps)).collect()
    };
    if height == new_height {
        return wide;
    }
    let stride = 3 * new_width;
    let mut out = Vec::with_capacity(stride * new_height);
    for Taps { first, weights } in taps::<S>(filter, height, new_height) {
        for column in 0..stride {
            let values = wide.iter().skip(first * stride + column).step_by(stride);
            out.push(S::sum(values.copied().zip(weights.iter().copied())));
        }
    }
    out
}

/// A row of pixels.
fn line<S: Sample>(row: &[S], taps: &[Taps<S::Weight>]) -> Vec<S> {
    let pixel = |Taps { first, weights }: &Taps<S::Weight>| {
        [0, 1, 2].map(|channel| {
            let values = row.iter().skip(3 * first + channel).step_by(3);
            S::sum(values.copied().zip(weights.iter().copied()))
        })
    };
    taps.iter().flat_map(pixel).collect()
}

/// Numbers in another size, as PyTorch's bilinear `interpolate` makes them: cells' middles are matched, nothing is widened.
pub(crate) fn bilinear(values: &[f32], from: [usize; 2], to: [usize; 2]) -> Vec<f32> {
    let ([width, height], [new_width, new_height]) = (from, to);
    let columns = neighbours(width, new_width);
    let mut out = Vec::with_capacity(new_width * new_height);
    for (above, below, down) in neighbours(height, new_height) {
        let row = |y: usize| values.get(y * width..(y + 1) * width).unwrap_or_default();
        let (above, below) = (row(above), row(below));
        for &(left, right, across) in &columns {
            let mixed = |row: &[f32]| match (row.get(left), row.get(right)) {
                (Some(a), Some(b)) => a * (1.0 - across) + b * across,
                _ => 0.0,
            };
            out.push(mixed(above) * (1.0 - down) + mixed(below) * down);
        }
    }
    out
}

/// The two old values between which each new one lies, and how near to the second.
#[allow(clippy::cast_precision_loss)]
fn neighbours(from: usize, to: usize) -> Vec<(usize, usize, f32)> {
    let scale = from as f32 / to as f32;
    let of = |i: usize| {
        let place = (scale * (i as f32 + 0.5) - 0.5).max(0.0);
        let first = (place as usize).min(from.saturating_sub(1));
        (first, (first + 1).min(from.saturating_sub(1)), place - first as f32)
    };
    (0..to).map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `PIL.Image.resize` of a picture whose bytes are 37 · i mod 256.
    #[test]
    fn pictures_are_resized_as_by_pillow() {
        let bytes: Vec<u8> = (0..5 * 4 * 3).map(|i: usize| (37 * i % 256) as u8).collect();
        let golden: serde_json::Value =
            serde_json::from_str(include_str!("../../tests/data/pillow.json")).unwrap();
        for case in golden.as_array().unwrap() {
            let size: [usize; 2] = serde_json::from_value(case["size"].clone()).unwrap();
            let expected: Vec<u8> = serde_json::from_value(case["bytes"].clone()).unwrap();
            let filter = if case["filter"] == "bilinear" { Filter::Bilinear } else { Filter::Bicubic };
            assert_eq!(resized(&bytes, [5, 4], size, filter), expected, "{filter:?} to {size:?}");
        }
        assert_eq!(golden.as_array().unwrap().len(), 8);
    }

    /// `torch.nn.functional.interpolate(x, mode="bilinear")`.
    #[test]
    fn numbers_are_resized_as_by_torch() {
        let ours = bilinear(&[0.0, 1.0, 4.0, 9.0], [2, 2], [4, 3]);
        let expected = [0.0, 0.25, 0.75, 1.0, 2.0, 2.75, 4.25, 5.0, 4.0, 5.25, 7.75, 9.0];
        assert_eq!(ours, expected);
    }
}
