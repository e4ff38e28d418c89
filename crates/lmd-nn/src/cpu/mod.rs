//! Kernels for the processor: fused operations on plain f32 arrays, each with a forward and a backward pass.
//!
//! Every layer of the networks is a prologue (normalisation, GEGLU, resize), a linear layer or a convolution, and an epilogue
//! (bias, residual, ReLU); [`FusedConv`] does all of that in one pass over memory, and [`attention`] the rest. Images are
//! channels-last, `[batch, height, width, channels]`, sequences `[batch, tokens, channels]`, so that every layer is a GEMM
//! over rows of channels, and rows are shared among the cores.
//!
//! | files | what |
//! |---|---|
//! | `fused_conv`, `prologue`, `packed_conv` | one layer: prologue, weights, epilogue |
//! | `conv`, `strided_conv_grad`, `winograd/` | the convolutions |
//! | `group_norm`, `layer_norm`, `geglu`, `resize` | the prologues |
//! | `attention`, `flash_attention`, `small_head_attention/`, `heads` | attention |
//! | `gemm`, `microkernel` | matrix products |
//! | `simd`, `scratch`, `partition`, `dims`, `tuning` | vectors, memory, splitting of work, measured block sizes |
//! | `op` | registration with Burn's autodiff |

mod attention;
mod conv;
mod dims;
mod flash_attention;
mod fused_conv;
mod geglu;
mod gemm;
mod group_norm;
mod heads;
mod layer_norm;
mod microkernel;
mod op;
mod packed_conv;
mod partition;
mod prologue;
mod resize;
mod scratch;
mod simd;
mod small_head_attention;
mod strided_conv_grad;
mod tuning;
mod winograd;

pub(crate) use attention::{CrossAttention, CrossProbabilities, SelfAttention, TextHeads};
pub(crate) use fused_conv::FusedConv;
pub(crate) use group_norm::GroupNormSpec;
pub(crate) use layer_norm::LayerNormSpec;
pub(crate) use op::{apply, apply_add};
pub(crate) use packed_conv::PackedConv;
pub(crate) use prologue::Prologue;
