//! The U-Net of Stable Diffusion (arXiv:2112.10752), whose attention maps can be read and guided.
//!
//! ```text
//! latents ─ conv_in ─ down 0 ─ down 1 ─ ... ─ mid ─ up 0 ─ up 1 ─ ... ─ norm ─ conv_out ─ noise
//!                       └────────┴──── skips ───────┘
//! ```

mod attention;
mod blocks;
mod config;
mod gligen;
mod request;
mod resnet;
mod text_context;
mod time;
mod transformer;

use std::collections::BTreeMap;

use burn::tensor::Tensor;

use blocks::{BlockContext, DownBlock, MidBlock, UpBlock};
pub(crate) use config::purpose_of_channels;
pub use config::{AttentionType, PerLevel, UNetConfig};
use gligen::PositionNet;
pub use gligen::{GligenBox, MAX_GLIGEN_BOXES};
use request::MapCollector;
pub use request::{UNetOutput, UNetRequest};
pub(crate) use resnet::{Resnet, ResnetShape};
pub use text_context::TextContext;
use time::TimeEmbedding;
use transformer::SpatialTransformer;

use crate::layers::{Conv, ConvArgs, GroupNorm, Prologue, channels_first, channels_last};
use crate::weights::{Checkpoint, LoadOptions, Weights, WeightsError, load};
use crate::{AttnKey, NnError, with_spinning_pool};

/// `UNet2DConditionModel`: predicts the noise in latents, given a time and a text.
#[derive(Clone, Debug)]
pub struct UNet {
    config: UNetConfig,
    conv_in: Conv,
    time_embedding: TimeEmbedding,
    position_net: Option<PositionNet>,
    down_blocks: Vec<DownBlock>,
    mid_block: MidBlock,
    up_blocks: Vec<UpBlock>,
    conv_norm_out: GroupNorm,
    conv_out: Conv,
}

impl UNet {
    /// Builds the network from the tensors of a checkpoint, by their diffusers names.
    ///
    /// # Errors
    ///
    /// When the configuration does not fit together or the tensors do not fit it.
    pub fn load(
        config: &UNetConfig,
        checkpoint: &Checkpoint,
        options: &LoadOptions,
    ) -> Result<Self, NnError> {
        config.check()?;
        load(checkpoint, "unet", options, |w| Ok(Self::build(w, config)?))
    }

    fn build(w: &Weights, config: &UNetConfig) -> Result<Self, WeightsError> {
        let first = config.block_out_channels[0];
        let (groups, epsilon) = (config.norm_num_groups, config.norm_eps);
        let down = |i: usize| DownBlock::load(&w.pp("down_blocks").pp(i), config, i);
        let up = |i: usize| UpBlock::load(&w.pp("up_blocks").pp(i), config, i);
        Ok(Self {
            config: config.clone(),
            conv_in: Conv::conv3x3(&w.pp("conv_in"), config.in_channels, first)?,
            time_embedding: TimeEmbedding::load(&w.pp("time_embedding"), config)?,
            position_net: (config.attention_type == AttentionType::Gated)
                .then(|| PositionNet::load(&w.pp("position_net"), config))
                .transpose()?,
            down_blocks: (0..config.levels()).map(down).collect::<Result<_, _>>()?,
            mid_block: MidBlock::load(&w.pp("mid_block"), config)?,
            up_blocks: (0..config.levels()).map(up).collect::<Result<_, _>>()?,
            conv_norm_out: GroupNorm::with_silu(&w.pp("conv_norm_out"), first, groups, epsilon)?,
            conv_out: Conv::conv3x3(&w.pp("conv_out"), first, config.out_channels)?,
        })
    }

    /// The shape of this network.
    #[must_use]
    pub fn config(&self) -> &UNetConfig {
        &self.config
    }

    /// All cross-attention layers, in the order of execution.
    #[must_use]
    pub fn attention_keys(&self) -> Vec<AttnKey> {
        self.attentions().map(SpatialTransformer::key).collect()
    }

    fn attentions(&self) -> impl Iterator<Item = &SpatialTransformer> {
        let down = self.down_blocks.iter().flat_map(DownBlock::attentions);
        let up = self.up_blocks.iter().flat_map(UpBlock::attentions);
        down.chain([self.mid_block.attention()]).chain(up)
    }

    /// Keys and values of every cross-attention layer for some prompts.
    ///
    /// # Shapes
    ///
    /// `embeddings [B, tokens, cross_attention_dim]`
    ///
    /// # Errors
    ///
    /// When the embeddings are those of another kind of model.
    pub fn text_context(&self, embeddings: &Tensor<3>) -> Result<TextContext, NnError> {
        let [batch, tokens, width] = embeddings.dims();
        check("width of the text embeddings", width, self.config.cross_attention_dim)?;
        let layers = self.attentions().map(|a| (a.key(), a.keys_values(embeddings.clone())));
        Ok(TextContext { layers: layers.collect(), gligen_tokens: BTreeMap::new(), batch, tokens })
    }

    /// Whether there are GLIGEN layers.
    #[must_use]
    pub fn has_gligen_layers(&self) -> bool {
        self.position_net.is_some()
    }

    /// The same text, with boxes for the GLIGEN layers, the same for every prompt. Without any box all tokens are null
    /// tokens, which is not the same as no grounding.
    ///
    /// # Errors
    ///
    /// When there are no GLIGEN layers, more boxes than [`MAX_GLIGEN_BOXES`], or embeddings of another kind of model.
    pub fn with_gligen_boxes(
        &self,
        text: &TextContext,
        phrases: &[GligenBox],
    ) -> Result<TextContext, NnError> {
        let net = self.position_net.as_ref().ok_or(NnError::NoGligenLayers)?;
        let Some(like) = text.layers.values().next() else { return Ok(text.clone()) };
        let tokens = net.tokens(phrases, &like.keys)?.repeat_dim(0, text.batch);
        let gligen_tokens = self
            .attentions()
            .filter_map(|attention| Some((attention.key(), attention.fuser()?.tokens(tokens.clone()))));
        Ok(TextContext { gligen_tokens: gligen_tokens.collect(), ..text.clone() })
    }

    /// Predicts the noise, and gives the attention maps asked for.
    ///
    /// Gradients flow from the maps and the noise to `latents` if the caller made
    /// these require one (`latents.autodiff().require_grad()`); the weights are
    /// constants. With `stop_after_last_map` nothing after that map is computed.
    ///
    /// # Shapes
    ///
    /// `latents [B, in_channels, h, w]`; one timestep, or one per image; `text`
    /// of batch 1, B, or a multiple of B: then every image is predicted under
    /// several prompts, prompt `j·B + i` being read by image `i`, and what comes
    /// before the first text is computed once for all of them. This is how
    /// classifier-free guidance asks.
    ///
    /// # Errors
    ///
    /// When shapes do not fit, or a map or a column does not exist.
    pub fn forward(
        &self,
        latents: Tensor<4>,
        timesteps: &[f32],
        text: &TextContext,
        request: &UNetRequest,
    ) -> Result<UNetOutput, NnError> {
        self.check_request(request, text)?;
        let timesteps = self.check_batch(&latents, timesteps, text)?;
        with_spinning_pool(|| self.checked_forward(latents, &timesteps, text, request))
    }

    fn checked_forward(
        &self,
        latents: Tensor<4>,
        timesteps: &[f32],
        text: &TextContext,
        request: &UNetRequest,
    ) -> Result<UNetOutput, NnError> {
        let device = latents.device().without_autodiff();
        let time = self.time_embedding.forward(timesteps, &device, latents.dtype());
        let mut collector = MapCollector::new(request);
        let noise = self.run(latents, &mut BlockContext { time: &time, text, collector: &mut collector });
        let may_end_early = request.stop_after_last_map && !request.maps.is_empty();
        if noise.is_none() && !may_end_early {
            return Err(NnError::Internal("the forward pass of the U-Net ended before its last layer"));
        }
        Ok(UNetOutput { noise, maps: collector.maps })
    }

    fn run(&self, latents: Tensor<4>, ctx: &mut BlockContext<'_, '_>) -> Option<Tensor<4>> {
        let mut x = self.conv_in.forward(channels_last(latents));
        let mut skips = vec![x.clone()];
        for block in &self.down_blocks {
            x = block.forward(x, &mut skips, ctx)?;
        }
        x = self.mid_block.forward(x, ctx)?;
        for block in &self.up_blocks {
            x = block.forward(x, &mut skips, ctx)?;
        }
        let noise = self.conv_out.apply(x, ConvArgs::after(Prologue::GroupNorm(&self.conv_norm_out)));
        Some(channels_first(noise))
    }

    fn check_request(&self, request: &UNetRequest, text: &TextContext) -> Result<(), NnError> {
        if !self.attentions().map(SpatialTransformer::key).eq(text.layers.keys().copied()) {
            return Err(NnError::Input {
                what: "cross-attention layers of the text context",
                got: text.layers.len().to_string(),
                expected: "those of this U-Net, which has to make the context itself".to_owned(),
            });
        }
        for key in &request.maps {
            if !text.layers.contains_key(key) {
                let known: Vec<String> = self.attentions().map(|a| a.key().to_string()).collect();
                return Err(NnError::UnknownMap { key: key.to_string(), known: known.join(", ") });
            }
        }
        let columns = request.columns.iter().flatten();
        match columns.copied().find(|&column| column >= text.tokens) {
            Some(column) => Err(NnError::Input {
                what: "token column",
                got: column.to_string(),
                expected: format!("below the {} tokens of the text", text.tokens),
            }),
            None => Ok(()),
        }
    }

    fn check_batch(
        &self,
        latents: &Tensor<4>,
        timesteps: &[f32],
        text: &TextContext,
    ) -> Result<Vec<f32>, NnError> {
        let [batch, channels, height, width] = latents.dims();
        check("channels of the latents", channels, self.config.in_channels)?;
        let least = 1 << (self.config.levels() - 1);
        for (what, side) in [("height of the latents", height), ("width of the latents", width)] {
            if side < least {
                return Err(NnError::Input {
                    what,
                    got: side.to_string(),
                    expected: format!("at least {least}"),
                });
            }
        }
        if text.batch != 1 && (batch == 0 || !text.batch.is_multiple_of(batch)) {
            return Err(NnError::Input {
                what: "prompts in the text context",
                got: text.batch.to_string(),
                expected: format!("1 or a multiple of the {batch} images"),
            });
        }
        match timesteps {
            [one] => Ok(vec![*one; batch]),
            many => check("timesteps", many.len(), batch).map(|()| many.to_vec()),
        }
    }
}

fn check(what: &'static str, got: usize, expected: usize) -> Result<(), NnError> {
    if got == expected {
        return Ok(());
    }
    Err(NnError::Input { what, got: got.to_string(), expected: expected.to_string() })
}
