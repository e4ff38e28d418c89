//! Single operations of the networks, for this crate's benchmarks; not part of its interface.

use burn::tensor::Tensor;

use crate::layers::{Conv, ConvArgs, GroupNorm, Prologue, self_attention as attention};

/// Group normalisation with SiLU and a 3×3 convolution of images `[B, H, W, C]`; all weights are equal.
pub fn normalised_convolution(channels: usize, groups: usize) -> impl Fn(Tensor<4>) -> Tensor<4> {
    let device = crate::Device::flex();
    let weight = Tensor::full([channels, channels, 3, 3], 0.01, &device);
    let conv = Conv::of(&weight, &Tensor::zeros([channels], &device));
    let (ones, zeros) = (Tensor::ones([channels], &device), Tensor::zeros([channels], &device));
    let norm = GroupNorm::new(ones, zeros, groups, 1e-5, true);
    move |x| conv.apply(x, ConvArgs::after(Prologue::GroupNorm(&norm)))
}

/// Self-attention of concatenated queries, keys and values, `[B, N, 3·C]` → `[B, N, C]`.
#[must_use]
pub fn self_attention(x: Tensor<3>, heads: usize) -> Tensor<3> {
    attention(x, heads, false)
}
