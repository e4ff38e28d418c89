//! Rows of a head to lanes of vectors and back.

use pulp::Simd;

use super::super::gemm::Matrix;
use super::super::heads::HeadBackward;
use super::super::simd::LANES;

/// The widest heads, and the leading dimension of dK and dV.
pub(in super::super) const MAX_WIDTH: usize = 16;

/// A matrix's rows, contiguous; copied to `memory` if they are not. The rows of one head have a stride of hundreds of elements,
/// at which the caches hold few: at 1024 pixels a guided iteration took 1.2 times as long.
#[inline(always)]
pub(super) fn pack<'a, const D: usize>(matrix: Matrix<'a>, memory: &'a mut [f32]) -> &'a [[f32; D]] {
    if matrix.row_stride == D {
        return &matrix.data.as_chunks().0[..matrix.rows];
    }
    let rows = &mut memory.as_chunks_mut().0[..matrix.rows];
    for (i, to) in rows.iter_mut().enumerate() {
        to.copy_from_slice(row::<D>(&matrix, i));
    }
    rows
}

/// One row of a head of `D` elements.
#[inline(always)]
fn row<'a, const D: usize>(matrix: &Matrix<'a>, row: usize) -> &'a [f32] {
    &matrix.data[row * matrix.row_stride..][..D]
}

/// Rows from `start` on, one per lane, times `factor`: a vector for each column. Lanes past the last row are zero.
#[inline(always)]
pub(super) fn load_lanes<S: Simd, const D: usize>(
    matrix: &Matrix<'_>,
    start: usize,
    factor: f32,
) -> [S::f32s; D] {
    let mut columns = [[0.0; LANES]; D];
    for lane in 0..S::F32_LANES.min(matrix.rows - start) {
        for (column, value) in columns.iter_mut().zip(row::<D>(matrix, start + lane)) {
            column[lane] = factor * value;
        }
    }
    columns.map(|column| S::as_simd_f32s(&column).0[0])
}

/// Writes each lane as a row, multiplied by its lane's factor.
#[inline(always)]
pub(super) fn store_rows<S: Simd, const D: usize>(
    simd: S,
    columns: [S::f32s; D],
    factors: S::f32s,
    out: &mut RowsOut<'_>,
) {
    for (j, column) in columns.into_iter().enumerate() {
        let mut values = [0.0; LANES];
        S::as_mut_simd_f32s(&mut values).0[0] = simd.mul_f32s(column, factors);
        for (lane, value) in values[..S::F32_LANES.min(out.rows)].iter().enumerate() {
            out.values[lane * out.row_stride + j] = *value;
        }
    }
}

/// Rows to be written, with leading dimension `row_stride`.
pub(super) struct RowsOut<'a> {
    pub(super) values: &'a mut [f32],
    pub(super) rows: usize,
    pub(super) row_stride: usize,
}

/// Rows from `start` on, each multiplied by its lane's factor; zeros past the last row.
#[inline(always)]
pub(super) fn scaled_rows<S: Simd, const D: usize>(
    simd: S,
    matrix: &Matrix<'_>,
    start: usize,
    factors: S::f32s,
) -> [[f32; MAX_WIDTH]; LANES] {
    let mut rows = [[0.0; MAX_WIDTH]; LANES];
    let some = S::F32_LANES.min(matrix.rows - start);
    for (lane, (to, factor)) in rows[..some].iter_mut().zip(to_array(simd, factors)).enumerate() {
        to.iter_mut().zip(row::<D>(matrix, start + lane)).for_each(|(to, value)| *to = factor * value);
    }
    rows
}

/// The lanes of a vector, padded with zeros.
#[inline(always)]
pub(super) fn to_array<S: Simd>(_: S, vector: S::f32s) -> [f32; LANES] {
    let mut values = [0.0; LANES];
    S::as_mut_simd_f32s(&mut values).0[0] = vector;
    values
}

/// Row max and 1 / row sum of the rows from `start` on, as the forward pass saved them; zeros past the last row.
#[inline(always)]
pub(super) fn saved_stats<S: Simd>(head: &HeadBackward<'_>, start: usize) -> [S::f32s; 2] {
    let mut stats = [[0.0; LANES]; 2];
    let rows = head.stats[start * head.stats_stride..].chunks(head.stats_stride).take(head.q.rows - start);
    for (lane, row) in rows.take(S::F32_LANES).enumerate() {
        (stats[0][lane], stats[1][lane]) = (row[0], row[1]);
    }
    stats.map(|lanes| S::as_simd_f32s(&lanes).0[0])
}
