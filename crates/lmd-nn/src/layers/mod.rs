//! The layers all networks share, as plain structs of frozen tensors.

mod attention;
mod conv;
mod linear;
mod norm;
mod tracked_attention;

pub(crate) use attention::{attend, attend_causal, attend_in_f32, join_heads, probabilities, split_heads};
pub(crate) use conv::{Conv2d, upsample_nearest};
pub(crate) use linear::Linear;
pub(crate) use norm::{GroupNorm, LayerNorm};
