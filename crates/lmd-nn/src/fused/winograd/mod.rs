//! 3×3 convolutions by minimal filtering, F(2×2, 3×3) and F(4×4, 3×3) of Lavin and Gray (arXiv:1509.09308, section 4).
//!
//! Four neighbouring places see the same 4×4 places. With both transformed, 16
//! products take the place of 36: `Y = Aᵀ [Σ (G g Gᵀ) ∘ (Bᵀ d B)] A`, and for
//! many tiles at once each of the 16 is a product of matrices. Sixteen places see
//! 6×6: 36 products for 144. The transforms evaluate polynomials at the points
//! 0, ±1, ∞ for the small tile and 0, ±¾, ±1½, ∞ for the large one: with those, f32
//! sums come out 1.7 times as inexact as without any transform (the paper's 0, ±1, ±2, ∞: 3 times).

use std::ops::Range;

use rayon::prelude::*;

use self::gather::{Gather, Products};
use self::scatter::Scatter;
use self::tile::{Four, Two};
use super::convolve::After;
use super::product::COLUMNS;
use super::scratch::{unfilled, with_scratch};
use super::simd::arch;
use super::{PARTS, even_bands};

mod filters;
mod gather;
mod passing;
mod scatter;
mod tile;

pub(super) use filters::{Filters, Kept, Order, Weights};
pub(super) use tile::Tile;

/// Numbers of a task, transformed tiles and their products, that the caches hold well.
const CACHED: usize = 1 << 18;
/// Places of a task: enough to pay for reading the filters.
const PLACES: Range<usize> = 256..2048;
/// Places of a picture up to which the points are shared among cores instead of the tiles.
const FEW: usize = 128;
/// Tiles of a picture from which on two bands pay, and from which on more.
const BANDED: [usize; 2] = [16, 128];
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

impl Winograd<'_> {
    /// Convolves framed pictures.
    pub(super) fn run(&self, source: &[f32], after: After<'_>) -> Vec<f32> {
        let mut out = unfilled(self.batch * self.height * self.width * self.outputs());
        match self.filters {
            Filters::Passing(weights, tile) if weights.back => {
                self.by_rows_of_filters((weights, tile), source, after, &mut out);
            }
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
        let least = (tall * wide).div_ceil(tiles);
        tall.div_ceil(even_bands(least, tall, self.batch, rayon::current_num_threads()))
    }

    /// Transformed, multiplied and transformed back while they are in the cache.
    fn band(&self, kept: &Kept, source: &[f32], after: After<'_>, rows: Rows, out: &mut [f32]) {
        let tiles = out.len() / (self.places() * self.outputs());
        // A row more from one point to the next: whole powers of two apart, they would share few places of the first cache.
        let apart = tiles + 1;
        let (from, to) = (apart * self.inputs(), apart * self.outputs());
        with_scratch(self.points() * (from + to), |scratch| {
            let (seen, values) = scratch.split_at_mut(self.points() * from);
            self.scatter(source, rows, tiles, seen);
            for point in self.filled() {
                let seen = &seen[point * from..][..tiles * self.inputs()];
                let products = &mut values[point * to..][..tiles * self.outputs()];
                kept.multiply(point, std::iter::once((seen, products)));
            }
            let products = Products {
                values,
                group: self.outputs(),
                rows: values.len() / self.outputs(),
                first: 0,
                apart,
            };
            self.gather(products, rows, after, out);
        });
    }

    /// Into how many bands a picture's rows of tiles are cut where all tiles are transformed before anything is multiplied.
    fn bands(&self) -> usize {
        let tall = self.height / self.tile().side();
        let most = (PARTS / self.batch).max(1);
        let wanted = match BANDED.map(|tiles| self.tiles() >= tiles) {
            [false, _] => 1,
            [true, false] => 2,
            [true, true] => PARTS,
        };
        (1..=most.min(wanted)).rev().find(|bands| tall.is_multiple_of(*bands)).unwrap_or(1)
    }

    /// The tiles of each band.
    fn rows(&self, band: usize) -> Rows {
        let (bands, tall) = (self.bands(), self.height / self.tile().side());
        Rows { image: band / bands, first: band % bands * (tall / bands) }
    }

    /// All pictures' tiles, `[batch · bands, points, tiles, inputs]`.
    fn seen(&self, source: &[f32]) -> Vec<f32> {
        let band = self.points() * self.tiles() / self.bands() * self.inputs();
        let mut seen = unfilled(self.batch * self.bands() * band);
        seen.par_chunks_exact_mut(band).enumerate().for_each(|(i, out)| {
            self.scatter(source, self.rows(i), self.tiles() / self.bands(), out);
        });
        seen
    }

    /// Few tiles: each core takes some of the points, so that each filter is read once.
    fn by_points(&self, kept: &Kept, source: &[f32], after: After<'_>, out: &mut [f32]) {
        let (seen, tiles, bands) =
            (self.seen(source), self.tiles() / self.bands(), self.batch * self.bands());
        let (from, to) = (tiles * self.inputs(), tiles * self.outputs());
        // All bands' tiles under one filter: [points, batch · bands, tiles, outputs].
        let mut values = unfilled(self.points() * bands * to);
        values.par_chunks_exact_mut(bands * to).enumerate().for_each(|(point, products)| {
            if !self.is_zero(point) {
                let seen = seen.chunks_exact(from).skip(point).step_by(self.points());
                kept.multiply(point, seen.zip(products.chunks_exact_mut(to)));
            }
        });
        let rows = self.points() * bands * tiles;
        out.par_chunks_exact_mut(self.places() * to).enumerate().for_each(|(band, out)| {
            let products = Products {
                values: &values,
                group: self.outputs(),
                rows,
                first: band * tiles,
                apart: bands * tiles,
            };
            self.gather(products, self.rows(band), after, out);
        });
    }

    fn scatter(&self, source: &[f32], rows: Rows, tiles: usize, out: &mut [f32]) {
        match self.tile() {
            Tile::Two => arch().dispatch(Scatter { shape: self, source, rows, tiles, out, kind: Two }),
            Tile::Four => arch().dispatch(Scatter { shape: self, source, rows, tiles, out, kind: Four }),
        }
    }

    fn gather(&self, products: Products<'_>, rows: Rows, after: After<'_>, out: &mut [f32]) {
        match self.tile() {
            Tile::Two => arch().dispatch(Gather { shape: self, products, rows, after, out, kind: Two }),
            Tile::Four => {
                arch().dispatch(Gather { shape: self, products, rows, after, out, kind: Four });
            }
        }
    }
}

#[cfg(test)]
mod tests;
