//! Products of rows with a matrix that never changes, kept in the order the processor reads it.
//!
//! A general product copies both factors into such an order first. For the few rows of a
//! small network that took half as long as multiplying, and weights need it only once.
//! Every result is one sum from the first input to the last, whatever rows are beside it.

#[cfg(target_arch = "x86_64")]
use core::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
use std::ops::Range;

use pulp::{Arch, Simd, WithSimd};

use super::gemm::Matrix;

/// Columns that lie together.
const PANEL: usize = 32;
/// Vectors of columns in hand.
const VECTORS: usize = 2;
/// Rows in hand where there are 32 vector registers of 16 numbers, and elsewhere.
const ROWS: [usize; 2] = [14, 6];
/// Numbers of rows that pass all panels together, to stay in the cache.
const CACHED: usize = 1 << 16;
/// Inputs from one whose columns are multiplied to one whose columns are asked for.
const AHEAD: usize = 24;
/// What the number of columns must be a multiple of: the widest vectors.
pub(super) const COLUMNS: usize = 16;

/// A matrix `[inputs, outputs]`, 32 columns at a time.
#[derive(Debug)]
pub(super) struct Packed {
    values: Vec<f32>,
    inputs: usize,
}

impl Packed {
    /// From a matrix whose number of columns is a multiple of [`COLUMNS`].
    pub(super) fn new(matrix: Matrix<'_>) -> Self {
        let (inputs, outputs) = (matrix.rows, matrix.columns);
        debug_assert!(outputs.is_multiple_of(COLUMNS));
        let mut values = vec![0.0; inputs * outputs];
        for (panel, to) in values.chunks_mut((PANEL * inputs).max(1)).enumerate() {
            let width = to.len() / inputs;
            for (i, to) in to.chunks_exact_mut(width).enumerate() {
                let start = i * matrix.rows_apart + panel * PANEL * matrix.columns_apart;
                for (j, to) in to.iter_mut().enumerate() {
                    *to = matrix.data[start + j * matrix.columns_apart];
                }
            }
        }
        Self { values, inputs }
    }

    /// `out = a b`; row i of the result lies at `out[i · rows_apart ..]`.
    ///
    /// # Panics
    ///
    /// When the shapes do not fit each other or the memory.
    pub(super) fn multiply(&self, out: &mut [f32], rows_apart: usize, a: Matrix<'_>) {
        assert!(a.columns == self.inputs && a.columns_apart == 1, "rows of a product");
        let at_once = (CACHED / self.inputs.max(1)).max(ROWS[0]).next_multiple_of(ROWS[0]);
        for start in (0..a.rows).step_by(at_once) {
            let rows = start..(start + at_once).min(a.rows);
            Arch::new().dispatch(Product { out, rows_apart, a, b: self, rows });
        }
    }
}

/// Some rows of a product.
struct Product<'a> {
    out: &'a mut [f32],
    rows_apart: usize,
    a: Matrix<'a>,
    b: &'a Packed,
    rows: Range<usize>,
}

impl WithSimd for Product<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        for (index, panel) in self.b.values.chunks((PANEL * self.b.inputs).max(1)).enumerate() {
            let width = panel.len() / self.b.inputs / S::F32_LANES;
            let (panel, _) = S::as_simd_f32s(panel);
            for first in (0..width).step_by(VECTORS) {
                let strip = Strip { panel, width, first, column: index * PANEL + first * S::F32_LANES };
                if width - first >= VECTORS {
                    self.strip::<S, VECTORS>(simd, strip)
                } else {
                    self.strip::<S, 1>(simd, strip)
                }
            }
        }
    }
}

/// A few vectors of columns: where they lie in their panel, and the first one's place in the result.
#[derive(Clone, Copy)]
struct Strip<'a, V> {
    panel: &'a [V],
    width: usize,
    first: usize,
    column: usize,
}

impl Product<'_> {
    /// All rows under `V` vectors of columns, in blocks of nearly equal height.
    #[inline(always)]
    fn strip<S: Simd, const V: usize>(&mut self, simd: S, strip: Strip<'_, S::f32s>) {
        let most = if S::F32_LANES == COLUMNS { ROWS[0] } else { ROWS[1] };
        let blocks = self.rows.len().div_ceil(most);
        let mut row = self.rows.start;
        for block in 0..blocks {
            let height = (self.rows.end - row).div_ceil(blocks - block);
            match height {
                1 => self.block::<S, V, 1>(simd, strip, row),
                2 => self.block::<S, V, 2>(simd, strip, row),
                3 => self.block::<S, V, 3>(simd, strip, row),
                4 => self.block::<S, V, 4>(simd, strip, row),
                5 => self.block::<S, V, 5>(simd, strip, row),
                6 => self.block::<S, V, 6>(simd, strip, row),
                7 => self.block::<S, V, 7>(simd, strip, row),
                8 => self.block::<S, V, 8>(simd, strip, row),
                9 => self.block::<S, V, 9>(simd, strip, row),
                10 => self.block::<S, V, 10>(simd, strip, row),
                11 => self.block::<S, V, 11>(simd, strip, row),
                12 => self.block::<S, V, 12>(simd, strip, row),
                13 => self.block::<S, V, 13>(simd, strip, row),
                _ => self.block::<S, V, 14>(simd, strip, row),
            }
            row += height;
        }
    }

    /// `R` rows, with all sums in registers.
    #[inline(always)]
    fn block<S: Simd, const V: usize, const R: usize>(
        &mut self,
        simd: S,
        strip: Strip<'_, S::f32s>,
        row: usize,
    ) {
        let inputs = self.b.inputs;
        let mut rows: [&[f32]; R] = [&[]; R];
        for (r, values) in rows.iter_mut().enumerate() {
            *values = &self.a.data[(row + r) * self.a.rows_apart..][..inputs];
        }
        let mut sums = [[simd.splat_f32s(0.0); V]; R];
        for (i, columns) in strip.panel.chunks_exact(strip.width).enumerate().take(inputs) {
            prefetch(strip.panel, (i + AHEAD) * strip.width);
            let mut factors = [simd.splat_f32s(0.0); V];
            factors.copy_from_slice(&columns[strip.first..strip.first + V]);
            for r in 0..R {
                let value = simd.splat_f32s(rows[r][i]);
                for v in 0..V {
                    sums[r][v] = simd.mul_add_f32s(value, factors[v], sums[r][v]);
                }
            }
        }
        for (r, sums) in sums.iter().enumerate() {
            let start = (row + r) * self.rows_apart + strip.column;
            let (out, _) = S::as_mut_simd_f32s(&mut self.out[start..start + V * S::F32_LANES]);
            out.copy_from_slice(sums);
        }
    }
}

/// Asks for what a later turn reads: the processor itself looks no further ahead than a page of 4 KiB.
#[inline(always)]
#[allow(unsafe_code)]
fn prefetch<T>(values: &[T], index: usize) {
    let at = values.as_ptr().wrapping_add(index).cast::<i8>();
    #[cfg(target_arch = "x86_64")]
    for line in 0..PANEL * size_of::<f32>() / 64 {
        // SAFETY: a hint that reads nothing and faults at no address; SSE is part of the architecture.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(at.wrapping_add(64 * line)) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = at;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_are_those_of_the_definition() {
        for (rows, inputs, outputs) in [(1, 3, 16), (14, 16, 32), (15, 5, 48), (33, 40, 80), (200, 400, 16)] {
            #[allow(clippy::cast_precision_loss)]
            let numbers = |count: usize, step: usize| -> Vec<f32> {
                (0..count).map(|i| (i * step % 13) as f32).collect()
            };
            let apart = inputs - 1; // rows overlap
            let (a, b) = (numbers(rows * inputs, 5), numbers(inputs * outputs, 7));
            let packed = Packed::new(Matrix::dense(&b, inputs, outputs));
            let turned: Vec<f32> =
                (0..inputs * outputs).map(|i| b[i % inputs * outputs + i / inputs]).collect();
            assert_eq!(
                packed.values,
                Packed::new(Matrix::dense(&turned, outputs, inputs).transposed()).values
            );
            let mut out = vec![f32::NAN; rows * (outputs + 1)];
            packed.multiply(&mut out, outputs + 1, Matrix::rows(&a, rows, inputs, apart));
            for i in 0..rows {
                for j in 0..outputs {
                    let product: f32 = (0..inputs).map(|l| a[i * apart + l] * b[l * outputs + j]).sum();
                    assert_eq!(
                        out[i * (outputs + 1) + j],
                        product,
                        "at {i}, {j} of {rows}, {inputs}, {outputs}"
                    );
                }
                assert!(out[i * (outputs + 1) + outputs].is_nan(), "beyond the row");
            }
        }
    }
}
