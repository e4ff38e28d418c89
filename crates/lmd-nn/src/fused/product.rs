//! Products of rows with a few columns of a matrix, kept in the order the processor reads them.
//!
//! A general product copies both factors into such an order first. Filters have it from
//! the start, a head's keys and values are brought into it once for all queries
//! ([`Panels`]), and rows are read where they lie. Every result is one sum from the first
//! input to the last, whatever rows are beside it.

use std::ops::Range;

#[cfg(target_arch = "x86_64")]
use core::arch::x86_64::{_MM_HINT_T0, _MM_HINT_T1, _mm_prefetch};

use pulp::{NullaryFnOnce, Simd, WithSimd};

use super::gemm::Matrix;
use super::simd::{alone, arch};

/// Columns of a panel, but for the last of a matrix.
pub(super) const PANEL: usize = 32;
/// What a panel's number of columns is a multiple of: the widest vectors.
pub(super) const COLUMNS: usize = 16;
/// Vectors of columns in hand.
const VECTORS: usize = 2;
/// Rows in hand where there are 32 vector registers of 16 numbers, and elsewhere.
const ROWS: [usize; 2] = [14, 6];
/// Inputs from one whose columns are multiplied to one whose columns are asked for.
const AHEAD: usize = 24;

/// Some columns of a matrix; those of input i begin at `values[i · apart ..]`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Panel<'a> {
    pub(super) values: &'a [f32],
    pub(super) inputs: usize,
    /// A multiple of [`COLUMNS`], as is `apart`.
    pub(super) columns: usize,
    pub(super) apart: usize,
}

impl<'a> Panel<'a> {
    /// Columns with no others between them, `[inputs, columns]`.
    pub(super) fn dense(values: &'a [f32], inputs: usize) -> Self {
        let columns = values.len() / inputs.max(1);
        Self { values, inputs, columns, apart: columns }
    }

    /// `out = a b`, or `out += a b` with `add`; row i of the result lies at `out[i · rows_apart ..]`.
    ///
    /// # Panics
    ///
    /// When the shapes do not fit each other or the memory.
    pub(super) fn multiply(&self, out: &mut [f32], rows_apart: usize, add: bool, a: Matrix<'_>) {
        self.run(Product { out, rows_apart, add, a, b: *self, next: &[], step: 0 });
    }

    /// `out = a b`, as [`multiply`](Self::multiply), while `next`, which is read after this, is brought into the caches.
    pub(super) fn multiply_before(&self, next: &[f32], out: &mut [f32], rows_apart: usize, a: Matrix<'_>) {
        self.run(Product { out, rows_apart, add: false, a, b: *self, next, step: 0 });
    }

    fn run(&self, product: Product<'_>) {
        let Matrix { columns, columns_apart, .. } = product.a;
        assert!(columns == self.inputs && columns_apart == 1, "rows of a product");
        let whole = [self.columns, self.apart].iter().all(|number| number.is_multiple_of(COLUMNS));
        assert!(whole && self.columns <= self.apart, "columns of a product");
        arch().dispatch(product);
    }
}

/// All columns of a matrix, one panel after another; zeros fill the last up to a multiple of [`COLUMNS`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Panels<'a> {
    values: &'a [f32],
    inputs: usize,
}

impl<'a> Panels<'a> {
    /// How many numbers a matrix is as panels.
    pub(super) fn length(inputs: usize, columns: usize) -> usize {
        inputs * columns.next_multiple_of(COLUMNS)
    }

    /// Brings a matrix into order; `memory` is of its [`length`](Self::length).
    pub(super) fn of(matrix: Matrix<'_>, memory: &'a mut [f32]) -> Self {
        let inputs = matrix.rows.max(1);
        for (index, panel) in memory.chunks_mut(inputs * PANEL).enumerate() {
            let width = panel.len() / inputs;
            for (i, out) in panel.chunks_exact_mut(width).enumerate() {
                for (column, out) in (index * PANEL..).zip(out) {
                    let at = i * matrix.rows_apart + column * matrix.columns_apart;
                    *out = if column < matrix.columns { matrix.data[at] } else { 0.0 };
                }
            }
        }
        Self::ordered(memory, inputs)
    }

    /// Numbers that are in order already.
    pub(super) fn ordered(values: &'a [f32], inputs: usize) -> Self {
        Self { values, inputs }
    }

    /// Each panel with its first column, for some of the inputs.
    pub(super) fn each(self, inputs: Range<usize>) -> impl Iterator<Item = (usize, Panel<'a>)> {
        self.values.chunks((self.inputs * PANEL).max(1)).enumerate().map(move |(index, panel)| {
            let width = panel.len() / self.inputs;
            (index * PANEL, Panel::dense(&panel[inputs.start * width..inputs.end * width], inputs.len()))
        })
    }

    /// Some of the columns, from a multiple of [`PANEL`] to another, or to the end.
    pub(super) fn columns(self, columns: Range<usize>) -> Self {
        let end = columns.end.next_multiple_of(COLUMNS) * self.inputs;
        Self { values: &self.values[columns.start * self.inputs..end], inputs: self.inputs }
    }

    /// As [`Panel::multiply`], with all columns.
    pub(super) fn multiply(self, out: &mut [f32], rows_apart: usize, add: bool, a: Matrix<'_>) {
        for (column, panel) in self.each(0..self.inputs) {
            panel.multiply(&mut out[column..], rows_apart, add, a);
        }
    }
}

struct Product<'a> {
    out: &'a mut [f32],
    rows_apart: usize,
    add: bool,
    a: Matrix<'a>,
    b: Panel<'a>,
    /// What remains to be asked for of what is read next, and how much of it at each input.
    next: &'a [f32],
    step: usize,
}

impl WithSimd for Product<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let (panel, _) = S::as_simd_f32s(self.b.values);
        let [width, apart] = [self.b.columns, self.b.apart].map(|columns| columns / S::F32_LANES);
        let blocks = self.a.rows.div_ceil(most_rows::<S>()) * width.div_ceil(VECTORS);
        self.step = self.next.len().div_ceil((blocks * self.b.inputs).max(1));
        for first in (0..width).step_by(VECTORS) {
            let strip = Strip { panel: &panel[first.min(panel.len())..], apart, first };
            match (width - first >= VECTORS, self.step > 0) {
                (true, false) => self.strip::<S, VECTORS, FIRST>(simd, strip),
                (true, true) => self.strip::<S, VECTORS, SECOND>(simd, strip),
                (false, false) => self.strip::<S, 1, FIRST>(simd, strip),
                (false, true) => self.strip::<S, 1, SECOND>(simd, strip),
            }
        }
    }
}

/// Rows that are in hand at once.
fn most_rows<S: Simd>() -> usize {
    if S::F32_LANES == COLUMNS { ROWS[0] } else { ROWS[1] }
}

/// A few vectors of a panel's columns.
#[derive(Clone, Copy)]
struct Strip<'a, V> {
    /// From the first of them on.
    panel: &'a [V],
    /// From one input to the next.
    apart: usize,
    /// Which of the panel's the first is.
    first: usize,
}

impl Product<'_> {
    /// All rows under `V` vectors of columns, in blocks of nearly equal height; what is asked for goes to the cache `C`.
    #[inline(always)]
    fn strip<S: Simd, const V: usize, const C: u8>(&mut self, simd: S, strip: Strip<'_, S::f32s>) {
        let blocks = self.a.rows.div_ceil(most_rows::<S>());
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

    /// `R` rows.
    #[inline(always)]
    fn block<S: Simd, const V: usize, const R: usize, const C: u8>(
        &mut self,
        simd: S,
        strip: Strip<'_, S::f32s>,
        row: usize,
    ) {
        alone(simd, Block::<S, V, R, C> { product: self, simd, strip, row });
    }
}

/// `R` rows under `V` vectors of columns, with all sums in registers.
struct Block<'p, 'a, 's, S: Simd, const V: usize, const R: usize, const C: u8> {
    product: &'p mut Product<'a>,
    simd: S,
    strip: Strip<'s, S::f32s>,
    row: usize,
}

impl<S: Simd, const V: usize, const R: usize, const C: u8> NullaryFnOnce for Block<'_, '_, '_, S, V, R, C> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self { product: Product { out, rows_apart, add, a, b, next, step }, simd, strip, row } = self;
        let mut rows: [&[f32]; R] = [&[]; R];
        for (r, values) in rows.iter_mut().enumerate() {
            *values = &a.data[(row + r) * a.rows_apart..][..b.inputs];
        }
        let start = |r: usize| (row + r) * *rows_apart + strip.first * S::F32_LANES;
        let mut sums = [[simd.splat_f32s(0.0); V]; R];
        if *add {
            for (r, sums) in sums.iter_mut().enumerate() {
                let (before, _) = S::as_simd_f32s(&out[start(r)..][..V * S::F32_LANES]);
                sums.copy_from_slice(before);
            }
        }
        // What is asked for meanwhile: what is next, or these columns of later inputs.
        let later = || b.values.get(strip.first * S::F32_LANES + AHEAD * b.apart..).unwrap_or(&[]);
        let (ahead, ahead_step) = if C == SECOND { (*next, *step) } else { (later(), b.apart) };
        for (i, factors) in (0..b.inputs).zip(strip.panel.array_windows::<V>().step_by(strip.apart)) {
            prefetch::<_, C>(ahead, i * ahead_step, PANEL);
            for r in 0..R {
                let value = simd.splat_f32s(rows[r][i]);
                for v in 0..V {
                    sums[r][v] = simd.mul_add_f32s(value, factors[v], sums[r][v]);
                }
            }
        }
        *next = &next[(b.inputs * *step).min(next.len())..];
        for (r, sums) in sums.iter().enumerate() {
            let (out, _) = S::as_mut_simd_f32s(&mut out[start(r)..][..V * S::F32_LANES]);
            out.copy_from_slice(sums);
        }
    }
}

/// The first cache, and the second, which has room for a panel beside the one in hand.
pub(super) const FIRST: u8 = 1;
const SECOND: u8 = 2;

/// Asks for `count` values that a later turn reads: the processor itself looks no further ahead than a page of 4 KiB.
#[inline(always)]
#[allow(unsafe_code)]
pub(super) fn prefetch<T, const CACHE: u8>(values: &[T], index: usize, count: usize) {
    let at = values.as_ptr().wrapping_add(index).cast::<i8>();
    #[cfg(target_arch = "x86_64")]
    for line in 0..(count * size_of::<T>()).div_ceil(64) {
        // SAFETY: a hint that reads nothing and faults at no address; SSE is part of the architecture.
        unsafe {
            match CACHE {
                FIRST => _mm_prefetch::<_MM_HINT_T0>(at.wrapping_add(64 * line)),
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
    fn products_are_those_of_the_definition() {
        for (rows, inputs, columns) in [(1, 3, 16), (14, 16, 32), (15, 5, 32), (33, 40, 16), (100, 400, 32)] {
            #[allow(clippy::cast_precision_loss)]
            let numbers = |count: usize, step: usize| -> Vec<f32> {
                (0..count).map(|i| (i * step % 13) as f32).collect()
            };
            let (apart, out_apart) = (inputs - 1, columns + 1); // rows overlap
            let (a, b) = (numbers(rows * inputs, 5), numbers(inputs * columns, 7));
            let mut out = vec![f32::NAN; rows * out_apart];
            let panel = Panel::dense(&b, inputs);
            panel.multiply(&mut out, out_apart, false, Matrix::rows(&a, rows, inputs, apart));
            panel.multiply(&mut out, out_apart, true, Matrix::rows(&a, rows, inputs, apart));
            let mut before = vec![f32::NAN; rows * columns];
            panel.multiply_before(&a, &mut before, columns, Matrix::rows(&a, rows, inputs, apart));
            for (i, out) in out.chunks_exact(out_apart).enumerate() {
                assert!(
                    before[i * columns..]
                        .iter()
                        .zip(&out[..columns])
                        .all(|(once, twice)| 2.0 * once == *twice)
                );
                for (j, out) in out[..columns].iter().enumerate() {
                    let product: f32 = (0..inputs).map(|l| a[i * apart + l] * b[l * columns + j]).sum();
                    assert_eq!(*out, 2.0 * product, "at {i}, {j} of {rows}, {inputs}, {columns}");
                }
                assert!(out[columns].is_nan(), "beyond the row");
            }
        }
    }

    #[test]
    fn panels_are_the_matrix_and_zeros() {
        let numbers: Vec<f32> = (0..70_u8).map(f32::from).collect();
        for matrix in [Matrix::dense(&numbers, 2, 35), Matrix::dense(&numbers, 35, 2).transposed()] {
            let mut memory = vec![f32::NAN; Panels::length(2, 35)];
            let panels = Panels::of(matrix, &mut memory);
            let mut out = vec![f32::NAN; 48];
            panels.multiply(&mut out, 48, false, Matrix::dense(&[1.0, 100.0], 1, 2));
            for (j, out) in out.iter().enumerate() {
                let at = |i| matrix.data[i * matrix.rows_apart + j * matrix.columns_apart];
                assert_eq!(*out, if j < 35 { at(0) + 100.0 * at(1) } else { 0.0 }, "column {j}");
            }
            let [(0, first), (32, second)] = panels.each(1..2).collect::<Vec<_>>()[..] else {
                panic!("two panels")
            };
            assert_eq!([first.columns, second.columns], [32, 16]);
            assert_eq!(first.values[0], matrix.data[matrix.rows_apart]);
        }
    }
}
