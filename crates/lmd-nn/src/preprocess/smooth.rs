//! Resizing of numbers as scikit-image does it, which OWLv2 was trained with: smoothed where it shrinks, then linear
//! between pixels; beyond its edges a picture is mirrored.

/// Where a Gaussian's tail is cut, in standard deviations.
const TRUNCATE: f64 = 4.0;
const CHANNELS: usize = 3;

/// A square picture of three numbers per pixel, `from` × `from` pixels, in the size `to` × `to`.
pub(crate) fn smooth_resized(values: &[f32], from: usize, to: usize) -> Vec<f32> {
    #[allow(clippy::cast_precision_loss)]
    let sigma = ((from as f64 / to as f64 - 1.0) / 2.0).max(0.0);
    let blurred = match kernel(sigma) {
        Some(kernel) => {
            let across =
                |values: &[f32], step: usize, line_step: usize| blur(values, from, step, line_step, &kernel);
            let rows = across(values, CHANNELS * from, CHANNELS);
            across(&rows, CHANNELS, CHANNELS * from)
        }
        None => values.to_vec(),
    };
    let taps = taps(from, to);
    let mut out = Vec::with_capacity(to * to * CHANNELS);
    for &(above, below, down) in &taps {
        for &(left, right, across) in &taps {
            for channel in 0..CHANNELS {
                let at = |x: usize, y: usize| {
                    blurred.get((y * from + x) * CHANNELS + channel).copied().unwrap_or(0.0)
                };
                let mixed = |y: usize| at(left, y) * (1.0 - across) + at(right, y) * across;
                out.push(mixed(above) * (1.0 - down) + mixed(below) * down);
            }
        }
    }
    let low = values.iter().copied().fold(f32::INFINITY, f32::min);
    let high = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    out.iter_mut().for_each(|value| *value = value.max(low).min(high));
    out
}

/// The two old pixels between which each new one lies, and how near to the second.
#[allow(clippy::cast_precision_loss)]
fn taps(from: usize, to: usize) -> Vec<(usize, usize, f32)> {
    let scale = from as f64 / to as f64;
    let of = |i: usize| {
        let place = (i as f64 + 0.5) * scale - 0.5;
        let first = place.floor();
        let neighbour = |offset: isize| mirrored(first as isize + offset, from);
        (neighbour(0), neighbour(1), (place - first) as f32)
    };
    (0..to).map(of).collect()
}

/// An index reflected about the first and the last pixel, which are not repeated.
fn mirrored(i: isize, length: usize) -> usize {
    let last = length as isize - 1;
    if last <= 0 {
        return 0;
    }
    let i = i.rem_euclid(2 * last);
    if i <= last { i as usize } else { (2 * last - i) as usize }
}

/// A normalised Gaussian; none where nothing is smoothed.
fn kernel(sigma: f64) -> Option<Vec<f32>> {
    let radius = TRUNCATE.mul_add(sigma, 0.5) as i32;
    if sigma <= 0.0 || radius == 0 {
        return None;
    }
    let weights: Vec<f64> =
        (-radius..=radius).map(|i| (-0.5 * f64::from(i * i) / (sigma * sigma)).exp()).collect();
    let total: f64 = weights.iter().sum();
    Some(weights.into_iter().map(|weight| (weight / total) as f32).collect())
}

/// Convolves the lines of a square picture, whose pixels are `step` numbers apart and which start `line_step` apart.
fn blur(values: &[f32], length: usize, step: usize, line_step: usize, kernel: &[f32]) -> Vec<f32> {
    let mut out = vec![0.0; values.len()];
    let radius = (kernel.len() / 2) as isize;
    for line in 0..length {
        for i in 0..length {
            for channel in 0..CHANNELS {
                let at = |k: usize| {
                    let j = mirrored(i as isize + k as isize - radius, length);
                    values.get(line * line_step + j * step + channel).copied().unwrap_or(0.0)
                };
                let sum = kernel.iter().enumerate().map(|(k, weight)| weight * at(k)).sum();
                if let Some(target) = out.get_mut(line * line_step + i * step + channel) {
                    *target = sum;
                }
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_are_mirrored_without_the_edge_itself() {
        let indices: Vec<usize> = (-3..6).map(|i| mirrored(i, 4)).collect();
        assert_eq!(indices, [3, 2, 1, 0, 1, 2, 3, 2, 1]);
        assert_eq!(mirrored(-5, 1), 0);
    }

    #[test]
    fn a_plain_picture_stays_plain() {
        for (from, to) in [(4, 9), (9, 4), (5, 5), (1, 3)] {
            let out = smooth_resized(&vec![0.25; from * from * 3], from, to);
            assert!(out.len() == to * to * 3 && out.iter().all(|v| (v - 0.25).abs() < 1e-6), "{from} {to}");
        }
    }
}
