//! [`TextContext`]: keys and values of all cross-attention layers, computed once per prompt.

use std::collections::BTreeMap;
use std::ops::Range;

use burn::tensor::Tensor;

use crate::AttnKey;

/// Keys and values of one cross-attention layer, each `[B, heads, tokens, d]`.
#[derive(Clone, Debug)]
pub(super) struct KeysValues {
    pub(super) keys: Tensor<4>,
    pub(super) values: Tensor<4>,
}

impl KeysValues {
    fn map(&self, f: impl Fn(Tensor<4>) -> Tensor<4>) -> Self {
        Self { keys: f(self.keys.clone()), values: f(self.values.clone()) }
    }
}

/// A text as the condition of the U-Net.
///
/// Made by [`UNet::text_context`](super::UNet::text_context), and with boxes by
/// [`UNet::with_gligen_boxes`](super::UNet::with_gligen_boxes). A context of batch 1 serves latents of any batch.
#[derive(Clone, Debug)]
pub struct TextContext {
    pub(super) layers: BTreeMap<AttnKey, KeysValues>,
    /// GLIGEN tokens of every layer, each `[B, slots, C]`; none where GLIGEN layers are skipped.
    pub(super) gligen_tokens: BTreeMap<AttnKey, Tensor<3>>,
    pub(super) batch: usize,
    pub(super) tokens: usize,
}

impl TextContext {
    /// How many prompts it holds.
    #[must_use]
    pub fn batch(&self) -> usize {
        self.batch
    }

    /// Tokens per prompt.
    #[must_use]
    pub fn tokens(&self) -> usize {
        self.tokens
    }

    /// Some of the prompts, for instance `1..2` for the conditional half of a pair.
    ///
    /// The range is cut to the prompts there are.
    #[must_use]
    pub fn select(&self, prompts: Range<usize>) -> Self {
        let start = prompts.start.min(self.batch);
        let length = prompts.end.min(self.batch).saturating_sub(start);
        let layers = self.layers.iter().map(|(key, kv)| (*key, kv.map(|x| x.narrow(0, start, length))));
        let gligen_tokens =
            self.gligen_tokens.iter().map(|(key, x)| (*key, x.clone().narrow(0, start, length)));
        Self {
            layers: layers.collect(),
            gligen_tokens: gligen_tokens.collect(),
            batch: length,
            tokens: self.tokens,
        }
    }

    /// All prompts of several contexts of the same network, one after another.
    ///
    /// `None` when there are none, or when they differ in layers or tokens, or some have boxes and some have not.
    #[must_use]
    pub fn join(contexts: &[&Self]) -> Option<Self> {
        let first = *contexts.first()?;
        let fits = |c: &&Self| {
            let same = c.layers.keys().eq(first.layers.keys())
                && c.gligen_tokens.keys().eq(first.gligen_tokens.keys());
            c.tokens == first.tokens && same
        };
        if !contexts.iter().all(fits) {
            return None;
        }
        let joined = |key: &AttnKey, part: fn(&KeysValues) -> &Tensor<4>| {
            let parts = contexts.iter().filter_map(|c| c.layers.get(key).map(|kv| part(kv).clone()));
            Tensor::cat(parts.collect(), 0)
        };
        let layers = first.layers.keys().map(|key| {
            let keys = joined(key, |kv| &kv.keys);
            let values = joined(key, |kv| &kv.values);
            (*key, KeysValues { keys, values })
        });
        let gligen_tokens = first.gligen_tokens.keys().map(|key| {
            let parts = contexts.iter().filter_map(|c| c.gligen_tokens.get(key).cloned());
            (*key, Tensor::cat(parts.collect(), 0))
        });
        Some(Self {
            layers: layers.collect(),
            gligen_tokens: gligen_tokens.collect(),
            batch: contexts.iter().map(|c| c.batch).sum(),
            tokens: first.tokens,
        })
    }
}
