//! [`Rotary`]: rotary position embedding (arXiv 2104.09864).

use candle_core::{Device, Result, Tensor};
use candle_nn::rotary_emb::{rope, rope_i};

use crate::shape::{Family, Shape};

/// Cosines and sines of every position there is room for.
#[derive(Debug)]
pub(super) struct Rotary {
    /// `[positions, head_width / 2]`.
    cos: Tensor,
    sin: Tensor,
    /// Whether neighbours make a pair, as Llama's files have them, and not
    /// the two halves of a head.
    neighbours: bool,
}

impl Rotary {
    /// Positions are divided by `scale`; `factors` divide the frequencies one
    /// by one, as Llama 3.1 stretches its context.
    pub(super) fn new(
        shape: &Shape,
        base: f64,
        scale: f64,
        factors: Option<&[f32]>,
        positions: usize,
    ) -> Result<Self> {
        let half = shape.head_width / 2;
        let frequency = |i: usize| {
            let factor = factors.and_then(|factors| factors.get(i)).map_or(1.0, |factor| f64::from(*factor));
            base.powf(-2.0 * i as f64 / shape.head_width as f64) / factor / scale
        };
        let frequencies: Vec<f64> = (0..half).map(frequency).collect();
        let angles = |function: fn(f64) -> f64| {
            let all =
                (0..positions).flat_map(|p| frequencies.iter().map(move |f| function(p as f64 * f) as f32));
            Tensor::from_vec(all.collect::<Vec<f32>>(), (positions, half), &Device::Cpu)
        };
        Ok(Self { cos: angles(f64::cos)?, sin: angles(f64::sin)?, neighbours: shape.family == Family::Llama })
    }

    /// `heads`, `[1, heads, tokens, head_width]`, turned by their positions from `first`.
    pub(super) fn apply(&self, heads: &Tensor, first: usize) -> Result<Tensor> {
        let (_, _, tokens, _) = heads.dims4()?;
        let cos = self.cos.narrow(0, first, tokens)?;
        let sin = self.sin.narrow(0, first, tokens)?;
        if self.neighbours { rope_i(heads, &cos, &sin) } else { rope(heads, &cos, &sin) }
    }
}
