//! Convolutions whose kernel is as large as their stride, and their transposes: linear layers of patches. Images are
//! channels-last.

use burn::tensor::Tensor;
use burn::tensor::module::linear;

use crate::weights::{Weights, WeightsError};

/// A convolution of patches that do not overlap (arXiv:2010.11929).
#[derive(Clone, Debug)]
pub(crate) struct PatchConv {
    /// `[side · side · in_channels, out_channels]`, of a patch row by row.
    weight: Tensor<2>,
    bias: Option<Tensor<1>>,
    side: usize,
}

impl PatchConv {
    /// From `[out_channels, in_channels, side, side]`.
    pub(crate) fn load(
        w: &Weights,
        [in_channels, out_channels]: [usize; 2],
        side: usize,
        bias: bool,
    ) -> Result<Self, WeightsError> {
        let weight = w.tensor("weight", [out_channels, in_channels, side, side])?;
        let weight = if w.is_dry_run() {
            Tensor::zeros([1; 2], w.device())
        } else {
            weight.permute([2, 3, 1, 0]).reshape([side * side * in_channels, out_channels])
        };
        let bias = bias.then(|| w.tensor("bias", [out_channels])).transpose()?;
        Ok(Self { weight, bias, side })
    }

    /// `[B, H, W, in]` → `[B, H / side, W / side, out]`; H and W are multiples of the side.
    pub(crate) fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let [batch, height, width, channels] = x.dims();
        let (rows, columns, side) = (height / self.side, width / self.side, self.side);
        let patches = x.reshape([batch, rows, side, columns, side, channels]).permute([0, 1, 3, 2, 4, 5]);
        let patches = patches.reshape([batch, rows, columns, side * side * channels]);
        linear(patches, self.weight.clone(), self.bias.clone())
    }
}

/// A transposed convolution whose patches do not overlap: one pixel becomes `side` × `side`.
#[derive(Clone, Debug)]
pub(crate) struct PatchUpscale {
    /// `[in_channels, side · side · out_channels]`
    weight: Tensor<2>,
    bias: Tensor<1>,
    side: usize,
}

impl PatchUpscale {
    /// From `[in_channels, out_channels, side, side]`.
    pub(crate) fn load(
        w: &Weights,
        [in_channels, out_channels]: [usize; 2],
        side: usize,
    ) -> Result<Self, WeightsError> {
        let weight = w.tensor("weight", [in_channels, out_channels, side, side])?;
        let weight = if w.is_dry_run() {
            Tensor::zeros([1; 2], w.device())
        } else {
            weight.permute([0, 2, 3, 1]).reshape([in_channels, side * side * out_channels])
        };
        Ok(Self { weight, bias: w.tensor("bias", [out_channels])?, side })
    }

    /// `[B, H, W, in]` → `[B, H · side, W · side, out]`
    pub(crate) fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let [batch, height, width, _] = x.dims();
        let (side, channels) = (self.side, self.bias.dims()[0]);
        let y = linear(x, self.weight.clone(), None);
        let y = y.reshape([batch, height, width, side, side, channels]).permute([0, 1, 3, 2, 4, 5]);
        y.reshape([batch, height * side, width * side, channels]) + self.bias.clone().unsqueeze()
    }
}

#[cfg(test)]
#[cfg(feature = "flex")]
mod tests {
    use burn::tensor::module::{conv_transpose2d, conv2d};
    use burn::tensor::ops::{ConvOptions, ConvTransposeOptions};
    use burn::tensor::{Device, TensorData};

    use super::*;
    use crate::layers::{channels_first, channels_last};

    fn counted<const D: usize>(shape: [usize; D]) -> Tensor<D> {
        let values: Vec<f32> =
            (0..shape.iter().product()).map(|i: usize| (i % 23) as f32 / 7.0 - 1.0).collect();
        Tensor::from_data(TensorData::new(values, shape), &Device::flex())
    }

    fn assert_equal(ours: Tensor<4>, expected: Tensor<4>) {
        assert_eq!(ours.dims(), expected.dims());
        let error = (ours - expected).abs().max().into_scalar::<f32>();
        assert!(error < 1e-4, "{error}");
    }

    #[test]
    fn patches_are_a_strided_convolution() {
        let (weight, bias) = (counted([5, 3, 4, 4]), counted([5]));
        let ours = PatchConv {
            weight: weight.clone().permute([2, 3, 1, 0]).reshape([48, 5]),
            bias: Some(bias.clone()),
            side: 4,
        };
        let x = counted([2, 8, 12, 3]);
        let options = ConvOptions::new([4; 2], [0; 2], [1; 2], 1);
        let expected = channels_last(conv2d(channels_first(x.clone()), weight, Some(bias), options));
        assert_equal(ours.forward(x), expected);
    }

    #[test]
    fn upscaling_is_a_transposed_convolution() {
        let (weight, bias) = (counted([5, 3, 2, 2]), counted([3]));
        let ours = PatchUpscale {
            weight: weight.clone().permute([0, 2, 3, 1]).reshape([5, 12]),
            bias: bias.clone(),
            side: 2,
        };
        let x = counted([2, 4, 3, 5]);
        let options = ConvTransposeOptions::new([2; 2], [0; 2], [0; 2], [1; 2], 1);
        let expected =
            channels_last(conv_transpose2d(channels_first(x.clone()), weight, Some(bias), options));
        assert_equal(ours.forward(x), expected);
    }
}
