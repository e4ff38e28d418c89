//! Winograd convolution with streamed filters: they are transformed slab by slab, just before their GEMM.
//!
//! Reference: the definition of the convolution in f64, `Sizes::convolved` in `winograd/tests.rs`.
#![allow(unsafe_code)] // for outputs that are not cleared first

use rayon::prelude::*;

use super::super::conv::Epilogue;
use super::super::gemm::Matrix;
use super::super::microkernel::{COLUMNS, PANEL, Panel, Panels};
use super::super::partition::PARTS;
use super::super::scratch::{uninit, with_scratch};
use super::super::tuning::{STREAMED_DEPTH, STREAMED_MANY_TILES};
use super::filter_transform::{Strides, Weights};
use super::output_transform::Products;
use super::shape::Winograd;
use super::tile::Tile;
use super::{input_transform, output_transform};

/// Output channels of a task.
const GROUP: usize = 2 * PANEL;

impl Winograd<'_> {
    /// Each task takes a group of output channels, transforms their filters for some input channels at a time, and multiplies
    /// all tiles by them while they are in the cache.
    pub(super) fn streamed_forward(
        &self,
        filters: (Weights<'_>, Tile),
        input: &[f32],
        epilogue: Epilogue<'_>,
        out: &mut [f32],
    ) {
        let input_tiles = input_transform::transform_all(self, input);
        let tiles = self.tiles() / input_transform::bands(self);
        // Of each group [batch · bands, points, tiles, out_channels].
        let multiply =
            |first, products: &mut [f32]| self.multiply_group(filters, &input_tiles, first, products);
        self.by_groups(multiply, |band| (band * self.points() * tiles, tiles), epilogue, out);
    }

    /// The backward pass, whose weights are contiguous in its input channels: the filters are the left factor of the GEMMs, read
    /// as they are, and the packed tiles the right one.
    pub(super) fn streamed_backward(
        &self,
        filters: (Weights<'_>, Tile),
        input: &[f32],
        epilogue: Epilogue<'_>,
        out: &mut [f32],
    ) {
        let panels = self.pack_tiles(&input_transform::transform_all(self, input));
        let (tiles, bands) = (self.tiles(), input_transform::bands(self));
        // Of each group [batch, points, tiles, out_channels].
        let multiply =
            |first, products: &mut [f32]| self.multiply_group_transposed(filters, &panels, first, products);
        let first = |band| band / bands * self.points() * tiles + band % bands * (tiles / bands);
        self.by_groups(multiply, |band| (first(band), tiles), epilogue, out);
    }

    /// Shares groups of output channels among tasks, `multiply(first channel, products)`, then bands of the output, for which
    /// `rows(band)` is the first row of the products and the number of rows from one point to the next.
    fn by_groups(
        &self,
        multiply: impl Fn(usize, &mut [f32]) + Sync,
        rows: impl Fn(usize) -> (usize, usize) + Sync,
        epilogue: Epilogue<'_>,
        out: &mut [f32],
    ) {
        let (width, rows_of_group) = (self.group_width(), self.batch * self.points() * self.tiles());
        // SAFETY: each group's products are written, except of points that are zero, which the output transform does not read.
        let mut values = unsafe { uninit(rows_of_group * self.out_channels()) };
        values
            .par_chunks_mut(rows_of_group * width)
            .enumerate()
            .for_each(|(i, products)| multiply(i * width, products));
        let band = self.height * self.width / input_transform::bands(self) * self.out_channels();
        out.par_chunks_exact_mut(band).enumerate().for_each(|(band, out)| {
            let (first, point_stride) = rows(band);
            let products =
                Products { values: &values, group: width, rows: rows_of_group, first, point_stride };
            output_transform::transform_rows(
                self,
                products,
                input_transform::band_rows(self, band),
                epilogue,
                out,
            );
        });
    }

    /// Packs transformed tiles into [`Panels`] `[in_channels, tiles]`, for each of `[batch, points]`.
    fn pack_tiles(&self, input_tiles: &[f32]) -> Vec<f32> {
        let (in_channels, bands) = (self.in_channels(), input_transform::bands(self));
        let band = self.tiles() / bands;
        let packed_len = Panels::packed_len(in_channels, self.tiles());
        // SAFETY: `Panels::pack` fills each packed matrix, its padding included.
        let mut panels = unsafe { uninit(self.batch * self.points() * packed_len) };
        panels.par_chunks_exact_mut(packed_len).enumerate().for_each(|(i, out)| {
            let (image, point) = (i / self.points(), i % self.points());
            with_scratch(self.tiles() * in_channels, |rows| {
                for (number, rows) in rows.chunks_exact_mut(band * in_channels).enumerate() {
                    let at = ((image * bands + number) * self.points() + point) * band * in_channels;
                    rows.copy_from_slice(&input_tiles[at..at + band * in_channels]);
                }
                Panels::pack(Matrix::dense(rows, self.tiles(), in_channels).transposed(), out);
            });
        });
        panels
    }

    /// All tiles times the filters of one group of output channels, which are transformed for some input channels at a time; transposed:
    /// the filters are the left factor.
    fn multiply_group_transposed(
        &self,
        (weights, tile): (Weights<'_>, Tile),
        panels: &[f32],
        first: usize,
        products: &mut [f32],
    ) {
        let (points, tiles, in_channels) = (self.points(), self.tiles(), self.in_channels());
        let width = products.len() / (self.batch * points * tiles);
        let packed_len = Panels::packed_len(in_channels, tiles);
        let (sum_stride, depth) = (tiles.next_multiple_of(COLUMNS), self.slab_depth());
        let slab_len = width * (points * depth + COLUMNS);
        with_scratch(slab_len + self.batch * points * width * sum_stride, |scratch| {
            let (slab, sums) = scratch.split_at_mut(slab_len);
            for start in (0..in_channels).step_by(depth) {
                let range = start..(start + depth).min(in_channels);
                let strides =
                    Strides { row_stride: points * range.len() + COLUMNS, point_stride: range.len() };
                weights.transform_slab_flipped(tile, [first..first + width, range.clone()], strides, slab);
                for (i, sums) in sums.chunks_exact_mut(width * sum_stride).enumerate() {
                    let filters = &slab[i % points * range.len()..];
                    let filters = Matrix::rows(filters, width, range.len(), strides.row_stride);
                    let panels =
                        Panels::from_packed(&panels[i * packed_len..(i + 1) * packed_len], in_channels);
                    for (column, panel) in panels.each(range.clone()) {
                        panel.multiply(&mut sums[column..], sum_stride, start > 0, filters);
                    }
                }
            }
            for (sums, products) in
                sums.chunks_exact(width * sum_stride).zip(products.chunks_exact_mut(tiles * width))
            {
                for (tile, products) in products.chunks_exact_mut(width).enumerate() {
                    products
                        .iter_mut()
                        .zip(sums.chunks_exact(sum_stride))
                        .for_each(|(to, sums)| *to = sums[tile]);
                }
            }
        });
    }

    /// Output channels of a task: fewer where an odd number of tasks would leave cores idle.
    fn group_width(&self) -> usize {
        let groups = self.out_channels().div_ceil(GROUP);
        if groups < 2 * PARTS && !groups.is_multiple_of(2) { PANEL } else { GROUP }
    }

    /// All tiles times the filters of one group of output channels, which are transformed for some input channels at a time.
    fn multiply_group(
        &self,
        (weights, tile): (Weights<'_>, Tile),
        input_tiles: &[f32],
        first: usize,
        products: &mut [f32],
    ) {
        let bands_per_image = input_transform::bands(self);
        let (points, tiles, in_channels) =
            (self.points(), self.tiles() / bands_per_image, self.in_channels());
        let bands = self.batch * bands_per_image;
        let width = products.len() / (bands * points * tiles);
        let depth = self.slab_depth();
        // Padded off power-of-two strides, which would cause set conflicts in the L1 cache.
        let row_stride = |panel: usize| points * panel + COLUMNS;
        with_scratch(depth * row_stride(PANEL), |slab| {
            for start in (0..in_channels).step_by(depth) {
                let range = start..(start + depth).min(in_channels);
                for column in (0..width).step_by(PANEL) {
                    let panel = PANEL.min(width - column);
                    let columns = first + column..first + column + panel;
                    let strides = Strides { row_stride: row_stride(panel), point_stride: panel };
                    weights.transform_slab(tile, [columns, range.clone()], &mut [], strides, slab);
                    for (point, band) in
                        self.nonzero_points().flat_map(|point| (0..bands).map(move |band| (point, band)))
                    {
                        let at = (band * points + point) * tiles;
                        let rows = Matrix::rows(
                            &input_tiles[at * in_channels + start..],
                            tiles,
                            range.len(),
                            in_channels,
                        );
                        let filters = Panel {
                            values: &slab[point * panel..],
                            depth: range.len(),
                            columns: panel,
                            row_stride: row_stride(panel),
                        };
                        filters.multiply(&mut products[at * width + column..], width, start > 0, rows);
                    }
                }
            }
        });
    }

    /// Input channels whose filters are transformed at once.
    fn slab_depth(&self) -> usize {
        STREAMED_DEPTH[usize::from(self.batch * self.tiles() >= STREAMED_MANY_TILES)]
    }
}
