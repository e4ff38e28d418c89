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

/// The text as the U-Net sees it.
///
/// Made by [`UNet::text_context`](super::UNet::text_context). A context of
/// batch 1 serves latents of any batch.
#[derive(Clone, Debug)]
pub struct TextContext {
    pub(super) layers: BTreeMap<AttnKey, KeysValues>,
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
        self.map(length, |x| x.narrow(0, start, length))
    }

    /// All prompts of several contexts of the same network, one after another.
    ///
    /// `None` when there are none, or when they differ in layers or tokens.
    #[must_use]
    pub fn join(contexts: &[&Self]) -> Option<Self> {
        let first = *contexts.first()?;
        let fits = |c: &&Self| c.tokens == first.tokens && c.layers.keys().eq(first.layers.keys());
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
        Some(Self {
            layers: layers.collect(),
            batch: contexts.iter().map(|c| c.batch).sum(),
            tokens: first.tokens,
        })
    }

    fn map(&self, batch: usize, f: impl Fn(Tensor<4>) -> Tensor<4>) -> Self {
        let layers = self.layers.iter().map(|(key, kv)| (*key, kv.map(&f)));
        Self { layers: layers.collect(), batch, tokens: self.tokens }
    }
}
