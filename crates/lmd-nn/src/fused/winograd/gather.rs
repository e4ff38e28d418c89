//! Products transformed back to places.

use std::ops::Range;

use pulp::{Simd, WithSimd};

use super::super::convolve::After;
use super::tile::Transform;
use super::{Rows, Winograd};

/// Products of tiles at all points, some outputs after another.
#[derive(Clone, Copy)]
pub(super) struct Products<'a> {
    pub(super) values: &'a [f32],
    /// Outputs that lie together, but for the last.
    pub(super) group: usize,
    /// Rows of a group: points and tiles.
    pub(super) rows: usize,
    /// The first tile's row at the first point, and rows from one point to the next.
    pub(super) first: usize,
    pub(super) apart: usize,
}

/// `Aᵀ m A` of tiles, with what comes after, to places.
pub(super) struct Gather<'a, T, const P: usize, const M: usize> {
    pub(super) shape: &'a Winograd<'a>,
    pub(super) products: Products<'a>,
    pub(super) rows: Rows,
    pub(super) after: After<'a>,
    pub(super) out: &'a mut [f32],
    pub(super) kind: T,
}

impl<T: Transform<P, M>, const P: usize, const M: usize> WithSimd for Gather<'_, T, P, M> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let vectors = self.shape.outputs() / S::F32_LANES;
        let group = self.products.group / S::F32_LANES;
        let tiles = self.out.len() / (M * M * self.shape.outputs());
        for tile in 0..tiles {
            for start in (0..vectors).step_by(group) {
                self.places(simd, tile, start..(start + group).min(vectors));
            }
        }
    }
}

impl<T: Transform<P, M>, const P: usize, const M: usize> Gather<'_, T, P, M> {
    /// The places of a tile, for one group's vectors of outputs.
    #[inline(always)]
    fn places<S: Simd>(&mut self, simd: S, tile: usize, group: Range<usize>) {
        let Winograd { height, width, .. } = *self.shape;
        let outputs = self.shape.outputs();
        let vectors = outputs / S::F32_LANES;
        let (products, _) = S::as_simd_f32s(self.products.values);
        let (bias, _) = S::as_simd_f32s(self.after.bias_of(self.rows.image, outputs));
        let first = (self.rows.image * height + M * self.rows.first) * width;
        let addend = self.after.addend.map(|addend| S::as_simd_f32s(&addend[first * outputs..]).0);
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
                        let row = self.products.first + point * self.products.apart + tile;
                        *value =
                            products[group.start * self.products.rows + row * group.len() + i - group.start];
                    }
                }
                *half = self.kind.summed(simd, points);
            }
            for row in 0..M {
                let mut points = [zero; P];
                for (value, half) in points.iter_mut().zip(&half) {
                    *value = half[row];
                }
                for (column, sum) in self.kind.summed(simd, points).into_iter().enumerate() {
                    let at = (corner + row * width + column) * vectors + i;
                    let mut value = sum;
                    if let Some(bias) = bias.get(i) {
                        value = simd.add_f32s(value, *bias);
                    }
                    if let Some(addend) = addend {
                        value = simd.add_f32s(value, addend[at]);
                    }
                    out[at] = if self.after.rectify { simd.max_f32s(value, zero) } else { value };
                }
            }
        }
    }
}
