//! The prologue of a fused convolution: what is done to its input, while that is copied into a padded image.
//!
//! Reference: the first `match` in `Conv::reference`, `layers/conv.rs`; test `convs_are_their_composition` in `layers/tests.rs`.
#![allow(unsafe_code)] // for outputs that are not cleared first

use std::borrow::Cow;
use std::sync::Arc;

use rayon::prelude::*;

use super::dims::Dims;
use super::geglu::{geglu, geglu_backward};
use super::group_norm::GroupNormSpec;
use super::layer_norm::LayerNormSpec;
use super::partition::for_each_rows;
use super::resize::{resize_backward, resize_row};
use super::scratch::uninit;
use super::simd::vectorized;
use super::tuning::ELEMENTS_PER_TASK;

/// What is done to the input first.
#[derive(Clone, Debug)]
pub(crate) enum Prologue {
    Identity,
    /// Group normalisation, then SiLU where the spec says so.
    GroupNorm(Arc<GroupNormSpec>),
    LayerNorm(Arc<LayerNormSpec>),
    /// GEGLU of the channels, which halves them.
    Geglu,
    /// Nearest-neighbour resize to this height and width.
    Resize([usize; 2]),
}

impl Prologue {
    /// Shape of the output.
    pub(super) fn output_dims(&self, [batch, height, width, channels]: Dims) -> Dims {
        match self {
            Self::Geglu => [batch, height, width, channels / 2],
            Self::Resize([height, width]) => [batch, *height, *width, channels],
            _ => [batch, height, width, channels],
        }
    }

    /// The output, padded with zeros: `pad[0]` rows and columns before the first, `pad[1]` after the last.
    pub(super) fn forward<'a>(&self, x: &'a [f32], dims: Dims, pad: [usize; 2]) -> Cow<'a, [f32]> {
        match self {
            Self::Identity if pad == [0, 0] => Cow::Borrowed(x),
            Self::Identity => map_rows_padded(
                x,
                dims,
                dims,
                pad,
                #[inline(always)]
                |_, from, to| to.copy_from_slice(from),
            ),
            Self::GroupNorm(spec) => {
                let [scale, shift] = spec.coefficients(x, dims);
                map_rows_padded(
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
            Self::LayerNorm(spec) => map_rows_padded(
                x,
                dims,
                dims,
                pad,
                #[inline(always)]
                |_, from, to| spec.forward(from, to),
            ),
            Self::Geglu => map_rows_padded(
                x,
                dims,
                self.output_dims(dims),
                pad,
                #[inline(always)]
                |_, from, to| geglu(from, to, dims[3]),
            ),
            Self::Resize(_) => map_rows_padded(
                x,
                dims,
                self.output_dims(dims),
                pad,
                #[inline(always)]
                |_, from, to| {
                    resize_row(from, to, [dims[2], self.output_dims(dims)[2]], dims[3]);
                },
            ),
        }
    }

    /// The gradient of x, given that of the output without its padding.
    pub(super) fn backward(&self, x: &[f32], dims: Dims, mut grad: Vec<f32>) -> Vec<f32> {
        match self {
            Self::Identity => grad,
            Self::GroupNorm(spec) => {
                spec.backward(x, dims, &mut grad);
                grad
            }
            Self::LayerNorm(spec) => {
                for_each_rows(
                    &mut grad,
                    x,
                    dims[3],
                    #[inline(always)]
                    |grad, x| spec.backward(x, grad),
                );
                grad
            }
            Self::Geglu => {
                // SAFETY: every row's values and gates get their gradients.
                let mut dx = unsafe { uninit(x.len()) };
                let width = dims[3];
                let rows = (ELEMENTS_PER_TASK / width).max(1);
                dx.par_chunks_mut(rows * width)
                    .zip(x.par_chunks(rows * width))
                    .zip(grad.par_chunks(rows * width / 2))
                    .for_each(|((dx, x), grad)| {
                        vectorized(
                            #[inline(always)]
                            || geglu_backward(x, grad, dx, width),
                        );
                    });
                dx
            }
            Self::Resize(size) => resize_backward(&grad, dims, *size),
        }
    }
}

/// Makes padded images row by row: `fill(image, row of x, row of the output)`, with zeros around.
fn map_rows_padded<'a>(
    x: &[f32],
    from: Dims,
    to: Dims,
    [pad, after]: [usize; 2],
    fill: impl Fn(usize, &[f32], &mut [f32]) + Sync,
) -> Cow<'a, [f32]> {
    let [batch, height, width, channels] = to;
    let (row_from, row_to, row_padded) =
        (from[2] * from[3], width * channels, (width + pad + after) * channels);
    let (rows, left) = (height + pad + after, pad * channels);
    // SAFETY: every row is written: padding with zeros, the rest by `fill`, which writes all of its row.
    let mut output = unsafe { uninit(batch * rows * row_padded) };
    let rows_per_task = (ELEMENTS_PER_TASK / row_padded.max(1)).max(1);
    let task = |(task, band): (usize, &mut [f32])| {
        vectorized(
            #[inline(always)]
            || {
                for (i, to) in band.chunks_exact_mut(row_padded).enumerate() {
                    let (image, y) = ((task * rows_per_task + i) / rows, (task * rows_per_task + i) % rows);
                    if y < pad || y >= height + pad {
                        to.fill(0.0);
                        continue;
                    }
                    let y = (y - pad) * from[1] / height; // nearest, where the height changes
                    let start = (image * from[1] + y) * row_from;
                    to[..left].fill(0.0);
                    to[left + row_to..].fill(0.0);
                    fill(image, &x[start..start + row_from], &mut to[left..left + row_to]);
                }
            },
        );
    };
    output.par_chunks_mut(rows_per_task * row_padded).enumerate().for_each(task);
    Cow::Owned(output)
}
