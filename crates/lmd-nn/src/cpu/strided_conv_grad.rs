//! Input gradient of a strided convolution: a GEMM per tap, then a col2im-style scatter-add.
//!
//! A transposed convolution with zeros inserted between the gradients would multiply four times as much at stride 2.
//!
//! Reference: `Conv::reference` in `layers/conv.rs` with Burn's autodiff; tests in `layers/tests.rs`, the cases with `stride2`.
#![allow(unsafe_code)] // for outputs that are not cleared first

use rayon::prelude::*;

use super::dims::Dims;
use super::gemm::{Matrix, multiply};
use super::partition::PARTS;
use super::scratch::uninit;
use super::simd::vectorized;

/// A strided convolution.
#[derive(Clone, Copy, Debug)]
pub(super) struct StridedConv<'a> {
    /// `[kernel_size, kernel_size, in_channels, out_channels]`
    pub(super) taps: &'a [f32],
    pub(super) kernel_size: usize,
    pub(super) stride: usize,
    /// Rows and columns of zeros before the input's first.
    pub(super) padding_before: usize,
    pub(super) input: Dims,
    pub(super) output: Dims,
}

impl StridedConv<'_> {
    /// The gradient of the input, given that of the output.
    pub(super) fn backward(&self, grad: &[f32]) -> Vec<f32> {
        let [batch, height, width, in_channels] = self.input;
        let tap_products = self.tap_products(grad);
        // SAFETY: every pixel is filled with zeros before anything is added.
        let mut dx = unsafe { uninit(batch * height * width * in_channels) };
        dx.par_chunks_mut((width * in_channels).max(1)).enumerate().for_each(|(row, dx)| {
            vectorized(
                #[inline(always)]
                || {
                    for (x, dx) in dx.chunks_exact_mut(in_channels).enumerate() {
                        dx.fill(0.0);
                        self.scatter_add(&tap_products, [row / height, row % height, x], dx);
                    }
                },
            );
        });
        dx
    }

    /// Input channels that one task multiplies.
    fn block(&self) -> usize {
        let in_channels = self.input[3];
        if in_channels.is_multiple_of(PARTS) { in_channels / PARTS } else { in_channels }
    }

    /// The output's gradient times each tap, `[taps, blocks, output pixels, channels of a block]`.
    fn tap_products(&self, grad: &[f32]) -> Vec<f32> {
        let [batch, height, width, out_channels] = self.output;
        let (pixels, block) = (batch * height * width, self.block());
        let grad = Matrix::dense(grad, pixels, out_channels);
        // SAFETY: each task's GEMM writes all of its part.
        let mut tap_products =
            unsafe { uninit(self.kernel_size * self.kernel_size * pixels * self.input[3]) };
        tap_products.par_chunks_mut((pixels * block).max(1)).enumerate().for_each(|(i, out)| {
            let taps = Matrix::dense(&self.taps[i * block * out_channels..], block, out_channels);
            multiply(out, block, false, grad, taps.transposed());
        });
        tap_products
    }

    /// Adds to one input pixel the products of all output pixels whose receptive field it is in.
    #[inline(always)]
    fn scatter_add(&self, tap_products: &[f32], [image, y, x]: [usize; 3], dx: &mut [f32]) {
        let [batch, height, width, _] = self.output;
        let (pixels, block) = (batch * height * width, self.block());
        let reached_from = |at: usize, tap: usize, length: usize| {
            let at = (at + self.padding_before).checked_sub(tap)?;
            (at.is_multiple_of(self.stride) && at / self.stride < length).then_some(at / self.stride)
        };
        for row in 0..self.kernel_size {
            for column in 0..self.kernel_size {
                let (Some(y), Some(x)) = (reached_from(y, row, height), reached_from(x, column, width))
                else {
                    continue;
                };
                let (tap, pixel) = (row * self.kernel_size + column, (image * height + y) * width + x);
                for (i, dx) in dx.chunks_exact_mut(block).enumerate() {
                    let start = ((tap * self.input[3] / block + i) * pixels + pixel) * block;
                    dx.iter_mut()
                        .zip(&tap_products[start..start + block])
                        .for_each(|(dx, share)| *dx += share);
                }
            }
        }
    }
}
