//! Residual block with the time added between its convolutions (arXiv:1512.03385, arXiv:2006.11239).

use burn::tensor::Tensor;

use crate::layers::{Conv, ConvArgs, GroupNorm, Prologue, repeated};
use crate::weights::{Weights, WeightsError};

/// Sizes of a residual block.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ResnetShape {
    pub(crate) inputs: usize,
    pub(crate) outputs: usize,
    /// Width of the time embedding, where there is one.
    pub(crate) time: Option<usize>,
    pub(crate) groups: usize,
    pub(crate) epsilon: f64,
}

/// `x + conv(silu(norm(conv(silu(norm(x))) + time)))`
#[derive(Clone, Debug)]
pub(crate) struct Resnet {
    norm1: GroupNorm,
    conv1: Conv,
    time_emb_proj: Option<Conv>,
    norm2: GroupNorm,
    conv2: Conv,
    conv_shortcut: Option<Conv>,
}

impl Resnet {
    pub(crate) fn load(w: &Weights, shape: ResnetShape) -> Result<Self, WeightsError> {
        let ResnetShape { inputs, outputs, groups, epsilon, .. } = shape;
        let time = |width| Conv::linear(&w.pp("time_emb_proj"), width, outputs);
        let shortcut = || Conv::linear(&w.pp("conv_shortcut"), inputs, outputs);
        Ok(Self {
            norm1: GroupNorm::with_silu(&w.pp("norm1"), inputs, groups, epsilon)?,
            conv1: Conv::conv3x3(&w.pp("conv1"), inputs, outputs)?,
            time_emb_proj: shape.time.map(time).transpose()?,
            norm2: GroupNorm::with_silu(&w.pp("norm2"), outputs, groups, epsilon)?,
            conv2: Conv::conv3x3(&w.pp("conv2"), outputs, outputs)?,
            conv_shortcut: (inputs != outputs).then(shortcut).transpose()?,
        })
    }

    /// `x [B, H, W, in]`, `silu(time) [b, width]` where B is a multiple of b → `[B, H, W, out]`
    pub(crate) fn forward(&self, x: Tensor<4>, time: Option<&Tensor<2>>) -> Tensor<4> {
        let image_bias =
            |(project, time): (&Conv, &Tensor<2>)| repeated(project.forward(time.clone()), x.dims()[0]);
        let image_bias = self.time_emb_proj.as_ref().zip(time).map(image_bias);
        let args =
            ConvArgs { image_bias: image_bias.as_ref(), ..ConvArgs::after(Prologue::GroupNorm(&self.norm1)) };
        let h = self.conv1.apply(x.clone(), args);
        let shortcut = match &self.conv_shortcut {
            Some(conv) => conv.forward(x),
            None => x,
        };
        self.conv2.apply(h, ConvArgs::after(Prologue::GroupNorm(&self.norm2)).residual(shortcut))
    }
}
