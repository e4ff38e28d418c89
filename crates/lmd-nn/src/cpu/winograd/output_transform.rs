//! Output transform `Aᵀ m A` of tiles, with the epilogue.
//!
//! Reference: the definition of the convolution in f64, `Sizes::convolved` in `winograd/tests.rs`.

use std::ops::Range;

use pulp::{Simd, WithSimd};

use super::super::conv::Epilogue;
use super::super::simd::arch;
use super::shape::{TileRows, Winograd};
use super::tile::{F2x2, F4x4, Tile, Transform};

/// The products of tiles at all points, in groups of output channels.
#[derive(Clone, Copy)]
pub(super) struct Products<'a> {
    pub(super) values: &'a [f32],
    /// Output channels of a group; the last may have fewer.
    pub(super) group: usize,
    /// Rows of a group, one per point and tile.
    pub(super) rows: usize,
    /// Row of the first tile at the first point.
    pub(super) first: usize,
    /// Rows from one point to the next.
    pub(super) point_stride: usize,
}

/// Transforms tiles from `rows` on to a band of output rows.
pub(super) fn transform_rows(
    shape: &Winograd<'_>,
    products: Products<'_>,
    rows: TileRows,
    epilogue: Epilogue<'_>,
    out: &mut [f32],
) {
    match shape.tile() {
        Tile::F2x2 => {
            arch().dispatch(OutputTransform { shape, products, rows, epilogue, out, transform: F2x2 });
        }
        Tile::F4x4 => {
            arch().dispatch(OutputTransform { shape, products, rows, epilogue, out, transform: F4x4 });
        }
    }
}

/// The kernel of the output transform.
struct OutputTransform<'a, T, const P: usize, const M: usize> {
    shape: &'a Winograd<'a>,
    products: Products<'a>,
    rows: TileRows,
    epilogue: Epilogue<'a>,
    out: &'a mut [f32],
    transform: T,
}

impl<T: Transform<P, M>, const P: usize, const M: usize> WithSimd for OutputTransform<'_, T, P, M> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let vectors = self.shape.out_channels() / S::F32_LANES;
        let group = self.products.group / S::F32_LANES;
        let tiles = self.out.len() / (M * M * self.shape.out_channels());
        for tile in 0..tiles {
            for start in (0..vectors).step_by(group) {
                self.tile(simd, tile, start..(start + group).min(vectors));
            }
        }
    }
}

impl<T: Transform<P, M>, const P: usize, const M: usize> OutputTransform<'_, T, P, M> {
    /// The pixels of one tile, for one group's vectors of output channels.
    #[inline(always)]
    fn tile<S: Simd>(&mut self, simd: S, tile: usize, group: Range<usize>) {
        let Winograd { height, width, .. } = *self.shape;
        let out_channels = self.shape.out_channels();
        let vectors = out_channels / S::F32_LANES;
        let (products, _) = S::as_simd_f32s(self.products.values);
        let (bias, _) = S::as_simd_f32s(self.epilogue.bias_of(self.rows.image, out_channels));
        let first = (self.rows.image * height + M * self.rows.first) * width;
        let residual =
            self.epilogue.residual.map(|residual| S::as_simd_f32s(&residual[first * out_channels..]).0);
        let (out, _) = S::as_mut_simd_f32s(self.out);
        let corner = M * (tile / (width / M)) * width + M * (tile % (width / M));
        let zero = simd.splat_f32s(0.0);
        for i in group.clone() {
            let mut half = [[zero; M]; P];
            for (column, half) in half.iter_mut().enumerate() {
                let mut points = [zero; P];
                for (row, value) in points.iter_mut().enumerate() {
                    let point = P * row + column;
                    if !self.shape.is_zero(point) {
                        let row = self.products.first + point * self.products.point_stride + tile;
                        *value =
                            products[group.start * self.products.rows + row * group.len() + i - group.start];
                    }
                }
                *half = self.transform.transform_output(simd, points);
            }
            for row in 0..M {
                let mut points = [zero; P];
                for (value, half) in points.iter_mut().zip(&half) {
                    *value = half[row];
                }
                for (column, sum) in self.transform.transform_output(simd, points).into_iter().enumerate() {
                    let at = (corner + row * width + column) * vectors + i;
                    let mut value = sum;
                    if let Some(bias) = bias.get(i) {
                        value = simd.add_f32s(value, *bias);
                    }
                    if let Some(residual) = residual {
                        value = simd.add_f32s(value, residual[at]);
                    }
                    out[at] = if self.epilogue.relu { simd.max_f32s(value, zero) } else { value };
                }
            }
        }
    }
}
