//! Filter transform `G g Gᵀ`: once for all uses, or a slab of channels at a time, just before its GEMM, where the transformed
//! filters would be too large to keep.
//!
//! Reference: the definition of the convolution in f64, `Sizes::convolved` in `winograd/tests.rs`.

use std::ops::Range;

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::super::gemm::Matrix;
use super::super::microkernel::{L1, PANEL, Panel, prefetch};
use super::super::scratch::with_scratch;
use super::super::simd::arch;
use super::super::tuning::FILTER_PREFETCH_DISTANCE;
use super::tile::{F2x2, F4x4, Tile, Transform};

/// The memory layout of a weight of the forward pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    /// `[3, 3, in_channels, out_channels]`
    TapsFirst,
    /// `[in_channels, 3, 3, PANEL]` for one panel of output channels after another, the last with the rest of them: what is
    /// transformed together is contiguous.
    Panels,
}

/// The weight of a 3×3 convolution.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Weights<'a> {
    pub(crate) values: &'a [f32],
    pub(crate) layout: Layout,
    /// Of the forward pass.
    pub(crate) in_channels: usize,
    pub(crate) out_channels: usize,
    /// Whether these are the filters of the backward pass: input and output channels are swapped, and the kernel is flipped.
    pub(crate) backward: bool,
}

impl Weights<'_> {
    pub(super) fn in_channels(&self) -> usize {
        if self.backward { self.out_channels } else { self.in_channels }
    }

    pub(super) fn out_channels(&self) -> usize {
        if self.backward { self.in_channels } else { self.out_channels }
    }

    /// Scratch that [`transform_slab`](Self::transform_slab) needs.
    pub(super) fn scratch_len(&self, columns: usize, in_channels: usize) -> usize {
        if self.backward { 9 * columns * in_channels } else { 0 }
    }

    /// `G g Gᵀ` of a slab: some output channels, at most a panel of them, and some input channels, `[in_channels, points, columns]` or
    /// another order that `strides` gives.
    pub(super) fn transform_slab(
        &self,
        tile: Tile,
        [columns, in_channels]: [Range<usize>; 2],
        scratch: &mut [f32],
        strides: Strides,
        out: &mut [f32],
    ) {
        let width = columns.len();
        if self.backward {
            self.flip_taps(columns, in_channels.clone(), scratch);
            let (row_stride, tap_stride) = (width, width * in_channels.len());
            let taps = FilterTaps {
                values: scratch,
                tap_stride,
                row_stride,
                rows: in_channels.len(),
                reversed: false,
            };
            return taps.transform(tile, width, strides, out);
        }
        let taps = FilterTaps { rows: in_channels.len(), ..self.taps(in_channels.start, columns.start) };
        taps.transform(tile, width, strides, out);
    }

    /// `G g Gᵀ` of a slab of the backward pass without transposing the weights: `[out_channels, points, in_channels]`.
    pub(super) fn transform_slab_flipped(
        &self,
        tile: Tile,
        [out_channels, in_channels]: [Range<usize>; 2],
        strides: Strides,
        out: &mut [f32],
    ) {
        let width = in_channels.len();
        for start in (0..width).step_by(PANEL) {
            let taps = self.taps(out_channels.start, in_channels.start + start);
            let taps = FilterTaps { rows: out_channels.len(), reversed: true, ..taps };
            taps.transform(tile, PANEL.min(width - start), strides, &mut out[start..]);
        }
    }

    /// The taps from this input and output channel of the forward pass on.
    fn taps(&self, input: usize, output: usize) -> FilterTaps<'_> {
        let (start, tap_stride, row_stride) = match self.layout {
            Layout::TapsFirst => {
                (input * self.out_channels + output, self.in_channels * self.out_channels, self.out_channels)
            }
            Layout::Panels => {
                let first = output / PANEL * PANEL;
                let width = PANEL.min(self.out_channels - first);
                (9 * (first * self.in_channels + input * width) + output - first, width, 9 * width)
            }
        };
        FilterTaps { values: &self.values[start..], tap_stride, row_stride, rows: 1, reversed: false }
    }

    /// The flipped kernel of the backward pass for some of its output channels (`columns`) and input channels,
    /// `[taps, in_channels, columns]`.
    pub(crate) fn flip_taps(&self, columns: Range<usize>, in_channels: Range<usize>, out: &mut [f32]) {
        let width = columns.len();
        for (j, column) in columns.enumerate() {
            for start in in_channels.clone().step_by(PANEL) {
                let some = PANEL.min(in_channels.end - start);
                let taps = self.taps(column, start);
                for (tap, out) in out.chunks_exact_mut(in_channels.len() * width).rev().enumerate() {
                    let out = out[(start - in_channels.start) * width..].chunks_exact_mut(width);
                    let from = &taps.values[tap * taps.tap_stride..][..some];
                    out.zip(from).for_each(|(out, value)| out[j] = *value);
                }
            }
        }
    }
}

/// The transformed filters of a convolution, one panel of output channels after another, each `[points, in_channels, columns]`.
#[derive(Debug)]
pub(crate) struct TransformedFilters {
    tile: Tile,
    values: Vec<f32>,
    in_channels: usize,
    out_channels: usize,
}

impl TransformedFilters {
    pub(crate) fn new(weights: Weights<'_>, tile: Tile) -> Self {
        let (in_channels, out_channels) = (weights.in_channels(), weights.out_channels());
        let per_output = tile.points() * in_channels;
        let mut values = vec![0.0; per_output * out_channels];
        values.par_chunks_mut((per_output * PANEL).max(1)).enumerate().for_each(|(panel, out)| {
            let columns = panel * PANEL..panel * PANEL + out.len() / per_output;
            let strides = Strides { row_stride: columns.len(), point_stride: in_channels * columns.len() };
            with_scratch(weights.scratch_len(columns.len(), in_channels), |scratch| {
                weights.transform_slab(tile, [columns, 0..in_channels], scratch, strides, out);
            });
        });
        Self { tile, values, in_channels, out_channels }
    }

    /// The panels of one point, each with its first column.
    fn panels(&self, point: usize) -> impl Iterator<Item = (usize, Panel<'_>)> {
        let per_output = self.tile.points() * self.in_channels;
        self.values.chunks((per_output * PANEL).max(1)).enumerate().map(move |(index, panel)| {
            let length = self.in_channels * panel.len() / per_output;
            (index * PANEL, Panel::dense(&panel[point * length..][..length], self.in_channels))
        })
    }

    /// The GEMM of one point: input tiles `[tiles, in_channels]` of each band to products `[tiles, out_channels]`.
    pub(super) fn multiply<'a>(
        &self,
        point: usize,
        bands: impl ExactSizeIterator<Item = (&'a [f32], &'a mut [f32])>,
    ) {
        let count = bands.len().max(1);
        let mut bands: Vec<_> = bands.collect();
        let mut panels = self.panels(point).peekable();
        while let Some((column, panel)) = panels.next() {
            let next = panels.peek().map_or_else(
                || self.first_panel((point + 1) % self.tile.points()),
                |(_, panel)| panel.values,
            );
            let parts = next.chunks(next.len().div_ceil(count).max(1)).chain(std::iter::repeat(&[][..]));
            for ((input_tiles, products), next) in bands.iter_mut().zip(parts) {
                let rows = Matrix::dense(input_tiles, input_tiles.len() / self.in_channels, self.in_channels);
                panel.multiply_prefetching(next, &mut products[column..], self.out_channels, rows);
            }
        }
    }

    /// The first panel of a point.
    fn first_panel(&self, point: usize) -> &[f32] {
        self.panels(point).next().map_or(&[], |(_, panel)| panel.values)
    }
}

/// Where a convolution has its transformed filters from.
#[derive(Clone, Copy, Debug)]
pub(crate) enum FilterSource<'a> {
    /// Transformed before.
    Cached(&'a TransformedFilters),
    /// To be transformed slab by slab.
    Streamed(Weights<'a>, Tile),
}

impl FilterSource<'_> {
    pub(super) fn tile(&self) -> Tile {
        match self {
            Self::Cached(cached) => cached.tile,
            Self::Streamed(_, tile) => *tile,
        }
    }

    pub(super) fn in_channels(&self) -> usize {
        match self {
            Self::Cached(cached) => cached.in_channels,
            Self::Streamed(weights, _) => weights.in_channels(),
        }
    }

    pub(super) fn out_channels(&self) -> usize {
        match self {
            Self::Cached(cached) => cached.out_channels,
            Self::Streamed(weights, _) => weights.out_channels(),
        }
    }
}

/// A view of filters: tap t of row i begins at `values[t · tap_stride + i · row_stride ..]`.
struct FilterTaps<'a> {
    values: &'a [f32],
    tap_stride: usize,
    row_stride: usize,
    rows: usize,
    /// Whether the kernel is flipped: read from the last tap to the first.
    reversed: bool,
}

/// The layout of transformed filters: elements from one row to the next, and from one point to the next.
#[derive(Clone, Copy)]
pub(super) struct Strides {
    pub(super) row_stride: usize,
    pub(super) point_stride: usize,
}

impl FilterTaps<'_> {
    fn transform(self, tile: Tile, columns: usize, strides: Strides, out: &mut [f32]) {
        match tile {
            Tile::F2x2 => {
                arch().dispatch(FilterTransform { taps: self, columns, strides, out, transform: F2x2 });
            }
            Tile::F4x4 => {
                arch().dispatch(FilterTransform { taps: self, columns, strides, out, transform: F4x4 });
            }
        }
    }
}

/// The kernel of the filter transform.
struct FilterTransform<'a, T, const P: usize, const M: usize> {
    taps: FilterTaps<'a>,
    columns: usize,
    strides: Strides,
    out: &'a mut [f32],
    transform: T,
}

impl<T: Transform<P, M>, const P: usize, const M: usize> WithSimd for FilterTransform<'_, T, P, M> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let FilterTaps { values, tap_stride, row_stride, rows, reversed } = self.taps;
        let (out, _) = S::as_mut_simd_f32s(self.out);
        let Strides { row_stride: row, point_stride: point } = self.strides;
        let [vectors, row, point] = [self.columns, row, point].map(|numbers| numbers / S::F32_LANES);
        for i in 0..rows {
            let mut taps: [&[S::f32s]; 9] = [&[]; 9];
            for (tap, values_of) in taps.iter_mut().enumerate() {
                let start = if reversed { 8 - tap } else { tap } * tap_stride + i * row_stride;
                *values_of = S::as_simd_f32s(&values[start..start + vectors * S::F32_LANES]).0;
                prefetch::<_, L1>(
                    values,
                    start + FILTER_PREFETCH_DISTANCE * row_stride,
                    vectors * S::F32_LANES,
                );
            }
            let out = &mut out[i * row..];
            for i in 0..vectors {
                // Loops instead of closures, which would not be compiled for the wide vectors.
                let mut half = [[simd.splat_f32s(0.0); P]; 3];
                for (column, half) in half.iter_mut().enumerate() {
                    *half = self
                        .transform
                        .transform_filter(simd, [taps[column][i], taps[3 + column][i], taps[6 + column][i]]);
                }
                for (row, out) in out.chunks_mut(P * point).take(P).enumerate() {
                    let points =
                        self.transform.transform_filter(simd, [half[0][row], half[1][row], half[2][row]]);
                    for (out, value) in out.chunks_mut(point).zip(points) {
                        out[i] = value;
                    }
                }
            }
        }
    }
}
