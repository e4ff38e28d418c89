//! [`Winograd`]: a convolution and its tiles.

use super::filter_transform::FilterSource;
use super::tile::Tile;

/// A 3×3 convolution of images whose height and width are multiples of the tile's, padded by one row and column of zeros all around.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Winograd<'a> {
    pub(in super::super) filters: FilterSource<'a>,
    /// Whether the input was upsampled by nearest neighbours to twice its size: every 2×2 pixels are equal, and the
    /// point −1 of F(2×2, 3×3) is zero.
    pub(in super::super) upsampled2x: bool,
    pub(in super::super) batch: usize,
    pub(in super::super) height: usize,
    pub(in super::super) width: usize,
}

/// A band of rows of tiles: of this image, from this row on.
#[derive(Clone, Copy, Debug)]
pub(super) struct TileRows {
    pub(super) image: usize,
    pub(super) first: usize,
}

impl Winograd<'_> {
    pub(super) fn tile(&self) -> Tile {
        self.filters.tile()
    }

    /// Elements of a transformed tile.
    pub(super) fn points(&self) -> usize {
        self.tile().points()
    }

    pub(super) fn in_channels(&self) -> usize {
        self.filters.in_channels()
    }

    pub(super) fn out_channels(&self) -> usize {
        self.filters.out_channels()
    }

    /// Tiles of an image.
    pub(super) fn tiles(&self) -> usize {
        self.height * self.width / self.tile_pixels()
    }

    /// Output pixels of a tile.
    pub(super) fn tile_pixels(&self) -> usize {
        self.tile().side() * self.tile().side()
    }

    /// Whether the transformed input is zero at this point.
    pub(super) fn is_zero(&self, point: usize) -> bool {
        let side = self.tile().side() + 2;
        self.upsampled2x && (point / side == 2 || point % side == 2)
    }

    /// The points that need a GEMM.
    pub(super) fn nonzero_points(&self) -> impl Iterator<Item = usize> {
        (0..self.points()).filter(|point| !self.is_zero(*point))
    }
}
