//! Fused operations for the processor: each a function of plain arrays with a gradient written by hand.
//!
//! A network here is a chain of *maps*: something is done to the input (a
//! normalisation, a gate, nothing), a matrix or a 3×3 convolution follows, and
//! something is added. [`Map`] does all of that in one pass over memory, and
//! [`attention`] the rest. Pictures lie channels last, `[batch, height, width,
//! channels]`, sequences `[batch, places, channels]`, so that every map is a
//! matrix product of rows, and rows are shared among the processor's cores.

/// Into how many tasks work is cut where that decides the order of sums. Not
/// the number of cores, so that it changes no bit of a result.
const PARTS: usize = 4;

/// At least so many bands, at most `most`, of each of `batch` pictures, that `shares` cores can share evenly.
fn even_bands(least: usize, most: usize, batch: usize, shares: usize) -> usize {
    (least..most).find(|bands| (batch * bands).is_multiple_of(shares)).unwrap_or(least.max(most))
}

mod attention;
mod before;
mod convolve;
mod gemm;
mod group_norm;
mod map;
mod narrow;
mod op;
mod product;
mod scratch;
mod simd;
mod strided;
mod wide;
mod winograd;

pub(crate) use attention::{CrossAttention, CrossProbabilities, SelfAttention, TextHeads};
pub(crate) use before::{Before, LayerNormSpec};
pub(crate) use group_norm::GroupNormSpec;
pub(crate) use map::{Map, MapCall};
pub(crate) use op::{apply, apply_add};
