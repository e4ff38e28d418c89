//! The layers of the detector.

use burn::tensor::Tensor;

use super::config::CenterNetConfig;
use super::pixels::CHANNELS;
use crate::layers::{Conv, ConvArgs, GroupNorm, Prologue};
use crate::unet::{Resnet, ResnetShape};
use crate::weights::{Checkpoint, LoadOptions, Weights, WeightsError, load};
use crate::{NnError, with_spinning_pool};

/// PyTorch's epsilon of group normalisation.
const EPSILON: f64 = 1e-5;

/// A U-shaped network of residual blocks.
#[derive(Clone, Debug)]
pub(super) struct Network {
    stem: Conv,
    fine: [Resnet; 2],
    down1: Conv,
    middle: [Resnet; 2],
    down2: Conv,
    coarse: [Resnet; 2],
    up2: Conv,
    merge: Resnet,
    up1: Conv,
    side: Conv,
    last: Resnet,
    norm: GroupNorm,
    head: Conv,
}

fn block(w: &Weights, width: usize, groups: usize) -> Result<Resnet, WeightsError> {
    Resnet::load(w, ResnetShape { inputs: width, outputs: width, time: None, groups, epsilon: EPSILON })
}

fn blocks(w: &Weights, width: usize, groups: usize) -> Result<[Resnet; 2], WeightsError> {
    Ok([block(&w.pp(0), width, groups)?, block(&w.pp(1), width, groups)?])
}

fn run(blocks: &[Resnet], x: Tensor<4>) -> Tensor<4> {
    blocks.iter().fold(x, |x, block| block.forward(x, None))
}

impl Network {
    pub(super) fn load(
        config: &CenterNetConfig,
        checkpoint: &Checkpoint,
        options: &LoadOptions,
    ) -> Result<Self, NnError> {
        load(checkpoint, "detector", options, |w| Ok(Self::build(w, config)?))
    }

    fn build(w: &Weights, config: &CenterNetConfig) -> Result<Self, WeightsError> {
        let ([a, b, c], groups) = (config.widths, config.groups);
        Ok(Self {
            stem: Conv::conv3x3(&w.pp("stem"), CHANNELS, a)?.stride2(),
            fine: blocks(&w.pp("fine"), a, groups)?,
            down1: Conv::conv3x3(&w.pp("down1"), a, b)?.stride2(),
            middle: blocks(&w.pp("middle"), b, groups)?,
            down2: Conv::conv3x3(&w.pp("down2"), b, c)?.stride2(),
            coarse: blocks(&w.pp("coarse"), c, groups)?,
            up2: Conv::linear(&w.pp("up2"), c, b)?,
            merge: block(&w.pp("merge"), b, groups)?,
            up1: Conv::linear(&w.pp("up1"), b, b)?,
            side: Conv::linear(&w.pp("side"), a, b)?,
            last: block(&w.pp("last"), b, groups)?,
            norm: GroupNorm::with_silu(&w.pp("norm"), b, groups, EPSILON)?,
            head: Conv::linear(&w.pp("head"), b, config.outputs())?,
        })
    }

    /// Unshuffled pixels `[1, H/4, W/4, 48]` → `[H/8, W/8, outputs]`, rows first, as numbers
    ///
    /// # Errors
    ///
    /// When the numbers cannot be read back from the device.
    pub(super) fn forward(&self, pixels: Tensor<4>) -> Result<Vec<f32>, NnError> {
        let values = with_spinning_pool(|| self.run(pixels)).into_data();
        values.try_into_vec::<f32>().map_err(|_| NnError::Internal("the detector's outputs are no f32"))
    }

    fn run(&self, pixels: Tensor<4>) -> Tensor<4> {
        let fine = run(&self.fine, self.stem.forward(pixels));
        let middle = run(&self.middle, self.down1.forward(fine.clone()));
        let coarse = run(&self.coarse, self.down2.forward(middle.clone()));
        let middle = self.merge.forward(upsampled(&self.up2, coarse, middle), None);
        let x = upsampled(&self.up1, middle, self.side.forward(fine));
        let x = self.last.forward(x, None);
        self.head.apply(x, ConvArgs::after(Prologue::GroupNorm(&self.norm)))
    }
}

/// `residual + resize(conv(x))`; a 1×1 convolution and nearest-neighbour resizing may change places.
fn upsampled(conv: &Conv, x: Tensor<4>, residual: Tensor<4>) -> Tensor<4> {
    let [_, height, width, _] = residual.dims();
    conv.apply(x, ConvArgs::after(Prologue::Resize([height, width])).residual(residual))
}
