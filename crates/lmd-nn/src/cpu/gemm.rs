//! GEMM on strided matrices: a safe face of the `gemm` crate, on one thread.
//!
//! Reference: the triple loop of the definition, in this file's tests.
#![allow(unsafe_code)]

use std::ops::Range;

use gemm::Parallelism;

/// A strided view of a matrix: element (i, j) is `data[i · row_stride + j · col_stride]`.
///
/// Rows may overlap: a convolution reads neighbouring pixels as one long row.
#[derive(Clone, Copy, Debug)]
pub(super) struct Matrix<'a> {
    pub(super) data: &'a [f32],
    pub(super) rows: usize,
    pub(super) columns: usize,
    pub(super) row_stride: usize,
    pub(super) col_stride: usize,
}

impl<'a> Matrix<'a> {
    /// A row-major matrix without padding.
    pub(super) fn dense(data: &'a [f32], rows: usize, columns: usize) -> Self {
        Self::rows(data, rows, columns, columns)
    }

    /// A row-major matrix whose leading dimension is `row_stride`.
    pub(super) fn rows(data: &'a [f32], rows: usize, columns: usize, row_stride: usize) -> Self {
        Self { data, rows, columns, row_stride, col_stride: 1 }
    }

    /// A slice of the rows.
    pub(super) fn row_range(self, rows: &Range<usize>) -> Self {
        Self { data: &self.data[rows.start * self.row_stride..], rows: rows.len(), ..self }
    }

    /// The transpose, a view of the same memory.
    pub(super) fn transposed(self) -> Self {
        Self {
            rows: self.columns,
            columns: self.rows,
            row_stride: self.col_stride,
            col_stride: self.row_stride,
            ..self
        }
    }
}

/// `out = a b`, or `out += a b` with `add`, on one thread; `out` is row-major with leading dimension `row_stride`.
///
/// # Panics
///
/// When the shapes do not fit each other or the memory.
pub(super) fn multiply(out: &mut [f32], row_stride: usize, add: bool, a: Matrix<'_>, b: Matrix<'_>) {
    let (m, k, n) = (a.rows, a.columns, b.columns);
    assert_eq!(k, b.rows, "inner sizes of a product");
    if m == 0 || n == 0 {
        return;
    }
    assert!(n <= row_stride || m == 1, "rows of the result overlap");
    assert!((m - 1) * row_stride + n <= out.len(), "the result leaves its memory");
    if k == 0 {
        if !add {
            out.chunks_mut(row_stride).take(m).for_each(|row| row[..n].fill(0.0));
        }
        return;
    }
    for x in [&a, &b] {
        let last = (x.rows - 1) * x.row_stride + (x.columns - 1) * x.col_stride;
        assert!(last < x.data.len(), "a factor leaves its memory");
    }
    let stride = usize::cast_signed;
    // SAFETY: the assertions above keep every element that is read inside `a.data` and `b.data`,
    // and every element that is written inside `out`, each written by one (i, j) only. `out` is
    // borrowed exclusively, so it overlaps neither factor. With `add` false `out` is not read, so it may be
    // uninitialised.
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            out.as_mut_ptr(),
            1,
            stride(row_stride),
            add,
            a.data.as_ptr(),
            stride(a.col_stride),
            stride(a.row_stride),
            b.data.as_ptr(),
            stride(b.col_stride),
            stride(b.row_stride),
            1.0,
            1.0,
            false,
            false,
            false,
            Parallelism::None,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strided_products_are_those_of_the_definition() {
        let numbers: Vec<f32> = (0..64_u8).map(f32::from).collect();
        let a = Matrix::rows(&numbers, 3, 4, 2); // rows overlap
        let b = Matrix::rows(&numbers[5..], 5, 4, 7).transposed();
        let mut out = vec![1.0; 3 * 8];
        multiply(&mut out, 8, true, a, b);
        for i in 0..3 {
            for j in 0..8 {
                let product: f32 = (0..4).map(|l| numbers[2 * i + l] * numbers[5 + 7 * j.min(4) + l]).sum();
                assert_eq!(out[8 * i + j], if j < 5 { 1.0 + product } else { 1.0 }, "at {i}, {j}");
            }
        }
    }

    #[test]
    #[should_panic(expected = "leaves its memory")]
    fn a_factor_beyond_its_memory_is_refused() {
        let numbers = [0.0; 11];
        multiply(&mut [0.0; 4], 2, false, Matrix::dense(&numbers, 2, 6), Matrix::dense(&numbers, 6, 1));
    }
}
