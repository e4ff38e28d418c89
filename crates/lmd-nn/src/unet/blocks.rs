//! The blocks of the U-Net: residual blocks, transformers, and a change of resolution.

use burn::tensor::Tensor;

use super::attention::TransformerShape;
use super::config::{AttentionType, UNetConfig};
use super::request::MapCollector;
use super::resnet::{Resnet, ResnetShape};
use super::text_context::TextContext;
use super::transformer::SpatialTransformer;
use crate::AttnKey;
use crate::layers::{Conv, ConvArgs, Prologue, repeated};
use crate::weights::{Weights, WeightsError};

/// What every block of one forward pass is given.
pub(super) struct BlockContext<'a, 'r> {
    pub(super) time: &'a Tensor<2>,
    pub(super) text: &'a TextContext,
    pub(super) collector: &'a mut MapCollector<'r>,
}

/// A residual block, followed by a transformer where the level has attention.
#[derive(Clone, Debug)]
struct Layer {
    resnet: Resnet,
    attention: Option<SpatialTransformer>,
}

impl Layer {
    /// `None` when the forward pass may end inside.
    fn forward(&self, x: Tensor<4>, ctx: &mut BlockContext<'_, '_>) -> Option<Tensor<4>> {
        let h = self.resnet.forward(x, Some(ctx.time));
        match &self.attention {
            Some(attention) => transform(attention, h, ctx),
            None => Some(h),
        }
    }
}

fn transform(
    attention: &SpatialTransformer,
    h: Tensor<4>,
    ctx: &mut BlockContext<'_, '_>,
) -> Option<Tensor<4>> {
    attention.forward(h, ctx.text, ctx.collector)
}

fn resnet_shape(config: &UNetConfig, inputs: usize, outputs: usize) -> ResnetShape {
    ResnetShape {
        inputs,
        outputs,
        time: Some(4 * config.block_out_channels[0]),
        groups: config.norm_num_groups,
        epsilon: config.norm_eps,
    }
}

fn load_attention(
    w: &Weights,
    config: &UNetConfig,
    key: AttnKey,
    level: usize,
) -> Result<SpatialTransformer, WeightsError> {
    let shape = TransformerShape {
        channels: config.block_out_channels[level],
        heads: config.heads(level),
        groups: config.norm_num_groups,
        text_width: config.cross_attention_dim,
        upcast: config.upcast_attention,
        gated: config.attention_type == AttentionType::Gated,
    };
    SpatialTransformer::load(&w.pp("attentions").pp(key.layer), key, shape)
}

/// One level of the contracting path.
#[derive(Clone, Debug)]
pub(super) struct DownBlock {
    layers: Vec<Layer>,
    downsample: Option<Conv>,
}

impl DownBlock {
    pub(super) fn load(w: &Weights, config: &UNetConfig, block: usize) -> Result<Self, WeightsError> {
        let widths = &config.block_out_channels;
        let outputs = widths[block];
        let inputs = widths[block.saturating_sub(1)];
        let cross = config.down_block_types[block].starts_with("CrossAttn");
        let layers = (0..config.layers_per_block).map(|layer| {
            let inputs = if layer == 0 { inputs } else { outputs };
            let attention = || load_attention(w, config, AttnKey::down(block, layer), block);
            Ok(Layer {
                resnet: Resnet::load(&w.pp("resnets").pp(layer), resnet_shape(config, inputs, outputs))?,
                attention: cross.then(attention).transpose()?,
            })
        });
        let downsample = || Conv::conv3x3(&w.pp("downsamplers.0.conv"), outputs, outputs).map(Conv::stride2);
        Ok(Self {
            layers: layers.collect::<Result<_, WeightsError>>()?,
            downsample: (block + 1 < config.levels()).then(downsample).transpose()?,
        })
    }

    /// Every intermediate output is also pushed on `skips`.
    pub(super) fn forward(
        &self,
        mut x: Tensor<4>,
        skips: &mut Vec<Tensor<4>>,
        ctx: &mut BlockContext<'_, '_>,
    ) -> Option<Tensor<4>> {
        for layer in &self.layers {
            x = layer.forward(x, ctx)?;
            skips.push(x.clone());
        }
        if let Some(downsample) = &self.downsample {
            x = downsample.forward(x);
            skips.push(x.clone());
        }
        Some(x)
    }

    pub(super) fn attentions(&self) -> impl Iterator<Item = &SpatialTransformer> {
        self.layers.iter().filter_map(|layer| layer.attention.as_ref())
    }
}

/// The bottleneck: a residual block, a transformer, a residual block.
#[derive(Clone, Debug)]
pub(super) struct MidBlock {
    before: Resnet,
    attention: SpatialTransformer,
    after: Resnet,
}

impl MidBlock {
    pub(super) fn load(w: &Weights, config: &UNetConfig) -> Result<Self, WeightsError> {
        let level = config.levels() - 1;
        let width = config.block_out_channels[level];
        let resnet = |i: usize| Resnet::load(&w.pp("resnets").pp(i), resnet_shape(config, width, width));
        Ok(Self {
            before: resnet(0)?,
            attention: load_attention(w, config, AttnKey::mid(), level)?,
            after: resnet(1)?,
        })
    }

    pub(super) fn forward(&self, x: Tensor<4>, ctx: &mut BlockContext<'_, '_>) -> Option<Tensor<4>> {
        let h = self.before.forward(x, Some(ctx.time));
        let h = transform(&self.attention, h, ctx)?;
        Some(self.after.forward(h, Some(ctx.time)))
    }

    pub(super) fn attention(&self) -> &SpatialTransformer {
        &self.attention
    }
}

/// One level of the expanding path.
#[derive(Clone, Debug)]
pub(super) struct UpBlock {
    layers: Vec<Layer>,
    upsample: Option<Conv>,
}

impl UpBlock {
    pub(super) fn load(w: &Weights, config: &UNetConfig, block: usize) -> Result<Self, WeightsError> {
        let widths = &config.block_out_channels;
        let level = config.levels() - 1 - block;
        let outputs = widths[level];
        let below = widths[(level + 1).min(config.levels() - 1)];
        let skip_width = widths[level.saturating_sub(1)];
        let cross = config.up_block_types[block].starts_with("CrossAttn");
        let layers = (0..=config.layers_per_block).map(|layer| {
            let from_below = if layer == 0 { below } else { outputs };
            let from_skip = if layer == config.layers_per_block { skip_width } else { outputs };
            let shape = resnet_shape(config, from_below + from_skip, outputs);
            let attention = || load_attention(w, config, AttnKey::up(block, layer), level);
            Ok(Layer {
                resnet: Resnet::load(&w.pp("resnets").pp(layer), shape)?,
                attention: cross.then(attention).transpose()?,
            })
        });
        let upsample = || Conv::conv3x3(&w.pp("upsamplers.0.conv"), outputs, outputs);
        Ok(Self {
            layers: layers.collect::<Result<_, WeightsError>>()?,
            upsample: (level > 0).then(upsample).transpose()?,
        })
    }

    /// Pops the skip connections of the contracting path from `skips`.
    pub(super) fn forward(
        &self,
        mut x: Tensor<4>,
        skips: &mut Vec<Tensor<4>>,
        ctx: &mut BlockContext<'_, '_>,
    ) -> Option<Tensor<4>> {
        for layer in &self.layers {
            let skip = repeated(skips.pop()?, x.dims()[0]);
            x = layer.forward(Tensor::cat(vec![x, skip], 3), ctx)?;
        }
        if let Some(conv) = &self.upsample {
            // The next skip connection has the size, which is not twice this one's where a side was odd.
            let [_, height, width, _] = skips.last()?.dims();
            x = conv.apply(x, ConvArgs::after(Prologue::Resize([height, width])));
        }
        Some(x)
    }

    pub(super) fn attentions(&self) -> impl Iterator<Item = &SpatialTransformer> {
        self.layers.iter().filter_map(|layer| layer.attention.as_ref())
    }
}
