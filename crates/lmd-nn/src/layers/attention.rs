//! Scaled dot-product attention (arXiv:1706.03762), and its probabilities where they are read as attention maps.

#[cfg(feature = "flex")]
use std::sync::Arc;

use burn::tensor::activation::softmax;
use burn::tensor::module::attention;
use burn::tensor::ops::AttentionModuleOptions;
use burn::tensor::{DType, Int, Tensor};

use super::tracked_attention::tracked_attention;
#[cfg(feature = "flex")]
use crate::cpu::{self, CrossAttention, CrossProbabilities, SelfAttention, TextHeads};

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

/// Self-attention of concatenated queries, keys and values; with `causal` each token attends to itself and those before it.
///
/// # Shapes
///
/// `[B, N, 3·heads·d]` → `[B, N, heads·d]`
pub(crate) fn self_attention(x: Tensor<3>, heads: usize, causal: bool) -> Tensor<3> {
    #[cfg(feature = "flex")]
    if on_processor(&x) {
        let requires_grad = x.is_tracked();
        return cpu::apply(x, Arc::new(SelfAttention::new(heads, causal, requires_grad)));
    }
    let width = x.dims()[2] / 3;
    let [q, k, v] = [0, 1, 2].map(|part| split_heads(x.clone().narrow(2, part * width, width), heads));
    if causal {
        let options = AttentionModuleOptions { is_causal: true, ..AttentionModuleOptions::default() };
        return join_heads(attention(q, k, v, None, None, options));
    }
    join_heads(attend(q, k, v))
}

/// Cross-attention `softmax(q kᵀ / √d) v` to the keys and values of a text, of batch 1 or B.
///
/// # Shapes
///
/// `q [B, N, heads·d]`, `k, v [_, heads, T, d]` → `[B, N, heads·d]`
pub(crate) fn cross_attention(q: Tensor<3>, k: &Tensor<4>, v: &Tensor<4>) -> Tensor<3> {
    #[cfg(feature = "flex")]
    if on_processor(&q) {
        return cpu::apply(q, Arc::new(CrossAttention { keys: text_heads(k), values: text_heads(v) }));
    }
    let [batch, ..] = q.dims();
    let q = split_heads(q, k.dims()[1]);
    join_heads(attend(q, repeated(k.clone(), batch), repeated(v.clone(), batch)))
}

/// The attention maps of some tokens, columns of `softmax(q kᵀ / √d)`, all if `None`; always in f32: guidance takes a gradient
/// through them.
///
/// # Shapes
///
/// `q [B, N, heads·d]`, `k [_, heads, T, d]` → `[B, heads, N, columns]`
pub(crate) fn cross_attention_probabilities(
    q: Tensor<3>,
    k: &Tensor<4>,
    columns: Option<&[usize]>,
) -> Tensor<4> {
    let [_, heads, tokens, width] = k.dims();
    #[cfg(feature = "flex")]
    if on_processor(&q) {
        let columns = columns.map_or_else(|| (0..tokens).collect(), <[usize]>::to_vec);
        return cpu::apply(q, Arc::new(CrossProbabilities { keys: text_heads(k), columns }));
    }
    let [batch, ..] = q.dims();
    #[allow(clippy::cast_precision_loss)]
    let scale = 1.0 / (width as f64).sqrt();
    let keys = in_f32(repeated(k.clone(), batch));
    let map = softmax(in_f32(split_heads(q, heads)).matmul(keys.transpose()) * scale, 3);
    let Some(columns) = columns.filter(|columns| !columns.iter().copied().eq(0..tokens)) else { return map };
    #[allow(clippy::cast_possible_wrap)]
    let indices: Vec<i64> = columns.iter().map(|&column| column as i64).collect();
    let indices = Tensor::<1, Int>::from_data(indices.as_slice(), &map.device().without_autodiff());
    map.select(3, indices)
}

/// `softmax(q kᵀ / √d) v`; the probabilities are not kept, with a gradient or without.
pub(crate) fn attend(q: Tensor<4>, k: Tensor<4>, v: Tensor<4>) -> Tensor<4> {
    if q.is_tracked() || k.is_tracked() || v.is_tracked() {
        tracked_attention(q, k, v)
    } else {
        let options = AttentionModuleOptions::default();
        attention(q.inner(), k.inner(), v.inner(), None, None, options)
    }
}

/// Repeats a tensor along its batch dimension, `[b, ...]` → `[batch, ...]` with batch a multiple of b; copies nothing if b is batch.
pub(crate) fn repeated<const D: usize>(x: Tensor<D>, batch: usize) -> Tensor<D> {
    let times = batch / x.dims()[0].max(1);
    if times > 1 { x.repeat_dim(0, times) } else { x }
}

/// Casts to f32.
pub(crate) fn in_f32<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    if x.dtype() == DType::F32 { x } else { x.cast(DType::F32) }
}

#[cfg(feature = "flex")]
fn on_processor(x: &Tensor<3>) -> bool {
    x.dtype() == DType::F32 && crate::device::is_processor(&x.device())
}

#[cfg(feature = "flex")]
fn text_heads(x: &Tensor<4>) -> TextHeads {
    TextHeads { values: super::values::to_vec_f32(x.to_data()), shape: x.dims() }
}
