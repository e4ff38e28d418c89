//! `AutoencoderKL`, the first stage of Latent Diffusion (arXiv:2112.10752).

use burn::tensor::Tensor;

use super::config::VaeConfig;
use crate::layers::{Conv, ConvArgs, GroupNorm, Prologue, channels_first, channels_last, self_attention};
use crate::unet::{Resnet, ResnetShape};
use crate::weights::{Checkpoint, LoadOptions, Weights, WeightsError, load};
use crate::{NnError, with_spinning_pool};

const EPSILON: f64 = 1e-6;
/// Upstream keeps the logarithm of the variance in these bounds.
const LOGVAR_BOUNDS: (f64, f64) = (-30.0, 20.0);

/// Images to latents and back. Its latents are not yet multiplied by `scaling_factor`.
#[derive(Clone, Debug)]
pub struct AutoencoderKl {
    config: VaeConfig,
    encoder: Encoder,
    quant_conv: Option<Conv>,
    post_quant_conv: Option<Conv>,
    decoder: Decoder,
}

/// The normal distribution of latents that an image stands for.
#[derive(Clone, Debug)]
pub struct Posterior {
    /// Its centre `[B, latent_channels, h, w]`.
    pub mean: Tensor<4>,
    /// The logarithm of its variance, of the same shape.
    pub logvar: Tensor<4>,
}

impl AutoencoderKl {
    /// Builds the network from the tensors of a checkpoint, by their diffusers names.
    ///
    /// # Errors
    ///
    /// When the configuration does not fit together or the tensors do not fit it.
    pub fn load(config: &VaeConfig, checkpoint: &Checkpoint, options: &LoadOptions) -> Result<Self, NnError> {
        config.check()?;
        load(checkpoint, "vae", options, |w| Ok(Self::build(w, config)?))
    }

    fn build(w: &Weights, config: &VaeConfig) -> Result<Self, WeightsError> {
        let latent = config.latent_channels;
        let quant = || Conv::linear(&w.pp("quant_conv"), 2 * latent, 2 * latent);
        let post_quant = || Conv::linear(&w.pp("post_quant_conv"), latent, latent);
        Ok(Self {
            config: config.clone(),
            encoder: Encoder::load(&w.pp("encoder"), config)?,
            quant_conv: config.use_quant_conv.then(quant).transpose()?,
            post_quant_conv: config.use_post_quant_conv.then(post_quant).transpose()?,
            decoder: Decoder::load(&w.pp("decoder"), config)?,
        })
    }

    /// The shape of this network.
    #[must_use]
    pub fn config(&self) -> &VaeConfig {
        &self.config
    }

    /// Images in -1 to 1, `[B, 3, H, W]`, H and W multiples of 8 → the latents' distribution.
    ///
    /// # Errors
    ///
    /// When the number of channels is wrong or a side cannot be halved often enough.
    pub fn encode(&self, images: Tensor<4>) -> Result<Posterior, NnError> {
        super::check_channels("channels of the image", &images, self.config.in_channels)?;
        let [_, _, height, width] = images.dims();
        let step = self.config.downscale();
        if height == 0 || width == 0 || !height.is_multiple_of(step) || !width.is_multiple_of(step) {
            return Err(NnError::Input {
                what: "size of the image",
                got: format!("{width}×{height}"),
                expected: format!("multiples of {step}"),
            });
        }
        let moments = self.encoder.forward(channels_last(images));
        let moments = channels_first(match &self.quant_conv {
            Some(conv) => conv.forward(moments),
            None => moments,
        });
        let latent = self.config.latent_channels;
        let (low, high) = LOGVAR_BOUNDS;
        Ok(Posterior {
            mean: moments.clone().narrow(1, 0, latent),
            logvar: moments.narrow(1, latent, latent).clamp(low, high),
        })
    }

    /// Latents `[B, latent_channels, h, w]` → images in about -1 to 1, `[B, 3, 8h, 8w]`
    ///
    /// # Errors
    ///
    /// When the number of channels is wrong.
    pub fn decode(&self, latents: Tensor<4>) -> Result<Tensor<4>, NnError> {
        super::check_channels("channels of the latents", &latents, self.config.latent_channels)?;
        let latents = channels_last(latents);
        let latents = match &self.post_quant_conv {
            Some(conv) => conv.forward(latents),
            None => latents,
        };
        Ok(with_spinning_pool(|| channels_first(self.decoder.forward(latents))))
    }
}

fn load_resnet(
    w: &Weights,
    config: &VaeConfig,
    inputs: usize,
    outputs: usize,
) -> Result<Resnet, WeightsError> {
    let shape = ResnetShape { inputs, outputs, time: None, groups: config.norm_num_groups, epsilon: EPSILON };
    Resnet::load(w, shape)
}

/// A run of residual blocks, the first of which changes the width.
fn load_resnets(
    w: &Weights,
    config: &VaeConfig,
    [inputs, outputs]: [usize; 2],
    count: usize,
) -> Result<Vec<Resnet>, WeightsError> {
    let resnet = |i: usize| {
        let inputs = if i == 0 { inputs } else { outputs };
        load_resnet(&w.pp("resnets").pp(i), config, inputs, outputs)
    };
    (0..count).map(resnet).collect()
}

fn run(resnets: &[Resnet], x: Tensor<4>) -> Tensor<4> {
    resnets.iter().fold(x, |x, resnet| resnet.forward(x, None))
}

/// Residual blocks and the change of resolution after them.
#[derive(Clone, Debug)]
struct Level {
    resnets: Vec<Resnet>,
    sampler: Option<Conv>,
}

#[derive(Clone, Debug)]
struct Encoder {
    conv_in: Conv,
    levels: Vec<Level>,
    mid: Mid,
    conv_norm_out: GroupNorm,
    conv_out: Conv,
}

impl Encoder {
    fn load(w: &Weights, config: &VaeConfig) -> Result<Self, WeightsError> {
        let widths = &config.block_out_channels;
        let last = widths.len() - 1;
        let level = |i: usize| {
            let w = w.pp("down_blocks").pp(i);
            let sides = [widths[i.saturating_sub(1)], widths[i]];
            let downsample = || Conv::conv3x3(&w.pp("downsamplers.0.conv"), widths[i], widths[i]);
            Ok(Level {
                resnets: load_resnets(&w, config, sides, config.layers_per_block)?,
                sampler: (i < last).then(downsample).transpose()?.map(|c| c.stride2().pad_bottom_right()),
            })
        };
        Ok(Self {
            conv_in: Conv::conv3x3(&w.pp("conv_in"), config.in_channels, widths[0])?,
            levels: (0..=last).map(level).collect::<Result<_, WeightsError>>()?,
            mid: Mid::load(&w.pp("mid_block"), config)?,
            conv_norm_out: GroupNorm::with_silu(
                &w.pp("conv_norm_out"),
                widths[last],
                config.norm_num_groups,
                EPSILON,
            )?,
            conv_out: Conv::conv3x3(&w.pp("conv_out"), widths[last], 2 * config.latent_channels)?,
        })
    }

    fn forward(&self, images: Tensor<4>) -> Tensor<4> {
        let mut x = self.conv_in.forward(images);
        for Level { resnets, sampler } in &self.levels {
            x = run(resnets, x);
            if let Some(downsample) = sampler {
                // Zeros to the right and below only, as this network was trained.
                x = downsample.forward(x);
            }
        }
        let x = self.mid.forward(x);
        self.conv_out.apply(x, ConvArgs::after(Prologue::GroupNorm(&self.conv_norm_out)))
    }
}

#[derive(Clone, Debug)]
struct Decoder {
    conv_in: Conv,
    mid: Mid,
    levels: Vec<Level>,
    conv_norm_out: GroupNorm,
    conv_out: Conv,
}

impl Decoder {
    fn load(w: &Weights, config: &VaeConfig) -> Result<Self, WeightsError> {
        let widths: Vec<usize> = config.block_out_channels.iter().rev().copied().collect();
        let last = widths.len() - 1;
        let level = |i: usize| {
            let w = w.pp("up_blocks").pp(i);
            let sides = [widths[i.saturating_sub(1)], widths[i]];
            let upsample = || Conv::conv3x3(&w.pp("upsamplers.0.conv"), widths[i], widths[i]);
            Ok(Level {
                resnets: load_resnets(&w, config, sides, config.layers_per_block + 1)?,
                sampler: (i < last).then(upsample).transpose()?,
            })
        };
        Ok(Self {
            conv_in: Conv::conv3x3(&w.pp("conv_in"), config.latent_channels, widths[0])?,
            mid: Mid::load(&w.pp("mid_block"), config)?,
            levels: (0..=last).map(level).collect::<Result<_, WeightsError>>()?,
            conv_norm_out: GroupNorm::with_silu(
                &w.pp("conv_norm_out"),
                widths[last],
                config.norm_num_groups,
                EPSILON,
            )?,
            conv_out: Conv::conv3x3(&w.pp("conv_out"), widths[last], config.out_channels)?,
        })
    }

    fn forward(&self, latents: Tensor<4>) -> Tensor<4> {
        let mut x = self.mid.forward(self.conv_in.forward(latents));
        for Level { resnets, sampler } in &self.levels {
            x = run(resnets, x);
            if let Some(conv) = sampler {
                let [_, height, width, _] = x.dims();
                x = conv.apply(x, ConvArgs::after(Prologue::Resize([2 * height, 2 * width])));
            }
        }
        self.conv_out.apply(x, ConvArgs::after(Prologue::GroupNorm(&self.conv_norm_out)))
    }
}

/// The bottleneck: a residual block, attention of one head, a residual block.
#[derive(Clone, Debug)]
struct Mid {
    before: Resnet,
    attention: Option<PixelAttention>,
    after: Resnet,
}

impl Mid {
    fn load(w: &Weights, config: &VaeConfig) -> Result<Self, WeightsError> {
        let width = config.block_out_channels[config.block_out_channels.len() - 1];
        let attention = || PixelAttention::load(&w.pp("attentions.0"), width, config.norm_num_groups);
        let resnet = |i: usize| load_resnet(&w.pp("resnets").pp(i), config, width, width);
        Ok(Self {
            before: resnet(0)?,
            attention: config.mid_block_add_attention.then(attention).transpose()?,
            after: resnet(1)?,
        })
    }

    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let x = self.before.forward(x, None);
        let x = match &self.attention {
            Some(attention) => attention.forward(x),
            None => x,
        };
        self.after.forward(x, None)
    }
}

/// Self-attention over the pixels of an image, with one head.
#[derive(Clone, Debug)]
struct PixelAttention {
    group_norm: GroupNorm,
    /// Queries, keys and values, concatenated.
    to_qkv: Conv,
    to_out: Conv,
}

impl PixelAttention {
    fn load(w: &Weights, width: usize, groups: usize) -> Result<Self, WeightsError> {
        // Files written before 2023 use the second names.
        let parts = [["to_q", "query"], ["to_k", "key"], ["to_v", "value"]];
        Ok(Self {
            group_norm: GroupNorm::load(&w.pp("group_norm"), width, groups, EPSILON)?,
            to_qkv: Conv::linear_concat(&parts.map(|names| w.pp_any(&names)), width, width, true)?,
            to_out: Conv::linear(&w.pp_any(&["to_out.0", "proj_attn"]), width, width)?,
        })
    }

    /// `[B, H, W, C]` → `[B, H, W, C]`
    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let shape = x.dims();
        let [batch, height, width, channels] = shape;
        let qkv = self.to_qkv.apply(x.clone(), ConvArgs::after(Prologue::GroupNorm(&self.group_norm)));
        let attn_output = self_attention(qkv.reshape([batch, height * width, 3 * channels]), 1, false);
        self.to_out.apply(attn_output.reshape(shape), ConvArgs::after(Prologue::Identity).residual(x))
    }
}
