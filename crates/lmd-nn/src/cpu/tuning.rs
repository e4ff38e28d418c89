//! Thresholds and block sizes that were measured on machines, each with the measurement that set it.
//!
//! Tables and machines are in `bench/README.md`, under "What was changed, in order". The parts timed there are `unet-1` and
//! `unet-2` (a forward pass under one and two prompts), `guided` (forward to the guided maps and backward to the latents) and
//! `decode`. None of these values changes what is computed, but those of a sum's order change its last bits.

use std::ops::Range;

// Element-wise work

/// Elements per task of normalisations, GEGLU and epilogues, so that a task lasts far longer than handing it out.
///
/// 4096 instead of 16384: no difference.
pub(super) const ELEMENTS_PER_TASK: usize = 1 << 14;

// Direct convolution and linear layers

/// Pixels per band where the weights are small, so that a band stays in the cache, and where they are large. Not recorded.
pub(super) const BAND_PIXELS: [usize; 2] = [512, 2048];
/// Weights of this many elements cost more to read than the pixels of a small image. Not recorded.
pub(super) const LARGE_WEIGHTS: usize = 1 << 18;
/// Fewest pixels per band where the number of bands follows the number of cores. That it does so, together with
/// prefetching the next panel and blocks of keys for small heads: `guided` 37.9 → 34.9 ms; the value itself is not recorded.
pub(super) const MIN_BAND_PIXELS: usize = 32;

// Layouts of weights

/// Convolutions of at most this many elements cache their transformed filters, which are two to four times as large; larger
/// ones transform them for each use.
///
/// Filters of 256×256 channels streamed instead of cached: `guided` of the bundled model 44.4 ms instead of 42.7, `unet-1`
/// 21.3 instead of 18.7; with AVX2 1.08 to 1.17 of the time on one thread, 1.03 to 1.05 on two. Large filters pay: Stable
/// Diffusion 1.5's `unet-2` 4685 to 4883 → 4425 to 4517 ms.
pub(super) const MAX_CACHED_FILTER: usize = 9 * 512 * 256;
/// Streaming needs the transformed input tiles of all images at once: at most this many elements (64 MiB).
///
/// Set by memory; its effect on time is not recorded.
pub(super) const MAX_STREAMED_TILES: usize = 1 << 24;
/// Weights of at most this many elements keep a flipped copy for the backward pass.
///
/// With the copy, and with memory that is not returned to the system: `guided` of the bundled model 43.5 → 28.9 ms.
pub(super) const MAX_FLIPPED_COPY: usize = 1 << 19;
/// Side of the tiles by which weights are transposed on load, so that source and destination stay in the cache.
///
/// Loading Stable Diffusion 1.5 (with reading the file, which was mapped into memory then): 15.5, 6.2, 4.8 s → 1.8, 2.0, 2.2 s.
pub(super) const TRANSPOSE_TILE: usize = 16;

// Panel products

/// Rows of a panel from the one that is multiplied to the one that is prefetched.
///
/// Prefetching at all: `unet-2` 10.5 to 11.3 → 9.8 to 10.2 ms, `guided` 16.4 to 17.9 → 15.1 to 16.2; the distance itself is
/// not recorded.
pub(super) const PREFETCH_DISTANCE: usize = 24;

// Winograd convolution

/// Pixels of all images from which on F(4×4, 3×3) pays for its larger filters: with cached filters, and with streamed ones.
///
/// From 1024 pixels on: wide model's `guided` 53.1 → 45.0 ms. For 16×16 pixels as well: no difference (AVX2).
pub(super) const F4X4_MIN_PIXELS: [usize; 2] = [1024, 256];
/// Elements of a task, input tiles and products, that the caches hold.
///
/// Half as many: 1.1 of the time at 32² pixels, 0.87 at 64² with 64 channels.
pub(super) const TASK_ELEMENTS: usize = 1 << 18;
/// Pixels of a task: enough to pay for reading the filters. Bands of 64, 128, 256 or 512 tiles: within the clock's noise.
pub(super) const TASK_PIXELS: Range<usize> = 256..2048;
/// Images of at most this many pixels share the points of the transform among cores instead of the tiles. Not recorded.
pub(super) const SPLIT_POINTS_MAX_PIXELS: usize = 128;
/// Tiles of an image from which on two bands pay for the input transform, and from which on four. Not recorded; that both
/// cores transform one image: `guided` 3516 to 3881 → 3512 to 3656 ms.
pub(super) const INPUT_BAND_TILES: [usize; 2] = [16, 128];
/// Rows of a filter from the one that is transformed to the one that is prefetched. Not recorded alone; see
/// [`STREAMED_DEPTH`].
pub(super) const FILTER_PREFETCH_DISTANCE: usize = 4;
/// Input channels whose filters are transformed at once, with few tiles and with many.
///
/// With many tiles 640 instead of 128: `unet-2` 4425 to 4517 → 4299 to 4318 ms, `guided` 3088 to 3219 → 2884 to 2912. 256 and
/// 1280, together with prefetching, strides off powers of two and flash attention by blocks (AVX2): `guided` 10.4, 9.9, 10.9 s
/// → 8.6, 7.1, 7.9 s.
pub(super) const STREAMED_DEPTH: [usize; 2] = [256, 1280];
/// Tiles from which on it is the larger depth: reading tiles and products again then costs more than a slab beyond the
/// cache. Not recorded.
pub(super) const STREAMED_MANY_TILES: usize = 256;

// Attention

/// Scores that are computed at once where whole rows of probabilities are needed. Not recorded.
pub(super) const SCORES_AT_ONCE: usize = 1 << 19;
/// Rows of a task there: enough for a GEMM, few enough to share among cores. Not recorded.
pub(super) const ROWS_AT_ONCE: Range<usize> = 32..256;
/// Queries of a block of flash attention. At most 64, with at most 512 keys: see [`STREAMED_DEPTH`], measured together.
pub(super) const FLASH_QUERIES: Range<usize> = 16..64;
/// Keys of a block of flash attention.
pub(super) const FLASH_KEYS: Range<usize> = 64..512;
/// Elements of the keys of a block: keys, values and scores fit in half a megabyte. Not recorded alone.
pub(super) const FLASH_KEY_ELEMENTS: usize = 1 << 15;
/// Keys of a block of small-head attention, whose scores stay in the first cache.
///
/// 128, with row maxima, sums and outputs saved for the backward pass: `guided` at 512² pixels 162.7 → 147.9 ms; 64 and 256
/// are as fast.
pub(super) const SMALL_HEAD_KEYS: usize = 128;
