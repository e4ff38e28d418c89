//! CLIP's text encoder (arXiv:2103.00020): a causal transformer over tokens.

use burn::tensor::{Int, Tensor, TensorData};

use super::ClipTextConfig;
use super::layer::TransformerLayer;
use crate::layers::LayerNorm;
use crate::weights::{Checkpoint, LoadOptions, Weights, WeightsError, load};
use crate::{NnError, with_spinning_pool};

/// `eos_token_id` of old files, in which the real one is the largest id.
const LEGACY_EOS: u32 = 2;

/// `CLIPTextModel`: token ids to text embeddings.
#[derive(Clone, Debug)]
pub struct ClipTextEncoder {
    config: ClipTextConfig,
    token_embedding: Tensor<2>,
    position_embedding: Tensor<2>,
    layers: Vec<TransformerLayer>,
    final_layer_norm: LayerNorm,
}

/// What the encoder knows about some prompts.
#[derive(Clone, Debug)]
pub struct ClipTextOutput {
    /// One vector per token, after the final normalisation, `[B, tokens, C]`: what the U-Net reads.
    pub last_hidden: Tensor<3>,
    /// The vector of each prompt's end-of-text token, `[B, C]`.
    pub pooled: Tensor<2>,
}

impl ClipTextEncoder {
    /// Builds the network from the tensors of a checkpoint, by their transformers names.
    ///
    /// # Errors
    ///
    /// When the configuration does not fit together or the tensors do not fit it.
    pub fn load(
        config: &ClipTextConfig,
        checkpoint: &Checkpoint,
        options: &LoadOptions,
    ) -> Result<Self, NnError> {
        config.check()?;
        // Some writers leave out the outer name.
        let prefix = if checkpoint.contains("final_layer_norm.weight") { "" } else { "text_model" };
        load(checkpoint, "te", options, |w| {
            let w = if prefix.is_empty() { w.clone() } else { w.pp(prefix) };
            Ok(Self::build(&w, config)?)
        })
    }

    /// From the tensors below `w`: `embeddings`, `encoder` and `final_layer_norm`.
    pub(crate) fn build(w: &Weights, config: &ClipTextConfig) -> Result<Self, WeightsError> {
        let width = config.hidden_size;
        let embeddings = w.pp("embeddings");
        let table = |name, rows| embeddings.pp(name).tensor("weight", [rows, width]);
        let shape = config.layer_shape();
        let layer = |i: usize| TransformerLayer::load(&w.pp("encoder.layers").pp(i), shape);
        Ok(Self {
            config: config.clone(),
            token_embedding: table("token_embedding", config.vocab_size)?,
            position_embedding: table("position_embedding", config.max_position_embeddings)?,
            layers: (0..config.num_hidden_layers).map(layer).collect::<Result<_, _>>()?,
            final_layer_norm: LayerNorm::load(&w.pp("final_layer_norm"), width, config.layer_norm_eps)?,
        })
    }

    /// The shape of this network.
    #[must_use]
    pub fn config(&self) -> &ClipTextConfig {
        &self.config
    }

    /// Encodes prompts, given as token ids of equal length.
    ///
    /// # Errors
    ///
    /// When there is no prompt, lengths differ or exceed the positions the
    /// network knows, or an id is outside its vocabulary.
    pub fn forward(&self, prompts: &[Vec<u32>]) -> Result<ClipTextOutput, NnError> {
        let tokens = self.check(prompts)?;
        let [batch, width] = [prompts.len(), self.config.hidden_size];
        let ids: Vec<i64> = prompts.iter().flatten().map(|&id| i64::from(id)).collect();
        let device = self.token_embedding.device();
        let ids = Tensor::<1, Int>::from_data(TensorData::new(ids, [batch * tokens]), &device);
        let embedded = self.token_embedding.clone().select(0, ids).reshape([batch, tokens, width]);
        let positions = self.position_embedding.clone().narrow(0, 0, tokens).unsqueeze();
        let all = || self.layers.iter().fold(embedded + positions, |x, layer| layer.forward(x));
        let hidden = with_spinning_pool(all);
        let last_hidden = self.final_layer_norm.forward(hidden);
        let pooled = prompts.iter().enumerate().map(|(row, ids)| {
            let end = self.end_of_text(ids);
            last_hidden.clone().narrow(0, row, 1).narrow(1, end, 1).reshape([1, width])
        });
        Ok(ClipTextOutput { pooled: Tensor::cat(pooled.collect(), 0), last_hidden })
    }

    /// Where the text ends: the first end-of-text token.
    fn end_of_text(&self, ids: &[u32]) -> usize {
        let end = match self.config.eos_token_id {
            LEGACY_EOS => ids.iter().max().copied(),
            id => Some(id),
        };
        ids.iter().position(|id| Some(*id) == end).unwrap_or(0)
    }

    fn check(&self, prompts: &[Vec<u32>]) -> Result<usize, NnError> {
        let wrong = |what, got: String, expected: String| NnError::Input { what, got, expected };
        let limit = self.config.max_position_embeddings;
        let tokens = prompts.first().map_or(0, Vec::len);
        if tokens == 0 || tokens > limit {
            return Err(wrong("tokens of the first prompt", tokens.to_string(), format!("1 to {limit}")));
        }
        for ids in prompts {
            if ids.len() != tokens {
                return Err(wrong("tokens of a prompt", ids.len().to_string(), tokens.to_string()));
            }
            if let Some(id) = ids.iter().find(|&&id| id as usize >= self.config.vocab_size) {
                let size = self.config.vocab_size;
                return Err(wrong("token id", id.to_string(), format!("below the vocabulary's {size}")));
            }
        }
        Ok(tokens)
    }
}
