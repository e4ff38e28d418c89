//! Input transform `Bᵀ d B` of tiles.
//!
//! Reference: the definition of the convolution in f64, `Sizes::convolved` in `winograd/tests.rs`.
#![allow(unsafe_code)] // for outputs that are not cleared first

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::super::partition::PARTS;
use super::super::scratch::uninit;
use super::super::simd::arch;
use super::super::tuning::INPUT_BAND_TILES;
use super::shape::{TileRows, Winograd};
use super::tile::{F2x2, F4x4, Tile, Transform};

/// Into how many bands of tile rows each image is split where all tiles are transformed before any GEMM.
pub(super) fn bands(shape: &Winograd<'_>) -> usize {
    let tall = shape.height / shape.tile().side();
    let max = (PARTS / shape.batch).max(1);
    let wanted = match INPUT_BAND_TILES.map(|tiles| shape.tiles() >= tiles) {
        [false, _] => 1,
        [true, false] => 2,
        [true, true] => PARTS,
    };
    (1..=max.min(wanted)).rev().find(|bands| tall.is_multiple_of(*bands)).unwrap_or(1)
}

/// The rows of tiles of a band, counted through all images.
pub(super) fn band_rows(shape: &Winograd<'_>, band: usize) -> TileRows {
    let (bands, tall) = (bands(shape), shape.height / shape.tile().side());
    TileRows { image: band / bands, first: band % bands * (tall / bands) }
}

/// The transformed tiles of all images, `[batch · bands, points, tiles, in_channels]`.
pub(super) fn transform_all(shape: &Winograd<'_>, input: &[f32]) -> Vec<f32> {
    let bands = bands(shape);
    let band = shape.points() * shape.tiles() / bands * shape.in_channels();
    // SAFETY: each band's transform writes all points of all its tiles.
    let mut input_tiles = unsafe { uninit(shape.batch * bands * band) };
    input_tiles.par_chunks_exact_mut(band).enumerate().for_each(|(i, out)| {
        transform_rows(shape, input, band_rows(shape, i), shape.tiles() / bands, out);
    });
    input_tiles
}

/// Transforms `tiles` tiles from `rows` on, to `[points, tiles, in_channels]`, or with a longer stride between the points.
pub(super) fn transform_rows(
    shape: &Winograd<'_>,
    input: &[f32],
    rows: TileRows,
    tiles: usize,
    out: &mut [f32],
) {
    match shape.tile() {
        Tile::F2x2 => arch().dispatch(InputTransform { shape, input, rows, tiles, out, transform: F2x2 }),
        Tile::F4x4 => arch().dispatch(InputTransform { shape, input, rows, tiles, out, transform: F4x4 }),
    }
}

/// The kernel of the input transform.
struct InputTransform<'a, T, const P: usize, const M: usize> {
    shape: &'a Winograd<'a>,
    input: &'a [f32],
    rows: TileRows,
    tiles: usize,
    out: &'a mut [f32],
    transform: T,
}

impl<T: Transform<P, M>, const P: usize, const M: usize> WithSimd for InputTransform<'_, T, P, M> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Winograd { height, width, .. } = *self.shape;
        let in_channels = self.shape.in_channels();
        let padded_row = (width + 2) * in_channels;
        let tiles_per_row = width / M;
        let (out, _) = S::as_mut_simd_f32s(self.out);
        let vectors = in_channels / S::F32_LANES;
        let point_stride = out.len() / (P * P * vectors).max(1);
        for tile in 0..self.tiles {
            let (y, x) = (M * (self.rows.first + tile / tiles_per_row), M * (tile % tiles_per_row));
            let start = (self.rows.image * (height + 2) + y) * padded_row + x * in_channels;
            let mut rows: [&[S::f32s]; P] = [&[]; P];
            for (r, row) in rows.iter_mut().enumerate() {
                *row = S::as_simd_f32s(&self.input[start + r * padded_row..][..P * in_channels]).0;
            }
            for i in 0..vectors {
                // Loops instead of closures, which would not be compiled for the wide vectors.
                let mut half = [[simd.splat_f32s(0.0); P]; P];
                for (half, row) in half.iter_mut().zip(rows) {
                    for (column, value) in half.iter_mut().enumerate() {
                        *value = row[column * vectors + i];
                    }
                    *half = self.transform.transform_input(simd, *half);
                }
                for column in 0..P {
                    let mut values = [simd.splat_f32s(0.0); P];
                    for (value, row) in values.iter_mut().zip(&half) {
                        *value = row[column];
                    }
                    for (row, value) in self.transform.transform_input(simd, values).into_iter().enumerate() {
                        out[((P * row + column) * point_stride + tile) * vectors + i] = value;
                    }
                }
            }
        }
    }
}
