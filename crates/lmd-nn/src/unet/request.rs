//! Request and output of a forward pass of the U-Net.

use std::collections::BTreeMap;

use burn::tensor::Tensor;

use crate::AttnKey;

/// Which attention maps to return, and where the forward pass may end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UNetRequest {
    /// Cross-attention layers whose probabilities are wanted.
    pub maps: Vec<AttnKey>,
    /// Token columns to keep of every map, in this order; all if `None`.
    pub columns: Option<Vec<usize>>,
    /// End after the last wanted map: nothing beyond it is computed, and there is no noise.
    pub stop_after_last_map: bool,
}

impl UNetRequest {
    /// Only the noise, no maps.
    #[must_use]
    pub fn noise() -> Self {
        Self::default()
    }

    /// These maps and the noise.
    #[must_use]
    pub fn with_maps(maps: &[AttnKey]) -> Self {
        Self { maps: maps.to_vec(), ..Self::default() }
    }

    /// Only these maps; the forward pass ends after the last of them.
    #[must_use]
    pub fn only_maps(maps: &[AttnKey]) -> Self {
        Self { stop_after_last_map: !maps.is_empty(), ..Self::with_maps(maps) }
    }

    /// Keeps only these token columns of the maps.
    #[must_use]
    pub fn columns(self, columns: &[usize]) -> Self {
        Self { columns: Some(columns.to_vec()), ..self }
    }
}

/// The output of a forward pass.
#[derive(Clone, Debug)]
pub struct UNetOutput {
    /// The prediction `[B, out_channels, h, w]`; `None` when the forward pass ended early.
    pub noise: Option<Tensor<4>>,
    /// The attention maps asked for, each `[B, heads, H·W, columns]`, in f32.
    pub maps: BTreeMap<AttnKey, Tensor<4>>,
}

/// Collects maps during a forward pass and says when it may end.
pub(super) struct MapCollector<'a> {
    request: &'a UNetRequest,
    last: Option<AttnKey>,
    pub(super) maps: BTreeMap<AttnKey, Tensor<4>>,
}

impl<'a> MapCollector<'a> {
    pub(super) fn new(request: &'a UNetRequest) -> Self {
        let last = request.maps.iter().max().copied();
        Self { request, last: last.filter(|_| request.stop_after_last_map), maps: BTreeMap::new() }
    }

    pub(super) fn wants(&self, key: AttnKey) -> bool {
        self.request.maps.contains(&key)
    }

    /// Whether nothing after this layer is wanted.
    pub(super) fn ends_at(&self, key: AttnKey) -> bool {
        self.last == Some(key)
    }

    /// Which columns of the maps are wanted; all if `None`.
    pub(super) fn columns(&self) -> Option<&'a [usize]> {
        self.request.columns.as_deref()
    }

    /// Keeps the wanted columns of a map, `[B, heads, H·W, columns]`.
    pub(super) fn keep(&mut self, key: AttnKey, map: Tensor<4>) {
        self.maps.insert(key, map);
    }
}
