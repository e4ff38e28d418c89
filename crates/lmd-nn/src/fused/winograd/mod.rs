//! 3×3 convolutions by minimal filtering, F(2×2, 3×3) and F(4×4, 3×3) of Lavin and Gray (arXiv:1509.09308, section 4).
//!
//! Four neighbouring places see the same 4×4 places. With both transformed, 16
//! products take the place of 36: `Y = Aᵀ [Σ (G g Gᵀ) ∘ (Bᵀ d B)] A`, and for
//! many tiles at once each of the 16 is a product of matrices. Sixteen places see
//! 6×6: 36 products for 144. The transforms evaluate polynomials at the points
//! 0, ±1, ∞ for the small tile and 0, ±¾, ±1½, ∞ for the large one: with those, f32
//! sums come out 1.7 times as inexact as without any transform (the paper's 0, ±1, ±2, ∞: 3 times).

use std::ops::Range;

use pulp::Arch;
use rayon::prelude::*;

use self::gather::{Gather, Products};
use self::scatter::Scatter;
use self::tile::{Four, Two};
use super::PARTS;
use super::convolve::After;
use super::gemm::Matrix;
use super::product::{COLUMNS, PANEL, Panel};
use super::scratch::{unfilled, with_scratch};

mod filters;
mod gather;
mod scatter;
mod tile;

pub(super) use filters::{Filters, Kept, Weights};
pub(super) use tile::Tile;

/// Numbers of a task, transformed tiles and their products, that the caches hold well.
const CACHED: usize = 1 << 18;
/// Places of a task: enough to pay for reading the filters.
const PLACES: Range<usize> = 256..2048;
/// Places of a picture up to which the points are shared among cores instead of the tiles.
const FEW: usize = 128;
/// Outputs of a task, and inputs at once, where filters are transformed in passing.
const GROUP: usize = 2 * PANEL;
const INPUTS: usize = 128;
/// What a channel count must be a multiple of.
pub(super) const CHANNELS: usize = COLUMNS;

/// A convolution of pictures whose height and width are multiples of the tile's, framed by one row and column of zeros.
#[derive(Clone, Copy, Debug)]
pub(super) struct Winograd<'a> {
    pub(super) filters: Filters<'a>,
    /// Whether every 2×2 places from the first on are equal; the point −1 of the small tile is then zero.
    pub(super) doubled: bool,
    pub(super) batch: usize,
    pub(super) height: usize,
    pub(super) width: usize,
}

/// Which tiles: of this picture, from this row of tiles on.
#[derive(Clone, Copy, Debug)]
struct Rows {
    image: usize,
    first: usize,
}

impl Rows {
    /// A whole picture.
    fn all(image: usize) -> Self {
        Self { image, first: 0 }
    }
}

impl Winograd<'_> {
    /// Convolves framed pictures.
    pub(super) fn run(&self, source: &[f32], after: After<'_>) -> Vec<f32> {
        let mut out = unfilled(self.batch * self.height * self.width * self.outputs());
        match self.filters {
            Filters::Passing(weights, tile) => self.by_outputs((weights, tile), source, after, &mut out),
            Filters::Kept(kept) if self.height * self.width <= FEW => {
                self.by_points(kept, source, after, &mut out);
            }
            Filters::Kept(kept) => self.by_bands(kept, source, after, &mut out),
        }
        out
    }

    fn tile(&self) -> Tile {
        self.filters.tile()
    }

    fn points(&self) -> usize {
        self.tile().points()
    }

    fn inputs(&self) -> usize {
        self.filters.inputs()
    }

    fn outputs(&self) -> usize {
        self.filters.outputs()
    }

    /// Tiles of a picture.
    fn tiles(&self) -> usize {
        self.height * self.width / self.places()
    }

    /// Places of a tile of the result.
    fn places(&self) -> usize {
        self.tile().side() * self.tile().side()
    }

    fn is_zero(&self, point: usize) -> bool {
        let side = self.tile().side() + 2;
        self.doubled && (point / side == 2 || point % side == 2)
    }

    /// Points at which anything has to be multiplied.
    fn filled(&self) -> impl Iterator<Item = usize> {
        (0..self.points()).filter(|point| !self.is_zero(*point))
    }

    /// Each task takes some rows of tiles of one picture.
    fn by_bands(&self, kept: &Kept, source: &[f32], after: After<'_>, out: &mut [f32]) {
        let image = self.height * self.width * self.outputs();
        let rows = self.rows_of_a_band();
        let band = rows * self.tile().side() * self.width * self.outputs();
        out.par_chunks_mut(image).enumerate().for_each(|(image, out)| {
            out.par_chunks_mut(band).enumerate().for_each(|(i, out)| {
                self.band(kept, source, after, Rows { image, first: i * rows }, out);
            });
        });
    }

    /// Rows of tiles of one task.
    fn rows_of_a_band(&self) -> usize {
        let [tall, wide] = [self.height, self.width].map(|length| length / self.tile().side());
        let cached = CACHED / (self.points() * (self.inputs() + self.outputs()));
        let tiles = cached.clamp(PLACES.start / self.places(), PLACES.end / self.places());
        let mut bands = (tall * wide).div_ceil(tiles);
        while bands < tall && !(self.batch * bands).is_multiple_of(PARTS) {
            bands += 1;
        }
        tall.div_ceil(bands)
    }

    /// Transformed, multiplied and transformed back while they are in the cache.
    fn band(&self, kept: &Kept, source: &[f32], after: After<'_>, rows: Rows, out: &mut [f32]) {
        let tiles = out.len() / (self.places() * self.outputs());
        let (from, to) = (tiles * self.inputs(), tiles * self.outputs());
        with_scratch(self.points() * (from + to), |scratch| {
            let (seen, values) = scratch.split_at_mut(self.points() * from);
            self.scatter(source, rows, seen);
            for point in self.filled() {
                kept.multiply(point, &seen[point * from..][..from], &mut values[point * to..][..to]);
            }
            let products = Products {
                values,
                group: self.outputs(),
                rows: values.len() / self.outputs(),
                first: 0,
                apart: tiles,
            };
            self.gather(products, rows, after, out);
        });
    }

    /// All pictures' tiles, `[batch, points, tiles, inputs]`.
    fn seen(&self, source: &[f32]) -> Vec<f32> {
        let image = self.points() * self.tiles() * self.inputs();
        let mut seen = unfilled(self.batch * image);
        seen.par_chunks_exact_mut(image).enumerate().for_each(|(image, out)| {
            self.scatter(source, Rows::all(image), out);
        });
        seen
    }

    /// Few tiles: each core takes some of the points, so that each filter is read once.
    fn by_points(&self, kept: &Kept, source: &[f32], after: After<'_>, out: &mut [f32]) {
        let (seen, tiles) = (self.seen(source), self.tiles());
        let (from, to) = (tiles * self.inputs(), tiles * self.outputs());
        // All pictures' tiles under one filter: [points, batch, tiles, outputs].
        let mut values = unfilled(self.points() * self.batch * to);
        values.par_chunks_exact_mut(self.batch * to).enumerate().for_each(|(point, products)| {
            if !self.is_zero(point) {
                for (image, products) in products.chunks_exact_mut(to).enumerate() {
                    kept.multiply(point, &seen[(image * self.points() + point) * from..][..from], products);
                }
            }
        });
        let rows = self.points() * self.batch * tiles;
        out.par_chunks_exact_mut(self.places() * to).enumerate().for_each(|(image, out)| {
            let products = Products {
                values: &values,
                group: self.outputs(),
                rows,
                first: image * tiles,
                apart: self.batch * tiles,
            };
            self.gather(products, Rows::all(image), after, out);
        });
    }

    /// Large filters: each task takes some outputs, transforms their filters for some inputs at a time, and
    /// multiplies all tiles by them while they are in the cache.
    fn by_outputs(&self, filters: (Weights<'_>, Tile), source: &[f32], after: After<'_>, out: &mut [f32]) {
        let (seen, tiles) = (self.seen(source), self.tiles());
        // [groups of outputs, batch, points, tiles, outputs of the group]
        let rows = self.batch * self.points() * tiles;
        let mut values = unfilled(rows * self.outputs());
        values.par_chunks_mut(rows * GROUP).enumerate().for_each(|(group, products)| {
            self.group(filters, &seen, group * GROUP, products);
        });
        out.par_chunks_exact_mut(tiles * self.places() * self.outputs()).enumerate().for_each(
            |(image, out)| {
                let products = Products {
                    values: &values,
                    group: GROUP,
                    rows,
                    first: image * self.points() * tiles,
                    apart: tiles,
                };
                self.gather(products, Rows::all(image), after, out);
            },
        );
    }

    /// Products of all tiles for some outputs.
    fn group(&self, (weights, tile): (Weights<'_>, Tile), seen: &[f32], first: usize, products: &mut [f32]) {
        let (points, tiles, inputs) = (self.points(), self.tiles(), self.inputs());
        let width = products.len() / (self.batch * points * tiles);
        let slab = points * INPUTS * PANEL;
        with_scratch(slab + weights.scratch(PANEL, INPUTS), |scratch| {
            let (slab, scratch) = scratch.split_at_mut(slab);
            for start in (0..inputs).step_by(INPUTS) {
                let some = start..(start + INPUTS).min(inputs);
                for column in (0..width).step_by(PANEL) {
                    let columns = column..(column + PANEL).min(width);
                    let each = some.len() * columns.len();
                    let slab = &mut slab[..points * each];
                    weights.slab(
                        tile,
                        first + columns.start..first + columns.end,
                        some.clone(),
                        scratch,
                        slab,
                    );
                    for point in self.filled() {
                        let panel = Panel { values: &slab[point * each..][..each], inputs: some.len() };
                        for image in 0..self.batch {
                            let at = (image * points + point) * tiles;
                            let rows = Matrix::rows(&seen[at * inputs + start..], tiles, some.len(), inputs);
                            panel.multiply(&mut products[at * width + column..], width, start > 0, rows);
                        }
                    }
                }
            }
        });
    }

    fn scatter(&self, source: &[f32], rows: Rows, out: &mut [f32]) {
        match self.tile() {
            Tile::Two => Arch::new().dispatch(Scatter { shape: self, source, rows, out, kind: Two }),
            Tile::Four => Arch::new().dispatch(Scatter { shape: self, source, rows, out, kind: Four }),
        }
    }

    fn gather(&self, products: Products<'_>, rows: Rows, after: After<'_>, out: &mut [f32]) {
        match self.tile() {
            Tile::Two => Arch::new().dispatch(Gather { shape: self, products, rows, after, out, kind: Two }),
            Tile::Four => {
                Arch::new().dispatch(Gather { shape: self, products, rows, after, out, kind: Four });
            }
        }
    }
}

#[cfg(test)]
mod tests;
