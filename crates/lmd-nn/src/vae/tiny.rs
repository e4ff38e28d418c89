//! `AutoencoderTiny` (TAESD, github.com/madebyollin/taesd): a small autoencoder for previews.

use burn::tensor::Tensor;
use burn::tensor::activation::tanh;

use super::config::TinyVaeConfig;
use crate::layers::{Conv, ConvArgs, Prologue, channels_first, channels_last};
use crate::weights::{Checkpoint, LoadOptions, Weights, WeightsError, load};
use crate::{NnError, with_spinning_pool};

/// Latents are squashed softly into this many standard deviations.
const LATENT_MAGNITUDE: f64 = 3.0;

/// A plain stack of layers each way; its latents are those of the diffusion, unscaled.
#[derive(Clone, Debug)]
pub struct AutoencoderTiny {
    config: TinyVaeConfig,
    encoder: Vec<TinyLayer>,
    decoder: Vec<TinyLayer>,
}

impl AutoencoderTiny {
    /// Builds the network from the tensors of a checkpoint, by their diffusers names.
    ///
    /// # Errors
    ///
    /// When the configuration does not fit together or the tensors do not fit it.
    pub fn load(
        config: &TinyVaeConfig,
        checkpoint: &Checkpoint,
        options: &LoadOptions,
    ) -> Result<Self, NnError> {
        config.check()?;
        load(checkpoint, "taesd", options, |w| {
            Ok(Self {
                config: config.clone(),
                encoder: load_encoder(&w.pp("encoder.layers"), config)?,
                decoder: load_decoder(&w.pp("decoder.layers"), config)?,
            })
        })
    }

    /// The shape of this network.
    #[must_use]
    pub fn config(&self) -> &TinyVaeConfig {
        &self.config
    }

    /// Images in -1 to 1, `[B, 3, H, W]` → latents `[B, 4, H/8, W/8]`
    ///
    /// # Errors
    ///
    /// When the number of channels is wrong.
    pub fn encode(&self, images: Tensor<4>) -> Result<Tensor<4>, NnError> {
        super::check_channels("channels of the image", &images, self.config.in_channels)?;
        Ok(channels_first(run(&self.encoder, channels_last((images + 1.0) / 2.0))))
    }

    /// Latents `[B, 4, h, w]` → images in about -1 to 1, `[B, 3, 8h, 8w]`
    ///
    /// # Errors
    ///
    /// When the number of channels is wrong.
    pub fn decode(&self, latents: Tensor<4>) -> Result<Tensor<4>, NnError> {
        super::check_channels("channels of the latents", &latents, self.config.latent_channels)?;
        let squashed = tanh(latents / LATENT_MAGNITUDE) * LATENT_MAGNITUDE;
        Ok(with_spinning_pool(|| channels_first(run(&self.decoder, channels_last(squashed))) * 2.0 - 1.0))
    }
}

/// One entry of the layer lists.
#[derive(Clone, Debug)]
enum TinyLayer {
    Conv(Box<Conv>),
    /// A convolution with ReLU.
    ConvRelu(Box<Conv>),
    /// A convolution of the image upsampled to twice its size.
    Upsample(Box<Conv>),
    Block(Box<TinyBlock>),
}

/// `[B, H, W, C]` → `[B, H', W', C']`
fn run(layers: &[TinyLayer], x: Tensor<4>) -> Tensor<4> {
    layers.iter().fold(x, |x, layer| match layer {
        TinyLayer::Conv(conv) => conv.forward(x),
        TinyLayer::ConvRelu(conv) => {
            conv.apply(x, ConvArgs { relu: true, ..ConvArgs::after(Prologue::Identity) })
        }
        TinyLayer::Upsample(conv) => {
            let [_, height, width, _] = x.dims();
            conv.apply(x, ConvArgs::after(Prologue::Resize([2 * height, 2 * width])))
        }
        TinyLayer::Block(block) => block.forward(x),
    })
}

fn conv(conv: Conv) -> TinyLayer {
    TinyLayer::Conv(Box::new(conv))
}

fn block(block: TinyBlock) -> TinyLayer {
    TinyLayer::Block(Box::new(block))
}

fn load_encoder(w: &Weights, config: &TinyVaeConfig) -> Result<Vec<TinyLayer>, WeightsError> {
    let mut layers = Vec::new();
    let mut inputs = config.in_channels;
    let levels = config.encoder_block_out_channels.iter().zip(&config.num_encoder_blocks);
    for (level, (&width, &blocks)) in levels.enumerate() {
        let w_conv = w.pp(layers.len());
        layers.push(conv(if level == 0 {
            Conv::conv3x3(&w_conv, inputs, width)?
        } else {
            Conv::conv3x3_no_bias(&w_conv, inputs, width)?.stride2()
        }));
        for _ in 0..blocks {
            layers.push(block(TinyBlock::load(&w.pp(layers.len()), width)?));
        }
        inputs = width;
    }
    layers.push(conv(Conv::conv3x3(&w.pp(layers.len()), inputs, config.latent_channels)?));
    Ok(layers)
}

/// Upstream's list counts ReLU and upsampling as layers, too.
fn load_decoder(w: &Weights, config: &TinyVaeConfig) -> Result<Vec<TinyLayer>, WeightsError> {
    let widths = &config.decoder_block_out_channels;
    let first = Conv::conv3x3(&w.pp(0), config.latent_channels, widths[0])?;
    let mut layers = vec![TinyLayer::ConvRelu(Box::new(first))];
    let mut index = 2;
    for (level, (&width, &blocks)) in widths.iter().zip(&config.num_decoder_blocks).enumerate() {
        for _ in 0..blocks {
            layers.push(block(TinyBlock::load(&w.pp(index), width)?));
            index += 1;
        }
        if level + 1 == widths.len() {
            layers.push(conv(Conv::conv3x3(&w.pp(index), width, config.out_channels)?));
        } else {
            let upsample = Conv::conv3x3_no_bias(&w.pp(index + 1), width, widths[level + 1])?;
            layers.push(TinyLayer::Upsample(Box::new(upsample)));
            index += 2;
        }
    }
    Ok(layers)
}

/// Three convolutions ctx a residual.
#[derive(Clone, Debug)]
struct TinyBlock {
    convs: [Conv; 3],
}

impl TinyBlock {
    fn load(w: &Weights, width: usize) -> Result<Self, WeightsError> {
        let conv = |i: usize| Conv::conv3x3(&w.pp("conv").pp(i), width, width);
        Ok(Self { convs: [conv(0)?, conv(2)?, conv(4)?] })
    }

    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let [first, second, third] = &self.convs;
        let with_relu = || ConvArgs { relu: true, ..ConvArgs::after(Prologue::Identity) };
        let h = second.apply(first.apply(x.clone(), with_relu()), with_relu());
        third.apply(h, with_relu().residual(x))
    }
}
