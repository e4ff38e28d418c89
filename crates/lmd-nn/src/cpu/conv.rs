//! Direct convolution of channels-last images, and linear layers, as GEMMs over pixels.
//!
//! In an image padded with zeros, tap (r, s) of a pixel reads the pixel r rows and s columns further on, so one GEMM
//! of *all* pixels with the tap's matrix accumulates its part; the taps of one kernel row are neighbours in memory and
//! make one GEMM with longer, overlapping rows (implicit im2col: nothing is copied). Pixels in the padding are computed,
//! too, and dropped; where that would cost more than copying (small images with many channels), an explicit im2col is made.
//!
//! Reference: `Conv::reference` in `layers/conv.rs`; tests `convs_are_their_composition` and
//! `large_convs_are_their_composition` in `layers/tests.rs`.
#![allow(unsafe_code)] // for outputs that are not cleared first

use std::ops::Range;

use rayon::prelude::*;

use super::gemm::{Matrix, multiply};
use super::partition::{PARTS, balanced_split};
use super::scratch::{uninit, with_scratch};
use super::simd::vectorized;
use super::tuning::{BAND_PIXELS, ELEMENTS_PER_TASK, LARGE_WEIGHTS, MIN_BAND_PIXELS};

/// Up to this many columns the `gemm` crate sums in an order that depends on the number of rows. A property of the crate, not
/// a tuning.
const GEMM_SMALL: usize = 64;

/// The weights of a convolution.
#[derive(Clone, Copy, Debug)]
pub(super) enum Taps<'a> {
    /// `[kernel_size, kernel_size, in_channels, out_channels]`
    Forward(&'a [f32]),
    /// `[kernel_size, kernel_size, out_channels, in_channels]`, read from the last tap to the first: those of the forward pass, for
    /// the backward pass, which convolves with the flipped kernel.
    Flipped(&'a [f32]),
}

/// A convolution of images that are padded already.
#[derive(Clone, Copy, Debug)]
pub(super) struct Conv<'a> {
    pub(super) taps: Taps<'a>,
    pub(super) kernel_size: usize,
    pub(super) stride: usize,
    pub(super) in_channels: usize,
    pub(super) out_channels: usize,
    /// Of the output.
    pub(super) batch: usize,
    pub(super) height: usize,
    pub(super) width: usize,
    /// Height and width of the input, padding included.
    pub(super) padded: [usize; 2],
}

/// What follows the convolution before its result is stored.
#[derive(Clone, Copy, Debug)]
pub(super) struct Epilogue<'a> {
    /// `[out_channels]`, or one per image, `[batch, out_channels]`; empty for none.
    pub(super) bias: &'a [f32],
    /// Of the output's shape.
    pub(super) residual: Option<&'a [f32]>,
    pub(super) relu: bool,
}

impl<'a> Epilogue<'a> {
    /// The bias of one image.
    pub(super) fn bias_of(&self, image: usize, out_channels: usize) -> &'a [f32] {
        if self.bias.len() > out_channels {
            &self.bias[image * out_channels..(image + 1) * out_channels]
        } else {
            self.bias
        }
    }
}

/// The pixels of a GEMM, and where their taps lie in memory.
#[derive(Clone, Copy)]
struct Pixels<'a> {
    values: &'a [f32],
    count: usize,
    row_stride: usize,
    /// Elements from one tap to the next, and from one kernel row to the next.
    tap_strides: [usize; 2],
}

impl Conv<'_> {
    /// Convolves padded images.
    pub(super) fn run(&self, input: &[f32], epilogue: Epilogue<'_>) -> Vec<f32> {
        let image = self.height * self.width * self.out_channels;
        // SAFETY: each branch writes the epilogue of every pixel.
        let mut out = unsafe { uninit(self.batch * image) };
        if self.weights() >= LARGE_WEIGHTS && self.batch * self.height * self.width < 2 * BAND_PIXELS[0] {
            if self.kernel_size == 1 && self.stride == 1 && self.out_channels > self.in_channels {
                self.split_out_channels(input, epilogue, &mut out);
            } else {
                self.split_in_channels(input, epilogue, &mut out);
            }
            return out;
        }
        let rows = self.rows_of_a_band();
        out.par_chunks_mut(image).enumerate().for_each(|(index, out)| {
            out.par_chunks_mut(rows * self.width * self.out_channels).enumerate().for_each(|(band, out)| {
                self.band(input, epilogue, (index, band * rows), out);
            });
        });
        out
    }

    fn weights(&self) -> usize {
        self.kernel_size * self.kernel_size * self.in_channels * self.out_channels
    }

    /// Few pixels, large weights: split-K. Every task takes some of the input channels, so the weights are read once.
    fn split_in_channels(&self, input: &[f32], epilogue: Epilogue<'_>, out: &mut [f32]) {
        let pixels = self.batch * self.height * self.width;
        if self.kernel_size == 1 && self.stride == 1 {
            let row_stride = self.in_channels;
            let rows = Pixels { values: input, count: pixels, row_stride, tap_strides: [0, 0] };
            return self.sum_in_channels(rows, epilogue, out);
        }
        let taps = self.kernel_size * self.kernel_size * self.in_channels;
        with_scratch(pixels * taps, |im2col| {
            let image = self.height * self.width * taps;
            im2col.par_chunks_mut(image).enumerate().for_each(|(index, to)| {
                to.par_chunks_mut(self.width * taps).enumerate().for_each(|(y, to)| {
                    self.im2col_row(input, (index, y), to);
                });
            });
            let tap_strides = [self.in_channels, self.kernel_size * self.in_channels];
            let rows = Pixels { values: im2col, count: pixels, row_stride: taps, tap_strides };
            self.sum_in_channels(rows, epilogue, out);
        });
    }

    /// The sums over parts of the input channels, one task each, added up in their order.
    fn sum_in_channels(&self, rows: Pixels<'_>, epilogue: Epilogue<'_>, out: &mut [f32]) {
        let share = self.in_channels.div_ceil(PARTS);
        let sums: Vec<Vec<f32>> = (0..PARTS)
            .into_par_iter()
            .map(|part| {
                let in_channels =
                    (part * share).min(self.in_channels)..((part + 1) * share).min(self.in_channels);
                // SAFETY: the GEMM of the first tap writes all of it, the others add to that.
                let mut sums = unsafe { uninit(rows.count * self.out_channels) };
                self.accumulate_taps(rows, in_channels, &mut sums);
                sums
            })
            .collect();
        let (first, others) = sums.split_at(1);
        self.reduce(epilogue, out, |pixel, out| {
            let start = pixel * self.out_channels;
            out.copy_from_slice(&first[0][start..start + out.len()]);
            for other in others {
                out.iter_mut().zip(&other[start..]).for_each(|(out, x)| *out += x);
            }
        });
    }

    /// Has `fill(first pixel, out)` write bands of rows, and applies the epilogue to them.
    fn reduce(&self, epilogue: Epilogue<'_>, out: &mut [f32], fill: impl Fn(usize, &mut [f32]) + Sync) {
        let row = self.width * self.out_channels;
        let rows = (ELEMENTS_PER_TASK / row.max(1)).max(1);
        out.par_chunks_mut((self.height * row).max(1)).enumerate().for_each(|(index, out)| {
            out.par_chunks_mut((rows * row).max(1)).enumerate().for_each(|(band, out)| {
                fill((index * self.height + band * rows) * self.width, out);
                self.apply_epilogue(out, None, epilogue, (index, band * rows));
            });
        });
    }

    /// Few pixels, a large linear layer with more output than input channels: every task takes some of the output channels, so
    /// there are no partial sums to reduce.
    fn split_out_channels(&self, input: &[f32], epilogue: Epilogue<'_>, out: &mut [f32]) {
        let pixels = self.batch * self.height * self.width;
        let share = self.out_channels.div_ceil(2 * PARTS);
        let rows = Matrix::dense(input, pixels, self.in_channels);
        // SAFETY: each task's GEMM writes all of its part.
        let mut parts = unsafe { uninit(pixels * self.out_channels) };
        parts.par_chunks_mut((pixels * share).max(1)).enumerate().for_each(|(i, part)| {
            let (first, columns) = (i * share, part.len() / pixels);
            let matrix = match self.taps {
                Taps::Forward(weights) => {
                    Matrix::rows(&weights[first..], self.in_channels, columns, self.out_channels)
                }
                Taps::Flipped(weights) => {
                    Matrix::dense(&weights[first * self.in_channels..], columns, self.in_channels)
                        .transposed()
                }
            };
            multiply(part, columns, false, rows, matrix);
        });
        self.reduce(epilogue, out, |first, out| {
            for (pixel, out) in (first..).zip(out.chunks_exact_mut(self.out_channels)) {
                for (part, out) in parts.chunks(pixels * share).zip(out.chunks_mut(share)) {
                    out.copy_from_slice(&part[pixel * out.len()..][..out.len()]);
                }
            }
        });
    }

    /// Rows of the output that one task computes.
    fn rows_of_a_band(&self) -> usize {
        let band_pixels = BAND_PIXELS[usize::from(self.weights() >= LARGE_WEIGHTS / 4)];
        let pixels = self.height * self.width;
        let min_bands = pixels.div_ceil(band_pixels);
        // As many bands as there are cores; but a fixed number where the order of `gemm`'s sums depends on the rows of a band.
        let order_is_fixed = self.out_channels > GEMM_SMALL && pixels >= 2 * MIN_BAND_PIXELS;
        let (shares, max_bands) = if order_is_fixed {
            (rayon::current_num_threads(), pixels / MIN_BAND_PIXELS)
        } else {
            (PARTS, self.height)
        };
        let bands = balanced_split(min_bands, max_bands.min(self.height), self.batch, shares);
        let mut rows = self.height.div_ceil(bands.max(1)).max(1);
        while order_is_fixed && self.height % rows == 1 {
            rows += 1; // no band of a single row
        }
        rows
    }

    /// A band of rows of one image.
    fn band(&self, input: &[f32], epilogue: Epilogue<'_>, (index, y): (usize, usize), out: &mut [f32]) {
        let pixels = out.len() / self.out_channels;
        let rows = pixels / self.width.max(1);
        let [padded_height, padded_width] = self.padded;
        let start = (index * padded_height + y * self.stride) * padded_width * self.in_channels;
        if self.kernel_size == 1 && self.stride == 1 {
            let rows = Pixels {
                values: &input[start..],
                count: pixels,
                row_stride: self.in_channels,
                tap_strides: [0, 0],
            };
            self.accumulate_taps(rows, 0..self.in_channels, out);
            self.apply_epilogue(out, None, epilogue, (index, y));
        } else if self.stride > 1 || self.out_channels > 16 * self.width {
            let length = self.kernel_size * self.kernel_size * self.in_channels;
            with_scratch(pixels * length, |taps| {
                taps.chunks_exact_mut(self.width * length).enumerate().for_each(|(i, to)| {
                    self.im2col_row(input, (index, y + i), to);
                });
                let tap_strides = [self.in_channels, self.kernel_size * self.in_channels];
                self.accumulate_taps(
                    Pixels { values: taps, count: pixels, row_stride: length, tap_strides },
                    0..self.in_channels,
                    out,
                );
            });
            self.apply_epilogue(out, None, epilogue, (index, y));
        } else {
            let count = rows * padded_width - (self.kernel_size - 1);
            with_scratch(rows * padded_width * self.out_channels, |sums| {
                let tap_strides = [self.in_channels, padded_width * self.in_channels];
                let rows =
                    Pixels { values: &input[start..], count, row_stride: self.in_channels, tap_strides };
                self.accumulate_taps(rows, 0..self.in_channels, sums);
                self.apply_epilogue(out, Some(sums), epilogue, (index, y));
            });
        }
    }

    /// The im2col of one output row, `[width, kernel_size²·in_channels]`.
    fn im2col_row(&self, input: &[f32], (index, y): (usize, usize), to: &mut [f32]) {
        let [padded_height, padded_width] = self.padded;
        let run = self.kernel_size * self.in_channels;
        for (x, to) in to.chunks_exact_mut(self.kernel_size * run).enumerate() {
            for (r, to) in to.chunks_exact_mut(run).enumerate() {
                let row = index * padded_height + y * self.stride + r;
                let start = (row * padded_width + x * self.stride) * self.in_channels;
                to.copy_from_slice(&input[start..start + run]);
            }
        }
    }

    /// Writes the sums over all taps and a range of the input channels.
    fn accumulate_taps(&self, rows: Pixels<'_>, in_channels: Range<usize>, out: &mut [f32]) {
        let taps = self.kernel_size * self.kernel_size;
        let taps_per_gemm = match self.taps {
            Taps::Flipped(_) => 1,
            Taps::Forward(_) if in_channels.len() < self.in_channels => 1,
            // One GEMM where all taps of a pixel are contiguous, else one for every kernel row.
            Taps::Forward(_) if rows.tap_strides[1] == self.kernel_size * rows.tap_strides[0] => taps,
            Taps::Forward(_) => self.kernel_size,
        };
        for tap in (0..taps).step_by(taps_per_gemm) {
            let offset = tap / self.kernel_size * rows.tap_strides[1]
                + tap % self.kernel_size * rows.tap_strides[0]
                + in_channels.start;
            let a = Matrix::rows(
                &rows.values[offset..],
                rows.count,
                taps_per_gemm * in_channels.len(),
                rows.row_stride,
            );
            let b = match self.taps {
                Taps::Forward(weights) => {
                    let start = (tap * self.in_channels + in_channels.start) * self.out_channels;
                    Matrix::dense(&weights[start..], taps_per_gemm * in_channels.len(), self.out_channels)
                }
                Taps::Flipped(weights) => {
                    let start = (taps - 1 - tap) * self.in_channels * self.out_channels + in_channels.start;
                    Matrix::rows(&weights[start..], self.out_channels, in_channels.len(), self.in_channels)
                        .transposed()
                }
            };
            multiply(out, self.out_channels, tap > 0, a, b);
        }
    }

    /// Applies the epilogue to the sums, which are in `out` or, with padded rows, in `sums`.
    fn apply_epilogue(
        &self,
        out: &mut [f32],
        sums: Option<&[f32]>,
        epilogue: Epilogue<'_>,
        (index, y): (usize, usize),
    ) {
        let row = self.width * self.out_channels;
        let bias = epilogue.bias_of(index, self.out_channels);
        vectorized(
            #[inline(always)]
            || {
                for (i, out) in out.chunks_exact_mut(row).enumerate() {
                    if let Some(sums) = sums {
                        let start = i * self.padded[1] * self.out_channels;
                        out.copy_from_slice(&sums[start..start + row]);
                    }
                    if !bias.is_empty() {
                        for pixel in out.chunks_exact_mut(self.out_channels) {
                            pixel.iter_mut().zip(bias).for_each(|(out, bias)| *out += bias);
                        }
                    }
                    if let Some(residual) = epilogue.residual {
                        let start = (index * self.height + y + i) * row;
                        out.iter_mut()
                            .zip(&residual[start..start + row])
                            .for_each(|(out, more)| *out += more);
                    }
                    if epilogue.relu {
                        out.iter_mut().for_each(|x| *x = x.max(0.0));
                    }
                }
            },
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The number of bands follows the number of cores; every sum must be in the same order all the same.
    #[test]
    fn the_number_of_cores_changes_no_bit() {
        let numbers = |count: usize| -> Vec<f32> { (0..count).map(|i| (i as f32 * 0.37).sin()).collect() };
        for (pixels, in_channels, out_channels) in
            [(256, 600, 80), (97, 600, 80), (991, 40, 96), (1057, 24, 96), (64, 520, 64)]
        {
            let (input, weights) = (numbers(pixels * in_channels), numbers(in_channels * out_channels));
            let epilogue = Epilogue { bias: &[], residual: None, relu: false };
            for taps in [Taps::Forward(&weights), Taps::Flipped(&weights)] {
                let conv = Conv {
                    taps,
                    kernel_size: 1,
                    stride: 1,
                    in_channels,
                    out_channels,
                    batch: 1,
                    height: pixels,
                    width: 1,
                    padded: [pixels, 1],
                };
                let with = |threads| {
                    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                    pool.install(|| conv.run(&input, epilogue))
                };
                let one = with(1);
                for threads in [2, 3, 4, 7, 16, 31] {
                    let same = one.iter().zip(with(threads)).all(|(a, b)| a.to_bits() == b.to_bits());
                    assert!(same, "{pixels} pixels, {in_channels} to {out_channels}, {threads} threads");
                }
            }
        }
    }
}
