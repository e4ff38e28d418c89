//! GLIGEN layers (GLIGEN, Li et al. 2023, arXiv:2301.07093, section 3): boxes with phrases become tokens
//! to which the pixels of the image attend, behind gates that were closed before training.
//!
//! ```text
//! token = MLP(phrase, Fourier(box))                      equations 2 and 3
//! x ← x + tanh(α)  · SelfAttention([x, tokens])          equation 8, the pixels of the image alone
//! x ← x + tanh(α') · FeedForward(x)
//! ```

use burn::tensor::activation::silu;
use burn::tensor::{Tensor, TensorData};

use super::attention::{FeedForward, LAYER_NORM_EPSILON, SelfAttention, TransformerShape};
use super::config::UNetConfig;
use crate::NnError;
use crate::layers::{Conv, LayerNorm, repeated};
use crate::weights::{Weights, WeightsError};

/// GLIGEN tokens per image; those without a box are learned null tokens.
pub const MAX_GLIGEN_BOXES: usize = 30;

/// Frequencies of the Fourier features, `100^(j/8)` for j = 0..7.
const FREQUENCIES: i32 = 8;
const TEMPERATURE: f64 = 100.0;
/// Sine and cosine of every frequency and corner.
const POSITION: usize = 2 * 4 * FREQUENCIES as usize;
/// Width of the hidden layers of [`PositionNet`].
const HIDDEN: usize = 512;

/// A box and the phrase of what is in it, the condition of the GLIGEN layers.
#[derive(Clone, Debug, PartialEq)]
pub struct GligenBox {
    /// `[x0, y0, x1, y1]`, each in 0 to 1.
    pub corners: [f64; 4],
    /// The phrase's pooled text embedding, as wide as the text embeddings.
    pub embedding: Vec<f32>,
}

/// `GLIGENTextBoundingboxProjection`: phrases and boxes to GLIGEN tokens.
#[derive(Clone, Debug)]
pub(super) struct PositionNet {
    linears: [Conv; 3],
    null_phrase: Vec<f32>,
    null_position: Vec<f32>,
}

impl PositionNet {
    pub(super) fn load(w: &Weights, config: &UNetConfig) -> Result<Self, WeightsError> {
        let width = config.cross_attention_dim;
        let linear = |i: usize, inputs, outputs| Conv::linear(&w.pp("linears").pp(i), inputs, outputs);
        let values = |name, length: usize| -> Result<Vec<f32>, WeightsError> {
            Ok(w.tensor(name, [length])?.into_data().iter::<f32>().collect())
        };
        Ok(Self {
            linears: [
                linear(0, width + POSITION, HIDDEN)?,
                linear(2, HIDDEN, HIDDEN)?,
                linear(4, HIDDEN, width)?,
            ],
            null_phrase: values("null_positive_feature", width)?,
            null_position: values("null_position_feature", POSITION)?,
        })
    }

    /// The tokens of one image, `[1, MAX_GLIGEN_BOXES, width]`, on the device of `like` and in its format.
    pub(super) fn tokens(&self, phrases: &[GligenBox], like: &Tensor<4>) -> Result<Tensor<3>, NnError> {
        if phrases.len() > MAX_GLIGEN_BOXES {
            return Err(NnError::too_many_boxes(phrases.len(), MAX_GLIGEN_BOXES));
        }
        let width = self.null_phrase.len();
        let mut rows = Vec::with_capacity(MAX_GLIGEN_BOXES * (width + POSITION));
        for phrase in phrases {
            if phrase.embedding.len() != width {
                return Err(NnError::Input {
                    what: "width of a phrase's embedding",
                    got: phrase.embedding.len().to_string(),
                    expected: width.to_string(),
                });
            }
            rows.extend(&phrase.embedding);
            rows.extend(fourier_features(phrase.corners));
        }
        for _ in phrases.len()..MAX_GLIGEN_BOXES {
            rows.extend(&self.null_phrase);
            rows.extend(&self.null_position);
        }
        let data = TensorData::new(rows, [1, MAX_GLIGEN_BOXES, width + POSITION]);
        let tokens = Tensor::<3>::from_data(data, &like.device()).cast(like.dtype());
        let [first, second, third] = &self.linears;
        Ok(third.forward(silu(second.forward(silu(first.forward(tokens))))))
    }
}

/// For every frequency the sines of the four corners, then their cosines. No 2π.
#[allow(clippy::cast_possible_truncation)]
fn fourier_features(corners: [f64; 4]) -> impl Iterator<Item = f32> {
    let frequency = |j| TEMPERATURE.powf(f64::from(j) / f64::from(FREQUENCIES));
    (0..FREQUENCIES).flat_map(move |j| {
        let angles = corners.map(|corner| corner * frequency(j));
        [angles.map(f64::sin), angles.map(f64::cos)].concat().into_iter().map(|value| value as f32)
    })
}

/// `GatedSelfAttentionDense`: gated self-attention over pixels and GLIGEN tokens.
#[derive(Clone, Debug)]
pub(super) struct Fuser {
    linear: Conv,
    norm1: LayerNorm,
    attn: SelfAttention,
    norm2: LayerNorm,
    ff: FeedForward,
    /// tanh(α) and tanh(α').
    gates: [f32; 2],
}

impl Fuser {
    pub(super) fn load(w: &Weights, shape: TransformerShape) -> Result<Self, WeightsError> {
        let channels = shape.channels;
        let norm = |name| LayerNorm::load(&w.pp(name), channels, LAYER_NORM_EPSILON);
        Ok(Self {
            linear: Conv::linear(&w.pp("linear"), shape.text_width, channels)?,
            norm1: norm("norm1")?,
            attn: SelfAttention::load(&w.pp("attn"), shape)?,
            norm2: norm("norm2")?,
            ff: FeedForward::load(&w.pp("ff"), channels)?,
            gates: [w.scalar("alpha_attn")?.tanh(), w.scalar("alpha_dense")?.tanh()],
        })
    }

    /// Projects GLIGEN tokens `[B, slots, text_width]` to this layer's width, `[B, slots, C]`.
    pub(super) fn tokens(&self, tokens: Tensor<3>) -> Tensor<3> {
        self.linear.forward(tokens)
    }

    /// `x [B, N, C]`, tokens `[1 or B, slots, C]` → `[B, N, C]`
    pub(super) fn forward(&self, x: Tensor<3>, tokens: &Tensor<3>) -> Tensor<3> {
        let [batch, pixels, _] = x.dims();
        let both = Tensor::cat(vec![x.clone(), repeated(tokens.clone(), batch)], 1);
        let attn_output = self.attn.attend(both, &self.norm1).narrow(1, 0, pixels);
        let [attention, dense] = self.gates;
        let x = x + self.attn.to_out.forward(attn_output).mul_scalar(attention);
        let fed = self.ff.without_residual(x.clone(), &self.norm2);
        x + fed.mul_scalar(dense)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_go_by_frequency_then_wave_then_corner() {
        let features: Vec<f32> = fourier_features([0.0, 0.25, 0.5, 1.0]).collect();
        assert_eq!(features.len(), POSITION);
        let close = |at: usize, value: f64| assert!((f64::from(features[at]) - value).abs() < 1e-6, "{at}");
        close(1, 0.25_f64.sin());
        close(4, 1.0);
        close(7, 1.0_f64.cos());
        close(8 + 3, 100_f64.powf(0.125).sin());
        close(56 + 4 + 2, (0.5 * 100_f64.powf(0.875)).cos());
    }
}
