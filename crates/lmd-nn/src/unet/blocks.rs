//! The blocks of the two halves: residual blocks, transformers, and a change of resolution.

use burn::tensor::Tensor;

use super::request::MapCollector;
use super::resnet::{Resnet, ResnetShape};
use super::text_context::TextContext;
use super::transformer::{SpatialTransformer, TransformerShape};
use super::{AttentionType, UNetConfig};
use crate::AttnKey;
use crate::layers::{Before, Conv, Use, repeated};
use crate::weights::{Weights, WeightsError};

/// What every block of one forward sees.
pub(super) struct Surroundings<'a, 'r> {
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
    /// `None` when the forward may end inside.
    fn forward(&self, x: Tensor<4>, around: &mut Surroundings<'_, '_>) -> Option<Tensor<4>> {
        let h = self.resnet.forward(x, Some(around.time));
        match &self.attention {
            Some(attention) => transform(attention, h, around),
            None => Some(h),
        }
    }
}

fn transform(
    attention: &SpatialTransformer,
    h: Tensor<4>,
    around: &mut Surroundings<'_, '_>,
) -> Option<Tensor<4>> {
    attention.forward(h, around.text, around.collector)
}

fn resnet_shape(config: &UNetConfig, inputs: usize, outputs: usize) -> ResnetShape {
    ResnetShape {
        inputs,
        outputs,
        time: config.block_out_channels.first().map(|width| 4 * width),
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

/// One level of the contracting half.
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
        let halve = || Conv::same(&w.pp("downsamplers.0.conv"), outputs, outputs).map(Conv::halving);
        Ok(Self {
            layers: layers.collect::<Result<_, WeightsError>>()?,
            downsample: (block + 1 < config.levels()).then(halve).transpose()?,
        })
    }

    /// Every intermediate picture is also put on `skips`.
    pub(super) fn forward(
        &self,
        mut x: Tensor<4>,
        skips: &mut Vec<Tensor<4>>,
        around: &mut Surroundings<'_, '_>,
    ) -> Option<Tensor<4>> {
        for layer in &self.layers {
            x = layer.forward(x, around)?;
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

    pub(super) fn forward(&self, x: Tensor<4>, around: &mut Surroundings<'_, '_>) -> Option<Tensor<4>> {
        let h = self.before.forward(x, Some(around.time));
        let h = transform(&self.attention, h, around)?;
        Some(self.after.forward(h, Some(around.time)))
    }

    pub(super) fn attention(&self) -> &SpatialTransformer {
        &self.attention
    }
}

/// One level of the expanding half.
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
        let beside = widths[level.saturating_sub(1)];
        let cross = config.up_block_types[block].starts_with("CrossAttn");
        let layers = (0..=config.layers_per_block).map(|layer| {
            let from_below = if layer == 0 { below } else { outputs };
            let from_beside = if layer == config.layers_per_block { beside } else { outputs };
            let shape = resnet_shape(config, from_below + from_beside, outputs);
            let attention = || load_attention(w, config, AttnKey::up(block, layer), level);
            Ok(Layer {
                resnet: Resnet::load(&w.pp("resnets").pp(layer), shape)?,
                attention: cross.then(attention).transpose()?,
            })
        });
        let double = || Conv::same(&w.pp("upsamplers.0.conv"), outputs, outputs);
        Ok(Self {
            layers: layers.collect::<Result<_, WeightsError>>()?,
            upsample: (level > 0).then(double).transpose()?,
        })
    }

    /// Takes the pictures of the contracting half back from `skips`.
    pub(super) fn forward(
        &self,
        mut x: Tensor<4>,
        skips: &mut Vec<Tensor<4>>,
        around: &mut Surroundings<'_, '_>,
    ) -> Option<Tensor<4>> {
        for layer in &self.layers {
            let beside = repeated(skips.pop()?, x.dims()[0]);
            x = layer.forward(Tensor::cat(vec![x, beside], 3), around)?;
        }
        if let Some(conv) = &self.upsample {
            // The picture beside tells the size, which need not be double where a side was odd.
            let [_, height, width, _] = skips.last()?.dims();
            x = conv.apply(x, Use::after(Before::Resize([height, width])));
        }
        Some(x)
    }

    pub(super) fn attentions(&self) -> impl Iterator<Item = &SpatialTransformer> {
        self.layers.iter().filter_map(|layer| layer.attention.as_ref())
    }
}
