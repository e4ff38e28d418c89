//! The places seen by tiles, transformed.

use pulp::{Simd, WithSimd};

use super::tile::Transform;
use super::{Rows, Winograd};

/// `Bᵀ d B` of tiles: the source to `[points, tiles, inputs]`, or with more rows than there are tiles for each point.
pub(super) struct Scatter<'a, T, const P: usize, const M: usize> {
    pub(super) shape: &'a Winograd<'a>,
    pub(super) source: &'a [f32],
    pub(super) rows: Rows,
    pub(super) tiles: usize,
    pub(super) out: &'a mut [f32],
    pub(super) kind: T,
}

impl<T: Transform<P, M>, const P: usize, const M: usize> WithSimd for Scatter<'_, T, P, M> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Winograd { height, width, .. } = *self.shape;
        let inputs = self.shape.inputs();
        let framed = (width + 2) * inputs;
        let wide = width / M;
        let (out, _) = S::as_mut_simd_f32s(self.out);
        let vectors = inputs / S::F32_LANES;
        let apart = out.len() / (P * P * vectors).max(1);
        for tile in 0..self.tiles {
            let (y, x) = (M * (self.rows.first + tile / wide), M * (tile % wide));
            let start = (self.rows.image * (height + 2) + y) * framed + x * inputs;
            let mut rows: [&[S::f32s]; P] = [&[]; P];
            for (r, row) in rows.iter_mut().enumerate() {
                *row = S::as_simd_f32s(&self.source[start + r * framed..][..P * inputs]).0;
            }
            for i in 0..vectors {
                // Loops instead of closures, which would not be compiled for the wide vectors.
                let mut seen = [[simd.splat_f32s(0.0); P]; P];
                for (seen, row) in seen.iter_mut().zip(rows) {
                    for (column, value) in seen.iter_mut().enumerate() {
                        *value = row[column * vectors + i];
                    }
                    *seen = self.kind.seen(simd, *seen);
                }
                for column in 0..P {
                    let mut values = [simd.splat_f32s(0.0); P];
                    for (value, row) in values.iter_mut().zip(&seen) {
                        *value = row[column];
                    }
                    for (row, value) in self.kind.seen(simd, values).into_iter().enumerate() {
                        out[((P * row + column) * apart + tile) * vectors + i] = value;
                    }
                }
            }
        }
    }
}
