//! 3×3 convolutions by minimal filtering, F(2×2, 3×3) of Lavin and Gray (arXiv:1509.09308, section 4.1).
//!
//! Four neighbouring places see the same 4×4 places. With both transformed, 16
//! products take the place of 36: `Y = Aᵀ [Σ (G g Gᵀ) ∘ (Bᵀ d B)] A`, and for
//! many tiles at once each of the 16 is a product of matrices. The coefficients
//! are 0, ±1 and ½, so that next to nothing of f32's precision is lost.

use std::ops::Range;

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::PARTS;
use super::convolve::After;
use super::gemm::{Matrix, multiply};
use super::scratch::{unfilled, with_scratch};

/// Points of a transformed tile.
const POINTS: usize = 16;
/// Numbers of a task, transformed tiles and their products, that the caches hold well.
const CACHED: usize = 1 << 18;
/// Tiles of a task: enough to pay for reading the filters.
const TILES: Range<usize> = 64..512;
/// Tiles of a picture up to which the points are shared among cores instead of the tiles.
const FEW: usize = 32;
/// What a channel count must be a multiple of: the widest vectors.
pub(super) const CHANNELS: usize = 16;

/// G of the paper: rows are the points 0, 1, −1 and ∞.
const FILTER: [[f32; 3]; 4] = [[1.0, 0.0, 0.0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0.0, 0.0, 1.0]];
/// Where a point goes when the filter is read backwards: 0 and ∞ change places.
const REVERSED: [usize; 4] = [3, 1, 2, 0];

/// Transformed filters, `[16, inputs, outputs]`.
#[derive(Debug)]
pub(super) struct Filters {
    values: Vec<f32>,
    inputs: usize,
    outputs: usize,
}

impl Filters {
    /// From a weight `[3, 3, inputs, outputs]`.
    pub(super) fn new(weight: &[f32], inputs: usize, outputs: usize) -> Self {
        let tap = inputs * outputs;
        let mut values = vec![0.0; POINTS * tap];
        values.par_chunks_exact_mut(tap).enumerate().for_each(|(point, to)| {
            for (i, from) in weight.chunks_exact(tap).enumerate() {
                let factor = FILTER[point / 4][i / 3] * FILTER[point % 4][i % 3];
                if factor != 0.0 {
                    to.iter_mut().zip(from).for_each(|(to, from)| *to += factor * from);
                }
            }
        });
        Self { values, inputs, outputs }
    }

    /// The matrix of a point; that of the convolution's gradient with `mirrored`.
    fn matrix(&self, point: usize, mirrored: bool) -> Matrix<'_> {
        let [row, column] = [point / 4, point % 4];
        let stored = if mirrored { 4 * REVERSED[row] + REVERSED[column] } else { point };
        let start = stored * self.inputs * self.outputs;
        let matrix = Matrix::dense(&self.values[start..], self.inputs, self.outputs);
        if mirrored { matrix.transposed() } else { matrix }
    }
}

/// A convolution of pictures of even height and width, framed by one row and column of zeros.
#[derive(Clone, Copy, Debug)]
pub(super) struct Winograd<'a> {
    pub(super) filters: &'a Filters,
    /// Whether this is the way back: outputs are the filters' inputs.
    pub(super) mirrored: bool,
    /// Whether every 2×2 places from the first on are equal; the point −1 is then zero.
    pub(super) doubled: bool,
    pub(super) batch: usize,
    pub(super) height: usize,
    pub(super) width: usize,
}

impl Winograd<'_> {
    /// Convolves framed pictures.
    pub(super) fn run(&self, source: &[f32], after: After<'_>) -> Vec<f32> {
        let image = self.height * self.width * self.outputs();
        let mut out = unfilled(self.batch * image);
        if self.height * self.width <= 4 * FEW {
            self.by_points(source, after, &mut out);
        } else {
            let band = self.rows_of_a_band() * 2 * self.width * self.outputs();
            out.par_chunks_mut(image).enumerate().for_each(|(index, out)| {
                out.par_chunks_mut(band).enumerate().for_each(|(i, out)| {
                    let rows = Rows { image: index, first: i * self.rows_of_a_band() };
                    self.band(source, after, rows, out);
                });
            });
        }
        out
    }

    fn inputs(&self) -> usize {
        if self.mirrored { self.filters.outputs } else { self.filters.inputs }
    }

    fn outputs(&self) -> usize {
        if self.mirrored { self.filters.inputs } else { self.filters.outputs }
    }

    /// Rows of tiles of one task.
    fn rows_of_a_band(&self) -> usize {
        let [tall, wide] = [self.height / 2, self.width / 2];
        let tiles = (CACHED / (POINTS * (self.inputs() + self.outputs()))).clamp(TILES.start, TILES.end);
        let mut bands = (tall * wide).div_ceil(tiles);
        while bands < tall && !(self.batch * bands).is_multiple_of(PARTS) {
            bands += 1;
        }
        tall.div_ceil(bands)
    }

    fn is_zero(&self, point: usize) -> bool {
        self.doubled && (point / 4 == 2 || point % 4 == 2)
    }

    /// Some rows of tiles of one picture: transformed, multiplied and transformed back while they are in the cache.
    fn band(&self, source: &[f32], after: After<'_>, rows: Rows, out: &mut [f32]) {
        let tiles = out.len() / (4 * self.outputs());
        let (from, to) = (tiles * self.inputs(), tiles * self.outputs());
        with_scratch(POINTS * (from + to), |scratch| {
            let (seen, products) = scratch.split_at_mut(POINTS * from);
            Arch::new().dispatch(Scatter { shape: self, source, rows, out: seen });
            for point in (0..POINTS).filter(|point| !self.is_zero(*point)) {
                self.multiply(point, &seen[point * from..][..from], &mut products[point * to..][..to]);
            }
            Arch::new().dispatch(Gather { shape: self, products, apart: tiles, rows, after, out });
        });
    }

    /// Few tiles: each core takes some of the points, so that each filter is read once.
    fn by_points(&self, source: &[f32], after: After<'_>, out: &mut [f32]) {
        let tiles = self.height * self.width / 4;
        let (from, to) = (tiles * self.inputs(), tiles * self.outputs());
        let image = |index| Rows { image: index, first: 0 };
        let mut seen = unfilled(self.batch * POINTS * from);
        seen.par_chunks_exact_mut(POINTS * from).enumerate().for_each(|(index, out)| {
            Arch::new().dispatch(Scatter { shape: self, source, rows: image(index), out });
        });
        // All pictures' tiles under one filter: [16, batch, tiles, ..].
        let mut products = unfilled(POINTS * self.batch * to);
        products.par_chunks_exact_mut(self.batch * to).enumerate().for_each(|(point, products)| {
            if !self.is_zero(point) {
                for (index, product) in products.chunks_exact_mut(to).enumerate() {
                    self.multiply(point, &seen[(index * POINTS + point) * from..][..from], product);
                }
            }
        });
        out.par_chunks_exact_mut(4 * to).enumerate().for_each(|(index, out)| {
            let (products, apart) = (&products[index * to..], self.batch * tiles);
            Arch::new().dispatch(Gather { shape: self, products, apart, rows: image(index), after, out });
        });
    }

    fn multiply(&self, point: usize, seen: &[f32], products: &mut [f32]) {
        let tiles = Matrix::dense(seen, seen.len() / self.inputs(), self.inputs());
        multiply(products, self.outputs(), false, tiles, self.filters.matrix(point, self.mirrored));
    }
}

/// Which tiles: of this picture, from this row of tiles on.
#[derive(Clone, Copy, Debug)]
struct Rows {
    image: usize,
    first: usize,
}

/// `Bᵀ d B` of tiles: the source to `[16, tiles, inputs]`.
struct Scatter<'a> {
    shape: &'a Winograd<'a>,
    source: &'a [f32],
    rows: Rows,
    out: &'a mut [f32],
}

impl WithSimd for Scatter<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Winograd { height, width, .. } = *self.shape;
        let inputs = self.shape.inputs();
        let framed = (width + 2) * inputs;
        let wide = width / 2;
        let (out, _) = S::as_mut_simd_f32s(self.out);
        let vectors = inputs / S::F32_LANES;
        let tiles = out.len() / (POINTS * vectors);
        for tile in 0..tiles {
            let (y, x) = (2 * (self.rows.first + tile / wide), 2 * (tile % wide));
            let start = (self.rows.image * (height + 2) + y) * framed + x * inputs;
            let rows: [&[S::f32s]; 4] =
                std::array::from_fn(|r| S::as_simd_f32s(&self.source[start + r * framed..][..4 * inputs]).0);
            for i in 0..vectors {
                let seen = rows.map(|row| {
                    let row = std::array::from_fn(|column| row[column * vectors + i]);
                    transformed(simd, row)
                });
                for column in 0..4 {
                    let points = transformed(simd, seen.map(|row| row[column]));
                    for (row, value) in points.into_iter().enumerate() {
                        out[((4 * row + column) * tiles + tile) * vectors + i] = value;
                    }
                }
            }
        }
    }
}

/// `Bᵀ d`
#[inline(always)]
fn transformed<S: Simd>(simd: S, [a, b, c, d]: [S::f32s; 4]) -> [S::f32s; 4] {
    [simd.sub_f32s(a, c), simd.add_f32s(b, c), simd.sub_f32s(c, b), simd.sub_f32s(b, d)]
}

/// `Aᵀ m A` of tiles, with what comes after: `[16, tiles, outputs]` to places.
struct Gather<'a> {
    shape: &'a Winograd<'a>,
    products: &'a [f32],
    /// Tiles from one point to the next.
    apart: usize,
    rows: Rows,
    after: After<'a>,
    out: &'a mut [f32],
}

impl WithSimd for Gather<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Winograd { height, width, .. } = *self.shape;
        let outputs = self.shape.outputs();
        let vectors = outputs / S::F32_LANES;
        let (products, _) = S::as_simd_f32s(self.products);
        let (out, _) = S::as_mut_simd_f32s(self.out);
        let (bias, _) = S::as_simd_f32s(self.after.bias_of(self.rows.image, outputs));
        let place = (self.rows.image * height + 2 * self.rows.first) * width;
        let addend = self.after.addend.map(|addend| S::as_simd_f32s(&addend[place * outputs..]).0);
        let (wide, tiles) = (width / 2, out.len() / (4 * vectors));
        let zero = simd.splat_f32s(0.0);
        for tile in 0..tiles {
            let corner = 2 * (tile / wide) * width + 2 * (tile % wide);
            for i in 0..vectors {
                let half: [[S::f32s; 2]; 4] = std::array::from_fn(|column| {
                    let points = std::array::from_fn(|row| {
                        let point = 4 * row + column;
                        let at = (point * self.apart + tile) * vectors + i;
                        if self.shape.is_zero(point) { zero } else { products[at] }
                    });
                    summed(simd, points)
                });
                for row in 0..2 {
                    let sums = summed(simd, half.map(|half| half[row]));
                    for (column, sum) in sums.into_iter().enumerate() {
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
}

/// `Aᵀ m`
#[inline(always)]
fn summed<S: Simd>(simd: S, [a, b, c, d]: [S::f32s; 4]) -> [S::f32s; 2] {
    [simd.add_f32s(simd.add_f32s(a, b), c), simd.sub_f32s(simd.sub_f32s(b, c), d)]
}
