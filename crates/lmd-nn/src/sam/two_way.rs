//! The two-way transformer of the mask decoder (arXiv:2304.02643, appendix A): tokens attend to themselves and to the
//! picture, and the picture to them.

use burn::tensor::Tensor;

use super::SamDecoderConfig;
use crate::layers::{Conv, ConvArgs, LayerNorm, Prologue, attend, join_heads, split_heads};
use crate::weights::{Weights, WeightsError};

/// Epsilon of the last normalisation, which no configuration states.
const FINAL_EPSILON: f64 = 1e-5;

/// Tokens, or the cells of a picture, with their positions.
#[derive(Clone, Debug)]
struct Placed {
    /// `[1, N, C]`
    values: Tensor<3>,
    /// `[1, N, C]`
    positions: Tensor<3>,
}

impl Placed {
    fn sum(&self) -> Tensor<3> {
        self.values.clone() + self.positions.clone()
    }
}

/// The transformer.
#[derive(Clone, Debug)]
pub(super) struct TwoWayTransformer {
    layers: Vec<Layer>,
    final_attn: Attention,
    final_norm: LayerNorm,
}

impl TwoWayTransformer {
    pub(super) fn load(w: &Weights, config: &SamDecoderConfig) -> Result<Self, WeightsError> {
        let layer = |i: usize| Layer::load(&w.pp("layers").pp(i), config, i == 0);
        Ok(Self {
            layers: (0..config.num_hidden_layers).map(layer).collect::<Result<_, _>>()?,
            final_attn: Attention::load(&w.pp("final_attn_token_to_image"), config, true)?,
            final_norm: LayerNorm::load(&w.pp("layer_norm_final_attn"), config.hidden_size, FINAL_EPSILON)?,
        })
    }

    /// Tokens and picture after they have seen each other, each `[1, N, C]`. A token is its own position.
    pub(super) fn forward(
        &self,
        tokens: Tensor<3>,
        picture: Tensor<3>,
        picture_positions: Tensor<3>,
    ) -> [Tensor<3>; 2] {
        let mut tokens = Placed { positions: tokens.clone(), values: tokens };
        let mut picture = Placed { values: picture, positions: picture_positions };
        for layer in &self.layers {
            layer.forward(&mut tokens, &mut picture);
        }
        let seen = self.final_attn.forward(tokens.sum(), picture.sum(), picture.values.clone());
        [self.final_norm.forward(tokens.values + seen), picture.values]
    }
}

#[derive(Clone, Debug)]
struct Layer {
    self_attn: Attention,
    layer_norm1: LayerNorm,
    cross_attn_token_to_image: Attention,
    layer_norm2: LayerNorm,
    lin1: Conv,
    lin2: Conv,
    layer_norm3: LayerNorm,
    cross_attn_image_to_token: Attention,
    layer_norm4: LayerNorm,
    /// The first layer's tokens attend to one another without their positions, which they still are.
    first: bool,
}

impl Layer {
    fn load(w: &Weights, config: &SamDecoderConfig, first: bool) -> Result<Self, WeightsError> {
        let width = config.hidden_size;
        let norm = |name| LayerNorm::load(&w.pp(name), width, config.layer_norm_eps);
        let attention = |name, narrow| Attention::load(&w.pp(name), config, narrow);
        Ok(Self {
            self_attn: attention("self_attn", false)?,
            layer_norm1: norm("layer_norm1")?,
            cross_attn_token_to_image: attention("cross_attn_token_to_image", true)?,
            layer_norm2: norm("layer_norm2")?,
            lin1: Conv::linear(&w.pp("mlp.lin1"), width, config.mlp_dim)?,
            lin2: Conv::linear(&w.pp("mlp.lin2"), config.mlp_dim, width)?,
            layer_norm3: norm("layer_norm3")?,
            cross_attn_image_to_token: attention("cross_attn_image_to_token", true)?,
            layer_norm4: norm("layer_norm4")?,
            first,
        })
    }

    fn forward(&self, tokens: &mut Placed, picture: &mut Placed) {
        let values = tokens.values.clone();
        let seen = if self.first {
            self.self_attn.forward(values.clone(), values.clone(), values)
        } else {
            let placed = tokens.sum();
            values.clone() + self.self_attn.forward(placed.clone(), placed, values)
        };
        tokens.values = self.layer_norm1.forward(seen);

        let seen =
            self.cross_attn_token_to_image.forward(tokens.sum(), picture.sum(), picture.values.clone());
        let x = self.layer_norm2.forward(tokens.values.clone() + seen);

        let relu = ConvArgs { relu: true, ..ConvArgs::after(Prologue::Identity) };
        let h = self.lin1.apply(x.clone(), relu);
        let x = self.lin2.apply(h, ConvArgs::after(Prologue::Identity).residual(x));
        tokens.values = self.layer_norm3.forward(x);

        let seen = self.cross_attn_image_to_token.forward(picture.sum(), tokens.sum(), tokens.values.clone());
        picture.values = self.layer_norm4.forward(picture.values.clone() + seen);
    }
}

/// Attention whose queries, keys and values are projected to another width.
#[derive(Clone, Debug)]
struct Attention {
    q_proj: Conv,
    k_proj: Conv,
    v_proj: Conv,
    out_proj: Conv,
    heads: usize,
}

impl Attention {
    /// `narrow`: of the width that `attention_downsample_rate` says.
    fn load(w: &Weights, config: &SamDecoderConfig, narrow: bool) -> Result<Self, WeightsError> {
        let width = config.hidden_size;
        let inner = if narrow { width / config.attention_downsample_rate } else { width };
        let projection = |name| Conv::linear(&w.pp(name), width, inner);
        Ok(Self {
            q_proj: projection("q_proj")?,
            k_proj: projection("k_proj")?,
            v_proj: projection("v_proj")?,
            out_proj: Conv::linear(&w.pp("out_proj"), inner, width)?,
            heads: config.num_attention_heads,
        })
    }

    /// `q [B, N, C]`, `k, v [B, T, C]` → `[B, N, C]`
    fn forward(&self, q: Tensor<3>, k: Tensor<3>, v: Tensor<3>) -> Tensor<3> {
        let projected = [(&self.q_proj, q), (&self.k_proj, k), (&self.v_proj, v)];
        let [q, k, v] = projected.map(|(layer, x)| split_heads(layer.forward(x), self.heads));
        self.out_proj.forward(join_heads(attend(q, k, v)))
    }
}
