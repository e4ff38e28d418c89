//! 3×3 convolutions by minimal filtering, F(2×2, 3×3) and F(4×4, 3×3) of Lavin and Gray (arXiv:1509.09308, section 4).
//!
//! Four neighbouring places see the same 4×4 places. With both transformed, 16
//! products take the place of 36: `Y = Aᵀ [Σ (G g Gᵀ) ∘ (Bᵀ d B)] A`, and for
//! many tiles at once each of the 16 is a product of matrices. Sixteen places see
//! 6×6: 36 products for 144. The transforms evaluate polynomials at the points
//! 0, ±1, ∞ for the small tile and 0, ±¾, ±1½, ∞ for the large one: with those, f32
//! sums come out 1.7 times as inexact as without any transform (the paper's 0, ±1, ±2, ∞: 3 times).

use std::ops::Range;

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::PARTS;
use super::convolve::After;
use super::gemm::Matrix;
use super::product::{COLUMNS, Packed};
use super::scratch::{unfilled, with_scratch};

/// Numbers of a task, transformed tiles and their products, that the caches hold well.
const CACHED: usize = 1 << 18;
/// Places of a task: enough to pay for reading the filters.
const PLACES: Range<usize> = 256..2048;
/// Places of a picture up to which the points are shared among cores instead of the tiles.
const FEW: usize = 128;
/// Places of all pictures from which on the larger tile pays for its larger filters.
const MANY: usize = 1024;
/// What a channel count must be a multiple of.
pub(super) const CHANNELS: usize = COLUMNS;

/// The result's places a side of a tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tile {
    Two,
    Four,
}

impl Tile {
    /// The tile for pictures of these sizes, if there is one; `doubled` as in [`Winograd`].
    pub(super) fn of(batch: usize, height: usize, width: usize, doubled: bool) -> Option<Self> {
        let fits = |side| height.is_multiple_of(side) && width.is_multiple_of(side);
        match () {
            () if fits(4) && !doubled && batch * height * width >= MANY => Some(Self::Four),
            () if fits(2) => Some(Self::Two),
            () => None,
        }
    }

    fn side(self) -> usize {
        match self {
            Self::Two => 2,
            Self::Four => 4,
        }
    }

    /// Points a side of a transformed tile.
    fn points(self) -> usize {
        self.side() + 2
    }

    /// A row of the paper's G.
    fn filter(self, point: usize) -> [f32; 3] {
        match self {
            Self::Two => [[1.0, 0.0, 0.0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0.0, 0.0, 1.0]][point],
            Self::Four => {
                // At p: (1, p, p²) / Π (p − q) over the other points q.
                let [a, b] = FOUR;
                let (zero, at_a, at_b) =
                    (1.0 / (a * a * b * b), 0.5 / (a * a * (a * a - b * b)), 0.5 / (b * b * (b * b - a * a)));
                match point {
                    0 => [zero, 0.0, 0.0],
                    1 => [at_a, at_a * a, at_a * a * a],
                    2 => [at_a, -at_a * a, at_a * a * a],
                    3 => [at_b, at_b * b, at_b * b * b],
                    4 => [at_b, -at_b * b, at_b * b * b],
                    _ => [0.0, 0.0, 1.0],
                }
            }
        }
    }
}

/// The positive points of the large tile. Their powers up to the third are exact in f32.
const FOUR: [f32; 2] = [0.75, 1.5];

/// Transformed filters, `[inputs, outputs]` for each point.
#[derive(Debug)]
pub(super) struct Filters {
    tile: Tile,
    points: Vec<Packed>,
    inputs: usize,
    outputs: usize,
}

impl Filters {
    /// From a weight `[3, 3, inputs, outputs]`.
    pub(super) fn new(weight: &[f32], inputs: usize, outputs: usize, tile: Tile) -> Self {
        let (side, tap) = (tile.points(), inputs * outputs);
        let points = (0..side * side).into_par_iter().map(|point| {
            let mut values = vec![0.0; tap];
            for (i, from) in weight.chunks_exact(tap).enumerate() {
                let factor = tile.filter(point / side)[i / 3] * tile.filter(point % side)[i % 3];
                if factor != 0.0 {
                    values.iter_mut().zip(from).for_each(|(to, from)| *to += factor * from);
                }
            }
            Packed::new(Matrix::dense(&values, inputs, outputs))
        });
        Self { tile, points: points.collect(), inputs, outputs }
    }
}

/// A convolution of pictures whose height and width are multiples of the tile's, framed by one row and column of zeros.
#[derive(Clone, Copy, Debug)]
pub(super) struct Winograd<'a> {
    pub(super) filters: &'a Filters,
    /// Whether every 2×2 places from the first on are equal; the point −1 of the small tile is then zero.
    pub(super) doubled: bool,
    pub(super) batch: usize,
    pub(super) height: usize,
    pub(super) width: usize,
}

impl Winograd<'_> {
    /// Convolves framed pictures.
    pub(super) fn run(&self, source: &[f32], after: After<'_>) -> Vec<f32> {
        let image = self.height * self.width * self.filters.outputs;
        let mut out = unfilled(self.batch * image);
        if self.height * self.width <= FEW {
            self.by_points(source, after, &mut out);
        } else {
            let rows = self.rows_of_a_band();
            let band = rows * self.side() * self.width * self.filters.outputs;
            out.par_chunks_mut(image).enumerate().for_each(|(index, out)| {
                out.par_chunks_mut(band).enumerate().for_each(|(i, out)| {
                    self.band(source, after, Rows { image: index, first: i * rows }, out);
                });
            });
        }
        out
    }

    fn side(&self) -> usize {
        self.filters.tile.side()
    }

    /// Numbers of a tile of the result.
    fn tile(&self) -> usize {
        self.side() * self.side() * self.filters.outputs
    }

    /// Rows of tiles of one task.
    fn rows_of_a_band(&self) -> usize {
        let (side, points) = (self.side(), self.filters.points.len());
        let [tall, wide] = [self.height / side, self.width / side];
        let cached = CACHED / (points * (self.filters.inputs + self.filters.outputs));
        let tiles = cached.clamp(PLACES.start / (side * side), PLACES.end / (side * side));
        let mut bands = (tall * wide).div_ceil(tiles);
        while bands < tall && !(self.batch * bands).is_multiple_of(PARTS) {
            bands += 1;
        }
        tall.div_ceil(bands)
    }

    fn is_zero(&self, point: usize) -> bool {
        let side = self.filters.tile.points();
        self.doubled && (point / side == 2 || point % side == 2)
    }

    /// Some rows of tiles of one picture: transformed, multiplied and transformed back while they are in the cache.
    fn band(&self, source: &[f32], after: After<'_>, rows: Rows, out: &mut [f32]) {
        let tiles = out.len() / self.tile();
        let (from, to) = (tiles * self.filters.inputs, tiles * self.filters.outputs);
        let points = self.filters.points.len();
        with_scratch(points * (from + to), |scratch| {
            let (seen, products) = scratch.split_at_mut(points * from);
            self.scatter(source, rows, seen, tiles);
            for point in (0..points).filter(|point| !self.is_zero(*point)) {
                self.multiply(point, &seen[point * from..][..from], &mut products[point * to..][..to]);
            }
            self.gather(products, tiles, rows, after, out);
        });
    }

    /// Few tiles: each core takes some of the points, so that each filter is read once.
    fn by_points(&self, source: &[f32], after: After<'_>, out: &mut [f32]) {
        let tiles = self.height * self.width / (self.side() * self.side());
        let (from, to) = (tiles * self.filters.inputs, tiles * self.filters.outputs);
        let points = self.filters.points.len();
        let image = |index| Rows { image: index, first: 0 };
        let mut seen = unfilled(self.batch * points * from);
        seen.par_chunks_exact_mut(points * from).enumerate().for_each(|(index, out)| {
            self.scatter(source, image(index), out, tiles);
        });
        // All pictures' tiles under one filter: [points, batch, tiles, ..].
        let mut products = unfilled(points * self.batch * to);
        products.par_chunks_exact_mut(self.batch * to).enumerate().for_each(|(point, products)| {
            if !self.is_zero(point) {
                for (index, product) in products.chunks_exact_mut(to).enumerate() {
                    self.multiply(point, &seen[(index * points + point) * from..][..from], product);
                }
            }
        });
        out.par_chunks_exact_mut(tiles * self.tile()).enumerate().for_each(|(index, out)| {
            self.gather(&products[index * to..], self.batch * tiles, image(index), after, out);
        });
    }

    fn multiply(&self, point: usize, seen: &[f32], products: &mut [f32]) {
        let tiles = Matrix::dense(seen, seen.len() / self.filters.inputs, self.filters.inputs);
        self.filters.points[point].multiply(products, self.filters.outputs, tiles);
    }

    fn scatter(&self, source: &[f32], rows: Rows, out: &mut [f32], tiles: usize) {
        match self.filters.tile {
            Tile::Two => Arch::new().dispatch(Scatter { shape: self, source, rows, out, tiles, kind: Two }),
            Tile::Four => Arch::new().dispatch(Scatter { shape: self, source, rows, out, tiles, kind: Four }),
        }
    }

    fn gather(&self, products: &[f32], apart: usize, rows: Rows, after: After<'_>, out: &mut [f32]) {
        match self.filters.tile {
            Tile::Two => {
                Arch::new().dispatch(Gather { shape: self, products, apart, rows, after, out, kind: Two })
            }
            Tile::Four => {
                Arch::new().dispatch(Gather { shape: self, products, apart, rows, after, out, kind: Four })
            }
        }
    }
}

/// Which tiles: of this picture, from this row of tiles on.
#[derive(Clone, Copy, Debug)]
struct Rows {
    image: usize,
    first: usize,
}

/// The transforms of a tile: `P` points a side for `M` places of the result.
trait Transform<const P: usize, const M: usize>: Copy {
    /// `Bᵀ d`
    fn seen<S: Simd>(self, simd: S, values: [S::f32s; P]) -> [S::f32s; P];
    /// `Aᵀ m`
    fn summed<S: Simd>(self, simd: S, points: [S::f32s; P]) -> [S::f32s; M];
}

#[derive(Clone, Copy)]
struct Two;

impl Transform<4, 2> for Two {
    #[inline(always)]
    fn seen<S: Simd>(self, simd: S, [a, b, c, d]: [S::f32s; 4]) -> [S::f32s; 4] {
        [simd.sub_f32s(a, c), simd.add_f32s(b, c), simd.sub_f32s(c, b), simd.sub_f32s(b, d)]
    }

    #[inline(always)]
    fn summed<S: Simd>(self, simd: S, [a, b, c, d]: [S::f32s; 4]) -> [S::f32s; 2] {
        [simd.add_f32s(simd.add_f32s(a, b), c), simd.sub_f32s(simd.sub_f32s(b, c), d)]
    }
}

#[derive(Clone, Copy)]
struct Four;

impl Transform<6, 4> for Four {
    /// Coefficients of x (x² − a²) (x² − b²), and of what is left of it without each point's factor.
    #[inline(always)]
    fn seen<S: Simd>(self, simd: S, d: [S::f32s; 6]) -> [S::f32s; 6] {
        const A2: f32 = FOUR[0] * FOUR[0];
        const B2: f32 = FOUR[1] * FOUR[1];
        let add = |factor: f32, x, y| simd.mul_add_f32s(simd.splat_f32s(factor), x, y);
        let (even_a, odd_a) = (add(-B2, d[2], d[4]), add(-B2, d[1], d[3]));
        let (even_b, odd_b) = (add(-A2, d[2], d[4]), add(-A2, d[1], d[3]));
        [
            add(A2 * B2, d[0], add(-A2 - B2, d[2], d[4])),
            add(FOUR[0], odd_a, even_a),
            add(-FOUR[0], odd_a, even_a),
            add(FOUR[1], odd_b, even_b),
            add(-FOUR[1], odd_b, even_b),
            add(A2 * B2, d[1], add(-A2 - B2, d[3], d[5])),
        ]
    }

    /// Powers of the points up to the third.
    #[inline(always)]
    fn summed<S: Simd>(self, simd: S, m: [S::f32s; 6]) -> [S::f32s; 4] {
        const A2: f32 = FOUR[0] * FOUR[0];
        const B2: f32 = FOUR[1] * FOUR[1];
        let times = |factor: f32, x| simd.mul_f32s(simd.splat_f32s(factor), x);
        let add = |factor: f32, x, y| simd.mul_add_f32s(simd.splat_f32s(factor), x, y);
        let (even_a, odd_a) = (simd.add_f32s(m[1], m[2]), simd.sub_f32s(m[1], m[2]));
        let (even_b, odd_b) = (simd.add_f32s(m[3], m[4]), simd.sub_f32s(m[3], m[4]));
        [
            simd.add_f32s(m[0], simd.add_f32s(even_a, even_b)),
            add(FOUR[1], odd_b, times(FOUR[0], odd_a)),
            add(B2, even_b, times(A2, even_a)),
            add(FOUR[1] * B2, odd_b, add(FOUR[0] * A2, odd_a, m[5])),
        ]
    }
}

/// `Bᵀ d B` of tiles: the source to `[points, tiles, inputs]`.
struct Scatter<'a, T, const P: usize, const M: usize> {
    shape: &'a Winograd<'a>,
    source: &'a [f32],
    rows: Rows,
    out: &'a mut [f32],
    tiles: usize,
    kind: T,
}

impl<T: Transform<P, M>, const P: usize, const M: usize> WithSimd for Scatter<'_, T, P, M> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Winograd { height, width, .. } = *self.shape;
        let inputs = self.shape.filters.inputs;
        let framed = (width + 2) * inputs;
        let wide = width / M;
        let (out, _) = S::as_mut_simd_f32s(self.out);
        let vectors = inputs / S::F32_LANES;
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
                        out[((P * row + column) * self.tiles + tile) * vectors + i] = value;
                    }
                }
            }
        }
    }
}

/// `Aᵀ m A` of tiles, with what comes after: `[points, tiles, outputs]` to places.
struct Gather<'a, T, const P: usize, const M: usize> {
    shape: &'a Winograd<'a>,
    products: &'a [f32],
    /// Tiles from one point to the next.
    apart: usize,
    rows: Rows,
    after: After<'a>,
    out: &'a mut [f32],
    kind: T,
}

impl<T: Transform<P, M>, const P: usize, const M: usize> WithSimd for Gather<'_, T, P, M> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Winograd { height, width, .. } = *self.shape;
        let outputs = self.shape.filters.outputs;
        let vectors = outputs / S::F32_LANES;
        let (products, _) = S::as_simd_f32s(self.products);
        let (out, _) = S::as_mut_simd_f32s(self.out);
        let (bias, _) = S::as_simd_f32s(self.after.bias_of(self.rows.image, outputs));
        let place = (self.rows.image * height + M * self.rows.first) * width;
        let addend = self.after.addend.map(|addend| S::as_simd_f32s(&addend[place * outputs..]).0);
        let (wide, tiles) = (width / M, out.len() / (M * M * vectors));
        let zero = simd.splat_f32s(0.0);
        for tile in 0..tiles {
            let corner = M * (tile / wide) * width + M * (tile % wide);
            for i in 0..vectors {
                let mut half = [[zero; M]; P];
                for (column, half) in half.iter_mut().enumerate() {
                    let mut points = [zero; P];
                    for (row, value) in points.iter_mut().enumerate() {
                        let point = P * row + column;
                        if !self.shape.is_zero(point) {
                            *value = products[(point * self.apart + tile) * vectors + i];
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
}
