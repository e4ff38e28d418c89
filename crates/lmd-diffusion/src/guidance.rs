//! The gradient of an energy by the latents (LMD, section 3.2; B.9): the one
//! place where the method differentiates through the network.

use std::collections::BTreeMap;

use burn::tensor::{Tensor, TensorData};

use crate::energy::{AttentionMap, AttentionMaps, Energy};
use crate::latents::host;
use crate::network::{Conditioning, DenoisingNetwork, LayerId, MapRequest};
use crate::samplers::Sampler;
use crate::{DiffusionError, Latents};

/// A forward pass of the network up to its last guided layer.
#[derive(Clone, Copy, Debug)]
pub struct GuidedPass<'a> {
    /// The network.
    pub network: &'a dyn DenoisingNetwork,
    /// The sampler, which scales the latents for the network.
    pub sampler: &'a dyn Sampler,
    /// Which of the sampler's steps.
    pub step: usize,
    /// The prompts, one per picture or one for all.
    pub prompts: &'a Conditioning,
    /// The guided layers.
    pub layers: &'a [LayerId],
    /// The token columns that are kept, ascending.
    pub tokens: &'a [usize],
}

impl GuidedPass<'_> {
    /// The guided maps of every picture of `latents`, `[B, channels, h, w]`.
    ///
    /// # Errors
    /// When the network has no such layers or tokens, or the shapes do not fit.
    pub fn maps(&self, latents: &Latents) -> Result<Vec<AttentionMaps>, DiffusionError> {
        split_maps(self.network, &self.forward(latents)?, self.tokens, latents)
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
        let maps = split_maps(self.network, &tensors, self.tokens, &leaf)?;
        let energies: Result<Vec<_>, _> = maps.iter().enumerate().map(|(i, maps)| energy(i, maps)).collect();
        Ok(backward(&tensors, &energies?, &leaf))
    }

    fn forward(&self, latents: &Latents) -> Result<BTreeMap<LayerId, Tensor<4>>, DiffusionError> {
        let request = MapRequest { layers: self.layers, columns: self.tokens, maps_only: true };
        let input = self.sampler.scale_input(self.step, latents.clone());
        let timestep = self.sampler.timestep(self.step);
        Ok(self.network.forward(input, timestep, self.prompts, request)?.maps)
    }
}

/// Maps `[B, heads, cells, columns]` on the host, one set per run.
pub(crate) fn split_maps(
    network: &dyn DenoisingNetwork,
    maps: &BTreeMap<LayerId, Tensor<4>>,
    columns: &[usize],
    latents: &Latents,
) -> Result<Vec<AttentionMaps>, DiffusionError> {
    let [batch, _, height, width] = latents.dims();
    let mut split = vec![AttentionMaps::new(); batch];
    for (id, tensor) in maps {
        let invariant = "maps come from layers of the network";
        let layer = network.layers().get(id.0).ok_or(DiffusionError::Internal { invariant })?;
        let [_, heads, cells, depth] = tensor.dims();
        let size = layer.grid((width, height));
        if size.0 * size.1 != cells {
            let expected = size.0 * size.1;
            return Err(DiffusionError::Shape { what: "attention map", expected, got: cells });
        }
        let values = host(tensor.clone());
        for (run, values) in split.iter_mut().zip(values.chunks((heads * cells * depth).max(1))) {
            run.insert(*id, AttentionMap::new(heads, size, columns.to_vec(), values.to_vec())?);
        }
    }
    Ok(split)
}

/// ∇_z of `Σ_maps A · dE/dA`, which is ∇_z E: the energies are differentiated
/// by the maps on the host, the network carries that on to the latents.
fn backward(maps: &BTreeMap<LayerId, Tensor<4>>, slopes: &[Energy], leaf: &Latents) -> Option<Latents> {
    let terms = maps.iter().filter_map(|(id, map)| {
        let values: Vec<f32> =
            slopes.iter().filter_map(|energy| energy.gradient.get(id)).flatten().copied().collect();
        let shape = map.dims();
        (values.len() == shape.iter().product::<usize>()).then(|| {
            let slope = Tensor::<4>::from_data(TensorData::new(values, shape), &map.device());
            (map.clone() * slope).sum()
        })
    });
    let surrogate = terms.reduce(|sum, term| sum + term)?;
    lmd_nn::with_spinning_pool(|| leaf.grad(&surrogate.backward()))
}
