//! Rows of a head to lanes and back.

use pulp::Simd;

use super::super::gemm::Matrix;
use super::{LANES, WIDEST};

/// A matrix's rows with nothing between them, in `memory` if need be. As they lie, a head's rows are hundreds of numbers
/// apart, and the caches have room for few at such distances: at 1024 places a guided iteration took 1.2 times as long.
#[inline(always)]
pub(super) fn pack<'a, const D: usize>(matrix: Matrix<'a>, memory: &'a mut [f32]) -> &'a [[f32; D]] {
    if matrix.rows_apart == D {
        return &matrix.data.as_chunks().0[..matrix.rows];
    }
    let rows = &mut memory.as_chunks_mut().0[..matrix.rows];
    for (i, to) in rows.iter_mut().enumerate() {
        to.copy_from_slice(row::<D>(&matrix, i));
    }
    rows
}

/// Row `row` as an array.
#[inline(always)]
fn row<'a, const D: usize>(matrix: &Matrix<'a>, row: usize) -> &'a [f32] {
    &matrix.data[row * matrix.rows_apart..][..D]
}

/// Rows from `start` on, one to a lane; `[column]`. Lanes beyond the last row hold zeros.
#[inline(always)]
pub(super) fn lanes<S: Simd, const D: usize>(matrix: &Matrix<'_>, start: usize, factor: f32) -> [S::f32s; D] {
    let mut columns = [[0.0; LANES]; D];
    for lane in 0..S::F32_LANES.min(matrix.rows - start) {
        for (column, value) in columns.iter_mut().zip(row::<D>(matrix, start + lane)) {
            column[lane] = factor * value;
        }
    }
    columns.map(|column| S::as_simd_f32s(&column).0[0])
}

/// Writes lanes as rows from `start` on, each multiplied by its lane's factor.
#[inline(always)]
pub(super) fn write<S: Simd, const D: usize>(
    simd: S,
    columns: [S::f32s; D],
    factors: S::f32s,
    out: &mut Output<'_>,
) {
    for (j, column) in columns.into_iter().enumerate() {
        let mut values = [0.0; LANES];
        S::as_mut_simd_f32s(&mut values).0[0] = simd.mul_f32s(column, factors);
        for (lane, value) in values[..S::F32_LANES.min(out.rows)].iter().enumerate() {
            out.values[lane * out.apart + j] = *value;
        }
    }
}

/// Rows to be written, which begin `apart` numbers after one another.
pub(super) struct Output<'a> {
    pub(super) values: &'a mut [f32],
    pub(super) rows: usize,
    pub(super) apart: usize,
}

/// Rows from `start` on, one to a lane, each multiplied by its lane's factor, as far as there are rows; then zeros.
#[inline(always)]
pub(super) fn scaled<S: Simd, const D: usize>(
    simd: S,
    matrix: &Matrix<'_>,
    start: usize,
    factors: S::f32s,
) -> [[f32; WIDEST]; LANES] {
    let mut rows = [[0.0; WIDEST]; LANES];
    let some = S::F32_LANES.min(matrix.rows - start);
    for (lane, (to, factor)) in rows[..some].iter_mut().zip(values_of(simd, factors)).enumerate() {
        to.iter_mut().zip(row::<D>(matrix, start + lane)).for_each(|(to, value)| *to = factor * value);
    }
    rows
}

/// The lanes of a vector.
#[inline(always)]
pub(super) fn values_of<S: Simd>(_: S, vector: S::f32s) -> [f32; LANES] {
    let mut values = [0.0; LANES];
    S::as_mut_simd_f32s(&mut values).0[0] = vector;
    values
}
