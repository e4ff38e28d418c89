//! Residual block with the time added between its convolutions (arXiv:1512.03385, arXiv:2006.11239).

use burn::tensor::Tensor;
use burn::tensor::activation::silu;

use crate::layers::{Conv2d, GroupNorm, Linear};
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
    conv1: Conv2d,
    time_emb_proj: Option<Linear>,
    norm2: GroupNorm,
    conv2: Conv2d,
    conv_shortcut: Option<Conv2d>,
}

impl Resnet {
    pub(crate) fn load(w: &Weights, shape: ResnetShape) -> Result<Self, WeightsError> {
        let ResnetShape { inputs, outputs, groups, epsilon, .. } = shape;
        let time = |width| Linear::load(&w.pp("time_emb_proj"), width, outputs);
        let shortcut = || Conv2d::point(&w.pp("conv_shortcut"), inputs, outputs);
        Ok(Self {
            norm1: GroupNorm::load(&w.pp("norm1"), inputs, groups, epsilon)?,
            conv1: Conv2d::same(&w.pp("conv1"), inputs, outputs)?,
            time_emb_proj: shape.time.map(time).transpose()?,
            norm2: GroupNorm::load(&w.pp("norm2"), outputs, groups, epsilon)?,
            conv2: Conv2d::same(&w.pp("conv2"), outputs, outputs)?,
            conv_shortcut: (inputs != outputs).then(shortcut).transpose()?,
        })
    }

    /// `x [B, in, H, W]`, `time [B, width]` → `[B, out, H, W]`
    pub(crate) fn forward(&self, x: Tensor<4>, time: Option<&Tensor<2>>) -> Tensor<4> {
        let mut h = self.conv1.forward(self.norm1.forward_silu(x.clone()));
        if let (Some(project), Some(time)) = (&self.time_emb_proj, time) {
            let shift = project.forward(silu(time.clone()));
            let [batch, channels] = shift.dims();
            h = h + shift.reshape([batch, channels, 1, 1]);
        }
        let h = self.conv2.forward(self.norm2.forward_silu(h));
        let shortcut = match &self.conv_shortcut {
            Some(conv) => conv.forward(x),
            None => x,
        };
        shortcut + h
    }
}
