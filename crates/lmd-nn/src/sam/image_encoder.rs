//! SAM's image encoder: a vision transformer that attends within windows, and now and then to the whole picture
//! (arXiv:2203.16527).

use burn::tensor::Tensor;
use burn::tensor::activation::gelu;
use burn::tensor::ops::PadMode;

use super::SamVisionConfig;
use super::relative_attention::RelativeAttention;
use crate::layers::{Conv, ConvArgs, LayerNorm, PatchConv, Prologue};
use crate::weights::{Weights, WeightsError};

/// Epsilon of the normalisations of images, which no configuration states.
pub(super) const IMAGE_EPSILON: f64 = 1e-6;

/// Pictures to features.
#[derive(Clone, Debug)]
pub(super) struct ImageEncoder {
    patch_embed: PatchConv,
    /// `[1, grid, grid, C]`
    pos_embed: Option<Tensor<4>>,
    layers: Vec<Layer>,
    neck: Neck,
}

impl ImageEncoder {
    pub(super) fn load(w: &Weights, config: &SamVisionConfig) -> Result<Self, WeightsError> {
        let (width, grid) = (config.hidden_size, config.grid());
        let pos_embed = config.use_abs_pos.then(|| w.tensor("pos_embed", [1, grid, grid, width]));
        let layer = |i: usize| Layer::load(&w.pp("layers").pp(i), config, config.window_of(i));
        Ok(Self {
            patch_embed: PatchConv::load(
                &w.pp("patch_embed.projection"),
                [3, width],
                config.patch_size,
                true,
            )?,
            pos_embed: pos_embed.transpose()?,
            layers: (0..config.num_hidden_layers).map(layer).collect::<Result<_, _>>()?,
            neck: Neck::load(&w.pp("neck"), config)?,
        })
    }

    /// `[B, image_size, image_size, 3]` → `[B, grid, grid, output_channels]`
    pub(super) fn forward(&self, picture: Tensor<4>) -> Tensor<4> {
        let x = self.patch_embed.forward(picture);
        let x = match &self.pos_embed {
            Some(positions) => x + positions.clone(),
            None => x,
        };
        self.neck.forward(self.layers.iter().fold(x, |x, layer| layer.forward(x)))
    }
}

#[derive(Clone, Debug)]
struct Layer {
    layer_norm1: LayerNorm,
    attn: RelativeAttention,
    layer_norm2: LayerNorm,
    lin1: Conv,
    lin2: Conv,
    /// Tokens of a side of its windows; 0 for the whole picture.
    window: usize,
}

impl Layer {
    fn load(w: &Weights, config: &SamVisionConfig, window: usize) -> Result<Self, WeightsError> {
        let (width, inner) = (config.hidden_size, config.inner_size());
        let side = if window == 0 { config.grid() } else { window };
        let norm = |name| LayerNorm::load(&w.pp(name), width, config.layer_norm_eps);
        Ok(Self {
            layer_norm1: norm("layer_norm1")?,
            attn: RelativeAttention::load(&w.pp("attn"), config, side)?,
            layer_norm2: norm("layer_norm2")?,
            lin1: Conv::linear(&w.pp("mlp.lin1"), width, inner)?,
            lin2: Conv::linear(&w.pp("mlp.lin2"), inner, width)?,
            window,
        })
    }

    /// `[B, H, W, C]` → `[B, H, W, C]`
    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let shape = x.dims();
        let normal = self.layer_norm1.forward(x.clone());
        let seen = if self.window == 0 {
            self.attn.forward(normal)
        } else {
            joined(self.attn.forward(windows(normal, self.window)), shape, self.window)
        };
        let x = x + seen;
        let h = self.lin1.apply(x.clone(), ConvArgs::after(Prologue::LayerNorm(&self.layer_norm2)));
        self.lin2.apply(gelu(h), ConvArgs::after(Prologue::Identity).residual(x))
    }
}

/// The windows of pictures, filled up by zeros at the right and at the bottom.
///
/// `[B, H, W, C]` → `[B · windows, side, side, C]`
fn windows(x: Tensor<4>, side: usize) -> Tensor<4> {
    let [batch, height, width, channels] = x.dims();
    let [rows, columns] = [height, width].map(|length| length.div_ceil(side));
    let (below, right) = (rows * side - height, columns * side - width);
    let x = if below + right == 0 {
        x
    } else {
        x.pad([(0, 0), (0, below), (0, right), (0, 0)], PadMode::Constant(0.0))
    };
    let x = x.reshape([batch, rows, side, columns, side, channels]).permute([0, 1, 3, 2, 4, 5]);
    x.reshape([batch * rows * columns, side, side, channels])
}

/// The inverse of [`windows`] for pictures of this shape.
fn joined(x: Tensor<4>, [batch, height, width, channels]: [usize; 4], side: usize) -> Tensor<4> {
    let [rows, columns] = [height, width].map(|length| length.div_ceil(side));
    let x = x.reshape([batch, rows, columns, side, side, channels]).permute([0, 1, 3, 2, 4, 5]);
    let x = x.reshape([batch, rows * side, columns * side, channels]);
    x.narrow(1, 0, height).narrow(2, 0, width)
}

/// Features of the decoder's width.
#[derive(Clone, Debug)]
struct Neck {
    conv1: Conv,
    layer_norm1: LayerNorm,
    conv2: Conv,
    layer_norm2: LayerNorm,
}

impl Neck {
    fn load(w: &Weights, config: &SamVisionConfig) -> Result<Self, WeightsError> {
        let (width, channels) = (config.hidden_size, config.output_channels);
        let norm = |name| LayerNorm::load(&w.pp(name), channels, IMAGE_EPSILON);
        Ok(Self {
            conv1: Conv::linear_concat(&[w.pp("conv1")], width, channels, false)?,
            layer_norm1: norm("layer_norm1")?,
            conv2: Conv::conv3x3_no_bias(&w.pp("conv2"), channels, channels)?,
            layer_norm2: norm("layer_norm2")?,
        })
    }

    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let x = self.layer_norm1.forward(self.conv1.forward(x));
        self.layer_norm2.forward(self.conv2.forward(x))
    }
}
