//! Group normalisation of channels-last images (arXiv:1803.08494), with or without SiLU, forward and backward pass.
//!
//! For a group with mean μ and standard deviation σ, `x̂ = (x − μ) / σ` and `u = γ x̂ + β`; the gradient g of u gives
//! `dx = (γ g − mean(γ g) − x̂ · mean(γ g x̂)) / σ`.
//!
//! Reference: `GroupNorm::reference` in `layers/norm.rs`; tests in `layers/tests.rs`.

use std::fmt;

use rayon::prelude::*;

use super::dims::Dims;
use super::partition::for_each_rows;
use super::simd::{silu, vectorized};
use super::tuning::ELEMENTS_PER_TASK;

/// Group normalisation, and whether SiLU follows.
pub(crate) struct GroupNormSpec {
    pub(crate) weight: Vec<f32>,
    pub(crate) bias: Vec<f32>,
    pub(crate) groups: usize,
    pub(crate) epsilon: f32,
    pub(crate) silu: bool,
}

impl fmt::Debug for GroupNormSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GroupNorm({} of {}, silu: {})", self.groups, self.weight.len(), self.silu)
    }
}

/// Two sums per channel.
type Sums = [Vec<f32>; 2];

impl GroupNormSpec {
    /// `[scale, shift]`, each `[batch · channels]`, with which `u = scale · x + shift`.
    pub(super) fn coefficients(&self, x: &[f32], dims: Dims) -> Sums {
        let moments = self.moments(x, dims);
        let (mut scale, mut shift) = (Vec::new(), Vec::new());
        for image in moments.chunks(self.groups) {
            for (channel, (weight, bias)) in self.weight.iter().zip(&self.bias).enumerate() {
                let [mean, inv_std] = image[channel * self.groups / self.weight.len()];
                scale.push(weight * inv_std);
                shift.push(bias - weight * inv_std * mean);
            }
        }
        [scale, shift]
    }

    /// `scale · x + shift`, then SiLU if the spec says so, for rows of channels.
    #[inline(always)]
    pub(super) fn apply(&self, scale: &[f32], shift: &[f32], x: &[f32], out: &mut [f32]) {
        let rows = x.chunks_exact(scale.len()).zip(out.chunks_exact_mut(scale.len()));
        for (x, out) in rows {
            let terms = out.iter_mut().zip(x).zip(scale.iter().zip(shift));
            if self.silu {
                terms.for_each(|((out, x), (scale, shift))| *out = silu(scale * x + shift).0);
            } else {
                terms.for_each(|((out, x), (scale, shift))| *out = scale * x + shift);
            }
        }
    }

    /// Mean and 1 / σ of every group, image after image.
    fn moments(&self, x: &[f32], [batch, height, width, channels]: Dims) -> Vec<[f32; 2]> {
        let image = height * width * channels;
        let numbers = (image / self.groups) as f64;
        let of_image = |x: &[f32]| -> Vec<[f32; 2]> {
            // Sums of differences from the first pixel do not cancel where the mean is large (shifted data algorithm).
            let first = &x[..channels];
            let sums = channel_sums(
                [x, x],
                [first, first],
                #[inline(always)]
                |x, _, first, _| [x - first, (x - first) * (x - first)],
            );
            self.grouped(channels, |range| {
                let pixels = (height * width) as f64;
                let total: f64 =
                    range.clone().map(|c| f64::from(sums[0][c]) + pixels * f64::from(first[c])).sum();
                let mean = total / numbers;
                let squares: f64 = range
                    .map(|c| {
                        let (sum, square) = (f64::from(sums[0][c]), f64::from(sums[1][c]));
                        let off = f64::from(first[c]) - mean;
                        square + 2.0 * off * sum + pixels * off * off
                    })
                    .sum();
                #[allow(clippy::cast_possible_truncation)]
                [mean as f32, (1.0 / (squares / numbers + f64::from(self.epsilon)).sqrt()) as f32]
            })
        };
        debug_assert_eq!(x.len(), batch * image);
        x.par_chunks(image).flat_map_iter(of_image).collect()
    }

    /// `f` of every group's range of channels.
    fn grouped<T>(&self, channels: usize, f: impl Fn(std::ops::Range<usize>) -> T) -> Vec<T> {
        let width = channels / self.groups;
        (0..self.groups).map(|group| f(group * width..(group + 1) * width)).collect()
    }

    /// Replaces the gradient of the output by that of x.
    pub(super) fn backward(&self, x: &[f32], dims: Dims, grad: &mut [f32]) {
        let [_, height, width, channels] = dims;
        let image = height * width * channels;
        let moments = self.moments(x, dims);
        let images = grad.par_chunks_mut(image).zip(x.par_chunks(image));
        images.zip(moments.par_chunks(self.groups)).for_each(|((grad, x), moments)| {
            self.backward_image(x, grad, moments);
        });
    }

    fn backward_image(&self, x: &[f32], grad: &mut [f32], moments: &[[f32; 2]]) {
        let channels = self.weight.len();
        let per_channel = |i: usize| -> Vec<f32> {
            (0..channels).map(|c| moments[c * self.groups / channels][i]).collect()
        };
        let (mean, inv_std) = (per_channel(0), per_channel(1));
        if self.silu {
            self.silu_backward(x, grad, &mean, &inv_std);
        }
        let sums = channel_sums(
            [x, grad],
            [&mean, &inv_std],
            #[inline(always)]
            |x, g, mean, inv_std| [g, g * (x - mean) * inv_std],
        );
        #[allow(clippy::cast_precision_loss)]
        let part = 1.0 / (x.len() / self.groups) as f32;
        let means = self.grouped(channels, |range| {
            let weighted = |sums: &[f32]| range.clone().map(|c| self.weight[c] * sums[c]).sum::<f32>() * part;
            [weighted(&sums[0]), weighted(&sums[1])]
        });
        // dx = a g + b x + c
        let coefficients: Vec<[f32; 3]> = (0..channels)
            .map(|i| {
                let [mean_g, mean_gx] = means[i * self.groups / channels];
                let b = -inv_std[i] * inv_std[i] * mean_gx;
                [self.weight[i] * inv_std[i], b, -inv_std[i] * mean_g - b * mean[i]]
            })
            .collect();
        let column = |i: usize| -> Vec<f32> { coefficients.iter().map(|abc| abc[i]).collect() };
        let (a, b, c) = (column(0), column(1), column(2));
        for_each_rows(
            grad,
            x,
            channels,
            #[inline(always)]
            |grad, x| {
                for (grad, x) in grad.chunks_exact_mut(channels).zip(x.chunks_exact(channels)) {
                    let terms = grad.iter_mut().zip(x).zip(a.iter().zip(&b).zip(&c));
                    terms.for_each(|((g, x), ((a, b), c))| *g = a * *g + b * x + c);
                }
            },
        );
    }

    /// Replaces the gradient of `silu(u)` by that of u.
    fn silu_backward(&self, x: &[f32], grad: &mut [f32], mean: &[f32], inv_std: &[f32]) {
        let scale: Vec<f32> = self.weight.iter().zip(inv_std).map(|(w, i)| w * i).collect();
        let shift: Vec<f32> =
            self.bias.iter().zip(mean).zip(&scale).map(|((bias, mean), scale)| bias - scale * mean).collect();
        let channels = self.weight.len();
        for_each_rows(
            grad,
            x,
            channels,
            #[inline(always)]
            |grad, x| {
                for (grad, x) in grad.chunks_exact_mut(channels).zip(x.chunks_exact(channels)) {
                    let terms = grad.iter_mut().zip(x).zip(scale.iter().zip(&shift));
                    terms.for_each(|((g, x), (scale, shift))| *g *= silu(scale * x + shift).1);
                }
            },
        );
    }
}

/// Sums over all pixels of the two values of `f(x, y, a, b)` per channel, a and b being constants of the channel.
fn channel_sums(
    [x, y]: [&[f32]; 2],
    [a, b]: [&[f32]; 2],
    f: impl Fn(f32, f32, f32, f32) -> [f32; 2] + Sync,
) -> Sums {
    let channels = a.len();
    let task = (ELEMENTS_PER_TASK / channels).max(1) * channels;
    let of_task = |(x, y): (&[f32], &[f32])| {
        vectorized(
            #[inline(always)]
            || {
                let (mut first, mut second) = (vec![0.0; channels], vec![0.0; channels]);
                for (x, y) in x.chunks_exact(channels).zip(y.chunks_exact(channels)) {
                    let sums = first.iter_mut().zip(&mut second).zip(x.iter().zip(y).zip(a.iter().zip(b)));
                    for ((first, second), ((x, y), (a, b))) in sums {
                        let more = f(*x, *y, *a, *b);
                        *first += more[0];
                        *second += more[1];
                    }
                }
                [first, second]
            },
        )
    };
    let add = |mut a: Sums, b: Sums| {
        for (a, b) in a.iter_mut().zip(b) {
            a.iter_mut().zip(b).for_each(|(a, b)| *a += b);
        }
        a
    };
    let zero = || [vec![0.0; channels], vec![0.0; channels]];
    // Reduced in order, so the result does not depend on which core was faster.
    let parts: Vec<Sums> = x.par_chunks(task).zip(y.par_chunks(task)).map(of_task).collect();
    parts.into_iter().fold(zero(), add)
}
