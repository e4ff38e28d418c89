//! Scaled dot-product attention (arXiv:1706.03762), with the probabilities where they are wanted.

use burn::tensor::activation::softmax;
use burn::tensor::module::attention;
use burn::tensor::ops::AttentionModuleOptions;
use burn::tensor::{DType, Tensor};

use super::tracked_attention::tracked_attention;

/// `[B, N, heads·d]` → `[B, heads, N, d]`
pub(crate) fn split_heads(x: Tensor<3>, heads: usize) -> Tensor<4> {
    let [batch, tokens, width] = x.dims();
    x.reshape([batch, tokens, heads, width / heads]).swap_dims(1, 2)
}

/// `[B, heads, N, d]` → `[B, N, heads·d]`
pub(crate) fn join_heads(x: Tensor<4>) -> Tensor<3> {
    let [batch, heads, tokens, width] = x.dims();
    x.swap_dims(1, 2).reshape([batch, tokens, heads * width])
}

/// `softmax(q kᵀ / √d) v`; the probabilities are never kept, with a gradient or without.
///
/// # Shapes
///
/// `q [B, heads, N, d]`, `k, v [B, heads, T, d]` → `[B, heads, N, d]`
pub(crate) fn attend(q: Tensor<4>, k: Tensor<4>, v: Tensor<4>) -> Tensor<4> {
    if q.is_tracked() || k.is_tracked() || v.is_tracked() {
        tracked_attention(q, k, v)
    } else {
        let options = AttentionModuleOptions::default();
        attention(q.inner(), k.inner(), v.inner(), None, None, options)
    }
}

/// Like [`attend`], computed in f32 and given back in the precision of `q`.
pub(crate) fn attend_in_f32(q: Tensor<4>, k: Tensor<4>, v: Tensor<4>) -> Tensor<4> {
    let dtype = q.dtype();
    let seen = attend(in_f32(q), in_f32(k), in_f32(v));
    if dtype == DType::F32 { seen } else { seen.cast(dtype) }
}

/// Like [`attend`], each token seeing itself and those before it; without gradient.
pub(crate) fn attend_causal(q: Tensor<4>, k: Tensor<4>, v: Tensor<4>) -> Tensor<4> {
    let options = AttentionModuleOptions { is_causal: true, ..AttentionModuleOptions::default() };
    attention(q, k, v, None, None, options)
}

/// `softmax(q kᵀ / √d)`, always in f32: a gradient is taken through it.
///
/// # Shapes
///
/// `q [B, heads, N, d]`, `k [B, heads, T, d]` → `[B, heads, N, T]`
pub(crate) fn probabilities(q: Tensor<4>, k: Tensor<4>) -> Tensor<4> {
    let [.., width] = q.dims();
    #[allow(clippy::cast_precision_loss)]
    let scale = 1.0 / (width as f64).sqrt();
    let scores = in_f32(q).matmul(in_f32(k).transpose()) * scale;
    softmax(scores, 3)
}

fn in_f32(x: Tensor<4>) -> Tensor<4> {
    if x.dtype() == DType::F32 { x } else { x.cast(DType::F32) }
}
