//! GEMM with a packed right factor: a register-blocked microkernel on panels of columns (the B panels of BLIS).
//!
//! A general GEMM packs both factors at every call. Here filters are packed when they are made, a head's keys
//! and values once for all queries ([`Panels`]), and the rows of the left factor are read in place. Every result is
//! one sum over the shared dimension in order, whatever rows are computed beside it.
//!
//! Reference: the triple loop of the definition, in this file's tests.

use std::ops::Range;

#[cfg(target_arch = "x86_64")]
use core::arch::x86_64::{_MM_HINT_T0, _MM_HINT_T1, _mm_prefetch};

use pulp::{NullaryFnOnce, Simd, WithSimd};

use super::gemm::Matrix;
use super::simd::{arch, outlined};
use super::tuning::PREFETCH_DISTANCE;

/// Columns of a panel; the last panel of a matrix may have fewer.
pub(super) const PANEL: usize = 32;
/// The number of columns of every panel is a multiple of this, the lanes of the widest vectors.
pub(super) const COLUMNS: usize = 16;
/// Vectors of columns that one microkernel accumulates.
const NR_VECTORS: usize = 2;
/// Rows that one microkernel accumulates: with 32 vector registers of 16 lanes, and with 16 registers.
const MR: [usize; 2] = [14, 6];

/// Some columns of a matrix `[depth, columns]`; row i begins at `values[i · row_stride ..]`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Panel<'a> {
    pub(super) values: &'a [f32],
    pub(super) depth: usize,
    /// A multiple of [`COLUMNS`], as is `row_stride`.
    pub(super) columns: usize,
    pub(super) row_stride: usize,
}

impl<'a> Panel<'a> {
    /// A contiguous panel `[depth, columns]`.
    pub(super) fn dense(values: &'a [f32], depth: usize) -> Self {
        let columns = values.len() / depth.max(1);
        Self { values, depth, columns, row_stride: columns }
    }

    /// `out = a b`, or `out += a b` with `add`; `out` is row-major with leading dimension `row_stride`.
    ///
    /// # Panics
    ///
    /// When the shapes do not fit each other or the memory.
    pub(super) fn multiply(&self, out: &mut [f32], row_stride: usize, add: bool, a: Matrix<'_>) {
        self.run(PanelGemm { out, row_stride, add, a, b: *self, next: &[], step: 0 });
    }

    /// `out = a b`, as [`multiply`](Self::multiply), while `next`, which is read after this, is prefetched.
    pub(super) fn multiply_prefetching(
        &self,
        next: &[f32],
        out: &mut [f32],
        row_stride: usize,
        a: Matrix<'_>,
    ) {
        self.run(PanelGemm { out, row_stride, add: false, a, b: *self, next, step: 0 });
    }

    fn run(&self, gemm: PanelGemm<'_>) {
        let Matrix { columns, col_stride, .. } = gemm.a;
        assert!(columns == self.depth && col_stride == 1, "left factor of a panel product");
        let whole = [self.columns, self.row_stride].iter().all(|number| number.is_multiple_of(COLUMNS));
        assert!(whole && self.columns <= self.row_stride, "columns of a panel product");
        arch().dispatch(gemm);
    }
}

/// A whole packed matrix, one panel after another; the last is padded with zeros to a multiple of [`COLUMNS`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Panels<'a> {
    values: &'a [f32],
    depth: usize,
}

impl<'a> Panels<'a> {
    /// Length of a packed matrix `[depth, columns]`.
    pub(super) fn packed_len(depth: usize, columns: usize) -> usize {
        depth * columns.next_multiple_of(COLUMNS)
    }

    /// Packs a matrix into `memory`, which has the [`packed_len`](Self::packed_len) of it.
    pub(super) fn pack(matrix: Matrix<'_>, memory: &'a mut [f32]) -> Self {
        let depth = matrix.rows.max(1);
        for (index, panel) in memory.chunks_mut(depth * PANEL).enumerate() {
            let width = panel.len() / depth;
            for (i, out) in panel.chunks_exact_mut(width).enumerate() {
                for (column, out) in (index * PANEL..).zip(out) {
                    let at = i * matrix.row_stride + column * matrix.col_stride;
                    *out = if column < matrix.columns { matrix.data[at] } else { 0.0 };
                }
            }
        }
        Self::from_packed(memory, depth)
    }

    /// A matrix that was packed before.
    pub(super) fn from_packed(values: &'a [f32], depth: usize) -> Self {
        Self { values, depth }
    }

    /// Each panel with its first column, for a range of the shared dimension.
    pub(super) fn each(self, depth: Range<usize>) -> impl Iterator<Item = (usize, Panel<'a>)> {
        self.values.chunks((self.depth * PANEL).max(1)).enumerate().map(move |(index, panel)| {
            let width = panel.len() / self.depth;
            (index * PANEL, Panel::dense(&panel[depth.start * width..depth.end * width], depth.len()))
        })
    }

    /// A slice of the columns, from a multiple of [`PANEL`] to another, or to the end.
    pub(super) fn columns(self, columns: Range<usize>) -> Self {
        let end = columns.end.next_multiple_of(COLUMNS) * self.depth;
        Self { values: &self.values[columns.start * self.depth..end], depth: self.depth }
    }

    /// As [`Panel::multiply`], over all columns.
    pub(super) fn multiply(self, out: &mut [f32], row_stride: usize, add: bool, a: Matrix<'_>) {
        for (column, panel) in self.each(0..self.depth) {
            panel.multiply(&mut out[column..], row_stride, add, a);
        }
    }
}

struct PanelGemm<'a> {
    out: &'a mut [f32],
    row_stride: usize,
    add: bool,
    a: Matrix<'a>,
    b: Panel<'a>,
    /// The rest of what is to be prefetched for the next call, and how much of it per step of the shared dimension.
    next: &'a [f32],
    step: usize,
}

impl WithSimd for PanelGemm<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let (panel, _) = S::as_simd_f32s(self.b.values);
        let [width, row_stride] = [self.b.columns, self.b.row_stride].map(|columns| columns / S::F32_LANES);
        let blocks = self.a.rows.div_ceil(max_rows::<S>()) * width.div_ceil(NR_VECTORS);
        self.step = self.next.len().div_ceil((blocks * self.b.depth).max(1));
        for first in (0..width).step_by(NR_VECTORS) {
            let strip = Strip { panel: &panel[first.min(panel.len())..], row_stride, first };
            match (width - first >= NR_VECTORS, self.step > 0) {
                (true, false) => self.strip::<S, NR_VECTORS, L1>(simd, strip),
                (true, true) => self.strip::<S, NR_VECTORS, L2>(simd, strip),
                (false, false) => self.strip::<S, 1, L1>(simd, strip),
                (false, true) => self.strip::<S, 1, L2>(simd, strip),
            }
        }
    }
}

/// Rows of one microkernel.
fn max_rows<S: Simd>() -> usize {
    if S::F32_LANES == COLUMNS { MR[0] } else { MR[1] }
}

/// The vectors of columns of one microkernel.
#[derive(Clone, Copy)]
struct Strip<'a, V> {
    /// The panel from the first of them on.
    panel: &'a [V],
    /// Vectors from one row of the panel to the next.
    row_stride: usize,
    /// Index of the first in the panel.
    first: usize,
}

impl PanelGemm<'_> {
    /// All rows for `V` vectors of columns, in blocks of nearly equal height; prefetches go to the cache level `C`.
    #[inline(always)]
    fn strip<S: Simd, const V: usize, const C: u8>(&mut self, simd: S, strip: Strip<'_, S::f32s>) {
        let blocks = self.a.rows.div_ceil(max_rows::<S>());
        let mut row = 0;
        for block in 0..blocks {
            let height = (self.a.rows - row).div_ceil(blocks - block);
            match height {
                1 => self.block::<S, V, 1, C>(simd, strip, row),
                2 => self.block::<S, V, 2, C>(simd, strip, row),
                3 => self.block::<S, V, 3, C>(simd, strip, row),
                4 => self.block::<S, V, 4, C>(simd, strip, row),
                5 => self.block::<S, V, 5, C>(simd, strip, row),
                6 => self.block::<S, V, 6, C>(simd, strip, row),
                7 => self.block::<S, V, 7, C>(simd, strip, row),
                8 => self.block::<S, V, 8, C>(simd, strip, row),
                9 => self.block::<S, V, 9, C>(simd, strip, row),
                10 => self.block::<S, V, 10, C>(simd, strip, row),
                11 => self.block::<S, V, 11, C>(simd, strip, row),
                12 => self.block::<S, V, 12, C>(simd, strip, row),
                13 => self.block::<S, V, 13, C>(simd, strip, row),
                _ => self.block::<S, V, 14, C>(simd, strip, row),
            }
            row += height;
        }
    }

    /// One block of `R` rows.
    #[inline(always)]
    fn block<S: Simd, const V: usize, const R: usize, const C: u8>(
        &mut self,
        simd: S,
        strip: Strip<'_, S::f32s>,
        row: usize,
    ) {
        outlined(simd, Microkernel::<S, V, R, C> { gemm: self, simd, strip, row });
    }
}

/// `R` rows by `V` vectors of columns, with all accumulators in registers.
struct Microkernel<'p, 'a, 's, S: Simd, const V: usize, const R: usize, const C: u8> {
    gemm: &'p mut PanelGemm<'a>,
    simd: S,
    strip: Strip<'s, S::f32s>,
    row: usize,
}

impl<S: Simd, const V: usize, const R: usize, const C: u8> NullaryFnOnce
    for Microkernel<'_, '_, '_, S, V, R, C>
{
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self { gemm: PanelGemm { out, row_stride, add, a, b, next, step }, simd, strip, row } = self;
        let mut rows: [&[f32]; R] = [&[]; R];
        for (r, values) in rows.iter_mut().enumerate() {
            *values = &a.data[(row + r) * a.row_stride..][..b.depth];
        }
        let start = |r: usize| (row + r) * *row_stride + strip.first * S::F32_LANES;
        let mut sums = [[simd.splat_f32s(0.0); V]; R];
        if *add {
            for (r, sums) in sums.iter_mut().enumerate() {
                let (partial, _) = S::as_simd_f32s(&out[start(r)..][..V * S::F32_LANES]);
                sums.copy_from_slice(partial);
            }
        }
        // Prefetches: the next call's panel, or these columns a few rows further down.
        let later =
            || b.values.get(strip.first * S::F32_LANES + PREFETCH_DISTANCE * b.row_stride..).unwrap_or(&[]);
        let (ahead, ahead_step) = if C == L2 { (*next, *step) } else { (later(), b.row_stride) };
        for (i, factors) in (0..b.depth).zip(strip.panel.array_windows::<V>().step_by(strip.row_stride)) {
            prefetch::<_, C>(ahead, i * ahead_step, PANEL);
            for r in 0..R {
                let value = simd.splat_f32s(rows[r][i]);
                for v in 0..V {
                    sums[r][v] = simd.mul_add_f32s(value, factors[v], sums[r][v]);
                }
            }
        }
        *next = &next[(b.depth * *step).min(next.len())..];
        for (r, sums) in sums.iter().enumerate() {
            let (out, _) = S::as_mut_simd_f32s(&mut out[start(r)..][..V * S::F32_LANES]);
            out.copy_from_slice(sums);
        }
    }
}

/// Prefetch into the first cache, or into the second, which has room for one panel more.
pub(super) const L1: u8 = 1;
const L2: u8 = 2;

/// Software-prefetches `count` values from `index` on; the hardware prefetcher stops at pages of 4 KiB.
#[inline(always)]
#[allow(unsafe_code)]
pub(super) fn prefetch<T, const CACHE: u8>(values: &[T], index: usize, count: usize) {
    let at = values.as_ptr().wrapping_add(index).cast::<i8>();
    #[cfg(target_arch = "x86_64")]
    for line in 0..(count * size_of::<T>()).div_ceil(64) {
        // SAFETY: a hint that reads nothing and faults at no address; SSE is part of the architecture.
        unsafe {
            match CACHE {
                L1 => _mm_prefetch::<_MM_HINT_T0>(at.wrapping_add(64 * line)),
                _ => _mm_prefetch::<_MM_HINT_T1>(at.wrapping_add(64 * line)),
            }
        };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (at, count);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panel_products_are_those_of_the_definition() {
        for (rows, depth, columns) in [(1, 3, 16), (14, 16, 32), (15, 5, 32), (33, 40, 16), (100, 400, 32)] {
            #[allow(clippy::cast_precision_loss)]
            let numbers = |count: usize, step: usize| -> Vec<f32> {
                (0..count).map(|i| (i * step % 13) as f32).collect()
            };
            let (row_stride, out_stride) = (depth - 1, columns + 1); // rows overlap
            let (a, b) = (numbers(rows * depth, 5), numbers(depth * columns, 7));
            let mut out = vec![f32::NAN; rows * out_stride];
            let panel = Panel::dense(&b, depth);
            panel.multiply(&mut out, out_stride, false, Matrix::rows(&a, rows, depth, row_stride));
            panel.multiply(&mut out, out_stride, true, Matrix::rows(&a, rows, depth, row_stride));
            let mut once = vec![f32::NAN; rows * columns];
            panel.multiply_prefetching(&a, &mut once, columns, Matrix::rows(&a, rows, depth, row_stride));
            for (i, out) in out.chunks_exact(out_stride).enumerate() {
                assert!(once[i * columns..].iter().zip(&out[..columns]).all(|(one, two)| 2.0 * one == *two));
                for (j, out) in out[..columns].iter().enumerate() {
                    let gemm: f32 = (0..depth).map(|l| a[i * row_stride + l] * b[l * columns + j]).sum();
                    assert_eq!(*out, 2.0 * gemm, "at {i}, {j} of {rows}×{depth}×{columns}");
                }
                assert!(out[columns].is_nan(), "past the end of the row");
            }
        }
    }

    #[test]
    fn packed_panels_are_the_matrix_and_zeros() {
        let numbers: Vec<f32> = (0..70_u8).map(f32::from).collect();
        for matrix in [Matrix::dense(&numbers, 2, 35), Matrix::dense(&numbers, 35, 2).transposed()] {
            let mut memory = vec![f32::NAN; Panels::packed_len(2, 35)];
            let panels = Panels::pack(matrix, &mut memory);
            let mut out = vec![f32::NAN; 48];
            panels.multiply(&mut out, 48, false, Matrix::dense(&[1.0, 100.0], 1, 2));
            for (j, out) in out.iter().enumerate() {
                let at = |i| matrix.data[i * matrix.row_stride + j * matrix.col_stride];
                assert_eq!(*out, if j < 35 { at(0) + 100.0 * at(1) } else { 0.0 }, "column {j}");
            }
            let [(0, first), (32, second)] = panels.each(1..2).collect::<Vec<_>>()[..] else {
                panic!("two panels")
            };
            assert_eq!([first.columns, second.columns], [32, 16]);
            assert_eq!(first.values[0], matrix.data[matrix.row_stride]);
        }
    }
}
