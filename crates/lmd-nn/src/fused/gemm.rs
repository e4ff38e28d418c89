//! Products of matrices that lie anywhere in memory, by the `gemm` crate.
#![allow(unsafe_code)]

use std::ops::Range;

use gemm::Parallelism;

/// A matrix to be read: element (i, j) is `data[i · rows_apart + j · columns_apart]`.
///
/// Rows may overlap: a convolution reads neighbouring places as one long row.
#[derive(Clone, Copy, Debug)]
pub(super) struct Matrix<'a> {
    pub(super) data: &'a [f32],
    pub(super) rows: usize,
    pub(super) columns: usize,
    pub(super) rows_apart: usize,
    pub(super) columns_apart: usize,
}

impl<'a> Matrix<'a> {
    /// Rows one after another.
    pub(super) fn dense(data: &'a [f32], rows: usize, columns: usize) -> Self {
        Self::rows(data, rows, columns, columns)
    }

    /// Rows that begin `rows_apart` numbers after one another.
    pub(super) fn rows(data: &'a [f32], rows: usize, columns: usize, rows_apart: usize) -> Self {
        Self { data, rows, columns, rows_apart, columns_apart: 1 }
    }

    /// Some of the rows.
    pub(super) fn some(self, rows: &Range<usize>) -> Self {
        Self { data: &self.data[rows.start * self.rows_apart..], rows: rows.len(), ..self }
    }

    /// The same numbers mirrored at the diagonal.
    pub(super) fn transposed(self) -> Self {
        Self {
            rows: self.columns,
            columns: self.rows,
            rows_apart: self.columns_apart,
            columns_apart: self.rows_apart,
            ..self
        }
    }
}

/// `out = a b`, or `out += a b` with `add`, on one thread.
///
/// Row i of the result lies at `out[i · rows_apart ..]`.
///
/// # Panics
///
/// When the shapes do not fit each other or the memory.
pub(super) fn multiply(out: &mut [f32], rows_apart: usize, add: bool, a: Matrix<'_>, b: Matrix<'_>) {
    let (m, k, n) = (a.rows, a.columns, b.columns);
    assert_eq!(k, b.rows, "inner sizes of a product");
    if m == 0 || n == 0 {
        return;
    }
    assert!(n <= rows_apart || m == 1, "rows of the result overlap");
    assert!((m - 1) * rows_apart + n <= out.len(), "the result leaves its memory");
    if k == 0 {
        if !add {
            out.chunks_mut(rows_apart).take(m).for_each(|row| row[..n].fill(0.0));
        }
        return;
    }
    for x in [&a, &b] {
        let last = (x.rows - 1) * x.rows_apart + (x.columns - 1) * x.columns_apart;
        assert!(last < x.data.len(), "a factor leaves its memory");
    }
    let apart = usize::cast_signed;
    // SAFETY: the assertions above keep every element that is read inside `a.data` and `b.data`,
    // and every element that is written inside `out`, each written by one (i, j) only. `out` is
    // borrowed exclusively, so that it overlaps neither factor. With `add` false `out` is not read.
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            out.as_mut_ptr(),
            1,
            apart(rows_apart),
            add,
            a.data.as_ptr(),
            apart(a.columns_apart),
            apart(a.rows_apart),
            b.data.as_ptr(),
            apart(b.columns_apart),
            apart(b.rows_apart),
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
