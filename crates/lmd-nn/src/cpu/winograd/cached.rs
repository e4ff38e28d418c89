//! Winograd convolution with cached filters.
//!
//! Reference: the definition of the convolution in f64, `Sizes::convolved` in `winograd/tests.rs`.
#![allow(unsafe_code)] // for outputs that are not cleared first

use rayon::prelude::*;

use super::super::conv::Epilogue;
use super::super::partition::balanced_split;
use super::super::scratch::{uninit, with_scratch};
use super::super::tuning::{TASK_ELEMENTS, TASK_PIXELS};
use super::filter_transform::TransformedFilters;
use super::output_transform::Products;
use super::shape::{TileRows, Winograd};
use super::{input_transform, output_transform};

impl Winograd<'_> {
    /// Each task takes a band of tile rows of one image through all three transforms.
    pub(super) fn split_tiles(
        &self,
        filters: &TransformedFilters,
        input: &[f32],
        epilogue: Epilogue<'_>,
        out: &mut [f32],
    ) {
        let image = self.height * self.width * self.out_channels();
        let rows = self.rows_of_a_band();
        let band = rows * self.tile().side() * self.width * self.out_channels();
        out.par_chunks_mut(image).enumerate().for_each(|(image, out)| {
            out.par_chunks_mut(band).enumerate().for_each(|(i, out)| {
                self.band(filters, input, epilogue, TileRows { image, first: i * rows }, out);
            });
        });
    }

    /// Rows of tiles of one task.
    fn rows_of_a_band(&self) -> usize {
        let [tall, wide] = [self.height, self.width].map(|length| length / self.tile().side());
        let fitting = TASK_ELEMENTS / (self.points() * (self.in_channels() + self.out_channels()));
        let pixels = self.tile_pixels();
        let tiles = fitting.clamp(TASK_PIXELS.start / pixels, TASK_PIXELS.end / pixels);
        let min_bands = (tall * wide).div_ceil(tiles);
        tall.div_ceil(balanced_split(min_bands, tall, self.batch, rayon::current_num_threads()))
    }

    /// One band: input transform, GEMM for every point, output transform, while all of it is in the cache.
    fn band(
        &self,
        filters: &TransformedFilters,
        input: &[f32],
        epilogue: Epilogue<'_>,
        rows: TileRows,
        out: &mut [f32],
    ) {
        let tiles = out.len() / (self.tile_pixels() * self.out_channels());
        // One row of padding between the points, off power-of-two strides, which would cause set conflicts in the L1 cache.
        let point_stride = tiles + 1;
        let (from, to) = (point_stride * self.in_channels(), point_stride * self.out_channels());
        with_scratch(self.points() * (from + to), |scratch| {
            let (input_tiles, values) = scratch.split_at_mut(self.points() * from);
            input_transform::transform_rows(self, input, rows, tiles, input_tiles);
            for point in self.nonzero_points() {
                let tiles_of_point = &input_tiles[point * from..][..tiles * self.in_channels()];
                let products = &mut values[point * to..][..tiles * self.out_channels()];
                filters.multiply(point, std::iter::once((tiles_of_point, products)));
            }
            let products = Products {
                values,
                group: self.out_channels(),
                rows: values.len() / self.out_channels(),
                first: 0,
                point_stride,
            };
            output_transform::transform_rows(self, products, rows, epilogue, out);
        });
    }

    /// Few tiles: each task takes some of the points, so that each filter is read once.
    pub(super) fn split_points(
        &self,
        filters: &TransformedFilters,
        input: &[f32],
        epilogue: Epilogue<'_>,
        out: &mut [f32],
    ) {
        let input_tiles = input_transform::transform_all(self, input);
        let bands_per_image = input_transform::bands(self);
        let (tiles, bands) = (self.tiles() / bands_per_image, self.batch * bands_per_image);
        let (from, to) = (tiles * self.in_channels(), tiles * self.out_channels());
        // [points, batch · bands, tiles, out_channels]: the tiles of all bands for one filter are contiguous.
        // SAFETY: every point's products are written, except of points that are zero, which the output transform does not read.
        let mut values = unsafe { uninit(self.points() * bands * to) };
        values.par_chunks_exact_mut(bands * to).enumerate().for_each(|(point, products)| {
            if !self.is_zero(point) {
                let tiles_of_point = input_tiles.chunks_exact(from).skip(point).step_by(self.points());
                filters.multiply(point, tiles_of_point.zip(products.chunks_exact_mut(to)));
            }
        });
        let rows = self.points() * bands * tiles;
        out.par_chunks_exact_mut(self.tile_pixels() * to).enumerate().for_each(|(band, out)| {
            let products = Products {
                values: &values,
                group: self.out_channels(),
                rows,
                first: band * tiles,
                point_stride: bands * tiles,
            };
            let rows = input_transform::band_rows(self, band);
            output_transform::transform_rows(self, products, rows, epilogue, out);
        });
    }
}
