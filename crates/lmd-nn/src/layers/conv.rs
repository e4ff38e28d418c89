//! Convolutions of pictures, `[batch, channels, height, width]`.

use burn::tensor::Tensor;
use burn::tensor::module::{conv2d, interpolate};
use burn::tensor::ops::{ConvOptions, InterpolateMode, InterpolateOptions};

use crate::weights::{Weights, WeightsError};

/// A square convolution.
#[derive(Clone, Debug)]
pub(crate) struct Conv2d {
    weight: Tensor<4>,
    bias: Option<Tensor<1>>,
    stride: usize,
    padding: usize,
}

impl Conv2d {
    /// 3×3, keeping the size.
    pub(crate) fn same(w: &Weights, inputs: usize, outputs: usize) -> Result<Self, WeightsError> {
        Self::load(w, inputs, outputs, 3)
    }

    /// 1×1.
    pub(crate) fn point(w: &Weights, inputs: usize, outputs: usize) -> Result<Self, WeightsError> {
        Self::load(w, inputs, outputs, 1)
    }

    fn load(w: &Weights, inputs: usize, outputs: usize, side: usize) -> Result<Self, WeightsError> {
        Ok(Self { bias: Some(w.tensor("bias", [outputs])?), ..Self::no_bias(w, inputs, outputs, side)? })
    }

    /// Without an additive part, keeping the size.
    pub(crate) fn no_bias(
        w: &Weights,
        inputs: usize,
        outputs: usize,
        side: usize,
    ) -> Result<Self, WeightsError> {
        Ok(Self {
            weight: w.tensor("weight", [outputs, inputs, side, side])?,
            bias: None,
            stride: 1,
            padding: side / 2,
        })
    }

    /// The same weights, looking at every other place only.
    pub(crate) fn halving(self) -> Self {
        Self { stride: 2, ..self }
    }

    /// The same weights without zeros around the picture.
    pub(crate) fn unpadded(self) -> Self {
        Self { padding: 0, ..self }
    }

    /// `[B, in, H, W]` → `[B, out, H/stride, W/stride]`
    pub(crate) fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let (stride, padding) = ([self.stride; 2], [self.padding; 2]);
        let options = ConvOptions::new(stride, padding, [1, 1], 1);
        conv2d(x, self.weight.clone(), self.bias.clone(), options)
    }
}

/// `[B, C, H, W]` → `[B, C, H', W']`, each value repeated.
pub(crate) fn upsample_nearest(x: Tensor<4>, size: [usize; 2]) -> Tensor<4> {
    let options = InterpolateOptions::new(InterpolateMode::Nearest).with_output_size(size);
    interpolate(x, options)
}
