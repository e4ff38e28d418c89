//! The layers all networks share, as plain structs of frozen tensors.

mod attention;
mod map;
mod norm;
#[cfg(all(test, feature = "flex"))]
mod tests;
mod tracked_attention;

pub(crate) use attention::{attend_to_itself, attend_to_text, in_f32, probabilities, repeated, split_heads};
pub(crate) use map::{Before, Conv, Use, channels_first, channels_last};
pub(crate) use norm::{GroupNorm, LayerNorm};
