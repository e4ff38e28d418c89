//! SAM's mask decoder: from an encoded picture and an encoded prompt to masks (arXiv:2304.02643, appendix A).

use burn::tensor::Tensor;
use burn::tensor::activation::gelu;

use super::SamDecoderConfig;
use super::image_encoder::IMAGE_EPSILON;
use super::mlp::Mlp;
use super::two_way::TwoWayTransformer;
use crate::layers::{LayerNorm, PatchUpscale};
use crate::weights::{Weights, WeightsError};

/// Layers of the networks that make a mask's filter from its token.
pub(super) const FILTER_DEPTH: usize = 3;

/// The decoder.
#[derive(Clone, Debug)]
pub(super) struct MaskDecoder {
    /// `[1, 1 + masks, C]`: the token of the expected IoU, then one for each mask.
    tokens: Tensor<3>,
    transformer: TwoWayTransformer,
    upscale_conv1: PatchUpscale,
    upscale_layer_norm: LayerNorm,
    upscale_conv2: PatchUpscale,
    filters: Vec<Mlp>,
    iou_head: Mlp,
}

impl MaskDecoder {
    pub(super) fn load(w: &Weights, config: &SamDecoderConfig) -> Result<Self, WeightsError> {
        let (width, masks) = (config.hidden_size, config.num_multimask_outputs + 1);
        let iou = w.pp("iou_token").tensor("weight", [1, width])?;
        let of_masks = w.pp("mask_tokens").tensor("weight", [masks, width])?;
        let tokens = if w.is_dry_run() {
            Tensor::zeros([1; 3], w.device())
        } else {
            Tensor::<2>::cat(vec![iou, of_masks], 0).unsqueeze()
        };
        let filter = |i: usize| {
            let w = w.pp("output_hypernetworks_mlps").pp(i);
            Mlp::load(&w, [width, width, width / 8], FILTER_DEPTH)
        };
        Ok(Self {
            tokens,
            transformer: TwoWayTransformer::load(&w.pp("transformer"), config)?,
            upscale_conv1: PatchUpscale::load(&w.pp("upscale_conv1"), [width, width / 4], 2)?,
            upscale_layer_norm: LayerNorm::load(&w.pp("upscale_layer_norm"), width / 4, IMAGE_EPSILON)?,
            upscale_conv2: PatchUpscale::load(&w.pp("upscale_conv2"), [width / 4, width / 8], 2)?,
            filters: (0..masks).map(filter).collect::<Result<_, _>>()?,
            iou_head: Mlp::load(
                &w.pp("iou_prediction_head"),
                [width, config.iou_head_hidden_dim, masks],
                config.iou_head_depth,
            )?,
        })
    }

    /// The logits of all masks, the single one first, and what IoU each is expected to have.
    ///
    /// # Shapes
    ///
    /// `picture, picture_positions [1, grid, grid, C]`, `prompt [1, N, C]` → `[masks, 4·grid, 4·grid]`, `[masks]`
    pub(super) fn forward(
        &self,
        picture: Tensor<4>,
        picture_positions: Tensor<4>,
        prompt: Option<Tensor<3>>,
    ) -> (Tensor<3>, Tensor<1>) {
        let [_, height, width, channels] = picture.dims();
        let cells = [1, height * width, channels];
        let tokens: Vec<Tensor<3>> = [self.tokens.clone()].into_iter().chain(prompt).collect();
        let (picture, positions) = (picture.reshape(cells), picture_positions.reshape(cells));
        let [tokens, picture] = self.transformer.forward(Tensor::cat(tokens, 1), picture, positions);

        let x = self.upscale_conv1.forward(picture.reshape([1, height, width, channels]));
        let x = gelu(self.upscale_layer_norm.forward(x));
        let x = gelu(self.upscale_conv2.forward(x));
        let [_, height, width, channels] = x.dims();

        let count = self.filters.len();
        let filters = self.filters.iter().enumerate();
        let filters = filters.map(|(i, mlp)| mlp.forward(tokens.clone().narrow(1, 1 + i, 1)));
        let filters = Tensor::cat(filters.collect(), 1).reshape([count, channels]);
        let masks = filters.matmul(x.reshape([height * width, channels]).transpose());
        let iou = self.iou_head.forward(tokens.narrow(1, 0, 1)).reshape([count]);
        (masks.reshape([count, height, width]), iou)
    }
}
