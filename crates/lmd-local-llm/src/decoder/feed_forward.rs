//! [`FeedForward`]: the gated feed-forward part (arXiv 2002.05202).

use candle_core::{Result, Tensor};

use super::norm::Norm;
use super::weights::{Matrix, Weights};
use crate::shape::{Family, Shape};

/// The second half of a layer.
#[derive(Debug)]
pub(super) struct FeedForward {
    before: Norm,
    gate: Matrix,
    up: Matrix,
    down: Matrix,
    after: Option<Norm>,
    is_gelu: bool,
}

impl FeedForward {
    pub(super) fn load(weights: &mut Weights<'_>, shape: &Shape, layer: usize) -> Result<Self> {
        let name = |part: &str| format!("blk.{layer}.{part}.weight");
        Ok(Self {
            before: weights.norm(&name("ffn_norm"), shape.width, shape.epsilon)?,
            gate: weights.matrix(&name("ffn_gate"), [shape.inner, shape.width])?,
            up: weights.matrix(&name("ffn_up"), [shape.inner, shape.width])?,
            down: weights.matrix(&name("ffn_down"), [shape.width, shape.inner])?,
            after: weights.optional_norm(&name("post_ffw_norm"), shape.width, shape.epsilon)?,
            is_gelu: shape.family == Family::Gemma3,
        })
    }

    /// What is added to the stream, `[tokens, width]`.
    pub(super) fn apply(&self, stream: &Tensor) -> Result<Tensor> {
        let hidden = self.before.apply(stream)?;
        let gate = self.gate.multiply(&hidden)?;
        let gate = if self.is_gelu { gate.gelu()? } else { gate.silu()? };
        let output = self.down.multiply(&(gate * self.up.multiply(&hidden)?)?)?;
        match &self.after {
            Some(norm) => norm.apply(&output),
            None => Ok(output),
        }
    }
}
