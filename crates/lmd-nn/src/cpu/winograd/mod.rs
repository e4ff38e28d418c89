//! Winograd convolution F(2×2, 3×3) and F(4×4, 3×3) (Lavin and Gray, arXiv:1509.09308, section 4).
//!
//! A tile of m×m output pixels reads (m + 2)×(m + 2) input pixels. With filters and input tiles transformed,
//! `Y = Aᵀ [Σ (G g Gᵀ) ∘ (Bᵀ d B)] A`, sum and products over the channels are one GEMM for each of the (m + 2)² points: 16
//! multiplications instead of 36 for m = 2, 36 instead of 144 for m = 4. The transforms interpolate polynomials at the points
//! 0, ±1, ∞ for m = 2 and 0, ±¾, ±1½, ∞ for m = 4; with those, f32 sums have 1.7 times the error of the direct convolution
//! (the paper's 0, ±1, ±2, ∞: 3 times).
//!
//! | file | step |
//! |---|---|
//! | `filter_transform` | `G g Gᵀ` |
//! | `input_transform` | `Bᵀ d B` |
//! | `output_transform` | `Aᵀ m A`, and the epilogue |
//! | `cached` | the GEMMs with filters transformed once |
//! | `streamed` | the GEMMs with filters transformed slab by slab |
//!
//! Reference: the definition of the convolution in f64, `Sizes::convolved` in `tests.rs`; also `winograd_is_the_convolution`
//! in `layers/tests.rs`.
#![allow(unsafe_code)] // for outputs that are not cleared first

use super::conv::Epilogue;
use super::microkernel::COLUMNS;
use super::scratch::uninit;
use super::tuning::SPLIT_POINTS_MAX_PIXELS;

mod cached;
mod filter_transform;
mod input_transform;
mod output_transform;
mod shape;
mod streamed;
#[cfg(test)]
mod tests;
mod tile;

pub(super) use filter_transform::{FilterSource, Layout, TransformedFilters, Weights};
pub(super) use shape::Winograd;
pub(super) use tile::Tile;

/// Channel counts must be multiples of this.
pub(super) const CHANNELS: usize = COLUMNS;

impl Winograd<'_> {
    /// Convolves padded images.
    pub(super) fn run(&self, input: &[f32], epilogue: Epilogue<'_>) -> Vec<f32> {
        // SAFETY: in each branch the output transform writes all pixels of all tiles, which cover the images.
        let mut out = unsafe { uninit(self.batch * self.height * self.width * self.out_channels()) };
        match self.filters {
            FilterSource::Streamed(weights, tile) if weights.backward => {
                self.streamed_backward((weights, tile), input, epilogue, &mut out);
            }
            FilterSource::Streamed(weights, tile) => {
                self.streamed_forward((weights, tile), input, epilogue, &mut out);
            }
            FilterSource::Cached(filters) if self.height * self.width <= SPLIT_POINTS_MAX_PIXELS => {
                self.split_points(filters, input, epilogue, &mut out);
            }
            FilterSource::Cached(filters) => self.split_tiles(filters, input, epilogue, &mut out),
        }
        out
    }
}
