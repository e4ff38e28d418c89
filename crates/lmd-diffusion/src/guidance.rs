//! The gradient of an energy by the latents (LMD, section 3.2; B.9): the one
//! place where the method differentiates through the network.

use std::collections::BTreeMap;

use burn::tensor::{Tensor, TensorData};
use lmd_nn::{AttnKey, TextContext, UNet, UNetRequest};

use crate::energy::{AttentionMap, AttentionMaps, Energy};
use crate::model::host;
use crate::scheduler::Sampler;
use crate::{DiffusionError, Latents};

/// A forward pass of the network up to its last guided layer.
#[derive(Clone, Copy, Debug)]
pub struct GuidedPass<'a> {
    /// The network.
    pub unet: &'a UNet,
    /// The sampler, which scales the latents for the network.
    pub sampler: &'a Sampler,
    /// Which of the sampler's steps.
    pub step: usize,
    /// The prompts, one per picture or one for all.
    pub text: &'a TextContext,
    /// The guided layers.
    pub layers: &'a [AttnKey],
    /// The token columns that are kept, ascending.
    pub tokens: &'a [usize],
}

impl GuidedPass<'_> {
    /// The guided maps of every picture of `latents`, `[B, channels, h, w]`.
    ///
    /// # Errors
    /// When the network has no such layers or tokens, or the shapes do not fit.
    pub fn maps(&self, latents: &Latents) -> Result<Vec<AttentionMaps>, DiffusionError> {
        split_maps(&self.forward(latents)?, self.tokens, latents)
    }

    /// ∇_z of every picture's energy, shaped as `latents`. `energy` is called
    /// once per picture, in order, with its index and its maps. `None` when
    /// no energy depends on the maps.
    ///
    /// # Errors
    /// As [`Self::maps`], and whatever `energy` says.
    pub fn gradient(
        &self,
        latents: &Latents,
        mut energy: impl FnMut(usize, &AttentionMaps) -> Result<Energy, DiffusionError>,
    ) -> Result<Option<Latents>, DiffusionError> {
        let leaf = latents.clone().autodiff().require_grad();
        let tensors = self.forward(&leaf)?;
        let maps = split_maps(&tensors, self.tokens, &leaf)?;
        let energies: Result<Vec<_>, _> = maps.iter().enumerate().map(|(i, maps)| energy(i, maps)).collect();
        Ok(backward(&tensors, &energies?, &leaf))
    }

    fn forward(&self, latents: &Latents) -> Result<BTreeMap<AttnKey, Tensor<4>>, DiffusionError> {
        let request = UNetRequest::only_maps(self.layers).columns(self.tokens);
        let input = self.sampler.scale_input(self.step, latents.clone());
        Ok(self.unet.forward(input, &[self.sampler.timestep(self.step)], self.text, &request)?.maps)
    }
}

/// Maps `[B, heads, cells, columns]` on the host, one set per run.
pub(crate) fn split_maps(
    maps: &BTreeMap<AttnKey, Tensor<4>>,
    columns: &[usize],
    latents: &Latents,
) -> Result<Vec<AttentionMaps>, DiffusionError> {
    let [batch, _, height, width] = latents.dims();
    let mut split = vec![AttentionMaps::new(); batch];
    for (key, tensor) in maps {
        let [_, heads, cells, depth] = tensor.dims();
        let size = grid_of((width, height), cells)?;
        let values = host(tensor.clone());
        for (run, values) in split.iter_mut().zip(values.chunks(heads * cells * depth)) {
            run.insert(*key, AttentionMap::new(heads, size, columns.to_vec(), values.to_vec())?);
        }
    }
    Ok(split)
}

/// The grid with `cells` cells that the latents' grid is halved to.
fn grid_of((width, height): (usize, usize), cells: usize) -> Result<(usize, usize), DiffusionError> {
    let halved = |side: usize, times: u32| side.div_ceil(1 << times);
    (0..8)
        .map(|times| (halved(width, times), halved(height, times)))
        .find(|(w, h)| w * h == cells)
        .ok_or(DiffusionError::Shape { what: "attention map", expected: width * height, got: cells })
}

/// ∇_z of `Σ_maps A · dE/dA`, which is ∇_z E: the energies are differentiated
/// by the maps on the host, the network carries that on to the latents.
fn backward(maps: &BTreeMap<AttnKey, Tensor<4>>, slopes: &[Energy], leaf: &Latents) -> Option<Latents> {
    let terms = maps.iter().filter_map(|(key, map)| {
        let values: Vec<f32> =
            slopes.iter().filter_map(|energy| energy.gradient.get(key)).flatten().copied().collect();
        let shape = map.dims();
        (values.len() == shape.iter().product::<usize>()).then(|| {
            let slope = Tensor::<4>::from_data(TensorData::new(values, shape), &map.device());
            (map.clone() * slope).sum()
        })
    });
    let surrogate = terms.reduce(|sum, term| sum + term)?;
    lmd_nn::with_spinning_pool(|| leaf.grad(&surrogate.backward()))
}
