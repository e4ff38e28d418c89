//! [`Decoder`]: the transformer, from tokens to scores of the next one.
//!
//! One decoder serves every family: they differ in biases, normalisations,
//! the activation and what a layer may look at. Sources: Qwen2 (arXiv
//! 2407.10671), Qwen3 (2505.09388), Llama 3 (2407.21783), Gemma 3
//! (2503.19786). Matrices stay quantised; candle's kernels multiply them.

mod attention;
mod cache;
mod feed_forward;
mod norm;
mod rope;
mod weights;

use std::path::Path;

use candle_core::{DType, Device, Result, Tensor};

use self::attention::Attention;
use self::feed_forward::FeedForward;
use self::norm::Norm;
use self::rope::Rotary;
use self::weights::{Matrix, Weights};
use crate::gguf::Header;
use crate::shape::{Family, Shape};

/// Tokens read at once. Chunks begin at multiples of it, whatever was read
/// before, so that the same tokens give the same bits.
pub(crate) const CHUNK: usize = 64;

/// A model's weights, with the keys and values of the tokens it has read.
#[derive(Debug)]
pub(crate) struct Decoder {
    shape: Shape,
    embedding: Matrix,
    layers: Vec<Layer>,
    norm: Norm,
    output: Matrix,
    /// Frequencies of layers that see everything, and of those with a window.
    rotary: (Rotary, Rotary),
    /// Tokens whose keys and values are kept.
    position: usize,
    capacity: usize,
}

#[derive(Debug)]
struct Layer {
    attention: Attention,
    feed_forward: FeedForward,
}

impl Decoder {
    /// Loads the weights of a file, with room for `capacity` tokens.
    pub(crate) fn load(path: &Path, header: &Header, shape: Shape, capacity: usize) -> Result<Self> {
        let mut weights = Weights::open(path, header)?;
        let embedding = weights.matrix("token_embd.weight", [shape.vocabulary, shape.width])?;
        let output = if weights.has("output.weight") {
            weights.matrix("output.weight", [shape.vocabulary, shape.width])?
        } else {
            embedding.clone()
        };
        let norm = weights.norm("output_norm.weight", shape.width, shape.epsilon)?;
        let factors = weights.optional_vector("rope_freqs.weight", shape.head_width / 2)?;
        let full = Rotary::new(&shape, shape.rope_base, shape.rope_scale, factors.as_deref(), capacity)?;
        let local = Rotary::new(&shape, shape.rope_local_base, 1.0, None, capacity)?;
        let layers = (0..shape.layers)
            .map(|index| {
                Ok(Layer {
                    attention: Attention::load(&mut weights, &shape, index, capacity)?,
                    feed_forward: FeedForward::load(&mut weights, &shape, index)?,
                })
            })
            .collect::<Result<_>>()?;
        Ok(Self { shape, embedding, layers, norm, output, rotary: (full, local), position: 0, capacity })
    }

    /// Most tokens there is room for.
    pub(crate) fn capacity(&self) -> usize {
        self.capacity
    }

    /// Forgets all but the first `tokens` tokens.
    pub(crate) fn truncate(&mut self, tokens: usize) {
        self.position = self.position.min(tokens);
    }

    /// Reads tokens after those that were read, chunk by chunk; `go_on` is
    /// asked between chunks. The scores of the next token, one for each of the
    /// vocabulary; `None` when it was told to stop, or there were no tokens.
    pub(crate) fn read(&mut self, tokens: &[u32], go_on: &dyn Fn() -> bool) -> Result<Option<Vec<f32>>> {
        let (mut last, mut left) = (None, tokens);
        while !left.is_empty() {
            if !go_on() {
                return Ok(None);
            }
            let (chunk, rest) = left.split_at(left.len().min(CHUNK - self.position % CHUNK));
            last = Some(self.forward(chunk)?);
            left = rest;
        }
        let Some(hidden) = last else { return Ok(None) };
        let hidden = self.norm.apply(&hidden)?;
        Ok(Some(self.output.multiply(&hidden)?.flatten_all()?.to_vec1()?))
    }

    /// The last token's place in the residual stream, `[1, width]`.
    fn forward(&mut self, tokens: &[u32]) -> Result<Tensor> {
        if self.position + tokens.len() > self.capacity {
            candle_core::bail!("{} tokens do not fit into {}", self.position + tokens.len(), self.capacity);
        }
        let mut stream = self.embedding.rows(tokens)?;
        if self.shape.family == Family::Gemma3 {
            stream = (stream * (self.shape.width as f64).sqrt())?;
        }
        let full = mask(tokens.len(), self.position, None)?;
        let local = mask(tokens.len(), self.position, self.shape.window)?;
        for (index, layer) in self.layers.iter_mut().enumerate() {
            let (rotary, mask) = if self.shape.has_window(index) {
                (&self.rotary.1, local.as_ref())
            } else {
                (&self.rotary.0, full.as_ref())
            };
            stream = (&stream + layer.attention.apply(&stream, rotary, mask, self.position)?)?;
            stream = (&stream + layer.feed_forward.apply(&stream)?)?;
        }
        self.position += tokens.len();
        stream.narrow(0, tokens.len() - 1, 1)?.contiguous()
    }
}

/// What the `new` tokens after `past` earlier ones may look at, as numbers
/// that are added to the scores, `[new, past + new]`; `None` where they may
/// look at everything.
fn mask(new: usize, past: usize, window: Option<usize>) -> Result<Option<Tensor>> {
    let all = past + new;
    let window = window.filter(|window| *window < all);
    if new == 1 && window.is_none() {
        return Ok(None);
    }
    let mut values = vec![0_f32; new * all];
    for (row, query) in values.chunks_exact_mut(all).zip(past..) {
        for (key, value) in row.iter_mut().enumerate() {
            if key > query || window.is_some_and(|window| query - key >= window) {
                *value = f32::NEG_INFINITY;
            }
        }
    }
    Tensor::from_vec(values, (new, all), &Device::Cpu)?.to_dtype(DType::F32).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_look_back_only_and_no_further_than_the_window() {
        assert!(mask(1, 7, None).unwrap().is_none() && mask(1, 3, Some(4)).unwrap().is_none());
        let seen = |new, past, window| -> Vec<Vec<u8>> {
            let mask: Vec<Vec<f32>> = mask(new, past, window).unwrap().unwrap().to_vec2().unwrap();
            mask.iter().map(|row| row.iter().map(|value| u8::from(*value == 0.0)).collect()).collect()
        };
        assert_eq!(seen(2, 1, None), [[1, 1, 0], [1, 1, 1]]);
        assert_eq!(seen(2, 2, Some(2)), [[0, 1, 1, 0], [0, 0, 1, 1]]);
        assert_eq!(seen(1, 3, Some(2)), [[0, 0, 1, 1]]);
    }
}
