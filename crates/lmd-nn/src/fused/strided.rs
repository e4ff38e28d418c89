//! The way back through a convolution that skips places.
//!
//! Every gradient of the result, times each tap, is the share of one place of the source. Convolving the gradients with
//! zeros between them instead would multiply four numbers for one.

use rayon::prelude::*;

use super::PARTS;
use super::before::Dims;
use super::gemm::{Matrix, multiply};
use super::scratch::unfilled;
use super::simd::vectorized;

/// Sizes of a convolution whose places lie `stride` apart.
#[derive(Clone, Copy, Debug)]
pub(super) struct Strided<'a> {
    /// `[side, side, inputs, outputs]`
    pub(super) taps: &'a [f32],
    pub(super) side: usize,
    pub(super) stride: usize,
    /// Zeros before the source's first row and column.
    pub(super) lead: usize,
    pub(super) source: Dims,
    pub(super) result: Dims,
}

impl Strided<'_> {
    /// The gradient of the source, given that of the result.
    pub(super) fn backward(&self, grad: &[f32]) -> Vec<f32> {
        let [batch, height, width, inputs] = self.source;
        let shares = self.shares(grad);
        let mut dx = unfilled(batch * height * width * inputs);
        dx.par_chunks_mut((width * inputs).max(1)).enumerate().for_each(|(row, dx)| {
            vectorized(
                #[inline(always)]
                || {
                    for (x, dx) in dx.chunks_exact_mut(inputs).enumerate() {
                        dx.fill(0.0);
                        self.add_shares(&shares, [row / height, row % height, x], dx);
                    }
                },
            );
        });
        dx
    }

    /// Inputs that one task multiplies.
    fn part(&self) -> usize {
        let inputs = self.source[3];
        if inputs.is_multiple_of(PARTS) { inputs / PARTS } else { inputs }
    }

    /// Gradients of the result times each tap, `[taps, parts, places of the result, inputs of a part]`.
    fn shares(&self, grad: &[f32]) -> Vec<f32> {
        let [batch, height, width, outputs] = self.result;
        let (places, part) = (batch * height * width, self.part());
        let grad = Matrix::dense(grad, places, outputs);
        let mut shares = unfilled(self.side * self.side * places * self.source[3]);
        shares.par_chunks_mut((places * part).max(1)).enumerate().for_each(|(i, out)| {
            let taps = Matrix::dense(&self.taps[i * part * outputs..], part, outputs);
            multiply(out, part, false, grad, taps.transposed());
        });
        shares
    }

    /// Adds what a place of the source gets from all places of the result that see it.
    #[inline(always)]
    fn add_shares(&self, shares: &[f32], [image, y, x]: [usize; 3], dx: &mut [f32]) {
        let [batch, height, width, _] = self.result;
        let (places, part) = (batch * height * width, self.part());
        let seen_by = |at: usize, tap: usize, length: usize| {
            let at = (at + self.lead).checked_sub(tap)?;
            (at.is_multiple_of(self.stride) && at / self.stride < length).then_some(at / self.stride)
        };
        for row in 0..self.side {
            for column in 0..self.side {
                let (Some(y), Some(x)) = (seen_by(y, row, height), seen_by(x, column, width)) else {
                    continue;
                };
                let (tap, place) = (row * self.side + column, (image * height + y) * width + x);
                for (i, dx) in dx.chunks_exact_mut(part).enumerate() {
                    let start = ((tap * self.source[3] / part + i) * places + place) * part;
                    dx.iter_mut().zip(&shares[start..start + part]).for_each(|(dx, share)| *dx += share);
                }
            }
        }
    }
}
