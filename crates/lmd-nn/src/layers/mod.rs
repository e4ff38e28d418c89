//! The layers all networks share, as plain structs of frozen tensors.

mod attention;
mod conv;
mod norm;
mod patches;
#[cfg(all(test, feature = "flex"))]
mod tests;
mod tracked_attention;
#[cfg(feature = "flex")]
mod values;

pub(crate) use attention::{
    attend, cross_attention, cross_attention_probabilities, in_f32, join_heads, repeated, self_attention,
    split_heads,
};
pub(crate) use conv::{Conv, ConvArgs, Prologue, channels_first, channels_last};
pub(crate) use norm::{GroupNorm, LayerNorm};
pub(crate) use patches::{PatchConv, PatchUpscale};
