//! What is done to the input of a [`Map`](super::Map): normalisations with or without SiLU, a gate, a resize.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use rayon::prelude::*;

use super::group_norm::GroupNormSpec;
use super::scratch::unfilled;
use super::simd::{LANES, normal, sigmoid, sum, sum2, vectorized};

/// Numbers one task works on, so that a task lasts far longer than handing it out.
pub(super) const TASK: usize = 1 << 14;

/// Sizes of a picture, `[batch, height, width, channels]`.
pub(super) type Dims = [usize; 4];

/// Layer normalisation of the last dimension (arXiv:1607.06450).
pub(crate) struct LayerNormSpec {
    pub(crate) weight: Vec<f32>,
    pub(crate) bias: Vec<f32>,
    pub(crate) epsilon: f32,
}

impl fmt::Debug for LayerNormSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LayerNorm({})", self.weight.len())
    }
}

/// What happens to the input first.
#[derive(Clone, Debug)]
pub(crate) enum Before {
    Nothing,
    /// Group normalisation, then SiLU where the spec says so.
    GroupNorm(Arc<GroupNormSpec>),
    LayerNorm(Arc<LayerNormSpec>),
    /// The first half of the channels times GELU of the second (GEGLU, arXiv:2002.05202).
    Gate,
    /// Nearest neighbours, to this height and width.
    Resize([usize; 2]),
}

impl Before {
    /// Sizes of the result.
    pub(super) fn output(&self, [batch, height, width, channels]: Dims) -> Dims {
        match self {
            Self::Gate => [batch, height, width, channels / 2],
            Self::Resize([height, width]) => [batch, *height, *width, channels],
            _ => [batch, height, width, channels],
        }
    }

    /// The result, with zeros around it: so many before the first row and column, so many after the last.
    pub(super) fn forward<'a>(&self, x: &'a [f32], dims: Dims, pad: [usize; 2]) -> Cow<'a, [f32]> {
        match self {
            Self::Nothing if pad == [0, 0] => Cow::Borrowed(x),
            Self::Nothing => frame(
                x,
                dims,
                dims,
                pad,
                #[inline(always)]
                |_, from, to| to.copy_from_slice(from),
            ),
            Self::GroupNorm(spec) => {
                let [scale, shift] = spec.coefficients(x, dims);
                frame(
                    x,
                    dims,
                    dims,
                    pad,
                    #[inline(always)]
                    |image, from, to| {
                        let channels = image * dims[3]..(image + 1) * dims[3];
                        spec.apply(&scale[channels.clone()], &shift[channels], from, to);
                    },
                )
            }
            Self::LayerNorm(spec) => frame(
                x,
                dims,
                dims,
                pad,
                #[inline(always)]
                |_, from, to| spec.forward(from, to),
            ),
            Self::Gate => frame(
                x,
                dims,
                self.output(dims),
                pad,
                #[inline(always)]
                |_, from, to| gate(from, to, dims[3]),
            ),
            Self::Resize(_) => frame(
                x,
                dims,
                self.output(dims),
                pad,
                #[inline(always)]
                |_, from, to| {
                    stretch(from, to, [dims[2], self.output(dims)[2]], dims[3]);
                },
            ),
        }
    }

    /// The gradient of x, given that of the result (without padding).
    pub(super) fn backward(&self, x: &[f32], dims: Dims, mut grad: Vec<f32>) -> Vec<f32> {
        match self {
            Self::Nothing => grad,
            Self::GroupNorm(spec) => {
                spec.backward(x, dims, &mut grad);
                grad
            }
            Self::LayerNorm(spec) => {
                by_rows(
                    &mut grad,
                    x,
                    dims[3],
                    dims[3],
                    #[inline(always)]
                    |grad, x| spec.backward(x, grad),
                );
                grad
            }
            Self::Gate => {
                let mut dx = unfilled(x.len());
                let width = dims[3];
                let rows = (TASK / width).max(1);
                dx.par_chunks_mut(rows * width)
                    .zip(x.par_chunks(rows * width))
                    .zip(grad.par_chunks(rows * width / 2))
                    .for_each(|((dx, x), grad)| {
                        vectorized(
                            #[inline(always)]
                            || gate_backward(x, grad, dx, width),
                        );
                    });
                dx
            }
            Self::Resize(size) => gather(&grad, dims, *size),
        }
    }
}

/// Fills a picture row by row, inside a frame of zeros: `fill(image, row of x, row of the result)`.
fn frame<'a>(
    x: &[f32],
    from: Dims,
    to: Dims,
    [pad, after]: [usize; 2],
    fill: impl Fn(usize, &[f32], &mut [f32]) + Sync,
) -> Cow<'a, [f32]> {
    let [batch, height, width, channels] = to;
    let (row_from, row_to, row_padded) =
        (from[2] * from[3], width * channels, (width + pad + after) * channels);
    let (rows, border) = (height + pad + after, pad * channels);
    let mut result = unfilled(batch * rows * row_padded);
    let at_once = (TASK / row_padded.max(1)).max(1);
    let task = |(task, band): (usize, &mut [f32])| {
        vectorized(
            #[inline(always)]
            || {
                for (i, to) in band.chunks_exact_mut(row_padded).enumerate() {
                    let (image, y) = ((task * at_once + i) / rows, (task * at_once + i) % rows);
                    if y < pad || y >= height + pad {
                        to.fill(0.0);
                        continue;
                    }
                    let y = (y - pad) * from[1] / height; // nearest, where the height changes
                    let start = (image * from[1] + y) * row_from;
                    to[..border].fill(0.0);
                    to[border + row_to..].fill(0.0);
                    fill(image, &x[start..start + row_from], &mut to[border..border + row_to]);
                }
            },
        );
    };
    result.par_chunks_mut(at_once * row_padded).enumerate().for_each(task);
    Cow::Owned(result)
}

/// `work(rows of a, rows of b)` in parallel.
fn by_rows(
    a: &mut [f32],
    b: &[f32],
    width_a: usize,
    width_b: usize,
    work: impl Fn(&mut [f32], &[f32]) + Sync,
) {
    let rows = (TASK / width_a.max(width_b).max(1)).max(1);
    a.par_chunks_mut(rows * width_a).zip(b.par_chunks(rows * width_b)).for_each(|(a, b)| {
        vectorized(
            #[inline(always)]
            || work(a, b),
        );
    });
}

impl LayerNormSpec {
    /// Mean and the inverse of the standard deviation of a row.
    #[inline(always)]
    fn moments(&self, row: &[f32]) -> [f32; 2] {
        #[allow(clippy::cast_precision_loss)]
        let part = 1.0 / row.len() as f32;
        let mean = part * sum(row, |x| x);
        let variance = part * sum(row, |x| (x - mean) * (x - mean));
        [mean, 1.0 / (variance + self.epsilon).sqrt()]
    }

    #[inline(always)]
    fn forward(&self, x: &[f32], out: &mut [f32]) {
        let width = self.weight.len();
        for (x, out) in x.chunks_exact(width).zip(out.chunks_exact_mut(width)) {
            let [mean, inverse] = self.moments(x);
            for (((out, x), weight), bias) in out.iter_mut().zip(x).zip(&self.weight).zip(&self.bias) {
                *out = (x - mean) * inverse * weight + bias;
            }
        }
    }

    /// With x̂ the normal x and g = γ·grad: `dx = (g − mean(g) − x̂ · mean(g x̂)) / σ`, in place of the gradient.
    #[inline(always)]
    fn backward(&self, x: &[f32], grad: &mut [f32]) {
        let width = self.weight.len();
        #[allow(clippy::cast_precision_loss)]
        let part = 1.0 / width as f32;
        for (x, grad) in x.chunks_exact(width).zip(grad.chunks_exact_mut(width)) {
            let [mean, inverse] = self.moments(x);
            for (g, weight) in grad.iter_mut().zip(&self.weight) {
                *g *= weight;
            }
            let mean_g = part * sum(grad, |g| g);
            let mean_gx = part * inverse * sum2(grad, x, |g, x| g * (x - mean));
            for (g, x) in grad.iter_mut().zip(x) {
                *g = inverse * (*g - mean_g - (x - mean) * inverse * mean_gx);
            }
        }
    }
}

/// `value · gate · Φ(gate)` for rows of values followed by gates.
#[inline(always)]
fn gate(x: &[f32], out: &mut [f32], width: usize) {
    for (x, out) in x.chunks_exact(width).zip(out.chunks_exact_mut(width / 2)) {
        let (values, gates) = x.split_at(width / 2);
        for ((out, value), gate) in out.iter_mut().zip(values).zip(gates) {
            *out = value * gate * normal(*gate).0;
        }
    }
}

#[inline(always)]
fn gate_backward(x: &[f32], grad: &[f32], dx: &mut [f32], width: usize) {
    let rows = x.chunks_exact(width).zip(grad.chunks_exact(width / 2)).zip(dx.chunks_exact_mut(width));
    for ((x, grad), dx) in rows {
        let (values, gates) = x.split_at(width / 2);
        let (d_values, d_gates) = dx.split_at_mut(width / 2);
        let (whole, rest) = values.as_chunks::<LANES>();
        let whole = whole.iter().zip(gates.as_chunks().0).zip(grad.as_chunks().0);
        let outs = d_values.as_chunks_mut().0.iter_mut().zip(d_gates.as_chunks_mut().0);
        for (((value, gate), g), (d_value, d_gate)) in whole.zip(outs) {
            [*d_value, *d_gate] = gate_gradients(value, gate, g);
        }
        for i in width / 2 - rest.len()..width / 2 {
            let [[d_value], [d_gate]] = gate_gradients(&[values[i]], &[gates[i]], &[grad[i]]);
            (d_values[i], d_gates[i]) = (d_value, d_gate);
        }
    }
}

/// Gradients of some values and of their gates. (Written straight to where they belong, they would be computed one by one:
/// the compiler cannot know that nothing overlaps.)
#[inline(always)]
fn gate_gradients<const N: usize>(values: &[f32; N], gates: &[f32; N], grad: &[f32; N]) -> [[f32; N]; 2] {
    let mut gradients = [[0.0; N]; 2];
    for i in 0..N {
        let (below, density) = normal(gates[i]);
        gradients[0][i] = grad[i] * gates[i] * below;
        gradients[1][i] = grad[i] * values[i] * (below + gates[i] * density);
    }
    gradients
}

/// `x · sigmoid(x)` and its derivative.
#[inline(always)]
pub(super) fn silu(x: f32) -> (f32, f32) {
    let s = sigmoid(x);
    (x * s, s * (1.0 + x * (1.0 - s)))
}

/// A row of `from` places made one of `to`.
fn stretch(row: &[f32], out: &mut [f32], [from, to]: [usize; 2], channels: usize) {
    for (x, out) in out.chunks_exact_mut(channels).enumerate() {
        let start = x * from / to * channels;
        out.copy_from_slice(&row[start..start + channels]);
    }
}

/// The gradient of a resize: every place gathers from those it was copied to.
fn gather(grad: &[f32], [batch, height, width, channels]: Dims, [tall, wide]: [usize; 2]) -> Vec<f32> {
    let mut dx = vec![0.0; batch * height * width * channels];
    for image in 0..batch {
        for y in 0..tall {
            let row = (image * height + y * height / tall) * width;
            for x in 0..wide {
                let to = (row + x * width / wide) * channels;
                let from = ((image * tall + y) * wide + x) * channels;
                let pairs = dx[to..to + channels].iter_mut().zip(&grad[from..from + channels]);
                pairs.for_each(|(d, g)| *d += g);
            }
        }
    }
    dx
}
