//! OWL's vision tower: CLIP's image encoder without its pooling (arXiv:2205.06230, section 3.1).

use burn::tensor::Tensor;

use super::OwlVisionConfig;
use crate::clip::TransformerLayer;
use crate::layers::{LayerNorm, PatchConv};
use crate::weights::{Weights, WeightsError};

/// Pictures to a token for all of it and one for every patch.
#[derive(Clone, Debug)]
pub(super) struct VisionTower {
    /// `[1, 1, C]`
    class_embedding: Tensor<3>,
    patch_embedding: PatchConv,
    /// `[1, 1 + patches, C]`
    position_embedding: Tensor<3>,
    /// Before the layers.
    pre_layernorm: LayerNorm,
    layers: Vec<TransformerLayer>,
    post_layernorm: LayerNorm,
}

impl VisionTower {
    pub(super) fn load(w: &Weights, config: &OwlVisionConfig) -> Result<Self, WeightsError> {
        let (width, grid) = (config.hidden_size, config.grid());
        let embeddings = w.pp("embeddings");
        let norm = |name| LayerNorm::load(&w.pp(name), width, config.layer_norm_eps);
        let layer = |i: usize| TransformerLayer::load(&w.pp("encoder.layers").pp(i), config.layer_shape());
        let class_embedding: Tensor<1> = embeddings.tensor("class_embedding", [width])?;
        let positions: Tensor<2> =
            embeddings.pp("position_embedding").tensor("weight", [grid * grid + 1, width])?;
        Ok(Self {
            class_embedding: class_embedding.unsqueeze(),
            patch_embedding: PatchConv::load(
                &embeddings.pp("patch_embedding"),
                [3, width],
                config.patch_size,
                false,
            )?,
            position_embedding: positions.unsqueeze(),
            pre_layernorm: norm("pre_layernorm")?,
            layers: (0..config.num_hidden_layers).map(layer).collect::<Result<_, _>>()?,
            post_layernorm: norm("post_layernorm")?,
        })
    }

    /// `[1, image_size, image_size, 3]` → `[1, 1 + patches, C]`
    pub(super) fn forward(&self, pixels: Tensor<4>) -> Tensor<3> {
        let patches = self.patch_embedding.forward(pixels);
        let [batch, rows, columns, width] = patches.dims();
        let patches = patches.reshape([batch, rows * columns, width]);
        let x = Tensor::cat(vec![self.class_embedding.clone(), patches], 1) + self.position_embedding.clone();
        let x = self.pre_layernorm.forward(x);
        self.post_layernorm.forward(self.layers.iter().fold(x, |x, layer| layer.forward(x)))
    }
}
