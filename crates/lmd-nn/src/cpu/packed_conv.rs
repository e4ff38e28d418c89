//! [`PackedConv`]: the weights of a linear layer or a 3×3 convolution, in the memory layouts that the kernels read.
//!
//! Reference: the weights as diffusers stores them, `[out_channels, in_channels, kernel_size, kernel_size]`; test
//! `weights_are_transposed_whatever_their_sizes` in this file, and the large cases in `layers/tests.rs`.
#![allow(unsafe_code)] // for outputs that are not cleared first

use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, OnceLock};

use rayon::prelude::*;

use super::microkernel::PANEL;
use super::scratch::uninit;
use super::tuning::{MAX_CACHED_FILTER, MAX_FLIPPED_COPY, MAX_STREAMED_TILES, TRANSPOSE_TILE};
use super::winograd::{CHANNELS, FilterSource, Layout, Tile, TransformedFilters, Weights};
use crate::workers::get_or_compute;

/// The weights of a linear layer (a 1×1 convolution) or of a 3×3 convolution.
pub(crate) struct PackedConv {
    /// In `layout`.
    weight: Vec<f32>,
    layout: Layout,
    /// Winograd filters, `[forward, backward]`, for each tile; computed when first needed.
    transformed: [[OnceLock<TransformedFilters>; 2]; 2],
    /// The flipped kernel, `[kernel_size, kernel_size, out_channels, in_channels]`, for the backward pass; computed when first needed.
    flipped: OnceLock<Vec<f32>>,
    pub(super) bias: Vec<f32>,
    pub(super) kernel_size: usize,
    pub(super) in_channels: usize,
    pub(super) out_channels: usize,
}

impl fmt::Debug for PackedConv {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kernel_size, in_channels, out_channels, .. } = self;
        write!(f, "PackedConv({kernel_size}×{kernel_size}, {in_channels} → {out_channels})")
    }
}

impl PackedConv {
    /// From the weights of some layers of the same input, each `[out_channels / layers, in_channels, kernel_size, kernel_size]`, whose
    /// outputs are concatenated; `shape` is `[out_channels, in_channels, kernel_size]`. No bias if empty.
    pub(crate) fn new(weights: &[Cow<'_, [f32]>], bias: Vec<f32>, shape: [usize; 3]) -> Self {
        let in_channels = shape[1];
        let (weight, layout) = match weights {
            [weight] if fits_winograd(shape) && weight.len() > MAX_CACHED_FILTER => {
                (to_panels(weight, in_channels), Layout::Panels)
            }
            _ => (to_taps_first(weights, shape), Layout::TapsFirst),
        };
        Self::with_layout(weight, layout, bias, shape)
    }

    fn with_layout(
        weight: Vec<f32>,
        layout: Layout,
        bias: Vec<f32>,
        [out_channels, in_channels, kernel_size]: [usize; 3],
    ) -> Self {
        let (transformed, flipped) = (Default::default(), OnceLock::new());
        Self { weight, layout, transformed, flipped, bias, kernel_size, in_channels, out_channels }
    }

    /// The same weights for a convolution that never uses Winograd's algorithm.
    pub(crate) fn for_direct_conv(self: Arc<Self>) -> Arc<Self> {
        if self.layout == Layout::TapsFirst {
            return self;
        }
        let shape = [self.out_channels, self.in_channels, self.kernel_size];
        let taps = self.taps_first().into_owned();
        Arc::new(Self::with_layout(taps, Layout::TapsFirst, self.bias.clone(), shape))
    }

    /// `[kernel_size, kernel_size, in_channels, out_channels]`, copied if the weights are in panels: which happens where a large
    /// convolution meets an image of odd sides, as at the deepest level of 448 or 576 pixels.
    pub(super) fn taps_first(&self) -> Cow<'_, [f32]> {
        if self.layout == Layout::TapsFirst {
            return Cow::Borrowed(&self.weight);
        }
        // SAFETY: the panels are as wide as a row together, so every element of every row is copied.
        let mut taps = unsafe { uninit(self.weight.len()) };
        taps.par_chunks_exact_mut(self.out_channels).enumerate().for_each(|(row, out)| {
            let (tap, input) = (row / self.in_channels, row % self.in_channels);
            for (panel, out) in out.chunks_mut(PANEL).enumerate() {
                let start = 9 * (panel * PANEL * self.in_channels + input * out.len()) + tap * out.len();
                out.copy_from_slice(&self.weight[start..start + out.len()]);
            }
        });
        Cow::Owned(taps)
    }

    /// The filters of a Winograd convolution of images of this batch, height and width, if they fit one.
    pub(super) fn winograd_filters(
        &self,
        sizes: [usize; 3],
        upsampled2x: bool,
        backward: bool,
    ) -> Option<FilterSource<'_>> {
        if !fits_winograd([self.out_channels, self.in_channels, self.kernel_size]) {
            return None;
        }
        let weights = self.weights(backward);
        let streamed = || {
            let tile = Tile::of(sizes, upsampled2x, false)?;
            let elements =
                tile.input_pixels(sizes) * if backward { self.out_channels } else { self.in_channels };
            (self.weight.len() > MAX_CACHED_FILTER && elements <= MAX_STREAMED_TILES)
                .then_some(FilterSource::Streamed(weights, tile))
        };
        streamed().or_else(|| {
            let tile = Tile::of(sizes, upsampled2x, true)?;
            let cached = &self.transformed[usize::from(backward)][tile as usize];
            Some(FilterSource::Cached(get_or_compute(cached, || TransformedFilters::new(weights, tile))))
        })
    }

    /// The flipped kernel of the backward pass, `[kernel_size, kernel_size, out_channels, in_channels]`; `None` where the weights are
    /// too large to be kept twice.
    pub(super) fn flipped(&self) -> Option<&[f32]> {
        let flip = || {
            let mut flipped = vec![0.0; self.weight.len()];
            self.weights(true).flip_taps(0..self.in_channels, 0..self.out_channels, &mut flipped);
            flipped
        };
        (self.weight.len() <= MAX_FLIPPED_COPY).then(|| &**get_or_compute(&self.flipped, flip))
    }

    fn weights(&self, backward: bool) -> Weights<'_> {
        let Self { layout, in_channels, out_channels, .. } = *self;
        Weights { values: &self.weight, layout, in_channels, out_channels, backward }
    }
}

/// Whether a convolution of this shape, `[out_channels, in_channels, kernel_size]`, may be a Winograd convolution.
fn fits_winograd([out_channels, in_channels, kernel_size]: [usize; 3]) -> bool {
    let whole = |channels: usize| channels.is_multiple_of(CHANNELS);
    kernel_size == 3 && whole(out_channels) && whole(in_channels)
}

/// Transposes weights `[out_channels / layers, in_channels, kernel_size, kernel_size]` to
/// `[kernel_size, kernel_size, in_channels, out_channels]`, by tiles of [`TRANSPOSE_TILE`].
fn to_taps_first(
    weights: &[Cow<'_, [f32]>],
    [out_channels, in_channels, kernel_size]: [usize; 3],
) -> Vec<f32> {
    let (taps, outputs_per_layer) = (kernel_size * kernel_size, out_channels / weights.len().max(1));
    let mut transposed = vec![0.0; weights.iter().map(|weight| weight.len()).sum()];
    // A task is a block of input channels: its rows of all taps.
    let mut blocks: Vec<Vec<&mut [f32]>> = Vec::new();
    blocks.resize_with(in_channels.div_ceil(TRANSPOSE_TILE), Vec::new);
    for tap in transposed.chunks_mut((in_channels * out_channels).max(1)) {
        blocks
            .iter_mut()
            .zip(tap.chunks_mut((TRANSPOSE_TILE * out_channels).max(1)))
            .for_each(|(block, rows)| block.push(rows));
    }
    blocks.into_par_iter().enumerate().for_each(|(block, mut rows)| {
        for (layer, weight) in weights.iter().enumerate() {
            // The file has one row per output channel, of which this block reads a part.
            let from = &weight[(block * TRANSPOSE_TILE * taps).min(weight.len())..];
            let tiles = from.chunks(TRANSPOSE_TILE * in_channels * taps);
            for (tile, from) in tiles.take(outputs_per_layer.div_ceil(TRANSPOSE_TILE)).enumerate() {
                let start = layer * outputs_per_layer + tile * TRANSPOSE_TILE;
                let width = TRANSPOSE_TILE.min(outputs_per_layer - tile * TRANSPOSE_TILE);
                for (tap, rows) in rows.iter_mut().enumerate() {
                    for (input, row) in rows.chunks_exact_mut(out_channels).enumerate() {
                        let from = from[input * taps + tap..].iter().step_by(in_channels * taps);
                        row[start..start + width].iter_mut().zip(from).for_each(|(to, from)| *to = *from);
                    }
                }
            }
        }
    });
    transposed
}

/// [`Layout::Panels`] of a weight `[out_channels, in_channels, 3, 3]`.
fn to_panels(weight: &[f32], in_channels: usize) -> Vec<f32> {
    let (row, block) = (9 * in_channels, 9 * TRANSPOSE_TILE);
    // SAFETY: each panel has as many elements as its rows of the file, each of which is copied to its column.
    let mut out = unsafe { uninit(weight.len()) };
    out.par_chunks_mut(PANEL * row).zip(weight.par_chunks(PANEL * row)).for_each(|(out, from)| {
        let width = out.len() / row;
        for (index, out) in out.chunks_mut(block * width).enumerate() {
            for (column, from) in from.chunks_exact(row).enumerate() {
                let from = &from[index * block..];
                out.chunks_exact_mut(width).zip(from).for_each(|(out, value)| out[column] = *value);
            }
        }
    });
    out
}

#[cfg(test)]
mod tests {
    use super::to_taps_first;

    #[test]
    fn weights_are_transposed_whatever_their_sizes() {
        for (layers, per_layer, in_channels, kernel_size) in
            [(1, 5, 3, 3), (1, 16, 32, 3), (3, 20, 33, 1), (2, 17, 16, 1)]
        {
            let (taps, out_channels) = (kernel_size * kernel_size, layers * per_layer);
            let of = |output: usize, input: usize, tap: usize| (output * 1000 + input * 10 + tap) as f32;
            let stored = |layer: usize| {
                let indices = (0..per_layer)
                    .flat_map(|o| (0..in_channels).flat_map(move |i| (0..taps).map(move |t| (o, i, t))));
                indices.map(|(o, i, t)| of(layer * per_layer + o, i, t)).collect::<Vec<f32>>().into()
            };
            let weights: Vec<_> = (0..layers).map(stored).collect();
            let transposed = to_taps_first(&weights, [out_channels, in_channels, kernel_size]);
            for (at, value) in transposed.into_iter().enumerate() {
                let (output, input) = (at % out_channels, at / out_channels % in_channels);
                let tap = at / out_channels / in_channels;
                assert_eq!(value, of(output, input, tap), "{layers} layers, {output} {input} {tap}");
            }
        }
    }
}
