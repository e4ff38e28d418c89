//! [`DenoisingNetwork`]: what methods see of the network that denoises.
//!
//! Methods choose attention layers by role and grid, never by the names a kind of network gives them; prompts and boxes
//! become a [`Conditioning`] that only the network itself reads.

mod unet;

use std::any::Any;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use burn::tensor::Tensor;

pub use unet::StableDiffusionUNet;

use crate::text::TextEmbedding;
use crate::{DiffusionError, Latents};

/// One of a network's layers, by its place in the order of execution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LayerId(pub usize);

/// Which part of a network a layer belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LayerRole {
    /// The half of a U-Net that halves its grids.
    Contracting,
    /// Between the halves of a U-Net, on the coarsest grid.
    Bottleneck,
    /// The half of a U-Net that doubles its grids.
    Expanding,
    /// Any layer of a network with one grid, for instance a transformer.
    Uniform,
}

/// A layer whose attention from pixels to words can be read and guided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuidableLayer {
    /// Its place in the order of execution; also its index in [`DenoisingNetwork::layers`].
    pub id: LayerId,
    /// Its name in settings, for instance `up.1.2`.
    pub name: String,
    /// Its part of the network.
    pub role: LayerRole,
    /// How often the latents' grid is halved (rounded up) to the grid of its maps.
    pub halvings: u32,
}

impl GuidableLayer {
    /// The grid `(columns, rows)` of its maps for latents of a grid.
    #[must_use]
    pub fn grid(&self, (columns, rows): (usize, usize)) -> (usize, usize) {
        let halved = |side: usize| side.div_ceil(1 << self.halvings);
        (halved(columns), halved(rows))
    }
}

/// A box with what stands in it, as GLIGEN layers take it (arXiv 2301.07093).
pub use lmd_nn::GligenBox as BoxPhrase;

/// Prompts, and boxes where there are some, as one network reads them; computed once, used at every step.
#[derive(Clone)]
pub struct Conditioning {
    batch: usize,
    tokens: usize,
    inner: Arc<dyn Any + Send + Sync>,
}

impl Conditioning {
    /// For networks: `batch` prompts of `tokens` tokens each, in whatever form the network reads.
    pub fn new<T: Any + Send + Sync>(inner: T, batch: usize, tokens: usize) -> Self {
        Self { batch, tokens, inner: Arc::new(inner) }
    }

    /// For networks: what they put in.
    ///
    /// # Errors
    /// [`DiffusionError::Internal`] when another kind of network made it.
    pub fn read<T: Any + Send + Sync>(&self) -> Result<&T, DiffusionError> {
        self.inner
            .downcast_ref()
            .ok_or(DiffusionError::Internal { invariant: "a network reads the conditioning it made itself" })
    }
}

impl fmt::Debug for Conditioning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Conditioning").field("batch", &self.batch).field("tokens", &self.tokens).finish()
    }
}

/// What a forward pass is asked for besides the prediction.
#[derive(Clone, Copy, Debug, Default)]
pub struct MapRequest<'a> {
    /// Layers whose attention probabilities are wanted.
    pub layers: &'a [LayerId],
    /// Token columns to keep of every map, ascending.
    pub columns: &'a [usize],
    /// End after the last wanted map: nothing beyond it is computed, and there is no prediction.
    pub maps_only: bool,
}

/// What a forward pass gives.
#[derive(Debug)]
pub struct Prediction {
    /// The network's output `[batch, channels, height, width]`; `None` when the pass ended early.
    pub output: Option<Latents>,
    /// The maps asked for, each `[batch, heads, cells, columns]`, in f32.
    pub maps: BTreeMap<LayerId, Tensor<4>>,
}

/// A network that denoises latents under prompts, and whose attention to words can be read and guided.
///
/// Its weights are constants. Gradients flow from the maps and the output to the latents when these require one.
pub trait DenoisingNetwork: fmt::Debug + Send + Sync {
    /// The layers whose attention follows words, in the order of execution.
    fn layers(&self) -> &[GuidableLayer];

    /// Channels of the latents it reads and predicts.
    fn latent_channels(&self) -> usize;

    /// Side in latent cells of the square pictures it was trained on.
    fn native_side(&self) -> usize;

    /// Width of the text embeddings it reads.
    fn text_width(&self) -> usize;

    /// Boxes its GLIGEN layers can hold; 0 without such layers.
    fn box_slots(&self) -> usize {
        0
    }

    /// Prompts as this network reads them.
    ///
    /// # Errors
    /// When the embeddings are those of another kind of model.
    fn encode(&self, text: &TextEmbedding) -> Result<Conditioning, DiffusionError>;

    /// The same prompts with boxes for the GLIGEN layers, the same for every prompt. Without any box all tokens are null
    /// tokens, which is not the same as no boxes.
    ///
    /// # Errors
    /// When there are no such layers, or more boxes than [`Self::box_slots`].
    fn encode_boxes(
        &self,
        _prompts: &Conditioning,
        _boxes: &[BoxPhrase],
    ) -> Result<Conditioning, DiffusionError> {
        Err(DiffusionError::NoGligenLayers)
    }

    /// All prompts of several conditionings of this network, one after another.
    ///
    /// # Errors
    /// When there are none, or some have boxes and some have not.
    fn join(&self, parts: &[&Conditioning]) -> Result<Conditioning, DiffusionError>;

    /// Predicts, and gives the attention maps asked for.
    ///
    /// # Shapes
    /// `latents [B, channels, h, w]`; `prompts` of batch 1, B, or a multiple of B: then every picture is predicted under
    /// several prompts, prompt `j·B + i` being read by picture `i`. This is how classifier-free guidance asks.
    ///
    /// # Errors
    /// When shapes do not fit, or a layer or a column does not exist.
    fn forward(
        &self,
        latents: Latents,
        timestep: f32,
        prompts: &Conditioning,
        request: MapRequest<'_>,
    ) -> Result<Prediction, DiffusionError>;

    /// The layer that settings call `name`.
    ///
    /// # Errors
    /// [`DiffusionError::UnknownLayer`], with the names there are.
    fn layer_named(&self, name: &str) -> Result<LayerId, DiffusionError> {
        let found = self.layers().iter().find(|layer| layer.name == name);
        found.map(|layer| layer.id).ok_or_else(|| unknown_layer(name, self.layers()))
    }
}

/// No layer has this name.
fn unknown_layer(name: &str, layers: &[GuidableLayer]) -> DiffusionError {
    let known: Vec<&str> = layers.iter().map(|layer| layer.name.as_str()).collect();
    DiffusionError::UnknownLayer { name: lmd_layout::clean_text(name), known: known.join(", ") }
}

/// How often the grid is halved to the coarsest map.
fn coarsest(layers: &[GuidableLayer]) -> Option<u32> {
    layers.iter().map(|layer| layer.halvings).max()
}

/// The layers of LMD's energies: the bottleneck, and what expands on twice its grid (docs/method.md, B.1); in a network
/// with one grid, all. In Stable Diffusion these are `mid.0.0` and all of `up.1`.
#[must_use]
pub fn guided_layers(layers: &[GuidableLayer]) -> Vec<LayerId> {
    let coarsest = coarsest(layers);
    let twice = |layer: &GuidableLayer| coarsest == Some(layer.halvings + 1);
    let guided = |layer: &&GuidableLayer| match layer.role {
        LayerRole::Bottleneck | LayerRole::Uniform => true,
        LayerRole::Expanding => twice(layer),
        LayerRole::Contracting => false,
    };
    layers.iter().filter(guided).map(|layer| layer.id).collect()
}

/// The layer that masks are read from: the last of the contracting half (`down.2.1` in Stable Diffusion, 16² at 512²),
/// in a network with one grid the last; `None` in a network with neither.
#[must_use]
pub fn mask_layer(layers: &[GuidableLayer]) -> Option<LayerId> {
    let able = |layer: &&GuidableLayer| matches!(layer.role, LayerRole::Contracting | LayerRole::Uniform);
    layers.iter().filter(able).map(|layer| layer.id).max()
}

/// The layers whose maps have twice the coarsest grid's sides, 16² of Stable Diffusion's 8² (BoxDiff's choice); in a
/// network with one grid, all.
#[must_use]
pub fn layers_on_twice_the_coarsest_grid(layers: &[GuidableLayer]) -> Vec<LayerId> {
    let coarsest = coarsest(layers);
    let wanted = |layer: &&GuidableLayer| match layer.role {
        LayerRole::Uniform => true,
        _ => coarsest == Some(layer.halvings + 1),
    };
    layers.iter().filter(wanted).map(|layer| layer.id).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Layers from names, roles and halvings.
    fn network(described: &[(&str, LayerRole, u32)]) -> Vec<GuidableLayer> {
        let layer = |(i, (name, role, halvings)): (usize, &(&str, LayerRole, u32))| GuidableLayer {
            id: LayerId(i),
            name: (*name).to_owned(),
            role: *role,
            halvings: *halvings,
        };
        described.iter().enumerate().map(layer).collect()
    }

    fn names(layers: &[GuidableLayer], chosen: &[LayerId]) -> Vec<String> {
        chosen.iter().map(|id| layers[id.0].name.clone()).collect()
    }

    #[test]
    fn the_papers_layers_are_found_by_role_and_grid() {
        use LayerRole::{Bottleneck, Contracting, Expanding};
        let layers = network(&[
            ("down.0.0", Contracting, 0),
            ("down.1.1", Contracting, 1),
            ("down.2.0", Contracting, 2),
            ("down.2.1", Contracting, 2),
            ("mid.0.0", Bottleneck, 3),
            ("up.1.0", Expanding, 2),
            ("up.1.2", Expanding, 2),
            ("up.2.0", Expanding, 1),
        ]);
        assert_eq!(names(&layers, &guided_layers(&layers)), ["mid.0.0", "up.1.0", "up.1.2"]);
        assert_eq!(mask_layer(&layers), Some(LayerId(3)));
        let boxdiff = layers_on_twice_the_coarsest_grid(&layers);
        assert_eq!(names(&layers, &boxdiff), ["down.2.0", "down.2.1", "up.1.0", "up.1.2"]);
        assert_eq!(layers[4].grid((64, 96)), (8, 12));
        assert_eq!(layers[4].grid((10, 9)), (2, 2), "grids are halved as strided convolutions halve them");
    }

    #[test]
    fn a_network_with_one_grid_gives_all_its_layers() {
        let layers = network(&[("block.0", LayerRole::Uniform, 1), ("block.1", LayerRole::Uniform, 1)]);
        let all = [LayerId(0), LayerId(1)];
        assert_eq!(guided_layers(&layers), all);
        assert_eq!(layers_on_twice_the_coarsest_grid(&layers), all);
        assert_eq!(mask_layer(&layers), Some(LayerId(1)));
        assert_eq!(mask_layer(&[]), None);
    }
}
