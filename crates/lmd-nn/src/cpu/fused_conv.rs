//! [`FusedConv`]: prologue, linear layer or convolution, and epilogue as one operation, forward and backward pass.
//!
//! Reference: `Conv::reference` in `layers/conv.rs`, composed of Burn's operations; tests `convs_are_their_composition`,
//! `large_convs_are_their_composition` and `winograd_is_the_convolution` in `layers/tests.rs`.

use std::borrow::Cow;
use std::sync::Arc;

use super::conv::{Conv, Epilogue, Taps};
use super::dims::{Dims, image_dims};
use super::op::{Array, ArrayOp};
use super::packed_conv::PackedConv;
use super::prologue::Prologue;
use super::strided_conv_grad::StridedConv;
use super::winograd::Winograd;

/// `epilogue(conv(prologue(x)))`, the epilogue being bias, residual and ReLU.
#[derive(Clone, Debug)]
pub(crate) struct FusedConv {
    pub(crate) weights: Arc<PackedConv>,
    pub(crate) prologue: Prologue,
    pub(crate) stride: usize,
    /// Rows and columns of zeros before the first, and after the last.
    pub(crate) padding: [usize; 2],
    /// A bias of each image's own, `[batch, out_channels]`.
    pub(crate) image_bias: Option<Vec<f32>>,
    /// Whether ReLU follows; such a call has no backward pass.
    pub(crate) relu: bool,
}

impl FusedConv {
    /// Shapes after the prologue, and of the output.
    fn shapes(&self, input: Dims) -> [Dims; 2] {
        let between = self.prologue.output_dims(input);
        let [batch, height, width, _] = between;
        let padding = self.padding[0] + self.padding[1];
        let side = |length: usize| (length + padding - self.weights.kernel_size) / self.stride + 1;
        [between, [batch, side(height), side(width), self.weights.out_channels]]
    }

    /// Whether stride and padding are those of a Winograd convolution.
    fn keeps_size(&self) -> bool {
        self.stride == 1 && self.padding == [1, 1]
    }

    /// The layer's bias plus each image's own.
    fn bias(&self) -> Cow<'_, [f32]> {
        let Self { weights, image_bias, .. } = self;
        match image_bias {
            None => Cow::Borrowed(&weights.bias),
            Some(image_bias) if weights.bias.is_empty() => Cow::Borrowed(image_bias),
            Some(image_bias) => {
                let rows = image_bias.chunks(weights.out_channels);
                rows.flat_map(|row| row.iter().zip(&weights.bias).map(|(a, b)| a + b)).collect()
            }
        }
    }

    /// The forward pass, with the residual in the epilogue if there is one.
    fn run(&self, x: Array<'_>, residual: Option<&[f32]>) -> Vec<f32> {
        let dims = image_dims(x.shape);
        let [[_, tall, wide, _], [batch, height, width, out_channels]] = self.shapes(dims);
        let input = self.prologue.forward(x.values, dims, self.padding);
        let padding = self.padding[0] + self.padding[1];
        let epilogue = Epilogue { bias: &self.bias(), residual, relu: self.relu };
        let upsampled2x =
            matches!(self.prologue, Prologue::Resize(size) if size == [2 * dims[1], 2 * dims[2]]);
        let filters = || self.weights.winograd_filters([batch, height, width], upsampled2x, false);
        if let Some(filters) = self.keeps_size().then(filters).flatten() {
            return Winograd { filters, upsampled2x, batch, height, width }.run(&input, epilogue);
        }
        let taps = self.weights.taps_first();
        let conv = Conv {
            taps: Taps::Forward(&taps),
            kernel_size: self.weights.kernel_size,
            stride: self.stride,
            in_channels: self.weights.in_channels,
            out_channels,
            batch,
            height,
            width,
            padded: [tall + padding, wide + padding],
        };
        conv.run(&input, epilogue)
    }
}

impl ArrayOp for FusedConv {
    fn output_shape(&self, input: &[usize]) -> Vec<usize> {
        let [_, output] = self.shapes(image_dims(input));
        match *input {
            [batch, tokens, _] => vec![batch, tokens, self.weights.out_channels],
            [rows, _] => vec![rows, self.weights.out_channels],
            _ => output.to_vec(),
        }
    }

    fn forward(&self, x: Array<'_>) -> Vec<f32> {
        self.run(x, None)
    }

    fn forward_add(&self, x: Array<'_>, residual: &[f32]) -> Vec<f32> {
        self.run(x, Some(residual))
    }

    fn backward(&self, x: Array<'_>, grad: &[f32]) -> Vec<f32> {
        let dims = image_dims(x.shape);
        let [[batch, height, width, in_channels], output] = self.shapes(dims);
        let (weights, kernel_size) = (&self.weights, self.weights.kernel_size);
        if self.stride > 1 {
            let strided = StridedConv {
                taps: &weights.taps_first(),
                kernel_size,
                stride: self.stride,
                padding_before: self.padding[0],
                input: [batch, height, width, in_channels],
                output,
            };
            return self.prologue.backward(x.values, dims, strided.backward(grad));
        }
        // The input gradient is the convolution of the output's gradient, with full padding, with the flipped kernel.
        let full = kernel_size - 1;
        let padded_grad = Prologue::Identity.forward(grad, output, self.padding.map(|pad| full - pad));
        let epilogue = Epilogue { bias: &[], residual: None, relu: false };
        let filters = || weights.winograd_filters([batch, height, width], false, true);
        if let Some(filters) = self.keeps_size().then(filters).flatten() {
            let winograd = Winograd { filters, upsampled2x: false, batch, height, width };
            return self.prologue.backward(x.values, dims, winograd.run(&padded_grad, epilogue));
        }
        let taps_first;
        let taps = if let Some(flipped) = weights.flipped() {
            Taps::Forward(flipped)
        } else {
            taps_first = weights.taps_first();
            Taps::Flipped(&taps_first)
        };
        let conv = Conv {
            taps,
            kernel_size,
            stride: 1,
            in_channels: weights.out_channels,
            out_channels: in_channels,
            batch,
            height,
            width,
            padded: [height + full, width + full],
        };
        self.prologue.backward(x.values, dims, conv.run(&padded_grad, epilogue))
    }
}
